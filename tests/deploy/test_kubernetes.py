"""The Kubernetes manifests: built by kustomize, valid in every version they claim, and safe."""

import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from lake.s3_server import tools_folder

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
VERSIONS = ["1.29", "1.33", kubernetes_validate.latest_version()]
KINDS = ["ConfigMap", "ConfigMap", "CronJob", "Job", "NetworkPolicy", "ServiceAccount"]


def build(folder: str) -> dict[str, list[dict]]:
    """The resources of a folder by kind."""
    text = subprocess.run(
        [tools_folder() / "bin" / "kustomize", "build", DEPLOY / folder],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    resources: dict[str, list[dict]] = {}
    for resource in yaml.safe_load_all(text):
        resources.setdefault(resource["kind"], []).append(resource)
    return resources


@pytest.fixture(scope="module")
def example() -> dict[str, list[dict]]:
    return build("overlays/example")


def job_spec(resources: dict, kind: str) -> dict:
    (resource,) = resources[kind]
    return resource["spec"] if kind == "Job" else resource["spec"]["jobTemplate"]["spec"]


def pod_spec(resources: dict, kind: str) -> dict:
    return job_spec(resources, kind)["template"]["spec"]


def settings(resources: dict) -> dict[str, str]:
    maps = [m["data"] for m in resources["ConfigMap"]]
    return next(data for data in maps if "SHARDS" in data)


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_every_resource(example, version):
    resources = [resource for kind in example.values() for resource in kind]
    assert sorted(resource["kind"] for resource in resources) == KINDS
    for resource in resources:
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_every_shard_has_a_pod(example, kind):
    spec = job_spec(example, kind)
    shards = int(settings(example)["SHARDS"])
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", shards)
    assert spec["parallelism"] == shards


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_the_indexes_of_the_pods_are_the_numbers_of_the_shards(example, kind, tmp_path):
    (client,) = pod_spec(example, kind)["containers"]
    program = tmp_path / "cli"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (script,) = client["args"]
    assert "exec /app/cli " in script
    seen = []
    for index in range(8):
        done = subprocess.run(
            [*client["command"], script.replace("/app/cli", str(program))],
            env={**settings(example), "JOB_COMPLETION_INDEX": str(index)},
            check=True,
            capture_output=True,
            text=True,
        )
        arguments = done.stdout.splitlines()
        assert arguments[0] == "sync"
        assert arguments[-1] == "/etc/cloudquery/cloudquery.yml"
        seen.append(arguments[arguments.index("--shard") + 1])
    assert seen == [f"{shard}/8" for shard in range(1, 9)]


def test_the_cron_job_runs_the_pods_of_the_job(example):
    assert pod_spec(example, "CronJob") == pod_spec(example, "Job")


def test_pods_keep_to_the_restricted_security_standard(example):
    pod = pod_spec(example, "Job")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"] + pod["initContainers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_the_plugin_is_a_sidecar_with_probes_over_grpc(example):
    (source,) = pod_spec(example, "Job")["initContainers"]
    assert source["restartPolicy"] == "Always"
    (port,) = source["ports"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert source[probe]["grpc"]["port"] == port["containerPort"]
    address = source["args"][source["args"].index("--address") + 1]
    assert address == f"[::]:{port['containerPort']}"


def test_the_client_finds_the_plugin(example):
    (configuration,) = [
        data["cloudquery.yml"]
        for data in (m["data"] for m in example["ConfigMap"])
        if "cloudquery.yml" in data
    ]
    source, _destination = yaml.safe_load_all(configuration)
    assert (source["kind"], source["spec"]["registry"]) == ("source", "grpc")
    assert source["spec"]["path"] == "localhost:7777"


def test_nobody_outside_of_the_pod_may_call_the_plugin(example):
    (policy,) = example["NetworkPolicy"]
    selected = policy["spec"]["podSelector"]["matchLabels"]
    labels = job_spec(example, "Job")["template"]["metadata"]["labels"]
    assert selected.items() <= labels.items()
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert policy["spec"].get("ingress", []) == []


def test_the_role_is_bound_to_the_pods(example):
    (account,) = example["ServiceAccount"]
    assert "eks.amazonaws.com/role-arn" in account["metadata"]["annotations"]
    assert pod_spec(example, "Job")["serviceAccountName"] == account["metadata"]["name"]

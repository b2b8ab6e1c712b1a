"""What is wrong with the credentials is said by name, with the remedy, and without a secret."""

import json
import re
from pathlib import Path

import pytest
from fake_aws import ROLE, FakeAws, Gate
from fake_s3 import Fault
from kinds import (
    Setup,
    config,
    container,
    instance,
    log_in,
    role,
    role_by_environment,
    sso,
    web_identity,
    web_identity_of_a_profile,
)
from lake.versions import body_of

KEYS = """aws_access_key_id = AKIAQ3EGTESTONLYBASE
aws_secret_access_key = wJalrXUtnFEMI/TESTONLY0000000000/secret
"""


def changed(setup: Setup, **environment: str) -> Setup:
    return Setup({**setup.environment, **environment}, setup.spec)


def edited(home: Path, pattern: str, replacement: str) -> None:
    path = home / ".aws" / "config"
    text, count = re.subn(pattern, replacement, path.read_text())
    assert count, pattern
    path.write_text(text)


def nothing(aws, home):
    return Setup(), ["AWS_ACCESS_KEY_ID", "local_profile", 'profile "default"', "AWS_EC2_METADATA_DISABLED"]


def no_secret_key(aws, home):
    config(home, f"[default]\n{KEYS}")  # not taken in their place
    setup = Setup({"AWS_ACCESS_KEY_ID": aws.base_access})
    return setup, ["AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not", "set both"]


def no_access_key(aws, home):
    setup = Setup({"AWS_SECRET_ACCESS_KEY": aws.base_secret})
    return setup, ["AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not", "set both"]


def misspelt_profile(aws, home):
    config(home, f"[profile lake-reader]\n{KEYS}[profile other]\n{KEYS}")
    setup = Setup(spec={"local_profile": "lake-raeder"})
    return setup, ['no profile "lake-raeder" (field local_profile)', str(home), 'did you mean "lake-reader"']


def misspelt_variable_profile(aws, home):
    config(home, f"[profile lake-reader]\n{KEYS}")
    setup = Setup({"AWS_PROFILE": "lake-raeder"})
    return setup, [
        'no profile "lake-raeder" (environment variable AWS_PROFILE)',
        'did you mean "lake-reader"',
    ]


def profile_without_files(aws, home):
    return Setup(spec={"local_profile": "lake"}), ['no profile "lake"', f"{home}/.aws/config"]


def profile_without_its_word(aws, home):
    config(home, f"[lake]\n{KEYS}")
    return Setup(spec={"local_profile": "lake"}), ["[profile lake]", f"{home}/.aws/config"]


def profile_without_keys(aws, home):
    config(home, "[profile lake]\nregion = eu-central-1\n")
    setup = Setup({"AWS_PROFILE": "lake"})
    return setup, ['profile "lake" (environment variable AWS_PROFILE)', "aws_access_key_id", "role_arn"]


def profile_with_half_a_pair(aws, home):
    config(home, f"[profile lake]\naws_access_key_id = {aws.base_access}\n")
    setup = Setup(spec={"local_profile": "lake"})
    return setup, ['profile "lake"', "aws_access_key_id, but no aws_secret_access_key"]


def role_that_is_refused(aws, home):
    setup = role(aws, home)
    edited(home, "external_id = .*", "external_id = wrong")
    return setup, ["token service", ROLE, 'profile "lake-reader" (field local_profile)', "trust policy",
                   "aws sts get-caller-identity --profile lake-reader"]  # fmt: skip


def role_without_a_source(aws, home):
    setup = role(aws, home)
    edited(home, "source_profile = .*\n", "")
    return setup, ['profile "lake-reader"', "role_arn", "source_profile", "credential_source"]


def role_of_a_missing_source(aws, home):
    setup = role(aws, home)
    edited(home, "source_profile = .*", "source_profile = bsae")
    return setup, ['profile "lake-reader"', 'source_profile "bsae"', 'did you mean "base"']


def role_of_a_source_without_keys(aws, home):
    setup = role(aws, home)
    edited(home, "aws_secret_access_key = .*", "")
    return setup, ['source_profile "base"', "aws_access_key_id, but no aws_secret_access_key"]


def role_of_an_empty_environment(aws, home):
    setup = role_by_environment(aws, home)
    setup = changed(setup, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    return setup, ['profile "lake-reader"', "credential_source = Environment", "AWS_ACCESS_KEY_ID"]


def role_of_an_unknown_source(aws, home):
    setup = role_by_environment(aws, home)
    edited(home, "credential_source = .*", "credential_source = Keychain")
    return setup, ['profile "lake-reader"', "credential_source", "Keychain", "Ec2InstanceMetadata"]


def token_service_with_a_scheme(aws, home):
    setup = changed(role(aws, home), AWS_ENDPOINT_URL_STS=f"https://{aws.host}")
    return setup, [ROLE, "AWS_ENDPOINT_URL_STS", "host name"]


def token_service_of_the_store(aws, home):
    """The variable that is meant for the store is taken for the token service as well."""
    setup = changed(role(aws, home), AWS_ENDPOINT_URL_STS="", AWS_ENDPOINT_URL="http://127.0.0.1:9000")
    del setup.environment["AWS_ENDPOINT_URL_STS"]
    return setup, [ROLE, "AWS_ENDPOINT_URL", "`endpoint`"]


def token_service_that_is_not_there(aws, home):
    setup = changed(role(aws, home), AWS_ENDPOINT_URL_STS="127.63.0.1")
    return setup, ["token service", "cannot be reached", ROLE, 'profile "lake-reader"']


def web_identity_without_its_file(aws, home):
    setup = web_identity(aws, home)
    (home / "token").unlink()
    return setup, ["AWS_WEB_IDENTITY_TOKEN_FILE", f"{home}/token"]


def web_identity_without_a_region(aws, home):
    setup = web_identity(aws, home)
    del setup.environment["AWS_REGION"]
    return setup, ["web identity", "AWS_REGION"]


def web_identity_without_a_role(aws, home):
    setup = web_identity(aws, home)
    del setup.environment["AWS_ROLE_ARN"]
    return setup, ["AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"]


def web_identity_that_is_refused(aws, home):
    setup = web_identity(aws, home)
    aws.web_token = "another"
    return setup, ["token service", ROLE, "web identity", "trust policy", "AWS_WEB_IDENTITY_TOKEN_FILE"]


def web_identity_of_a_profile_without_its_file(aws, home):
    setup = web_identity_of_a_profile(aws, home)
    (home / "token").unlink()
    return setup, ['profile "oidc"', "web_identity_token_file", f"{home}/token"]


def nobody_logged_in(aws, home):
    setup = sso(aws, home)
    for path in (home / ".aws" / "sso" / "cache").iterdir():
        path.unlink()
    return setup, ['profile "lake-sso"', "aws sso login --profile lake-sso"]


def login_that_has_expired(aws, home):
    setup = sso(aws, home)
    log_in(home, aws, "company", seconds=-60)
    return setup, ['profile "lake-sso"', "expired", "aws sso login --profile lake-sso"]


def login_without_the_role(aws, home):
    setup = sso(aws, home)
    aws.refusing = True
    return setup, ['profile "lake-sso"', "sso_account_id", "sso_role_name", "LakeReader"]


def login_without_its_session(aws, home):
    setup = sso(aws, home)
    edited(home, r"\[sso-session company\]", "[sso-session compnay]")
    return setup, ['profile "lake-sso"', "[sso-session company]"]


def process_that_fails(aws, home):
    config(home, "[profile vault]\ncredential_process = /bin/false --password hunter2\n")
    setup = Setup(spec={"local_profile": "vault"})
    return setup, ['profile "vault"', "credential_process"]


def container_that_refuses(aws, home):
    setup = container(aws, home)
    aws.container_token = "another"
    return setup, ["container's service", "refused", "AWS_CONTAINER_AUTHORIZATION_TOKEN"]


def container_without_its_token_file(aws, home):
    setup = container(aws, home)
    (home / "token").unlink()
    return setup, ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", f"{home}/token"]


def container_at_a_foreign_address(aws, home):
    setup = changed(container(aws, home), AWS_CONTAINER_CREDENTIALS_FULL_URI="http://192.0.2.1/keys")
    return setup, ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "https"]


def instance_without_a_role(aws, home):
    setup = instance(aws, home)
    aws.refusing = True
    return setup, ["instance", "role"]


MISTAKES = [
    nothing, no_secret_key, no_access_key,
    misspelt_profile, misspelt_variable_profile, profile_without_files, profile_without_its_word,
    profile_without_keys, profile_with_half_a_pair,
    role_that_is_refused, role_without_a_source, role_of_a_missing_source, role_of_a_source_without_keys,
    role_of_an_empty_environment, role_of_an_unknown_source,
    token_service_with_a_scheme, token_service_of_the_store, token_service_that_is_not_there,
    web_identity_without_its_file, web_identity_without_a_region, web_identity_without_a_role,
    web_identity_that_is_refused, web_identity_of_a_profile_without_its_file,
    nobody_logged_in, login_that_has_expired, login_without_the_role, login_without_its_session,
    process_that_fails,
    container_that_refuses, container_without_its_token_file, container_at_a_foreign_address,
    instance_without_a_role,
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_error_names_the_place_and_the_remedy(mistake, aws: FakeAws, start, tmp_path):
    setup, fragments = mistake(aws, tmp_path)
    station = start(setup)
    station.s3.bucket("lake").put("t/0.parquet", body_of("t/0.parquet"))
    outcome = station.sync("lake", with_state=False, **setup.spec)
    assert outcome.status != "OK"
    print(outcome.error)
    assert "s3://lake: no credentials found" in outcome.error
    assert [text for text in fragments if text not in outcome.error] == []
    assert outcome.requests == [], "S3 was asked without credentials"
    told = station.log_path.read_text() + outcome.error
    assert [secret for secret in [*aws.secrets(), "hunter2", "TESTONLY0000000000"] if secret in told] == []


def temporary_keys(aws, home):
    keys = {"AWS_ACCESS_KEY_ID": aws.base_access, "AWS_SECRET_ACCESS_KEY": aws.base_secret}
    return Setup({**keys, "AWS_SESSION_TOKEN": "an-old-one"}), "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"


def chosen_profile(aws, home):
    config(home, f"[profile lake]\n{KEYS}")
    return Setup({"AWS_PROFILE": "lake"}), 'profile "lake" (environment variable AWS_PROFILE)'


def default_profile(aws, home):
    config(home, f"[default]\n{KEYS}")
    return Setup(), 'profile "default" (the default)'


def token_of_a_pod(aws, home):
    return web_identity(aws, home), "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)"


def role_of_a_pod(aws, home):
    return container(aws, home), "the container's service"


def role_of_an_instance(aws, home):
    return instance(aws, home), "the instance's service"


SOURCES = [
    temporary_keys,
    chosen_profile,
    default_profile,
    token_of_a_pod,
    role_of_a_pod,
    role_of_an_instance,
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
@pytest.mark.parametrize(
    "code, remedy",
    [("ExpiredToken", "have expired; renew"), ("InvalidAccessKeyId", "is not known there; check")],
)
def test_keys_that_s3_refuses_are_named_by_their_source(source, code, remedy, aws, start, tmp_path):
    setup, named = source(aws, tmp_path)
    station = start(setup)
    station.s3.bucket("lake")
    station.s3.faults = [Fault({"match": {}, "action": {"status": 403, "code": code}})]
    outcome = station.sync("lake", with_state=False, **setup.spec)
    assert remedy in outcome.error and named in outcome.error


def test_a_role_that_is_lost_in_the_middle_of_a_sync_is_named(aws, start, tmp_path):
    setup = role(aws, tmp_path)
    station = start(setup)
    bucket = station.s3.bucket("lake")
    for number in range(6):
        bucket.put(f"t/{number}.parquet", body_of(f"t/{number}.parquet"))
    gate = Gate(aws.keys, take_back_at=4)
    station.s3.faults = [gate]
    station.s3.watcher = lambda request: setattr(aws, "refusing", True)
    outcome = station.sync("lake", with_state=False, concurrency=1, **setup.spec)
    assert outcome.status != "OK"
    for text in ("no credentials found", ROLE, 'profile "lake-reader"', "trust policy"):
        assert text in outcome.error
    assert json.dumps(outcome.log).count("the S3 credentials have expired") == 1

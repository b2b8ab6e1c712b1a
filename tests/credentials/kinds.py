"""The kinds of credentials, each as a user sets it up: files in the home folder, variables, and the spec."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_aws import ROLE, FakeAws

START_URL = "https://company.awsapps.com/start"


@dataclass
class Setup:
    environment: dict[str, str] = field(default_factory=dict)
    spec: dict = field(default_factory=dict)


def config(home: Path, text: str) -> None:
    folder = home / ".aws"
    folder.mkdir(exist_ok=True)
    (folder / "config").write_text(text)


def log_in(home: Path, aws: FakeAws, cached_as: str, seconds: int = 3600) -> None:
    """What `aws sso login` leaves behind."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    token = {"accessToken": aws.login_token, "expiresAt": expires, "region": "eu-central-1"}
    (cache / (hashlib.sha1(cached_as.encode()).hexdigest() + ".json")).write_text(json.dumps(token))


def role(aws: FakeAws, home: Path) -> Setup:
    config(
        home,
        f"[profile lake-reader]\nrole_arn = {ROLE}\nsource_profile = base\n"
        f"external_id = {aws.external_id}\nregion = eu-central-1\n"
        f"[profile base]\naws_access_key_id = {aws.base_access}\naws_secret_access_key = {aws.base_secret}\n",
    )
    return Setup({"AWS_ENDPOINT_URL_STS": aws.host}, {"local_profile": "lake-reader"})


def role_by_environment(aws: FakeAws, home: Path) -> Setup:
    setup = _role_from(aws, home, "Environment")
    keys = {"AWS_ACCESS_KEY_ID": aws.base_access, "AWS_SECRET_ACCESS_KEY": aws.base_secret}
    return Setup({**setup.environment, **keys}, setup.spec)


def role_by_instance(aws: FakeAws, home: Path) -> Setup:
    setup = _role_from(aws, home, "Ec2InstanceMetadata")
    return Setup({**setup.environment, **instance(aws, home).environment}, setup.spec)


def role_by_container(aws: FakeAws, home: Path) -> Setup:
    setup = _role_from(aws, home, "EcsContainer")
    return Setup({**setup.environment, **container(aws, home).environment}, setup.spec)


def _role_from(aws: FakeAws, home: Path, source: str) -> Setup:
    config(
        home,
        f"[profile lake-reader]\nrole_arn = {ROLE}\ncredential_source = {source}\n"
        f"external_id = {aws.external_id}\nregion = eu-central-1\n",
    )
    return Setup({"AWS_ENDPOINT_URL_STS": aws.host}, {"local_profile": "lake-reader"})


def role_by_another_role(aws: FakeAws, home: Path) -> Setup:
    """Both have the same ARN here, and the external id."""
    setup = role(aws, home)
    path = home / ".aws" / "config"
    path.write_text(
        path.read_text() + f"[profile second]\nrole_arn = {ROLE}\nsource_profile = lake-reader\n"
        f"external_id = {aws.external_id}\nregion = eu-central-1\n"
    )
    return Setup(setup.environment, {"local_profile": "second"})


def web_identity(aws: FakeAws, home: Path) -> Setup:
    (home / "token").write_text(aws.web_token)
    return Setup(
        {
            "AWS_ENDPOINT_URL_STS": aws.host,
            "AWS_ROLE_ARN": ROLE,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token"),
            "AWS_REGION": "eu-central-1",
        }
    )


def web_identity_of_a_profile(aws: FakeAws, home: Path) -> Setup:
    (home / "token").write_text(aws.web_token)
    config(
        home,
        f"[profile oidc]\nrole_arn = {ROLE}\nweb_identity_token_file = {home}/token\nregion = eu-central-1\n",
    )
    return Setup({"AWS_ENDPOINT_URL_STS": aws.host}, {"local_profile": "oidc"})


def sso(aws: FakeAws, home: Path) -> Setup:
    config(
        home,
        "[profile lake-sso]\nsso_session = company\n"
        "sso_account_id = 123456789012\nsso_role_name = LakeReader\n"
        f"[sso-session company]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n",
    )
    log_in(home, aws, "company")
    return Setup({"AWS_ENDPOINT_URL_SSO": aws.host}, {"local_profile": "lake-sso"})


def sso_without_a_session(aws: FakeAws, home: Path) -> Setup:
    config(
        home,
        f"[profile lake-sso]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n"
        "sso_account_id = 123456789012\nsso_role_name = LakeReader\n",
    )
    log_in(home, aws, START_URL)
    return Setup({"AWS_ENDPOINT_URL_SSO": aws.host, "AWS_PROFILE": "lake-sso"})


def container(aws: FakeAws, home: Path) -> Setup:
    """EKS Pod Identity."""
    (home / "token").write_text(aws.container_token)
    return Setup(
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.plain_url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(home / "token"),
        }
    )


def container_with_a_token(aws: FakeAws, home: Path) -> Setup:
    return Setup(
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.plain_url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": aws.container_token,
        }
    )


def instance(aws: FakeAws, home: Path) -> Setup:
    return Setup({"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.plain_url})


# With the service that hands out the keys.
KINDS: dict[Callable[[FakeAws, Path], Setup], str] = {
    role: "AssumeRole",
    role_by_environment: "AssumeRole",
    role_by_instance: "AssumeRole",
    role_by_container: "AssumeRole",
    role_by_another_role: "AssumeRole",
    web_identity: "AssumeRoleWithWebIdentity",
    web_identity_of_a_profile: "AssumeRoleWithWebIdentity",
    sso: "portal",
    sso_without_a_session: "portal",
    container: "container",
    container_with_a_token: "container",
    instance: "instance",
}

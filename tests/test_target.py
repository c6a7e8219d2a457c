"""Which Cognito are we talking to, and a client for it."""

import subprocess
import sys
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore import UNSIGNED

from helpers.target import ALLOWED_HOSTS, Target, TargetError


def faults(*args):
    return [field for field, _ in Target(*args).faults()]


@pytest.mark.parametrize(
    "name", ["sandbox", "aws", "http://127.0.0.1:9229", "http://localhost:1", "http://[::1]:9229"]
)
def test_the_sandbox_aws_and_loopback_endpoints_are_targets(name):
    assert faults(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Sandbox",
        "awss",
        "127.0.0.1:9229",
        "ftp://127.0.0.1",
        "http://",
        "http://user:word@127.0.0.1",
    ],
)
def test_anything_else_is_no_target(name):
    assert faults(name) == ["target"]


def test_another_host_has_to_be_allowed_by_name(monkeypatch):
    assert faults("https://cognito.example.com") == ["target"]
    monkeypatch.setenv(ALLOWED_HOSTS, "a.example.com, cognito.example.com")
    assert faults("https://cognito.example.com") == []
    assert faults("https://b.example.com") == ["target"]


def test_a_file_that_is_no_sandbox_is_a_fault_of_the_target(monkeypatch, tmp_path):
    tmp_path.joinpath("other").write_text("not a database")
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "other"))
    ((field, words),) = Target().faults()
    assert field == "target"
    assert "is not a sandbox" in words


@pytest.mark.parametrize("region", ["", "us_east_1", "US-EAST-1", "us-east", "us-east-1 "])
def test_a_region_has_to_look_like_one(region):
    assert faults("aws", region) == ["region"]


def test_a_profile_has_to_exist(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile support]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert faults("aws", "us-east-1", "support") == []
    assert faults("aws", "us-east-1", "suport") == ["profile"]


def test_it_says_in_words_where_calls_will_go(monkeypatch):
    assert (
        Target().where()
        == "the sandbox, in the memory of this process alone; no AWS account is touched"
    )
    assert Target("aws", "eu-west-1").where() == "AWS, region eu-west-1"
    assert Target("http://127.0.0.1:9229").where() == "http://127.0.0.1:9229"
    monkeypatch.setenv("COGNITO_SANDBOX", "shared.sqlite")
    assert "kept in the file shared.sqlite" in Target().where()


def test_an_endpoint_that_the_environment_puts_in_the_place_of_aws_is_named(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229")
    assert Target("aws").where() == "http://127.0.0.1:9229 (the environment sends AWS calls there)"
    assert Target("aws").client().meta.endpoint_url == "http://127.0.0.1:9229"


@pytest.mark.parametrize("name", ["sandbox", "aws", "http://127.0.0.1:9229"])
def test_a_client_tries_once_unsigned_and_gives_up_in_the_end(name):
    config = Target(name).client().meta.config
    assert config.retries == {"total_max_attempts": 1, "mode": config.retries["mode"]}
    assert config.signature_version is UNSIGNED
    assert (config.connect_timeout, config.read_timeout) == (5, 20)


def test_a_public_client_looks_for_no_credentials(monkeypatch):
    def looked(self):
        raise AssertionError("credentials were looked for")

    monkeypatch.setattr(botocore.session.Session, "get_credentials", looked)
    Target("aws").client()
    with pytest.raises(AssertionError):
        Target("aws").client(signed=True)


def test_a_signed_client_uses_the_profile(monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[support]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    client = Target("aws", "us-east-1", "support").client(signed=True)
    assert client._request_signer._credentials.access_key == "AKIDEXAMPLE"


def test_the_time_is_that_of_the_cognito_that_is_talked_to(sandbox):
    assert Target().now() == sandbox.now()
    sandbox.advance(3600)
    assert Target().now() == sandbox.now()
    assert abs((Target("aws").now() - datetime.now(UTC)).total_seconds()) < 60


def test_only_a_sandbox_has_a_mailbox():
    with pytest.raises(TargetError, match="only the sandbox"):
        Target("aws").mailbox()
    with pytest.raises(TargetError, match="no sandbox answers at http://127.0.0.1:9"):
        Target("http://127.0.0.1:9").mailbox()


def test_the_newest_code_of_a_user_is_read_from_the_mailbox(sandbox):
    with pytest.raises(TargetError, match="request a code first"):
        Target().newest_code("diego@example.com")
    client = Target().client()
    for _ in range(2):
        client.forgot_password(ClientId="3n4b5urk1ft4fl3mg5e62d9ado", Username="diego@example.com")
    codes = [message["code"] for message in sandbox.mailbox()]
    assert codes[0] != codes[1]
    assert Target().newest_code("diego@example.com") == codes[1]


def test_a_reset_works_with_botocore_as_it_is():
    """The tests share botocore's data and handlers between sessions, for speed: see conftest.py."""
    script = """
from helpers import Secret, Target, confirm, request_code
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, open_sandbox
import botocore.session
assert botocore.session.create_loader.__module__ == "botocore.loaders"
user = {"client_id": DEFAULT_CLIENT_ID, "username": DEFAULT_USERNAME}
client = Target().client()
request_code(client, **user)
code = open_sandbox().mailbox()[-1]["code"]
print(confirm(client, **user, code=Secret(code), new_password=Secret("Brand-new-1-password")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Confirmed(username='diego@example.com'")

"""Programs that know Cognito and not us: each asks for a code, confirms it, and signs in, against
the HTTP door.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, Sandbox

NEW = "Witnessed-Pass-1"
PACKAGES = {"@aws-sdk/client-cognito-identity-provider": "3", "amazon-cognito-identity-js": "6"}
SHORT = "Password does not conform to policy: Password not long enough"


@pytest.fixture
def box():
    """A sandbox on the real clock: the witnesses look at their own when they read a token."""
    sandbox = Sandbox.in_memory(seed=None)
    yield sandbox
    sandbox.close()


@pytest.fixture
def aws(server, tmp_path):
    """Run the AWS CLI against the sandbox; returns its finished process."""
    command = [sys.executable, "-m", "awscli", "cognito-idp"]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("AWS_")
    } | {
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
    }
    return lambda *words: subprocess.run(
        [*command, *words], env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_aws_cli_runs_the_documented_command_as_it_is_written(aws, box):
    told = aws("forgot-password", "--client-id", DEFAULT_CLIENT_ID, "--username", DEFAULT_USERNAME)
    assert json.loads(told.stdout)["CodeDeliveryDetails"]["Destination"] == "d***@e***"
    code = box.mailbox()[-1]["code"]
    words = [
        "confirm-forgot-password",
        "--client-id",
        "3n4b5urk1ft4fl3mg5e62d9ado",
        "--username=diego@example.com",
        "--password",
        NEW,
        "--confirmation-code",
        code,
    ]
    done = aws(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = aws(*words)
    assert again.returncode in (254, 255), "version 2 and version 1 of the CLI"
    assert (
        "(ExpiredCodeException) when calling the ConfirmForgotPassword operation: Invalid code"
        " provided, please request a code again." in again.stderr
    )
    signed = aws(
        "initiate-auth",
        "--client-id",
        DEFAULT_CLIENT_ID,
        "--auth-flow",
        "USER_PASSWORD_AUTH",
        "--auth-parameters",
        f"USERNAME={DEFAULT_USERNAME},PASSWORD={NEW}",
    )
    assert json.loads(signed.stdout)["AuthenticationResult"]["TokenType"] == "Bearer"


@pytest.fixture
def pycognito_user(server, monkeypatch):
    """pycognito, told by the environment alone where Cognito is, and given the keys that it would
    download.
    """
    import pycognito

    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.endpoint)
    with urllib.request.urlopen(
        f"{server.endpoint}/{DEFAULT_POOL_ID}/.well-known/jwks.json"
    ) as answer:
        monkeypatch.setenv("COGNITO_JWKS", answer.read().decode())
    return lambda **more: pycognito.Cognito(
        DEFAULT_POOL_ID, username=DEFAULT_USERNAME, access_key="x", secret_key="y", **more
    )


@pytest.mark.parametrize("secret", [False, True], ids=["public client", "client with a secret"])
def test_pycognito_resets_and_signs_in_by_srp_and_verifies_the_tokens(
    pycognito_user, box, server, secret
):
    from .world import client_for

    more = {"client_id": DEFAULT_CLIENT_ID}
    if secret:
        made = client_for(endpoint_url=server.endpoint).create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID, ClientName="secret", GenerateSecret=True
        )["UserPoolClient"]
        more = {"client_id": made["ClientId"], "client_secret": made["ClientSecret"]}
    user = pycognito_user(**more)
    user.initiate_forgot_password()
    user.confirm_forgot_password(box.mailbox()[-1]["code"], NEW)
    user.authenticate(NEW)
    assert user.id_claims["email"] == DEFAULT_USERNAME
    user.check_token(renew=False)
    # SRP hashes numbers whose first byte may be zero: many sign-ins meet such cases.
    for _ in range(12):
        user.authenticate(NEW)
    with pytest.raises(user.client.exceptions.NotAuthorizedException):
        user.authenticate("Wrong-Password-1")


@pytest.fixture(scope="session")
def node_folder():
    """A cached folder with the two packages; where npm or the network is missing, these tests are
    skipped.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node or npm is not installed")
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cognito-reset-runbooks"
    )
    folder = cache / "witnesses"
    marker = folder / "installed"
    if not marker.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        done = subprocess.run(
            [
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
                str(folder),
                *wanted,
            ],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=folder,
        )
        if done.returncode:
            pytest.skip(f"npm could not install the JavaScript clients: {done.stderr[-300:]}")
        marker.touch()
    return folder


def run_node(folder, server, which):
    script = Path(__file__).with_name("witness.mjs")
    done = subprocess.run(
        [
            "node",
            str(script),
            server.endpoint,
            DEFAULT_POOL_ID,
            DEFAULT_CLIENT_ID,
            DEFAULT_USERNAME,
            which,
            NEW,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_javascript_sdk_resets_and_signs_in(node_folder, server):
    told, refused, status, token = run_node(node_folder, server, "sdk")
    assert told["Destination"] == "d***@e***"
    assert refused == {
        "name": "InvalidPasswordException",
        "message": SHORT,
        "typed": True,
        "status": 400,
        "requestId": True,
    }
    assert (status, token) == (200, "Bearer")


def test_amazon_cognito_identity_js_resets_and_signs_in_by_srp(node_folder, server):
    told, refused, done, claims = run_node(node_folder, server, "identity-js")
    assert told["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert refused == {"name": "InvalidPasswordException", "message": SHORT}
    assert done == "SUCCESS"
    assert claims == {"username": DEFAULT_USERNAME, "email": DEFAULT_USERNAME}

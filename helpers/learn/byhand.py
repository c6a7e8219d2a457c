"""The same call in other languages and tools: the command line, boto3, Go, JavaScript, Amplify,
plain HTTP; and a pool's settings in Terraform.

Each way is a whole program that takes the code and the password from the environment, so that
neither is on a command line. Those whose tools are here can be run against a lesson's sandbox; the
others say what they would need.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.display.card import Card, Table
from helpers.display.person import in_a_tab
from helpers.learn import tab
from helpers.learn.lesson import Lesson
from helpers.sandbox import serve
from helpers.secrets.redaction import redact
from helpers.secrets.secret import Secret

_ENDPOINT = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
CLIENT_ID, USERNAME = "3n4b5urk1ft4fl3mg5e62d9ado", "diego@example.com"


@dataclass(frozen=True, repr=False)
class Way:
    """One way to say ConfirmForgotPassword. runs: by what it is run here, empty where it is not.

    success, refusal, lost: what a caller sees of each.
    """

    name: str
    text: str
    runs: str
    needs: str
    success: str
    refusal: str
    lost: str

    def __repr__(self) -> str:
        return self.text


class Text(str):
    """A text that a notebook shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


_CLI = f"""\
AWS_MAX_ATTEMPTS=1 aws cognito-idp confirm-forgot-password \\
  --client-id {CLIENT_ID} --username={USERNAME} \\
  --password file://<(printf %s "$RESET_PASSWORD") --confirmation-code file://<(printf %s "$RESET_CODE")
"""

_BOTO3 = f"""\
import os

import boto3
from botocore import UNSIGNED
from botocore.config import Config

once = Config(signature_version=UNSIGNED, retries={{"total_max_attempts": 1}})
client = boto3.client("cognito-idp", region_name="us-east-1", config=once)
try:
    client.confirm_forgot_password(
        ClientId="{CLIENT_ID}", Username="{USERNAME}",
        ConfirmationCode=os.environ["RESET_CODE"], Password=os.environ["RESET_PASSWORD"],
    )
except client.exceptions.InvalidPasswordException as refusal:
    print("Another password, please, and the same code:", refusal.response["Error"]["Message"])
else:
    print("Done.")
"""

_HTTP = f"""\
import json
import os
import urllib.error
import urllib.request

url = os.environ.get("{_ENDPOINT}",
                     "https://cognito-idp.us-east-1.amazonaws.com")
asked = {{"ClientId": "{CLIENT_ID}", "Username": "{USERNAME}",
         "ConfirmationCode": os.environ["RESET_CODE"], "Password": os.environ["RESET_PASSWORD"]}}
request = urllib.request.Request(url, json.dumps(asked).encode(), {{
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.ConfirmForgotPassword",
}})
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as refusal:
    with refusal:
        print(refusal.code, refusal.read().decode())
"""

_GO = f"""\
func confirm(ctx context.Context, client *cognitoidentityprovider.Client, code, password string) error {{
    _, err := client.ConfirmForgotPassword(ctx, &cognitoidentityprovider.ConfirmForgotPasswordInput{{
        ClientId:         aws.String("{CLIENT_ID}"),
        Username:         aws.String("{USERNAME}"),
        ConfirmationCode: aws.String(code),
        Password:         aws.String(password),
    }}, func(o *cognitoidentityprovider.Options) {{ o.RetryMaxAttempts = 1 }})
    var weak *types.InvalidPasswordException
    if errors.As(err, &weak) {{
        log.Println(*weak.Message) // ask for another password, and use the same code
    }}
    return err
}}
"""

_JAVASCRIPT = f"""\
import {{
  CognitoIdentityProviderClient, ConfirmForgotPasswordCommand,
}} from "@aws-sdk/client-cognito-identity-provider";

const client = new CognitoIdentityProviderClient({{ region: "us-east-1", maxAttempts: 1 }});
try {{
  await client.send(new ConfirmForgotPasswordCommand({{
    ClientId: "{CLIENT_ID}",
    Username: "{USERNAME}",
    ConfirmationCode: process.env.RESET_CODE,
    Password: process.env.RESET_PASSWORD,
  }}));
}} catch (refusal) {{
  if (refusal.name !== "InvalidPasswordException") throw refusal;
  console.log(refusal.message); // ask for another password, and use the same code
}}
"""

_AMPLIFY = f"""\
import {{ Amplify }} from "aws-amplify";
import {{ confirmResetPassword }} from "aws-amplify/auth";

Amplify.configure({{ Auth: {{ Cognito: {{
  userPoolId: "us-east-1_Sandbox01", userPoolClientId: "{CLIENT_ID}",
}} }} }});

export async function confirm(confirmationCode, newPassword) {{
  try {{
    await confirmResetPassword({{ username: "{USERNAME}", confirmationCode, newPassword }});
  }} catch (refusal) {{
    if (refusal.name !== "InvalidPasswordException") throw refusal;
    return refusal.message; // ask for another password, and use the same code
  }}
}}
"""

TERRAFORM = Text("""\
resource "aws_cognito_user_pool" "shop" {
  name                     = "shop"
  auto_verified_attributes = ["email"]

  username_configuration {
    case_sensitive = false
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

resource "aws_cognito_user_pool_client" "web" {
  name                          = "web"
  user_pool_id                  = aws_cognito_user_pool.shop.id
  prevent_user_existence_errors = "ENABLED"
  explicit_auth_flows           = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
}
""")
"""The settings around a reset, as Terraform's provider for AWS names them. Not run here."""

WAYS: dict[str, Way] = {
    way.name: way
    for way in (
        Way(
            "AWS CLI",
            _CLI,
            "bash",
            "bash, and the AWS CLI",
            "nothing at all, and exit status 0",
            "one line on the error channel, and an exit status that is not 0",
            "repeats by itself, up to 5 times in version 1; turned off here by AWS_MAX_ATTEMPTS",
        ),
        Way(
            "boto3",
            _BOTO3,
            "python",
            "boto3",
            "an answer that holds nothing but its metadata",
            "an exception with a class of its own",
            "repeats by itself, up to 5 times in its usual mode; turned off here",
        ),
        Way(
            "Go",
            _GO,
            "",
            "Go, and AWS's SDK for Go v2",
            "an error that is nil",
            "an error, recognised with errors.As",
            "repeats by itself, up to 3 times by AWS's guide; turned off here",
        ),
        Way(
            "JavaScript",
            _JAVASCRIPT,
            "",
            "Node.js, and AWS's SDK for JavaScript v3",
            "an empty answer",
            "an exception, recognised by its name",
            "repeats by itself, up to 3 times; turned off here",
        ),
        Way(
            "Amplify",
            _AMPLIFY,
            "",
            "a page in a browser, and Amplify's JavaScript library, version 6",
            "nothing",
            "an exception, recognised by its name",
            "is not known here",
        ),
        Way(
            "HTTP",
            _HTTP,
            "python",
            "nothing",
            "status 200 and {}",
            "status 400, with __type and message",
            "does nothing by itself",
        ),
    )
}


def compared() -> Table:
    """Return all ways beside each other: what a caller sees of success, refusal and loss."""
    rows = tuple((way.name, way.success, way.refusal, way.lost) for way in WAYS.values())
    return Table(
        "One call, six ways",
        ("Said in", "A success is", "A refusal is", "When no answer comes, it"),
        rows,
    )


def tool(way: Way) -> str:
    """Return the program that runs this way here, or "" where there is none."""
    if in_a_tab():
        return "this Python" if way.runs == "python" else ""
    if way.runs == "python":
        return sys.executable
    here = way.runs == "bash" and Path(sys.executable).with_name("aws").exists()
    return (shutil.which("bash") or "") if here else ""


def run(name: str, lesson: Lesson, code: Secret, password: Secret) -> Card:
    """Run one way against the lesson's sandbox, over HTTP; return what its caller sees."""
    way = WAYS[name]
    program = tool(way)
    if not program:
        here = (
            [("Here", "A browser tab starts no other programs.")] if way.runs and in_a_tab() else []
        )
        return Card(f"{name}: not run here.", (("It needs", way.needs), *here))
    if in_a_tab():
        secrets = {"RESET_CODE": code.reveal(), "RESET_PASSWORD": password.reveal()}
        return _said(name, *tab.run(way.text, lesson.box, secrets))
    with serve(lesson.box, port=0) as server:
        done = subprocess.run(
            [program, "-c", way.text],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=_environment(server.endpoint, code, password),
        )
    return _said(name, done.returncode, done.stdout, done.stderr)


def _said(name: str, status: int, out: str, err: str) -> Card:
    return Card(
        f"{name}: run against the sandbox.",
        (
            ("Exit status", str(status)),
            ("Printed", redact(out.strip()) or "(nothing)"),
            ("Error channel", redact(err.strip()) or "(nothing)"),
        ),
    )


def _environment(endpoint: str, code: Secret, password: Secret) -> Mapping[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith("_PROXY") and not name.startswith("AWS_")
    }
    scripts = str(Path(sys.executable).parent)
    return kept | {
        "PATH": scripts + os.pathsep + os.environ.get("PATH", ""),
        _ENDPOINT: endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "RESET_CODE": code.reveal(),
        "RESET_PASSWORD": password.reveal(),
    }

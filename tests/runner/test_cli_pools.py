"""The command pools: what it lists, what it checks, and how it ends."""

import json
import os
import tomllib

import jsonschema
import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox, serve
from helpers.target import Target
from helpers.target.pools import schema
from helpers.target.pools_file import POOLS, load
from tests import ROOT
from tests.sts import ACCOUNT, ARN, EXPIRED, sts

PLANTED = "Planted-client-secret-1"


@pytest.fixture
def file(monkeypatch, tmp_path):
    path = tmp_path / "pools.toml"
    monkeypatch.setenv(POOLS, str(path))
    return path


def pools(*arguments):
    answer = CliRunner().invoke(main, ["pools", *arguments])
    assert "Traceback" not in answer.output
    assert PLANTED not in answer.output
    return answer


@pytest.fixture
def aws(monkeypatch, sandbox):
    """AWS, as far as a pool goes: the sandbox over HTTP, and an STS."""
    with serve(open_sandbox(), port=0) as cognito, sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
        yield told


def client(**settings):
    made = (
        Target()
        .client(signed=True)
        .create_user_pool_client(UserPoolId=DEFAULT_POOL_ID, ClientName="own", **settings)
    )
    return made["UserPoolClient"]["ClientId"]


def pool(name="prod", **clients):
    text = f'[{name}]\nproduction = true\nuser_pool_id = "{DEFAULT_POOL_ID}"\n'
    for client_name, (client_id, secret) in clients.items():
        text += f'[{name}.clients.{client_name}]\nclient_id = "{client_id}"\n'
        text += f'client_secret = "{secret}"\n' if secret else ""
    return text


# --- list ---


def test_it_lists_every_pool_with_what_is_asked_for(file):
    file.write_bytes(ROOT.joinpath("docs/pools.example.toml").read_bytes())
    answer = pools()
    assert answer.exit_code == 0
    assert "PRODUCTION: prod-eu" in answer.stdout
    assert "web (1example23456789, with a secret), mobile (2example23456789)" in answer.stdout
    assert "Asks for      a case number, a second person" in answer.stdout
    assert answer.stdout.startswith("practice\n")
    assert answer.stdout.endswith(f"From {file}.\n")


def test_as_json_it_has_the_keys_of_the_file(file):
    file.write_text(
        f'[lab]\ntarget = "sandbox"\nuser_pool_id = "{DEFAULT_POOL_ID}"\n'
        f'[lab.clients.web]\nclient_id = "x"\nclient_secret = "literal:{PLANTED}"\n'
    )
    data = json.loads(pools("--json").stdout)
    assert [one["name"] for one in data["pools"]] == ["practice", "lab"]
    assert data["pools"][1]["clients"]["web"]["client_secret"] == "literal:[hidden]"
    assert (data["file"], data["warnings"]) == (str(file), [])


def test_without_a_file_there_is_practice(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "There is no pools.toml: only practice is known." in pools().stdout
    assert pools("check").exit_code == 0


@pytest.mark.parametrize("command", [(), ("check",), ("check", "prod")])
def test_a_bad_file_ends_with_2_and_every_problem(file, command):
    file.write_text(f'[prod]\nregion = "x"\n[prod.clients.web]\nclient_secret = "{PLANTED}"\n')
    answer = pools(*command)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    first, *problems = answer.stderr.splitlines()
    assert first == f"{file} cannot be used:"
    assert [problem.partition(":")[0].strip() for problem in problems] == [
        "prod.region",
        "prod.user_pool_id",
        "prod.clients.web.client_id",
        "prod.clients.web.client_secret",
    ]
    data = json.loads(pools(*command, "--json").stdout)
    assert (data["exit_code"], len(data["problems"])) == (2, 4)


def test_a_file_that_others_may_write_is_warned_of(file):
    file.write_text(pool())
    file.chmod(0o666)
    assert "Warning: Others may write to" in pools().stderr
    assert "chmod go-w" in json.loads(pools("--json").stdout)["warnings"][0]


BAD = {
    "no file": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a circle of links": lambda path: path.symlink_to(path),
    "no TOML": lambda path: path.write_text("prod = "),
    "no UTF-8": lambda path: path.write_bytes(b"[prod]\nowner = '\xff'\n"),
    "a list": lambda path: path.write_text("[[prod]]\nowner = 'x'\n"),
    "a huge file": lambda path: path.write_bytes(b"#" * 2_000_000),
    "two names": lambda path: path.write_text(pool() + pool("PROD")),
    "a page without TLS": lambda path: path.write_text(
        pool().replace("[prod]", '[prod]\nsign_in_page = "http://example.com"')
    ),
}
DOORS = {
    "pools": ["pools"],
    "check": ["pools", "check"],
    "run": ["run", "audit-pool", "-p", "pool=prod"],
    "batch": ["batch", "diagnose-user", "TABLE", "-p", "pool=prod"],
}


@pytest.mark.parametrize("why", BAD)
@pytest.mark.parametrize("door", DOORS)
def test_a_bad_file_is_a_sentence_and_exit_code_2_at_every_door(door, why, file, tmp_path):
    BAD[why](file)
    table = tmp_path / "table.csv"
    table.write_text("username\ndiego\nmaria\n")
    arguments = [str(table) if word == "TABLE" else word for word in DOORS[door]]
    arguments += ["--out", str(tmp_path / "runs")] if door in ("run", "batch") else []
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 2, answer.output
    assert "Traceback" not in answer.output
    assert answer.output.count(str(file)) == 1, answer.output
    assert not list(tmp_path.glob("runs/campaigns/*"))


def test_a_file_that_cannot_be_read_is_a_sentence(file, monkeypatch):
    file.write_text(pool())

    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", closed)
    answer = pools()
    assert (answer.exit_code, "cannot be read: Permission denied." in answer.stderr) == (2, True)


# --- check ---


def test_a_pool_that_is_as_it_should_be(file, aws, monkeypatch):
    monkeypatch.setenv("WEB_SECRET", PLANTED)
    file.write_text(
        pool(web=(client(GenerateSecret=True), "env:WEB_SECRET"), mobile=(client(), ""))
    )
    answer = pools("check", "prod")
    assert answer.exit_code == 0
    assert "PRODUCTION: prod" in answer.stdout
    assert "prod: as it should be" in answer.stdout
    assert ARN in answer.stdout
    assert "No sign_in_page" in answer.stdout
    (found,) = json.loads(pools("check", "prod", "--json").stdout)["pools"]
    assert (found["account"], found["caller"], found["problems"]) == (ACCOUNT, ARN, [])
    assert found["called"] == "sandbox"


def test_every_problem_is_told_at_once(file, aws):
    file.write_text(
        pool(
            web=(client(GenerateSecret=True), ""),
            mobile=(client(), "env:NOT_SET_ANYWHERE"),
            other=("nowhere", "prompt:"),
        )
    )
    answer = pools("check", "--json")
    data = json.loads(answer.stdout)
    practice, prod = data["pools"]
    assert practice["problems"] == []
    assert [problem["words"] for problem in prod["problems"]] == [
        "clients.web: has a secret in Cognito, and no client_secret here.",
        "clients.mobile: has no secret in Cognito, and a client_secret here.",
        "clients.other: Couldn't read the app client. Here's why: User pool client nowhere does not exist.",
        "clients.mobile.client_secret: the environment variable of this reference is not set, or empty.",
    ]
    assert answer.exit_code == data["exit_code"] == 6


def test_a_pool_that_is_not_there_is_misconfigured(file, aws):
    file.write_text('[prod]\nuser_pool_id = "us-east-1_Nowhere1"\n')
    answer = pools("check", "prod")
    assert answer.exit_code == 6
    assert "Couldn't read the user pool. Here's why: User pool us-east-1_Nowhere1" in answer.stdout


def test_credentials_that_aws_does_not_take(file, aws):
    aws.status, aws.body = 403, EXPIRED
    file.write_text(pool())
    answer = pools("check", "prod")
    assert answer.exit_code == 6
    assert "AWS does not say who signs: ExpiredToken" in answer.stdout


def test_a_network_that_is_down_ends_with_7(file, aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    file.write_text(pool())
    assert pools("check", "prod").exit_code == 7
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    assert pools("check", "prod").exit_code == 7


def test_a_profile_that_is_not_there_is_told_before_anything_is_asked(file, aws):
    file.write_text(pool().replace("[prod]", '[prod]\nprofile = "nobody"'))
    answer = pools("check", "prod")
    assert answer.exit_code == 6
    assert "profile: is not among the profiles of your AWS configuration." in answer.stdout
    assert aws.asked == []


def test_a_name_that_there_is_not_is_told_with_those_that_there_are(file):
    file.write_text(pool())
    answer = pools("check", "prd")
    assert answer.exit_code == 2
    assert f"There are practice, prod in {file}. Did you mean prod?" in answer.stderr


# --- the schema ---


def test_the_schema_is_printed_and_takes_the_example():
    printed = json.loads(pools("schema").stdout)
    assert printed == schema()
    example = tomllib.loads(ROOT.joinpath("docs/pools.example.toml").read_text())
    jsonschema.Draft202012Validator.check_schema(printed)
    jsonschema.Draft202012Validator(printed).validate(example)


def test_the_example_can_be_used_as_it_is(monkeypatch):
    monkeypatch.setenv(POOLS, os.path.relpath(ROOT / "docs/pools.example.toml"))
    assert list(load().pools) == ["practice", "prod-eu", "test"]


@pytest.mark.parametrize(
    "bad",
    [
        {"purpose": 1},
        {"purpos": "x"},
        {"production": "yes"},
        {"sign_in_page": "http://example.com"},
        {"target": "ftp://x"},
        {"user_pool_id": "x"},
        {"region": "europe"},
        {"asks": {"case": True}},
        {"clients": {"web": {}}},
        {"clients": {"web": {"client_id": "x", "client_secret": "by-value"}}},
    ],
)
def test_an_editor_finds_what_the_model_refuses(bad, file):
    table = {"user_pool_id": "us-east-1_x", **bad}
    assert not jsonschema.Draft202012Validator(schema()).is_valid({"prod": table})
    assert jsonschema.Draft202012Validator(schema()).is_valid(
        {"prod": {"user_pool_id": "us-east-1_x"}}
    )

"""Parameters: typed, checked all at once, before anything is sent."""

import json

import pytest

from helpers.run.parameters import UserParameters
from helpers.runbooks.schemas import ConfirmResetParameters as Parameters


def problems(*, person=False, **values):
    return {problem.field: problem.words for problem in Parameters.read(values, person=person)[1]}


def test_the_defaults_are_good_in_the_sandbox():
    read, found = Parameters.read({}, person=False)
    assert found == []
    assert read.username == "diego@example.com"


def test_every_problem_is_told_at_once_by_field_in_the_order_of_the_fields():
    _, found = Parameters.read(
        {
            "target": "http://elsewhere.example",
            "region": "x",
            "username": "two words",
            "client_id": "no-hyphen",
            "code": "012345",
            "new_password": "env:NOT_SET_ANYWHERE",
            "interactive": "perhaps",
        },
        person=False,
    )
    assert [p.field for p in found] == [
        "target",
        "region",
        "interactive",
        "client_id",
        "username",
        "code",
        "new_password",
    ]


def test_a_code_that_arrived_as_a_number_is_refused_with_the_command_that_keeps_the_leading_zero():
    words = problems(code=12345)["code"]
    assert "arrived as a value of type int" in words
    assert "papermill ... -r code env:RESET_CODE" in words
    assert "12345" not in words


def test_a_username_that_papermill_turned_into_a_number_is_refused_with_the_way_to_give_it():
    words = problems(username=15551234567)["username"]
    assert "the int 15551234567" in words
    assert "-r username" in words


def test_a_misspelt_parameter_gets_a_did_you_mean():
    assert (
        problems(usrname="x")["usrname"]
        == "is no parameter of this runbook. Did you mean username?"
    )


def test_the_practice_defaults_do_not_work_on_aws_and_say_so():
    found = problems(target="aws")
    assert set(found) == {"client_id", "code", "new_password"}
    assert found.pop("client_id") == "is that of the sandbox: name your own app client."
    assert all("works in the sandbox only" in words for words in found.values())


def test_no_secret_given_by_value_is_ever_echoed():
    found = problems(code="012345", new_password="Planted-1-value", client_secret="Planted-2-value")
    assert set(found) == {"code", "new_password", "client_secret"}
    for word in ("012345", "Planted"):
        assert word not in json.dumps(found)


@pytest.mark.parametrize(
    "username", ["diego@example.com", "+15551234567", "a" * 128, "Zoë", "用户"]
)
def test_a_username_may_be_anything_that_cognito_takes(username):
    assert problems(username=username) == {}


@pytest.mark.parametrize("username", ["", "two words", "a" * 129, "tab\there", "a line\nmore"])
def test_a_username_that_cognito_cannot_take_is_refused(username):
    assert set(problems(username=username)) == {"username"}


@pytest.mark.parametrize("pool", ["", "us-east-1_AbCdEfGhI"])
def test_the_user_pool_id_may_be_left_out(pool):
    assert problems(user_pool_id=pool) == {}
    assert set(problems(user_pool_id="no pool")) == {"user_pool_id"}


def test_what_is_recorded_of_parameters_is_references(monkeypatch):
    monkeypatch.setenv("A_CODE", "123456")
    read, _ = Parameters.read(
        {"code": "env:A_CODE", "new_password": "literal:Planted-1-value"}, person=False
    )
    assert read.shown()["code"] == "env:A_CODE"
    assert read.shown()["new_password"] == "literal:[hidden]"


def test_the_schema_gives_every_parameter_a_type_a_default_and_help():
    schema = Parameters.model_json_schema()["properties"]
    for name, field in schema.items():
        assert field["type"] == "string", name
        assert field["description"], name
        assert "default" in field, name


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code", {"code": "env:\ud800"}),
        ("code", {"code": "file:\udcff"}),
        ("username", {"username": "a\udcff"}),
        ("a?", {"a\udcff": "b"}),
        ("target", {"target": "http://\udcff"}),
    ],
)
def test_what_is_no_text_is_refused_by_its_name_and_told_once(field, values):
    _, found = Parameters.read(values, person=False)
    assert [problem.field for problem in found] == [field]
    assert "not given in UTF-8" in found[0].words or field == "a?"
    json.dumps([str(problem) for problem in found]).encode()


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:99999", "bogus"])
def test_where_the_target_is_none_its_secrets_are_not_blamed(target):
    assert set(problems(target=target)) == {"target"}


def test_a_profile_of_the_environment_is_looked_for_where_calls_are_signed(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    given = {"target": "aws", "client_id": "1example23456789"}
    secret = {"code": "env:AWS_PROFILE", "new_password": "env:AWS_PROFILE"}
    assert problems(**given, **secret) == {}
    signed = UserParameters.read({"target": "aws", "user_pool_id": "us-east-1_x"}, person=False)[1]
    assert [problem.field for problem in signed] == ["profile"]

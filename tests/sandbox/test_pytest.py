"""The fixture for the tests of other projects, used as they would use it."""

import os
import re

import boto3
import pytest

from tests import ROOT

pytest_plugins = ["pytester"]


def test_any_client_made_in_the_test_talks_to_it(cognito):
    api = boto3.client("cognito-idp")
    whom = {"ClientId": cognito.client_id, "Username": cognito.username}
    api.forgot_password(**whom)
    new = {"Password": "Brand-new-1-password", "ConfirmationCode": cognito.code()}
    api.confirm_forgot_password(**whom, **new)
    given = {"USERNAME": cognito.username, "PASSWORD": new["Password"]}
    answer = api.initiate_auth(
        ClientId=cognito.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
    )
    assert answer["AuthenticationResult"]["IdToken"]
    assert api.list_users(UserPoolId=cognito.pool_id)["Users"][0]["Username"] == cognito.username
    assert api.meta.endpoint_url == cognito.endpoint


def test_a_user_of_the_tests_own_gets_a_code_which_runs_out(cognito):
    api = boto3.client("cognito-idp")
    cognito.add_user("ana", "Correct-Horse-1", email="ana@shop.example", given_name="Ana")
    whom = {"ClientId": cognito.client_id, "Username": "ana"}
    with pytest.raises(LookupError, match="no message was sent to ana"):
        cognito.code("ana")
    api.forgot_password(**whom)
    before = cognito.now()
    assert (cognito.advance(3601) - before).total_seconds() >= 3601
    with pytest.raises(api.exceptions.ExpiredCodeException):
        api.confirm_forgot_password(
            **whom, Password="Brand-new-1", ConfirmationCode=cognito.code("ana")
        )
    with pytest.raises(ValueError, match="UsernameExistsException: User account already exists"):
        cognito.add_user("ana")


def test_the_next_test_finds_nothing_of_it(cognito):
    assert cognito.mailbox() == []
    assert cognito.sandbox.settings()["reset_attempts"] == 5
    assert cognito.jwks["keys"][0]["kty"] == "RSA"


def test_the_environment_is_put_back(monkeypatch, cognito, request):
    assert os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == cognito.endpoint
    monkeypatch.undo()
    assert "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER" not in os.environ
    assert "AWS_ACCESS_KEY_ID" not in os.environ


def test_it_is_a_plugin_for_those_who_ask_for_it_and_the_readmes_test_passes(pytester):
    text = ROOT.joinpath("helpers/sandbox/README.md").read_text()
    example = re.search(r"```python\n([^`]*helpers\.sandbox\.pytest.*?)```", text, re.DOTALL)[1]
    pytester.makepyfile(test_readme=example)
    pytester.makepyfile(test_plain="def test_it(cognito):\n    assert cognito.pool_id\n")
    pytester.runpytest_inprocess("test_plain.py").assert_outcomes(errors=1)
    asked = pytester.runpytest_inprocess("-p", "helpers.sandbox.pytest")
    asked.assert_outcomes(passed=2)

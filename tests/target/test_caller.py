"""Who signs: AWS STS is asked, over HTTP, and what is no answer of it is said in words."""

import pytest

from helpers.cognito.errors import NotReached
from helpers.target import Target
from helpers.target.caller import Caller, ask_caller
from tests.sts import ACCOUNT, ARN, EXPIRED, sts

AWS = Target("aws", "eu-west-1")


@pytest.fixture
def server(monkeypatch):
    with sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
        yield told


def refused(target=AWS):
    with pytest.raises(NotReached) as raised:
        ask_caller(target)
    return raised.value


def test_the_account_and_the_arn_are_those_that_sts_names(server):
    assert ask_caller(AWS) == Caller(ACCOUNT, ARN)
    (asked,) = server.asked
    assert "Action=GetCallerIdentity" in asked


@pytest.mark.parametrize("name", ["sandbox", "http://127.0.0.1:1", "https://cognito.example.com"])
def test_nobody_is_asked_about_what_is_not_aws(server, name):
    assert ask_caller(Target(name)) is None
    assert server.asked == []


def test_where_the_environment_sends_cognito_to_this_machine_aws_is_not_asked(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:1")
    assert ask_caller(AWS) == Caller(ACCOUNT, ARN), "STS is named"
    monkeypatch.delenv("AWS_ENDPOINT_URL_STS")
    assert ask_caller(AWS) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    assert ask_caller(AWS) is None
    assert len(server.asked) == 1


def test_a_proxy_of_the_environment_has_no_business_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert ask_caller(AWS) == Caller(ACCOUNT, ARN)


def test_credentials_that_aws_does_not_take_are_a_matter_of_setup(server):
    server.status, server.body = 403, EXPIRED
    error = refused()
    assert str(error).startswith("AWS does not say who signs: ExpiredToken: The security token")
    assert (error.exit_code, error.next[:11]) == (6, "Sign in to ")


def test_no_credentials_are_a_matter_of_setup(server, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = refused()
    assert "Unable to locate credentials" in str(error)
    assert (error.exit_code, server.asked) == (6, [])


def test_a_profile_that_is_not_there_is_a_matter_of_setup(server):
    error = refused(Target("aws", "eu-west-1", "nobody"))
    assert "nobody" in str(error)
    assert error.exit_code == 6


def test_no_answer_is_a_matter_of_the_network(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    assert refused().exit_code == 7


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "<html>Sign in to the Wi-Fi</html>"),
        (200, "nothing"),
        (502, "<html>"),
        (302, ""),
    ],
)
def test_what_is_no_answer_of_sts_is_not_taken_for_one(server, status, body):
    server.status, server.body = status, body
    error = refused()
    assert str(error).startswith("AWS does not say who signs: ")
    assert error.exit_code == 7


@pytest.mark.parametrize("url", ["bogus", "http://["])
def test_an_endpoint_that_is_none_is_said_in_words(server, monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    assert str(refused()).startswith("AWS does not say who signs: ")

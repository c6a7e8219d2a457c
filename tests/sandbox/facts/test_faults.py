"""Lost answers and server errors on demand, and what a client makes of them."""

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME

from ..world import ANOTHER, EXPIRED, INCORRECT, fact


@fact(
    "An answer lost on its way: the password has changed although the caller saw the connection"
    " break",
    "reported",
)
def test_drop(world):
    code = world.code()
    world.sandbox.fault("ConfirmForgotPassword", "drop-after-commit")
    with pytest.raises(ConnectionClosedError):
        world.confirm(code)
    assert world.tokens(ANOTHER)
    world.refuses(EXPIRED, world.confirm, code)


@fact("A server error after the call was done: HTTP 500, and the password has changed", "inferred")
def test_error_after(world):
    code = world.code()
    world.sandbox.fault("ConfirmForgotPassword", "500-after-commit")
    with pytest.raises(ClientError) as caught:
        world.confirm(code)
    assert caught.value.response["Error"]["Code"] == "InternalErrorException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert world.tokens(ANOTHER)


@fact("InternalErrorException is HTTP 500", "documented")
def test_error_before(world):
    code = world.code()
    world.sandbox.fault("ConfirmForgotPassword", "500-before-commit")
    with pytest.raises(ClientError) as caught:
        world.confirm(code)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    world.refuses(INCORRECT, world.sign_in, ANOTHER)
    world.confirm(code)


@fact("TooManyRequestsException is HTTP 400 and nothing is done", "documented")
def test_throttle(world):
    code = world.code()
    world.sandbox.fault("ConfirmForgotPassword", "throttle-before-commit", times=2)
    for _ in range(2):
        error = world.refuses(
            ("TooManyRequestsException", "Too many requests"), world.confirm, code
        )
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    world.confirm(code)


@pytest.mark.parametrize("door", ["in process", "http"])
@fact(
    "An answer that comes after the client's patience: a timeout, and the password has changed",
    "reported",
)
def test_delay(box, server, door):
    config = Config(signature_version=UNSIGNED, read_timeout=0.3, retries={"total_max_attempts": 1})
    where = {"endpoint_url": server.endpoint} if door == "http" else {}
    client = boto3.client("cognito-idp", region_name="us-east-1", config=config, **where)
    if door == "in process":
        box.attach(client)
    names = {"ClientId": DEFAULT_CLIENT_ID, "Username": DEFAULT_USERNAME}
    client.forgot_password(**names)
    box.settings(delay_seconds=1)
    box.fault("ConfirmForgotPassword", "delay-after-commit")
    with pytest.raises(ReadTimeoutError):
        client.confirm_forgot_password(
            **names, Password=ANOTHER, ConfirmationCode=box.mailbox()[-1]["code"]
        )
    assert client.initiate_auth(
        ClientId=DEFAULT_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": DEFAULT_USERNAME, "PASSWORD": ANOTHER},
    )


@pytest.mark.parametrize("mode", ["legacy", "standard"])
@pytest.mark.parametrize("door", ["in process", "http"])
@fact(
    "botocore repeats a lost confirm by itself and shows ExpiredCodeException for a reset that"
    " worked",
    "reported",
)
def test_retried(box, server, mode, door):
    config = Config(signature_version=UNSIGNED, retries={"mode": mode})
    where = {"endpoint_url": server.endpoint} if door == "http" else {}
    client = boto3.client("cognito-idp", region_name="us-east-1", config=config, **where)
    if door == "in process":
        box.attach(client)
    names = {"ClientId": DEFAULT_CLIENT_ID, "Username": DEFAULT_USERNAME}
    client.forgot_password(**names)
    box.fault("ConfirmForgotPassword", "drop-after-commit")
    with pytest.raises(client.exceptions.ExpiredCodeException):
        client.confirm_forgot_password(
            **names, Password=ANOTHER, ConfirmationCode=box.mailbox()[-1]["code"]
        )
    assert box.counts()["calls"]["ConfirmForgotPassword"] == {DEFAULT_USERNAME: 2}


def test_calls_and_faults_are_counted_by_operation_and_user(world):
    world.sandbox.fault("ForgotPassword", "500-before-commit", times=2)
    assert world.sandbox.faults() == [
        {"operation": "ForgotPassword", "fault": "500-before-commit", "times": 2}
    ]
    for _ in range(2):
        with pytest.raises(ClientError):
            world.forgot()
    with pytest.raises(ClientError):
        world.forgot(Username="nobody")
    assert world.sandbox.faults() == []
    counts = world.sandbox.counts()
    assert counts["calls"]["ForgotPassword"] == {world.username: 2, "nobody": 1}
    assert counts["faults"] == {"ForgotPassword": {"500-before-commit": {world.username: 2}}}


def test_a_fault_strikes_only_its_operation(world):
    world.sandbox.fault("ConfirmForgotPassword", "drop-after-commit")
    assert world.forgot()


def test_a_call_refused_by_a_fault_changes_nothing(world):
    world.sandbox.fault("ForgotPassword", "500-before-commit", times=9)
    for _ in range(9):
        with pytest.raises(ClientError):
            world.forgot()
    assert world.sandbox.mailbox() == []
    for _ in range(5):
        world.forgot()


@pytest.mark.parametrize(
    ("operation", "fault", "times", "words"),
    [
        ("ForgotPasword", "drop-after-commit", 1, "Did you mean 'ForgotPassword'"),
        ("ForgotPassword", "drop-before-commit", 1, "no fault is called 'drop-before-commit'"),
        ("ForgotPassword", "drop-after-commit", 0, "times is a whole number from 1"),
    ],
)
def test_an_impossible_fault_is_refused_in_words(box, operation, fault, times, words):
    with pytest.raises(ValueError, match=words):
        box.fault(operation, fault, times)

"""What AWS says that an account may do. What it answers here fits the model of its API."""

from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from helpers.cognito import reads
from helpers.run.limits import Limits, ask_limits
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.target import Target

RATE = {
    "Limit": {
        "LimitDefinition": {
            "LimitClass": "API_CATEGORY",
            "Attributes": {"Category": "UserAccountRecovery"},
        },
        "ProvisionedLimitValue": 60,
        "FreeLimitValue": 30,
    }
}
AWS = Target("aws", "eu-west-1")
QUOTA = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1200.0}


@pytest.fixture
def pool(sandbox):
    read = reads.read_pool(Target().client(), user_pool_id=DEFAULT_POOL_ID)
    return replace(read, sender="DEVELOPER", sms_service="Amazon SNS")


@pytest.fixture
def stubs(monkeypatch):
    """A function that prepares an answer, or an error, of an operation of a service."""
    made = {}

    def client(_, service, config=None):
        return made[service][0]

    def prepare(service, operation, answer):
        if service not in made:
            real = boto3.client(
                service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
            )
            made[service] = real, Stubber(real)
            made[service][1].activate()
        stub = made[service][1]
        if isinstance(answer, str):
            stub.add_client_error(operation, answer)
        else:
            stub.add_response(operation, answer)

    monkeypatch.setattr(Target, "aws", client)
    monkeypatch.setattr(Target, "client", lambda self, signed=False: client(self, "cognito-idp"))
    return prepare


def test_what_aws_says_is_said(pool, stubs):
    stubs("sesv2", "get_account", {"SendQuota": QUOTA})
    stubs("sns", "get_sms_attributes", {"attributes": {"MonthlySpendLimit": "20"}})
    stubs("cognito-idp", "get_provisioned_limit", RATE)
    found = ask_limits(AWS, pool, media=("email", "phone_number"), calls=("UserAccountRecovery",))
    assert found == Limits(50000.0, 14.0, 1200.0, 20.0, {"UserAccountRecovery": 60})
    assert found.mails_left == 48800
    assert found.lines() == [
        "Amazon SES sends 50000 a day and 14 a second; 1200 were sent in the last 24 hours.",
        "Text messages stop when they have cost 20 USD in a month.",
        "UserAccountRecovery: 60 calls a second are provisioned for the account.",
    ]


def test_what_may_not_be_read_is_not_known(pool, stubs):
    stubs("sesv2", "get_account", "AccessDeniedException")
    stubs("sns", "get_sms_attributes", {"attributes": {}})
    stubs("cognito-idp", "get_provisioned_limit", "AccessDeniedException")
    found = ask_limits(AWS, pool, media=("email", "phone_number"), calls=("UserRead",))
    assert found.lines() == [
        "Not known: what Amazon SES allows (AccessDeniedException).",
        "Not known: what text messages may cost at Amazon SNS (KeyError).",
        "Not known: how many calls of UserRead the account has (AccessDeniedException).",
    ]
    assert found.mails_left is None


def test_the_service_that_sends_is_asked(pool, stubs):
    limits = [
        {"Name": f"{kind}_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": n, "MaxLimit": 9}
        | {"Overridden": False}
        for n, kind in enumerate(("VOICE", "TEXT"), 1)
    ]
    stubs("pinpoint-sms-voice-v2", "describe_spend_limits", {"SpendLimits": limits})
    texts = replace(pool, sms_service="AWS End User Messaging")
    assert ask_limits(AWS, texts, media=("phone_number",), calls=()).dollars == 2


def test_what_no_message_goes_by_is_not_asked(pool, stubs):
    assert ask_limits(AWS, pool, media=(), calls=()) == Limits()
    cognitos = replace(pool, sender="COGNITO_DEFAULT")
    assert ask_limits(AWS, cognitos, media=("email",), calls=()) == Limits()


def test_a_sandbox_is_asked_nothing(pool, monkeypatch):
    given = {"media": ("email", "phone_number"), "calls": ("UserRead",)}
    assert ask_limits(Target(), pool, **given) == Limits()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert ask_limits(AWS, pool, **given) == Limits()


def test_a_number_without_an_end_leaves_any_number():
    assert Limits(-1.0, 14.0, 1200.0).mails_left is None
    assert Limits(-1.0, 14.0, 1200.0).lines()[0].startswith("Amazon SES sends any number a day")

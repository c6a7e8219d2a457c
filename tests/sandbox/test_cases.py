"""Training cases: each shows its trouble when the user's own step is really taken, and planting
restores it as new.
"""

import json

import pytest
from botocore.exceptions import ClientError

from helpers.runbooks.diagnosis.verdicts import PROBLEMS
from helpers.sandbox import CASES, DEFAULT_PASSWORD, DEFAULT_USERNAME, Sandbox, plant_case
from helpers.sandbox.cases import CHOSEN_PASSWORD, CLIENT_SECRET

from .world import client_for, secret_hash

NEW = "Brand-new-1-password"


class User:
    """The user of a case, at the application."""

    def __init__(self, box, case):
        self.box, self.case, self.api = box, case, client_for()
        box.attach(self.api)
        self.at = {"ClientId": case.client_id, "Username": case.username}

    def asks(self, **more):
        return self.api.forgot_password(**self.at, **more)["CodeDeliveryDetails"]

    def asks_for_a_sign_up_code(self):
        return self.api.resend_confirmation_code(**self.at)

    def enters(self, code, password=NEW):
        return self.api.confirm_forgot_password(**self.at, ConfirmationCode=code, Password=password)

    def signs_in(self, password=DEFAULT_PASSWORD):
        return self.api.initiate_auth(
            ClientId=self.case.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.case.username, "PASSWORD": password},
        )

    def mail(self, username=""):
        return [
            one
            for one in self.box.mailbox(username or self.case.username)
            if one["pool_id"] == self.case.pool_id
        ]


@pytest.fixture
def user(box):
    return lambda name: User(box, plant_case(box, name))


def refused(call, *arguments, **more):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **more)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


STEPS = {
    "no-verified-contact": lambda user: user.asks(),
    "contact-is-second-factor": lambda user: user.asks(),
    "temporary-password": lambda user: user.asks(),
    "federated-user": lambda user: user.asks(),
    "code-used-or-expired": lambda user: user.enters(user.mail()[-1]["code"]),
    "older-code": lambda user: user.enters(user.mail()[0]["code"]),
    "attempt-limit": lambda user: user.asks(),
    "daily-mail-limit": lambda user: user.asks(),
    "resend-is-for-sign-up": lambda user: user.asks_for_a_sign_up_code(),
    "secret-hash": lambda user: user.asks(),
    "other-case": lambda user: user.asks(),
    "reset-required": lambda user: user.signs_in(),
    "disabled": lambda user: user.signs_in(),
    "unconfirmed": lambda user: user.asks(),
    "sign-in-locked": lambda user: user.signs_in(),
    "contact-not-alias": lambda user: user.asks(),
    "space-in-password": lambda user: (
        user.asks(),
        user.enters(user.mail()[-1]["code"], " Pasted-password-1 "),
    ),
    "trigger-failed": lambda user: (user.asks(), user.enters(user.mail()[-1]["code"])),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_users_step_ends_in_the_text_that_the_user_reads_out(user, name):
    assert refused(STEPS[name], user(name)).endswith(f": {CASES[name].symptom}")


def test_a_made_up_answer_names_a_destination_and_no_message_comes(user):
    one = user("made-up-answer")
    assert one.asks()["DeliveryMedium"] == "EMAIL"
    assert one.mail() == []


def test_a_code_that_the_user_expects_by_mail_goes_to_the_phone(user):
    one = user("code-goes-to-phone")
    assert one.asks()["DeliveryMedium"] == "SMS"
    assert {message["medium"] for message in one.mail()} == {"SMS"}


def test_a_text_message_is_accepted_and_never_arrives(user):
    one = user("sms-never-arrives")
    assert one.asks() == {
        "Destination": "+*******0199",
        "DeliveryMedium": "SMS",
        "AttributeName": "phone_number",
    }
    assert one.mail() == []


def test_a_device_stays_signed_in_after_a_reset(user):
    one = user("other-devices-signed-in")
    tokens = one.signs_in()["AuthenticationResult"]
    one.asks()
    one.enters(one.mail()[-1]["code"])
    assert one.api.get_user(AccessToken=tokens["AccessToken"])["Username"] == one.case.username


def test_who_lost_the_authenticator_is_asked_for_its_code_at_sign_in(user):
    assert user("second-factor-lost").signs_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_every_case_shows_its_trouble_in_one_of_these_tests():
    assert set(CASES) == {
        *STEPS,
        "made-up-answer",
        "code-goes-to-phone",
        "sms-never-arrives",
        "other-devices-signed-in",
        "second-factor-lost",
    }


def test_the_password_is_changed_although_the_trigger_failed(user):
    assert "AuthenticationResult" in user("trigger-failed").signs_in(CHOSEN_PASSWORD)


def test_the_secret_of_a_case_works(user):
    one = user("secret-hash")
    assert one.asks(SecretHash=secret_hash(CLIENT_SECRET, one.case.username, one.case.client_id))


def test_of_two_codes_the_newer_one_works(user):
    one = user("older-code")
    one.enters(one.mail()[-1]["code"])
    assert "AuthenticationResult" in one.signs_in(NEW)


def everything(box):
    tables = ("pools", "clients", "users", "names", "tallies", "events", "meta", "messages")
    with box.engine.store.transaction() as db:
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def state(box):
    """Return users, counters and names, without what is drawn anew for every user."""
    kept = everything(box)
    drawn = ("sub", "password", "epoch", "codes")
    users = [json.loads(row[-1]) for row in kept["users"]]
    return (
        [
            {key: value for key, value in one.items() if key not in drawn}
            | {"codes": len(one["codes"])}
            for one in users
        ],
        sorted((name, kind) for _, name, kind, _ in kept["names"] if kind != "sub"),
        [(pool, username, doc) for pool, username, doc in kept["tallies"]],
    )


@pytest.mark.parametrize("name", CASES)
def test_planting_again_restores_a_case_as_new(box, name):
    case = plant_case(box, name)
    fresh = state(box)
    (own,) = [
        username
        for username, kind in fresh[1]
        if kind == "username" and username != DEFAULT_USERNAME
    ]
    api = client_for()
    box.attach(api)
    whom = {"UserPoolId": case.pool_id, "Username": own}
    api.admin_set_user_password(**whom, Password=NEW, Permanent=True)
    api.admin_update_user_attributes(**whom, UserAttributes=[{"Name": "name", "Value": "Changed"}])
    api.admin_disable_user(**whom)
    assert state(box) != fresh
    plant_case(box, name)
    assert state(box) == fresh


def test_all_cases_live_side_by_side(box):
    for name in CASES:
        plant_case(box, name)
    for name, step in STEPS.items():
        assert refused(step, User(box, CASES[name])).endswith(f": {CASES[name].symptom}"), name


def test_cases_that_are_planted_leave_everybody_else_alone(box):
    for name in CASES:
        plant_case(box, name)
    api = client_for()
    box.attach(api)
    api.forgot_password(ClientId="3n4b5urk1ft4fl3mg5e62d9ado", Username="diego@example.com")
    code = box.mailbox("diego@example.com")[-1]["code"]
    api.confirm_forgot_password(
        ClientId="3n4b5urk1ft4fl3mg5e62d9ado",
        Username="diego@example.com",
        ConfirmationCode=code,
        Password=NEW,
    )
    assert box.settings() == Sandbox.in_memory().settings()
    assert box.faults() == []


def test_a_trigger_that_was_there_goes_on_for_other_pools(box):
    seen = []
    box.on("PostConfirmation", lambda event: seen.append(event["userPoolId"]) or event)
    plant_case(box, "trigger-failed")
    plant_case(box, "trigger-failed")
    one = User(box, plant_case(box, "older-code"))
    one.enters(one.mail()[-1]["code"])
    assert seen == [one.case.pool_id]


def test_what_the_sandbox_is_set_to_does_not_change_how_a_case_is_planted(box):
    box.settings(waf_block=True, threat_block=True, delivery_failure="code", reset_attempts=20)
    one = User(box, plant_case(box, "attempt-limit"))
    plant_case(box, "older-code")
    box.settings(waf_block=False, threat_block=False, delivery_failure="none")
    assert refused(one.asks).startswith("LimitExceededException")


def test_the_fifteen_are_there_and_every_case_is_a_problem_that_diagnosis_knows():
    assert {case.number for case in CASES.values()} == set(range(16))
    assert set(CASES) <= set(PROBLEMS)
    for name, case in CASES.items():
        assert case.username == f"{name}@example.com"
        assert case.says
        assert case.symptom


def test_the_ids_of_a_case_are_such_as_the_api_takes(box):
    api = client_for()
    box.attach(api)
    for name in CASES:
        case = plant_case(box, name)
        found = api.describe_user_pool_client(UserPoolId=case.pool_id, ClientId=case.client_id)[
            "UserPoolClient"
        ]
        assert (found["UserPoolId"], found["ClientId"]) == (case.pool_id, case.client_id)
        assert "delivery" not in api.describe_user_pool(UserPoolId=case.pool_id)["UserPool"]


def test_a_name_that_no_case_has_is_answered_with_the_nearest_one(box):
    with pytest.raises(ValueError, match="Did you mean 'attempt-limit'"):
        plant_case(box, "attempts-limit")


def test_cases_repeat_where_the_sandbox_does():
    first, second = Sandbox.in_memory(), Sandbox.in_memory()
    for box in (first, second):
        for name in CASES:
            plant_case(box, name)
    assert everything(first) == everything(second)

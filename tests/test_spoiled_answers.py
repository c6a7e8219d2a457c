"""Whatever comes back in an answer's place, a runbook says only what it knows: every runbook, each
of its calls, every way to spoil an answer.
"""

from dataclasses import dataclass

import pytest

from helpers.run.record import Outcome
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
    plant_case,
)
from tests.sandbox.world import client_for
from tests.spoiled import SPOILS, http, spoiling

NEW = "Brand-new-1-password"


@dataclass(frozen=True)
class Case:
    """One runbook: the call that changes something, "" for none, and the calls around it.

    also: a second call that changes something. user: a training case of its own.
    """

    runbook: str
    changes: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    also: str = ""
    user: str = ""


CASES = (
    Case("confirm-reset", "ConfirmForgotPassword", after=("InitiateAuth",)),
    Case("request-code", "ForgotPassword", before=("AdminGetUser", "DescribeUserPool")),
    Case("admin-reset", "AdminResetUserPassword", before=("AdminGetUser", "DescribeUserPool")),
    Case(
        "set-password",
        "AdminSetUserPassword",
        before=("AdminGetUser", "DescribeUserPool"),
        after=("InitiateAuth",),
    ),
    Case(
        "sign-out-everywhere",
        "AdminUserGlobalSignOut",
        before=("AdminGetUser", "AdminListUserSessions"),
    ),
    Case(
        "fix-contact",
        "AdminUpdateUserAttributes",
        before=("AdminGetUser", "DescribeUserPool", "ListUsers"),
        user="no-verified-contact",
    ),
    Case("lock-user", "AdminDisableUser", before=("AdminGetUser",), also="AdminUserGlobalSignOut"),
    Case("unlock-user", "AdminEnableUser", before=("AdminGetUser",), user="disabled"),
    Case(
        "resend-invitation",
        "AdminCreateUser",
        before=("AdminGetUser", "DescribeUserPool"),
        user="temporary-password",
    ),
    Case(
        "reset-second-factor",
        "AdminSetUserMFAPreference",
        before=("AdminGetUser", "DescribeUserPool"),
        user="second-factor-lost",
    ),
    Case(
        "diagnose-user",
        "",
        before=(
            "AdminGetUser",
            "DescribeUserPool",
            "DescribeUserPoolClient",
            "AdminGetUserAuthFactors",
            "AdminListUserAuthEvents",
            "ListUsers",
        ),
    ),
    Case(
        "audit-pool",
        "",
        before=(
            "DescribeUserPool",
            "GetUserPoolMfaConfig",
            "GetLogDeliveryConfiguration",
            "GetUserPoolSessionConfiguration",
            "ListUserPoolClients",
            "DescribeUserPoolClient",
        ),
    ),
)
# One of each kind; every call goes the same way.
SOME = (
    "nothing",
    "page-200",
    "page-403",
    "null",
    "half-json",
    "gzip-garbage",
    "json-without-request-id",
    "another-service",
    "error-of-another-service",
)
CALLS = [
    (case, operation)
    for case in CASES
    for operation in filter(None, (*case.before, case.changes, *case.after, case.also))
]
EVERY_CALL = [
    pytest.param(case, operation, id=f"{case.runbook}-{operation}") for case, operation in CALLS
]
# A call that only reads is spoiled in three ways, which take turns.
SPOILED_CALLS = [
    pytest.param(case, operation, spoil, id=f"{case.runbook}-{operation}-{spoil}")
    for number, (case, operation) in enumerate(CALLS)
    for spoil in (SOME[number % 3 :: 3] if operation in case.before else SPOILS)
]


@pytest.fixture
def box():
    box = Sandbox.in_memory()
    yield box
    box.close()


def run_of(case, endpoint, box, folder):
    """Make the runbook's run against this endpoint, for a user whom it can help."""
    planted = plant_case(box, case.user) if case.user else None
    username = planted.username if planted else DEFAULT_USERNAME
    values = {"target": endpoint, "interactive": "no"}
    if case.runbook == "confirm-reset":
        api(box).forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=username)
        code = box.mailbox()[-1]["code"]
        values |= {"code": f"literal:{code}", "new_password": f"literal:{NEW}"}
    elif case.runbook == "set-password":
        values |= {"password_to": f"file:{folder / 'password'}"}
    elif case.runbook == "sign-out-everywhere":
        tracking = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 20}}
        api(box).set_user_pool_session_configuration(UserPoolId=DEFAULT_POOL_ID, **tracking)
    elif case.runbook == "diagnose-user":
        api(box).update_user_pool(
            UserPoolId=DEFAULT_POOL_ID,
            AutoVerifiedAttributes=["email"],
            UserPoolTier="PLUS",
            UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        )
        values |= {"username": DEFAULT_USERNAME, "client_id": DEFAULT_CLIENT_ID}
    if case.runbook != "confirm-reset":
        values |= {"user_pool_id": planted.pool_id if planted else DEFAULT_POOL_ID}
    if case.runbook not in ("audit-pool", "diagnose-user"):
        values |= {"username": username}
    if case.changes.startswith("Admin"):
        values |= {"confirm_username": username}
    return RUNBOOKS[case.runbook].runs(**values)


def api(box):
    client = client_for()
    box.attach(client)
    return client


@pytest.mark.parametrize(("case", "operation"), EVERY_CALL)
def test_unspoiled_through_the_same_door_each_of_these_calls_is_made(
    case, operation, box, tmp_path
):
    with spoiling(box, operation, http) as door:
        run = run_of(case, door.endpoint, box, tmp_path)
        if (case.runbook, operation) == ("diagnose-user", "ListUsers"):
            run = type(run)(**{**run.values, "username": "nobody@example.com"})
        run.plan()
        assert run.submit().outcome is Outcome.CONFIRMED
    assert door.done(operation)


@pytest.mark.parametrize(("case", "operation", "spoil"), SPOILED_CALLS)
def test_a_spoiled_answer_is_no_answer(case, operation, spoil, box, tmp_path):
    with spoiling(box, operation, SPOILS[spoil]) as door:
        run = run_of(case, door.endpoint, box, tmp_path)
        if (case.runbook, operation) == ("diagnose-user", "ListUsers"):
            run = type(run)(**{**run.values, "username": "nobody@example.com"})
        run.plan()
        result = run.submit()
    if not case.changes:
        return  # it read what it could, and raised nothing
    calls = door.done(case.changes)
    assert calls <= 1
    if operation == case.changes:
        # It was carried out, and this cannot be known from the answer.
        assert calls == 1
        assert result.outcome in (Outcome.CONFIRMED, Outcome.UNKNOWN)
        if result.outcome is Outcome.CONFIRMED:
            assert "own answer" not in result.proof
    elif operation == case.also:
        assert door.done(operation) == 1
        assert result.outcome is Outcome.UNKNOWN
    elif operation in case.before:
        if result.outcome is Outcome.NOT_SENT:
            assert calls == 0
        else:  # the runbook can do without this reading
            assert (result.outcome, calls) == (Outcome.CONFIRMED, 1)
    else:
        assert (result.outcome, calls) == (Outcome.CONFIRMED, 1)
        assert "sign-in with the" not in result.proof


@pytest.mark.parametrize("spoil", SOME)
@pytest.mark.parametrize("case", [case for case in CASES if case.changes], ids=lambda c: c.runbook)
def test_a_refusal_that_is_spoiled_is_never_taken_for_success(case, spoil, box, tmp_path):
    with spoiling(box, case.changes, SPOILS[spoil]) as door:
        run = run_of(case, door.endpoint, box, tmp_path)
        box.fault(case.changes, "throttle-before-commit")
        result = run.submit()
    assert door.done(case.changes) == 0
    assert result.outcome is not Outcome.CONFIRMED


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_generated_password_whose_fate_is_not_known_stays_in_its_place(spoil, box, tmp_path):
    case = next(case for case in CASES if case.runbook == "set-password")
    with spoiling(box, case.changes, SPOILS[spoil]) as door:
        result = run_of(case, door.endpoint, box, tmp_path).submit()
    password = (tmp_path / "password").read_text()
    tokens = api(box).initiate_auth(
        ClientId=DEFAULT_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": DEFAULT_USERNAME, "PASSWORD": password},
    )
    assert tokens["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert str(tmp_path / "password") in result.next

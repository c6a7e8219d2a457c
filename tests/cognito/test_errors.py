"""What went wrong, what it means, what to do next: for every error that Cognito can answer with."""

import re

import botocore.session
import pytest
from botocore import exceptions as botocore_errors
from botocore.parsers import ResponseParserError

from helpers.cognito import errors
from helpers.cognito.catalogue import look_up
from helpers.cognito.catalogue_entries import CATALOGUE, UNKNOWN, Kind, TryAgain
from helpers.cognito.errors import map_botocore_errors
from helpers.cognito.quotas import QUOTAS
from helpers.run.refusals import refusals

OPERATIONS = [
    "ForgotPassword",
    "ConfirmForgotPassword",
    "InitiateAuth",
    "DescribeUserPool",
    "AdminGetUser",
    "AdminResetUserPassword",
    "AdminSetUserPassword",
    "AdminUserGlobalSignOut",
    "AdminUpdateUserAttributes",
    "AdminListUserAuthEvents",
    "ListUsers",
    "DescribeUserPoolClient",
    "ListUserPoolClients",
]
MODEL = botocore.session.get_session().get_service_model("cognito-idp")
MODELLED = [
    (op, shape.name) for op in OPERATIONS for shape in MODEL.operation_model(op).error_shapes
]


def refused(code, message="no", operation="ConfirmForgotPassword", status=400):
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "a-request", "HTTPStatusCode": status},
    }
    with (
        pytest.raises(errors.ResetError) as caught,
        map_botocore_errors(operation, username="diego@example.com"),
    ):
        raise botocore_errors.ClientError(response, operation)
    return caught.value


@pytest.mark.parametrize(
    ("operation", "code"), MODELLED, ids=[f"{op}-{code}" for op, code in MODELLED]
)
def test_every_modelled_error_is_in_the_catalogue(operation, code):
    assert look_up(code, "", operation) is not UNKNOWN


@pytest.mark.parametrize(
    ("operation", "code"), MODELLED, ids=[f"{op}-{code}" for op, code in MODELLED]
)
def test_every_modelled_error_says_what_it_means_and_what_to_do_next(operation, code):
    error = refused(code, operation=operation)
    for words in (error.meaning, error.say, error.next, error.entry.cause):
        assert words.endswith(".")


def test_no_entry_stands_in_the_shadow_of_another():
    for entry in CATALOGUE:
        operation = entry.operations[0] if entry.operations else ""
        assert look_up(entry.code, f"... {entry.text} ...", operation) is entry


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        pytest.param("NotAuthorizedException", "User is disabled.", "disabled", id="disabled"),
        pytest.param(
            "NotAuthorizedException",
            "Unable to verify secret hash for client abc",
            "secret hash",
            id="hash",
        ),
        pytest.param(
            "NotAuthorizedException",
            "User password cannot be reset in the current state.",
            "A code cannot reset this password",
            id="state",
        ),
        pytest.param(
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
            "too often",
            id="attempts",
        ),
        pytest.param(
            "LimitExceededException",
            "Exceeded daily email limit for the operation or the account.",
            "daily limit",
            id="mails",
        ),
        pytest.param(
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
            "breaks the pool's password policy",
            id="policy",
        ),
        pytest.param(
            "InvalidPasswordException",
            "Provided password cannot be used for security reasons.",
            "for security reasons",
            id="leaked",
        ),
        pytest.param(
            "InvalidParameterException",
            "Cannot reset password for the user as there is no "
            "registered/verified email or phone_number",
            "No code can be sent",
            id="no-contact",
        ),
    ],
)
def test_one_code_with_several_meanings_is_told_apart_by_its_text(code, message, meaning):
    assert meaning in refused(code, message, "ForgotPassword").meaning


@pytest.mark.parametrize(
    ("code", "kind", "exit_code", "again"),
    [
        ("CodeMismatchException", errors.CodeRefused, 3, TryAgain.SAME_CODE),
        ("ExpiredCodeException", errors.CodeRefused, 3, TryAgain.NEW_CODE),
        ("InvalidPasswordException", errors.PasswordRefused, 4, TryAgain.SAME_CODE),
        ("PasswordHistoryPolicyViolationException", errors.PasswordRefused, 4, TryAgain.SAME_CODE),
        ("LimitExceededException", errors.LimitReached, 5, TryAgain.LATER),
        ("TooManyRequestsException", errors.LimitReached, 5, TryAgain.LATER),
        ("UserNotFoundException", errors.NotAllowed, 6, TryAgain.NOTHING),
        ("AccessDeniedException", errors.NotAllowed, 6, TryAgain.NOTHING),
        ("InternalErrorException", errors.Unsettled, 8, TryAgain.NOTHING),
        ("UserLambdaValidationException", errors.Unsettled, 8, TryAgain.NOTHING),
    ],
)
def test_a_refused_confirm_has_its_class_its_exit_code_and_what_may_be_tried_again(
    code, kind, exit_code, again
):
    error = refused(code)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert error.again is again
    assert error.request_id == "a-request"


def test_a_trigger_that_fails_a_request_is_a_refusal_and_one_that_fails_a_confirm_is_unsettled():
    assert isinstance(
        refused("UserLambdaValidationException", operation="ForgotPassword"), errors.NotAllowed
    )
    assert isinstance(refused("UserLambdaValidationException"), errors.Unsettled)


def test_a_weak_password_is_reported_with_cognitos_message_alone():
    text = "Password does not conform to policy: Password must have numeric characters"
    assert str(refused("InvalidPasswordException", text)) == text


def test_any_other_refusal_names_the_user_and_the_reason():
    error = refused(
        "CodeMismatchException", "Invalid verification code provided, please try again."
    )
    assert (
        str(error)
        == "Couldn't confirm user diego@example.com. Here's why: Invalid verification code"
        " provided, please try again."
    )


def test_the_cause_stays_attached():
    assert isinstance(refused("CodeMismatchException").__cause__, botocore_errors.ClientError)


def test_an_exception_that_nobody_has_heard_of_is_still_told_truly():
    error = refused("BrandNewException", "something new")
    assert isinstance(error, errors.NotAllowed)
    assert error.entry is UNKNOWN
    assert "something new" in str(error)


def test_a_nameless_fault_of_the_service_or_of_a_proxy_is_unsettled():
    assert isinstance(refused("503", "upstream", status=503), errors.Unsettled)


@pytest.mark.parametrize(
    ("raised", "expected", "exit_code"),
    [
        (botocore_errors.ConnectTimeoutError(endpoint_url="http://x"), errors.NotReached, 7),
        (botocore_errors.EndpointConnectionError(endpoint_url="http://x"), errors.NotReached, 7),
        (botocore_errors.NoCredentialsError(), errors.NotReached, 6),
        (botocore_errors.NoRegionError(), errors.NotReached, 6),
        (botocore_errors.ReadTimeoutError(endpoint_url="http://x"), errors.Unsettled, 8),
        (botocore_errors.ConnectionClosedError(endpoint_url="http://x"), errors.Unsettled, 8),
        (ResponseParserError("garbled"), errors.Unsettled, 8),
        (botocore_errors.ParamValidationError(report="Invalid length"), errors.BadParameters, 2),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_never_left_is_told_from_what_was_sent_and_got_no_answer(raised, expected, exit_code):
    with (
        pytest.raises(errors.ResetError) as caught,
        map_botocore_errors("ConfirmForgotPassword", username="x"),
    ):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.exit_code == exit_code
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    ("operation", "category", "rate"),
    [
        ("ForgotPassword", "UserAccountRecovery", "30 calls"),
        ("AdminSetUserPassword", "UserAccountRecovery", "30 calls"),
        ("AdminGetUser", "UserRead", "120 calls"),
        ("ListUsers", "UserList", "30 calls"),
        ("DescribeUserPool", "UserPoolRead", "15 calls"),
        ("DescribeUserPoolClient", "UserPoolClientRead", "one pool 5 calls"),
        ("AdminUpdateUserAttributes", "UserUpdate", "25 calls"),
        ("InitiateAuth", "UserAuthentication", "120 calls"),
    ],
)
def test_the_cause_of_throttling_is_the_quota_of_the_call_that_was_throttled(
    operation, category, rate
):
    cause = look_up("TooManyRequestsException", "Rate exceeded", operation).cause
    assert category in cause
    assert rate in cause


def test_a_throttled_call_of_no_known_category_is_told_no_number():
    cause = look_up("TooManyRequestsException", "", "GetLogDeliveryConfiguration").cause
    assert "by category of call" in cause
    assert not re.search(r"\d", cause)


def test_every_operation_has_one_quota_and_is_cognitos():
    listed = [name for one in QUOTAS for name in one.operations]
    assert len(set(listed)) == len(listed)
    assert set(listed) <= set(MODEL.operation_names)


def test_in_a_notebook_an_error_is_words_and_no_traceback():
    lines = refused(
        "ExpiredCodeException", "Invalid code provided, please request a code again."
    )._render_traceback_()
    assert lines[0].startswith("CodeRefused: Couldn't confirm user diego@example.com.")
    assert lines[1].startswith("What it means: That code has expired, was already used")
    assert lines[2].startswith("What to do next: First try one sign-in")


def test_the_table_of_refusals_holds_every_modelled_error_of_the_operation():
    names = {row[0].split(" ")[0] for row in refusals("ConfirmForgotPassword").rows}
    assert names == {
        shape.name for shape in MODEL.operation_model("ConfirmForgotPassword").error_shapes
    }
    assert all(all(row) for row in refusals("ConfirmForgotPassword").rows)


def test_the_table_of_refusals_shows_no_meaning_that_another_one_stands_in_for():
    rows = [
        row
        for row in refusals("AdminSetUserPassword").rows
        if row[0].startswith("InvalidPasswordException")
    ]
    assert [row[1] for row in rows] == ["Cognito does not take the generated password."]


def test_every_kind_of_refusal_has_an_exit_code_of_its_own():
    codes = [errors._CLASSES[kind].exit_code for kind in Kind]
    assert len(set(codes)) == len(codes)

"""Diagnosis without a Cognito: which verdict the facts and the symptom lead to, and that no
combination is beyond it.
"""

import ast
import re
from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cognito.models import Client, Contact, Event, Pool, User
from helpers.cognito.policy import PasswordPolicy
from helpers.runbooks.diagnosis import (
    account,
    by_symptom,
    evidence,
    known,
    questions,
    spellings,
    symptoms,
    texts,
    verdicts,
    words,
)
from helpers.runbooks.diagnosis import diagnose as module
from helpers.runbooks.diagnosis import route as routes
from helpers.runbooks.diagnosis.diagnose import diagnose, likely_causes, route
from helpers.runbooks.diagnosis.verdicts import PROBLEMS, TAKES, Verdict
from tests.effort import tries

MAIL, PHONE = Contact("email", "m***@e***", True), Contact("phone_number", "+*******0199", True)
USER = User(
    username="maria",
    status="CONFIRMED",
    enabled=True,
    contacts=(MAIL,),
    factors=(),
    preferred_factor="",
    last_modified="2025-01-01T09:00:00+00:00",
)
POOL = Pool(
    pool_id="us-east-1_Shop",
    name="shop",
    policy=PasswordPolicy(),
    recovery=("verified_email",),
    verifies=("email",),
    aliases=(),
    sign_in_names=(),
    case_sensitive=True,
    mfa="OFF",
    sender="COGNITO_DEFAULT",
    sms_role=True,
    triggers=(),
    threat_protection="OFF",
    temporary_days=7,
)
CLIENT = Client(
    client_id="web",
    name="web",
    has_secret=False,
    flows=("ALLOW_USER_PASSWORD_AUTH",),
    hides_users=False,
)
HIDING = replace(CLIENT, hides_users=True)
WHOM = {"user_pool_id": "us-east-1_Shop", "username": "maria"}


def unverified(*contacts):
    return tuple(replace(contact, verified=False) for contact in contacts)


def on(symptom="", user=USER, pool=POOL, client=CLIENT, **more):
    return diagnose(username="maria", user=user, pool=pool, client=client, symptom=symptom, **more)


# --- where a code goes ---


@pytest.mark.parametrize(
    ("contacts", "recovery", "factors", "goes_to"),
    [
        pytest.param((MAIL,), ("verified_email",), (), "email", id="the one contact"),
        pytest.param((MAIL, PHONE), (), (), "phone_number", id="no order: a phone before a mail"),
        pytest.param(
            (MAIL, *unverified(PHONE)), (), (), "email", id="no order, phone not verified"
        ),
        pytest.param(
            (MAIL, PHONE), ("verified_email", "verified_phone_number"), (), "email", id="mail first"
        ),
        pytest.param(
            (MAIL, PHONE),
            ("verified_phone_number", "verified_email"),
            (),
            "phone_number",
            id="phone first",
        ),
        pytest.param(
            (MAIL, PHONE),
            ("verified_email", "verified_phone_number"),
            ("EMAIL_OTP",),
            "phone_number",
            id="mail is the second factor",
        ),
        pytest.param(
            (MAIL, PHONE),
            ("verified_email", "verified_phone_number"),
            ("SOFTWARE_TOKEN_MFA",),
            "email",
            id="an authenticator app excludes nothing",
        ),
        pytest.param(
            (MAIL,),
            ("verified_email",),
            ("EMAIL_OTP",),
            None,
            id="mail is the second factor, and all there is",
        ),
        pytest.param(
            (PHONE,), (), ("SMS_MFA",), "phone_number", id="no order: SMS though it is the factor"
        ),
        pytest.param(
            (MAIL,), (), ("EMAIL_OTP",), None, id="no order: not by mail if that is the factor"
        ),
        pytest.param((PHONE,), ("verified_email",), (), None, id="the pool recovers by the other"),
        pytest.param((), (), (), None, id="no contact"),
        pytest.param((MAIL,), ("admin_only",), (), None, id="admin only"),
    ],
)
def test_a_code_goes_where_pool_and_user_allow(contacts, recovery, factors, goes_to):
    way = route(replace(USER, contacts=contacts, factors=factors), replace(POOL, recovery=recovery))
    assert (way.contact.attribute if way.contact else None) == goes_to
    assert way.why
    assert way.known


def test_the_preferred_factor_alone_decides():
    user = replace(
        USER, contacts=(MAIL, PHONE), factors=("SMS_MFA", "EMAIL_OTP"), preferred_factor="SMS_MFA"
    )
    both = replace(POOL, recovery=("verified_phone_number", "verified_email"))
    assert route(user, both).contact == MAIL


def test_where_the_pool_was_not_read_nobody_pretends_to_know():
    way = route(USER, None)
    assert (way.contact, way.known) == (None, False)
    assert route(replace(USER, contacts=unverified(MAIL)), None).known


# --- facts first ---

STATES = [
    ("nothing-in-the-way", "request-code", {}, {}),
    ("disabled", "unlock-user", {"enabled": False}, {}),
    ("temporary-password", "resend-invitation", {"status": "FORCE_CHANGE_PASSWORD"}, {}),
    (
        "temporary-password",
        "set-password",
        {"status": "FORCE_CHANGE_PASSWORD", "contacts": ()},
        {},
    ),
    ("federated-user", "", {"status": "EXTERNAL_PROVIDER", "contacts": unverified(MAIL)}, {}),
    ("unconfirmed", "set-password", {"status": "UNCONFIRMED", "contacts": unverified(MAIL)}, {}),
    ("unconfirmed", "set-password", {"status": "UNCONFIRMED"}, {}),
    ("undocumented-state", "set-password", {"status": "ARCHIVED"}, {}),
    ("reset-required", "request-code", {"status": "RESET_REQUIRED"}, {}),
    ("admin-only", "set-password", {}, {"recovery": ("admin_only",)}),
    ("no-verified-contact", "fix-contact", {"contacts": unverified(MAIL)}, {}),
    (
        "no-verified-contact",
        "fix-contact",
        {"contacts": unverified(MAIL), "status": "RESET_REQUIRED"},
        {},
    ),
    ("no-verified-contact", "fix-contact", {"contacts": unverified(PHONE)}, {"recovery": ()}),
    ("no-contact", "set-password", {"contacts": ()}, {}),
    ("contact-is-second-factor", "set-password", {"factors": ("EMAIL_OTP",)}, {}),
    (
        "contact-is-second-factor",
        "set-password",
        {"contacts": unverified(MAIL), "factors": ("EMAIL_OTP",)},
        {},
    ),
    ("recovery-lists-other-contact", "set-password", {"contacts": (PHONE,)}, {}),
    ("recovery-lists-other-contact", "set-password", {"contacts": unverified(PHONE)}, {}),
]


@pytest.mark.parametrize(("problem", "runbook", "user", "pool"), STATES)
def test_the_account_decides_without_any_symptom(problem, runbook, user, pool):
    found = on(user=replace(USER, **user), pool=replace(POOL, **pool))
    assert (found.problem, found.runbook) == (problem, runbook)


@pytest.mark.parametrize(
    "symptom",
    [
        "",
        "I get no mail",
        "Attempt limit exceeded, please try after some time.",
        "Invalid verification code provided, please try again.",
        "no rule knows this",
    ],
)
@pytest.mark.parametrize(
    ("problem", "runbook", "user", "pool"),
    [case for case in STATES if case[0] not in ("nothing-in-the-way", "reset-required")],
)
def test_what_stands_against_a_reset_does_so_whatever_the_user_says(
    problem, runbook, user, pool, symptom
):
    found = on(symptom, user=replace(USER, **user), pool=replace(POOL, **pool))
    assert (found.problem, found.runbook) == (problem, runbook)


def test_a_disabled_user_is_disabled_before_anything_else():
    assert (
        on(user=replace(USER, enabled=False, status="FORCE_CHANGE_PASSWORD", contacts=())).problem
        == "disabled"
    )


def test_the_contact_that_could_carry_a_code_is_filled_in():
    found = on(user=replace(USER, contacts=unverified(PHONE)), pool=replace(POOL, recovery=()))
    assert found.parameters == {**WHOM, "contact": "phone_number"}


def test_another_contact_that_could_carry_a_code_is_named():
    user = replace(USER, contacts=(MAIL, *unverified(PHONE)), factors=("EMAIL_OTP",))
    found = on(user=user, pool=replace(POOL, recovery=("verified_email", "verified_phone_number")))
    assert found.problem == "contact-is-second-factor"
    assert any("fix-contact" in sentence for sentence in found.evidence)


def test_a_temporary_password_that_has_run_out_is_not_looked_for_any_more():
    invited = replace(USER, status="FORCE_CHANGE_PASSWORD")
    assert on(user=invited).problem == "temporary-password"
    for found in (
        on(user=invited, run_out=True),
        on("Temporary password has expired and must be reset by an administrator.", invited),
    ):
        assert (found.problem, found.runbook) == ("invitation-run-out", "resend-invitation")
        assert "look for" not in found.say


def test_the_provider_is_named_where_the_account_names_it():
    found = on(user=replace(USER, status="EXTERNAL_PROVIDER", providers=("Google", "Okta")))
    assert "Google or Okta" in found.say
    assert any("Google, Okta" in sentence for sentence in found.evidence)
    linked = on(user=replace(USER, providers=("Okta",)))
    assert linked.problem == "nothing-in-the-way"
    assert "The account signs in through Okta too." in linked.evidence


# --- nobody of that name ---


def missing(username, *others, pool=POOL, client=CLIENT, symptom="", unread=()):
    return diagnose(
        username=username,
        user=None,
        pool=pool,
        client=client,
        others=others,
        symptom=symptom,
        unread=unread,
    )


def test_a_name_that_nobody_has_is_asked_for_again():
    found = missing("maria")
    assert (found.problem, found.runbook) == ("not-found", "diagnose-user")
    assert found.parameters == {"user_pool_id": "us-east-1_Shop", "client_id": "web"}


def test_a_pool_that_brings_users_over_may_know_the_name_later():
    assert (
        missing("maria", pool=replace(POOL, triggers=("UserMigration",))).problem
        == "not-yet-migrated"
    )


def test_capital_letters_are_told_and_the_right_spelling_filled_in():
    found = missing("maria", replace(USER, username="Maria"))
    assert (found.problem, found.runbook, found.parameters["username"]) == (
        "other-case",
        "request-code",
        "Maria",
    )


def test_an_address_in_other_capitals_is_told_where_addresses_are_names():
    found = missing(
        "M@example.com",
        replace(USER, username="0b1c"),
        pool=replace(POOL, sign_in_names=("email",)),
    )
    assert (found.problem, found.parameters["username"]) == ("other-case", "0b1c")


def test_a_trigger_that_does_not_know_the_name_either_or_fails_is_not_asked_again_and_again():
    brings = replace(POOL, triggers=("UserMigration",))
    unknown = missing("maria", pool=brings, symptom="Username/client id combination not found.")
    assert (unknown.problem, unknown.runbook) == ("not-found", "diagnose-user")
    failing = missing(
        "maria", pool=brings, symptom="UserMigration failed with error the old system is down."
    )
    assert (failing.problem, failing.runbook) == ("trigger-refuses", "")


def test_a_name_that_nobody_has_says_what_may_be_spelt_otherwise():
    assert "capital letters" in " ".join(missing("mariaSilva").evidence)
    assert "capital letters" not in " ".join(
        missing("maria", pool=replace(POOL, case_sensitive=False)).evidence
    )
    assert "country code" in " ".join(missing("5551230199").evidence)
    assert "country code" not in " ".join(missing("+15551230199").evidence)


def test_who_was_found_under_another_name_is_told_what_else_is_wrong_in_the_verdict_itself():
    found = missing("m@example.com", replace(USER, enabled=False))
    assert (found.problem, found.runbook) == ("contact-not-alias", "unlock-user")
    assert found.headline.endswith("under this name. The account is disabled.")
    federated = missing("m@example.com", replace(USER, status="EXTERNAL_PROVIDER"))
    assert (federated.problem, federated.runbook) == ("federated-user", "")
    assert "The account is maria." in federated.evidence


def test_an_unverified_address_is_no_name_and_the_account_behind_it_is_diagnosed():
    found = missing(
        "maria@example.com",
        replace(USER, contacts=unverified(MAIL)),
        pool=replace(POOL, aliases=("email",)),
    )
    assert (found.problem, found.runbook) == ("contact-not-alias", "fix-contact")
    assert found.parameters == {**WHOM, "contact": "email"}


def test_several_accounts_are_a_question_and_never_a_guess():
    found = missing("m@example.com", replace(USER, username="old", contacts=unverified(MAIL)), USER)
    assert (found.problem, found.runbook) == ("several-accounts", "diagnose-user")
    assert "username" not in found.parameters
    assert {one.split(",")[0] for one in found.evidence[1:]} >= {"old", "maria"}
    twins = missing("MaRia", USER, replace(USER, username="MARIA"))
    assert twins.problem == "several-accounts"


def test_one_account_that_begins_like_the_name_is_compared_before_anything_is_done():
    found = diagnose(username="mar", user=None, pool=POOL, client=None, parts=(USER,))
    assert (found.problem, found.runbook) == ("part-of-a-name", "diagnose-user")
    assert found.parameters["username"] == "maria"
    several = diagnose(
        username="mar", user=None, pool=POOL, client=None, parts=(USER, replace(USER, username="m"))
    )
    assert (several.problem, "username" in several.parameters) == ("several-accounts", False)


def test_a_second_account_in_other_capitals_is_told_beside_one_that_is_in_order():
    found = on(others=(replace(USER, username="Maria", created="2024-02-03T10:00:00"),))
    assert (found.problem, found.runbook) == ("two-accounts", "request-code")
    assert "Maria" in " ".join(found.evidence)
    assert "2024-02-03" in " ".join(found.evidence)
    assert on(user=replace(USER, enabled=False), others=(USER,)).problem == "disabled"


# --- an app client that hides users ---


@pytest.mark.parametrize(
    "user",
    [
        None,
        replace(USER, enabled=False),
        replace(USER, contacts=unverified(MAIL)),
        replace(USER, status="FORCE_CHANGE_PASSWORD"),
    ],
)
def test_a_made_up_answer_is_told_with_its_cause_and_the_causes_next_step(user):
    found, cause = on("no code arrives", user, client=HIDING), on("", user)
    assert found.problem == "made-up-answer"
    assert (found.runbook, found.parameters, found.next) == (
        cause.runbook,
        cause.parameters,
        cause.next,
    )
    assert cause.headline.lower() in found.headline.lower()


def test_an_app_client_that_hides_nobody_makes_no_answer_up():
    assert (
        on("no code arrives", replace(USER, contacts=unverified(MAIL))).problem
        == "no-verified-contact"
    )


def test_without_a_symptom_the_cause_is_the_verdict_and_hiding_is_evidence():
    found = on("", replace(USER, contacts=unverified(MAIL)), client=HIDING)
    assert found.problem == "no-verified-contact"
    assert any("PreventUserExistenceErrors" in sentence for sentence in found.evidence)


def test_admin_only_is_not_hidden():
    assert (
        on("no code arrives", pool=replace(POOL, recovery=("admin_only",)), client=HIDING).problem
        == "admin-only"
    )


# --- then the symptom ---

SYMPTOMS = [
    ("Invalid code provided, please request a code again.", "code-used-or-expired", "request-code"),
    ("Invalid verification code provided, please try again.", "older-code", "request-code"),
    ("Attempt limit exceeded, please try after some time.", "attempt-limit", ""),
    (
        "Exceeded daily email limit for the operation or the account.",
        "daily-mail-limit",
        "audit-pool",
    ),
    ("User is already confirmed.", "resend-is-for-sign-up", "request-code"),
    ("Unable to verify secret hash for client web", "secret-hash", "request-code"),
    (
        "Client web is configured with secret but SECRET_HASH was not received",
        "secret-hash",
        "request-code",
    ),
    ("PostConfirmation failed with error boom.", "trigger-failed", ""),
    ("Password attempts exceeded", "sign-in-locked", "request-code"),
    (
        (
            "An error occurred (UserLambdaValidationException) when calling the ForgotPassword"
            " operation: CustomMessage failed with error no template."
        ),
        "trigger-refuses",
        "",
    ),
    (
        (
            "An error occurred (UnexpectedLambdaException) when calling the ForgotPassword"
            " operation: CustomMessage invocation failed due to error Task timed out after 5.00"
            " seconds."
        ),
        "trigger-refuses",
        "",
    ),
    (
        (
            "InvalidLambdaResponseException) when calling the ForgotPassword operation:"
            " Unrecognizable lambda output"
        ),
        "trigger-refuses",
        "",
    ),
    (
        "UserLambdaValidationException) when calling the ConfirmForgotPassword operation: boom",
        "trigger-failed",
        "",
    ),
    ("PreAuthentication failed with error not today.", "trigger-refuses", ""),
    (
        (
            "An error occurred (InternalErrorException) when calling the ConfirmForgotPassword"
            " operation"
        ),
        "answer-lost",
        "request-code",
    ),
    ("TypeError: Failed to fetch", "answer-lost", "request-code"),
    (
        "1 validation error detected: Value at 'confirmationCode' failed to satisfy constraint",
        "value-not-readable",
        "",
    ),
    ("LimitExceededExeption", "attempt-limit", ""),
    ("It is not in the spam folder either", "mail-never-arrives", "request-code"),
    ("Authentication failed", "nothing-in-the-way", "request-code"),
    ("Password does not conform to policy: Password not long enough", "password-policy", ""),
    (
        (
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member"
            " must satisfy regular "
            r"expression pattern: ^[\S]+.*[\S]+$"
        ),
        "space-in-password",
        "",
    ),
    (
        (
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member"
            " must have length less than or equal to 256"
        ),
        "password-too-long",
        "",
    ),
    ("Provided password cannot be used for security reasons.", "password-too-well-known", ""),
    ("PasswordHistoryPolicyViolationException", "password-used-before", ""),
    ("Request not allowed due to security reasons.", "security-block", ""),
    ("Request not allowed due to WAF block.", "blocked-by-firewall", ""),
    ("USER_PASSWORD_AUTH flow not enabled for this client", "flow-not-enabled", "audit-pool"),
    ("User pool client web does not exist.", "no-such-client-or-pool", "diagnose-user"),
    ("TooManyRequestsException", "throttled", "request-code"),
    ("Role does not have permission to publish with SNS", "sender-refused", "audit-pool"),
    ("Incorrect username or password.", "wrong-password", "request-code"),
    ("User does not exist.", "not-found-but-there", "diagnose-user"),
    ("NotAuthorizedException: Refresh Token has been revoked", "session-over", ""),
    ("I am still logged in on my stolen phone", "other-devices-signed-in", ""),
    ("someone has changed my phone number", "account-takeover", "lock-user"),
    ("The code goes to my old phone", "code-to-old-contact", ""),
    ("I get no mail", "mail-never-arrives", "request-code"),
    ("I don\u2019t get a code", "mail-never-arrives", "request-code"),
    ("I get no text message", "code-goes-to-mail", "request-code"),
    ("It says I tried too often", "attempt-limit", ""),
    ("it says invalid code", "older-code", "request-code"),
    ("The app does not accept the symbol in my password", "password-policy", ""),
    ("I forgot my password", "nothing-in-the-way", "request-code"),
    ("qwerty", "nothing-in-the-way", "request-code"),
]


@pytest.mark.parametrize(("symptom", "problem", "runbook"), SYMPTOMS)
def test_with_nothing_in_the_account_the_symptom_decides(symptom, problem, runbook):
    found = on(symptom)
    assert (found.problem, found.runbook) == (problem, runbook)


@pytest.mark.parametrize(
    ("symptom", "problem", "runbook"), [one for one in SYMPTOMS if one[1] != "nothing-in-the-way"]
)
def test_capitals_and_line_breaks_of_a_symptom_do_not_matter(symptom, problem, runbook):
    assert on(symptom.upper().replace(" ", "\n ")).problem == problem


BY_PHONE = {"user": replace(USER, contacts=(MAIL, PHONE)), "pool": replace(POOL, recovery=())}


@pytest.mark.parametrize(
    ("symptom", "problem"),
    [
        ("I get no mail", "code-goes-to-phone"),
        ("I get no code", "code-goes-to-phone"),
        ("The text message never comes", "sms-never-arrives"),
        ("The code goes to my old phone", "code-to-old-contact"),
    ],
)
def test_where_the_code_goes_tells_like_symptoms_apart(symptom, problem):
    assert on(symptom, **BY_PHONE).problem == problem


def test_who_has_no_address_does_not_wait_for_an_e_mail():
    assert (
        on("I get no code", replace(USER, contacts=(PHONE,)), replace(POOL, recovery=())).problem
        == "sms-never-arrives"
    )


def test_a_lost_contact_is_told_and_nothing_that_changes_is_suggested():
    both = replace(USER, contacts=(*unverified(MAIL), PHONE))
    by_mail_first = replace(POOL, recovery=("verified_email", "verified_phone_number"))
    for pool in (by_mail_first, replace(POOL, recovery=())):
        found = on("The code goes to my old phone", both, pool)
        assert (found.problem, found.runbook) == ("code-to-old-contact", "")


def test_whether_a_code_was_ever_requested_is_told_where_the_pool_records_it():
    records = replace(POOL, threat_protection="AUDIT")
    signed_in = Event("2025-01-01T09:05:00+00:00", "SignIn", "Pass")
    asked = replace(signed_in, kind="ForgotPassword")
    assert on("I get no mail", pool=records, events=(signed_in,)).problem == "never-requested"
    assert on("I get no mail", pool=records, events=(asked,)).problem == "mail-never-arrives"
    assert on("I get no mail", pool=records).problem == "mail-never-arrives"
    assert "is not known" in " ".join(on("I get no mail").evidence)


def test_a_masked_address_is_compared_with_the_accounts():
    theirs = on("it says that a code went to m***@e*** and none came")
    assert theirs.problem == "mail-never-arrives"
    other = on("the code went to u***@y***, and that is not my address")
    assert (other.problem, other.runbook) == ("address-not-theirs", "request-code")


def test_a_pool_with_a_sender_of_its_own_has_no_daily_limit():
    assert on("LimitExceededException").problem == "attempt-limit"
    assert (
        on("Exceeded daily email limit", pool=replace(POOL, sender="DEVELOPER")).problem
        == "nothing-in-the-way"
    )


def test_a_user_who_must_reset_cannot_sign_in_for_that_reason():
    must = replace(USER, status="RESET_REQUIRED")
    assert on("Password reset required for the user", user=must).problem == "reset-required"
    assert on("Incorrect username or password.", user=must).problem == "reset-required"
    assert on("Password reset required for the user", user=must) == on(user=must)
    assert on("Attempt limit exceeded", user=must).problem == "attempt-limit"


@pytest.mark.parametrize(
    "symptom", ["they are still signed in on the stolen laptop", "Unable to verify secret hash"]
)
def test_what_has_nothing_to_do_with_the_account_comes_first_and_the_account_is_told_beside_it(
    symptom,
):
    found = on(symptom, user=replace(USER, contacts=unverified(MAIL)))
    assert found.problem in ("other-devices-signed-in", "secret-hash")
    assert PROBLEMS["no-verified-contact"].headline in found.evidence


def test_a_locked_sign_in_is_told_whether_or_not_a_code_could_be_sent():
    found = on("Password attempts exceeded", user=replace(USER, contacts=()))
    assert (found.problem, found.runbook) == ("sign-in-locked", "set-password")
    assert len(found.evidence) == len(set(found.evidence))
    assert on("Password attempts exceeded", user=replace(USER, enabled=False)).problem == "disabled"


def test_a_recorded_change_of_the_password_speaks_for_a_used_code():
    change = Event("2025-01-01T09:05:00+00:00", "PasswordChange", "Pass")
    found = on("Invalid code provided, please request a code again.", events=(change,))
    assert any("went through at 2025-01-01 09:05" in sentence for sentence in found.evidence)


def test_a_lost_second_factor_is_told_apart_from_a_lost_password():
    has = replace(USER, factors=("SOFTWARE_TOKEN_MFA",))
    for said_ in (
        "I have a new phone and my authenticator app is gone",
        "the MFA code does not work",
        "Google Authenticator is lost",
    ):
        assert on(said_, user=has).problem == "second-factor-lost"
    assert on("my authenticator app is gone").problem == "nothing-in-the-way"
    assert (
        "The account itself lists no second factor."
        in on("I get no MFA code", pool=replace(POOL, mfa="OPTIONAL")).evidence
    )


def test_who_has_a_new_phone_gets_the_code_by_mail_where_it_goes_there():
    assert on("I have a new phone number").problem == "nothing-in-the-way"
    assert (
        on(
            "I have a new phone number",
            replace(USER, contacts=(PHONE,)),
            replace(POOL, recovery=()),
        ).problem
        == "code-to-old-contact"
    )
    assert on("I have a new e-mail address", **BY_PHONE).problem == "nothing-in-the-way"
    assert on("I have a new e-mail address").problem == "code-to-old-contact"


def test_a_contact_that_is_passed_over_for_being_the_second_factor_is_named():
    user = replace(USER, contacts=(MAIL, PHONE), factors=("EMAIL_OTP",))
    found = on(
        "I get no mail", user, replace(POOL, recovery=("verified_email", "verified_phone_number"))
    )
    assert found.problem == "code-goes-to-phone"
    assert "m***@e*** is the user's second factor, so no code goes there." in found.evidence


def test_cognitos_own_sender_is_named_where_mails_do_not_arrive():
    assert "50 messages a day" in " ".join(on("I get no mail").evidence)
    assert "50 messages a day" not in " ".join(
        on("I get no mail", pool=replace(POOL, sender="DEVELOPER")).evidence
    )


def test_what_the_app_client_allows_is_told_where_a_flow_is_missing():
    assert (
        "The app client allows ALLOW_USER_PASSWORD_AUTH."
        in on("USER_PASSWORD_AUTH flow not enabled for this client").evidence
    )


# --- what could not be read ---


def test_a_reading_that_failed_is_named_and_nothing_is_concluded_from_it():
    found = on(user=None, unread=("user",))
    assert (found.problem, found.runbook) == ("not-read", "diagnose-user")
    assert found.parameters == {**WHOM, "client_id": "web"}
    assert any("could not be looked up" in sentence for sentence in found.evidence)


@pytest.mark.parametrize("what", ["user", "pool", "client", "events", "others"])
def test_every_reading_that_failed_is_told_in_the_evidence(what):
    assert "is not known" in on(unread=(what,)).evidence[-1]


def test_with_an_unread_pool_the_state_of_the_account_still_decides():
    assert (
        on(pool=None, unread=("pool",), user=replace(USER, status="FORCE_CHANGE_PASSWORD")).problem
        == "temporary-password"
    )
    assert (
        on(pool=None, unread=("pool",), user=replace(USER, contacts=unverified(MAIL))).problem
        == "no-verified-contact"
    )
    found = on(pool=None, unread=("pool",))
    assert found.problem == "nothing-in-the-way"
    assert "was not seen" in found.headline
    assert "somewhere to go" not in found.meaning


def test_an_app_client_that_the_pool_does_not_have_is_the_trouble_and_its_id_is_not_handed_on():
    found = on(
        "Username/client id combination not found.",
        client=None,
        client_id="web",
        unread=("no-client",),
    )
    assert (found.problem, found.runbook, found.parameters) == (
        "client-of-another-pool",
        "diagnose-user",
        WHOM,
    )
    ineligible = on(
        user=replace(USER, enabled=False), client=None, client_id="web", unread=("no-client",)
    )
    assert (ineligible.problem, ineligible.parameters) == ("disabled", WHOM)


def test_a_cause_is_only_likely_where_the_account_was_not_seen():
    assert on("I get no mail", user=None, unread=("user",)).headline.startswith("Most likely: ")
    assert not on("Attempt limit exceeded").headline.startswith("Most likely: ")


def test_ids_that_could_not_be_read_are_taken_as_given():
    found = on(
        pool=None,
        client=None,
        user_pool_id="us-east-1_Shop",
        client_id="web",
        unread=("pool", "client"),
    )
    assert found.parameters == {**WHOM, "client_id": "web"}


# --- a symptom alone ---


def modelled():
    service = botocore.session.get_session().get_service_model("cognito-idp")
    operations = (
        "ForgotPassword",
        "ConfirmForgotPassword",
        "InitiateAuth",
        "AdminResetUserPassword",
        "AdminSetUserPassword",
    )
    return sorted(
        {shape.name for name in operations for shape in service.operation_model(name).error_shapes}
    )


@pytest.mark.parametrize("code", modelled())
def test_every_modelled_exception_is_understood_by_its_name_and_a_new_text_of_it_is_not(code):
    causes = likely_causes(code)
    assert causes[0].problem != "not-understood"
    assert all(one.next and one.say and one.meaning for one in causes)
    said = f"An error occurred ({code}) when calling the SignUp operation: something new"
    (told, *_) = likely_causes(said)
    if "Lambda" in code:  # the text is the trigger's own
        assert told.problem == "trigger-refuses"
    else:
        assert (told.problem, told.runbook) == ("unknown-text", "diagnose-user")
        assert told.evidence == ("The text is: something new",)
        assert (on(said).problem, on(said).runbook) == ("unknown-text", "")


def test_a_text_says_more_than_the_exceptions_name():
    said = (
        "An error occurred (NotAuthorizedException) when calling the ForgotPassword operation: User"
        " is disabled."
    )
    assert [one.problem for one in likely_causes(said)] == ["disabled"]


def test_a_new_text_is_shown_without_addresses_and_long_numbers():
    (told,) = likely_causes("InvalidParameterException: a@b.de and +1 555 123 0199 are odd")
    assert told.evidence == ("The text is: [address] and [number] are odd",)


@pytest.mark.parametrize("symptom", ["", "   ", "lorem ipsum"])
def test_unknown_words_are_called_unknown_and_the_first_step_is_named(symptom):
    (only,) = likely_causes(symptom, user_pool_id="us-east-1_Shop")
    assert (only.problem, only.runbook, only.parameters) == (
        "not-understood",
        "diagnose-user",
        {"user_pool_id": "us-east-1_Shop"},
    )
    assert only.questions == (questions.WHAT_HAPPENS,)


def test_nothing_tied_to_an_account_is_said_of_one_that_nobody_looked_at():
    for said_ in ("I forgot my password", "I forgot my username"):
        (told,) = likely_causes(said_)
        assert (told.problem, told.runbook) == ("ask-for-the-name", "diagnose-user")
    (told,) = likely_causes("my account is disabled", username="")
    assert told.headline == "Most likely: the account is disabled."
    assert "sign in with" in told.say
    assert told.parameters == {}


def test_several_causes_are_at_most_three_and_a_question_tells_them_apart():
    told, *causes = likely_causes("NotAuthorizedException")
    assert told.problem == "ask"
    assert [one.key for one in told.candidates] == [one.problem for one in causes]
    assert 1 < len(causes) <= 3
    (question,) = told.questions
    assert {one.key for one in question.choices} >= {one.key for one in told.candidates}
    assert told.say == question.words


def test_an_answer_narrows_the_causes_and_an_account_decides_what_it_can():
    said = "InvalidLambdaResponseException"
    assert on(said).problem == "ask"
    assert on(said, answer="password-was-entered").problem == "trigger-failed"
    assert likely_causes(said, "password-was-not-entered")[0].problem == "trigger-refuses"
    assert on("NotAuthorizedException").problem == "wrong-password"
    assert on("lorem ipsum", answer="no-code-comes").problem == "mail-never-arrives"
    assert on("lorem", answer="code-is-refused code-is-old").problem == "code-used-or-expired"
    assert on("lorem", answer=questions.NONE_OF_THESE).problem == "nothing-in-the-way"


def test_open_words_leave_the_account_to_speak_and_ask_beside_it():
    found = on("I have a problem with my account")
    assert (found.problem, found.runbook) == ("nothing-in-the-way", "request-code")
    assert found.questions
    assert on("").questions == ()


# --- the house ---


def test_every_problem_that_is_named_is_there_and_every_problem_can_be_reached():
    named = {name for _, names in (*texts.TEXTS, *texts.NAMES.items()) for name in names}
    named |= {verdict for phrase in words.phrases() for verdict in phrase.verdicts}
    every = (questions.WHAT_HAPPENS, *questions.QUESTIONS)
    named |= {name for one in every for choice in one.choices for name in choice.problems}
    assert named <= set(PROBLEMS)
    assert set(questions.AS_SAID) <= set(PROBLEMS)
    files = (module, account, by_symptom, symptoms, texts, questions)
    source = "".join(Path(one.__file__).read_text() for one in files)
    for problem in PROBLEMS:
        assert problem in named or f'"{problem}"' in source, problem


def test_the_keys_of_choices_are_unique_and_every_cause_of_words_can_be_asked_for():
    every = (questions.WHAT_HAPPENS, *questions.QUESTIONS)
    keys = [choice.key for one in every for choice in one.choices]
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(questions.AS_SAID)
    spoken = {verdict for phrase in words.phrases() for verdict in phrase.verdicts}
    assert spoken - {words.ASK} <= set(questions.AS_SAID)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_words_alone_never_lead_to_a_runbook_that_changes_anything(problem):
    (told,) = likely_causes("", problem, username="maria", client_id="web")
    assert told.runbook in symptoms.READING
    reached = on("", answer=problem)
    # Whoever may be in the account is kept out first; an account that is there can be unlocked.
    contained = ("lock-user",) if problem == "account-takeover" else ()
    assert reached.runbook in (*symptoms.READING, "request-code", *contained)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda one: one.problem)
def test_a_problem_says_everything_in_whole_sentences(problem):
    for text in (problem.headline, problem.meaning, problem.say, problem.next):
        assert re.fullmatch(r"[A-Z].*[.?]", text), text
    assert problem.runbook in {"", *TAKES}
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", problem.problem)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda one: one.problem)
def test_what_comes_before_the_button_is_short_enough_for_a_phone_call(problem):
    shown = f"{problem.headline} {problem.say} {problem.next}"
    assert len(shown.split()) <= 60, len(shown.split())
    for sentence in re.split(r"(?<=[.?:;])\s", problem.say):
        assert len(sentence.split()) <= 15, sentence


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("attempt-limit", "tried too often"),
        ("daily-mail-limit", "daily limit"),
        ("secret-hash", "secret hash"),
        ("space-in-password", "could not read the new password"),
        ("sign-in-locked", "locked"),
        ("flow-not-enabled", "way to sign in"),
        ("security-block", "security reasons"),
        ("password-too-well-known", "security reasons"),
        ("password-policy", "policy"),
        ("older-code", "this is not it"),
        ("code-used-or-expired", "already used"),
        ("blocked-by-firewall", "firewall"),
    ],
)
def test_what_the_catalogue_says_is_taken_from_the_entry_that_is_meant(problem, words):
    assert words in PROBLEMS[problem].headline


@pytest.mark.parametrize("hides", [False, True])
@pytest.mark.parametrize(
    ("user", "pool"),
    [(user, pool) for _, _, user, pool in STATES] + [({}, {"aliases": ("email",)})],
)
def test_what_stands_before_the_button_is_short_whatever_comes_together(user, pool, hides):
    user, pool = replace(USER, **user), replace(POOL, **pool)
    client = HIDING if hides else CLIENT
    for said_ in ("", "no code arrives", *(symptom for symptom, _, _ in SYMPTOMS)):
        for found in (
            on(said_, user, pool, client),
            missing("m@example.com", user, pool=pool, client=client, symptom=said_),
            missing("MARIA", user, pool=pool, client=client, symptom=said_),
        ):
            shown = f"{found.headline} {found.say} {found.next}"
            assert len(shown.split()) <= 60, (said_, shown)


def test_diagnosis_knows_no_network():
    for one in (
        module,
        account,
        by_symptom,
        evidence,
        known,
        routes,
        questions,
        spellings,
        symptoms,
        texts,
        verdicts,
        words,
    ):
        imported = {
            name
            for node in ast.walk(ast.parse(Path(one.__file__).read_text()))
            if isinstance(node, ast.ImportFrom)
            for name in [node.module]
        }
        assert imported <= {
            "collections",
            "collections.abc",
            "dataclasses",
            "functools",
            "pathlib",
            "helpers.cognito.models",
            "helpers.runbooks",  # said_contact, which compares and calls nobody
            "helpers.runbooks.diagnosis.account",
            "helpers.runbooks.diagnosis.by_symptom",
            "helpers.runbooks.diagnosis.evidence",
            "helpers.runbooks.diagnosis.known",
            "helpers.runbooks.diagnosis.questions",
            "helpers.runbooks.diagnosis.route",
            "helpers.runbooks.diagnosis.spellings",
            "helpers.runbooks.diagnosis.symptoms",
            "helpers.runbooks.diagnosis.texts",
            "helpers.runbooks.diagnosis.verdicts",
            "helpers.runbooks.diagnosis.words",
            "helpers.cognito.catalogue",
        }


# --- whatever comes ---

statuses = st.sampled_from(
    [
        "UNCONFIRMED",
        "CONFIRMED",
        "RESET_REQUIRED",
        "FORCE_CHANGE_PASSWORD",
        "EXTERNAL_PROVIDER",
        "ARCHIVED",
        "COMPROMISED",
        "UNKNOWN",
        "SOMETHING_NEW",
    ]
)
contacts = st.lists(
    st.builds(Contact, st.sampled_from(["email", "phone_number"]), st.just("x***"), st.booleans()),
    max_size=2,
    unique_by=lambda one: one.attribute,
).map(tuple)
factor = st.sampled_from(["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SOMETHING_NEW"])
users = st.builds(
    User,
    username=st.text(max_size=5),
    status=statuses,
    enabled=st.booleans(),
    contacts=contacts,
    factors=st.lists(factor, max_size=3).map(tuple),
    preferred_factor=st.just("") | factor,
    last_modified=st.text(max_size=5),
)
contact_names = st.lists(
    st.sampled_from(["email", "phone_number", "preferred_username"]), max_size=3
).map(tuple)
pools = st.builds(
    Pool,
    pool_id=st.just("us-east-1_Shop"),
    name=st.text(max_size=3),
    policy=st.just(PasswordPolicy()),
    recovery=st.lists(
        st.sampled_from(["verified_email", "verified_phone_number", "admin_only", "something_new"]),
        max_size=2,
    ).map(tuple),
    verifies=contact_names,
    aliases=contact_names,
    sign_in_names=contact_names,
    case_sensitive=st.booleans(),
    mfa=st.sampled_from(["OFF", "OPTIONAL", "ON"]),
    sender=st.sampled_from(["COGNITO_DEFAULT", "DEVELOPER"]),
    sms_role=st.booleans(),
    triggers=st.lists(st.sampled_from(["UserMigration", "CustomMessage"])).map(tuple),
    threat_protection=st.just("OFF"),
    temporary_days=st.integers(0, 365),
    sms_failure=st.text(max_size=3),
)
clients = st.builds(
    Client,
    client_id=st.just("web"),
    name=st.just(""),
    has_secret=st.booleans(),
    flows=st.just(()),
    hides_users=st.booleans(),
)
events = st.lists(
    st.builds(
        Event,
        st.text(max_size=5),
        st.sampled_from(["SignIn", "PasswordChange"]),
        st.sampled_from(["Pass", "Fail"]),
    ),
    max_size=4,
)
said = st.text(max_size=40) | st.sampled_from([one[0] for one in SYMPTOMS] + list(texts.NAMES))


@settings(max_examples=tries(400))
@given(
    username=st.text(max_size=10),
    user=st.none() | users,
    pool=st.none() | pools,
    client=st.none() | clients,
    events=events,
    others=st.lists(users, max_size=3),
    symptom=said,
    unread=st.lists(
        st.sampled_from(["user", "pool", "client", "no-client", "events", "others"]),
        unique=True,
        max_size=5,
    ),
)
def test_there_is_a_verdict_for_whatever_was_read_and_said(
    username, user, pool, client, events, others, symptom, unread
):
    found = diagnose(
        username=username,
        user=user,
        pool=pool,
        client=client,
        events=events,
        others=others,
        symptom=symptom,
        unread=unread,
    )
    assert isinstance(found, Verdict)
    assert found.problem in PROBLEMS
    assert all((found.headline, found.meaning, found.say, found.next))
    assert set(found.parameters) <= set(TAKES.get(found.runbook, ()))
    assert all(isinstance(value, str) and value for value in found.parameters.values())


@settings(max_examples=tries(100))
@given(
    symptom=st.text(
        alphabet=st.characters(min_codepoint=48, max_codepoint=122), min_size=12, max_size=30
    )
)
def test_what_was_said_is_never_repeated_since_it_may_hold_a_code_or_a_password(symptom):
    assert symptom not in repr(on(symptom))
    assert symptom not in repr(likely_causes(symptom))


def test_a_text_with_several_causes_names_the_first_that_the_account_leaves_and_asks():
    said = "User password cannot be reset in the current state."
    told, *others = likely_causes(said)
    assert told.problem == "temporary-password"
    assert [one.key for one in told.candidates] == [told.problem, *(one.problem for one in others)]
    assert told.questions
    seen = on("Unrecognizable lambda output")
    assert (seen.problem, seen.runbook) == ("trigger-failed", "")
    assert [one.key for one in seen.candidates] == ["trigger-failed", "trigger-refuses"]
    assert on("Unrecognizable lambda output", answer="password-was-not-entered").problem == (
        "trigger-refuses"
    )


GMIAL = replace(MAIL, value="maria@gmial.com", shown="m***@g***")
GMAIL = replace(GMIAL, value="maria@gmail.com")


def test_a_typo_in_the_address_is_told_by_comparing_and_never_shown():
    for found in (
        on("my address is maria@gmail.com and I get no mail", replace(USER, contacts=(GMIAL,))),
        on("I get no mail", replace(USER, contacts=(GMIAL,))),
        diagnose(
            username="maria@gmail.com",
            user=replace(USER, contacts=(GMIAL,)),
            pool=POOL,
            client=None,
        ),
    ):
        assert (found.problem, found.runbook) == ("typo-in-contact", "")
        assert "gmial" not in repr(found)
    for contact, said_ in (
        (GMAIL, "I get no mail"),
        (GMIAL, ""),
        (GMAIL, "maria@gmail.com, no mail"),
    ):
        assert on(said_, replace(USER, contacts=(contact,))).problem != "typo-in-contact"

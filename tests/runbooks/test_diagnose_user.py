"""The runbook diagnose-user: each user in trouble gets the right verdict, its next step helps, and
nothing is changed.
"""

import functools
import itertools
import json

import ipywidgets
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders

from helpers.cognito import actions
from helpers.cognito.errors import BadParameters, ResetError
from helpers.cognito.models import Contact
from helpers.cognito.reads import look_up, masked, read_pool
from helpers.form.act import act
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.run.recording import RUNS
from helpers.run.result import NotDone
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.runbooks.diagnosis.route import route
from helpers.runbooks.diagnosis.verdicts import FOUND_BAD, PROBLEMS
from helpers.sandbox import CASES, DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, plant_case
from helpers.sandbox.cases import CHOSEN_PASSWORD, CLIENT_SECRET
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests.authenticators import register

READING = {
    "DescribeUserPool",
    "AdminGetUser",
    "DescribeUserPoolClient",
    "ListUsers",
    "AdminGetUserAuthFactors",
    "AdminListUserAuthEvents",
}
EVERY = pytest.mark.parametrize("name", CASES)
SMS_ROLE = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def given(case):
    return {
        "username": case.username,
        "user_pool_id": case.pool_id,
        "client_id": case.client_id,
        "symptom": case.symptom,
    }


def diagnosed(**values):
    run = DiagnoseUser(**{"interactive": "no", **values})
    return run, run.submit()


def calls(sandbox):
    return {name: sum(by.values()) for name, by in sandbox.counts()["calls"].items()}


def made(sandbox, before):
    return {name for name, count in calls(sandbox).items() if count > before.get(name, 0)}


# --- every training case ---


@EVERY
def test_a_case_gets_its_verdict_with_evidence_and_the_words_for_the_user(name, sandbox):
    run, result = diagnosed(**given(plant_case(sandbox, name)))
    assert result.verdict.problem == name
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert result.verdict.evidence
    assert name in run.record.verified_by
    shown = repr(result.card())
    assert all(words in shown for words in (result.headline, result.say, result.next))
    assert run.prove()


def test_what_was_found_bad_says_so_in_words_and_has_a_tone(sandbox):
    _, bad = diagnosed(**given(plant_case(sandbox, "disabled")))
    assert bad.card().tone == "bad"
    assert bad.card().title == "Problem found: The account is disabled."
    _, fine = diagnosed(username="diego@example.com")
    assert (fine.card().tone, fine.card().title) == ("", fine.headline)


def test_what_is_called_bad_is_a_problem():
    assert set(PROBLEMS) >= FOUND_BAD


@EVERY
def test_what_the_user_says_leads_to_the_same_verdict_or_the_account_does(name, sandbox):
    """A user does not read an error out loud; then the account alone must do, where the trouble
    stands in the account.
    """
    case = plant_case(sandbox, name)
    _, result = diagnosed(**{**given(case), "symptom": case.says})
    in_the_account = {
        "no-verified-contact",
        "contact-is-second-factor",
        "temporary-password",
        "federated-user",
        "disabled",
        "unconfirmed",
        "other-case",
        "contact-not-alias",
        "reset-required",
        "made-up-answer",
    }
    told_by_words = {
        "code-goes-to-phone",
        "sms-never-arrives",
        "other-devices-signed-in",
        "space-in-password",
    }
    if name in in_the_account | told_by_words:
        assert result.verdict.problem == name
    runbook = result.next_runbook.name if result.next_runbook else ""
    if name not in in_the_account:
        assert runbook in ("", "diagnose-user", "audit-pool", "request-code")


@EVERY
def test_only_readings_are_made_and_nothing_is_changed(name, sandbox):
    case = plant_case(sandbox, name)
    tables = ("pools", "clients", "users", "names", "tallies", "events", "messages")

    def everything():
        with sandbox.engine.store.transaction() as db:
            return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}

    before, state = calls(sandbox), everything()
    run, _ = diagnosed(**given(case))
    assert run.plan()
    assert made(sandbox, before) <= READING
    assert everything() == state


@EVERY
def test_in_the_form_the_same_verdict_appears_and_the_next_runbook_opens_filled_in(name, sandbox):
    case = plant_case(sandbox, name)
    shown = act(DiagnoseUser(interactive="yes"))
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": given(case)}, []
    )
    _, result = diagnosed(**given(case))
    assert (shown.form.result["outcome"], shown.form.state) == ("confirmed", "done")
    assert shown.form.result["title"] == result.title
    assert shown.form.result["tone"] == (result.tone or "neutral")
    assert dict(shown.form.result["rows"])["Tell the user"] == result.say
    assert shown.form.result["next"] == (result.next_runbook.name if result.next_runbook else "")
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    if result.next_runbook is None:
        assert shown.next.children == ()
        return
    fields = {field["name"]: field for field in shown.next.children[0].children[0].fields}
    for parameter, value in result.next_runbook.parameters.items():
        # What a person need not see, such as the pool of a public call, goes along unseen.
        if parameter in fields and parameter != "client_secret":
            assert fields[parameter]["value"] == value
    assert fields.get("confirm_username", {"value": ""})["value"] == ""
    assert ("client_secret" in fields) == (
        name == "secret-hash" or "client_secret" in result.next_runbook.parameters
    )


def test_the_app_client_of_the_user_is_handed_on_past_a_runbook_that_names_none(
    sandbox, monkeypatch
):
    pages, make = [], InteractiveRun.__init__

    def remember(self, *arguments, **more):
        make(self, *arguments, **more)
        pages.append(self)

    monkeypatch.setattr(InteractiveRun, "__init__", remember)

    def press(**values):
        form = pages[-1].form
        filled_in = {field["name"]: field["value"] for field in form.fields}
        form._handle_custom_msg(
            {"kind": "submit", "turn": form.turn, "values": filled_in | values}, []
        )
        assert form.result["outcome"] == "confirmed", form.result
        form._handle_custom_msg({"kind": "next", "turn": form.turn}, [])

    case = plant_case(sandbox, "made-up-answer")
    act(DiagnoseUser(interactive="yes"))
    press(**given(case))
    press(confirm_username=case.username, contact_said=case.username)
    press()
    press()
    assert [page._run.name for page in pages[:4]] == [
        "diagnose-user",
        "fix-contact",
        "request-code",
        "confirm-reset",
    ]
    assert signs_in(case, "Practice-makes-perfect-1")


# --- the next step helps ---


def do(following, **more):
    """Run the next runbook, without a person, with what the verdict has filled in, and the gate
    opened by hand.
    """
    gate = {}
    if "confirm_username" in RUNBOOKS[following.name].parameters.model_fields:
        gate = {"confirm_username": following.parameters["username"]}
    if following.name == "fix-contact":
        gate |= {"contact_said": said_by(following.parameters)}
    result = (
        RUNBOOKS[following.name]
        .runs(**{**following.parameters, "interactive": "no", **gate, **more})
        .submit()
    )
    assert (following.name, result.outcome) == (following.name, Outcome.CONFIRMED), result.card()
    return result


def said_by(parameters):
    """Return the contact that is to be marked, as the user would say it."""
    given = {"contact": "email", "user_pool_id": DEFAULT_POOL_ID, **parameters}
    user = (
        Target()
        .client(signed=True)
        .admin_get_user(UserPoolId=given["user_pool_id"], Username=given["username"])
    )
    return {one["Name"]: one["Value"] for one in user["UserAttributes"]}[given["contact"]]


def signs_in(case, password, username=""):
    """Say whether the password is right, in the words of the application."""
    try:
        return bool(
            actions.sign_in(
                Target().client(),
                client_id=case.client_id,
                username=username or case.username,
                password=Secret(password),
            )
        )
    except ResetError:
        return False


HELPED = [
    name
    for name in CASES
    if name
    not in (
        "federated-user",
        "trigger-failed",
        "sign-in-locked",
        "disabled",
        # These follow from words alone, and words lead to nothing that changes anything.
        "other-devices-signed-in",
        "attempt-limit",
        "daily-mail-limit",
        "space-in-password",
        # Here a code is sent once more, and does not arrive either.
        "sms-never-arrives",
        "second-factor-lost",
    )
]


@pytest.mark.parametrize("name", HELPED)
def test_the_runbooks_that_follow_lead_to_a_new_password(name, sandbox):
    case = plant_case(sandbox, name)
    _, result = diagnosed(**given(case))
    asks = {
        "client_id": case.client_id,
        **({"client_secret": f"literal:{CLIENT_SECRET}"} if name == "secret-hash" else {}),
    }
    following, taken = result.next_runbook, []
    while following is not None:
        taken.append(following.name)
        done = do(
            following, **(asks if following.name in ("request-code", "confirm-reset") else {})
        )
        following = (
            None if following.name in ("confirm-reset", "set-password") else done.next_runbook
        )
    assert taken in (
        ["set-password"],
        ["resend-invitation"],
        ["request-code", "confirm-reset"],
        ["fix-contact", "request-code", "confirm-reset"],
    )
    if taken == ["resend-invitation"]:
        invitation = sandbox.mailbox(case.username)[-1]
        assert signs_in(case, invitation["code"])
    else:
        assert "sign-in" in done.proof or "accepted the" in done.proof


def test_after_a_failed_trigger_the_new_password_signs_in(sandbox):
    case = plant_case(sandbox, "trigger-failed")
    _, result = diagnosed(**given(case))
    assert "sign in with the new password" in result.say
    assert signs_in(case, CHOSEN_PASSWORD)


def test_a_locked_sign_in_opens_after_the_wait_that_the_verdict_names(sandbox):
    case = plant_case(sandbox, "sign-in-locked")
    _, result = diagnosed(**given(case))
    assert "15 quiet minutes" in result.next
    assert not signs_in(case, DEFAULT_PASSWORD)
    sandbox.advance(15 * 60)
    assert signs_in(case, DEFAULT_PASSWORD)


def test_a_disabled_user_is_unlocked_once_it_is_settled_why(sandbox, client):
    case = plant_case(sandbox, "disabled")
    _, result = diagnosed(**given(case))
    assert result.next_runbook.name == "unlock-user"
    assert do(result.next_runbook, settled="yes").next_runbook is None
    assert signs_in(case, DEFAULT_PASSWORD)


def test_a_stolen_device_is_signed_out(sandbox, client):
    case = plant_case(sandbox, "other-devices-signed-in")
    tokens = client.initiate_auth(
        ClientId=case.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": case.username, "PASSWORD": DEFAULT_PASSWORD},
    )["AuthenticationResult"]
    _, result = diagnosed(**given(case))
    assert result.next_runbook is None
    assert "sign-out-everywhere" in result.next
    do(
        RUNBOOKS["diagnose-user"]
        .runs(interactive="no")
        .follow("sign-out-everywhere", username=case.username, user_pool_id=case.pool_id)
    )
    with pytest.raises(client.exceptions.NotAuthorizedException):
        client.get_user(AccessToken=tokens["AccessToken"])


# --- users who are no training case ---


def someone(
    client, pool_id=DEFAULT_POOL_ID, username="maria", password=DEFAULT_PASSWORD, **attributes
):
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    client.admin_create_user(
        UserPoolId=pool_id, Username=username, UserAttributes=listed, MessageAction="SUPPRESS"
    )
    if password:
        client.admin_set_user_password(
            UserPoolId=pool_id, Username=username, Password=password, Permanent=True
        )


VERIFIED = {"email": "maria@example.com", "email_verified": "true"}


def test_a_user_in_order_is_told_so_and_where_a_code_would_go(client):
    someone(client, **VERIFIED)
    _, result = diagnosed(username="maria")
    assert result.verdict.problem == "nothing-in-the-way"
    assert "A code would go by e-mail to m***@e***." in repr(result.card())
    assert result.next_runbook.parameters["username"] == "maria"


@pytest.mark.parametrize("name", ["sub", "maria", "maria@example.com", "+15551230199"])
def test_any_name_of_the_user_will_do(name, client):
    pool_id = client.create_user_pool(
        PoolName="aliases", AliasAttributes=["email", "phone_number"]
    )["UserPool"]["Id"]
    someone(client, pool_id, phone_number="+15551230199", phone_number_verified="true", **VERIFIED)
    found = client.admin_get_user(UserPoolId=pool_id, Username="maria")
    sub = next(one["Value"] for one in found["UserAttributes"] if one["Name"] == "sub")
    _, result = diagnosed(username=sub if name == "sub" else name, user_pool_id=pool_id)
    assert result.verdict.problem == "nothing-in-the-way"
    assert "maria: CONFIRMED" in repr(result.card())


def test_a_name_that_nobody_has_says_what_to_ask_and_hands_no_wrong_name_on(client):
    _, result = diagnosed(username="nobody@example.com")
    assert result.verdict.problem == "not-found"
    assert result.next_runbook.parameters == {"user_pool_id": DEFAULT_POOL_ID, "username": ""}
    assert "letter by letter" in result.say


def test_a_search_says_that_it_may_be_behind(client):
    _, result = diagnosed(username="nobody@example.com")
    assert "eventually consistent" in repr(result.card())
    assert "eventually consistent" in repr(DiagnoseUser(interactive="no").plan())


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Maria", "maria"),
        ("maria", "MARIA"),
        ("maria", "Maria"),
        ("Maria.Silva@example.com", "maria.silva@example.com"),
        ("Maria@Example.com", "maria@example.com"),
        ("MARIA@EXAMPLE.COM", "maria@example.com"),
    ],
)
def test_other_capitals_are_found(stored, typed, client):
    someone(client, username=stored, **VERIFIED)
    _, result = diagnosed(username=typed)
    assert result.verdict.problem == "other-case"
    assert result.next_runbook.parameters["username"] == stored


@pytest.mark.parametrize(
    "typed", ["15551230199", "0015551230199", "(001) 555 123-0199", "001-555-123-0199"]
)
def test_a_phone_number_is_found_however_it_is_written(typed, client):
    pool_id = client.create_user_pool(PoolName="phones", AliasAttributes=["phone_number"])[
        "UserPool"
    ]["Id"]
    someone(client, pool_id, phone_number="+15551230199", phone_number_verified="true")
    _, result = diagnosed(username=typed, user_pool_id=pool_id)
    assert (result.verdict.problem, result.next_runbook.parameters["username"]) == (
        "other-case",
        "maria",
    )


def test_an_invitation_runs_out_when_the_pool_says_so(client, sandbox):
    someone(client, password="", **VERIFIED)
    sandbox.advance(6 * 86400)
    assert diagnosed(username="maria")[1].verdict.problem == "temporary-password"
    sandbox.advance(2 * 86400)
    assert diagnosed(username="maria")[1].verdict.problem == "invitation-run-out"
    assert "has run out" in diagnosed(username="MARIA")[1].headline


def test_a_code_that_a_trigger_stops_is_never_told_as_a_changed_password(client, sandbox):
    pool_id = client.create_user_pool(
        PoolName="worded",
        AutoVerifiedAttributes=["email"],
        LambdaConfig={"CustomMessage": "arn:aws:lambda:us-east-1:123456789012:function:m"},
    )["UserPool"]["Id"]
    app = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")["UserPoolClient"][
        "ClientId"
    ]
    someone(client, pool_id, **VERIFIED)
    sandbox.on("CustomMessage", lambda event: 1 / 0)
    with pytest.raises(ResetError) as refused:
        actions.request_code(Target().client(), client_id=app, username="maria")
    _, result = diagnosed(
        username="maria", user_pool_id=pool_id, client_id=app, symptom=refused.value.message
    )
    assert (result.verdict.problem, result.next_runbook) == ("trigger-refuses", None)


def test_every_reading_shows_its_request_id(client, recorded):
    _, result = diagnosed(**recorded)
    assert {step.name for step in result.steps} == READING
    _, search = diagnosed(username="nobody@example.com")
    assert all(step.request_id for step in (*result.steps, *search.steps))


def test_a_pool_that_does_not_tell_capitals_apart_is_not_searched_for_them(client, sandbox):
    pool_id = client.create_user_pool(
        PoolName="same", UsernameConfiguration={"CaseSensitive": False}
    )["UserPool"]["Id"]
    someone(client, pool_id, **VERIFIED)
    assert (
        diagnosed(username="MARIA", user_pool_id=pool_id)[1].verdict.problem == "nothing-in-the-way"
    )
    assert "ListUsers" not in calls(sandbox)
    assert diagnosed(username="NOBODY", user_pool_id=pool_id)[1].verdict.problem == "not-found"


def test_an_address_that_is_no_name_is_found_in_other_capitals_even_where_names_do_not_tell_them_apart(
    client,
):
    pool_id = client.create_user_pool(
        PoolName="same", UsernameConfiguration={"CaseSensitive": False}
    )["UserPool"]["Id"]
    someone(client, pool_id, **VERIFIED)
    _, result = diagnosed(username="MARIA@EXAMPLE.COM", user_pool_id=pool_id)
    assert (result.verdict.problem, result.next_runbook.parameters["username"]) == (
        "contact-not-alias",
        "maria",
    )


def test_a_user_behind_an_unverified_address_is_found_with_the_second_factor(client, sandbox):
    pool_id = client.create_user_pool(
        PoolName="aliases",
        AliasAttributes=["email"],
        MfaConfiguration="OPTIONAL",
        SmsConfiguration=SMS_ROLE,
    )["UserPool"]["Id"]
    someone(client, pool_id, email="maria@example.com")
    register(sandbox, "maria", pool_id)
    client.admin_set_user_mfa_preference(
        UserPoolId=pool_id,
        Username="maria",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    _, result = diagnosed(username="maria@example.com", user_pool_id=pool_id)
    assert (result.verdict.problem, result.next_runbook.name) == (
        "contact-not-alias",
        "fix-contact",
    )
    assert "Second factor: SOFTWARE_TOKEN_MFA." in repr(result.card())


def test_an_authenticator_app_stands_against_nothing(client, sandbox):
    someone(client, **VERIFIED)
    client.set_user_pool_mfa_config(
        UserPoolId=DEFAULT_POOL_ID,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    register(sandbox, "maria")
    client.admin_set_user_mfa_preference(
        UserPoolId=DEFAULT_POOL_ID,
        Username="maria",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    _, result = diagnosed(username="maria")
    assert result.verdict.problem == "nothing-in-the-way"
    assert "SOFTWARE_TOKEN_MFA" in dict(result.facts)["Second factors"]


def test_a_pool_where_only_administrators_reset_is_told(client):
    pool_id = client.create_user_pool(
        PoolName="closed",
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
    )["UserPool"]["Id"]
    someone(client, pool_id, **VERIFIED)
    assert diagnosed(username="maria", user_pool_id=pool_id)[1].verdict.problem == "admin-only"


def test_a_user_whom_a_trigger_could_bring_over_is_told(client):
    pool_id = client.create_user_pool(
        PoolName="new",
        LambdaConfig={"UserMigration": "arn:aws:lambda:us-east-1:123456789012:function:m"},
    )["UserPool"]["Id"]
    assert (
        diagnosed(username="maria", user_pool_id=pool_id)[1].verdict.problem == "not-yet-migrated"
    )


def test_what_the_user_has_tried_is_told_where_the_pool_records_it(client):
    someone(client, **VERIFIED)
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        AutoVerifiedAttributes=["email"],
    )
    actions.request_code(Target().client(), client_id=DEFAULT_CLIENT_ID, username="maria")
    _, result = diagnosed(username="maria")
    assert "ForgotPassword Pass" in dict(result.facts)["Recorded events"]


def test_the_settings_of_the_app_client_and_the_policy_are_told_in_words(client):
    _, result = diagnosed(username="diego@example.com", client_id=DEFAULT_CLIENT_ID)
    facts = dict(result.facts)
    assert facts["Password policy"].startswith("at least 8 characters, an upper-case letter")
    assert "no client secret" in facts["App client"]
    assert "PreventUserExistenceErrors LEGACY" in facts["App client"]
    assert "ALLOW_USER_PASSWORD_AUTH" in facts["App client"]


# --- users in every state ---

STATES = ["CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "UNCONFIRMED"]
NOT_BY_MESSAGE = ["", "EmailMfaSettings"]


def in_state(client, sandbox, pool_id, app, username, status, factor, attributes):
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    if status == "UNCONFIRMED":
        client.sign_up(
            ClientId=app,
            Username=username,
            Password=DEFAULT_PASSWORD,
            UserAttributes=[one for one in listed if not one["Name"].endswith("_verified")],
        )
        if listed:
            client.admin_update_user_attributes(
                UserPoolId=pool_id, Username=username, UserAttributes=listed
            )
    else:
        someone(
            client,
            pool_id,
            username,
            "" if status == "FORCE_CHANGE_PASSWORD" else DEFAULT_PASSWORD,
            **attributes,
        )
    if status == "RESET_REQUIRED":
        sandbox.set_status(username, status, pool_id)
    if factor:
        client.admin_set_user_mfa_preference(
            UserPoolId=pool_id,
            Username=username,
            **{factor: {"Enabled": True, "PreferredMfa": True}},
        )


@pytest.mark.parametrize("hides", [False, True], ids=["open", "hiding"])
@pytest.mark.parametrize(
    "recovery",
    [(), ("verified_email",), ("verified_phone_number", "verified_email"), ("admin_only",)],
    ids=lambda names: "-".join(names) or "unset",
)
def test_whatever_state_a_user_is_in_the_runbooks_that_follow_help(
    recovery, hides, client, sandbox, monkeypatch
):
    monkeypatch.setattr(
        Target, "client", functools.cache(Target.client)
    )  # making one takes longer than all else
    more = (
        {
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [
                    {"Name": name, "Priority": place} for place, name in enumerate(recovery, 1)
                ]
            }
        }
        if recovery
        else {}
    )
    pool_id = client.create_user_pool(
        PoolName="any", MfaConfiguration="OPTIONAL", SmsConfiguration=SMS_ROLE, **more
    )["UserPool"]["Id"]
    app = client.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="app",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED" if hides else "LEGACY",
    )["UserPoolClient"]["ClientId"]
    for number, (status, (mail, phone), factor) in enumerate(
        itertools.product(STATES, CONTACTS, NOT_BY_MESSAGE)
    ):
        held = (
            ("email", f"maria{number}@example.com", mail),
            ("phone_number", f"+1555123{number:04}", phone),
        )
        attributes = {
            key: text
            for name, value, verified in held
            if verified
            for key, text in ((name, value), (f"{name}_verified", verified))
        }
        username = f"user{number}"
        in_state(
            client, sandbox, pool_id, app, username, status, factor if mail else "", attributes
        )
        _, result = diagnosed(username=username, user_pool_id=pool_id, client_id=app)
        following, taken = result.next_runbook, []
        while following is not None:
            taken.append(following.name)
            asks = (
                {"client_id": app}
                if following.name in ("request-code", "confirm-reset", "set-password")
                else {}
            )
            done = do(following, **asks)
            following = (
                None if following.name in ("confirm-reset", "set-password") else done.next_runbook
            )
        assert taken in (
            ["set-password"],
            ["resend-invitation"],
            ["request-code", "confirm-reset"],
            ["fix-contact", "request-code", "confirm-reset"],
        )


# --- where a code would go is where the sandbox sends it ---

CONTACTS = list(itertools.product(("", "false", "true"), repeat=2))
RECOVERY = [
    (),
    ("verified_email",),
    ("verified_phone_number",),
    ("verified_email", "verified_phone_number"),
    ("verified_phone_number", "verified_email"),
]
FACTORS = ["", "SMSMfaSettings", "EmailMfaSettings", "SoftwareTokenMfaSettings"]


@pytest.mark.parametrize("recovery", RECOVERY, ids=lambda names: "-".join(names) or "unset")
def test_a_code_goes_where_the_verdict_says(recovery, client, sandbox):
    more = (
        {
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [
                    {"Name": name, "Priority": place} for place, name in enumerate(recovery, 1)
                ]
            }
        }
        if recovery
        else {}
    )
    pool_id = client.create_user_pool(
        PoolName="ways", MfaConfiguration="OPTIONAL", SmsConfiguration=SMS_ROLE, **more
    )["UserPool"]["Id"]
    app = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")["UserPoolClient"][
        "ClientId"
    ]
    pool = read_pool(client, user_pool_id=pool_id)
    for number, ((mail, phone), factor) in enumerate(itertools.product(CONTACTS, FACTORS)):
        if (factor == "SMSMfaSettings" and not phone) or (
            factor == "EmailMfaSettings" and not mail
        ):
            continue
        held = {"email": ("maria@example.com", mail), "phone_number": ("+15551230199", phone)}
        attributes = {
            key: text
            for name, (value, verified) in held.items()
            if verified
            for key, text in ((name, value), (f"{name}_verified", verified))
        }
        username = f"user{number}"
        someone(client, pool_id, username, **attributes)
        register(sandbox, username, pool_id)
        if factor:
            client.admin_set_user_mfa_preference(
                UserPoolId=pool_id,
                Username=username,
                **{factor: {"Enabled": True, "PreferredMfa": True}},
            )
        way = route(look_up(client, user_pool_id=pool_id, username=username), pool)
        try:
            sent = actions.request_code(Target().client(), client_id=app, username=username)
        except ResetError:
            assert way.contact is None, (recovery, mail, phone, factor)
        else:
            assert way.contact == Contact(sent.attribute, masked(held[sent.attribute][0]), True), (
                recovery,
                mail,
                phone,
                factor,
            )


# --- a symptom alone ---


def test_a_symptom_alone_calls_nothing_and_asks_for_the_name(sandbox):
    _, result = diagnosed(username="", symptom="I get no e-mail")
    assert (result.verdict.problem, result.outcome) == ("no-code", Outcome.CONFIRMED)
    assert result.headline.startswith("Most likely: ")
    assert result.next_runbook.name == "diagnose-user"
    assert calls(sandbox) == {}
    assert "nothing: the symptom alone" in repr(
        DiagnoseUser(username="", symptom="x", interactive="no").plan()
    )


def test_what_words_leave_open_is_a_question_and_its_answer_a_parameter(sandbox):
    _, result = diagnosed(username="", symptom="InvalidLambdaResponseException")
    (question,) = result.verdict.questions
    assert result.verdict.problem == "ask"
    assert [one.key for one in result.verdict.candidates] == ["trigger-failed", "trigger-refuses"]
    card = dict(result.card().rows)
    assert question.words in card["Ask"]
    assert all(choice.key in card["Ask"] for choice in question.choices)
    _, answered = diagnosed(
        username="", symptom="InvalidLambdaResponseException", answer="password-was-entered"
    )
    assert answered.verdict.problem == "trigger-failed"
    assert answered.next_runbook is None or "answer" not in answered.next_runbook.parameters


def test_unknown_words_say_so_and_name_the_first_step():
    _, result = diagnosed(username="", symptom="lorem ipsum")
    assert (result.verdict.problem, result.next_runbook.name) == ("not-understood", "diagnose-user")


# --- what it does not take ---


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param(
            {"username": "", "symptom": " "}, "username", id="neither a name nor a symptom"
        ),
        pytest.param(
            {"symptom": "the code 123456 is wrong"}, "symptom", id="a code in the symptom"
        ),
        pytest.param({"username": "two words"}, "username", id="a name with a space"),
        pytest.param({"user_pool_id": ""}, "user_pool_id", id="no pool"),
        pytest.param({"client_id": "no-hyphen"}, "client_id", id="no client's id"),
        pytest.param({"symptom": "x" * 501}, "symptom", id="a symptom without end"),
        pytest.param({"answer": "no-such-choice"}, "answer", id="an answer to nothing"),
    ],
)
def test_bad_parameters_are_told_by_field_and_nothing_is_sent(values, field, sandbox):
    with pytest.raises(BadParameters) as caught:
        diagnosed(**values)
    assert {problem.field for problem in caught.value.problems} == {field}
    assert calls(sandbox) == {}


# --- a reading that fails ---

FAULTS = {
    "throttle-before-commit": (Outcome.REFUSED, 5),
    "500-before-commit": (Outcome.REFUSED, 5),
    "drop-after-commit": (Outcome.NOT_SENT, 7),
    "delay-after-commit": (Outcome.NOT_SENT, 7),
}


@pytest.fixture
def recorded(sandbox, client):
    """A user whose diagnosis makes every reading but the search."""
    someone(client, **VERIFIED)
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    sandbox.settings(delay_seconds=60)
    return {"username": "maria", "client_id": DEFAULT_CLIENT_ID}


def test_a_user_without_a_password_is_told_so_and_sent_no_code(sandbox, client):
    factors = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
    pool = client.create_user_pool(PoolName="codes", Policies={"SignInPolicy": factors})["UserPool"]
    attributes = [
        {"Name": "email", "Value": "maria@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    client.admin_create_user(
        UserPoolId=pool["Id"],
        Username="maria",
        UserAttributes=attributes,
        MessageAction="SUPPRESS",
    )
    _, result = diagnosed(username="maria", user_pool_id=pool["Id"], symptom="I get no mail")
    assert (result.verdict.problem, result.verdict.runbook) == ("no-password", "")
    assert ("First factors", "EMAIL_OTP") in result.facts
    assert "A sign-in can begin with: EMAIL_OTP." in result.verdict.evidence
    client.admin_set_user_password(
        UserPoolId=pool["Id"], Username="maria", Password="Good-Enough-2", Permanent=True
    )
    _, result = diagnosed(username="maria", user_pool_id=pool["Id"])
    assert result.verdict.problem == "nothing-in-the-way"


def test_first_factors_are_not_asked_for_where_a_password_is_the_only_way_in(sandbox):
    diagnosed(username="diego@example.com")
    assert "AdminGetUserAuthFactors" not in calls(sandbox)


def assert_truthful(result, operation, problem):
    assert result.verdict.problem == problem
    assert any(note.startswith(f"{operation}: ") for note in result.notes)
    assert "is not known" in " ".join(result.verdict.evidence)
    assert "Not known" in repr(result.card())
    assert [step.status for step in result.steps if step.name == operation][-1] != "done"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", sorted(READING - {"ListUsers"}))
def test_a_reading_that_fails_is_named_and_the_verdict_says_what_it_cannot_know(
    operation, fault, recorded, sandbox
):
    sandbox.fault(operation, fault)
    run, result = diagnosed(**recorded)
    assert (result.outcome, result.exit_code) == FAULTS[fault]
    assert_truthful(
        result, operation, "not-read" if operation == "AdminGetUser" else "nothing-in-the-way"
    )
    with pytest.raises(NotDone):
        run.prove()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_search_that_fails_is_named_too(fault, sandbox, client):
    sandbox.settings(delay_seconds=60)
    sandbox.fault("ListUsers", fault)
    _, result = diagnosed(username="nobody@example.com")
    assert (result.outcome, result.exit_code) == FAULTS[fault]
    assert_truthful(result, "ListUsers", "not-found")


@pytest.fixture
def denied(monkeypatch):
    """Have AWS refuse one operation, as it does where the IAM policy lacks it."""
    make = Target.client

    def deny(operation):
        def refuse(request, **_):
            body = json.dumps(
                {"__type": "AccessDeniedException", "message": "User: arn is not authorized"}
            ).encode()
            return AWSResponse(
                request.url,
                400,
                HTTPHeaders.from_dict({"x-amzn-requestid": "denied"}),
                type("Raw", (), {"stream": lambda *_, **__: iter([body])})(),
            )

        def client(self, **more):
            made = make(self, **more)
            made.meta.events.register_first(
                f"before-send.cognito-identity-provider.{operation}", refuse
            )
            return made

        monkeypatch.setattr(Target, "client", client)

    return deny


@pytest.mark.parametrize("operation", sorted(READING - {"ListUsers"}))
def test_a_permission_that_is_missing_is_named(operation, recorded, denied):
    denied(operation)
    _, result = diagnosed(**recorded)
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 6)
    assert_truthful(
        result,
        operation,
        "not-allowed-to-read" if operation == "AdminGetUser" else "nothing-in-the-way",
    )


def test_where_the_user_cannot_be_read_the_symptom_still_gives_the_likely_cause(recorded, denied):
    denied("AdminGetUser")
    _, result = diagnosed(**recorded, symptom="Attempt limit exceeded, please try after some time.")
    assert (result.verdict.problem, result.outcome) == ("attempt-limit", Outcome.REFUSED)
    assert any("not authorized" in note for note in result.notes)
    assert result.headline.startswith("Most likely: ")
    assert diagnosed(**recorded, symptom="NotAuthorizedException")[1].verdict.candidates


def test_a_pool_that_is_not_there_is_told(sandbox):
    _, result = diagnosed(user_pool_id="us-east-1_Nowhere")
    assert (result.verdict.problem, result.outcome, result.exit_code) == (
        "no-such-client-or-pool",
        Outcome.REFUSED,
        6,
    )


def test_a_pool_in_another_region_is_told_by_its_id_and_the_next_diagnosis_goes_there(sandbox):
    _, result = diagnosed(user_pool_id="eu-west-1_Nowhere")
    assert result.verdict.problem == "no-such-client-or-pool"
    assert "begins with its region, eu-west-1" in result.happened
    assert "diagnose again in eu-west-1" in result.next
    assert result.next_runbook.parameters["region"] == "eu-west-1"
    assert result.next_runbook.parameters["user_pool_id"] == "eu-west-1_Nowhere"
    assert "region" not in diagnosed(user_pool_id="us-east-1_Nowhere")[1].next_runbook.parameters


def test_a_pool_that_is_known_to_be_wrong_is_not_handed_on(sandbox):
    _, result = diagnosed(user_pool_id="us-east-1_Nowhere")
    assert result.next_runbook.parameters["user_pool_id"] == ""
    assert "call you back" not in result.say


def test_an_app_client_that_is_not_there_is_told_and_the_account_still_diagnosed(sandbox, client):
    _, result = diagnosed(username="diego@example.com", client_id="nowhere")
    assert (result.verdict.problem, result.outcome) == ("client-of-another-pool", Outcome.REFUSED)
    assert "A code would go by e-mail to d***@e***." in result.verdict.evidence
    assert any("nowhere does not exist" in note for note in result.notes)
    assert "client_id" not in result.next_runbook.parameters
    someone(client, email="maria@example.com")
    assert (
        diagnosed(username="maria", client_id="nowhere")[1].verdict.problem == "no-verified-contact"
    )


def test_where_nothing_answers_only_one_call_is_tried():
    _, result = diagnosed(target="http://127.0.0.1:9", client_id=DEFAULT_CLIENT_ID)
    assert (result.outcome, result.exit_code, len(result.steps)) == (Outcome.NOT_SENT, 7, 1)
    assert (result.verdict.problem, len(result.notes)) == ("not-read", 3)


# --- nothing secret ---


def test_the_client_secret_is_nowhere_in_what_a_run_leaves(sandbox):
    case = plant_case(sandbox, "secret-hash")
    shown = act(DiagnoseUser(interactive="yes"))
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": given(case)}, []
    )
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    run, result = diagnosed(**given(case))
    saved = json.dumps(
        [widget.get_state() for widget in ipywidgets.widgets.widget._instances.values()],
        default=str,
    )
    for text in (
        saved,
        repr(result),
        repr(result.card()),
        json.dumps(run.record.to_json()),
        repr(vars(run)),
    ):
        assert CLIENT_SECRET not in text
    assert result.next_runbook.parameters["client_secret"] == "prompt:"


def kept(folder):
    return "".join(
        path.read_text() for path in folder.rglob("*") if path.suffix in (".json", ".jsonl")
    )


@pytest.mark.parametrize("name", ["other-case", "contact-not-alias"])
def test_what_is_kept_of_a_diagnosis_masks_the_name_that_was_found_too(
    name, sandbox, tmp_path, monkeypatch
):
    monkeypatch.setenv(RUNS, str(tmp_path))
    case = plant_case(sandbox, name)
    shown = act(DiagnoseUser(interactive="yes"))
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": given(case)}, []
    )
    assert shown.form.result["outcome"] == "confirmed"
    found = {"other-case": "Other-Case@example.com", "contact-not-alias": '"contact-not-alias"'}[
        name
    ]
    assert found not in kept(tmp_path)
    assert case.username not in kept(tmp_path)


@pytest.mark.parametrize(
    "said",
    ["my code 123456 is wrong", "maria@example.com gets no code", "call me at +1 555 123-0199"],
)
def test_what_a_user_said_is_kept_without_addresses_numbers_and_codes_even_if_it_was_refused(
    said, sandbox, tmp_path, monkeypatch
):
    monkeypatch.setenv(RUNS, str(tmp_path))
    shown = act(DiagnoseUser(interactive="yes"))
    values = given(plant_case(sandbox, "attempt-limit")) | {"symptom": said}
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert "symptom" in kept(tmp_path)
    assert not any(private in kept(tmp_path) for private in ("123456", "maria@", "123-0199"))


def test_contacts_are_masked(sandbox):
    _, result = diagnosed(**given(plant_case(sandbox, "code-goes-to-phone")))
    assert "15551230199" not in repr(result.card())


# --- the notebook's helpers ---


def test_the_practice_cell_plants_a_case_and_nobody_else(sandbox):
    assert "no-verified-contact" in repr(DiagnoseUser(interactive="no").practice())
    assert diagnosed()[1].verdict.problem == "no-verified-contact"
    before = calls(sandbox)
    assert "nothing to prepare" in repr(
        DiagnoseUser(interactive="no", username="diego@example.com").practice()
    )
    assert "nothing to prepare" in repr(
        DiagnoseUser(interactive="no", target="http://127.0.0.1:9").practice()
    )
    assert calls(sandbox) == before


def test_the_practice_cell_leaves_a_user_alone_who_was_put_right(sandbox, client):
    DiagnoseUser(interactive="no").practice()
    do(diagnosed()[1].next_runbook)
    assert "already" in repr(DiagnoseUser(interactive="no").practice())
    assert diagnosed()[1].verdict.problem == "nothing-in-the-way"


def train(shown, case):
    heard = []
    shown.form.send = heard.append
    shown.form._handle_custom_msg({"kind": "train", "turn": shown.form.turn, "case": case}, [])
    return heard


@EVERY
def test_the_form_offers_every_training_case_and_fills_it_in(name, sandbox):
    shown = act(DiagnoseUser(interactive="yes"))
    assert [name, CASES[name].says] in shown.form.training
    (trained,) = train(shown, name)
    assert trained == {"kind": "trained", "values": given(CASES[name]), "failed": ""}
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": trained["values"]}, []
    )
    assert shown.form.result["title"] == diagnosed(**given(CASES[name]))[1].title


def test_training_is_offered_in_ones_own_sandbox_alone(sandbox):
    assert act(DiagnoseUser(interactive="yes", target="http://127.0.0.1:9")).form.training == []
    assert act(DiagnoseUser(interactive="yes", target="aws")).form.training == []


def test_a_case_that_is_none_is_planted_nowhere(sandbox):
    shown = act(DiagnoseUser(interactive="yes"))
    assert train(shown, "made-up") == train(shown, None) == []


def test_the_table_of_training_cases_has_all_of_them():
    assert [row[0] for row in DiagnoseUser.training_cases().rows] == list(CASES)


def test_the_table_of_refusals_has_what_the_calls_can_answer_but_a_missing_user():
    codes = [row[0] for row in DiagnoseUser.refusals().rows]
    assert {
        "AccessDeniedException",
        "ResourceNotFoundException",
        "TooManyRequestsException",
    } <= set(codes)
    assert "UserNotFoundException" not in codes
    assert len(codes) == len(set(codes))


def test_a_person_sees_bad_parameters_beside_their_fields(sandbox):
    shown = InteractiveRun(DiagnoseUser(interactive="yes"))
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": {"username": "", "symptom": ""}}, []
    )
    assert set(shown.form.errors) == {"username"}
    assert [field["name"] for field in shown.form.fields] == [
        "username",
        "symptom",
        "user_pool_id",
        "client_id",
    ]

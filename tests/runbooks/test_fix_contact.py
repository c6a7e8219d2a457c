"""The runbook fix-contact: it marks what belongs to the user, where that helps, and nothing without
a proof of identity.
"""

import json

import pytest

from helpers.cognito import actions
from helpers.cognito.errors import BadParameters, ResetError
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.runbooks.fix_contact import FixContact
from helpers.runbooks.request_code import RequestCode
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, plant_case, serve
from helpers.target import Target

USER = "no-verified-contact@example.com"
POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": USER}
BY_MAIL = {"Name": "verified_email", "Priority": 1}
BY_PHONE = {"Name": "verified_phone_number", "Priority": 2}


@pytest.fixture
def client(sandbox):
    plant_case(sandbox, "no-verified-contact")
    return Target().client(signed=True)


def made(**more):
    return FixContact(**{"interactive": "no", **more})


def change(client, **attributes):
    client.admin_update_user_attributes(
        **POOL,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


def recovers_by(client, *mechanisms):
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID, AccountRecoverySetting={"RecoveryMechanisms": list(mechanisms)}
    )


def attributes(client):
    return {one["Name"]: one["Value"] for one in client.admin_get_user(**POOL)["UserAttributes"]}


# --- done ---


def test_before_it_no_code_can_be_sent_and_after_it_one_goes_to_the_contact(client, sandbox):
    with pytest.raises(ResetError, match="no registered/verified email"):
        actions.request_code(client, client_id=DEFAULT_CLIENT_ID, username=USER)
    result = made().submit()
    assert (
        result.proof
        == "Read again, the user's e-mail address n***@e*** is verified; before it was not."
    )
    assert result.next_runbook.name == "request-code"
    sent = RequestCode(**result.next_runbook.parameters, interactive="no").submit()
    assert sent.outcome is Outcome.CONFIRMED
    assert sandbox.mailbox(USER)[-1]["destination"] == USER


def test_the_plan_shows_what_opens_and_warns_of_it(client):
    plan = made().plan()
    assert ("A code for a new password", "can go nowhere", "goes to n***@e***") in plan.changes
    assert "can take over the account" in repr(plan)


def test_a_phone_number_is_marked_as_well(client):
    recovers_by(client, BY_MAIL, BY_PHONE)
    change(client, phone_number="+15551230100")
    result = made(contact="phone_number", contact_said="(555) 123-0100").submit()
    assert "+*******0100 is verified" in result.proof
    assert attributes(client)["phone_number_verified"] == "true"
    assert attributes(client)["email_verified"] == "false"


def test_a_contact_that_is_verified_already_ends_well_and_nothing_is_sent(client, sandbox):
    made().submit()
    sent = sandbox.counts()["calls"]["AdminUpdateUserAttributes"]
    run = made()
    assert (
        "What blocks it   Nothing to do: the e-mail address n***@e*** is verified already."
        in repr(run.plan())
    )
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert "Nothing had to be changed, and nothing was sent." in result.happened
    assert result.proof
    assert run.prove()
    assert result.next_runbook.name == "request-code"
    assert sandbox.counts()["calls"]["AdminUpdateUserAttributes"] == sent


def test_something_else_that_stands_in_the_way_is_told_and_does_not_stop_it(client):
    client.admin_disable_user(**POOL)
    run = made()
    assert (
        "A code for a new password",
        "can go nowhere",
        "is not sent: The account is disabled.",
    ) in run.plan().changes
    result = run.submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "something else is in the way: The account is disabled." in result.meaning
    assert "I have confirmed your e-mail address. Your account is disabled." in result.say
    # Nobody signs in before it is unlocked, and that comes after a password.
    assert result.next_runbook.name == "set-password"


def someone_else(client, pool, verified, email="both@example.com"):
    for name, value in (("ana", verified), ("bea", "false")):
        client.admin_create_user(
            UserPoolId=pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": value},
            ],
        )
    client.admin_set_user_password(
        UserPoolId=pool, Username="bea", Password="Practice-makes-1", Permanent=True
    )
    bea = {"user_pool_id": pool, "username": "bea", "confirm_username": "bea"}
    return {**bea, "contact_said": email}


@pytest.mark.parametrize("aliases", [["email"], []], ids=["alias", "no alias"])
def test_a_contact_that_another_account_has_verified_is_not_taken_from_it(aliases, client, sandbox):
    more = {"AliasAttributes": aliases} if aliases else {}
    pool = client.create_user_pool(PoolName="two", **more)["UserPool"]["Id"]
    run = made(**someone_else(client, pool, "true"))
    assert "another account has this e-mail address verified" in repr(run.plan())
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "would take it from the other account" in result.meaning
    assert "both@example.com" not in repr(result.card())
    assert "AdminUpdateUserAttributes" not in sandbox.counts()["calls"]


def test_a_contact_that_another_account_has_not_verified_is_marked(client):
    pool = client.create_user_pool(PoolName="aliases", AliasAttributes=["email"])["UserPool"]["Id"]
    run = made(**someone_else(client, pool, "false"))
    assert ("Signing in by it", "does not work", "works, and for nobody else") in run.plan().changes
    assert run.submit().outcome is Outcome.CONFIRMED
    assert client.admin_get_user(UserPoolId=pool, Username="both@example.com")["Username"] == "bea"


# --- what the caller says ---


@pytest.mark.parametrize(
    "said",
    [
        USER,
        "No-Verified-Contact@Example.com",
        f"  {USER} ",
        f"mailto:{USER}",
        f"<{USER}>",
        "no-verified-contact @ example.com",
    ],
)
def test_the_address_that_the_caller_says_is_compared_as_it_is_meant(said, client):
    assert made(contact_said=said).submit().outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    "said", ["+15551230100", "+1 (555) 123-0100", "001 555 123 0100", "555 123 0100", "05551230100"]
)
def test_a_number_is_compared_however_it_is_said(said, client):
    recovers_by(client, BY_MAIL, BY_PHONE)
    change(client, phone_number="+15551230100")
    result = made(contact="phone_number", contact_said=said).submit()
    assert result.outcome is Outcome.CONFIRMED


@pytest.mark.parametrize("said", ["mallory@evil-example.net", "5550100", "n***@e***", "yes"])
def test_another_contact_is_no_match_and_nothing_is_marked_or_shown(said, client, sandbox):
    run = made(contact_said=said)
    shown = [repr(run.plan())]
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "is not the one in the account" in result.headline
    assert "hand over to" in result.next
    shown += [repr(result.card()), json.dumps(run.record.to_json())]
    assert attributes(client)["email_verified"] == "false"
    for text in shown:
        assert said not in text or said in ("yes", "n***@e***")
        assert (
            "no-verified-contact@e"
            not in text.replace(USER, "", 0).replace(f"username: {USER}", "")
            or USER in text
        )


@pytest.mark.parametrize(
    "said", ["no-verified-contact@exmaple.com", "no-verifed-contact@example.com"]
)
def test_a_slip_of_the_keys_is_told_and_is_no_match(said, client):
    result = made(contact_said=said).submit()
    assert result.outcome is Outcome.NOT_SENT
    assert "differ by a slip of the keys" in result.meaning
    assert "do not tell them how near it is" in result.next


def test_a_misspelt_provider_in_the_account_is_told_without_the_address(client):
    change(client, email="maria@gmial.com")
    result = made(contact_said="maria@gmail.com").submit()
    assert "differ by a slip of the keys" in result.meaning
    assert result.notes == ("The provider's name in the account looks misspelt.",)
    assert "gmial" not in repr(result.card())


def test_what_the_caller_says_is_not_recorded(client):
    run = made(contact_said="someone@else.example")
    run.submit()
    assert run.record.parameters["contact_said"] == "[compared]"
    assert "someone@else.example" not in json.dumps(run.record.to_json())


@pytest.mark.parametrize("said", ["", "  "])
def test_without_a_contact_that_was_said_it_does_not_begin(said, sandbox):
    with pytest.raises(BadParameters) as caught:
        made(contact_said=said)
    assert [problem.field for problem in caught.value.problems] == ["contact_said"]


def test_what_was_said_is_asked_for_each_time_and_handed_on_to_nobody(client):
    result = made(contact="phone_number").submit()
    assert "contact_said" not in result.next_runbook.parameters
    shown = InteractiveRun(FixContact(interactive="yes"))
    field = next(one for one in shown.form.fields if one["name"] == "contact_said")
    assert (field["value"], field["required"]) == ("", True)


def test_elsewhere_it_says_that_the_app_client_has_to_be_named_for_the_next_runbook(
    client, sandbox
):
    with serve(sandbox, port=0) as server:
        run = made(target=server.endpoint)
        result = run.submit()
        assert (
            "also needs" not in result.next
        )  # there too, the sandbox's own pool has the sandbox's own app client
    plant_case(sandbox, "made-up-answer")
    name = "made-up-answer@example.com"
    run = made(
        user_pool_id="us-east-1_Train01Hidden",
        username=name,
        confirm_username=name,
        contact_said=name,
    )
    result = run.submit()
    assert result.next_runbook.parameters["client_id"] == ""
    assert result.next.endswith(
        "The runbook request-code also needs client_id: the app client that the user will enter the"
        " code in."
    )
    assert run.record.next_step == result.next


def test_a_person_is_not_told_parameters_since_the_next_form_asks_for_them(client, sandbox):
    plant_case(sandbox, "made-up-answer")
    name = "made-up-answer@example.com"
    given = {"username": name, "confirm_username": name, "contact_said": name}
    run = made(user_pool_id="us-east-1_Train01Hidden", interactive="yes")
    result = run.submit(given | {"proof_of_identity": "Called back"})
    assert result.next_runbook.parameters["client_id"] == ""
    assert "client_id" not in result.next


# --- not done ---


@pytest.mark.parametrize(
    ("trouble", "contact", "words", "runbook"),
    [
        ("no-phone", "phone_number", "no phone number", "fix-contact"),
        ("no-contact", "email", "no e-mail address", "set-password"),
        ("other-listed", "email", "no code would go there", "set-password"),
        ("admin-only", "email", "no code would go there", "set-password"),
        ("second-factor", "email", "no code would go there", "set-password"),
        ("phone-first", "email", "still go to +*******0100", "set-password"),
    ],
)
def test_what_would_help_nobody_is_not_done(trouble, contact, words, runbook, client, sandbox):
    if trouble == "no-contact":
        change(client, email="")
    if trouble == "other-listed":
        recovers_by(client, BY_PHONE | {"Priority": 1})
    if trouble == "admin-only":
        recovers_by(client, {"Name": "admin_only", "Priority": 1})
    if trouble == "second-factor":
        plant_case(sandbox, "contact-is-second-factor")
    if trouble == "phone-first":
        recovers_by(client, BY_PHONE | {"Priority": 1}, BY_MAIL | {"Priority": 2})
        change(client, phone_number="+15551230100", phone_number_verified="true")
    more = {}
    if trouble == "second-factor":
        name = "contact-is-second-factor@example.com"
        more = {
            "user_pool_id": "us-east-1_Train03Factor",
            "username": name,
            "confirm_username": name,
            "contact_said": name,
        }
        client.admin_update_user_attributes(
            UserPoolId=more["user_pool_id"],
            Username=name,
            UserAttributes=[{"Name": "email_verified", "Value": "false"}],
        )
    before = dict(sandbox.counts()["calls"].get("AdminUpdateUserAttributes", {}))
    run = made(contact=contact, **more)
    assert "What blocks it" in repr(run.plan())
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert words in result.headline
    assert result.happened in run.record.meaning
    assert result.say
    assert result.next
    assert result.next_runbook.name == runbook
    assert sandbox.counts()["calls"].get("AdminUpdateUserAttributes", {}) == before


def test_the_other_contact_is_offered_where_that_is_the_one_to_mark(client):
    result = made(contact="phone_number").submit()
    following = FixContact(
        **result.next_runbook.parameters, confirm_username=USER, interactive="no"
    )
    assert following.parameters.contact == "email"
    assert following.submit().outcome is Outcome.CONFIRMED


def test_somebody_who_may_read_the_old_phone_is_thought_of(client):
    recovers_by(client, BY_PHONE | {"Priority": 1}, BY_MAIL | {"Priority": 2})
    change(client, phone_number="+15551230100", phone_number_verified="true")
    assert "somebody else may read it: send no code" in made().submit().next


# --- the gate ---


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ("practice", "is practice, and this is none"),
        (" Practice ", "this is none"),
        ("", "how you know"),
        ("  \n", "how you know"),
        ("x" * 501, "how you know"),
    ],
)
def test_outside_the_sandbox_it_takes_a_proof_of_identity(proof, words, sandbox):
    with pytest.raises(BadParameters) as caught:
        made(target="aws", proof_of_identity=proof)
    assert [problem.field for problem in caught.value.problems] == ["proof_of_identity"]
    assert words in str(caught.value)


def test_the_proof_of_identity_stands_in_the_record(client):
    run = made(proof_of_identity="called back on the number in the contract")
    run.submit()
    assert run.record.parameters["proof_of_identity"] == "called back on the number in the contract"


def test_in_the_form_the_proof_of_identity_is_asked_for_with_a_warning(client):
    def field(**more):
        shown = InteractiveRun(FixContact(interactive="yes", **more))
        return next(one for one in shown.form.fields if one["name"] == "proof_of_identity")

    assert "can take over the account" in field()["help"]
    assert (field(target="aws")["value"], field(target="aws")["required"]) == ("", True)


def test_on_aws_a_person_sees_where_they_are_before_they_have_proved_anything():
    run = FixContact(interactive="yes", target="aws")
    assert "AWS, region us-east-1" in repr(run.where())
    shown = InteractiveRun(run)
    values = {field["name"]: field["value"] for field in shown.form.fields} | {
        "confirm_username": USER
    }
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert set(shown.form.errors) == {"proof_of_identity", "contact_said"}


# --- the form and practice ---


def test_pressing_the_button_marks_it_and_offers_to_have_a_code_sent(client):
    shown = InteractiveRun(FixContact(interactive="yes"))
    values = {field["name"]: field["value"] for field in shown.form.fields}
    values |= {"proof_of_identity": "called back", "confirm_username": USER, "contact_said": USER}
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert (shown.form.state, shown.form.result["outcome"], shown.form.result["next"]) == (
        "done",
        "confirmed",
        "request-code",
    )
    assert attributes(client)["email_verified"] == "true"
    assert "called back" in json.dumps(shown.record.value)


def test_practice_puts_the_user_there_and_as_new_each_time(sandbox):
    for _ in range(2):
        run = made()
        assert "The user says" in repr(run.practice())
        assert run.submit().steps[3].name == "AdminUpdateUserAttributes"


@pytest.mark.parametrize(
    "values",
    [
        {"username": "diego@example.com", "confirm_username": "diego@example.com"},
        {"target": "http://127.0.0.1:9"},
    ],
    ids=["another-user", "elsewhere"],
)
def test_practice_touches_nobody_else_and_nothing_elsewhere(values, sandbox):
    assert "nothing to prepare" in repr(made(**values).practice())
    assert sandbox.counts()["calls"] == {}

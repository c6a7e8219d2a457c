"""The runbook set-password: a password that nobody sees, written down before it is set, and
proved.
"""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import ipywidgets
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.cognito import actions
from helpers.cognito.errors import BadParameters, ResetError
from helpers.cognito.policy import PasswordPolicy
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.fix_contact import FixContact
from helpers.runbooks.set_password import SetPassword, generated
from helpers.runner import headless
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, Sandbox, serve
from helpers.secrets.secret import Secret
from helpers.target import Target

POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": "diego@example.com"}
PLANTED = "Planted-by-a-test-1"


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "diego.password"


@pytest.fixture
def planted(monkeypatch):
    monkeypatch.setattr(
        "helpers.runbooks.set_password.generated", lambda policy: Secret(PLANTED, "new password")
    )


def made(place, **more):
    return SetPassword(**{"interactive": "no", "password_to": f"file:{place}", **more})


def signs_in(client, password, **more):
    """Return the challenge that follows the password, "" for tokens, or None where it does not sign
    in.
    """
    whom = {"client_id": DEFAULT_CLIENT_ID, "username": "diego@example.com", **more}
    try:
        return actions.sign_in(client, **whom, password=Secret(password)).challenge
    except ResetError:
        return None


def status(client):
    return client.admin_get_user(**POOL)["UserStatus"]


# --- the password ---

POLICIES = st.builds(
    PasswordPolicy,
    minimum_length=st.integers(6, 99),
    require_uppercase=st.booleans(),
    require_lowercase=st.booleans(),
    require_numbers=st.booleans(),
    require_symbols=st.booleans(),
)


@given(POLICIES)
def test_a_generated_password_fits_any_policy_and_can_be_read_out(policy):
    password = generated(policy).reveal()
    assert policy.violations(password) == ()
    assert len(password) == max(16, policy.minimum_length)
    assert not set(password) & set("0O1lI| ")


def test_no_two_generated_passwords_are_alike():
    assert len({generated(PasswordPolicy()).reveal() for _ in range(50)}) == 50


def test_it_is_made_for_the_pools_own_policy(client, place):
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID, Policies={"PasswordPolicy": {"MinimumLength": 40}}
    )
    assert made(place).submit().outcome is Outcome.CONFIRMED
    assert len(place.read_text()) == 40


# --- done ---


def test_a_temporary_password_signs_in_once_and_has_the_user_choose_another(client, place):
    result = made(place).submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert "NEW_PASSWORD_REQUIRED" in result.proof
    assert (status(client), signs_in(client, place.read_text())) == (
        "FORCE_CHANGE_PASSWORD",
        "NEW_PASSWORD_REQUIRED",
    )
    assert signs_in(client, DEFAULT_PASSWORD) is None
    assert result.next.startswith(f"Hand the password over from file:{place}, ")
    assert "7 days" in result.meaning


def test_a_permanent_password_signs_in(client, place):
    result = made(place, kind="permanent").submit()
    assert (
        result.proof == "One sign-in with the new password worked; its tokens were dropped at once."
    )
    assert (status(client), signs_in(client, place.read_text())) == ("CONFIRMED", "")


@pytest.mark.parametrize("kind", ["temporary", "permanent"])
def test_without_an_app_client_the_status_proves_it_where_it_was_another_one(kind, client, place):
    result = made(place, kind=kind, client_id="").submit()
    assert result.outcome is Outcome.CONFIRMED
    assert [step.name for step in result.steps][-1] == "AdminGetUser"
    expected = {
        "temporary": (
            "Read again, the user's status is FORCE_CHANGE_PASSWORD; before it was CONFIRMED."
        ),
        "permanent": "Cognito's own answer to the change.",
    }
    assert result.proof == expected[kind]
    assert any("no app client was named" in note for note in result.notes)


def test_where_the_app_client_allows_no_password_sign_in_it_says_so(client, place):
    client.update_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientId=DEFAULT_CLIENT_ID,
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    result = made(place).submit()
    assert (result.outcome, result.proof[:10]) == (Outcome.CONFIRMED, "Read again")
    assert any("does not allow this way to sign in" in note for note in result.notes)


def test_an_app_client_with_a_secret_proves_it_too(client, place, monkeypatch):
    app = client.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientName="web",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]
    monkeypatch.setenv("WEB_SECRET", app["ClientSecret"])
    run = made(place, client_id=app["ClientId"], client_secret="env:WEB_SECRET")
    assert "NEW_PASSWORD_REQUIRED" in run.submit().proof
    assert app["ClientSecret"] not in json.dumps(run.record.to_json())


def test_a_sign_in_code_that_the_proof_has_sent_is_told(client, place):
    client.admin_update_user_attributes(
        **POOL,
        UserAttributes=[
            {"Name": "phone_number", "Value": "+15551230100"},
            {"Name": "phone_number_verified", "Value": "true"},
        ],
    )
    client.set_user_pool_mfa_config(
        UserPoolId=DEFAULT_POOL_ID,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={
            "SmsConfiguration": {
                "SnsCallerArn": "arn:aws:iam::123456789012:role/sends-text-messages"
            }
        },
    )
    client.admin_set_user_mfa_preference(
        **POOL, SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    result = made(place, kind="permanent").submit()
    assert "SMS_MFA" in result.proof
    assert any("sent the user a sign-in code: they may ignore it" in note for note in result.notes)


# --- not done, or not known ---


def test_a_password_that_cognito_refuses_is_taken_away_from_its_place(
    client, place, planted, sandbox
):
    sandbox.settings(compromised_passwords=[PLANTED])
    result = made(place).submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 4)
    assert "another password is generated" in result.next
    assert "was removed from there" in result.next
    assert not place.exists()
    assert signs_in(client, DEFAULT_PASSWORD) == ""


def test_a_password_of_which_nobody_knows_whether_it_is_set_stays_in_its_place(
    client, place, sandbox
):
    sandbox.fault("AdminSetUserPassword", "500-before-commit")
    result = made(place, two_persons="yes", agreed_by="Ana Silva").submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "one sign-in with the password did not work" in result.notes[0]
    assert f"in file:{place}" in result.next
    assert "is not known" in result.next
    assert place.exists()
    assert result.next_runbook.name == "set-password"
    # A place is good for one password, and an agreement for one run.
    assert not {"password_to", "agreed_by"} & set(result.next_runbook.parameters)


def test_running_it_again_after_that_sets_another_password_in_another_place(client, place, sandbox):
    sandbox.fault("AdminSetUserPassword", "500-before-commit")
    made(place).submit()
    other = place.with_name("second.password")
    assert made(other).submit().outcome is Outcome.CONFIRMED
    assert signs_in(client, other.read_text()) == "NEW_PASSWORD_REQUIRED"


def test_a_sign_in_that_contradicts_cognitos_yes_is_unknown(client, place, sandbox):
    other = client.create_user_pool(PoolName="other")["UserPool"]["Id"]
    app = client.create_user_pool_client(
        UserPoolId=other,
        ClientName="other",
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]["ClientId"]
    result = made(place, kind="permanent", client_id=app).submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "contradict each other" in result.meaning
    assert result.next_runbook.name == "diagnose-user"
    assert place.exists()


@pytest.mark.parametrize("fault", ["", "drop-after-commit"])
def test_of_two_runs_at_once_the_one_whose_password_was_replaced_does_not_say_that_it_is_in_force(
    fault, client, place, sandbox, monkeypatch
):
    first, second = made(place), made(place.with_name("second.password"))
    make = first.make

    def and_then_the_other(*args):
        try:
            return make(*args)
        finally:
            assert second.submit().outcome is Outcome.CONFIRMED

    monkeypatch.setattr(first, "make", and_then_the_other)
    if fault:
        sandbox.fault("AdminSetUserPassword", fault)
    result = first.submit()
    assert signs_in(client, place.read_text()) is None
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "is not known" in result.next


def test_a_place_that_cannot_be_written_to_stops_it_before_cognito_is_asked(client, sandbox):
    result = SetPassword(interactive="no", password_to="ssm:/handover/diego").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 2)
    assert [problem.field for problem in result.problems] == ["password_to"]
    assert [step.name for step in result.steps] == ["AdminGetUser", "DescribeUserPool"]
    assert "AdminSetUserPassword" not in sandbox.counts()["calls"]
    assert signs_in(client, DEFAULT_PASSWORD) == ""


def test_why_a_place_could_not_be_written_to_stands_in_the_record(client):
    run = SetPassword(interactive="no", password_to="ssm:/handover/diego")
    run.submit()
    assert "ssm: could not be written (NoCredentialsError)." in run.record.meaning
    assert "None was set." in run.record.meaning


def test_what_became_of_the_place_stands_in_the_record(client, place, planted, sandbox):
    sandbox.settings(compromised_passwords=[PLANTED])
    refused = made(place)
    refused.submit()
    assert "was not set, and was removed from there." in refused.record.next_step
    sandbox.fault("AdminSetUserPassword", "500-before-commit")
    unknown = made(place, client_id="")
    unknown.submit()
    assert (
        f"in file:{place}, and nowhere else. Whether it is the user's password is not known."
        in unknown.record.next_step
    )


@pytest.mark.parametrize("fault", ["", "drop-after-commit"])
def test_a_user_whose_sign_in_is_locked_is_told_to_wait(fault, client, place, sandbox):
    for _ in range(7):
        signs_in(client, "wrong-Password-1")
    if fault:
        sandbox.fault("AdminSetUserPassword", fault)
    result = made(place).submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "don't sign in for 15 minutes" in result.say


@pytest.mark.parametrize(
    ("before", "password"),
    [
        ("RESET_REQUIRED", "taken away already"),
        ("EXTERNAL_PROVIDER", "none here"),
        ("FORCE_CHANGE_PASSWORD", "a temporary one"),
        ("CONFIRMED", "the present one"),
    ],
)
def test_the_plan_says_which_password_there_is(before, password, client, place, sandbox):
    sandbox.set_status("diego@example.com", before)
    changes = {what: now for what, now, _ in made(place).plan().changes}
    assert changes["Password"] == password


def test_where_the_user_cannot_be_read_no_password_is_written(client, place, sandbox):
    sandbox.fault("AdminGetUser", "throttle-before-commit")
    assert made(place).submit().outcome is Outcome.REFUSED
    assert not place.exists()


# --- what it does not do ---


def test_a_user_without_a_verified_contact_is_led_to_fix_contact(client, place):
    client.admin_update_user_attributes(
        **POOL, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    result = made(place).submit()
    assert "verified none" in result.notes[0]
    assert result.next_runbook.name == "fix-contact"
    assert (
        FixContact(**result.next_runbook.parameters, interactive="yes").parameters.contact
        == "email"
    )
    assert {"Name": "email_verified", "Value": "false"} in client.admin_get_user(**POOL)[
        "UserAttributes"
    ]


def test_a_disabled_user_stays_disabled_and_no_sign_in_is_tried(client, place, sandbox):
    client.admin_disable_user(**POOL)
    run = made(place)
    assert "nobody signs in until it is enabled" in repr(run.plan())
    result = run.submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "stays so" in result.next
    assert "disabled" in result.say
    assert "InitiateAuth" not in sandbox.counts()["calls"]
    assert client.admin_get_user(**POOL)["Enabled"] is False


def test_a_federated_user_is_warned_of(client, place, sandbox):
    sandbox.set_status("diego@example.com", "EXTERNAL_PROVIDER")
    run = made(place, kind="permanent")
    assert "and with this password too" in repr(run.plan())
    result = run.submit()
    assert "AWS advises against" in result.notes[0]
    assert status(client) == "CONFIRMED"


def test_which_status_a_federated_user_gets_by_a_temporary_one_is_not_made_up(
    client, place, sandbox
):
    sandbox.set_status("diego@example.com", "EXTERNAL_PROVIDER")
    run = made(place, client_id="")
    assert (
        "Status",
        "EXTERNAL_PROVIDER",
        "FORCE_CHANGE_PASSWORD or CONFIRMED; AWS does not say which",
    ) in run.plan().changes
    assert "before it was EXTERNAL_PROVIDER" in run.submit().proof


def test_an_unconfirmed_user_is_confirmed_by_a_permanent_one(client, place, sandbox):
    sandbox.set_status("diego@example.com", "UNCONFIRMED")
    assert made(place, kind="permanent").submit().outcome is Outcome.CONFIRMED
    assert status(client) == "CONFIRMED"


# --- the gate ---


def problems(**values):
    with pytest.raises(BadParameters) as caught:
        SetPassword(interactive="no", **values)
    return {problem.field: problem.words for problem in caught.value.problems}


@pytest.mark.parametrize("name", ["", "   ", "\t\n"])
def test_where_two_persons_are_asked_for_the_second_has_to_be_named(name, sandbox):
    assert "name the second one" in problems(two_persons="yes", agreed_by=name)["agreed_by"]


def test_the_second_person_stands_in_the_record(client, place):
    run = made(place, two_persons="yes", agreed_by="Ana Silva")
    run.submit()
    assert {"two_persons": "yes", "agreed_by": "Ana Silva"}.items() <= run.record.parameters.items()


def test_every_part_of_the_gate_is_told_at_once(sandbox):
    found = problems(target="aws", confirm_username="x", two_persons="yes")
    assert set(found) == {
        "client_id",
        "confirm_username",
        "proof_of_identity",
        "password_to",
        "agreed_by",
    }
    assert "works in the sandbox only" in found["password_to"]


def test_the_sandboxs_app_client_is_not_taken_for_ones_own_elsewhere(place):
    """Whoever has an app client of that id on AWS would be handed the name and the new password."""
    with pytest.raises(BadParameters, match="client_id: is that of the sandbox"):
        made(place, target="aws")
    field = next(
        one
        for one in InteractiveRun(SetPassword(interactive="yes", target="aws")).form.fields
        if one["name"] == "client_id"
    )
    assert field["value"] == ""


def test_a_password_given_as_the_place_is_refused_and_never_shown(sandbox):
    assert PLANTED not in json.dumps(problems(password_to=PLANTED))
    run = SetPassword(interactive="yes", password_to=PLANTED)
    assert PLANTED not in repr(run.plan()) + repr(run.where())
    assert PLANTED not in json.dumps(run.submit().card().to_html())


# --- nobody sees it ---


def everything(run, result, caplog):
    widgets = [widget.get_state() for widget in ipywidgets.widgets.widget._instances.values()]
    return "\n".join(
        [
            repr(run),
            repr(vars(run)),
            repr(result),
            repr(result.card()),
            result.card().to_html(),
            repr(run.plan()),
            caplog.text,
            json.dumps(run.record.to_json()) if run.record else "",
            json.dumps(widgets, default=str),
        ]
    )


EXITS = {
    "done": {},
    "permanent": {"kind": "permanent"},
    "no-proof": {"client_id": ""},
    "refused": {"fault": "throttle-before-commit"},
    "compromised": {"compromised": True},
    "lost-and-done": {"fault": "drop-after-commit"},
    "lost": {"fault": "500-before-commit"},
    "proof-refused": {"proof": "throttle-before-commit"},
    "proof-lost": {"proof": "drop-after-commit"},
    "no-such-place": {"password_to": "ssm:/x"},
}


@pytest.mark.parametrize("way", EXITS)
def test_the_password_is_found_nowhere_but_in_its_place(
    way, client, place, planted, sandbox, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    more = dict(EXITS[way])
    fault, proof, compromised = (
        more.pop("fault", ""),
        more.pop("proof", ""),
        more.pop("compromised", False),
    )
    if fault:
        sandbox.fault("AdminSetUserPassword", fault)
    if proof:
        sandbox.fault("InitiateAuth", proof)
    if compromised:
        sandbox.settings(compromised_passwords=[PLANTED])
    run = made(place, **more)
    result = run.submit()
    assert PLANTED not in everything(run, result, caplog)
    assert PLANTED not in "".join(capfd.readouterr())
    assert {path.name for path in place.parent.iterdir()} <= {place.name}


# --- the form ---


def press(shown, kind="submit", **values):
    filled = {field["name"]: field["value"] for field in shown.form.fields} | values
    shown.form._handle_custom_msg({"kind": kind, "turn": shown.form.turn, "values": filled}, [])


def test_in_the_form_the_password_goes_to_its_place_and_no_widget_holds_it(
    client, place, planted, caplog
):
    run = SetPassword(interactive="yes")
    shown = InteractiveRun(run)
    press(
        shown, password_to=f"file:{place}", confirm_username="diego@example.com", two_persons="yes"
    )
    assert set(shown.form.errors) == {"agreed_by"}
    press(
        shown,
        password_to=f"file:{place}",
        confirm_username="diego@example.com",
        two_persons="yes",
        agreed_by="Ana Silva",
    )
    assert (shown.form.state, shown.form.result["outcome"]) == ("done", "confirmed")
    assert place.read_text() == PLANTED
    assert (
        PLANTED
        not in everything(run, run.result, caplog)
        + shown.result.value
        + shown.record.value
        + shown.proof.value
    )


def test_on_aws_a_person_has_to_name_a_place(sandbox):
    shown = InteractiveRun(SetPassword(interactive="yes", target="aws"))
    field = next(one for one in shown.form.fields if one["name"] == "password_to")
    assert (field["value"], field["required"]) == ("", True)
    assert "secretsmanager:ID" in field["help"]
    assert "discard" not in field["help"]
    press(shown, confirm_username="diego@example.com")
    assert "is not a place" in shown.form.errors["password_to"]


def test_a_run_that_is_given_up_says_that_a_password_may_lie_in_its_place(
    client, place, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    run = SetPassword(interactive="yes")
    shown = InteractiveRun(run)
    monkeypatch.setattr(run, "make", interrupted)
    press(shown, password_to=f"file:{place}", confirm_username="diego@example.com")
    assert shown.form.result["outcome"] == "unknown"
    assert "with the password that was written to its place" in json.dumps(shown.form.result)
    assert place.exists()


# --- without a person, and by hand: this one and its two neighbours ---


def test_without_a_person_the_password_is_in_its_place_and_in_no_file_of_the_run(
    place, tmp_path, monkeypatch
):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    report = headless.run(
        RUNBOOKS["set-password"], {"password_to": f"file:{place}"}, out=tmp_path / "runs"
    )
    assert (report.outcome, report.exit_code) == ("confirmed", 0)
    password = place.read_text()
    for path in tmp_path.rglob("*"):
        assert path == place or not path.is_file() or password.encode() not in path.read_bytes(), (
            path
        )


@pytest.mark.parametrize("name", ["fix-contact", "sign-out-everywhere"])
def test_the_neighbours_run_without_a_person_too(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    report = headless.run(RUNBOOKS[name], {}, out=tmp_path / "runs")
    assert (report.outcome, report.exit_code) == ("confirmed", 0)


def by_hand(name, language):
    cells = {cell.id: cell for cell in nbformat.read(RUNBOOKS[name].path, as_version=4).cells}
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```", cells["by-hand"].source, re.DOTALL | re.MULTILINE
    )
    return "\n".join(blocks).replace("us-east-1_AbCdEfGhI", DEFAULT_POOL_ID)


BY_HAND = [
    *(
        (name, language)
        for name in ("fix-contact", "sign-out-everywhere", "set-password")
        for language in ("bash", "python")
    ),
    ("admin-reset", "python"),
]


@pytest.mark.parametrize(("name", "language"), BY_HAND)
def test_what_is_written_to_be_done_by_hand_works_as_it_is_written(
    name, language, tmp_path, monkeypatch
):
    box = Sandbox.in_memory()
    home = {
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "practice",
        "AWS_SECRET_ACCESS_KEY": "practice",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with serve(box, port=0) as server:
        home["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] = server.endpoint
        if language == "bash":
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", "-ec", by_hand(name, "bash")],
                env={**os.environ, **home, "PATH": path},
                capture_output=True,
                text=True,
                timeout=60,
                stdin=subprocess.DEVNULL,
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        else:
            tmp_path.joinpath("diego.password").write_text("Written-by-hand-1")
            for variable, value in home.items():
                monkeypatch.setenv(variable, value)
            exec(compile(by_hand(name, "python"), name, "exec"), {})
        assert sum(box.counts()["calls"][RUNBOOKS[name].runs.operation].values()) >= 1
    box.close()


@pytest.mark.parametrize("fault", ["500-before-commit", "drop-after-commit"])
def test_a_refused_password_stays_where_it_is_while_no_reading_shows_that_it_was_not_set(
    fault, client, place, planted, sandbox
):
    sandbox.settings(compromised_passwords=[PLANTED])
    run = made(place)
    make = run.make

    def refused_and_then_no_reading(*args):
        sandbox.fault("AdminGetUser", fault)
        return make(*args)

    run.make = refused_and_then_no_reading
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 4)
    assert place.read_text() == PLANTED
    assert f"file:{place}" in result.next
    assert "could not be read again, so it is kept" in result.next


def test_a_refused_password_stays_where_it_is_when_somebody_changed_the_user_meanwhile(
    client, place, planted, sandbox
):
    sandbox.settings(compromised_passwords=[PLANTED])
    run = made(place)
    make = run.make

    def refused_beside_another_change(*args):
        sandbox.advance(1)
        client.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID, Username=run.parameters.username, Password="Another-1-pass"
        )
        return make(*args)

    run.make = refused_beside_another_change
    result = run.submit()
    assert place.read_text() == PLANTED
    assert "was changed meanwhile, so it is kept" in result.next


def test_a_password_that_never_left_stays_where_it_is_while_nothing_can_be_read(place, planted):
    """The way to Cognito is cut between the first reading and the change."""
    box = Sandbox.in_memory()
    with serve(box, port=0) as server:
        run = made(place, target=server.endpoint, client_id="")
        make = run.make

        def cut_off(*args):
            server.close()
            return make(*args)

        run.make = cut_off
        result = run.submit()
    box.close()
    assert result.outcome in (Outcome.NOT_SENT, Outcome.UNKNOWN)
    assert place.read_text() == PLANTED
    assert f"file:{place}" in result.next

"""A run that a person makes in a form is noted like any other: begun, ended, without a secret,
verifiable.
"""

import dataclasses
import json
import os
import pwd
import sys

import pytest

from helpers.cognito import actions
from helpers.form.interactive import InteractiveRun
from helpers.run.account import account_name
from helpers.run.journal import Ended, Journal, Kept
from helpers.run.masking import KEPT, RUNS
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.admin_reset import AdminReset
from helpers.runbooks.confirm_reset import ConfirmReset
from helpers.runbooks.set_password import SetPassword
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from helpers.target import Target

NEW = "Noted-new-1-password"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(RUNS, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def code(sandbox):
    actions.request_code(
        Target().client(), client_id=DEFAULT_CLIENT_ID, username="diego@example.com"
    )
    return sandbox.mailbox()[-1]["code"]


def press(shown, **values):
    fields = {field["name"]: field["value"] for field in shown.form.fields}
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": {**fields, **values}}, []
    )
    return shown.form.result


def everything(folder):
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_what_a_person_did_is_in_the_journal_and_the_form_says_under_which_name(folder, code):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    result = press(shown, code=code, new_password=NEW)
    journal = Journal(folder)
    (run,) = journal.runs()
    assert (run.state, run.outcome, run.started.runbook) == (
        "completed",
        "confirmed",
        "confirm-reset",
    )
    assert ["Recorded as", run.started.run] in result["rows"]
    assert run.started.parameters["code"] == "prompt:"
    assert run.started.parameters["username"] == "d***@e***"
    assert journal.verify().faults == ()
    kept = json.loads((folder / run.started.run / "record.json").read_text())
    assert kept["ended"]["record"]["verified_by"].startswith("One sign-in")


@pytest.mark.parametrize("variable", ["LOGNAME", "USER", "LNAME", "USERNAME"])
def test_who_began_a_run_is_the_account_of_the_operating_system(folder, monkeypatch, variable):
    monkeypatch.setenv(variable, "somebody-else")
    press(InteractiveRun(ConfirmReset(interactive="yes")))
    (run,) = Journal(folder).runs()
    assert run.started.who == pwd.getpwuid(os.getuid()).pw_name


def test_without_numbers_of_accounts_the_environment_is_asked(monkeypatch):
    monkeypatch.delattr(os, "getuid")
    monkeypatch.setitem(sys.modules, "pwd", None)
    monkeypatch.setenv("LOGNAME", "ann")
    assert account_name() == "ann"
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    assert account_name() == "unknown"


def test_no_secret_and_no_clear_username_is_noted(folder, code):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    press(shown, code=code, new_password="Weak-9")
    press(shown, code=code, new_password=NEW)
    text = everything(folder)
    for secret in (code, NEW, "Weak-9", "diego@example.com"):
        assert secret not in text


def test_each_press_is_a_run_of_its_own(folder, code):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    press(shown, code="1", new_password=NEW)
    press(shown, code=code, new_password="Weak-9")
    press(shown, code=code, new_password=NEW)
    assert [(run.state, run.outcome) for run in Journal(folder).runs()] == [
        ("refused", "not_sent"),
        ("completed", "refused"),
        ("completed", "confirmed"),
    ]


@pytest.mark.parametrize(
    ("broken", "outcome", "next_step"),
    [
        ("_check", "not_sent", "Nothing was sent"),  # before the request
        ("_confirmed", "unknown", "one sign-in"),  # after it
    ],
)
def test_a_run_that_broke_off_is_recorded_by_whether_it_had_sent(
    broken, outcome, next_step, folder, code, monkeypatch
):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))

    def breaks(*_):
        raise RuntimeError(f"oops {NEW}")

    monkeypatch.setattr(shown._run, broken, breaks)
    press(shown, code=code, new_password=NEW)
    (run,) = Journal(folder).runs()
    assert (run.state, run.outcome) == ("failed", outcome)
    assert next_step in run.ended.next_step
    assert NEW not in everything(folder)


def test_a_closed_gate_is_noted_too(folder, sandbox):
    press(InteractiveRun(AdminReset(interactive="yes")))
    (run,) = Journal(folder).runs()
    assert (run.state, run.outcome, run.started.parameters["confirm_username"]) == (
        "refused",
        "not_sent",
        "",
    )


def test_a_journal_that_cannot_be_written_stops_the_run_before_it_sends(folder, code, sandbox):
    folder.write_text("a file where a folder should be")
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    result = press(shown, code=code, new_password=NEW)
    assert result["title"] == "Not sent: the run could not be written to the journal."
    assert "ConfirmForgotPassword" not in sandbox.counts()["calls"]
    assert shown.form.state == "ready"


def test_without_a_folder_nothing_is_noted(tmp_path, code, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = press(InteractiveRun(ConfirmReset(interactive="yes")), code=code, new_password=NEW)
    assert "Recorded as" not in [label for label, _ in result["rows"]]
    assert list(tmp_path.iterdir()) == []


def test_a_password_in_place_of_the_place_for_it_is_not_noted(folder, sandbox):
    press(
        InteractiveRun(SetPassword(interactive="yes")),
        password_to="Oops-by-value-1",
        confirm_username="diego@example.com",
    )
    (run,) = Journal(folder).runs()
    assert (run.outcome, run.started.parameters["password_to"]) == ("not_sent", "[hidden]")
    assert "Oops-by-value-1" not in everything(folder)


def test_a_notebook_that_is_missing_stops_the_run_before_it_sends(
    folder, code, sandbox, monkeypatch
):
    entry = dataclasses.replace(RUNBOOKS["confirm-reset"], path=folder / "gone.ipynb")
    monkeypatch.setitem(RUNBOOKS, "confirm-reset", entry)
    result = press(InteractiveRun(ConfirmReset(interactive="yes")), code=code, new_password=NEW)
    assert "gone.ipynb cannot be read: install" in json.dumps(result["rows"])
    assert "ConfirmForgotPassword" not in sandbox.counts()["calls"]


# --- the username, and secrets, that are words of the format ---

WORDS = ["confirmed", "completed", "ended", "done", "confirm-reset", "20", "outcome", "null"]


@pytest.mark.parametrize("word", WORDS)
def test_a_username_that_is_a_word_of_the_format_breaks_nothing(folder, sandbox, word):
    Target().client().admin_create_user(
        UserPoolId=DEFAULT_POOL_ID, Username=word, MessageAction="SUPPRESS"
    )
    press(InteractiveRun(AdminReset(interactive="yes")), username=word, confirm_username=word)
    (run,) = Journal(folder).runs()
    assert (run.state, run.started.runbook) == ("completed", "admin-reset")
    assert run.started.parameters["username"] == f"{word[0]}***"
    kept = Kept.model_validate_json((folder / run.started.run / "record.json").read_text())
    assert kept.ended.outcome == run.outcome
    assert kept.ended.record.parameters["username"] == f"{word[0]}***"


@pytest.mark.parametrize("word", ["confirmed", "completed", "outcome", "schema_version", "done"])
def test_a_secret_that_is_a_word_of_the_format_breaks_nothing(folder, code, word):
    Secret(word)
    press(InteractiveRun(ConfirmReset(interactive="yes")), code=code, new_password=NEW)
    (run,) = Journal(folder).runs()
    assert (run.state, run.outcome) == ("completed", "confirmed")
    assert run.ended.record.outcome == "confirmed"
    assert (folder / run.started.run / "record.json").exists()


def test_every_word_time_and_id_of_a_runs_end_stays_what_it_is():
    """A member of the models that only certain values fit is in masking.KEPT."""

    def words(schema, path=()):
        if "$ref" in schema:
            schema = definitions[schema["$ref"].rpartition("/")[2]]
        for each in (schema, *schema.get("anyOf", ())):
            if each.get("format") == "date-time" or "enum" in each or "const" in each:
                yield path
            if "$ref" in each and each is not schema:
                yield from words(each, path)
            for name, member in each.get("properties", {}).items():
                yield from words(member, (*path, name))
            if each.get("type") == "array" and "items" in each:
                yield from words(each["items"], (*path, "*"))

    whole = Ended.model_json_schema(mode="serialization")
    definitions = whole["$defs"]
    found = {path for path in words(whole) if path[-1] != "schema_version"}
    assert ("outcome",) in found
    assert ("record", "steps", "*", "status") in found
    assert found <= KEPT

"""A second person agrees to a plan, under another account, and that plan runs, once."""

import json
import os
from datetime import timedelta

import pytest

from helpers.form.desk_page import DeskPage
from helpers.form.interactive import InteractiveRun
from helpers.run import agreement
from helpers.run.agreement import NotAgreed, may_be_caller, standing
from helpers.run.entries import now
from helpers.run.journal import Journal
from helpers.run.masking import RUNS, folder_key
from helpers.run.record import NextRunbook, Outcome
from helpers.run.second import agree, check_second, request_of
from helpers.run.where import Callers
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.admin_reset import AdminReset
from helpers.runbooks.set_password import SetPassword
from helpers.runner import headless
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.secrets.redaction import of_one_run, register
from helpers.target.caller import Caller
from helpers.target.pools_file import POOLS

REAL = os.getuid()
FIRST = REAL + 4242
"""Who asks, as far as the program is told. What it writes belongs to REAL, who agrees."""
POOLS_FILE = f"""
[guarded]
target = "sandbox"
user_pool_id = "{DEFAULT_POOL_ID}"
[guarded.asks]
second_person = true
[open]
target = "sandbox"
user_pool_id = "{DEFAULT_POOL_ID}"
"""
GIVEN = {"pool": "guarded", "case_number": "INC-7", "proof_of_identity": "Called back, ext. 4711"}
ANN, BOB = (Caller("123456789012", f"arn:aws:iam::123456789012:user/{who}") for who in "ab")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, sandbox):
    pools = tmp_path / "pools.toml"
    pools.write_text(POOLS_FILE)
    monkeypatch.setenv(POOLS, str(pools))
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o2770)
    monkeypatch.setenv(RUNS, str(runs))
    monkeypatch.setattr(os, "getuid", lambda: FIRST)
    return runs


@pytest.fixture
def journal(folder):
    return Journal(folder)


def run(folder, name="admin-reset", **values):
    return headless.run(RUNBOOKS[name], {**GIVEN, **values}, out=folder, notebooks="none")


def agreed_by(journal, asked_run, caller=None, uid=REAL):
    """Agree as another account, as the command does."""
    asked = request_of(journal, asked_run)
    before = os.getuid
    try:
        os.getuid = lambda: uid
        return agree(journal, asked, check_second(journal, asked), caller)
    finally:
        os.getuid = before


def events(journal):
    return [json.loads(line)["entry"]["event"] for line in journal.path.read_text().splitlines()]


def everything(folder):
    return "".join(path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())


def test_a_run_waits_and_says_how_to_agree_and_nothing_is_sent(folder, journal, sandbox):
    report = run(folder)
    assert (report.outcome, report.exit_code) == ("not_sent", 10)
    assert f"cognito-reset agree {report.run} --out {folder}" in report.next_step
    assert request_of(journal, report.run).digest[:12] in report.meaning
    assert events(journal) == ["started", "asked", "ended"]
    assert sandbox.mailbox() == []
    assert report.record.steps == ()
    assert journal.verify().faults == ()


def test_what_was_agreed_runs_once_and_the_record_says_who_agreed(folder, journal, sandbox):
    waiting = run(folder)
    agreed = agreed_by(journal, waiting.run)
    done = run(folder)
    assert (done.outcome, done.exit_code) == ("confirmed", 0)
    assert len(sandbox.mailbox()) == 1
    kept = json.loads((folder / done.run / "record.json").read_text())["ended"]["record"]["agreed"]
    assert f"({REAL})" in kept
    assert agreed.digest in kept
    assert events(journal)[3:] == ["agreed", "started", "used", "sending", "ended"]
    assert run(folder).exit_code == 10  # used up
    assert len(sandbox.mailbox()) == 1
    assert journal.verify().faults == ()
    assert [each.outcome for each in journal.runs()] == ["not_sent", "confirmed", "not_sent"]
    assert journal.end_of(waiting.run).exit_code == 10
    assert not journal.may_have_sent(waiting.run)


@pytest.mark.parametrize("name", [name for name in RUNBOOKS if RUNBOOKS[name].changes])
def test_every_gated_runbook_waits(folder, name):
    gated = issubclass(RUNBOOKS[name].parameters, agreement.GatedParameters)
    fields = RUNBOOKS[name].parameters.model_fields
    values = {"user_pool_id": ""} if "user_pool_id" in fields else {}
    if gated:
        assert run(folder, name, **values).exit_code == 10
    else:
        assert name in ("confirm-reset", "request-code")  # the user's own calls


@pytest.mark.parametrize(
    "change",
    [
        {"username": "maria@example.com", "confirm_username": "maria@example.com"},
        {"proof_of_identity": "Said so"},
        {"case_number": "INC-8"},
    ],
)
def test_a_changed_plan_needs_an_agreement_of_its_own(folder, journal, change):
    agreed_by(journal, run(folder).run)
    assert run(folder, **change).exit_code == 10
    assert run(folder).exit_code == 0


def test_two_users_who_are_masked_alike_are_two_plans(folder, journal):
    digests = set()
    for name in ("diego@example.com", "dora@elsewhere.example"):
        waiting = request_of(journal, run(folder, username=name, confirm_username=name).run)
        assert waiting.parameters["username"] == "d***@e***"
        digests.add(waiting.digest)
    assert len(digests) == 2


def test_a_changed_notebook_is_a_changed_plan(folder, journal, monkeypatch):
    agreed_by(journal, run(folder).run)
    monkeypatch.setattr(type(RUNBOOKS["admin-reset"]), "read", lambda self: b"another")
    assert run(folder).exit_code == 10


def test_what_is_only_told_and_who_is_there_are_no_part_of_the_plan(folder, journal):
    given = {"two_persons": "yes", "agreed_by": "Ana"}
    agreed_by(journal, run(folder, "set-password", **given).run)
    assert run(folder, "set-password", **{**given, "agreed_by": "Bea"}).exit_code == 0


def test_a_secret_that_was_handed_over_by_another_process_is_the_same_plan(folder, monkeypatch):
    journal, digests = Journal(folder), set()
    for process in (41, 42):
        variable = f"COGNITO_RESET_CLIENT_SECRET_{process}"
        monkeypatch.setenv(variable, "Planted-client-secret")
        report = run(folder, "set-password", client_secret=f"env:{variable}")
        digests.add(request_of(journal, report.run).digest)
    assert len(digests) == 1
    assert "Planted-client-secret" not in everything(folder)


@pytest.mark.parametrize(("minutes", "code"), [(59, 0), (61, 10), (-61, 10)])
def test_an_agreement_is_good_for_an_hour(folder, journal, monkeypatch, minutes, code):
    agreed_by(journal, run(folder).run)
    monkeypatch.setattr(agreement, "now", lambda: now() + timedelta(minutes=minutes))
    assert run(folder).exit_code == code


def test_the_same_account_is_refused_whatever_the_environment_says(folder, journal, monkeypatch):
    waiting = run(folder).run
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    with pytest.raises(NotAgreed, match="who asked"):
        agreed_by(journal, waiting, uid=FIRST)
    assert run(folder).exit_code == 10


def test_a_line_that_the_first_person_has_written_is_no_agreement(folder, journal):
    waiting = run(folder).run
    agreed = agreed_by(journal, waiting)
    path = folder / f"{waiting}.agreed"
    path.unlink()
    assert run(folder).exit_code == 10
    path.write_text(agreed.model_copy(update={"run": "another"}).model_dump_json())
    assert run(folder).exit_code == 10
    path.write_text(agreed.model_dump_json())  # REAL's file again
    forged = agreed.model_copy(update={"uid": FIRST + 1})
    path.write_text(forged.model_dump_json())  # of an account that does not own it
    journal.append(forged)
    assert run(folder).exit_code == 10


def test_a_used_agreement_that_is_written_again_is_still_used(folder, journal):
    agreed = agreed_by(journal, run(folder).run)
    assert run(folder).exit_code == 0
    journal.append(agreed)
    assert run(folder).exit_code == 10


def test_who_agreed_may_not_act_on_it(folder, journal, monkeypatch):
    agreed_by(journal, run(folder).run)
    monkeypatch.setattr(os, "getuid", lambda: REAL)
    assert run(folder).exit_code == 10


def test_there_is_one_agreement_to_a_request(folder, journal):
    waiting = run(folder).run
    agreed_by(journal, waiting)
    with pytest.raises(NotAgreed, match="agreed to already"):
        request_of(journal, waiting)


def test_where_calls_are_signed_it_is_another_caller(folder, journal, monkeypatch):
    monkeypatch.setattr(Callers, "of", lambda self, parameters: ANN)
    waiting = run(folder).run
    assert request_of(journal, waiting).caller == ANN.arn
    for caller in (ANN, None):
        with pytest.raises(NotAgreed, match="another AWS caller"):
            agreed_by(journal, waiting, caller)
    agreed_by(journal, waiting, BOB)
    done = run(folder)
    assert done.exit_code == 0
    assert BOB.arn in done.record.agreed


def test_a_secret_that_is_a_part_of_the_callers_name_makes_no_other_caller_of_it(
    folder, journal, monkeypatch
):
    monkeypatch.setattr(Callers, "of", lambda self, parameters: ANN)
    waiting = run(folder).run
    with of_one_run():
        register("user/a")  # as at a desk, where it was typed before
        hidden = request_of(journal, waiting)
        assert hidden.caller == "arn:aws:iam::123456789012:[hidden]"
        for caller in (ANN, BOB):
            with pytest.raises(NotAgreed, match="nobody can tell whether it is you"):
                agreed_by(journal, waiting, caller)
    shown = request_of(journal, waiting)
    agreed_by(journal, waiting, BOB)
    assert standing(journal, shown)
    assert not standing(journal, hidden)  # as a run would ask whose secret it is


def test_a_secret_that_is_a_part_of_a_plan_makes_no_other_plan_of_it(folder, journal):
    waiting = run(folder).run
    with of_one_run():
        register("Called back")  # part of the proof of identity
        assert "[hidden]" in request_of(journal, waiting).parameters["proof_of_identity"]
        agreed_by(journal, waiting)
    assert run(folder).exit_code == 0


@pytest.mark.parametrize("caller", [ANN, BOB])
def test_each_caller_of_a_campaign_is_who_asks(folder, journal, monkeypatch, caller):
    monkeypatch.setattr(Callers, "of", lambda self, parameters: ANN)
    asked = request_of(journal, run(folder).run)
    both = asked.model_copy(update={"caller": f"{ANN.arn}, {BOB.arn}"})
    assert may_be_caller(both, caller.arn)
    assert not may_be_caller(both, "arn:aws:iam::123456789012:user/c")


def test_who_has_come_to_sign_as_the_one_who_agreed_is_refused(folder, journal, monkeypatch):
    agreed_by(journal, run(folder).run, ANN)
    monkeypatch.setattr(Callers, "of", lambda self, parameters: ANN)
    assert run(folder).exit_code == 10


def test_leaving_the_pools_name_out_does_not_help(folder):
    assert run(folder, pool="").exit_code == 10
    assert run(folder, pool="open").exit_code == 0


def test_a_folder_that_is_not_shared_is_said_in_a_sentence(folder, journal):
    waiting = run(folder).run
    folder.chmod(0o700)
    with pytest.raises(NotAgreed, match="mode 2770"):
        agreed_by(journal, waiting)


@pytest.mark.parametrize(("mode", "expected"), [(0o2770, 0o660), (0o700, 0o600), (0o770, 0o600)])
def test_the_group_may_write_where_the_folder_is_shared_and_only_there(folder, mode, expected):
    folder.chmod(mode)
    before = os.umask(0o077)
    try:
        run(folder)
        modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
        with Journal(folder).under_way("x"):
            assert (folder / ".x.lock").stat().st_mode & 0o777 == expected
    finally:
        os.umask(before)
    for name in ("journal.jsonl", "journal.jsonl.head", ".username-key"):
        assert modes[name] == expected


def test_without_a_journal_nobody_could_agree_so_nothing_is_sent(monkeypatch, sandbox):
    monkeypatch.delenv(RUNS)
    alone = AdminReset(**GIVEN, interactive="no")
    result = alone.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "no journal is kept here" in result.happened
    assert sandbox.mailbox() == []


def test_a_broken_file_of_pools_stops_what_could_be_asked_for(monkeypatch, tmp_path):
    tmp_path.joinpath("pools.toml").write_text("[")
    given = {"target": "aws", "user_pool_id": "us-east-1_AbCdEfGhI", "username": "maria"}
    read, problems = AdminReset.parameters_model.read(
        {**given, "confirm_username": "maria", "proof_of_identity": "Seen"}, person=False
    )
    assert not problems
    assert agreement.is_asked_for(read)
    result = agreement.ask_or_use("admin-reset", read, None)
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)


def test_the_plan_says_that_a_second_person_has_to_agree():
    assert agreement.ASKED_FOR in repr(AdminReset(**GIVEN, interactive="no").plan())
    assert agreement.ASKED_FOR not in repr(AdminReset(interactive="no", pool="open").plan())


def test_a_form_waits_and_acts_when_its_button_is_pressed_again(folder, journal, sandbox):
    shown = InteractiveRun(SetPassword(**GIVEN, interactive="yes"))
    fields = {field["name"]: field["value"] for field in shown.form.fields}
    values = {**fields, "confirm_username": "diego@example.com", "password_to": "discard:"}

    def press():
        message = {"kind": "submit", "turn": shown.form.turn, "values": dict(values)}
        shown.form._handle_custom_msg(message, [])
        return dict(shown.form.result["rows"])

    rows = press()
    waiting = rows["Recorded as"]
    assert rows["To agree"] == f"cognito-reset agree {waiting} --out {folder}"
    assert shown.form.state == "ready"
    agreed_by(journal, waiting)
    rows = press()
    assert any(text.startswith("Agreed by: account ") for text in rows.values())
    assert shown.form.state == "done"
    assert shown.form.result["outcome"] == "confirmed"
    assert "diego@example.com" not in everything(folder)


def test_at_the_desk_the_step_stays_until_somebody_has_agreed(folder, journal, sandbox):
    page = DeskPage()
    values = {"pool": "guarded", "case_number": "INC-7", "whom": "diego@example.com", "said": ""}
    page.head._handle_custom_msg({"kind": "open", "turn": page.head.turn, "values": values}, [])
    page.go_on(NextRunbook(name="admin-reset", parameters={"username": "diego@example.com"}))
    step = page._step
    typed = {"confirm_username": "diego@example.com", "proof_of_identity": "Called back"}
    fields = {field["name"]: field["value"] for field in step.form.fields} | typed

    def press():
        message = {"kind": "submit", "turn": step.form.turn, "values": dict(fields)}
        step.form._handle_custom_msg(message, [])
        return dict(step.form.result["rows"])

    rows = press()
    assert rows["To agree"] == f"cognito-reset agree {rows['Recorded as']} --out {folder}"
    assert page._step is step
    agreed_by(journal, rows["Recorded as"])
    press()
    assert step.form.result["outcome"] == "confirmed"
    assert [line for line, _ in page._case.lines] == ["diagnose-user", "admin-reset", "admin-reset"]


def test_a_key_from_before_the_folder_was_shared_is_for_the_group_too(folder):
    folder.chmod(0o700)
    key = folder_key(folder)
    assert (folder / ".username-key").stat().st_mode & 0o777 == 0o600
    folder.chmod(0o2770)
    assert folder_key(folder) == key
    assert (folder / ".username-key").stat().st_mode & 0o777 == 0o660

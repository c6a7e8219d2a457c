"""A second person agrees to a whole campaign, once, and every row of it is covered by that."""

import json
import os

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from helpers.__main__ import main
from helpers.campaign import owner, remote
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import ROWS
from helpers.cognito.errors import BadParameters
from helpers.run.agreement import NotAgreed
from helpers.run.entries import Agreed, now
from helpers.run.journal import Journal
from helpers.run.second import request_of, waiting
from helpers.runbooks import RUNBOOKS
from helpers.runner import headless
from helpers.runner.signals import StopRequests
from helpers.sandbox import open_sandbox
from helpers.target.pools_file import POOLS
from tests.campaign.test_elsewhere import in_thread
from tests.run.test_agreement import FIRST, POOLS_FILE, REAL, agreed_by

ENTRY = RUNBOOKS["admin-reset"]
SHARED = {"pool": "guarded", "case_number": "INC-7", "proof_of_identity": "the breach, INC-7"}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A folder of runs that two accounts share; who is here is the first of them."""
    (tmp_path / "pools.toml").write_text(POOLS_FILE)
    monkeypatch.setenv(POOLS, str(tmp_path / "pools.toml"))
    folder = tmp_path / "runs"
    folder.mkdir()
    folder.chmod(0o2770)
    monkeypatch.setattr(os, "getuid", lambda: FIRST)
    return folder


@pytest.fixture
def table(tmp_path, pool, runs):
    for name in ("one", "two", "three"):
        pool(name)
    path = tmp_path / "users.csv"
    path.write_text("username,confirm_username\none,one\ntwo,two\nthree,three\n")
    return path


def run(table, runs, *, ledger="", **manner):
    manner = owner.Manner(**{"pace": 0, "options": {"notebooks": "none"}, **manner})
    return owner.run_table(ENTRY, table, out=runs, shared=SHARED, manner=manner, ledger=ledger)


def changed():
    return open_sandbox().counts()["calls"].get("AdminResetUserPassword", {})


def agree(runs, summary, **given):
    return agreed_by(Journal(runs), summary.to_agree.split()[2], **given)


def test_it_waits_for_one_agreement_to_the_whole_plan_and_sends_nothing(table, runs, inline):
    summary = run(table, runs)
    assert (summary.exit_code, summary.left, summary.state) == (10, 3, "paused")
    assert summary.to_agree == f"cognito-reset agree {summary.campaign} --out {runs}"
    assert summary.to_agree in summary.why
    [asked] = [one for one in Journal(runs).backwards() if one["event"] == "asked"]
    assert asked["parameters"]["users"] == "3"
    assert asked["parameters"]["case_number"] == "INC-7"
    assert "username" not in asked["parameters"]
    assert not {"one", "two", "three"} & set(json.dumps(asked).replace('"', " ").split())
    assert not changed()
    assert not waiting(Journal(runs)), "at the desk there is one user at a time"


def test_what_was_agreed_runs_and_each_record_says_who_agreed(table, runs, inline):
    agree(runs, run(table, runs))
    summary = run(table, runs, first=1)
    assert (summary.exit_code, summary.outcomes) == (9, {"confirmed": 1})
    summary = run(table, runs)
    assert (summary.exit_code, summary.outcomes) == (0, {"confirmed": 3})
    assert changed() == {"one": 1, "two": 1, "three": 1}
    journal = Journal(runs)
    for one in journal.runs():
        assert one.ended.record.agreed.startswith("account ")
        assert f"known by the owner of {summary.campaign}.agreed" in one.ended.record.agreed
    assert journal.verify().faults == ()
    events = [one["event"] for one in journal.backwards()]
    assert (events.count("asked"), events.count("agreed"), events.count("used")) == (1, 1, 4)


def test_a_notebooks_kernel_looks_itself_who_agreed(table, runs, inline, monkeypatch):
    if REAL != 0:
        return  # these tests may not give a file to another account
    monkeypatch.setattr(os, "getuid", lambda: REAL)  # as the kernel is told
    agree(runs, run(table, runs), uid=FIRST)
    [path] = runs.glob("*.agreed")
    os.chown(path, FIRST, -1)
    first = run(table, runs, options={"notebooks": "all"}, first=1)
    assert first.outcomes == {"confirmed": 1}
    [one] = Journal(runs).runs()
    assert f"account {FIRST} ({FIRST})" in one.ended.record.agreed


def test_the_second_person_sees_the_plan_and_repeats_its_digest(table, runs, inline, monkeypatch):
    summary = run(table, runs)
    with monkeypatch.context() as other:
        other.setattr(os, "getuid", lambda: os.stat(runs).st_uid)
        words = summary.to_agree.split()[1:]
        wrong = CliRunner().invoke(main, [*words, "--digest", "0" * 12])
        digest = summary.why.split()[1]
        told = CliRunner().invoke(main, [*words, "--digest", digest])
    assert wrong.exit_code == 2
    assert told.exit_code == 0, told.output
    assert "3 can be done" in told.output
    assert "Agreed, for this campaign, to begin by " in told.output
    assert run(table, runs).exit_code == 0


def test_the_same_account_is_refused(table, runs, inline):
    summary = run(table, runs)
    with pytest.raises(NotAgreed, match="another account has to agree"):
        agree(runs, summary, uid=FIRST)
    assert run(table, runs).exit_code == 10
    assert not changed()


def test_another_table_is_another_plan(table, runs, inline):
    agree(runs, run(table, runs))
    table.write_text(table.read_text().replace("three", "two2"))
    with table.open("a") as file:
        file.write("three,three\n")
    assert run(table, runs).exit_code == 10
    assert not changed()


def alter_a_row(runs):
    [folder] = owner.folders(runs)
    with Ledger.in_folder(folder) as ledger, ledger.engine.begin() as db:
        [row, *_] = ledger.rows(folder.name)
        text = json.dumps({**row.parameters, "username": "two", "confirm_username": "two"})
        db.execute(update(ROWS).where(ROWS.c.number == row.number).values(parameters=text))


def remove_the_file(runs):
    [path] = runs.glob("*.agreed")
    path.unlink()


def write_it_anew(runs):
    [path] = runs.glob("*.agreed")
    path.write_text(path.read_text().replace('"who":"', '"who":"x'))


@pytest.mark.parametrize("change", [alter_a_row, remove_the_file, write_it_anew])
def test_what_is_not_as_it_was_agreed_does_not_go_on(table, runs, inline, change):
    agree(runs, run(table, runs))
    run(table, runs, first=1)
    change(runs)
    [folder] = owner.folders(runs)
    with pytest.raises(BadParameters, match="agree"):
        owner.go_on(folder, ENTRY, out=runs, manner=owner.Manner(pace=0))
    assert sum(changed().values()) == 1


def test_a_line_that_the_first_person_writes_covers_no_run(table, runs, inline):
    """As a forger would: an agreement and its use, without a file that another account owns."""
    summary = run(table, runs)
    journal = Journal(runs)
    asked = request_of(journal, summary.campaign)
    forged = Agreed(run=asked.run, at=now(), who="b", uid=1, caller="", digest=asked.digest)
    journal.append(forged)
    values = {**SHARED, "username": "one", "confirm_username": "one"}
    told = headless.run(
        ENTRY, values, out=runs, notebooks="none", agreed=forged.model_dump(mode="json")
    )
    assert (told.exit_code, told.outcome) == (10, "not_sent")
    assert not changed()


def test_workers_elsewhere_honour_it(table, runs, postgres, tmp_path):
    summary = run(table, runs, ledger=postgres)
    agree(runs, summary)
    [folder] = owner.folders(runs)

    def work():
        remote.work_elsewhere(
            *(postgres, folder.name, tmp_path / "spool", remote.Manner(timeout=60)),
            stop=StopRequests(),
            tell=lambda done: None,
            warn=lambda words: None,
        )

    manner = owner.Manner(pace=0, options={"notebooks": "none"}, workers=0)
    with in_thread(work):
        done = owner.go_on(folder, ENTRY, out=runs, manner=manner)
    assert done.outcomes == {"confirmed": 3}
    for one in Journal(runs).runs():
        assert "as the campaign's ledger says" in one.ended.record.agreed

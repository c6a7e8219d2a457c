"""What the notebook of a campaign shows, with a person and without one."""

import os
import re
import runpy
import sys

import nbformat
import papermill
import pytest

from helpers.campaign import owner
from helpers.campaign.history import SLOWER, THROTTLED, Event
from helpers.campaign.ledger import Ledger
from helpers.campaign.pace import paces
from helpers.campaign.page import CampaignPage, CountsDiffer
from helpers.campaign.pictures import over_time, verdicts
from helpers.campaign.schema import ACTING, PAUSED, RUNNING
from helpers.campaign.seen import Course, course, look
from helpers.cognito.errors import BadParameters
from helpers.display.live import Live
from helpers.display.person import NotInATab
from helpers.form.live import live
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import open_sandbox
from tests import ROOT, until

ENTRY = RUNBOOKS["admin-reset"]
NOTEBOOK = ROOT / "notebooks" / "campaign.ipynb"
PARTS = (
    "where",
    "plan",
    "verdicts",
    "gate",
    "first",
    "go",
    "progress",
    "failures",
    "settle",
    "report",
)


@pytest.fixture
def table(tmp_path, pool):
    """A table of four users, one of whom a reset cannot help."""
    names = ["first", "second", "third", "unverified"]
    for name in names:
        pool(name, verified=name != "unverified")
    path = tmp_path / "users.csv"
    path.write_text("username,confirm_username\n" + "".join(f"{one},{one}\n" for one in names))
    return path


@pytest.fixture
def given(table, tmp_path):
    return {"table": str(table), "out": str(tmp_path / "runs"), "first": "2", "pace": "0"}


def begin(table, tmp_path, **manner):
    """Run the campaign of the table; return its folder."""
    manner = owner.Manner(pace=0, **manner)
    summary = owner.run_table(ENTRY, table, out=tmp_path / "runs", manner=manner)
    return tmp_path / "runs" / "campaigns" / summary.campaign


def resets():
    return sum(open_sandbox().counts()["calls"].get("AdminResetUserPassword", {}).values())


def drawn(part):
    assert isinstance(part, Live)
    return part.draw()


def controls(part):
    return {one.name: one.ready for one in drawn(part).controls}


# --- parameters ---


def test_every_problem_with_the_parameters_is_told_at_once(tmp_path):
    bad = {
        "runbook": "reset-all",
        "table": "no-such.csv",
        "campaign": "20260101",
        "first": "none",
        "pace": "-1",
        "workers": "99",
        "max_errors": "x%",
        "notebooks": "some",
        "window": "now",
        "per_day": "few",
        "over_mail_limit": "perhaps",
        "interactive": "maybe",
        "colour": "red",
        "out": str(tmp_path),
    }
    with pytest.raises(BadParameters) as raised:
        CampaignPage(**bad)
    assert {one.field for one in raised.value.problems} == bad.keys() - {"out", "table"}


@pytest.mark.parametrize(
    "bad",
    [
        {"table": "no-such.csv"},
        {"campaign": "no-such"},
        {"target": "aws"},
        {"pool": "prod"},
        {"runbook": "set-password"},
    ],
    ids=str,
)
def test_what_is_needed_and_not_there_is_named(bad, tmp_path):
    with pytest.raises(BadParameters) as raised:
        CampaignPage(out=str(tmp_path), **bad)
    [problem] = raised.value.problems
    assert problem.field in ("table", "campaign")


# --- without a person ---


def papermilled(tmp_path, **given):
    out = tmp_path / "out.ipynb"
    try:
        papermill.execute_notebook(NOTEBOOK, out, given, progress_bar=False, cwd=str(tmp_path))
        failed = ""
    except papermill.PapermillExecutionError as exc:
        failed = exc.ename
    return failed, nbformat.read(out, 4)


def shown(notebook, cell_id):
    [cell] = [cell for cell in notebook.cells if cell.get("id") == cell_id]
    return "\n".join(each["data"]["text/plain"] for each in cell.outputs if "data" in each)


@pytest.fixture
def in_kernels(monkeypatch):
    """Have kernels and processes import this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_headless_it_is_the_report_of_a_campaign_and_names_nobody(
    table, tmp_path, inline, in_kernels
):
    folder = begin(table, tmp_path)
    failed, notebook = papermilled(tmp_path, campaign=folder.name, out=str(tmp_path / "runs"))
    assert not failed
    assert "4 of 4 are over: 3 confirmed, 1 not_sent." in shown(notebook, "go")
    assert re.search(r"2 \| f\*\*\* \| confirmed", shown(notebook, "first"))
    assert "fix-contact | 1 | 5" in shown(notebook, "failures")
    assert "results.csv" in shown(notebook, "report")
    assert "out, all together | 4" in shown(notebook, "proof")
    text = nbformat.writes(notebook)
    assert "widget" not in text
    assert not [name for name in ("first@", "second", "third", "unverified@") if f'"{name}' in text]
    assert (folder / "results.csv").exists()


def test_headless_it_begins_nothing_and_its_last_cell_fails_where_users_are_left(given):
    page = CampaignPage(interactive="no", **given)
    parts = {name: repr(getattr(page, name)()) for name in PARTS}
    assert "3 of 4" in parts["plan"]
    assert "not begun" in parts["go"]
    with pytest.raises(CountsDiffer, match="4 rows went in, and of 0"):
        page.proof()
    assert not resets()


def test_a_row_of_which_nobody_knows_is_no_end(table, tmp_path, inline):
    folder = begin(table, tmp_path)
    page = CampaignPage(campaign=folder.name, out=str(tmp_path / "runs"))
    assert "confirmed | 3" in repr(page.proof())
    with Ledger.in_folder(folder) as ledger:
        ledger.wait_again(folder.name, "confirmed")
        ledger.allow(folder.name, rows=0, budget=0, paces={})
        row = ledger.claim(folder.name, "w")
        ledger.permit(folder.name, row)
        assert [one.state for one in ledger.rows(folder.name, ACTING)] == [ACTING]
    page._found.clear()
    with pytest.raises(CountsDiffer, match="4 rows went in, and of 1"):
        page.proof()


def test_practice_without_a_person_is_a_sample_that_is_run_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    page = CampaignPage()
    parts = {name: getattr(page, name)() for name in PARTS}
    assert "no user is real" in repr(parts["where"])
    assert "12 of 12 are over: 6 confirmed, 5 not_sent, 1 refused." in repr(parts["go"])
    assert "out, all together | 12" in repr(page.proof())
    assert "@example.com" not in repr(list(parts.values()))
    assert resets() == 6


# --- with a person ---


def test_nothing_begins_before_the_gate_has_the_number_of_users(given, in_kernels):
    page = CampaignPage(interactive="yes", **given)
    page.plan()
    gate, first, go = page.gate(), page.first(), page.go()
    for wrong in ("", "3", "many", "-4"):
        assert "stays closed" in gate.press("open", wrong)
    assert controls(first) == {"first": False}
    assert controls(go) == {"rest": False, "pause": False, "slower": False}
    assert "is open" in gate.press("open", "4")
    assert (controls(first), controls(go)["rest"]) == ({"first": True}, True)
    assert not resets()


def test_how_it_is_run_is_handed_to_its_process(table, tmp_path):
    given = {
        "first": "2",
        "pace": "5",
        "workers": "3",
        "max_errors": "2%",
        "window": "20:00-06:00",
        "per_day": "100",
        "notebooks": "none",
        "over_mail_limit": "yes",
    }
    page = CampaignPage(table=str(table), out=str(tmp_path / "runs"), **given)
    words = " ".join(page._given.options(users=4, first=2))
    assert words == (
        "--users 4 --window 20:00-06:00 --per-day 100 --first 2 --pace 5 --workers 3"
        " --max-errors 2% --notebooks none --over-mail-limit"
    )


def test_a_campaign_is_started_paused_slowed_and_goes_on_from_any_page(
    table, tmp_path, given, in_kernels
):
    given["notebooks"] = "none"
    page = CampaignPage(interactive="yes", **given)
    page.plan()
    gate, first, go = page.gate(), page.first(), page.go()
    gate.press("open", "4")
    assert "process of its own" in first.press("first", "")
    until(lambda: drawn(go).progress.done == 2 and controls(go)["rest"])
    assert "2 of 4 are over: 2 confirmed." in drawn(go).progress.words
    told = drawn(first)
    assert "second" in told.markup
    assert "second" not in told.kept
    # Another page, as after a kernel that has ended: its gate is passed.
    page._process.wait()
    page._ledger.close()
    page = CampaignPage(interactive="yes", **given)
    page.plan()
    assert "passed" in drawn(page.gate()).markup
    [folder] = owner.folders(tmp_path / "runs")
    go = page.go()
    go.press("slower", "")
    with Ledger.in_folder(folder) as ledger:
        assert max(paces(ledger, folder.name).values()) == pytest.approx(20)
    go.press("rest", "")
    until(lambda: drawn(go).progress.done == 4)
    page._process.wait()
    until(lambda: "done" in drawn(go).markup)
    assert controls(page.failures()) == {"fix-contact": True}
    page.failures().press("fix-contact", "")
    assert "unverified" in (folder / "fix-contact.csv").read_text()
    assert resets() == 3


def test_why_its_process_did_not_begin_is_told(given, in_kernels):
    page = CampaignPage(interactive="yes", **given)
    page.plan()
    with owner.owned(page._folder):
        page._press_go("rest", "")
        page._process.wait()
        assert "runs this campaign at the moment" in drawn(page.go()).markup


def test_a_button_that_fails_says_so_and_one_that_is_not_ready_does_nothing():
    pressed = []

    def press(name, number):
        pressed.append((name, number))
        raise RuntimeError("the disk is full")

    from helpers.display.live import Control, Drawn

    part = Live(
        "A part",
        lambda: Drawn("<p>x</p>", (Control("a", "A"), Control("b", "B", ready=False))),
        press,
    )
    panel, sent = live(part), []
    panel.send = sent.append
    for content in (
        {"kind": "drawn"},
        {"kind": "press", "name": "b"},
        {"kind": "press", "name": "c"},
    ):
        panel._on_message(panel, content, [])
    assert pressed == []
    panel._on_message(panel, {"kind": "press", "name": "a", "number": " 4 "}, [])
    assert pressed == [("a", "4")]
    assert [one for one in sent if one["kind"] == "shown"][-1][
        "said"
    ] == "This did not work: the disk is full"
    sent.clear()
    panel._on_message(panel, {"kind": "tick"}, [])
    assert sent == [{"kind": "here"}]
    assert "x" not in panel.get_state()["label"]


# --- what is drawn ---


def test_a_bar_for_each_verdict_has_its_number_in_words_and_in_the_table():
    picture, table = verdicts({("can be done", ""): 3, ("it is disabled", "diagnose-user"): 1})
    assert picture.words == ("Can be done: 3 of 4.", "It is disabled -> diagnose-user: 1 of 4.")
    assert table.rows == (("Can be done", "-", "3"), ("It is disabled", "diagnose-user", "1"))
    assert "3 of 4" in picture.svg


def test_marks_say_by_a_letter_and_in_words_when_it_paused_and_was_throttled():
    happened = (
        Event(0.0, RUNNING, ""),
        Event(3.0, THROTTLED, "UserRead"),
        Event(4.0, SLOWER, ""),
        Event(6.0, PAUSED, "somebody has paused it"),
    )
    picture, table = over_time(
        Course(0.0, 2.0, {"confirmed": [1, 0, 2, 0], "refused": [0, 0, 0, 1]}, happened)
    )
    for letter in "RTLP":
        assert f">{letter}</text>" in picture.svg
    assert "00:00:03 UTC: throttled: Cognito asked for a slower pace (UserRead)." in picture.words
    assert table.rows[-1] == ("00:00:06 UTC", "", "1", "paused (somebody has paused it)")


def test_nothing_that_has_ended_is_drawn_too():
    picture, table = over_time(Course(0.0, 1.0, {}, ()))
    assert (picture.words, table.rows) == ((), ())


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_what_ended_when_is_counted_by_the_ledger(database, request, tmp_path):
    url = "" if database == "sqlite" else request.getfixturevalue("postgres")
    with Ledger.in_folder(tmp_path / f"seen-{os.getpid()}", url) as ledger:
        name = f"seen-{os.getpid()}"
        rows = ((number, {"username": f"user{number}"}) for number in range(2, 6))
        ledger.make(name, runbook="admin-reset", digest="d", made_by="me", rows=rows, categories=[])
        assert course(ledger, name).ends == {}
        ledger.allow(name, rows=0, budget=0, paces={})
        for outcome in ("confirmed", "refused", "confirmed"):
            row = ledger.claim(name, "w")
            ledger.end(name, row, outcome=outcome, exit_code=0, report={})
        found = course(ledger, name)
        assert {outcome: sum(counts) for outcome, counts in found.ends.items()} == {
            "confirmed": 2,
            "refused": 1,
        }
        assert [event.kind for event in found.events] == [RUNNING]
        seen = look(ledger, tmp_path / name)
        assert (seen.rows, seen.over, seen.waiting, seen.at_work) == (4, 3, 1, 0)
        assert sys.float_info.min > seen.rate


def test_in_a_browser_tab_it_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    with pytest.raises(NotInATab) as caught:
        runpy.run_path(str(ROOT / "helpers" / "campaign" / "__init__.py"))
    assert caught.value._render_traceback_() == [
        "A campaign starts processes, and a browser tab has none: use make lab."
    ]

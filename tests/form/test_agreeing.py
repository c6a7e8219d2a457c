"""A second person agrees at the desk: under another account, to the very plan that is shown."""

import json
import os

import ipywidgets
import pytest

from helpers.form import agreeing
from helpers.form.desk_page import DeskPage
from helpers.run import second
from helpers.run.agreement import NotAgreed
from helpers.run.journal import Journal
from helpers.run.masking import RUNS
from helpers.run.where import Callers
from helpers.runbooks import RUNBOOKS
from helpers.runner import headless
from helpers.target.pools_file import POOLS
from tests.run.test_agreement import ANN, BOB, FIRST, GIVEN, POOLS_FILE, REAL

DIEGO = "diego@example.com"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, sandbox):
    """A folder of runs that two accounts share, in which FIRST has asked."""
    pools = tmp_path / "pools.toml"
    pools.write_text(POOLS_FILE)
    monkeypatch.setenv(POOLS, str(pools))
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o2770)
    monkeypatch.setenv(RUNS, str(runs))
    return runs


@pytest.fixture
def waits(folder, monkeypatch):
    return run(folder, monkeypatch).run


@pytest.fixture
def page():
    ipywidgets.Widget.close_all()  # of other tests: this one looks at the state of all
    page = DeskPage()
    page.told = []
    page.head.send = page.told.append
    return page


def run(folder, monkeypatch, **values):
    """Run what has to be agreed to, as FIRST."""
    with monkeypatch.context() as first:
        first.setattr(os, "getuid", lambda: FIRST)
        return headless.run(
            RUNBOOKS["admin-reset"], {**GIVEN, **values}, out=folder, notebooks="none"
        )


def say(page, kind, **content):
    page.head._handle_custom_msg({"kind": kind, "turn": page.head.turn, **content}, [])
    return page.told[-1]


def agree(page, **values):
    return say(page, "agree", values=values)


def is_agreed(folder, asked):
    return folder.joinpath(f"{asked}.agreed").exists()


def test_what_waits_is_listed_shown_and_agreed_to_and_then_it_runs_once(
    page, folder, waits, monkeypatch, sandbox
):
    told = say(page, "waiting")
    assert told["at"] == "agree"
    [(title, words)] = told["agree"]["waiting"]
    assert title == RUNBOOKS["admin-reset"].title
    assert f"d***@e***, case INC-7; asked by {FIRST} at " in words
    assert waits in words
    told = say(page, "plan", number=0)
    rows = dict(told["agree"]["plan"])
    assert rows["How the user proved who they are"] == GIVEN["proof_of_identity"]
    assert rows["Asked by"] == f"{FIRST} ({FIRST})"
    assert DIEGO not in json.dumps(told)
    told = agree(page, username=f" {DIEGO}\u200b")
    assert told["agree"]["said"].startswith("Agreed, for one run, until ")
    assert told["agree"]["waiting"] == []
    assert folder.joinpath(f"{waits}.agreed").stat().st_uid == REAL
    assert run(folder, monkeypatch).outcome == "confirmed"
    assert run(folder, monkeypatch).exit_code == 10
    assert len(sandbox.mailbox()) == 1
    assert Journal(folder).verify().faults == ()


def test_the_same_account_is_offered_nothing_of_its_own_and_is_refused(
    page, folder, waits, monkeypatch
):
    say(page, "waiting")
    monkeypatch.setattr(os, "getuid", lambda: FIRST)
    assert "who asked: another account has to agree" in say(page, "plan", number=0)["agree"]["said"]
    monkeypatch.setattr(os, "getuid", lambda: REAL)
    say(page, "plan", number=0)
    monkeypatch.setattr(os, "getuid", lambda: FIRST)
    assert "who asked: another account has to agree" in agree(page, username=DIEGO)["agree"]["said"]
    assert say(page, "waiting")["agree"]["waiting"] == []
    assert not is_agreed(folder, waits)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "is empty"), ("dora@elsewhere.example", "is not the user of this plan")],
)
def test_who_agrees_has_to_know_whom_it_is_about(page, folder, waits, typed, words):
    say(page, "waiting")
    say(page, "plan", number=0)
    told = agree(page, username=typed)
    assert words in told["agree"]["errors"]["username"]
    assert told["agree"]["plan"]
    assert not is_agreed(folder, waits)


@pytest.mark.parametrize("number", [-1, 1])
def test_a_plan_that_was_not_offered_cannot_be_chosen(page, waits, number):
    say(page, "waiting")
    assert say(page, "plan", number=number)["agree"]["plan"] == []
    assert agree(page, username=DIEGO)["agree"]["errors"] == {}


def test_of_one_plan_that_was_asked_for_twice_the_newest_request_is_offered(
    page, folder, waits, monkeypatch
):
    newest = run(folder, monkeypatch).run
    other = run(folder, monkeypatch, case_number="INC-8").run
    words = [line for _, line in say(page, "waiting")["agree"]["waiting"]]
    assert [line.rpartition(" ")[2] for line in words] == [other, newest]


def test_what_a_colleague_has_agreed_to_meanwhile_is_said(page, folder, waits):
    say(page, "waiting")
    say(page, "plan", number=0)
    journal = Journal(folder)
    asked = second.request_of(journal, waits)
    second.agree(journal, asked, second.check_second(journal, asked), None)
    assert "agreed to already" in agree(page, username=DIEGO)["agree"]["said"]


def test_where_calls_are_signed_another_caller_agrees_by_a_profile_of_their_own(
    page, folder, monkeypatch
):
    monkeypatch.setattr(Callers, "of", lambda self, parameters: ANN)
    waits = run(folder, monkeypatch).run
    profiles = []

    def caller_of(asked, profile=""):
        profiles.append(profile)
        if profile == "gone":
            raise NotAgreed("AWS does not say who signs. Sign in again.")
        return BOB if profile == "bob" else ANN

    monkeypatch.setattr(agreeing, "caller_of", caller_of)
    say(page, "waiting")
    assert say(page, "plan", number=0)["agree"]["signed"]
    assert "another AWS caller has to agree" in agree(page, username=DIEGO)["agree"]["said"]
    errors = agree(page, username=DIEGO, profile="gone")["agree"]["errors"]
    assert errors == {"profile": "AWS does not say who signs. Sign in again."}
    assert not is_agreed(folder, waits)
    assert agree(page, username=DIEGO, profile="bob")["agree"]["said"].startswith("Agreed")
    assert profiles == ["", "", "gone", "bob"]


def test_nothing_of_it_is_in_a_widgets_state_and_the_next_caller_finds_a_desk(page, waits):
    say(page, "waiting")
    say(page, "plan", number=0)
    agree(page, username="planted-somebody@example.com")
    state = json.dumps(
        [one.get_state() for one in ipywidgets.widgets.widget._instances.values()], default=str
    )
    for planted in ("planted-somebody", GIVEN["proof_of_identity"], waits):
        assert planted not in state
    told = say(page, "next-caller")
    assert (told["at"], told["agree"]) == ("who", {})


def test_where_nobody_shares_the_folder_nothing_is_offered(folder):
    folder.chmod(0o700)
    page = DeskPage()
    assert not page.head.agrees
    page.told = []
    page.head.send = page.told.append
    assert say(page, "waiting")["at"] == "who"

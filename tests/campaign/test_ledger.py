"""The ledger: who gets which row, and what may become of it. On SQLite and on PostgreSQL."""

import threading
import time
import uuid

import pytest

from helpers.campaign import pace
from helpers.campaign.budget import keep_to_budget
from helpers.campaign.history import events
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import (
    ACTING,
    ENDED,
    PAUSED,
    RUNNING,
    STOPPED,
    UNKNOWN,
    WAITING,
    LedgerError,
)

KEPT = {"outcome": "confirmed", "exit_code": 0, "report": {"meaning": "done"}}


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request, tmp_path):
    sqlite = request.param == "sqlite"
    url = "" if sqlite else request.getfixturevalue("postgres")
    with Ledger.in_folder(tmp_path / "campaign", url) as ledger:
        yield ledger


@pytest.fixture
def campaign(ledger):
    """A campaign of five rows that runs."""
    name = uuid.uuid4().hex
    rows = ((number, {"username": f"user{number}"}) for number in range(2, 7))
    ledger.make(
        name, runbook="admin-reset", digest="d", made_by="me", rows=rows, categories=["UserRead"]
    )
    ledger.allow(name, rows=0, budget=0, paces={"UserRead": 10})
    return name


def test_each_row_is_claimed_once_however_many_ask(ledger, campaign):
    claimed = []

    def ask(worker):
        with Ledger(ledger.url) as mine:
            while row := mine.claim(campaign, worker):
                claimed.append((row.number, row.worker))

    threads = [threading.Thread(target=ask, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in claimed) == [2, 3, 4, 5, 6]


def test_a_claim_is_an_attempt_with_a_run_of_its_own(ledger, campaign):
    row = ledger.claim(campaign, "w")
    assert (row.number, row.attempt, row.run) == (2, 1, f"{campaign}-2-1")
    assert ledger.put_back(campaign, row, report={})
    assert ledger.claim(campaign, "w").run == f"{campaign}-2-2"


def test_only_the_attempt_that_holds_a_claim_can_act_or_end_it(ledger, campaign):
    old = ledger.claim(campaign, "w")
    ledger.put_back(campaign, old, report={})
    new = ledger.claim(campaign, "w")
    assert not ledger.permit(campaign, old)
    assert not ledger.end(campaign, old, **KEPT)
    assert ledger.permit(campaign, new)
    assert not ledger.permit(campaign, new), "a permit is given once"
    assert ledger.end(campaign, new, **KEPT)
    assert not ledger.end(campaign, new, **KEPT)


def test_a_campaign_that_is_paused_gives_no_row_and_no_permit(ledger, campaign):
    row = ledger.claim(campaign, "w")
    ledger.pause(campaign, "enough")
    assert not ledger.permit(campaign, row)
    assert ledger.claim(campaign, "w") is None
    assert (ledger.campaign(campaign).state, ledger.campaign(campaign).why) == (PAUSED, "enough")
    ledger.allow(campaign, rows=0, budget=0, paces={})
    assert ledger.permit(campaign, row)


def test_where_only_some_may_begin_another_try_of_one_is_none_of_them(ledger, campaign):
    ledger.allow(campaign, rows=1, budget=0, paces={})
    row = ledger.claim(campaign, "w")
    assert ledger.claim(campaign, "w") is None
    assert not ledger.may_come(campaign)
    ledger.put_back(campaign, row, report={})
    assert ledger.may_come(campaign)
    assert ledger.claim(campaign, "w").number == row.number


def test_a_row_that_was_put_back_waits_for_its_time(ledger, campaign):
    row = ledger.claim(campaign, "w")
    ledger.put_back(campaign, row, wait=3600, report={})
    assert [ledger.claim(campaign, "w").number for _ in range(4)] == [3, 4, 5, 6]
    assert ledger.claim(campaign, "w") is None
    assert ledger.may_come(campaign)


def test_only_an_unknown_row_is_settled(ledger, campaign):
    row = ledger.claim(campaign, "w")
    assert not ledger.settle(campaign, row, outcome="confirmed", reading={})
    ledger.end(campaign, row, state=UNKNOWN, outcome="unknown", exit_code=138, report={"a": 1})
    [row] = ledger.rows(campaign, UNKNOWN)
    assert ledger.settle(campaign, row, outcome="confirmed", reading={"words": "seen"})
    assert not ledger.settle(campaign, row, outcome="confirmed", reading={})
    assert ledger.counts(campaign) == {("settled", "confirmed", 138): 1, (WAITING, "", 0): 4}


def test_a_budget_is_a_number_or_a_share_and_counts_rows_that_failed(ledger, campaign):
    for budget, most in ((2, 2), (0.5, 2)):
        ledger.allow(campaign, rows=0, budget=budget, paces={})
        for count in range(1, 4):
            row = ledger.claim(campaign, "w")
            ledger.end(campaign, row, outcome="refused", exit_code=3, report={})
            keep_to_budget(ledger, campaign)
            assert (ledger.campaign(campaign).state == RUNNING) == (count <= most)
        ledger.wait_again(campaign, "refused")


def test_calls_are_spread_over_all_who_ask(ledger, campaign):
    ledger.allow(campaign, rows=0, budget=0, paces={"UserRead": 2})

    def reserve(calls):
        with ledger.engine.begin() as db:
            return time.time() + pace.reserve(db, campaign, calls)

    starts = [reserve({"UserRead": 1}) for _ in range(5)]
    assert starts[4] - starts[0] == pytest.approx(2, abs=0.5)
    assert reserve({"nothing": 1}) <= time.time() + 0.1


def test_a_throttled_category_is_halved_once_for_one_moment(ledger, campaign):
    ledger.allow(campaign, rows=0, budget=0, paces={"UserRead": 8})
    assert [round(pace.slow_down(ledger, campaign, "UserRead")) for _ in range(3)] == [4, 4, 4]
    assert round(pace.paces(ledger, campaign)["UserRead"]) == 4


def test_a_slower_campaign_has_half_the_pace_until_it_is_let_run_at_another(ledger, campaign):
    pace.halve(ledger, campaign, {})
    assert round(pace.paces(ledger, campaign)["UserRead"]) == 5
    ledger.allow(campaign, rows=0, budget=0, paces={})
    pace.halve(ledger, campaign, {"UserRead": 8})
    assert round(pace.paces(ledger, campaign)["UserRead"]) == 4


def test_what_happens_to_the_campaign_is_remembered_in_its_order(ledger, campaign):
    pace.slow_down(ledger, campaign, "UserRead")
    pace.halve(ledger, campaign, {})
    ledger.pause(campaign, "somebody has paused it")
    ledger.pause(campaign, "it is paused already")
    ledger.set_state(campaign, STOPPED, "for good")
    with ledger.reading.connect() as db:
        found = events(db, campaign)
    assert [(one.kind, one.words) for one in found] == [
        ("running", ""),
        ("throttled", "UserRead"),
        ("slower", ""),
        ("paused", "somebody has paused it"),
        ("stopped", "for good"),
    ]


def test_what_is_written_is_there_for_another_connection(ledger, campaign):
    row = ledger.claim(campaign, "w")
    ledger.permit(campaign, row)
    with Ledger(ledger.url) as other:
        [seen] = other.rows(campaign, ACTING)
    assert seen.number == row.number
    ledger.end(campaign, row, **KEPT)
    assert [one.state for one in ledger.last(campaign, 5)] == [ENDED]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://me:secret@host/db", "holds no password"),
        ("nonsense", "cannot be used"),
        ("sqlite:////no/such/folder/x.sqlite", "cannot be used"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_told_in_words(url, words):
    with pytest.raises(LedgerError, match=words) as caught:
        Ledger(url)
    assert "secret" not in str(caught.value)

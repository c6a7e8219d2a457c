"""The pieces of the lessons: a full table wherever nothing can be tried, and the same with
something to try where it can.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import PasswordPolicy, PasswordRefused, Secret, confirm, request_code
from helpers.cognito.actions import admin_reset
from helpers.cognito.policy import is_well_formed
from helpers.display import person
from helpers.learn import measure
from helpers.learn.lesson import Lesson
from helpers.learn.pieces import ENDS, clock_slider, policy_field, step_through

DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
LIVE = "application/vnd.jupyter.widget-view+json"
EXAMPLES = ("sunshine", "Sunshine 9", "Sunshine-9 ")
SPACES = " \t\n\x0b\f\r"


def told():
    """A reset with a refusal on the way, an hour that goes by, and an administrator's reset."""
    lesson = Lesson()
    request_code(lesson.client, **DIEGO)
    with lesson.refused(PasswordRefused):
        confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=Secret("too-weak"))
    confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=Secret("Stepped-through-1"))
    lesson.wait(hours=1)
    admin_reset(lesson.admin, user_pool_id="us-east-1_Sandbox01", username=DIEGO["username"])
    return lesson


PIECES = {
    "policy": lambda: policy_field(PasswordPolicy(), EXAMPLES),
    "clock": lambda: clock_slider(again=2, last=4),
    "steps": lambda: step_through(told()),
}
EVERY = pytest.mark.parametrize("make", PIECES.values(), ids=PIECES)


@pytest.fixture
def somebody(monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")


@EVERY
def test_with_nobody_there_a_piece_is_its_table_as_text_and_as_markdown(make):
    piece = make()
    shown = piece._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/markdown"}
    assert shown["text/plain"] == repr(piece)
    for row in piece.table.rows:
        assert " | ".join(row) in shown["text/plain"]


def test_in_a_browser_tab_there_is_somebody(monkeypatch):
    assert not person.is_interactive("auto")
    monkeypatch.setattr(person, "in_a_tab", lambda: True)
    assert person.is_interactive("auto")
    assert not person.is_interactive("no")


@EVERY
def test_with_somebody_there_the_same_table_comes_with_something_to_try(make, somebody):
    piece = make()
    shown = piece._repr_mimebundle_()
    assert shown.pop(LIVE)["model_id"]
    assert shown == {
        "text/plain": repr(piece.table),
        "text/markdown": piece.table._repr_markdown_(),
    }


@EVERY
def test_a_piece_shows_the_same_bytes_each_time(make):
    assert make()._repr_mimebundle_() == make()._repr_mimebundle_()


@EVERY
def test_all_that_the_page_is_handed_is_plain_data(make):
    piece = make()
    assert json.loads(json.dumps(piece.facts))["table"]["rows"] == [
        list(row) for row in piece.table.rows
    ]


# --- a password to try ---


def test_the_policy_field_judges_each_example_by_each_rule_and_by_what_every_pool_asks():
    table = policy_field(PasswordPolicy(minimum_length=9), EXAMPLES).table
    assert table.headings == ("The rule", "sunshine", "Sunshine␣9", "Sunshine-9␣")
    rows = {row[0]: row[1:] for row in table.rows}
    assert len(rows) == 6
    assert rows["at least 9 characters"] == ("✗ not yet", "✓ met", "✓ met")
    assert rows["no space at the beginning or the end"] == ("✓ met", "✓ met", "✗ not yet")


def test_a_rule_that_the_policy_does_not_have_is_not_drawn():
    facts = policy_field(PasswordPolicy(require_symbols=False), ()).facts
    assert not [rule for rule in facts["rules"] if "symbol" in rule["words"]]


@given(
    st.text(
        st.sampled_from("aZ9- " + SPACES.replace("\n", "").replace("\r", "")),
        min_size=2,
        max_size=12,
    )
)
def test_the_rule_about_the_ends_is_what_the_service_enforces(password):
    assert ENDS.is_met(password) == is_well_formed(password)


# --- a clock to move ---


def test_the_clock_shows_what_cognito_said_at_each_minute():
    rows = [row[:4] for row in clock_slider(again=20, last=90).table.rows]
    assert rows == [
        ("once", "code 1", "0 to 59", "InvalidPasswordException"),
        ("once", "code 1", "60 to 90", "ExpiredCodeException"),
        ("again at minute 20", "code 1", "0 to 19", "InvalidPasswordException"),
        ("again at minute 20", "code 1", "20 to 79", "CodeMismatchException"),
        ("again at minute 20", "code 1", "80 to 90", "ExpiredCodeException"),
        ("again at minute 20", "code 2", "20 to 79", "InvalidPasswordException"),
        ("again at minute 20", "code 2", "80 to 90", "ExpiredCodeException"),
    ]


def test_the_page_finds_the_rows_of_the_table_in_the_order_of_its_facts():
    piece = clock_slider(again=2, last=4)
    told = [
        (
            story["name"],
            f"code {code['number']}",
            f"{span['first']} to {span['end']}",
            span["said"],
            span["words"],
        )
        for story in piece.facts["stories"]
        for code in story["codes"]
        for span in code["spans"]
    ]
    assert tuple(told) == piece.table.rows


def test_the_life_of_a_code_covers_every_minute_from_the_request_on():
    first, second = measure.lives((0, 3), 5)
    assert (len(first.answers), len(second.answers)) == (6, 3)
    assert [span[:2] for span in first.spans()] == [(0, 2), (3, 5)]
    assert second.spans() == [(3, 5, "InvalidPasswordException")]


# --- a story to step through ---


def test_each_step_says_who_asks_what_is_answered_and_what_has_changed():
    rows = [row[2:] for row in PIECES["steps"]().table.rows]
    confirm_with = (
        "Diego's app: ConfirmForgotPassword, with ClientId, Username, ConfirmationCode (hidden),"
        " Password (hidden)"
    )
    assert rows == [
        ("Diego's app: ForgotPassword, with ClientId, Username", "✓ done", "code 1: works"),
        (confirm_with, "✗ InvalidPasswordException", "as before"),
        (confirm_with, "✓ done", "code 1: works no longer; password: the new one"),
        ("1 hour later", "", "as before"),
        (
            "administrator: AdminResetUserPassword, with UserPoolId, Username",
            "✓ done",
            "status: RESET_REQUIRED; code 2: works; password: none works",
        ),
    ]


def test_a_code_that_nobody_has_asked_for_yet_is_not_spoken_of():
    first, *_, last = PIECES["steps"]().facts["steps"]
    assert [name for name, _ in first["truths"]] == ["status", "code 1", "password"]
    assert [name for name, _ in last["truths"]] == ["status", "code 1", "code 2", "password"]


def test_what_was_sent_is_shown_without_its_secrets():
    lesson = told()
    text = json.dumps(step_through(lesson).facts)
    assert "ConfirmationCode (hidden), Password (hidden)" in text
    for secret in (
        "too-weak",
        "Stepped-through-1",
        *(mail["code"] for mail in lesson.box.mailbox()),
    ):
        assert secret not in text

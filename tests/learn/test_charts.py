"""Charts: every fact is in their words, their bytes repeat, and they look the same everywhere."""

from xml.etree import ElementTree

import pytest

from helpers.learn import charts
from helpers.learn.charts import Message

TALK = (
    Message("09:00", "app", "Cognito", "ForgotPassword"),
    Message("09:00", "Cognito", "app", "✓ done", reply=True),
    Message("10:00", "", "", "1 hour later"),
    Message("10:00", "app", "Cognito", "ConfirmForgotPassword"),
    Message("10:00", "Cognito", "app", "✗ ExpiredCodeException", reply=True, good=False),
)
PICTURES = {
    "sequence": lambda: charts.sequence("A talk", ["app", "Cognito"], TALK),
    "states": lambda: charts.states("Diego", "CONFIRMED"),
    "steps": lambda: charts.steps(
        "Tries left", "minutes", [(0, 4), (60, 5)], [(0, True, "one"), (30, False, "two")], 5
    ),
    "bars": lambda: charts.bars(
        "Waits", "seconds", [("5 failures", 1, "1 second"), ("6 failures", 2, "2 seconds")]
    ),
}
EVERY = pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)


@EVERY
def test_a_picture_is_well_formed_and_repeats(make):
    ElementTree.fromstring(make().svg)
    assert make().svg == make().svg


@EVERY
def test_a_picture_needs_nothing_that_a_host_may_strip(make):
    drawing = ElementTree.fromstring(make().svg)
    for element in drawing.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in {
            "svg",
            "title",
            "rect",
            "text",
            "polyline",
            "polygon",
        }
        assert not {"id", "class", "href"} & set(element.attrib)


@EVERY
def test_a_picture_has_a_name_for_whoever_cannot_see_it(make):
    drawing = ElementTree.fromstring(make().svg)
    assert drawing.get("role") == "img"
    assert drawing.get("aria-label") == make().title == drawing[0].text


@EVERY
def test_a_picture_has_a_shape_and_no_size_so_that_no_page_cuts_it_off(make):
    drawing = ElementTree.fromstring(make().svg)
    assert not {"width", "height"} & set(drawing.attrib)
    assert drawing.get("style") == "width:100%;max-width:860px;height:auto"


@EVERY
def test_nothing_is_drawn_outside_the_sheet(make):
    drawing = ElementTree.fromstring(make().svg)
    width, height = (float(number) for number in drawing.get("viewBox").split()[2:])
    for element in drawing.iter():
        for name, most in (("x", width), ("y", height)):
            assert 0 <= float(element.get(name, 0)) <= most


@EVERY
def test_the_words_begin_with_the_title_and_number_what_follows(make):
    first, second, *_ = repr(make()).splitlines()
    assert first == make().title
    assert second.startswith("  1. ")


def test_a_sequence_tells_every_message_in_words():
    words = PICTURES["sequence"]().words
    assert len(words) == len(TALK)
    assert words[0] == "09:00: app to Cognito: ForgotPassword."
    assert words[2] == "10:00: 1 hour later."
    assert words[4] == "10:00: Cognito answers app: ✗ ExpiredCodeException."


@pytest.mark.parametrize(
    "state",
    ["UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "CONFIRMED", "RESET_REQUIRED", "EXTERNAL_PROVIDER"],
)
def test_the_present_state_is_told_in_words_and_by_more_than_a_colour(state):
    drawn = charts.states("Ana", state)
    assert sum("This is where Ana is now." in line for line in drawn.words) == 1
    assert "Ana is here" in drawn.svg
    assert drawn.svg.count('stroke-width="3"') == 1


def test_a_state_that_is_not_drawn_is_refused():
    with pytest.raises(ValueError, match="ARCHIVED"):
        charts.states("Ana", "ARCHIVED")


def test_an_administrators_password_leads_to_confirmed_from_every_state():
    words = charts.states("Ana", "CONFIRMED").words
    assert words[-1].startswith("From any state to CONFIRMED: AdminSetUserPassword.")
    assert not [line for line in words if line.startswith("From EXTERNAL_PROVIDER")]

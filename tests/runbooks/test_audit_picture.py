"""The picture of an audit: every weak point stands on it, at its place, in words and with its
number.
"""

from xml.etree import ElementTree

import pytest

from helpers.cognito.models import Client, Pool
from helpers.cognito.policy import PasswordPolicy
from helpers.runbooks.audit import judge as audit
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure
from helpers.runbooks.audit.picture import way_of_a_code

CLIENT = Client("3n4b5urk1ft4fl3mg5e62d9ado", "web", False, (), False)
BARE = Pool(
    "us-east-1_Bare",
    "bare",
    PasswordPolicy(minimum_length=6),
    (),
    (),
    ("email",),
    (),
    True,
    "OPTIONAL",
    "COGNITO_DEFAULT",
    False,
    ("CustomMessage", "PostConfirmation", "UserMigration"),
    "OFF",
    90,
)


@pytest.fixture
def findings():
    return audit.audit(BARE, [CLIENT])


def drawn_words(picture):
    return [
        element.text or ""
        for element in ElementTree.fromstring(picture.svg).iter()
        if element.tag.endswith("text")
    ]


def test_every_weak_point_is_drawn_with_its_number_and_its_word(findings):
    words = drawn_words(way_of_a_code("A way", findings))
    for number, one in enumerate((one for one in findings if one.weak), 1):
        assert any(line.startswith(f"{number} ") and line.endswith(one.level) for line in words), (
            one
        )


def test_every_weak_point_is_told_in_the_words_at_its_place(findings):
    words = way_of_a_code("A way", findings).words
    assert len(words) == len(Place)
    for number, one in enumerate((one for one in findings if one.weak), 1):
        line = words[list(Place).index(one.place)]
        assert f"{number}, {one.level}: {one.title}" in line


def test_a_place_where_nothing_is_weak_says_so_and_one_that_nobody_looked_at_is_not_called_well_set():
    well = Finding(
        Level.WELL, Place.ASKS, "setting", "title", "words", "seen", Sure.DOCUMENTED, "source"
    )
    picture = way_of_a_code("A way", [well])
    assert drawn_words(picture).count("✓ well set") == 1
    assert drawn_words(picture).count("– not looked at") == len(Place) - 1
    assert [line.rpartition(": ")[2] for line in picture.words] == [
        "well set.",
        *["not looked at."] * (len(Place) - 1),
    ]


def test_the_numbers_are_those_of_the_table(findings):
    rows = audit.weak_points(findings).rows
    words = " ".join(way_of_a_code("A way", findings).words)
    assert rows
    for risk, *_ in rows:
        number, level = risk.split(". ")
        assert f"{number}, {level}: " in words


def test_the_same_findings_give_the_same_bytes(findings):
    assert way_of_a_code("A way", findings).svg == way_of_a_code("A way", list(findings)).svg


def test_nothing_is_told_by_colour_alone(findings):
    plain = {
        element.text
        for element in ElementTree.fromstring(way_of_a_code("A way", findings).svg).iter()
    }
    assert any(text and "✗ resets fail" in text for text in plain)
    assert any(text and "◆ leaks who exists" in text for text in plain)


def test_the_drawing_needs_nothing_that_a_host_may_strip_and_stays_on_its_sheet(findings):
    drawing = ElementTree.fromstring(way_of_a_code("A way", findings).svg)
    width, height = (float(number) for number in drawing.get("viewBox").split()[2:])
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
        right = float(element.get("x", 0)) + (
            float(element.get("width", 0)) if element.tag.endswith("rect") else 0
        )
        below = float(element.get("y", 0)) + (
            float(element.get("height", 0)) if element.tag.endswith("rect") else 0
        )
        assert 0 <= right <= width
        assert 0 <= below <= height


def test_it_has_paper_of_its_own_so_that_it_reads_in_a_dark_theme_too(findings):
    first = ElementTree.fromstring(way_of_a_code("A way", findings).svg)[1]
    assert (first.tag.endswith("rect"), first.get("fill")) == (True, "#ffffff")

"""Names as people paste them: read as Cognito takes them, at every door, and said."""

import json

import pytest

from helpers.campaign.table import read_table
from helpers.cognito.errors import BadParameters
from helpers.run.masking import output_masker, username_masker
from helpers.run.names import name_meant, read_as, tidied
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.schemas import DiagnoseUserParameters, FixContactParameters

NAME = "maria@example.com"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        pytest.param(" maria@example.com", NAME, id="a space"),
        pytest.param("\tmaria@example.com\r\n", NAME, id="a tab and a line break"),
        pytest.param("\u00a0maria@example.com\u3000", NAME, id="spaces of other kinds"),
        pytest.param("\u200bmaria@exam\u2060ple.com\ufeff", NAME, id="no width"),
        pytest.param("ma\u00adria@example.com", NAME, id="a soft hyphen"),
        pytest.param("\u202amaria@example.com\u202c", NAME, id="marks of direction"),
        pytest.param("mailto:maria@example.com", NAME, id="mailto"),
        pytest.param("MAILTO:maria%40example.com?subject=Hi%20there", NAME, id="a whole link"),
        pytest.param("<maria@example.com>", NAME, id="angle brackets"),
        pytest.param("Maria Silva <maria@example.com>", NAME, id="with the person's name"),
        pytest.param('"Silva, Maria" < mailto:maria@example.com >;', NAME, id="all of it"),
        pytest.param("maria@example.com,", NAME, id="out of a list"),
        pytest.param("maria @ example.com", NAME, id="spaces around the at"),
        pytest.param("maria shop@example.com", "maria+shop@example.com", id="a plus in a link"),
        pytest.param("mailto:maria%2Bshop@example.com", "maria+shop@example.com", id="escaped"),
        pytest.param("+1 (555) 123-0123", "+15551230123", id="a phone number as it is written"),
        pytest.param("+1 555 123 0199", "+15551230199", id="a phone number with spaces"),
        pytest.param("+1\u00a0555\u00a0123\u00a00199", "+15551230199", id="with hard spaces"),
        pytest.param("+1-555-123-0199", "+15551230199", id="with hyphens"),
        pytest.param("(555) 123-0199", "5551230199", id="without its country code"),
    ],
)
def test_what_nobody_sees_or_means_is_left_out(given, meant):
    assert name_meant(given) == meant
    assert name_meant(meant) == meant


@pytest.mark.parametrize(
    "name",
    [
        "",
        "maria",
        "two words",
        "a b c@example.com",
        "555-123-0199",
        "a<b",
        "+",
        "M\u00fcller",
        "a@b@c",
    ],
)
def test_every_other_name_is_left_alone(name):
    assert name_meant(name) == name


def test_ids_lose_white_space_and_characters_without_a_width_alone():
    given = {"user_pool_id": "us-east-1_Shop\u200b\n", "client_id": "\u00a0web ", "symptom": " x "}
    assert tidied(given) == {"user_pool_id": "us-east-1_Shop", "client_id": "web", "symptom": " x "}
    assert tidied({"client_id": 5}) == {"client_id": 5}


def test_what_was_read_otherwise_is_said_and_nothing_else_is():
    assert read_as({"username": "<a@b.de>", "client_id": "web"}) == [
        "The username was read as a@b.de."
    ]
    assert read_as({"username": "a@b.de", "symptom": " x"}) == []


@pytest.mark.parametrize("entry", RUNBOOKS.values(), ids=lambda one: one.name)
def test_every_runbook_reads_names_as_they_are_meant(entry):
    model = entry.parameters
    given = {
        "username": "Maria <maria@example.com>",
        "client_id": "web\u200b",
        "user_pool_id": " us-east-1_Shop",
    }
    given = {name: value for name, value in given.items() if name in model.model_fields}
    read, _ = model.read({**given, "interactive": "yes"}, person=True, gate=False)
    assert {name: getattr(read, name) for name in given} == {
        name: {"username": NAME, "client_id": "web", "user_pool_id": "us-east-1_Shop"}[name]
        for name in given
    }


def test_the_gate_opens_for_the_same_name_written_another_way():
    values = {"username": NAME, "confirm_username": f"<{NAME}>\u200b"}
    assert FixContactParameters.read(values, person=False)[1] == []
    values["confirm_username"] = "mario@example.com"
    assert FixContactParameters.read(values, person=False)[1]


def test_a_run_says_how_it_has_read_a_name(sandbox):
    run = RUNBOOKS["diagnose-user"].runs(username=" <diego@example.com>", interactive="no")
    assert "The username was read as diego@example.com." in run.submit().notes
    assert run.record.parameters["username"] == "diego@example.com"


def test_what_is_kept_masks_a_name_both_as_given_and_as_read(tmp_path):
    values = {"username": f"Maria <{NAME}>"}
    mask = username_masker(RUNBOOKS["diagnose-user"], values, "masked", tmp_path)
    assert mask(f"Maria <{NAME}> is {NAME}") == "m***@e*** is m***@e***"
    mask = output_masker(DiagnoseUserParameters, values)
    assert mask(f"Maria <{NAME}> or {NAME}") == "m***@e*** or m***@e***"


def test_one_user_written_in_two_ways_is_one_user_of_a_table(tmp_path):
    table = tmp_path / "users.jsonl"
    table.write_text("".join(json.dumps({"username": one}) + "\n" for one in (NAME, f"<{NAME}>")))
    with pytest.raises(BadParameters, match="line 1 too"):
        read_table(RUNBOOKS["request-code"], table, {})

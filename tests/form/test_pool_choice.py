"""A person chooses the pool in the form, and the rest of the fields follow."""

import json

import ipywidgets
import pytest

from helpers import ConfirmReset, SetPassword, act
from helpers.run.journal import Journal
from helpers.run.masking import RUNS
from helpers.target.pools_file import POOLS

FILE = """
[prod]
production = true
purpose = "Customers"
user_pool_id = "eu-west-1_Prod1"
[prod.clients.web]
client_id = "web1"
[prod.asks]
case_number = true
"""


@pytest.fixture
def file(monkeypatch, tmp_path):
    path = tmp_path / "pools.toml"
    path.write_text(FILE)
    monkeypatch.setenv(POOLS, str(path))
    return path


def fields(shown):
    return {field["name"]: field for field in shown.form.fields}


def choose(shown, **values):
    content = {"kind": "pool", "turn": shown.form.turn, "values": values}
    shown.form._handle_custom_msg(content, [])


def drawn(shown, monkeypatch):
    """Return what a page that has drawn the form is told that its fields hold."""
    told = []
    monkeypatch.setattr(shown.form, "send", told.append)
    shown.form._handle_custom_msg({"kind": "drawn", "page": "a"}, [])
    return told[-1]["values"]


def test_without_named_pools_there_is_nothing_to_choose(sandbox, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "pool" not in fields(act(ConfirmReset(interactive="yes")))


def test_the_pools_are_there_to_choose_from_and_production_says_so(sandbox, file):
    field = fields(act(ConfirmReset(interactive="yes")))["pool"]
    assert field["choices"] == [
        ["practice", "practice · learning and practice"],
        ["prod", "PRODUCTION: prod · Customers"],
    ]
    assert field["value"] == "practice"


def test_what_is_in_no_pool_is_a_choice_of_its_own(file):
    shown = act(ConfirmReset(interactive="yes", target="aws", client_id="mine"))
    assert fields(shown)["pool"]["choices"][0] == ["", "none: as the parameters say"]


def test_a_chosen_pool_has_a_form_of_its_own_with_its_fields(sandbox, file, monkeypatch):
    shown = act(ConfirmReset(interactive="yes"))
    first, practising = shown.form, fields(shown)
    assert (first.practice, first.production) == (True, False)
    choose(shown, pool="prod", username="maria", client_id=practising["client_id"]["value"])
    assert shown.form is not first
    assert shown._page.children[0] is shown.form
    assert (shown.form.practice, shown.form.production, shown.form.training) == (False, True, [])
    assert "PRODUCTION: prod" in shown.form.where
    assert "case_number" in fields(shown)
    assert fields(shown)["code"]["required"], "the practice mailbox is not this pool's"
    values = drawn(shown, monkeypatch)
    assert (values["pool"], values["client_id"], values["username"]) == ("prod", "web1", "maria")


def test_the_practice_user_is_in_no_form_of_another_pool(sandbox, file, monkeypatch):
    shown = act(SetPassword(interactive="yes"))
    practising = drawn(shown, monkeypatch)
    choose(shown, **{**practising, "pool": "prod"})
    values = drawn(shown, monkeypatch)
    assert values["username"] == ""
    assert values["kind"] == "temporary", "a choice stays"
    choose(shown, **{**values, "pool": "practice"})
    assert drawn(shown, monkeypatch)["username"] == ""


def test_nothing_of_an_earlier_press_stays(sandbox, file):
    shown = act(ConfirmReset(interactive="yes"))
    first = shown.form
    values = {"pool": "practice", "username": "somebody@example.org", "new_password": "weak"}
    first._handle_custom_msg({"kind": "submit", "turn": 0, "values": values}, [])
    assert first.result
    choose(shown, pool="prod", username="maria")
    assert shown.form.result == first.result == {}
    assert "somebody@example.org" not in json.dumps(
        [one.get_state() for one in ipywidgets.widgets.widget._instances.values()], default=str
    )
    assert "Nothing has been sent yet" in shown.result.value
    first._handle_custom_msg({"kind": "submit", "turn": first.turn, "values": values}, [])
    assert shown.form.result == {}, "a form that was left does nothing any more"


def test_a_choice_while_the_form_is_done_or_of_an_old_turn_changes_nothing(sandbox, file):
    shown = act(ConfirmReset(interactive="yes"))
    first = shown.form
    shown.form.state = "done"
    choose(shown, pool="prod")
    shown.form.state = "ready"
    shown.form._handle_custom_msg({"kind": "pool", "turn": 7, "values": {"pool": "prod"}}, [])
    assert shown.form is first


def test_what_is_sent_is_about_the_chosen_pool_and_is_recorded(
    sandbox, file, monkeypatch, tmp_path
):
    monkeypatch.setenv(RUNS, str(tmp_path / "runs"))
    shown = act(ConfirmReset(interactive="yes"))
    choose(shown, pool="prod", username="maria")
    values = {"pool": "prod", "username": "maria", "client_id": "web1"}
    shown.form._handle_custom_msg({"kind": "submit", "turn": 0, "values": values}, [])
    assert set(shown.form.errors) == {"case_number", "code", "new_password"}
    (run,) = Journal(tmp_path / "runs").runs()
    assert run.started.parameters["pool"] == "prod"
    assert run.started.parameters["user_pool_id"] == "eu-west-1_Prod1"


def test_a_pool_that_is_gone_since_is_told_beside_the_field(sandbox, file):
    shown = act(ConfirmReset(interactive="yes"))
    file.write_text("")
    choose(shown, pool="prod", username="maria")
    assert "is no pool's name" in shown.form.errors["pool"]
    assert fields(shown)["pool"]["value"] == "prod"

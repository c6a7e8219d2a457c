"""The desk: a case, and the page driven by its messages, as the front end sends them."""

import gc
import json
import sys
import weakref

import ipywidgets
import pytest

from helpers.cognito import reads
from helpers.cognito.errors import NotReached
from helpers.form.act import NoDesk, open_desk
from helpers.form.desk import desk_pools
from helpers.form.desk_page import DeskPage
from helpers.run.journal import Journal
from helpers.run.package_data import LabMissing
from helpers.run.where import Callers
from helpers.sandbox import CASES, DEFAULT_POOL_ID
from helpers.target import Target
from helpers.target.caller import Caller

MARIA = "planted.maria@example.com"


@pytest.fixture
def maria(sandbox):
    client = Target().client(signed=True)
    client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username=MARIA,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": MARIA}],
    )
    client.admin_set_user_password(
        UserPoolId=DEFAULT_POOL_ID, Username=MARIA, Password="Known-to-nobody-1", Permanent=True
    )
    return MARIA


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_RESET_RUNS", str(tmp_path))
    return Journal(tmp_path)


@pytest.fixture
def pools(tmp_path, monkeypatch):
    """Write the file of pools."""
    file = tmp_path / "pools.toml"
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(file))
    return file.write_text


@pytest.fixture
def page(sandbox, monkeypatch):
    page = DeskPage()
    page.told = []
    monkeypatch.setattr(page.head, "send", page.told.append)
    return page


def say(page, kind, **content):
    page.head._handle_custom_msg({"kind": kind, "turn": page.head.turn, **content}, [])
    return page.told[-1] if page.told else {}


def call(page, whom="", said="", **more):
    values = {"pool": "practice", "case_number": "planted-4711", "whom": whom, "said": said, **more}
    return say(page, "open", values=values)


def press(step, kind="submit", **values):
    step.form._handle_custom_msg({"kind": kind, "turn": step.form.turn, "values": values}, [])


def test_one_account_is_found_by_a_part_of_its_name_and_read_at_once(page, maria):
    told = call(page, "planted.mar", "I get no mail")
    assert (told["at"], told["whom"]) == ("step", maria)
    assert page._step.name == "diagnose-user"
    assert page._step.form.state == "done"
    assert page._step.form.result["rows"]


def test_of_several_accounts_one_is_chosen_by_a_masked_contact(page, maria):
    Target().client(signed=True).admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username="planted.marta",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "marta@example.net"}],
    )
    told = call(page, "planted.mar")
    assert told["at"] == "which"
    assert sorted(username for username, _, _ in told["matches"]) == [maria, "planted.marta"]
    assert "marta@example.net" not in json.dumps(told)
    chosen = [username for username, _, _ in told["matches"]].index("planted.marta")
    told = say(page, "pick", number=chosen)
    assert (told["at"], told["whom"], told["matches"]) == ("step", "planted.marta", [])


@pytest.mark.parametrize("number", [-1, 99])
def test_an_account_that_was_not_offered_cannot_be_chosen(page, maria, number):
    call(page, "planted.mar")
    assert say(page, "pick", number=number)["at"] == "step"


def test_nobody_found_is_a_verdict_too_and_its_next_step_asks_for_the_name_again(page):
    told = call(page, "nobody-of-this-name")
    assert told["at"] == "step"
    assert "no such user" in page._step.form.result["title"]
    page._step.form._handle_custom_msg({"kind": "next"}, [])
    assert page.told[-1]["at"] == "who"
    assert page.told[-1]["values"]["whom"] == "nobody-of-this-name"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_read(page, sandbox):
    told = call(page, "x" * 200, case_number="a\nb")
    assert set(told["errors"]) == {"whom", "case_number"}
    assert set(call(page)["errors"]) == {"whom"}
    assert set(call(page, "maria", pool="no-such-pool")["errors"]) == {"pool"}
    assert sandbox.counts()["calls"] == {}


REAL_POOL = '[prod]\nuser_pool_id = "eu-west-1_AbCdEfGhI"\nproduction = true\n'


def test_as_whom_it_signs_is_said_before_anything_is_read(page, pools, monkeypatch):
    pools(REAL_POOL)
    arn = "arn:aws:iam::123456789012:user/ann"
    monkeypatch.setattr(Callers, "of", lambda *_: Caller("123456789012", arn))
    monkeypatch.setattr(page, "_diagnose", lambda: None)
    told = call(page, "maria", pool="prod")
    assert told["signer"] == f"account 123456789012 · {arn}"
    assert say(page, "next-caller")["signer"] == ""


def test_where_aws_does_not_say_who_signs_nothing_is_read(page, pools, monkeypatch):
    pools(REAL_POOL)
    unknown = NotReached("AWS does not say who signs.", next="Sign in again.")
    monkeypatch.setattr(Callers, "of", lambda *_: unknown)
    told = call(page, "maria", pool="prod")
    assert told["errors"] == {"pool": "AWS does not say who signs. Sign in again."}
    assert told["at"] == "who"


def test_a_fault_of_ours_is_told_and_never_lost(page, monkeypatch, caplog):
    monkeypatch.setattr(page, "_open", lambda values: 1 / 0)
    assert call(page, "maria")["failed"] == "This did not work: division by zero"
    assert "the desk failed" in caplog.text
    assert say(page, "next-caller")["failed"] == ""


def test_a_journal_that_cannot_be_read_is_said_and_stops_nobody(page, runs, maria, monkeypatch):
    def newest(self):
        raise PermissionError(13, "Permission denied")
        yield

    monkeypatch.setattr(Journal, "newest", newest)
    told = call(page, maria)
    assert told["before"] == ["not known, the journal cannot be read: Permission denied"]


def test_a_case_goes_on_in_the_same_place_and_each_step_has_the_case_number(page, runs):
    trained = say(page, "train", case="no-verified-contact")["values"]
    told = call(page, trained["whom"], trained["said"])
    verdict = page._step
    assert verdict.form.result["next"]
    verdict.form._handle_custom_msg({"kind": "next"}, [])
    told = page.told[-1]
    assert page.step.children == (page._step._page,)
    assert page._step is not verdict
    assert verdict.form.comm is None
    assert told["lines"] == [["diagnose-user", page._case.lines[0][1]]]
    press(page._step, confirm_username=trained["whom"], proof_of_identity="planted-passport")
    assert {run.started.parameters["case_number"] for run in runs.runs()} == {"planted-4711"}
    assert len(runs.runs()) == 2
    if page._step.form.state == "done":
        assert page._case.given["proof_of_identity"] == "planted-passport"


def test_a_question_of_the_verdict_is_answered_in_place_and_makes_another_verdict(page):
    call(page, "diego@example.com", "hello")
    step = page._step
    words, choices = step.form.result["questions"][0]
    assert words.endswith("?")
    assert len(choices) > 1
    states = []
    step.form.observe(lambda change: states.append(change["new"]), "state")
    step.form._handle_custom_msg(
        {"kind": "answer", "turn": step.form.turn, "key": choices[0][0]}, []
    )
    assert states == ["busy", "done"]  # never ready on the way, where a press would be lost
    assert step._run.parameters.answer == choices[0][0]
    assert step.form.result.get("questions", [["", []]])[0][0] != words
    assert len(page._case.lines) == 2


def test_a_training_case_is_read_in_its_own_pool(page):
    trained = say(page, "train", case="made-up-answer")["values"]
    call(page, trained["whom"], trained["said"])
    assert page._step._run.parameters.user_pool_id == CASES["made-up-answer"].pool_id
    assert CASES["made-up-answer"].username in json.dumps(page._step.form.result)


def test_what_a_colleague_did_for_this_user_is_seen_as_the_journal_calls_them(page, runs, maria):
    assert call(page, maria)["before"] == []
    say(page, "next-caller")
    told = call(page, maria, case_number="4712")
    assert [line.partition(": ")[2] for line in told["before"]] == [
        "diagnose-user, done (case planted-4711)",
    ]
    assert told["called"] == "p***@e***"
    assert maria not in json.dumps(told["before"])


def test_without_a_journal_nothing_is_said_of_before(page, maria):
    told = call(page, maria)
    assert (told["called"], told["before"]) == ("", [])


def test_the_next_caller_finds_nothing_of_the_last_one(page, maria, sandbox):
    call(page, maria, "planted-words-of-the-caller")
    of_the_case = [weakref.ref(one) for one in (page._case, page._step, page._step._run)]
    told = say(page, "next-caller")
    assert told["at"] == "who"
    assert told["values"] == {"pool": "practice", "case_number": "", "whom": "", "said": ""}
    everything = json.dumps([told, widgets_state()], default=str)
    for planted in (maria, "planted-words", "planted-4711"):
        assert planted not in everything
    gc.collect()
    assert [one() for one in of_the_case] == [None, None, None]
    assert maria not in reads.names


def test_what_is_typed_is_in_no_widgets_state(page, maria):
    call(page, maria, "planted-words-of-the-caller")
    state = json.dumps(widgets_state(), default=str)
    for planted in (maria, "planted-words", "planted-4711"):
        assert planted not in state, state[state.index(planted) - 150 : state.index(planted) + 50]


def widgets_state():
    return [one.get_state() for one in ipywidgets.widgets.widget._instances.values()]


def test_a_double_press_finds_once(page, maria, sandbox):
    turn = page.head.turn
    call(page, maria)
    first = page._step
    page.head._handle_custom_msg({"kind": "next-caller", "turn": turn}, [])
    assert page._step is first


def test_a_page_that_is_drawn_again_shows_the_case_as_it_is(page, maria):
    call(page, maria)
    page.told.clear()
    page.head._handle_custom_msg({"kind": "drawn"}, [])
    assert (page.told[-1]["at"], page.told[-1]["whom"]) == ("step", maria)


def test_production_is_said_to_be_production(pools):
    pools(
        '[prod]\nuser_pool_id = "eu-west-1_AbCdEfGhI"\nproduction = true\n'
        'purpose = "the shop"\nsecurity_contact = "the night desk, 4000"\n'
    )
    practice, prod = desk_pools()
    assert practice["practice"]
    assert (prod["production"], prod["label"]) == (True, "PRODUCTION: prod · the shop")
    assert prod["hand_over"] == "the night desk, 4000"


def test_without_a_person_there_is_no_desk_and_it_says_how_to_get_one():
    desk = open_desk()
    assert isinstance(desk, NoDesk)
    assert "Run All Cells" in repr(desk)
    assert "practice" in repr(desk.proof)


def test_with_a_person_and_without_the_extra_lab_it_is_a_sentence(monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    for module in ("helpers.form.desk_page", "helpers.form.interactive", "helpers.form.widgets"):
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(LabMissing, match="The desk needs JupyterLab's widgets"):
        open_desk()

"""The form: driven by its messages, as the page sends them."""

import json
import re
import sys
from pathlib import Path

import ipywidgets
import nbformat
import pytest

from helpers.cognito import actions
from helpers.cognito.errors import BadParameters
from helpers.form.act import NonInteractiveRun, act
from helpers.form.fields import _CHOICES, _HELP
from helpers.form.interactive import InteractiveRun
from helpers.run.package_data import LabMissing
from helpers.run.record import MIME
from helpers.run.result import NotDone
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.confirm_reset import ConfirmReset
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.sandbox import DEFAULT_PASSWORD, DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import ROOT

DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
NEW = "Brand-new-1-password"


@pytest.fixture
def code(sandbox):
    actions.request_code(Target().client(), **DIEGO)
    return sandbox.mailbox()[-1]["code"]


@pytest.fixture
def shown(code):
    return act(ConfirmReset(interactive="yes"))


def press(shown, turn=None, **values):
    content = {
        "kind": "submit",
        "turn": shown.form.turn if turn is None else turn,
        "values": {"username": "diego@example.com", "client_id": DIEGO["client_id"], **values},
    }
    shown.form._handle_custom_msg(content, [])
    return content


def signs_in(password):
    return bool(actions.sign_in(Target().client(), **DIEGO, password=Secret(password)))


def everything_saved():
    return json.dumps(
        [widget.get_state() for widget in ipywidgets.widgets.widget._instances.values()],
        default=str,
    )


def test_without_a_person_there_is_no_form_and_it_acts_at_once(code):
    done = act(ConfirmReset(interactive="no"))
    assert isinstance(done, NonInteractiveRun)
    assert "confirmed" in repr(done.record._repr_mimebundle_()[MIME])
    assert "Proof" in repr(done.result)
    assert done.proof


def test_without_a_person_a_refused_run_shows_its_result_and_fails_at_the_proof(code, monkeypatch):
    monkeypatch.setenv("WRONG", "000000" if code != "000000" else "111111")
    done = act(ConfirmReset(interactive="no", code="env:WRONG"))
    assert "Refused" in repr(done.result)
    with pytest.raises(NotDone):
        done.proof  # noqa: B018


def test_with_a_person_nothing_is_sent_before_the_button_is_pressed(shown):
    assert isinstance(shown, InteractiveRun)
    assert signs_in(DEFAULT_PASSWORD)
    assert "Nothing has been sent yet" in shown.result.value


def test_every_field_has_a_label_and_they_come_in_the_order_of_reading(shown):
    fields = shown.form.fields
    assert [f["name"] for f in fields] == ["username", "client_id", "code", "new_password"]
    assert all(f["label"] and f["help"] for f in fields)


def test_what_a_notebook_keeps_of_a_form_is_its_result_in_words_and_nothing_of_the_widgets(
    shown, monkeypatch
):
    kept = []
    monkeypatch.setattr("helpers.form.widgets.display_data", lambda data, **_: kept.append(data))
    for part in (shown, shown.result):
        part._ipython_display_()
    assert [sorted(data) for data in kept] == [
        ["application/vnd.jupyter.widget-view+json"],
        ["text/html"],
    ] * 2
    assert "before its button is pressed, nothing changes for a real user." in kept[1]["text/html"]
    assert "Nothing has been sent yet." in kept[3]["text/html"]


def test_what_a_notebook_keeps_of_a_result_names_no_user_and_the_screen_does(shown, code):
    press(shown, code=code, new_password=NEW)
    for view in (shown.result, shown.record, shown.proof):
        assert "diego@example.com" in view.value
        assert "diego@example.com" not in json.dumps(view.kept)
        assert "d***@e***" in view.kept["text/html"]
    assert shown.record.kept[MIME]["parameters"]["username"] == "d***@e***"
    assert "diego@example.com" in json.dumps(shown.form.result)


def test_what_a_notebook_keeps_of_a_fault_of_ours_names_no_user_either(shown, code, monkeypatch):
    def broken(*_):
        raise RuntimeError("oops diego@example.com")

    monkeypatch.setattr(shown._run, "submit", broken)
    press(shown, code=code, new_password=NEW)
    assert "oops diego@example.com" in shown.result.value
    assert "oops d***@e***" in shown.result.kept["text/html"]


def test_cells_beside_the_form_name_no_user_and_its_plan_does(shown, code):
    press(shown, code=code, new_password=NEW)
    run = shown._run
    assert "d***@e***" in repr(run.where()) + repr(run.plan())
    assert "diego@example.com" not in repr(run.where()) + repr(run.plan())
    shown.form._handle_custom_msg({"kind": "again", "turn": shown.form.turn}, [])
    shown.form._handle_custom_msg(
        {"kind": "plan", "turn": shown.form.turn, "values": {"username": "diego@example.com"}}, []
    )
    assert "diego@example.com" in json.dumps(shown.form.result)


def test_asked_for_in_clear_the_notebook_keeps_the_name(code, monkeypatch):
    monkeypatch.setenv("COGNITO_RESET_USERNAME_AS", "clear")
    shown = act(ConfirmReset(interactive="yes"))
    press(shown, code=code, new_password=NEW)
    assert "diego@example.com" in shown.result.kept["text/html"]
    assert "diego@example.com" in repr(shown._run.where())


def test_a_way_to_keep_usernames_that_there_is_not_is_refused_before_there_is_a_form(monkeypatch):
    monkeypatch.setenv("COGNITO_RESET_USERNAME_AS", "plain")
    with pytest.raises(BadParameters, match="COGNITO_RESET_USERNAME_AS: must be clear, masked"):
        ConfirmReset(interactive="yes")


def test_without_a_person_outputs_are_as_they_are(code):
    assert "diego@example.com" in repr(ConfirmReset(interactive="no").where())


@pytest.mark.parametrize("missing", ["ipywidgets", "anywidget"])
def test_a_form_without_the_extra_lab_is_a_sentence(missing, sandbox, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    for module in ("helpers.form.interactive", "helpers.form.widgets"):
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(LabMissing) as caught:
        act(ConfirmReset(interactive="yes"))
    assert caught.value._render_traceback_() == [
        "A form needs JupyterLab's widgets: pip install 'cognito-reset-runbooks[lab]'"
    ]


def test_what_came_of_a_run_and_what_is_handed_on_is_in_no_widgets_state(shown, code):
    press(shown, code=code, new_password="Weak-9")
    below = InteractiveRun(ConfirmReset(interactive="yes", username="handed@on"), arrive=True)
    saved = json.dumps([shown.form.get_state(), shown.result.get_state(), below.form.get_state()])
    assert "Refused" not in saved
    assert "handed@on" not in saved


def test_a_page_that_draws_the_form_is_told_what_goes_into_it(shown, code, sent):
    press(shown, code="12", new_password=NEW)
    shown.form._handle_custom_msg({"kind": "drawn", "page": "this-one"}, [])
    assert sent[-1] == {
        "kind": "shown",
        "errors": shown.form.errors,
        "result": shown.form.result,
        "keep": ["new_password"],
        "page": "this-one",
        "values": {**DIEGO, "code": "", "new_password": ""},
    }
    assert shown.form.errors


def test_pressing_the_button_sets_the_password_and_fills_in_the_rest(shown, code):
    press(shown, code=code, new_password=NEW)
    assert signs_in(NEW)
    assert (shown.form.state, shown.form.result["outcome"]) == ("done", "confirmed")
    assert "Done: the password of diego@example.com is changed." in shown.result.value
    assert "&quot;outcome&quot;: &quot;confirmed&quot;" in shown.record.value
    assert "Proof" in shown.proof.value


def test_empty_fields_use_the_references(shown):
    press(shown, code="", new_password="")
    assert shown.form.state == "done"
    assert signs_in("Practice-makes-perfect-1")


def test_what_was_typed_is_in_no_widgets_state_and_in_no_message_afterwards(shown, code):
    content = press(shown, code=code, new_password=NEW)
    assert content == {}
    saved = everything_saved()
    assert NEW not in saved
    assert code not in saved


def test_what_was_typed_is_in_no_widgets_state_after_a_refusal_either(shown, code):
    press(shown, code=code, new_password="Weak-9")
    assert shown.form.result["outcome"] == "refused"
    saved = everything_saved()
    assert "Weak-9" not in saved
    assert code not in saved


def test_after_a_weak_password_the_form_takes_another_one_with_the_same_code(shown, code):
    press(shown, code=code, new_password="Weak-9")
    assert shown.form.state == "ready"
    press(shown, code=code, new_password=NEW)
    assert shown.form.state == "done"
    assert signs_in(NEW)


def test_everything_is_checked_again_and_every_error_stands_beside_its_field(shown):
    press(shown, username="two words", client_id="no-hyphen", code="12", new_password=" x ")
    assert set(shown.form.errors) == {"username", "client_id"}
    press(shown, code="12", new_password=" x ")
    assert set(shown.form.errors) == {"code", "new_password"}
    assert shown.form.state == "ready"
    assert signs_in(DEFAULT_PASSWORD)


def test_what_comes_along_unseen_with_a_pasted_name_is_dropped(shown, code, sent):
    pasted = " \u200ediego@example.com\u00a0\n"
    shown.form._handle_custom_msg({"kind": "here", "username": pasted}, [])
    assert sent[-1]["user"]["username"] == "diego@example.com"
    shown.form._handle_custom_msg(
        {"kind": "plan", "turn": shown.form.turn, "values": {"username": pasted}}, []
    )
    assert shown.form.result["outcome"] == "plan"
    press(shown, username=pasted, code=f"{code}\n", new_password=NEW)
    assert (shown.form.errors, shown.form.state) == ({}, "done")


def test_errors_are_gone_when_all_is_well(shown, code):
    press(shown, code="12", new_password=NEW)
    press(shown, code=code, new_password=NEW)
    assert shown.form.errors == {}


def test_a_double_click_sends_once(shown, code, sandbox):
    turn = shown.form.turn
    press(shown, turn, code=code, new_password="Weak-9")
    press(shown, turn, code=code, new_password=NEW)
    assert shown.form.result["outcome"] == "refused"
    assert signs_in(DEFAULT_PASSWORD)


def test_after_success_the_button_sends_nothing_until_it_is_asked_for_another(shown, code):
    press(shown, code=code, new_password=NEW)
    press(shown, code=code, new_password="Other-new-1-password")
    assert signs_in(NEW)
    shown.form._handle_custom_msg({"kind": "again", "turn": shown.form.turn}, [])
    assert shown.form.state == "ready"


def test_another_one_is_asked_for_as_soon_as_the_button_is_there_though_the_page_does_not_know_the_turn_yet(
    shown, code
):
    before = shown.form.turn
    press(shown, code=code, new_password=NEW)
    shown.form._handle_custom_msg({"kind": "again", "turn": before}, [])
    assert (shown.form.state, shown.form.result) == ("ready", {})


def test_for_another_one_the_form_is_empty_and_nothing_below_it_is_about_the_last_user(
    shown, code, sent
):
    press(shown, code=code, new_password=NEW)
    shown.form._handle_custom_msg({"kind": "again", "turn": shown.form.turn}, [])
    assert sent[-1] == {
        "kind": "emptied",
        "values": {
            "username": "",
            "client_id": DIEGO["client_id"],
            "code": "",
            "new_password": "",
        },
    }
    for view in (shown.result, shown.record, shown.proof):
        assert "Nothing has been sent yet" in view.value
        assert "Nothing has been sent yet" in json.dumps(view.kept)
    assert shown._run.result is shown._run.record is None
    shown.form._handle_custom_msg({"kind": "drawn", "page": "this-one"}, [])
    assert sent[-1]["values"]["username"] == ""


def test_while_a_new_press_works_nothing_of_the_last_one_is_to_be_seen(shown, code, monkeypatch):
    press(shown, code=code, new_password="Weak-9")
    original, seen = ConfirmReset.submit.__get__(shown._run), []

    def submit(*given):
        seen.append((shown.result.value, shown.record.value, shown.proof.value))
        return original(*given)

    monkeypatch.setattr(shown._run, "submit", submit)
    press(shown, code=code, new_password=NEW)
    assert set(seen[0]) == {"<p>Working: the form above is asking Cognito.</p>"}


def test_a_form_that_went_on_from_here_goes_with_the_next_press_and_with_the_next_user(sandbox):
    diagnosed = act(RUNBOOKS["diagnose-user"].runs(interactive="yes"))

    def say(kind, **content):
        turn = diagnosed.form.turn
        diagnosed.form._handle_custom_msg({"kind": kind, "turn": turn, **content}, [])

    for leave in ("submit", "again"):
        say("submit", values={})
        say("next")
        assert len(diagnosed.next.children) == 1
        below = diagnosed._following
        if leave == "submit":
            diagnosed.form.state = "ready"
        say(leave, values={})
        assert diagnosed.next.children == ()
        assert below.form.comm is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"new_password": "Weak-9"}, ("code",)),
        ({"code": "000000", "new_password": NEW}, ("new_password",)),
        ({"code": "12", "new_password": NEW}, ("new_password",)),
        ({"username": "two words", "new_password": NEW}, ("code", "new_password")),
        ({"new_password": NEW}, ()),
    ],
)
def test_what_cognito_has_not_used_up_is_named_so_that_the_page_gives_it_back(
    shown, code, given, kept
):
    press(shown, **{"code": code, **given})
    assert shown.form.keep == kept
    assert not [secret for secret in (code, NEW) if secret in everything_saved()]


def test_an_error_is_said_once_and_by_its_label(shown, code):
    press(shown, username="two words", code=code, new_password=NEW)
    assert "username" in shown.form.errors
    assert "Please correct" not in json.dumps(shown.form.result)
    assert "Username: must be" in shown.result.value
    assert "username:" not in shown.result.value


def test_the_head_of_a_form_says_which_cognito_it_is_about(shown):
    assert shown.form.where == "Practice: the sandbox. Nothing here touches a real account."
    real = act(ConfirmReset(interactive="yes", target="aws", client_id="1example23456789"))
    assert "us-east-1" in real.form.where
    assert "Practice" not in real.form.where


def test_a_choice_is_in_words_and_what_is_sent_is_cognitos(sandbox):
    in_words = {}
    for entry in RUNBOOKS.values():
        for field in act(entry.runs(interactive="yes")).form.fields:
            offered = field.get("choices", []) if field["name"] != "pool" else []
            in_words |= {one[0]: one[1] for one in offered if isinstance(one, list)}
            plain = [one for one in offered if isinstance(one, str)]
            assert all(one.islower() and "_" not in one for one in plain), field
            if field["name"] in _HELP:
                assert field["help"] == _HELP[field["name"]]
    assert in_words == _CHOICES


def test_the_rules_on_the_screen_are_the_pools_where_it_is_named(sandbox):
    pool = {"UserPoolId": DEFAULT_POOL_ID}
    policy = {"PasswordPolicy": {"MinimumLength": 14, "RequireLowercase": True}}
    Target().client(signed=True).update_user_pool(**pool, Policies=policy)
    field = act(ConfirmReset(interactive="yes", user_pool_id=DEFAULT_POOL_ID)).form.fields[-1]
    assert [rule["words"] for rule in field["rules"]] == [
        "at least 14 characters",
        "a lower-case letter (a to z)",
    ]
    assert field["rules_known"]
    assumed = act(ConfirmReset(interactive="yes")).form.fields[-1]
    assert not assumed["rules_known"]
    assert "Cognito's default; this pool's own may differ" in assumed["help"]


def test_what_is_stored_without_a_person_says_that_it_is_a_sample_and_of_which_day(code):
    done = act(ConfirmReset(interactive="no"))
    day = f"{done.record.started_at:%Y-%m-%d}"
    for shown in (repr(done), done._repr_html_(), repr(done.result), repr(done.proof)):
        assert f"Sample from the sandbox, of {day}" in shown
    assert "Choose Run > Run All Cells to get the form." in repr(done)


def test_it_is_busy_while_it_works(shown, code, monkeypatch):
    states = []
    monkeypatch.setattr(
        shown._run, "submit", lambda *_: states.append(shown.form.state) or original(*_)
    )
    original = ConfirmReset.submit.__get__(shown._run)
    press(shown, code=code, new_password=NEW)
    assert states == ["busy"]


def test_a_fault_of_ours_in_a_callback_is_told_and_never_lost(shown, code, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError(f"oops {NEW}")

    monkeypatch.setattr(shown._run, "submit", broken)
    press(shown, code=code, new_password=NEW)
    text = json.dumps(shown.form.result)
    assert "RuntimeError: oops [hidden]" in text
    assert shown.form.state == "ready"
    assert NEW not in caplog.text


def test_a_training_case_that_cannot_be_prepared_is_told(sandbox, monkeypatch, caplog):
    shown, told = act(DiagnoseUser(interactive="yes")), []
    monkeypatch.setattr(shown.form, "send", told.append)
    monkeypatch.setattr(shown._run, "train", lambda case: Path("/no/such/sandbox").read_text())
    message = {"kind": "train", "turn": shown.form.turn, "case": "disabled"}
    shown.form._handle_custom_msg(message, [])
    assert told[-1]["values"] == {}
    assert "This did not work: " in told[-1]["failed"]
    assert "/no/such/sandbox" in told[-1]["failed"]
    assert "the training case failed" in caplog.text


def test_a_run_that_is_interrupted_is_told_as_unknown_and_shows_no_earlier_result(
    shown, code, monkeypatch
):
    press(shown, code=code, new_password="Weak-9")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shown._run, "submit", interrupted)
    press(shown, code=code, new_password=NEW)
    assert shown.form.result["outcome"] == "unknown"
    assert "may have been carried out" in json.dumps(shown.form.result)
    assert shown.form.state == "ready"
    assert "Unknown" in shown.result.value
    assert "refused" not in shown.record.value


def test_a_page_hears_at_once_that_a_press_is_over_and_that_the_next_one_counts(shown, code):
    form, together = shown.form, []
    form.observe(
        lambda change: together.append((change["name"], form._holding_sync)), ["state", "turn"]
    )
    press(shown, code=code, new_password=NEW)
    form._handle_custom_msg({"kind": "again", "turn": form.turn}, [])
    values = {"username": "diego@example.com", "client_id": DIEGO["client_id"]}
    form._handle_custom_msg({"kind": "plan", "turn": form.turn, "values": values}, [])
    one_press = [("state", False), ("state", True), ("turn", True)]
    assert together == [*one_press, ("state", False), *one_press]


@pytest.fixture
def sent(shown, monkeypatch):
    messages = []
    monkeypatch.setattr(shown.form, "send", messages.append)
    return messages


def test_the_newest_message_reaches_the_page_by_message_and_is_in_no_widgets_state(
    shown, code, sent
):
    shown.form._handle_custom_msg({"kind": "here", "username": "diego@example.com"}, [])
    mail = sent[-1]["mail"]
    assert (code in mail["body"], mail["destination"], mail["live"]) == (
        True,
        "diego@example.com",
        True,
    )
    assert code not in everything_saved()


def test_in_practice_a_new_code_is_requested_beside_the_form(shown, code, sent):
    press(shown, code=code, new_password=NEW)
    shown.form._handle_custom_msg({"kind": "request", "username": "diego@example.com"}, [])
    assert "The user has requested a code." in sent[-1]["note"]
    assert sent[-1]["mail"]["live"]
    assert code not in sent[-1]["mail"]["body"]


def test_in_practice_it_shows_how_the_user_stands_and_lets_an_hour_pass(shown, code, sandbox, sent):
    def ask(kind, username="diego@example.com"):
        shown.form._handle_custom_msg({"kind": kind, "username": username}, [])
        return sent[-1]

    before = ask("here")
    assert before["user"] == {
        "username": "diego@example.com",
        "status": "CONFIRMED",
        "enabled": True,
        "tries_left": 4,
        "tries_allowed": 5,
    }
    after = ask("hour")
    assert (int(after["clock"][:2]) - int(before["clock"][:2])) % 24 == 1
    assert after["note"] == "An hour has passed, for everybody in this sandbox."
    assert (after["user"]["tries_left"], after["mail"]["live"]) == (5, False)
    sandbox.set_status("diego@example.com", "RESET_REQUIRED")
    assert ask("here")["user"]["status"] == "RESET_REQUIRED"
    assert ask("here", "nobody@example.com")["user"] is None


@pytest.mark.parametrize("kind", ["here", "request", "hour"])
def test_on_a_real_pool_there_is_nothing_of_the_users_side_and_nothing_is_requested(
    kind, sandbox, monkeypatch
):
    shown, messages, before = act(ConfirmReset(interactive="yes", target="aws")), [], sandbox.now()
    monkeypatch.setattr(shown.form, "send", messages.append)
    shown.form._handle_custom_msg({"kind": kind, "username": "diego@example.com"}, [])
    assert (shown.form.practice, messages, sandbox.now()) == (False, [{"kind": "here"}], before)


def test_a_reference_that_cannot_be_used_here_is_asked_for_instead():
    shown = act(ConfirmReset(interactive="yes", target="aws"))
    fields = {f["name"]: f for f in shown.form.fields}
    assert fields["code"]["required"]
    assert fields["new_password"]["required"]
    assert fields["client_id"]["value"] == ""
    press(shown, client_id="1example23456789", code="", new_password="")
    assert set(shown.form.errors) == {"code", "new_password"}
    assert "please enter the code" in shown.form.errors["code"]


def test_a_bad_name_and_empty_secrets_are_told_at_once():
    shown = act(ConfirmReset(interactive="yes", code="prompt:", new_password="prompt:"))
    press(shown, username="", code="", new_password="")
    assert set(shown.form.errors) == {"username", "code", "new_password"}
    assert shown.form.errors["new_password"] == "please enter the new password."


def test_elsewhere_the_sandboxs_app_client_is_refused_beside_its_field_and_nothing_is_sent(sandbox):
    """Whoever has an app client of that id on AWS would be handed the name, the code and the new
    password.
    """
    shown = act(ConfirmReset(interactive="yes", target="aws"))
    press(shown, client_id=DIEGO["client_id"], code="012345", new_password="Brand-new-1-password")
    assert shown.form.errors == {"client_id": "is that of the sandbox: name your own app client."}


def test_bad_parameters_do_not_keep_a_person_from_the_form():
    run = ConfirmReset(interactive="yes", username=15551234567)
    assert "cannot be used" in repr(run.where())
    assert "cannot be used" in repr(run.plan())
    assert "arrived as the int" in act(run).form.errors["username"]


def test_what_a_user_is_called_cannot_become_markup(code):
    shown = act(ConfirmReset(interactive="yes"))
    press(shown, username="<img/src=x>", code=code, new_password=NEW)
    assert "<img" not in shown.result.value
    assert "&lt;img/src=x&gt;" in shown.result.value


@pytest.mark.parametrize("name", RUNBOOKS)
def test_on_a_page_of_voila_the_cells_of_every_runbook_run_and_make_its_form(
    name, sandbox, monkeypatch
):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    shown = []
    monkeypatch.setattr("helpers.form.widgets.display_data", lambda data, **_: shown.append(data))
    names = {}
    for cell in nbformat.reads(RUNBOOKS[name].path.read_text(encoding="utf-8"), as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    names["form"]._ipython_display_()
    assert [sorted(data) for data in shown[-2:]] == [
        ["application/vnd.jupyter.widget-view+json"],
        ["text/html"],
    ]
    assert [field["name"] for field in names["form"].form.fields]


def test_in_a_lesson_only_a_piece_asks_whether_a_person_is_there_and_nothing_asks_for_the_shared_sandbox():
    # So a lesson shows in JupyterLab what is stored in it; tests/learn/test_pieces.py holds that for a
    # piece.
    helpers = {
        path.name: path.read_text(encoding="utf-8")
        for path in ROOT.joinpath("helpers", "learn").glob("*.py")
    }
    lessons = [
        path.read_text(encoding="utf-8")
        for path in ROOT.joinpath("notebooks", "learn").glob("*.ipynb")
    ]
    assert [name for name, text in helpers.items() if "is_interactive" in text] == ["pieces.py"]
    assert not [
        text
        for text in (*helpers.values(), *lessons)
        if re.search(r"open_sandbox|Target\((\)|.sandbox)", text)
    ]

"""From one runbook to the next on one page, filled in; and a plan for whoever is in the form."""

from helpers.cognito import actions
from helpers.form.interactive import InteractiveRun
from helpers.runbooks.confirm_reset import ConfirmReset
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.runbooks.fix_contact import FixContact
from helpers.runbooks.request_code import RequestCode
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from helpers.target import Target


def message(shown, kind, **values):
    fields = {field["name"]: field["value"] for field in shown.form.fields}
    shown.form._handle_custom_msg(
        {"kind": kind, "turn": shown.form.turn, "values": {**fields, **values}}, []
    )
    return shown.form.result


def form_below(shown):
    (page,) = shown.next.children
    return page.children[0]


def test_the_next_form_opens_below_with_what_is_known_filled_in_and_takes_the_focus(sandbox):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    assert message(shown, "submit")["next"] == "confirm-reset"
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    below = form_below(shown)
    values = {field["name"]: field["value"] for field in below.fields}
    assert (below.title, below.arrive, values["username"]) == (
        "Set a new password",
        True,
        "diego@example.com",
    )


def test_a_whole_case_is_done_on_one_page(sandbox):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    message(shown, "submit")
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    below = form_below(shown)
    values = {field["name"]: field["value"] for field in below.fields}
    code = sandbox.mailbox()[-1]["code"]
    below._handle_custom_msg(
        {
            "kind": "submit",
            "turn": below.turn,
            "values": {**values, "code": code, "new_password": "Whole-case-1-password"},
        },
        [],
    )
    assert below.result["outcome"] == "confirmed"
    assert actions.sign_in(
        Target().client(),
        client_id=DEFAULT_CLIENT_ID,
        username="diego@example.com",
        password=Secret("Whole-case-1-password"),
    )


def test_a_code_that_is_no_longer_good_leads_to_a_new_one_that_may_be_sent_at_once(sandbox):
    RequestCode(interactive="no").submit()
    sandbox.advance(3601)
    RequestCode(interactive="no").submit()
    second = sandbox.mailbox()[-1]["code"]
    ConfirmReset(interactive="no").submit()
    sandbox.advance(61)
    # One that another form has opened: by itself it would have the practice user ask for a code.
    shown = InteractiveRun(ConfirmReset(interactive="yes"), arrive=True)
    assert (
        message(shown, "submit", code=second, new_password="Once-more-1-password")["next"]
        == "request-code"
    )
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    again = {field["name"]: field for field in form_below(shown).fields}["again"]
    assert (again["kind"], again["choices"], again["value"]) == ("choice", ["no", "yes"], "yes")


def test_where_nothing_follows_there_is_nothing_to_open(sandbox):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    shown.form._handle_custom_msg({"kind": "next", "turn": 0}, [])
    assert shown.next.children == ()


def test_the_plan_is_that_of_the_user_in_the_form_and_sends_nothing(sandbox):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    result = message(shown, "plan", username="maria@example.com", user_pool_id=DEFAULT_POOL_ID)
    assert result["outcome"] == "plan"
    assert [
        "Password of maria@example.com",
        "works, if it is remembered",
        "works until the code is confirmed",
    ] in result["changes"]
    assert "ForgotPassword" not in sandbox.counts()["calls"]
    assert shown.form.state == "ready"


def test_a_plan_for_what_cannot_be_read_says_what_to_correct(sandbox):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    result = message(shown, "plan", username="two words")
    assert result["title"] == "There is no plan for this."
    assert set(shown.form.errors) == {"username"}


def test_a_refused_choice_is_told_in_words():
    _, problems = RequestCode.parameters_model.read({"again": "perhaps"}, person=False)
    assert [str(problem) for problem in problems] == ["again: must be no or yes."]


def test_what_is_not_known_is_left_open_on_a_real_pool_and_never_the_sandboxs_default():
    run = RequestCode(
        interactive="no", target="aws", client_id="1example23456789", username="maria@example.com"
    )
    following = run.follow("fix-contact")
    assert following.parameters == {
        "target": "aws",
        "username": "maria@example.com",
        "user_pool_id": "",
    }
    assert "user_pool_id" not in str(following)
    shown = InteractiveRun(FixContact(**following.parameters, interactive="yes"))
    assert set(shown.form.errors) == {"user_pool_id"}


def test_a_symptom_alone_leads_to_a_diagnosis_of_nobody_yet(sandbox):
    run = DiagnoseUser(interactive="no", username="", symptom="I get no mail")
    assert run.submit().next_runbook.parameters["username"] == ""


def test_what_an_earlier_press_led_to_is_not_offered_after_one_that_came_to_nothing(
    sandbox, monkeypatch
):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    assert message(shown, "submit")["next"] == "confirm-reset"
    shown.form._handle_custom_msg({"kind": "again", "turn": shown.form.turn}, [])

    def broken(*_):
        raise RuntimeError("oops")

    monkeypatch.setattr(shown._run, "submit", broken)
    assert message(shown, "submit")["next"] == ""
    shown.form._handle_custom_msg({"kind": "next", "turn": shown.form.turn}, [])
    assert shown.next.children == ()


def test_a_plan_that_cannot_be_made_offers_nothing_of_an_earlier_press(sandbox):
    shown = InteractiveRun(RequestCode(interactive="yes"))
    message(shown, "submit")
    shown.form._handle_custom_msg({"kind": "again", "turn": shown.form.turn}, [])
    assert message(shown, "plan", username="two words")["next"] == ""

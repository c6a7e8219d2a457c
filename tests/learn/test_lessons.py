"""The lessons: what they stand on, and that the solutions of their exercises are solutions."""

import re

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from helpers import (
    CodeRefused,
    LimitReached,
    PasswordRefused,
    Secret,
    Unsettled,
    confirm,
    request_code,
    sign_in,
)
from helpers.cognito.actions import admin_reset
from helpers.learn import exercise, measure, migration, naming, story, trouble
from helpers.learn.lesson import Lesson
from helpers.learn.story import masked
from tests.rebaseline import NOTEBOOKS

LESSONS = sorted(NOTEBOOKS.joinpath("learn").glob("*.ipynb"))
DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
NEW = Secret("Lesson-Password-2", "new password")


def cells(path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4).cells


def solutions(path):
    text = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")
    return re.findall(r"<summary>A solution</summary>\n\n```python\n(.*?)```", text, re.DOTALL)


def solved(path):
    """The notebook's code with every solution put where its exercise stands."""
    left, lines = solutions(path), []
    for cell in cells(path):
        if cell.cell_type == "code":
            lines.append(cell.source)
            if "# your lines" in cell.source or "= ..." in cell.source:
                lines.append(left.pop(0))
    assert not left
    return "\n".join(lines)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_exercises_and_their_solutions_satisfy_the_checks(path, monkeypatch):
    assert solutions(path)
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    checks = []
    for name in [
        name
        for name in vars(exercise)
        if not name.startswith("_") and name not in ("Card", "Lesson")
    ]:
        function = getattr(exercise, name)
        if (
            callable(function)
            and function.__module__ == "helpers.learn.exercise"
            and name not in ("checked", "guessed")
        ):
            monkeypatch.setattr(
                exercise,
                name,
                lambda *given, function=function: checks.append(function(*given)) or checks[-1],
            )
    exec(compile(solved(path), path.name, "exec"), {})
    assert checks
    for card in checks:
        assert card.title.endswith("all done.") or card.title == "Right.", card


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_says_how_surely_aws_does_the_same_and_where_to_go_next(path):
    headings = [
        line
        for cell in cells(path)
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    assert "## How surely does AWS do the same?" in headings
    assert headings[-1] == "## Where next"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_line_of_code_fits_a_page(path):
    for cell in cells(path):
        if cell.cell_type == "code":
            assert all(len(line) <= 104 for line in cell.source.splitlines()), cell.id


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_a_whole_page_when_nbconvert_makes_one_of_it(path):
    page, _ = HTMLExporter().from_filename(str(path))
    shown = [
        output.data for cell in cells(path) if cell.cell_type == "code" for output in cell.outputs
    ]
    pictures = [data for data in shown if "image/svg+xml" in data]
    tables = [data for data in shown if "|:---" in data.get("text/markdown", "")]
    assert page.count("<img ") == len(pictures)
    # nbconvert has no words for a picture, so they follow it at once.
    assert len(
        re.findall(r"<img [^>]*>(?:\s|</?div[^>]*>)*<details><summary>The same in words: ", page)
    ) == len(pictures)
    assert page.count("<table") >= len(tables) + 1
    assert page.count("<summary>A solution</summary>") == len(solutions(path))
    assert (
        page.count("<details>") == page.count("</details>") == len(pictures) + len(solutions(path))
    )
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert "Error displaying widget" not in page


@pytest.fixture
def lesson():
    return Lesson()


def test_a_lesson_is_a_cognito_that_nobody_else_sees(lesson, sandbox):
    request_code(lesson.client, **DIEGO)
    assert lesson.mail().title == "A message has come."
    assert not sandbox.mailbox()
    assert Lesson().mail().title == "The mailbox is empty."


def test_a_message_shows_its_code_also_to_who_runs_the_lesson_again_in_the_same_kernel(lesson):
    request_code(lesson.client, **DIEGO)
    before = repr(lesson.mail()), lesson.mail()._repr_markdown_()
    code = lesson.code()
    assert all(code.reveal() in text for text in before)
    assert (repr(lesson.mail()), lesson.mail()._repr_markdown_()) == before


def test_two_lessons_tell_the_same_story(lesson):
    other = Lesson()
    for one in (lesson, other):
        request_code(one.client, **DIEGO)
        confirm(one.client, **DIEGO, code=one.code(), new_password=NEW)
    assert lesson.sequence("x") == other.sequence("x")
    assert repr(lesson.calls) == repr(other.calls)


def test_the_record_has_every_call_its_answer_and_what_was_true_afterwards(lesson):
    request_code(lesson.client, **DIEGO)
    lesson.wait(minutes=5)
    with lesson.refused(PasswordRefused):
        confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=Secret("short"))
    lesson.wait(hours=1)
    admin_reset(lesson.admin, user_pool_id="us-east-1_Sandbox01", username=DIEGO["username"])
    asked, refused, _, reset = lesson.story
    assert (asked.mails, asked.live, asked.standing) == (
        (1,),
        (1,),
        {"diego@example.com": "CONFIRMED"},
    )
    assert (refused.code, refused.live) == ("InvalidPasswordException", (1,))
    assert (reset.who, reset.live, reset.standing) == (
        "administrator",
        (2,),
        {"diego@example.com": "RESET_REQUIRED"},
    )


def test_a_pause_shows_what_had_run_out_at_its_end(lesson):
    request_code(lesson.client, **DIEGO)
    assert lesson.wait(minutes=90) == "10:30"
    assert (lesson.story[-1].words, lesson.story[-1].live) == ("90 minutes later", ())
    assert lesson.wait(minutes=1) == "10:31"
    assert len(lesson.story) == 2


def test_what_went_over_the_wire_holds_no_secret(lesson):
    request_code(lesson.client, **DIEGO)
    code = lesson.code()
    confirm(lesson.client, **DIEGO, code=code, new_password=NEW)
    sign_in(lesson.client, **DIEGO, password=NEW)
    text = repr(lesson.calls)
    assert code.reveal() not in text
    assert NEW.reveal() not in text
    assert "eyJ" not in text
    assert text.count("[hidden]") >= 5
    assert masked({"a": [{"Password": "x"}]}) == {"a": [{"Password": "[hidden]"}]}


def test_a_lost_answer_is_recorded_as_one(lesson):
    request_code(lesson.client, **DIEGO)
    lesson.box.fault("ConfirmForgotPassword", "drop-after-commit")
    with lesson.refused() as refusal:
        confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=NEW)
    assert repr(refusal).startswith("No answer that could be trusted")
    assert lesson.call("ConfirmForgotPassword").status == 0
    assert "no answer" in repr(lesson.call("ConfirmForgotPassword"))


@pytest.mark.parametrize(
    "trouble",
    [
        lambda box: box.fault("ConfirmForgotPassword", "drop-after-commit"),
        lambda box: box.on("PostConfirmation", lambda event: None),
    ],
    ids=["lost", "trigger"],
)
def test_the_steps_know_the_new_password_though_no_good_answer_came(lesson, trouble):
    request_code(lesson.client, **DIEGO)
    trouble(lesson.box)
    with lesson.refused():
        confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=NEW)
    assert dict(story.steps(lesson.story, DIEGO["username"])[-1].truths) == {
        "status": "CONFIRMED",
        "code 1": "works no longer",
        "password": "the new one",
    }


def test_the_arrow_of_a_lost_answer_ends_on_its_way(lesson):
    request_code(lesson.client, **DIEGO)
    lesson.box.fault("ConfirmForgotPassword", "drop-after-commit")
    with lesson.refused():
        confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=NEW)
    drawn = lesson.sequence("x")
    assert drawn.words[-1] == "09:00: Cognito answers Diego's app: ✗ the answer is lost."
    assert drawn.svg.count("<polygon") == len(drawn.words) - 1


def test_where_the_outcome_is_not_known_nothing_is_tried_again_before_it_is():
    for case in (case for case in trouble.CASES if case.family == "lost"):
        one = trouble.reproduce(case.operation, case.name)
        assert (
            one.again == "nothing, before"
            f" {'one sign-in' if one.case.operation == trouble.CONFIRM else 'a look into the mailbox'}"
        )


def test_refused_fails_where_cognito_says_yes(lesson):
    with pytest.raises(AssertionError, match="ResetError was expected"), lesson.refused():
        request_code(lesson.client, **DIEGO)


def test_a_device_stays_signed_in_until_an_administrator_ends_it(lesson):
    phone = lesson.device().sign_in("diego@example.com", Secret("First-Password-1"))
    lesson.wait(hours=3)
    assert phone.is_signed_in()
    lesson.admin.admin_user_global_sign_out(
        UserPoolId="us-east-1_Sandbox01", Username="diego@example.com"
    )
    assert not phone.is_signed_in()


def test_a_check_says_what_is_missing(lesson):
    assert exercise.a_reset(lesson).title == "A reset from beginning to end: 3 of 3 still missing."
    request_code(lesson.client, **DIEGO)
    assert [label for label, _ in exercise.a_reset(lesson).rows] == [
        "✓ done",
        "✗ missing",
        "✗ missing",
    ]


def test_a_prediction_is_missing_wrong_or_right():
    assert "still missing" in exercise.which_code_works(...).title
    assert exercise.which_code_works("first").title.startswith("Not what happens")
    assert exercise.which_code_works("second").title == "Right."


def test_a_prediction_is_right_with_or_without_capitals_and_quotation_marks():
    for right in ("Second", " second "):
        assert exercise.which_code_works(right).title == "Right."
    assert exercise.tries_that_are_heard("6").title == "Right."


def raising(*_):
    raise KeyError("password")


@pytest.mark.parametrize(
    ("check", "answer", "said"),
    [
        (exercise.advice_for_every_story, raising, "it raised KeyError: 'password'"),
        (exercise.advice_for_every_story, "same code", "'str' object is not callable"),
        (exercise.a_secret_hash, raising, "it raised KeyError: 'password'"),
        (exercise.a_secret_hash, lambda *_: b"bytes", "it returned bytes"),
        (exercise.a_secret_hash, lambda *_: "", "✗ missing  Cognito takes it"),
        (
            exercise.a_secret_hash,
            lambda *_: "not Base64, but 44 characters long, like it.",
            "✗ missing  Cognito takes it",
        ),
        (exercise.a_password_without_punctuation, 123, "put it in quotation marks"),
        (exercise.a_password_without_punctuation, None, "put it in quotation marks"),
        (exercise.a_migration, raising, "UserMigration failed with error"),
        (exercise.a_migration, lambda event, context=None: None, "Unrecognizable lambda output"),
    ],
    ids=lambda given: getattr(given, "__name__", repr(given)),
)
def test_a_check_of_a_wrong_answer_says_what_is_wrong_and_shows_no_traceback(check, answer, said):
    card = check(answer)
    assert said in repr(card)
    assert "done." not in card.title


def answers(function):
    """Return how many of the seventeen stories a function answers rightly."""
    return sum(label == "✓ done" for label, _ in exercise.advice_for_every_story(function).rows)


@pytest.mark.parametrize("word", ["same code", "new code", "sign in", "wait", "support", None])
def test_one_answer_for_every_error_is_not_enough(word):
    assert answers(lambda error: word) < 9


def test_a_new_code_is_no_answer_to_what_only_support_can_fix():
    def advice(error):
        if isinstance(error, Unsettled):
            return "sign in"
        if isinstance(error, LimitReached):
            return "wait"
        same = isinstance(error, PasswordRefused) or error.code == "CodeMismatchException"
        return "same code" if same else "new code"

    assert answers(advice) == 17 - 7


def test_a_handler_that_does_nothing_has_no_point():
    card = exercise.a_migration(lambda event, context=None: event)
    assert card.title == "Your migration: 4 of 4 still missing."


def test_the_trigger_and_the_old_shop_are_in_the_picture(lesson):
    known = lesson.heard("trigger", "old shop", {"ben": "ben@example.com"}.get)
    lesson.box.on("UserMigration", story.Listener(migration.handler_for(known), lesson.story))
    request_code(lesson.client, client_id=DIEGO["client_id"], username="ben")
    assert lesson.sequence("x").words == (
        "09:00: Diego's app to Cognito: ForgotPassword.",
        "09:00: Cognito to trigger: ForgotPassword.",
        "09:00: trigger to old shop: ben?.",
        "09:00: old shop answers trigger: ben@example.com.",
        "09:00: trigger answers Cognito: RESET_REQUIRED.",
        "09:00: Cognito to mailbox: code 1.",
        "09:00: Cognito answers Diego's app: ✓ done.",
    )


def test_a_migration_may_refuse_a_wrong_password_by_an_error_of_its_own():
    def migrate(event, context=None):
        if event["userName"] == "cem":
            signs_in = event["triggerSource"] == "UserMigration_Authentication"
            if signs_in and event["request"]["password"] != "Old-Shop-Pass-1":
                raise ValueError("Bad password")
            event["response"] |= {
                "userAttributes": {"email": "cem@example.com", "email_verified": "true"},
                "messageAction": "SUPPRESS",
                "finalUserStatus": "CONFIRMED" if signs_in else None,
            }
        return event

    assert exercise.a_migration(migrate).title == "Your migration: all done."


# --- everything that can go wrong ---


def test_every_story_ends_in_the_error_that_it_names():
    for case in trouble.CASES:
        met = trouble.reproduce(case.operation, case.name)
        assert met.error.code == met.case.error
        assert met.error.meaning, met.case.name


@pytest.mark.parametrize("operation", ["ForgotPassword", "ConfirmForgotPassword"])
def test_every_modelled_error_of_the_two_calls_has_a_story(operation):
    told = {case.error for case in trouble.CASES if case.operation == operation}
    assert trouble.modelled(operation) <= told


def test_only_what_nobody_has_reported_is_put_in_place_of_an_answer():
    instead = {case.error for case in trouble.CASES if case.instead}
    assert instead == {"TooManyFailedAttemptsException", "OperationNotEnabledException"}
    assert (
        "not known"
        in trouble.reproduce("ConfirmForgotPassword", "the region is a replica").error.message
    )


def test_no_two_stories_of_a_call_have_one_name():
    names = [(case.operation, case.name) for case in trouble.CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "afterwards"),
    [
        ("a digit is wrong", "still good"),
        ("the code of an older message", "the newer one is good"),
        ("the code is more than an hour old", "no longer good"),
        (
            "the code was asked for through another app client",
            "still good, through the app client that asked",
        ),
        ("the trigger after the confirmation raises an error", "used up: the password IS changed"),
        ("the answer is lost on its way", "used up: the password IS changed"),
    ],
)
def test_what_became_of_the_code_is_read_off_the_sandbox(name, afterwards):
    assert trouble.reproduce("ConfirmForgotPassword", name).afterwards == afterwards


def test_a_story_that_is_not_told_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match="a digit is wrong"):
        trouble.reproduce("ConfirmForgotPassword", "the dog ate it")


def test_a_client_that_repeats_by_itself_hears_of_an_expired_code_after_success(lesson):
    retrying = lesson.listened_to("retrying app", attempts=2)
    request_code(retrying, **DIEGO)
    lesson.box.fault("ConfirmForgotPassword", "drop-after-commit")
    with lesson.refused(CodeRefused):
        confirm(retrying, **DIEGO, code=lesson.code(), new_password=NEW)
    assert [call.code for call in lesson.calls] == ["", "", "ExpiredCodeException"]
    assert sign_in(retrying, **DIEGO, password=NEW)


# --- measuring ---


def test_a_password_is_judged_as_a_confirmation_judges_it(lesson):
    request_code(lesson.client, **DIEGO)
    for password in ("sunshine", "Sunshine-9 "):
        with lesson.refused(PasswordRefused) as refusal:
            confirm(lesson.client, **DIEGO, code=lesson.code(), new_password=Secret(password))
        assert measure.verdict(lesson, password) == f"{refusal.error.code}: {refusal.error.message}"


def test_the_budget_is_drawn_from_what_was_heard():
    heard = [True, True, True, True, True, False, True, True]
    words = measure.budget(list(zip([0, 1, 2, 3, 4, 5, 60, 62], heard, strict=True))).words
    assert "5 minutes since the first try: a try, refused: limit exceeded." in words
    assert words[-1] == "62 minutes since the first try: 1 left."


def test_the_lock_is_drawn_on_a_logarithmic_scale():
    drawn = measure.drawn({4: 0, 5: 1, 6: 3, 7: 7})
    assert drawn.words[-1] == "failure 7: 7 seconds."
    widths = [
        float(one) for one in re.findall(r'<rect x="190[^"]*" y="[^"]*" width="([^"]*)"', drawn.svg)
    ]
    assert widths[2] / widths[1] == pytest.approx(2, abs=0.02)
    assert widths[3] / widths[1] == pytest.approx(3, abs=0.02)


# --- names and what they give away ---


@pytest.fixture
def shop(lesson):
    made = lesson.quiet.create_user_pool(
        PoolName="shop", AliasAttributes=["email"], AutoVerifiedAttributes=["email"]
    )
    return made["UserPool"]["Id"]


def client_of(lesson, pool, **more):
    made = lesson.quiet.create_user_pool_client(
        UserPoolId=pool, ClientName="one", **more, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    return made["UserPoolClient"]["ClientId"]


def test_a_user_answers_to_every_name_that_is_verified(lesson, shop):
    sub = naming.add_user(lesson, shop, "ana", "ana@example.com")
    naming.add_user(lesson, shop, "ben", "ben@example.com", verified=False)
    names = {
        "username": "ana",
        "address": "ana@example.com",
        "sub": sub,
        "capital": "Ana",
        "ben": "ben@example.com",
    }
    said = [row[-1][0] for row in naming.answers_to(lesson, client_of(lesson, shop), names).rows]
    assert said == ["✓", "✓", "✓", "✗", "✗"]


@pytest.mark.parametrize(
    ("hides", "nobody"),
    [
        ("LEGACY", ("✗ UserNotFound", "✗ UserNotFound", "✗ UserNotFound")),
        ("ENABLED", ("✓ sent to h***@n***.com", "✗ CodeMismatch", "✗ NotAuthorized")),
    ],
)
def test_what_a_stranger_learns_depends_on_the_app_client(lesson, hides, nobody):
    client = client_of(lesson, "us-east-1_Sandbox01", PreventUserExistenceErrors=hides)
    seen = naming.seen_by_a_stranger(lesson, client, {"nobody": "nobody@example.com"}).rows[0][1:]
    assert [one.split("@")[0][:6] for one in seen] == [one.split("@")[0][:6] for one in nobody]


def test_the_users_calls_are_unsigned_and_the_administrators_are_not():
    wanted = naming.needs_credentials(["ForgotPassword", "AdminGetUser"])
    assert wanted == {"ForgotPassword": False, "AdminGetUser": True}


# --- users from another system ---


@pytest.mark.parametrize(
    ("on", "asked"),
    [
        (("UserMigration_Authentication",), ["✗"]),
        (("UserMigration_Authentication", "UserMigration_ForgotPassword"), ["✓"]),
    ],
)
def test_the_handler_acts_on_the_sources_that_it_is_given(lesson, on, asked):
    lesson.box.on("UserMigration", migration.handler_for({"ben": "ben@example.com"}.get, on=on))
    names = {"ben": "ben"}
    assert [
        row[-1][0] for row in naming.answers_to(lesson, DIEGO["client_id"], names).rows
    ] == asked


def test_a_name_that_the_other_system_does_not_know_is_left_alone(lesson):
    listener = story.Listener(migration.handler_for({}.get))
    lesson.box.on("UserMigration", listener)
    with lesson.refused():
        sign_in(lesson.client, client_id=DIEGO["client_id"], username="nobody", password=NEW)
    ((asked, answered),) = listener.log
    assert asked == answered


def test_the_listener_keeps_what_was_asked_apart_from_what_was_answered(lesson):
    listener = story.Listener(migration.handler_for({"ana": "ana@example.com"}.get))
    lesson.box.on("UserMigration", listener)
    request_code(lesson.client, client_id=DIEGO["client_id"], username="ana")
    ((asked, answered),) = listener.log
    assert asked["response"]["finalUserStatus"] is None
    assert answered["response"]["finalUserStatus"] == "RESET_REQUIRED"


def test_the_source_of_a_function_is_shown_as_it_is():
    assert repr(migration.Source(migration.handler_for)).startswith("def handler_for(")


def test_the_handler_needs_nothing_but_python():
    assert "import" not in repr(migration.Source(migration.handler_for))
    text = NOTEBOOKS.parent.joinpath("helpers", "learn", "migration.py").read_text(encoding="utf-8")
    assert set(re.findall(r"^(?:from|import) (\S+)", text, re.MULTILINE)) == {
        "inspect",
        "collections.abc",
        "typing",
    }

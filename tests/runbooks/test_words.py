"""What callers' own words mean: the phrases and synonyms as data, the matcher, and the exact texts."""

import re

import pytest

from helpers.runbooks.diagnosis import words
from helpers.runbooks.diagnosis.symptoms import READING, likely_causes, understood, waits_for
from helpers.runbooks.diagnosis.texts import NAMES, TEXTS, exact
from helpers.runbooks.diagnosis.verdicts import PROBLEMS
from helpers.runbooks.diagnosis.words import ASK, Corpus, Phrase, guesses, meanings, phrases
from tests.bench_diagnosis import measure

LINES = (words._HERE / "phrases.tsv").read_text(encoding="utf-8").splitlines()
LANGUAGES = {"en", "es", "de", "fr", "pt"}
TWELVE = {
    "no-code",
    "older-code",
    "code-used-or-expired",
    "attempt-limit",
    "code-to-old-contact",
    "uninvited-code",
    "wrong-password",
    "not-found",
    "ask-for-the-name",
    "password-policy",
    "disabled",
    "second-factor-lost",
}

# --- the data ---


@pytest.mark.parametrize("line", [one for one in LINES if not one.startswith("#")][1:])
def test_every_phrase_is_a_line_that_can_be_used(line):
    text, verdicts, language, source, part = line.split("\t")
    assert text == text.strip()
    assert 0 < len(text) <= 120
    assert set(verdicts.split("|")) <= set(PROBLEMS)
    assert language in LANGUAGES
    assert re.fullmatch(r"project|[\w.-]+/[\w.-]+#\d+|[\w-]+(\.[\w-]+)+", source), source
    assert part in ("build", "held")
    assert not re.search(r"\d{6}|\S@\S|\+\d", text), "no code, address or number of a person"


def test_the_file_explains_itself_and_says_each_phrase_once():
    assert LINES[0].startswith("# ")
    assert "verdict" in LINES[1]
    said = [phrase.text.casefold() for phrase in phrases()]
    assert len(said) == len(set(said)) > 300


def test_at_least_a_hundred_phrases_of_people_are_held_out():
    held = [one for one in phrases() if one.part == "held" and one.source != "project"]
    assert len(held) >= 100


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_phrases_for_the_twelve_commonest_symptoms(language):
    spoken = {one.verdicts[0] for one in phrases() if one.language == language}
    assert spoken >= TWELVE


def test_a_word_has_one_meaning_in_a_language():
    seen = set()
    for meaning, language, entries in words.rows(words._HERE / "synonyms.tsv"):
        assert re.fullmatch(r"[a-z]+", meaning)
        for entry in entries.split(","):
            key = (language, tuple(words._words(entry)))
            assert key[1], entry
            assert key not in seen, entry
            seen.add(key)


# --- the matcher ---


@pytest.mark.parametrize(
    "said",
    [
        "the OTP never came",
        "no PIN arrived",
        "my passcode has not been delivered",
        "0 codes recieved",
    ],
)
def test_peoples_words_for_the_code_are_one(said):
    assert guesses(said)[0].verdict in ("no-code", "older-code")
    assert "=code" in meanings(said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("it does not work", ["=fails"]),
        ("it doesn\u2019t work", ["=fails"]),
        ("es funktioniert nicht", ["=fails"]),
        ("I never asked", ["=notasked"]),
        ("no sms", ["=absent", "=text"]),
    ],
)
def test_a_denial_belongs_to_what_it_denies(said, meant):
    assert meanings(said) == meant


def test_every_phrase_that_is_built_from_is_understood_as_labelled_or_asked_about():
    built = [one for one in phrases() if one.part == "build"]
    found = measure(built)
    assert found.precision > 0.97
    assert found.writes == 0


def test_phrases_that_are_only_measured_with_are_never_read():
    unheard = next(one for one in phrases() if one.part == "held")
    assert guesses(unheard.text)[0].likeness < 0.999 or any(
        meanings(one.text) == meanings(unheard.text) for one in phrases() if one.part == "build"
    )


def test_a_diagnosis_by_words_alone_is_right_where_it_answers():
    """The goal is 0.95; what is held here is that it does not get worse unseen."""
    found = measure(one for one in phrases() if one.part == "held")
    assert found.precision >= 0.93
    assert found.share_asked <= 0.2
    assert found.writes == 0


def test_a_line_more_teaches_a_phrase():
    known = Phrase("the hamster ate it", ("no-code",), "en", "project", "build")
    assert Corpus([known]).guesses("my hamster ate it")[0].verdict == "no-code"
    assert Corpus([]).guesses("anything") == ()
    assert guesses("") == ()


@pytest.mark.parametrize(
    ("said", "kind"),
    [("I get no mail", "email"), ("no sms came", "phone_number"), ("no code", ""), ("", "")],
)
def test_what_a_caller_waits_for_is_heard(said, kind):
    assert waits_for(said) == kind


def test_below_the_threshold_it_asks():
    for said in (
        "something went wrong",
        "hello",
        "zzz qqq",
        "the code is wrong and the mail is new",
    ):
        read = understood(said)
        assert not read.sure or read.problems[0] != ASK
        assert len(read.problems) <= 3
    assert not understood("something went wrong").sure


# --- exact texts ---


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "CodeMismatchException: Invalid verification code provided, please try again.",
            "older-code",
        ),
        ("CodeMismatch", "older-code"),
        ("AWSCognitoAuthError.codeMismatch", "older-code"),
        ("AuthError: Confirmation code entered is not correct.", "older-code"),
        ("CodeExpiredException{message=Confirmation code has expired.}", "code-used-or-expired"),
        ("FailedAttemptsLimitExceededException", "attempt-limit"),
        (
            "LimitExceededException{message=Number of allowed operation has exceeded., cause=x}",
            "attempt-limit",
        ),
        ("Required to reset the password of the user.", "reset-required"),
        ("User account has expired, it must be reset by an administrator.", "invitation-run-out"),
        ("User cannot confirm because user status is not UNCONFIRMED.", "resend-is-for-sign-up"),
        ("confirmationCode is required to confirmResetPassword", "value-not-readable"),
        ("EmptyConfirmResetPasswordUsername", "value-not-readable"),
        ("User not found in the system.", "not-found"),
        ("User not confirmed in the system.", "unconfirmed"),
        (
            "CodeDeliveryFailureException: Error in delivering the confirmation code.",
            "sender-refused",
        ),
        (
            "com.amazonaws.services.cognitoidp.model.NotAuthorizedException: User is disabled. (Service: AWSCognitoIdentityProvider; Status Code: 400)",
            "disabled",
        ),
        (
            "Amazon.CognitoIdentityProvider.Model.ExpiredCodeException: Invalid code provided, please request a code again.",
            "code-used-or-expired",
        ),
        (
            '{"__type":"NotAuthorizedException","message":"Password attempts exceeded"}',
            "sign-in-locked",
        ),
        ("Could not find the requested online resource.", "no-such-client-or-pool"),
    ],
)
def test_texts_and_names_of_cognito_and_the_sdks_are_exact(text, problem):
    assert exact(text).problems == (problem,)
    assert likely_causes(text)[0].problem == problem


def test_an_old_text_of_an_empty_lambda_answer_asks_when_it_came():
    read = exact("InvalidLambdaResponseException: Invalid version. Version should be 1")
    assert set(read.problems) == {"trigger-failed", "trigger-refuses"}


@pytest.mark.parametrize(
    "text",
    [
        "InvalidParameterException: the moon is full",
        "NotAuthorizedException: a reason that is new",
        "An error occurred (LimitExceededException) when calling the SignUp operation: no more seats",
        "SomethingNewException: not seen before",
    ],
)
def test_with_a_message_only_the_message_counts(text):
    told, *_ = likely_causes(text)
    assert (told.problem, told.runbook) == ("unknown-text", "diagnose-user")
    assert exact(text).problems == ()


def test_a_name_inside_a_sentence_is_a_name_without_a_message():
    assert exact("I see a CodeMismatchException when I enter it").problems == ("older-code",)
    assert exact("my number is forbidden here") is None
    assert exact("the lambda expression is long") is None


def test_rules_are_in_small_letters_and_none_hides_another():
    for fragment, problems in TEXTS:
        assert fragment == fragment.lower()
        assert problems
        if "*" not in fragment:
            assert exact(fragment).problems == problems, fragment
    assert all(re.fullmatch("[a-z]+", name) for name in NAMES)


@pytest.mark.parametrize("phrase", phrases(), ids=lambda one: one.text[:40])
def test_no_phrase_leads_to_a_runbook_that_changes_anything(phrase):
    assert all(one.runbook in READING for one in likely_causes(phrase.text))

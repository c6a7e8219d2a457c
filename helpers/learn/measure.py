"""Measures a Cognito by asking it, and draws what a lesson has measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from helpers.display.picture import Picture
from helpers.learn import charts
from helpers.learn.lesson import Lesson
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME

TAKEN = "taken"


def verdict(lesson: Lesson, password: str) -> str:
    """Return Cognito's words on a password, or "taken".

    It is asked by AdminSetUserPassword, which judges as ConfirmForgotPassword does, and which knows
    no limit of tries.
    """
    errors = lesson.quiet.exceptions
    try:
        lesson.quiet.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME, Password=password, Permanent=True
        )
    except (
        errors.InvalidPasswordException,
        errors.InvalidParameterException,
        errors.PasswordHistoryPolicyViolationException,
    ) as error:
        said = error.response["Error"]
        return f"{said['Code']}: {said['Message']}"
    return TAKEN


# --- the life of a code ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """What Cognito said to one code, by the minute. number: from 1. asked: its minute.

    answers: one for each minute from then on.
    """

    number: int
    asked: int
    answers: tuple[str, ...]

    def spans(self) -> list[tuple[int, int, str]]:
        """Return (first minute, last minute, answer) for each run of equal answers."""
        minute, spans = self.asked, []
        for answer, group in groupby(self.answers):
            length = len(list(group))
            spans.append((minute, minute + length - 1, answer))
            minute += length
        return spans


def lives(asked: Sequence[int], last: int) -> tuple[Life, ...]:
    """Ask for codes at these minutes, the first of them 0, and try each at every minute.

    Each code is tried with a password that is too weak. So nothing changes, and
    InvalidPasswordException says that the code was good, since Cognito looks at it first. Each
    minute has a Cognito of its own, for tries are few.
    """
    lesson, heard = Lesson(), [list[str]() for _ in asked]
    for minute in range(last + 1):
        lesson.box.reset()
        for start, end in pairwise([*(one for one in asked if one <= minute), minute]):
            lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
            lesson.box.advance(60 * (end - start))
        for mail, answers in zip(lesson.box.mailbox(), heard, strict=False):
            answers.append(_try_weakly(lesson, str(mail["code"])))
    return tuple(
        Life(number, one, tuple(answers))
        for number, (one, answers) in enumerate(zip(asked, heard, strict=True), 1)
    )


def _try_weakly(lesson: Lesson, code: str) -> str:
    try:
        lesson.quiet.confirm_forgot_password(
            ClientId=DEFAULT_CLIENT_ID,
            Username=DEFAULT_USERNAME,
            Password="weak",
            ConfirmationCode=code,
        )
    except lesson.quiet.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    raise AssertionError("a weak password was taken")


# --- the budget of tries --------------------------------------------------------------------------


def budget(tried: Sequence[tuple[float, bool]], size: int = 5) -> Picture:
    """Draw how many tries are left, which Cognito tells nobody.

    tried: the minute of each try, and whether it was heard.
    """
    heard = [minute for minute, was_heard in tried if was_heard]
    last = tried[-1][0]
    moments = sorted(
        {minute for minute, _ in tried} | {minute + 60 for minute in heard if minute + 60 <= last}
    )
    levels = [
        (minute, size - sum(minute - 60 < spent <= minute for spent in heard)) for minute in moments
    ]
    marks = [
        (minute, was_heard, f"a try, {'heard' if was_heard else 'refused: limit exceeded'}")
        for minute, was_heard in tried
    ]
    return charts.steps(
        f"How many of {size} tries are left", "minutes since the first try", levels, marks, size
    )


# --- the lock of sign-ins -------------------------------------------------------------------------


def drawn(waits: dict[int, int]) -> Picture:
    """Draw the seconds that sign-in was locked after each failure, by its number."""
    values = [(f"failure {number}", float(wait), _length(wait)) for number, wait in waits.items()]
    return charts.bars(
        "How long sign-in is locked after each failure",
        "seconds, on a logarithmic scale",
        values,
    )


def _length(seconds: int) -> str:
    if seconds == 0:
        return "no wait"
    minutes = f", about {seconds / 60:.0f} min" if seconds >= 90 else ""
    return f"{seconds} second{'' if seconds == 1 else 's'}{minutes}"

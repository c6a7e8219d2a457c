"""Measures a Cognito by asking it: passwords, the life of codes, tries, and locks.

Each function makes real calls on a lesson's sandbox, moves its clock where time has to go by, and
returns what it saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from helpers.cognito.policy import PasswordPolicy
from helpers.display.card import Table
from helpers.display.picture import Picture
from helpers.learn import charts
from helpers.learn.lesson import Lesson
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME

TAKEN = "taken"
LOCKED = "Password attempts exceeded"
_STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900)


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


def judged(lesson: Lesson, passwords: Sequence[str], policy: PasswordPolicy) -> Table:
    """Return a table of passwords: what the policy says, and what Cognito says when asked.

    The passwords are shown, so they must be nobody's.
    """
    rows = []
    for password in passwords:
        broken = "; ".join(rule.words for rule in policy.violations(password)) or "nothing"
        rows.append((password.replace(" ", "␣"), broken, verdict(lesson, password)))
    return Table(
        "Passwords, judged twice (␣ is a space)",
        ("Password", "It lacks", "Cognito says"),
        tuple(rows),
    )


def set_policy(lesson: Lesson, policy: PasswordPolicy) -> PasswordPolicy:
    """Give the pool another password policy, as an administrator, and return it."""
    wanted: Any = {
        "MinimumLength": policy.minimum_length,
        "RequireUppercase": policy.require_uppercase,
        "RequireLowercase": policy.require_lowercase,
        "RequireNumbers": policy.require_numbers,
        "RequireSymbols": policy.require_symbols,
        "PasswordHistorySize": policy.history_size,
    }
    recovery: Any = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
    lesson.quiet.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        AutoVerifiedAttributes=["email"],
        AccountRecoverySetting=recovery,
        Policies={"PasswordPolicy": wanted},
    )
    return policy


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
            _request(lesson)
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


@dataclass(frozen=True)
class Try:
    """One request for a code, or a wrong one entered: its minute, and whether it was heard."""

    minute: float
    at: datetime
    operation: str
    heard: bool


def tries(lesson: Lesson, minutes: Sequence[float]) -> tuple[Try, ...]:
    """Request a code at the first minute, enter wrong ones at the others; return the tries."""
    done: list[Try] = []
    for minute in minutes:
        lesson.box.advance(60 * (minute - (done[-1].minute if done else minute)))
        call = (_request, _enter_wrong)[bool(done)]
        done.append(
            Try(minute, lesson.box.now(), ("a request", "a wrong code")[bool(done)], call(lesson))
        )
    return tuple(done)


def budget(done: Sequence[Try], size: int = 5) -> Picture:
    """Draw how many tries are left, which Cognito tells nobody, from those that were heard."""
    heard = [one.minute for one in done if one.heard]
    moments = sorted(
        {one.minute for one in done}
        | {minute + 60 for minute in heard if minute + 60 <= done[-1].minute}
    )
    levels = [
        (minute, size - sum(minute - 60 < spent <= minute for spent in heard)) for minute in moments
    ]
    marks = [
        (
            one.minute,
            one.heard,
            f"{one.operation}, {'heard' if one.heard else 'refused: limit exceeded'}",
        )
        for one in done
    ]
    return charts.steps(
        f"How many of {size} tries are left", "minutes since the first try", levels, marks, size
    )


def _request(lesson: Lesson) -> bool:
    try:
        lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    except lesson.quiet.exceptions.LimitExceededException:
        return False
    return True


def _enter_wrong(lesson: Lesson) -> bool:
    right = str(lesson.box.mailbox()[-1]["code"])
    try:
        lesson.quiet.confirm_forgot_password(
            ClientId=DEFAULT_CLIENT_ID,
            Username=DEFAULT_USERNAME,
            Password=DEFAULT_PASSWORD,
            ConfirmationCode=right[:5] + str((int(right[5]) + 1) % 10),
        )
    except lesson.quiet.exceptions.LimitExceededException:
        return False
    except (
        lesson.quiet.exceptions.CodeMismatchException,
        lesson.quiet.exceptions.ExpiredCodeException,
    ):
        pass
    return True


# --- the lock of sign-ins -------------------------------------------------------------------------


def sign_in_says(lesson: Lesson, password: str) -> str:
    """Return what a sign-in with this password is told: Cognito's words, or "signed in"."""
    try:
        lesson.quiet.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": DEFAULT_USERNAME, "PASSWORD": password},
        )
    except lesson.quiet.exceptions.NotAuthorizedException as error:
        return str(error.response["Error"]["Message"])
    return "signed in"


def locks(lesson: Lesson, failures: int) -> dict[int, int]:
    """Fail to sign in as soon as Cognito listens; return the wait after each, in seconds.

    A try during a lock lengthens nothing, so it can be asked at each of the likely lengths.
    """
    waits: dict[int, int] = {}
    assert sign_in_says(lesson, "wrong") != LOCKED
    for number in range(1, failures + 1):
        gone = 0
        for step in (0, *_STEPS):
            lesson.box.advance(step - gone)
            gone = step
            if sign_in_says(lesson, "wrong") != LOCKED:  # and this was the next failure
                waits[number] = step
                break
    return waits


def drawn(waits: dict[int, int]) -> Picture:
    """Draw the waits after each failure, as locks() returns them."""
    values = [(f"failure {number}", float(wait), _length(wait)) for number, wait in waits.items()]
    return charts.bars("How long sign-in is locked after each failure", "seconds", values)


def _length(seconds: int) -> str:
    if seconds == 0:
        return "no wait"
    minutes = f", about {seconds / 60:.0f} min" if seconds >= 90 else ""
    return f"{seconds} second{'' if seconds == 1 else 's'}{minutes}"

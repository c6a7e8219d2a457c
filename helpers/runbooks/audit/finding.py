"""What an audit says of one setting: how bad it is, what was seen, what to change."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is, in words; the worst first."""

    RESETS_FAIL = "resets fail"
    AT_RISK = "account at risk"
    LEAKS = "leaks who exists"
    WORTH_KNOWING = "worth knowing"
    NOT_KNOWN = "not known"
    WELL = "well set"


class Place(StrEnum):
    """Where a setting is at work on the way of a code, from asking to the new password."""

    ASKS = "the app client"
    POOL = "the user pool"
    SENDER = "the sender"
    ARRIVES = "mailbox or phone"
    OPENS = "the new password"


class Sure(StrEnum):
    """How surely it is known that Cognito does what a finding says."""

    DOCUMENTED = "documented by AWS"
    REPORTED = "reported by users"
    INFERRED = "inferred"
    OURS = "this project's own rule of thumb"


_LEFT_OUT = {
    operation: (
        f"{operation} sets whatever the request leaves out back to its default: send all present"
        " settings along."
    )
    for operation in ("UpdateUserPool", "UpdateUserPoolClient")
}


@dataclass(frozen=True)
class Finding:
    """One setting, judged; where it is well set, its level is WELL and nothing is to fix.

    setting: as the API names it. title: what it is about, in a few words. risk: what it does to a
    reset. evidence: what was seen. fix: what to change. besides: what that change does besides.
    through: the API operation that makes the change, "" where it is made elsewhere or cannot be
    made. source: the AWS document, or who reports it. concerns: the ids of the app clients that
    have it, () where it is a setting of the pool.
    """

    level: Level
    place: Place
    setting: str
    title: str
    risk: str
    evidence: str
    sure: Sure
    source: str
    fix: str = ""
    besides: str = ""
    through: str = ""
    concerns: tuple[str, ...] = ()

    @property
    def weak(self) -> bool:
        """Whether there is anything to know or to do about it."""
        return self.level is not Level.WELL

    @property
    def change(self) -> str:
        """What to change, what that does besides, and what the API call for it needs."""
        besides = f"Besides: {self.besides}" if self.besides else ""
        return " ".join(
            words for words in (self.fix, besides, _LEFT_OUT.get(self.through, "")) if words
        )


def well(
    place: Place,
    setting: str,
    title: str,
    words: str,
    evidence: str,
    source: str,
    concerns: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that a setting is well set; words: what to keep in mind about it."""
    return Finding(
        Level.WELL,
        place,
        setting,
        title,
        words,
        evidence,
        Sure.DOCUMENTED,
        source,
        concerns=concerns,
    )


def needs_role(contacts: Sequence[str], *, sms_role: bool) -> str:
    """Return what else to set where Cognito is to verify these contacts, or "".

    Source: reported, "SMS configuration is required when phone_number is selected for auto
    verification" (aws-amplify/amplify-backend#1523).
    """
    lacks = "phone_number" in contacts and not sms_role
    return " For phone numbers the pool needs an SmsConfiguration along with it." if lacks else ""

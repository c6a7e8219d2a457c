"""What each runbook is asked: one schema for form, notebook, command and documents."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Literal

from pydantic import Field

from helpers.cognito.errors import Problem
from helpers.run.parameters import (
    PRACTICE_CLIENT,
    USERNAME,
    ClientId,
    ClientIdOrNone,
    ClientParameters,
    ClientSecret,
    GatedParameters,
    PoolId,
    PoolIdOrNone,
    PoolParameters,
    RepeatedUsername,
    Username,
    UserParameters,
)
from helpers.runbooks.diagnosis.questions import ANSWERS
from helpers.secrets import destinations
from helpers.target import Target

PRACTICE_PASSWORD = "literal:Practice-makes-perfect-1"
PRACTICE_UNVERIFIED = "no-verified-contact@example.com"
PRACTICE_LOCKED = "disabled@example.com"
PRACTICE_INVITED = "temporary-password@example.com"
PRACTICE_FACTOR = "second-factor-lost@example.com"
PRACTICE_FACTOR_POOL = "us-east-1_TrainFactorLost"


class ConfirmResetParameters(ClientParameters):
    """The parameters of the runbook confirm-reset."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret", "code", "new_password")

    code: str = Field(
        default="mailbox:",
        title="Confirmation code",
        description="a reference to the confirmation code",
    )
    new_password: str = Field(
        default=PRACTICE_PASSWORD,
        title="New password",
        description="a reference to the new password",
    )


class RequestCodeParameters(ClientParameters):
    """The parameters of the runbook request-code."""

    client_id: ClientId = Field(
        default=PRACTICE_CLIENT, description="the app client that the user will enter the code in"
    )
    user_pool_id: PoolIdOrNone = Field(
        default="", description="lets the plan look where a code would go, by two signed calls"
    )
    again: Literal["no", "yes"] = Field(
        default="no",
        title="Send another one?",
        description="yes, if the user has checked and the last message did not arrive",
    )


class AuditPoolParameters(PoolParameters):
    """The parameters of the runbook audit-pool."""


class DiagnoseUserParameters(UserParameters):
    """The parameters of diagnose-user; with a symptom alone, nobody is looked up."""

    SAID: ClassVar[tuple[str, ...]] = ("symptom",)

    username: str = Field(
        default=PRACTICE_UNVERIFIED,
        title="Username",
        description="username, e-mail, phone or sub, or its beginning; empty for the symptom alone",
        pattern=f"^$|{USERNAME}",
        max_length=128,
    )
    client_id: ClientIdOrNone = Field(
        default="", description="the app client that the user signs in to; may be empty"
    )
    symptom: str = Field(
        default="",
        title="Symptom",
        description="an error's name or text, or what the user says; may be empty",
        max_length=500,
    )
    answer: str = Field(
        default="",
        title="Answer",
        description="the key of a choice of the last question, or several with spaces between",
        max_length=200,
    )

    @classmethod
    def _cross_check(cls, values: Mapping[str, Any], *, person: bool, gate: bool) -> list[Problem]:
        problems = super()._cross_check(values, person=person, gate=gate)
        symptom = values.get("symptom", "")
        given = str(symptom).strip() or str(values.get("answer", "")).strip()
        if values.get("username") == "" and not given:
            problems.append(
                Problem("username", "is empty, and so is the symptom: give one of them.")
            )
        answer = values.get("answer", "")
        for key in answer.split() if isinstance(answer, str) else ():
            if key not in ANSWERS:
                close = get_close_matches(key, ANSWERS, n=1)
                meant = f" Did you mean {close[0]}?" if close else ""
                problems.append(Problem("answer", f"is no choice of a question.{meant}"))
                break
        if isinstance(symptom, str) and re.search(r"(?<!\d)\d{6}(?!\d)", symptom):
            problems.append(
                Problem(
                    "symptom",
                    "holds six digits that look like a code, which stays out of records: "
                    "leave them out.",
                )
            )
        return problems

    @classmethod
    def recordable(cls, name: str, value: str) -> str:
        """Return a parameter for the record; addresses and long numbers are left out."""
        if name != "symptom":
            return super().recordable(name, value)
        return re.sub(
            r"\+?\d[\d .-]{4,}\d", "[number]", re.sub(r"[^\s@]+@[^\s@]+", "[address]", value)
        )


class AdminResetParameters(GatedParameters):
    """The parameters of the runbook admin-reset."""


class SignOutParameters(GatedParameters):
    """The parameters of the runbook sign-out-everywhere."""


class FixContactParameters(GatedParameters):
    """The parameters of fix-contact; the caller says the contact, and nobody sees what is held."""

    SAID: ClassVar[tuple[str, ...]] = ("proof_of_identity", "contact_said")

    username: Username = PRACTICE_UNVERIFIED
    confirm_username: RepeatedUsername = PRACTICE_UNVERIFIED
    contact: Literal["email", "phone_number"] = Field(
        default="email",
        title="Contact",
        description="email or phone_number, which one is to be marked as verified",
    )
    contact_said: str = Field(
        default=PRACTICE_UNVERIFIED,
        title="The contact, as the caller says it",
        description="the address or number that the caller says; compared, and not recorded",
        max_length=200,
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        if not str(given["contact_said"]).strip():
            words = "is empty: have the caller say the address or number, and type that."
            problems.append(Problem("contact_said", words))
        return problems

    @classmethod
    def recordable(cls, name: str, value: str) -> str:
        """Return a parameter for the record; what the caller said stays out of it."""
        if name == "contact_said":
            return "[compared]" if value else ""
        return super().recordable(name, value)


class LockUserParameters(GatedParameters):
    """The parameters of the runbook lock-user."""


class UnlockUserParameters(GatedParameters):
    """The parameters of unlock-user; except in practice, the cause has to be settled."""

    username: Username = PRACTICE_LOCKED
    confirm_username: RepeatedUsername = PRACTICE_LOCKED
    settled: Literal["no", "yes"] = Field(
        default="no",
        title="Is the cause settled?",
        description="yes, when it is settled why the account was locked; asked for on a real pool",
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        if given["settled"] != "yes" and not Target(str(given["target"])).may_be_sandbox:
            words = "must be yes: find out why it was locked first, and check contacts and factors."
            problems.append(Problem("settled", words))
        return problems


class ResendInvitationParameters(GatedParameters):
    """The parameters of the runbook resend-invitation."""

    username: Username = PRACTICE_INVITED
    confirm_username: RepeatedUsername = PRACTICE_INVITED
    medium: Literal["EMAIL", "SMS"] = Field(
        default="EMAIL",
        title="Send it by",
        description="EMAIL or SMS, whichever the user has; Cognito's own default is SMS",
    )


class ResetSecondFactorParameters(GatedParameters):
    """The parameters of the runbook reset-second-factor."""

    username: Username = PRACTICE_FACTOR
    confirm_username: RepeatedUsername = PRACTICE_FACTOR
    user_pool_id: PoolId = Field(
        default=PRACTICE_FACTOR_POOL, description="the user pool; the default is the sandbox's"
    )
    factor: Literal["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"] = Field(
        default="SOFTWARE_TOKEN_MFA",
        title="Lost factor",
        description="SOFTWARE_TOKEN_MFA (an authenticator app), SMS_MFA or EMAIL_OTP",
    )


class SetPasswordParameters(GatedParameters):
    """The parameters of set-password; a place is part of the gate, and a second person may be."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)
    PLACES: ClassVar[tuple[str, ...]] = ("password_to",)
    SAID: ClassVar[tuple[str, ...]] = ("proof_of_identity", "agreed_by")

    kind: Literal["temporary", "permanent"] = Field(
        default="temporary",
        title="Kind of password",
        description="temporary, to be changed at the next sign-in, or permanent",
    )
    password_to: str = Field(
        default="discard:",
        title="Where the password goes",
        description="a reference to write the generated password to; discard: in practice",
    )
    client_id: ClientIdOrNone = Field(
        default=PRACTICE_CLIENT,
        description="the app client to prove it through, by one sign-in; empty for no proof",
    )
    client_secret: ClientSecret = ""
    two_persons: Literal["no", "yes"] = Field(
        default="no",
        title="Two persons, as told",
        description="yes, where a second name has to be given",
    )
    agreed_by: str = Field(
        default="",
        title="Agreed by, as told",
        description="who else has agreed, as the first person tells it; nobody checks it",
        max_length=200,
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        fault = destinations.fault_in(
            str(given["password_to"]), sandbox=Target(str(given["target"])).may_be_sandbox
        )
        problems += [Problem("password_to", fault)] if fault else []
        if given["two_persons"] == "yes" and not str(given["agreed_by"]).strip():
            problems.append(
                Problem(
                    "agreed_by",
                    "is empty: two persons are asked for, so name the second one who agrees.",
                )
            )
        return problems

    @classmethod
    def recordable(cls, name: str, value: str) -> str:
        """Return a parameter for the record; a password in place of its place is hidden."""
        return (
            destinations.shown(value) if name == "password_to" else super().recordable(name, value)
        )

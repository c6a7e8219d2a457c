"""What each runbook is asked: one schema for form, notebook, command and documents."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Literal

from pydantic import Field

from helpers.cognito.errors import Problem
from helpers.run.named_pool import fill_in
from helpers.run.parameters import (
    PRACTICE_CLIENT,
    USERNAME,
    ClientId,
    ClientIdOrNone,
    ClientParameters,
    ClientSecret,
    GatedParameters,
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
        title="Another code",
        description="yes, when the user has looked and the last message is not there",
    )


class AuditPoolParameters(PoolParameters):
    """The parameters of the runbook audit-pool."""


class DiagnoseUserParameters(UserParameters):
    """The parameters of diagnose-user; with a symptom alone, nobody is looked up."""

    SAID: ClassVar[tuple[str, ...]] = ("symptom",)

    username: str = Field(
        default=PRACTICE_UNVERIFIED,
        title="Username",
        description="any name of the user; empty: the symptom alone is looked at",
        pattern=f"^$|{USERNAME}",
        max_length=128,
    )
    client_id: ClientIdOrNone = Field(
        default="", description="the app client that the user comes from; empty: not looked at"
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
    """The parameters of fix-contact; except in practice, proof of identity is asked for."""

    SAID: ClassVar[tuple[str, ...]] = ("proof_of_identity",)

    username: Username = PRACTICE_UNVERIFIED
    confirm_username: RepeatedUsername = PRACTICE_UNVERIFIED
    contact: Literal["email", "phone_number"] = Field(
        default="email",
        title="Contact",
        description="email or phone_number, which one is to be marked as verified",
    )
    proof_of_identity: str = Field(
        default="practice",
        title="How the user proved who they are",
        description="how the user's identity was proved; it is kept in the record",
        pattern=r"\S",
        max_length=500,
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        proof = given["proof_of_identity"]
        if (
            isinstance(proof, str)
            and proof.strip().lower() == "practice"
            and not Target(str(given["target"])).may_be_sandbox
        ):
            problems.append(
                Problem(
                    "proof_of_identity",
                    "is practice, and this is none: say how you know that it is the user.",
                )
            )
        return problems


class SetPasswordParameters(GatedParameters):
    """The parameters of set-password; a place and a second person are part of the gate."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)
    SAID: ClassVar[tuple[str, ...]] = ("agreed_by",)

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
        default="no", title="Two persons", description="yes, where a second person has to agree"
    )
    agreed_by: str = Field(
        default="",
        title="Agreed by",
        description="the name of the second person who has agreed",
        max_length=200,
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        fault = destinations.fault_in(
            str(given["password_to"]), sandbox=Target(str(given["target"])).may_be_sandbox
        )
        problems += [Problem("password_to", fault)] if fault else []
        pool = fill_in(cls.model_fields, given).pool
        asked = given["two_persons"] == "yes" or (pool is not None and pool.asks.second_person)
        if asked and not str(given["agreed_by"]).strip():
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

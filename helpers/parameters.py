"""What a runbook is asked to do: typed parameters, checked all at once, before anything is sent.

One model a runbook: the form, the notebook's parameters cell, the command's help and the README read names, defaults
and help from it. Every parameter is a string, because that is what papermill, a form and a shell have in common.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers import deposit, secret
from helpers.errors import Problem
from helpers.target import Target

PRACTICE_PASSWORD = "literal:Practice-makes-perfect-1"

PRACTICE_POOL = "us-east-1_Sandbox01"
PRACTICE_USER = "diego@example.com"
PRACTICE_UNVERIFIED = "no-verified-contact@example.com"
_POOL = r"^[\w-]+_[0-9a-zA-Z]+$"
_USERNAME = r"^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$"

_WORDS = {
    "client_id": "must be the app client's id: 1 to 128 letters, digits, + or _.",
    "username": "must be 1 to 128 characters, without spaces.",
    "user_pool_id": "must be a user pool's id such as us-east-1_AbCdEfGhI.",
    "proof_of_identity": "must say in 1 to 500 characters how you know that it is the user; it stands in the record.",
}


class Parameters(BaseModel):
    """The parameters that every runbook has. Make one through `read`, which never raises.

    A field's title is its label in a form; its description is its help everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    SECRETS: ClassVar[tuple[str, ...]] = ()

    target: str = Field(default="sandbox", title="Cognito", description="sandbox, aws, or an endpoint's URL on this machine")
    region: str = Field(default="us-east-1", title="Region", description="the AWS region of the user pool")
    profile: str = Field(default="", title="Profile", description="the AWS profile, where a call has to be signed")
    user_pool_id: str = Field(
        default="", title="User pool id", description="lets the plan read the pool's password policy",
        pattern=f"^$|{_POOL}", max_length=55,
    )
    interactive: Literal["auto", "yes", "no"] = Field(
        default="auto", title="Interactive", description="auto, yes or no, whether a person is there"
    )

    @classmethod
    def read(cls, values: Mapping[str, Any], *, person: bool, gate: bool = True) -> tuple[Self | None, list[Problem]]:
        """Read parameters from anywhere and return them with every problem there is, in the order of the fields.

        values: by name; what is missing has its default. person: whether somebody is there to answer a prompt.
        gate: False before a person has come to the gate. The parameters are None when they cannot be used at all.
        """
        names = list(cls.model_fields)
        problems = []
        try:
            read: Self | None = cls(**values)
        except ValidationError as exc:
            read = None
            problems = [cls._problem(error, values) for error in exc.errors(include_url=False, include_input=False)]
        faulty = {problem.field for problem in problems}
        problems += [p for p in cls._cross_check(values, person=person) if p.field not in faulty]
        order = {name: place for place, name in enumerate(names)}
        problems.sort(key=lambda problem: order.get(problem.field, -1))
        return (None if problems else read), problems

    @classmethod
    def _cross_check(cls, values: Mapping[str, Any], *, person: bool) -> list[Problem]:
        def text(name: str) -> str:
            value = values.get(name, cls.model_fields[name].default)
            return value if isinstance(value, str) else ""

        target = Target(text("target"), text("region"), text("profile"))
        problems = [Problem(field, words) for field, words in target.faults()]
        for name in cls.SECRETS:
            given = values.get(name, cls.model_fields[name].default)
            if not isinstance(given, str) or (name == "client_secret" and not given):
                continue
            fault = secret.fault_in(given, sandbox=target.may_be_sandbox, person=person)
            problems += [Problem(name, fault)] if fault else []
        return problems

    @classmethod
    def _problem(cls, error: Any, values: Mapping[str, Any]) -> Problem:
        field = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            close = get_close_matches(field, cls.model_fields, n=1)
            return Problem(field, "is no parameter of this runbook." + (f" Did you mean {close[0]}?" if close else ""))
        if error["type"] == "string_type" or not isinstance(values.get(field, ""), str):
            return Problem(field, cls._not_a_string(field, values[field]))
        if error["type"] == "literal_error":
            return Problem(field, f"must be {cls.choices(field, ' or ')}.")
        return Problem(field, _WORDS.get(field, error["msg"]))

    @classmethod
    def choices(cls, field: str, joined: str = ", ") -> str:
        """Return the values that a field may take, joined to one text; "" when it may take any."""
        return joined.join(get_args(cls.model_fields[field].annotation))

    @classmethod
    def _not_a_string(cls, field: str, value: Any) -> str:
        kind = type(value).__name__
        if field in cls.SECRETS:
            variable = f"RESET_{field.upper()}"
            return (
                f"arrived as a value of type {kind}, so a leading zero may be lost, and a secret is never given by "
                f"value. Use: read -rs {variable}; export {variable}; "
                f"papermill ... -r {field} env:{variable}"
            )
        # Papermill's -p turns +15551234567 into a number; -r leaves every character as it was typed.
        return (
            f"arrived as the {kind} {value!r}, not as the text that was typed: signs and leading zeros may be lost. "
            f"Use -r instead of -p: papermill ... -r {field} 'TEXT'"
        )

    def shown(self) -> dict[str, str]:
        """Return the parameters as they may be recorded: references to secrets, never values."""
        return {
            name: secret.shown(value) if name in self.SECRETS and value else value
            for name, value in self.model_dump().items()
        }

    def to_target(self) -> Target:
        """Return the Cognito that these parameters name."""
        return Target(self.target, self.region, self.profile)


class ClientParameters(Parameters):
    """The parameters of the public calls, which name an app client instead of a user pool."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)

    client_id: str = Field(
        default="3n4b5urk1ft4fl3mg5e62d9ado", title="App client id", description="the app client that asked for the code",
        pattern=r"^[\w+]+$", max_length=128,
    )
    client_secret: str = Field(
        default="", title="Client secret", description="a reference to the app client's secret, if it has one"
    )
    username: str = Field(
        default=PRACTICE_USER, title="Username", description="the user's name, verified e-mail or phone, or sub",
        pattern=_USERNAME, max_length=128,
    )


class ConfirmResetParameters(ClientParameters):
    """The parameters of the runbook confirm-reset."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret", "code", "new_password")

    code: str = Field(default="mailbox:", title="Confirmation code", description="a reference to the confirmation code")
    new_password: str = Field(
        default=PRACTICE_PASSWORD, title="New password", description="a reference to the new password"
    )


class RequestCodeParameters(ClientParameters):
    """The parameters of the runbook request-code."""

    client_id: str = Field(
        default="3n4b5urk1ft4fl3mg5e62d9ado", title="App client id",
        description="the app client that the user will enter the code in", pattern=r"^[\w+]+$", max_length=128,
    )
    user_pool_id: str = Field(
        default="", title="User pool id", description="lets the plan look where a code would go, by two signed calls",
        pattern=f"^$|{_POOL}", max_length=55,
    )
    again: Literal["no", "yes"] = Field(
        default="no", title="Another code", description="yes, when the user has looked and the last message is not there"
    )


class PoolParameters(Parameters):
    """The parameters of an administrator's calls, which name a user pool. They are signed."""

    user_pool_id: str = Field(
        default=PRACTICE_POOL, title="User pool id", description="the user pool; the default is the sandbox's",
        pattern=_POOL, max_length=55,
    )


class AuditPoolParameters(PoolParameters):
    """The parameters of the runbook audit-pool."""


class UserParameters(PoolParameters):
    """The parameters of an administrator's calls about one user."""

    username: str = Field(
        default=PRACTICE_USER, title="Username", description="the user's name, verified e-mail or phone, or sub",
        pattern=_USERNAME, max_length=128,
    )


class DiagnoseUserParameters(UserParameters):
    """The parameters of the runbook diagnose-user. A symptom alone will do: then nobody is looked up."""

    username: str = Field(
        default="no-verified-contact@example.com", title="Username",
        description="any name of the user; empty: the symptom alone is looked at", pattern=f"^$|{_USERNAME}", max_length=128,
    )
    client_id: str = Field(
        default="", title="App client id", description="the app client that the user comes from; empty: not looked at",
        pattern=r"^[\w+]*$", max_length=128,
    )
    symptom: str = Field(
        default="", title="Symptom", description="an error's name or text, or what the user says; may be empty",
        max_length=500,
    )

    @classmethod
    def _cross_check(cls, values: Mapping[str, Any], *, person: bool) -> list[Problem]:
        problems = super()._cross_check(values, person=person)
        symptom = values.get("symptom", "")
        if values.get("username") == "" and not str(symptom).strip():
            problems.append(Problem("username", "is empty, and so is the symptom: give one of them."))
        if isinstance(symptom, str) and re.search(r"(?<!\d)\d{6}(?!\d)", symptom):
            problems.append(Problem("symptom", "holds six digits that look like a code, which stays out of records: "
                                               "leave them out."))
        return problems


class GatedParameters(UserParameters):
    """The parameters of what disturbs a user or cannot be undone: the username has to be repeated."""

    confirm_username: str = Field(
        default=PRACTICE_USER, title="Username, once more", description="the gate, repeat the username"
    )

    @classmethod
    def read(cls, values: Mapping[str, Any], *, person: bool, gate: bool = True) -> tuple[Self | None, list[Problem]]:
        """Read the parameters, and look whether the gate is open. See Parameters.read."""
        read, problems = super().read(values, person=person)
        if gate:
            faulty = {problem.field for problem in problems}
            given = {name: values.get(name, about.default) for name, about in cls.model_fields.items()}
            problems += [problem for problem in cls._closed(given, faulty) if problem.field not in faulty]
        return (None if problems else read), problems

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        """Return why the gate is closed. given: every parameter. faulty: the fields that cannot be read anyway."""
        if given["confirm_username"] == given["username"] or "username" in faulty:
            return []
        words = "is not the username: " if given["confirm_username"] else "is empty: "
        return [Problem("confirm_username", f"{words}repeat the username, to show that it is this user you mean.")]


class AdminResetParameters(GatedParameters):
    """The parameters of the runbook admin-reset."""


class SignOutParameters(GatedParameters):
    """The parameters of the runbook sign-out-everywhere."""


class FixContactParameters(GatedParameters):
    """The parameters of the runbook fix-contact. Where it is no practice, the proof of identity is part of the gate."""

    username: str = Field(
        default=PRACTICE_UNVERIFIED, title="Username", description="the user's name, verified e-mail or phone, or sub",
        pattern=_USERNAME, max_length=128,
    )
    confirm_username: str = Field(
        default=PRACTICE_UNVERIFIED, title="Username, once more", description="the gate, repeat the username"
    )
    contact: Literal["email", "phone_number"] = Field(
        default="email", title="Contact", description="email or phone_number, which one is to be marked as verified"
    )
    proof_of_identity: str = Field(
        default="practice", title="How the user proved who they are",
        description="how the user's identity was proved; it stands in the record", pattern=r"\S", max_length=500,
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        proof = given["proof_of_identity"]
        if isinstance(proof, str) and proof.strip().lower() == "practice" and not Target(str(given["target"])).may_be_sandbox:
            problems.append(Problem("proof_of_identity", "is practice, and this is none: say how you know that it is the user."))
        return problems


class SetPasswordParameters(GatedParameters):
    """The parameters of the runbook set-password. A place for the password, and a second person, are part of the gate."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)

    kind: Literal["temporary", "permanent"] = Field(
        default="temporary", title="Kind of password", description="temporary, to be changed at the next sign-in, or permanent"
    )
    password_to: str = Field(
        default="discard:", title="Where the password goes",
        description="a reference to write the generated password to; discard: in practice",
    )
    client_id: str = Field(
        default="3n4b5urk1ft4fl3mg5e62d9ado", title="App client id",
        description="the app client to prove it through, by one sign-in; empty for no proof", pattern=r"^[\w+]*$",
        max_length=128,
    )
    client_secret: str = Field(
        default="", title="Client secret", description="a reference to the app client's secret, if it has one"
    )
    two_persons: Literal["no", "yes"] = Field(
        default="no", title="Two persons", description="yes, where a second person has to agree"
    )
    agreed_by: str = Field(
        default="", title="Agreed by", description="the name of the second person who has agreed", max_length=200
    )

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        problems = super()._closed(given, faulty)
        fault = deposit.fault_in(str(given["password_to"]), sandbox=Target(str(given["target"])).may_be_sandbox)
        problems += [Problem("password_to", fault)] if fault else []
        if given["two_persons"] == "yes" and not str(given["agreed_by"]).strip():
            problems.append(Problem("agreed_by", "is empty: two persons are asked for, so name the second one who agrees."))
        return problems

"""What runbooks are asked to do: typed parameters, checked all at once, before anything is sent.

One model a runbook, in `helpers.runbooks.schemas`: the form, the notebook's parameters cell, the
command's help and the README read names, defaults and help from it. Every parameter is a string,
because that is what papermill, a form and a shell have in common.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from helpers.cognito.errors import Problem
from helpers.run.named_pool import bare_pool, fill_in
from helpers.run.names import tidied
from helpers.secrets import references
from helpers.target import Target, endpoint
from helpers.target.pools import PRACTICE, USER_POOL_ID, Pool

PRACTICE_POOL = PRACTICE.user_pool_id
PRACTICE_CLIENT = PRACTICE.clients["practice"].client_id
PRACTICE_USER = "diego@example.com"
POOL = USER_POOL_ID
USERNAME = r"^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$"

PoolId = Annotated[str, Field(title="User pool id", pattern=POOL, max_length=55)]
PoolIdOrNone = Annotated[str, Field(title="User pool id", pattern=f"^$|{POOL}", max_length=55)]
ClientId = Annotated[str, Field(title="App client id", pattern=r"^[\w+]+$", max_length=128)]
ClientIdOrNone = Annotated[str, Field(title="App client id", pattern=r"^[\w+]*$", max_length=128)]
ClientSecret = Annotated[
    str,
    Field(
        title="Client secret",
        description="a reference to the app client's secret, if it has one",
    ),
]
Username = Annotated[
    str,
    Field(
        title="Username",
        description="the user's name, verified e-mail or phone, or sub",
        pattern=USERNAME,
        max_length=128,
    ),
]
RepeatedUsername = Annotated[
    str, Field(title="Username, once more", description="the gate, repeat the username")
]


def as_text(given: str) -> str:
    """Return what was given with the halves of characters in it replaced; they come from bytes that
    are no UTF-8, and from JSON.
    """
    return given.encode(errors="replace").decode()


_WORDS = {
    "client_id": "must be the app client's id: 1 to 128 letters, digits, + or _.",
    "username": (
        "must be 1 to 128 characters, without spaces; a phone number is written +15551230123."
    ),
    "user_pool_id": "must be a user pool's id such as us-east-1_AbCdEfGhI.",
    "case_number": "must be one line of at most 100 characters.",
    "proof_of_identity": (
        "must say in 1 to 500 characters how you know that it is the user; the record keeps it."
    ),
}


class Parameters(BaseModel):
    """The parameters that every runbook has. Make one through `read`, which never raises.

    A field's title is its label in a form; its description is its help everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    SECRETS: ClassVar[tuple[str, ...]] = ()
    PLACES: ClassVar[tuple[str, ...]] = ()
    """Those that say where a secret goes, by reference."""
    SIGNED: ClassVar[bool] = False
    """Whether the runbook's calls need AWS credentials."""
    SAID: ClassVar[tuple[str, ...]] = ()
    """What a person writes in words of their own."""

    _named_pool: Pool | None = PrivateAttr(default=None)

    pool: str = Field(
        default="",
        title="Pool",
        description="a pool of pools.toml, or practice; it fills in what is not given",
    )
    target: str = Field(
        default="sandbox",
        title="Cognito",
        description="sandbox, aws, or an endpoint's URL on this machine",
    )
    region: str = Field(
        default="us-east-1", title="Region", description="the AWS region of the user pool"
    )
    profile: str = Field(
        default="", title="Profile", description="the AWS profile, where a call has to be signed"
    )
    user_pool_id: PoolIdOrNone = Field(
        default="", description="lets the plan read the pool's password policy"
    )
    case_number: str = Field(
        default="",
        title="Case number",
        description="the case or ticket that this is for; it is kept in the record",
        pattern=r"^[\p{L}\p{M}\p{S}\p{N}\p{P} ]*$",
        max_length=100,
    )
    interactive: Literal["auto", "yes", "no"] = Field(
        default="auto",
        title="Interactive",
        description="auto, yes or no, whether a person is there",
    )

    @classmethod
    def read(
        cls,
        values: Mapping[str, Any],
        *,
        person: bool,
        gate: bool = True,
        given: Collection[str] = (),
    ) -> tuple[Self | None, list[Problem]]:
        """Read parameters from anywhere and return them with every problem there is, in the order
        of the fields.

        values: by name; what is missing has what the named pool has, or its default. person:
        whether somebody is there to answer a prompt. gate: False before a person has come to the
        gate. given: the names of those that somebody has given, where that is known: see `fill_in`.
        The parameters are None when they cannot be used at all.
        """
        names = list(cls.model_fields)
        problems = [
            Problem(as_text(name), "holds a character that is none: it was not given in UTF-8.")
            for name, value in values.items()
            if as_text(name) != name or isinstance(value, str) and as_text(value) != value
        ]
        values = {
            as_text(name): as_text(value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        filled = fill_in(cls.model_fields, tidied(values), given)
        values = filled.values
        problems += filled.problems
        faulty = {problem.field for problem in problems}
        try:
            read: Self | None = cls(**values)
        except ValidationError as exc:
            read = None
            found = (
                cls._problem(error, values)
                for error in exc.errors(include_url=False, include_input=False)
            )
            problems += [problem for problem in found if problem.field not in faulty]
        faulty = {problem.field for problem in problems}
        problems += [
            p for p in cls._cross_check(values, person=person, gate=gate) if p.field not in faulty
        ]
        if gate and filled.pool and (problem := cls._case_missing(values, filled.pool)):
            problems.append(problem)
        order = {name: place for place, name in enumerate(names)}
        problems.sort(key=lambda problem: order.get(problem.field, -1))
        if problems or read is None:
            return None, problems
        read._named_pool = filled.pool
        return read, problems

    @property
    def named_pool(self) -> Pool:
        """The pool that these parameters name; where they name none, the practice pool in the
        sandbox, and elsewhere one of nothing but these parameters.
        """
        sandbox = self.target == "sandbox"
        return self._named_pool or (PRACTICE if sandbox else bare_pool(self.model_dump()))

    @classmethod
    def filled_in(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values, whatever they are, with what their pool fills in."""
        return fill_in(cls.model_fields, values).values

    @classmethod
    def _case_missing(cls, values: Mapping[str, Any], pool: Pool) -> Problem | None:
        """Return what is wrong where the pool asks for a case number and there is none."""
        about_a_user = "username" in cls.model_fields
        if not about_a_user or not pool.asks.case_number:
            return None
        if str(values.get("case_number", "")).strip():
            return None
        words = f"is empty, and the pool {pool.name} asks for it: name the case or ticket."
        return Problem("case_number", words)

    @classmethod
    def _cross_check(cls, values: Mapping[str, Any], *, person: bool, gate: bool) -> list[Problem]:
        def text(name: str) -> str:
            value = values.get(name, cls.model_fields[name].default)
            return value if isinstance(value, str) else ""

        target = Target(text("target"), text("region"), text("profile"))
        problems = [Problem(field, words) for field, words in target.faults(signed=cls.SIGNED)]
        own, pool = text("user_pool_id").partition("_")[0], text("user_pool_id")
        if (
            target.name == "aws"
            and own not in ("", target.region)
            and (gate or pool != PRACTICE_POOL)
        ):
            words = f"is a pool of {own}, but region is {target.region}."
            problems.append(Problem("user_pool_id", words))
        if (
            gate
            and not problems
            and not target.may_be_sandbox
            and "client_id" in cls.model_fields
            and text("client_id") == PRACTICE_CLIENT
        ):
            # Whoever has an app client of that id on AWS would be handed the name, the code and the
            # password.
            problems.append(
                Problem("client_id", "is that of the sandbox: name your own app client.")
            )
        for name in cls.SECRETS:
            given = values.get(name, cls.model_fields[name].default)
            if not isinstance(given, str) or (name == "client_secret" and not given):
                continue
            # Where no target is named, nobody knows whether it would be a sandbox.
            sandbox = target.may_be_sandbox or (
                target.name != "aws" and endpoint(target.name) is None
            )
            fault = references.fault_in(given, sandbox=sandbox, person=person)
            problems += [Problem(name, fault)] if fault else []
        return problems

    @classmethod
    def _problem(cls, error: Any, values: Mapping[str, Any]) -> Problem:
        field = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            close = get_close_matches(field, cls.model_fields, n=1)
            return Problem(
                field,
                "is no parameter of this runbook."
                + (f" Did you mean {close[0]}?" if close else ""),
            )
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
                f"arrived as a value of type {kind}, so a leading zero may be lost, and a secret is"
                f" never given by value. Use: read -rs {variable}; export {variable}; papermill ..."
                f" -r {field} env:{variable}"
            )
        # Papermill's -p turns +15551234567 into a number; -r leaves every character as it was
        # typed.
        return (
            f"arrived as the {kind} {value!r}, not as the text that was typed: signs and leading"
            f" zeros may be lost. Use -r instead of -p: papermill ... -r {field} 'TEXT'"
        )

    def shown(self) -> dict[str, str]:
        """Return the parameters as they may be recorded: references to secrets, never values."""
        return {name: self.recordable(name, value) for name, value in self.model_dump().items()}

    @classmethod
    def recordable(cls, name: str, value: str) -> str:
        """Return a parameter as it may be recorded, whatever was given: no secret, and no value of
        an unknown name.
        """
        if name in cls.SECRETS and value:
            return references.shown(value)
        return value if name in cls.model_fields else "[not shown]"

    def to_target(self) -> Target:
        """Return the Cognito that these parameters name."""
        return Target(self.target, self.region, self.profile)


class ClientParameters(Parameters):
    """The parameters of the public calls, which name an app client instead of a user pool."""

    SECRETS: ClassVar[tuple[str, ...]] = ("client_secret",)

    client_id: ClientId = Field(
        default=PRACTICE_CLIENT, description="the app client that asked for the code"
    )
    client_secret: ClientSecret = ""
    username: Username = PRACTICE_USER


class PoolParameters(Parameters):
    """The parameters of an administrator's calls, which name a user pool. They are signed."""

    SIGNED: ClassVar[bool] = True

    user_pool_id: PoolId = Field(
        default=PRACTICE_POOL, description="the user pool; the default is the sandbox's"
    )


class UserParameters(PoolParameters):
    """The parameters of an administrator's calls about one user."""

    username: Username = PRACTICE_USER


class GatedParameters(UserParameters):
    """The parameters of what disturbs a user or cannot be undone: the username has to be
    repeated.
    """

    SAID: ClassVar[tuple[str, ...]] = ("proof_of_identity",)

    confirm_username: RepeatedUsername = PRACTICE_USER
    proof_of_identity: str = Field(
        default="practice",
        title="How the user proved who they are",
        description="how the user's identity was proved; it is kept in the record",
        pattern=r"\S",
        max_length=500,
    )

    @classmethod
    def read(
        cls,
        values: Mapping[str, Any],
        *,
        person: bool,
        gate: bool = True,
        given: Collection[str] = (),
    ) -> tuple[Self | None, list[Problem]]:
        """Read the parameters, and look whether the gate is open. See Parameters.read."""
        values = tidied(values)
        read, problems = super().read(values, person=person, gate=gate, given=given)
        if gate:
            faulty = {problem.field for problem in problems}
            filled = cls.filled_in(values)
            every = {
                name: filled.get(name, about.default) for name, about in cls.model_fields.items()
            }
            problems += [
                problem for problem in cls._closed(every, faulty) if problem.field not in faulty
            ]
        return (None if problems else read), problems

    @classmethod
    def _closed(cls, given: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
        """Return why the gate is closed. given: every parameter. faulty: the fields that cannot be
        read anyway.
        """
        problems = []
        if given["confirm_username"] != given["username"] and "username" not in faulty:
            words = "is not the username: " if given["confirm_username"] else "is empty: "
            words += "repeat the username, to show that it is this user you mean."
            problems.append(Problem("confirm_username", words))
        practice = str(given["proof_of_identity"]).strip().lower() == "practice"
        if practice and not Target(str(given["target"])).may_be_sandbox:
            words = "is practice, and this is none: say how you know that it is the user."
            problems.append(Problem("proof_of_identity", words))
        return problems

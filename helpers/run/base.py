"""One run of a runbook: parameters, plan, gate, act, verify, record, in this order.

A notebook makes a run from its parameters cell and shows its steps. `submit` does all the work and
never raises for what Cognito or the network may do: the form calls it when the button is pressed,
and a notebook that runs without a person calls it at once. So no cell waits for a click, and both
ways are one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar, cast

from helpers.cognito.call import before_change
from helpers.cognito.errors import BadParameters, NotReached, Problem
from helpers.cognito.models import Pool, User
from helpers.display.card import Card
from helpers.display.person import is_interactive
from helpers.run import agreement, recording
from helpers.run.agreement_to_many import covered
from helpers.run.brief import Brief
from helpers.run.entry import RUNBOOKS
from helpers.run.follow import follow
from helpers.run.given import hide_given_by_value, left_to_the_form, resolved
from helpers.run.masking import output_masker, username_as
from helpers.run.named_pool import FILLED_IN
from helpers.run.names import read_as
from helpers.run.parameters import PRACTICE_CLIENT, Parameters
from helpers.run.record import NextRunbook, Outcome, Record
from helpers.run.result import NotDone, Result, left_open, not_reached
from helpers.run.where import Callers, as_whom, where_card
from helpers.secrets.secret import Secret
from helpers.target import Target, TargetError
from helpers.target.caller import Caller
from helpers.target.target import Clients, shared_clients

P = TypeVar("P", bound=Parameters)


class Runbook(ABC, Generic[P]):
    """One run. Subclasses say what is planned and what is done; the rest is here.

    values: the parameters, by name, as the notebook's parameters cell holds them. Without a person,
    bad parameters raise BadParameters at once; with one, the form shows them beside their fields.
    """

    name: ClassVar[str]
    parameters_model: ClassVar[type[Parameters]]
    title: ClassVar[str]
    """What the form is headed with."""
    button: ClassVar[str]
    """What the form's button says that it does."""
    form_fields: ClassVar[tuple[str, ...]]
    """The parameters that a person fills in, in the order of reading."""
    verify_hint: ClassVar[str] = "Look the user up before anything else."
    """What tells, after an answer was lost, whether it was done."""
    reads: ClassVar[str] = ""
    """What a runbook of a public call reads beforehand, by signed calls, when the user pool is
    named.
    """
    requests_codes: ClassVar[bool] = False
    """Whether the practice mailbox beside the form offers to request a code as the user."""
    parameters: P | None
    problems: list[Problem]

    def __init__(self, **values: Any) -> None:
        self.person = is_interactive(str(values.get("interactive", "auto")))
        if self.person:
            username_as()
        hide_given_by_value(self.parameters_model, values)
        self._given = values
        self._take(values)
        if self.problems and not self.person:
            raise BadParameters(self.problems)
        self._callers = Callers()
        self._clients: Clients = {}
        self.result: Result | None = None
        self.record: Record | None = None

    # --- what a subclass says ---

    @abstractmethod
    def _plan(self) -> Card:
        """Return what will be sent, what it changes and what cannot be undone. Changes nothing."""

    @abstractmethod
    def _act(self, parameters: P, target: Target, secrets: Mapping[str, Secret]) -> Result:
        """Do it, and verify it. Raises ResetError or TargetError only before anything was sent."""

    def _check(self, parameters: P, secrets: dict[str, Secret]) -> tuple[list[Problem], list[str]]:
        """Return what is wrong with the secrets, and notes on what was corrected in them."""
        return [], []

    def practice(self, username: str = "") -> Card:
        """In the sandbox, bring about what the runbook is for; elsewhere do nothing."""
        return Card("There is nothing to prepare.")

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Return what the form shows beside fields, by parameter: help, rules, how to type it."""
        p = self.parameters
        practice = (
            p is None
            or p.to_target().may_be_sandbox
            or getattr(p, "client_id", "") != PRACTICE_CLIENT
        )
        return (
            {} if practice else {"client_id": {"value": ""}}
        )  # the sandbox's app client, which is refused elsewhere

    def training(self) -> dict[str, str]:
        """Return what the user of each training case says, by name; none but in the sandbox."""
        return {}

    def train(self, case: str) -> dict[str, str]:
        """Put a training case into the sandbox, as new, and return the parameters for it."""
        return {}

    def foresee(self, user: User, pool: Pool) -> Result | None:
        """Return why this run would stop before it changes anything, as far as what was read of
        user and pool tells; None where it would go on. Asks nobody.
        """
        return None

    def message_to(self, user: User, pool: Pool) -> str:
        """Return the contact to which this run has a message sent: email, phone_number, or "" for
        none. Asks nobody.
        """
        return ""

    # --- the steps ---

    def where(self) -> Card:
        """Say which Cognito this run talks to, and as whom. Sends nothing."""
        return self._as_output(self._where())

    def plan(self) -> Card:
        """Return what will be sent, what it changes and what cannot be undone. Changes nothing."""
        return self._as_output(self._planned())

    def brief(self) -> Brief:
        """Return where the run acts and its plan, for the notebook. Changes nothing."""
        return Brief(self.where(), self.plan(), folded=self.person)

    def _where(self) -> Card:
        p = self.parameters
        if p is None:
            return self._incorrect()
        caller = self._callers.of(p)
        return self.in_production(
            where_card(p, reads=self.reads, person=self.person, caller=caller)
        )

    def _planned(self) -> Card:
        if self.parameters:
            self._callers.of(self.parameters)  # before the plan signs what it reads
        with self._one_client():
            card = self._plan()
        if self.parameters and agreement.is_asked_for(self.parameters):
            card = replace(card, rows=(*card.rows, ("Second person", agreement.ASKED_FOR)))
        return self.in_production(card)

    def as_whom(self) -> str:
        """Say which identity the run's calls are made with."""
        caller = self._callers.of(self.parameters) if self.parameters else None
        return as_whom(self.parameters, self.reads, caller)

    def in_production(self, card: Card) -> Card:
        """Return a card with the name of its pool on top, where that is a production pool."""
        pool = self.parameters.named_pool if self.parameters else None
        return replace(card, banner=pool.label) if pool and pool.production else card

    def rehearse(self, values: Mapping[str, str]) -> Card | list[Problem]:
        """Return the plan for a form's values, without secrets, or what is wrong with them."""
        parameters, problems = self._read({**self.values, **values}, gate=False)
        if parameters is None:
            return problems
        self.parameters = parameters
        return self._planned()

    def submit(
        self, values: Mapping[str, str] | None = None, typed: Mapping[str, Secret] | None = None
    ) -> Result:
        """Check everything again, act, verify, and keep the result and the record.

        values: what a form changed, by parameter. typed: the secrets that a person typed, by
        parameter; they stand in for the references. Returns the result, whatever Cognito or the
        network did.
        """
        typed = dict(typed or {})
        merged = {**self.values, **(values or {}), **dict.fromkeys(typed, "prompt:")}
        if self.person:
            merged = left_to_the_form(self.parameters_model, merged)
        parameters, problems = self._read(merged, gate=True)
        if parameters is None and self.person:
            problems += [
                Problem(name, f"please enter the {name.replace('_', ' ')}.")
                for name in self.parameters_model.SECRETS
                if merged.get(name) == "prompt:" and name not in typed
            ]
        endpoint, started, caller, agreed = "", datetime.now(UTC), None, ""
        now: Callable[[], datetime] = partial(datetime.now, UTC)
        secrets: dict[str, Secret] = {}
        notes: list[str] = []
        if parameters is not None:
            self.parameters = parameters
            target = parameters.to_target()
            endpoint, now = target.where(), target.now
            started = now()
            if self.person:
                self._callers.forget_failures()
            caller = self._callers.of(parameters)
            if not (self.parameters_model.SIGNED and isinstance(caller, NotReached)):
                secrets, problems, notes = self._resolve_all(parameters, target, typed)
        if parameters is None or problems:
            result = Result(
                Outcome.NOT_SENT,
                BadParameters.exit_code,
                "Not sent: nothing has changed.",
                problems=tuple(problems),
                next="Correct the named fields and try again.",
            )
        elif self.parameters_model.SIGNED and isinstance(caller, NotReached):
            result = not_reached(caller)
        else:
            found = covered() or agreement.ask_or_use(self.name, parameters, caller)
            if isinstance(found, Result):
                result = found
            else:
                agreed = found
                result = self._acted(parameters, target, secrets)
                agreed_row = (f"Agreed by: {agreed}",) if agreed else ()
                result = replace(result, notes=(*result.notes, *agreed_row))
        # In a form the next one asks for it, where it does not know it.
        asks = result.next_runbook if not self.person else None
        lacking = left_open(asks) if asks else ""
        notes = [*read_as(merged), *notes]
        result = replace(result, notes=(*notes, *result.notes), next=result.next + lacking)
        self.result = result
        # Where no call has failed, no step of the record says what stopped the run.
        stopped = result.outcome is Outcome.NOT_SENT and all(
            step.status == "done" for step in result.steps
        )
        told = (
            (result.happened, result.meaning, *map(str, result.problems))
            if stopped
            else (result.meaning,)
        )
        self.record = Record(
            runbook=self.name,
            endpoint=endpoint,
            parameters=parameters.shown() if parameters else {},
            account=caller.account if isinstance(caller, Caller) else "",
            caller=caller.arn if isinstance(caller, Caller) else "",
            agreed=agreed,
            started_at=started,
            ended_at=now(),
            steps=result.steps,
            outcome=result.outcome,
            exit_code=result.exit_code,
            verified_by=result.proof,
            meaning=" ".join(filter(None, told)),
            next_step=result.next + (result.to_agree and f" To agree: {result.to_agree}"),
            say=result.say,
            next_runbook=result.next_runbook,
        )
        return result

    def prove(self) -> Card:
        """Return the proof of a run that did what it should; NotDone for any other.

        Where a person has not pressed the button yet it says so.
        """
        if self.result is None:
            return Card(
                "Nothing has been sent yet.",
                (("What to do next", "Fill in the form and press its button."),),
            )
        if self.result.outcome is not Outcome.CONFIRMED:
            raise NotDone(self.result)
        rows = (("Proof", self.result.proof), ("Request id", self.result.request_id))
        return self.in_production(Card(self.result.title, rows, tone=self.result.tone))

    def result_card(self) -> Card:
        """Return what came of the run, as a person reads it. Only after `submit`."""
        assert self.result is not None
        return self.in_production(self.result.card())

    # --- inner ---

    def _as_output(self, card: Card) -> Card:
        """Return a card as the notebook may keep it: where a person works, who the user is is
        masked. What a form shows goes past this.
        """
        return card.map(self.output_masker()) if self.person else card

    def output_masker(self) -> Callable[[str], str]:
        """Return what masks who the user is, and what was said, in this run's outputs."""
        values = self.parameters.model_dump() if self.parameters else self.values
        return output_masker(self.parameters_model, values)

    def follow(self, name: str, **more: str) -> NextRunbook | None:
        """Name the runbook that goes on from here, with what this run knows of its parameters; None
        for no name, and for one in which an agent would type the user's code.

        Secrets and the gate are left to whoever runs it. more: what this run has found out.
        """
        if not name or (RUNBOOKS[name].takes_code and not self._may_take_code()):
            return None
        return follow(name, self.parameters, more)

    def _may_take_code(self) -> bool:
        """Whether the user's code may be typed here: by a program, in practice, or where the pool
        says so. Elsewhere the user types it on the sign-in page, never the agent first.
        """
        p = self.parameters
        return (
            not self.person
            or p is None
            or p.to_target().may_be_sandbox
            or p.named_pool.asks.codes_by_phone
        )

    def choose_pool(self, name: str) -> None:
        """Be about another pool: what the parameters said of one counts no longer. "" for theirs.

        For a form in which a person chooses; nothing is sent.
        """
        own = {field: value for field, value in self._given.items() if field not in FILLED_IN}
        self._take({**own, "pool": name} if name else self._given)

    def _take(self, values: Mapping[str, Any]) -> None:
        """Read the parameters that the run begins with."""
        left = left_to_the_form(self.parameters_model, values) if self.person else dict(values)
        self.values: dict[str, Any] = left
        # A person has not come to the gate yet; their form asks for it, and `submit` looks at it.
        self.parameters, self.problems = self._read(self.values, gate=not self.person)

    def _read(self, values: Mapping[str, Any], *, gate: bool) -> tuple[P | None, list[Problem]]:
        read, problems = self.parameters_model.read(values, person=self.person, gate=gate)
        return cast(P | None, read), problems

    def _resolve_all(
        self, parameters: P, target: Target, typed: Mapping[str, Secret]
    ) -> tuple[dict[str, Secret], list[Problem], list[str]]:
        """Return the secrets, what is wrong with them, and notes on what was corrected in them."""
        secrets, problems = resolved(parameters, target, typed)
        if not all(name in secrets for name in parameters.SECRETS if getattr(parameters, name)):
            return secrets, problems, []
        more, notes = self._check(parameters, secrets)
        known = {problem.field for problem in problems}
        return secrets, [*problems, *(one for one in more if one.field not in known)], notes

    def _acted(self, parameters: P, target: Target, secrets: Mapping[str, Secret]) -> Result:
        token = before_change.set(recording.before_change)
        try:
            with self._one_client():
                return self._act(parameters, target, secrets)
        except NotReached as exc:
            return not_reached(exc)
        except TargetError as exc:
            return not_reached(NotReached(str(exc), next="Look at the target, then run again."))
        finally:
            before_change.reset(token)

    def _one_client(self) -> AbstractContextManager[None]:
        """Have all calls made by one client; where a person is, who may correct this machine's AWS
        configuration in between, by a new one for each step.
        """
        return shared_clients({} if self.person else self._clients)

    def _incorrect(self) -> Card:
        return Card(
            "Some parameters cannot be used. Correct them in the form.",
            tuple(("Please correct", str(problem)) for problem in self.problems),
        )

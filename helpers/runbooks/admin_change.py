"""What an administrator's runbooks on one user share: look, change once, look again.

A subclass says what it changes, what speaks against it, and what proves it. Every call is signed.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from helpers.cognito import reads
from helpers.cognito.actions import Done
from helpers.cognito.catalogue import lost
from helpers.cognito.errors import NotReached, Refused, ResetError, Unsettled
from helpers.cognito.models import Pool, User
from helpers.display.card import Card
from helpers.run.base import Runbook
from helpers.run.brief import Brief
from helpers.run.parameters import GatedParameters
from helpers.run.record import Outcome, Step, step_failed
from helpers.run.result import Result, not_reached
from helpers.runbooks.steps import Reader, step_done
from helpers.runbooks.stop_words import stop_row
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

G = TypeVar("G", bound=GatedParameters)
UNSEEN = "could not be read"


@dataclass(frozen=True)
class Snapshot:
    """What was read before a change. pool: None where its settings decide nothing."""

    user: User
    pool: Pool | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Verification:
    """What was looked at after a change.

    proof: in words, "" where there is none. note: what else is to be said, such as why there is
    none. against: it speaks against the change. say: what else to tell the user.
    """

    steps: tuple[Step, ...] = ()
    proof: str = ""
    note: str = ""
    against: bool = False
    say: str = ""


class AdministratorRunbook(Runbook[G]):
    """One change to one user, made by an administrator. See Runbook for the steps."""

    operation: ClassVar[str]
    """The call that changes something."""
    sends: ClassVar[str]
    """Its members, for the plan."""
    irreversible: ClassVar[str]
    """What cannot be undone."""
    then: ClassVar[str] = "AdminGetUser again, as the proof"
    """What is done afterwards, to prove it; "" where nothing can."""
    reads_pool: ClassVar[bool] = False
    """Whether the pool's settings decide too."""
    shows: ClassVar[bool] = False
    """Whether the user, read again, has to show the change: a yes without it is not believed."""
    also_reads: ClassVar[str] = ""
    """What it reads beside the user and the pool, for the plan."""
    told: ClassVar[str] = ""
    """What was done to the account, as the user is told it afterwards; "" where Cognito's own
    message does that, or nothing has to be told.
    """

    # --- what a subclass says ---

    @abstractmethod
    def changes(self, parameters: G, seen: Snapshot | None) -> tuple[tuple[str, str, str], ...]:
        """Return what changes, as (what, now, after). seen: None where reading failed."""

    @abstractmethod
    def make(
        self, client: "CognitoIdentityProviderClient", parameters: G, secrets: Mapping[str, Secret]
    ) -> Done:
        """Make the one call that changes something."""

    @abstractmethod
    def done(self, parameters: G, seen: Snapshot) -> Result:
        """Return the result of a change that was made, with what to say and what comes next."""

    def proof(self, parameters: G, before: User, after: User) -> str:
        """Return what in the user, read again, proves the change; "" when nothing does."""
        return ""

    def precondition(self, parameters: G, seen: Snapshot) -> Result | None:
        """Return why not to make the change: it would help nobody, or strand the user."""
        return None

    def prepare(
        self, parameters: G, target: Target, seen: Snapshot, secrets: dict[str, Secret]
    ) -> Result | None:
        """Do what the change needs beforehand, and put what it needs into secrets.

        Return why it cannot be done, or None.
        """
        return None

    def verify(
        self, parameters: G, target: Target, secrets: Mapping[str, Secret], seen: Snapshot
    ) -> Verification:
        """Look what became of the change; called once, after a yes and after a lost answer."""
        step, after = self.look_again(parameters, target)
        if isinstance(after, ResetError):
            return Verification(
                (step,), note=f"Reading the user again could not prove it: {after.meaning or after}"
            )
        proof = self.proof(parameters, seen.user, after)
        if self.shows and not proof:
            return Verification((step,), note="Read again, the user is as before.", against=True)
        return Verification((step,), proof)

    def refused(
        self, error: Refused, parameters: G, target: Target, seen: Snapshot, step: Step
    ) -> Result:
        """Return the result of a change that Cognito refused. step: the refused call."""
        return self._refused(error, *seen.steps, step)

    def lost(self, error: Unsettled) -> tuple[str, str]:
        """Return what to do after a lost answer that nothing settled, and the runbook for it."""
        return error.next, error.runbook

    def foresee(self, user: User, pool: Pool) -> Result | None:
        """Return why the change would not be made; see Runbook."""
        p = self.parameters
        return None if p is None else self.precondition(p, Snapshot(user, pool, ()))

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Have the proof of identity typed, except in practice."""
        p = self.parameters
        typed: dict[str, Any] = {}
        if p is not None and not p.to_target().may_be_sandbox:
            said = str(self.values.get("proof_of_identity", "practice"))
            typed = {"value": "" if said == "practice" else said, "required": True}
        help = (
            "Say how you know that it is the user, without the number of any document: it is kept"
            " in the record. The strongest way is a call back to a number on file."
        )
        return {**super().field_extras(), "proof_of_identity": {"help": help} | typed}

    # --- the steps ---

    def brief(self) -> Brief:
        """Have a user call first, in practice: the plan reads who calls."""
        self.practice()
        return super().brief()

    def _plan(self) -> Card:
        """Return what will be sent and what it changes. Reads the user, for the state now."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        seen: Snapshot | None = None
        look = ""
        try:
            seen = self._look(p, Reader(p.to_target(), p.user_pool_id))
        except ResetError as exc:
            look = f"{UNSEEN}: {exc}"
        else:
            against = self.precondition(p, seen)
            if against:
                return Card(
                    "What will happen",
                    (("What blocks it", against.headline), *against.card().rows),
                )
        reads = (
            "AdminGetUser" + (" and DescribeUserPool" if self.reads_pool else "") + self.also_reads
        )
        return Card(
            "What will happen",
            (
                (
                    "Read first",
                    f"{reads}; a user who is read counts as active this month, which AWS bills",
                ),
                ("Sent, once", f"{self.operation} ({self.sends})"),
                ("Then, once", self.then),
                ("Cannot be undone", self.irreversible),
                ("The user", look),
                stop_row(p.named_pool),
            ),
            self.changes(p, seen),
        )

    def _act(self, parameters: G, target: Target, secrets: Mapping[str, Secret]) -> Result:
        reader = Reader(target, parameters.user_pool_id)
        try:
            seen = self._look(parameters, reader)
        except ResetError as exc:
            return self._unread(exc, tuple(reader.steps))
        secrets = dict(secrets)
        against = self.precondition(parameters, seen) or self.prepare(
            parameters, target, seen, secrets
        )
        if against is not None:
            return replace(against, steps=seen.steps)
        try:
            done = self.make(reader.client, parameters, secrets)
        except ResetError as exc:
            step = step_failed(self.operation, exc, target.now())
            if isinstance(exc, NotReached):
                return not_reached(exc, *seen.steps, step)
            if isinstance(exc, Refused):
                return self.refused(exc, parameters, target, seen, step)
            if not isinstance(exc, Unsettled):
                raise
            found = self.verify(parameters, target, secrets, seen)
            return self._reconcile(exc, parameters, seen, step, found)
        step = step_done(self.operation, done, target)
        found = self.verify(parameters, target, secrets, seen)
        return self._confirm_change(self.done(parameters, seen), seen, step, found)

    # --- inner ---

    def _look(self, p: G, reader: Reader) -> Snapshot:
        """Read what decides."""
        user = reader.read("AdminGetUser", reads.look_up, username=p.username)
        pool = reader.read("DescribeUserPool", reads.read_pool) if self.reads_pool else None
        return Snapshot(user, pool, tuple(reader.steps))

    def look_again(self, p: G, target: Target) -> tuple[Step, User | ResetError]:
        """Read the user again; return the step, and the user or why there is none."""
        reader = Reader(target, p.user_pool_id)
        try:
            user = reader.read("AdminGetUser", reads.look_up, username=p.username)
        except ResetError as exc:
            return reader.steps[-1], exc
        return reader.steps[-1], user

    def _unread(self, error: ResetError, steps: tuple[Step, ...]) -> Result:
        """Return the result of a run that could not even read: nothing was changed."""
        if isinstance(error, NotReached):
            return not_reached(error, *steps)
        if isinstance(error, Refused):
            return self._refused(error, *steps)
        return Result(
            Outcome.NOT_SENT,
            7,
            "Not sent: nothing has changed.",
            happened=str(error),
            meaning="No answer came when the user was read, and without it nothing is changed.",
            say="I cannot reach our system right now. Please hold the line.",
            next="Run this again.",
            steps=steps,
        )

    def _refused(self, error: Refused, *steps: Step) -> Result:
        return Result(
            Outcome.REFUSED,
            error.exit_code,
            "Refused: nothing has changed.",
            happened=str(error),
            meaning=error.meaning,
            say=error.say,
            next=error.next,
            notes=(f"What may be tried again: {error.again}.",),
            steps=steps,
            decided_by=error.operation,
            next_runbook=self.follow(
                error.runbook if error.runbook != self.name else "", symptom=error.code
            ),
        )

    def _confirm_change(
        self, result: Result, seen: Snapshot, step: Step, found: Verification
    ) -> Result:
        """Return the result of a change that Cognito said yes to."""
        steps = (*seen.steps, step, *found.steps)
        if found.against:
            return Result(
                Outcome.UNKNOWN,
                8,
                "Unknown: Cognito said yes, but what was looked at afterwards speaks against it.",
                happened=found.note,
                meaning=(
                    "The change and the look at it contradict each other; somebody else may have"
                    " made another in between."
                ),
                say=lost(self.operation).say,
                next="Run diagnose-user before anything else.",
                steps=steps,
                decided_by=self.operation,
                next_runbook=self.follow("diagnose-user"),
            )
        return self._proved(result, found, steps)

    def _reconcile(
        self, error: Unsettled, p: G, seen: Snapshot, lost: Step, found: Verification
    ) -> Result:
        """Decide by what was looked at what became of a change whose answer was lost."""
        steps = (*seen.steps, lost, *found.steps)
        if found.proof:
            made = f"The answer was lost, but the change was made. ({error.message or error.code})"
            return self._proved(self.done(p, seen), found, steps, made)
        what_next, runbook = self.lost(error)
        note = (
            found.note
            or "What was read afterwards does not show the change; most likely it was not made."
        )
        return Result(
            Outcome.UNKNOWN,
            8,
            f"Unknown: whether {p.username} was changed.",
            happened=error.message or error.code,
            meaning=error.meaning,
            say=error.say,
            next=what_next,
            notes=(note,),
            steps=steps,
            decided_by=self.operation,
            next_runbook=self.follow(runbook),
        )

    def _proved(
        self, result: Result, found: Verification, steps: tuple[Step, ...], *notes: str
    ) -> Result:
        more = tuple(note for note in (*notes, found.note) if note)
        return replace(
            result,
            proof=found.proof or "Cognito's own answer to the change.",
            say=f"{result.say} {found.say}".strip(),
            steps=steps,
            decided_by=self.operation,
            notes=(*result.notes, *more),
            afterwards=self._to_tell(),
        )

    def _to_tell(self) -> str:
        """Return the message by which a deceived agent is found out: the user learns of it."""
        p = self.parameters
        if p is None or not self.told:
            return ""
        at, pool = p.to_target().now(), p.named_pool
        return (
            f"On {at:%Y-%m-%d} at {at:%H:%M} UTC our support {self.told}. If you did not ask for"
            f" this, tell us at once: {pool.security_contact or 'by the way named on our website'}."
            " We never ask for your password or for a code."
        )


def blocked(headline: str, **words: Any) -> Result:
    """Return the result of a run that stopped before any change. words: as for Result."""
    return Result(Outcome.NOT_SENT, 6, f"Not sent: {headline}", **words)

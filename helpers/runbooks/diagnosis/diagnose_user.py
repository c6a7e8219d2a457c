"""The runbook diagnose-user: read what is known of a user, and end in one verdict and the runbook
that helps.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from helpers.cognito import reads
from helpers.cognito.errors import Answered, NotReached, Refused, ResetError
from helpers.cognito.models import Client, Event, Pool, User
from helpers.display.card import Card, Table
from helpers.display.refusals import refusals_of_reading
from helpers.run.base import Runbook
from helpers.run.parameters import Parameters
from helpers.run.record import NextRunbook, Outcome, Step, step_failed
from helpers.run.result import Result
from helpers.runbooks.diagnosis.diagnose import KINDS, diagnose, likely_causes, route
from helpers.runbooks.diagnosis.spellings import spellings
from helpers.runbooks.diagnosis.verdicts import Verdict, verdict
from helpers.runbooks.schemas import DiagnoseUserParameters
from helpers.sandbox import CASES, open_sandbox, plant_case
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

T = TypeVar("T")
_NOBODY, _NOWHERE = "UserNotFoundException", "ResourceNotFoundException"
_BECAUSE = {_NOWHERE: "no-such-client-or-pool", "AccessDeniedException": "not-allowed-to-read"}
_ALSO_AT_MOST = 4


@dataclass(frozen=True)
class Diagnosis(Result):
    """A result with the facts that were read, as rows for a person."""

    verdict: Verdict | None = None
    facts: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()

    def card(self) -> Card:
        """Return the verdict, why, what follows, and then everything that is known."""
        found = self.verdict
        if found is None:
            return super().card()
        return Card(
            self.headline,
            (
                ("Why", " ".join(found.evidence)),
                ("What it means", found.meaning),
                ("Tell the user", self.say),
                ("What to do next", self.next),
                (
                    "Next runbook",
                    str(self.next_runbook or "none; the next step is not a runbook's"),
                ),
                *(("Also possible", words) for words in self.also),
                *self.facts,
                *(("Not known", note) for note in self.notes),
                ("Request id", self.request_id),
            ),
        )


@dataclass
class _Read:
    """What has been read so far, the calls that read it, and what failed, by what it was to
    tell.
    """

    target: Target
    steps: list[Step] = field(default_factory=list)
    failed: dict[str, ResetError] = field(default_factory=dict)
    user: User | None = None
    pool: Pool | None = None
    client: Client | None = None
    events: tuple[Event, ...] = ()
    others: tuple[User, ...] = ()

    def ask(self, what: str, operation: str, call: Callable[[], T]) -> T | None:
        """Make one reading; None where it failed, which is kept. Where Cognito was not reached, no
        other is tried.
        """
        if any(isinstance(error, NotReached) for error in self.failed.values()):
            self.failed[what] = next(iter(self.failed.values()))
            return None
        try:
            answer = call()
        except ResetError as exc:
            self.steps.append(step_failed(operation, exc, self.target.now()))
            if not (what == "user" and _says(exc, _NOBODY)):
                self.failed[what] = exc
            return None
        request_id = str(getattr(answer, "request_id", ""))
        self.steps.append(
            Step(name=operation, status="done", at=self.target.now(), request_id=request_id)
        )
        return answer

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read; no-client where the pool was, and has no such app client."""
        foreign = self.pool is not None and _says(self.failed.get("client"), _NOWHERE)
        return tuple("no-client" if what == "client" and foreign else what for what in self.failed)

    @property
    def run_out(self) -> bool:
        """Whether the user has not been changed for longer than the pool takes a temporary
        password.
        """
        user = self.user or (self.others[0] if len(self.others) == 1 else None)
        if user is None or self.pool is None:
            return False
        since = self.target.now() - datetime.fromisoformat(user.last_modified)
        return since > timedelta(days=self.pool.temporary_days)


class DiagnoseUser(Runbook[DiagnoseUserParameters]):
    """One run of diagnose-user. See Runbook for the steps."""

    name: ClassVar[str] = "diagnose-user"
    parameters_model: ClassVar[type[Parameters]] = DiagnoseUserParameters
    title: ClassVar[str] = "Find out why a user cannot reset the password"
    button: ClassVar[str] = "Diagnose"
    form_fields: ClassVar[tuple[str, ...]] = ("username", "symptom", "user_pool_id", "client_id")
    verify_hint: ClassVar[str] = "Nothing was changed: diagnose once more."

    def practice(self, username: str = "") -> Card:
        """In the sandbox of this process, plant the training case whose user this is, unless the
        user is there already.

        So whoever has mended something may run the notebook once more and see it. Elsewhere nothing
        is done.
        """
        p = self.parameters
        whom = username or (p.username if p else "")
        case = next((one for one in CASES.values() if one.username == whom), None)
        if p is None or case is None or not p.to_target().embedded:
            return Card("There is nothing to prepare.")
        try:
            reads.look_up(
                p.to_target().client(signed=True), user_pool_id=case.pool_id, username=case.username
            )
        except ResetError:
            plant_case(open_sandbox(), case.name)
        else:
            return Card(
                f"{case.username} is in the sandbox already. To have the case as new, choose it in"
                " the form."
            )
        return Card(
            f"In the sandbox there is now a user in trouble, {case.username}.",
            (("The user says", case.says),),
        )

    def training(self) -> dict[str, str]:
        """Return the training cases, by name what the user says; none where the sandbox is not this
        process's own.
        """
        p = self.parameters
        return (
            {name: case.says for name, case in CASES.items()}
            if p is not None and p.to_target().embedded
            else {}
        )

    def train(self, case: str) -> dict[str, str]:
        """Put a training case into the sandbox, as new, and return the parameters that a person
        would fill in for it.
        """
        user = plant_case(open_sandbox(), case)
        return {
            "username": user.username,
            "symptom": user.symptom,
            "user_pool_id": user.pool_id,
            "client_id": user.client_id,
        }

    def plan(self) -> Card:
        """Return what will be read, what it costs and how fresh it is. Sends nothing."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        if not p.username:
            return Card(
                "What will happen",
                (("Read", "nothing: the symptom alone is looked at"), ("Changes", "nothing")),
            )
        return Card(
            "What will happen",
            (
                ("Read, once each", "DescribeUserPool and AdminGetUser"),
                (
                    "Only if there is no such user",
                    (
                        "ListUsers, a few times, for other spellings and for the contact; it is "
                        "eventually consistent: the changes of the last moments may be missing"
                    ),
                ),
                (
                    "Only if the app client is named",
                    "DescribeUserPoolClient"
                    + (
                        "; its answer holds the client's secret, which is dropped at once"
                        if p.client_id
                        else "; it is not named, so it is not looked at"
                    ),
                ),
                ("Only if the pool records events", "AdminListUserAuthEvents"),
                ("Costs", "AdminGetUser counts the user as active this month, which AWS bills"),
                ("Changes", "nothing"),
            ),
        )

    def _act(
        self, parameters: DiagnoseUserParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        ids = {"user_pool_id": parameters.user_pool_id, "client_id": parameters.client_id}
        if not parameters.username:
            causes = likely_causes(parameters.symptom, **ids)
            likeliest = replace(
                causes[0],
                headline=f"Most likely: {causes[0].headline[:1].lower()}{causes[0].headline[1:]}",
            )
            return self._result(
                likeliest if len(causes) > 1 else causes[0],
                (),
                causes[1:],
                Outcome.CONFIRMED,
                0,
                (),
            )
        read = _Read(target)
        self._look(parameters, read, target.client(signed=True))
        found = diagnose(
            username=parameters.username,
            user=read.user,
            pool=read.pool,
            client=read.client,
            events=read.events,
            others=read.others,
            symptom=parameters.symptom,
            unread=read.unread,
            run_out=read.run_out,
            **ids,
        )
        also: tuple[Verdict, ...] = ()
        if "user" in read.failed:
            found = _unread(found, read.failed["user"], parameters)
            also = tuple(
                one
                for one in likely_causes(parameters.symptom)
                if one.problem not in (found.problem, "not-understood")
            )
        outcome, exit_code = _ending(read)
        return self._result(
            found,
            tuple(_facts(parameters, read)),
            also,
            outcome,
            exit_code,
            tuple(f"{_READS[what]}: {error}" for what, error in read.failed.items()),
            tuple(read.steps),
            read.client,
        )

    def _look(
        self, p: DiagnoseUserParameters, read: _Read, client: "CognitoIdentityProviderClient"
    ) -> None:
        """Make the readings, each once; what an earlier one shows decides whether a later one is
        made.
        """
        pool, user = (
            {"user_pool_id": p.user_pool_id},
            {
                "user_pool_id": p.user_pool_id,
                "username": p.username,
            },
        )
        read.pool = read.ask("pool", "DescribeUserPool", partial(reads.read_pool, client, **pool))
        read.user = read.ask("user", "AdminGetUser", partial(reads.look_up, client, **user))
        if p.client_id:
            read.client = read.ask(
                "client",
                "DescribeUserPoolClient",
                partial(reads.read_client, client, **pool, client_id=p.client_id),
            )
        if read.user is None:
            if "user" not in read.failed:
                read.others = self._search(p, read, client)
        elif read.pool is not None and read.pool.threat_protection != "OFF":
            read.events = (
                read.ask(
                    "events",
                    "AdminListUserAuthEvents",
                    partial(reads.recent_events, client, **user),
                )
                or ()
            )

    def _search(
        self, p: DiagnoseUserParameters, read: _Read, client: "CognitoIdentityProviderClient"
    ) -> tuple[User, ...]:
        """Look for the user by the contact and in other spellings, until somebody is found."""
        found: tuple[User, ...] = ()
        for attribute, value in spellings(p.username, read.pool):
            if not found and "others" not in read.failed:
                found = (
                    read.ask(
                        "others",
                        "ListUsers",
                        partial(
                            reads.find_users,
                            client,
                            user_pool_id=p.user_pool_id,
                            attribute=attribute,
                            value=value,
                        ),
                    )
                    or ()
                )
        if len(found) == 1:
            # ListUsers tells no second factors, and they decide where a code goes.
            whole = read.ask(
                "others",
                "AdminGetUser",
                partial(
                    reads.look_up, client, user_pool_id=p.user_pool_id, username=found[0].username
                ),
            )
            found = (whole,) if whole else found
        return found

    def _result(
        self,
        found: Verdict,
        facts: tuple[tuple[str, str], ...],
        also: tuple[Verdict, ...],
        outcome: Outcome,
        exit_code: int,
        notes: tuple[str, ...],
        steps: tuple[Step, ...] = (),
        client: Client | None = None,
    ) -> Diagnosis:
        made = ", ".join(dict.fromkeys(step.name for step in steps))
        by = f"what {made} answered" if made else "the words of the symptom alone"
        return Diagnosis(
            outcome,
            exit_code,
            found.headline,
            happened=" ".join(found.evidence),
            meaning=f"{found.headline} {found.meaning}",
            say=found.say,
            next=found.next,
            proof=f"Verdict {found.problem}, from {by}; nothing was changed.",
            notes=notes,
            steps=steps,
            decided_by="AdminGetUser",
            next_runbook=self._next(found, client),
            verdict=found,
            facts=facts,
            also=tuple(f"{one.headline} {one.next}" for one in also[:_ALSO_AT_MOST]),
        )

    def _next(self, found: Verdict, client: Client | None) -> NextRunbook | None:
        # A name or an id that is known to be wrong is not handed on.
        known: dict[str, str] = {"username": "", "symptom": "", "client_id": "", **found.parameters}
        following = self.follow(found.runbook, **known)
        if following is None:
            return None
        asks = (
            client is not None
            and client.has_secret
            and "client_id" in found.parameters
            and found.runbook != self.name
        )
        secret = {"client_secret": "prompt:"} if asks else {}
        return following.model_copy(
            update={"parameters": {**following.parameters, **found.parameters, **secret}}
        )

    @staticmethod
    def refusals() -> Table:
        """Return every error of this runbook's calls as a table; a missing user is a finding."""
        return refusals_of_reading(*_READS.values(), but=_NOBODY)

    @staticmethod
    def training_cases() -> Table:
        """Return the users in trouble that a sandbox can be given, and what each of them says."""
        return Table(
            "Training cases",
            ("Case", "Problem", "What the user says", "What diagnosis is told"),
            tuple(
                (
                    one.name,
                    f"number {one.number}" if one.number else "common too",
                    f"\u201c{one.says}\u201d",
                    one.symptom,
                )
                for one in CASES.values()
            ),
        )


_READS = {
    "pool": "DescribeUserPool",
    "user": "AdminGetUser",
    "client": "DescribeUserPoolClient",
    "events": "AdminListUserAuthEvents",
    "others": "ListUsers",
}


def _ending(read: _Read) -> tuple[Outcome, int]:
    """Return how the run ended: a reading that failed keeps it from being done, since the verdict
    may lack something.
    """
    error = read.failed.get("user") or next(iter(read.failed.values()), None)
    if error is None:
        return Outcome.CONFIRMED, 0
    if isinstance(error, Refused | NotReached):
        return Outcome.REFUSED if isinstance(error, Refused) else Outcome.NOT_SENT, error.exit_code
    return Outcome.NOT_SENT, NotReached.exit_code


def _unread(found: Verdict, error: ResetError, p: DiagnoseUserParameters) -> Verdict:
    """Say what kept the user from being read, in a verdict that stands without the user."""
    if found.problem != "not-read":
        return found
    because = _BECAUSE.get(error.code, "") if isinstance(error, Answered) else ""
    if not because:
        return replace(
            found, evidence=(str(error), *found.evidence), next=f"{error.next} {found.next}"
        )
    known = {"username": p.username, "user_pool_id": p.user_pool_id, "client_id": p.client_id}
    plain = verdict(because, (str(error), *found.evidence), **known)
    if because != _BECAUSE[_NOWHERE]:
        return plain
    # An id that is known to be wrong is not handed on; a pool's id begins with its region.
    region = p.user_pool_id.partition("_")[0]
    astray = region != p.region and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region) is not None
    told = (
        (f"The user pool's id begins with its region, {region}, and {p.region} was asked.",)
        if astray
        else ()
    )
    where = {"region": region} if astray else {"user_pool_id": ""}
    then = (
        f"Check the user pool id; if it is right, diagnose once more in {region}."
        if astray
        else plain.next
    )
    return replace(
        plain,
        evidence=(*told, *plain.evidence),
        parameters={**plain.parameters, **where},
        next=then,
        say="Please hold the line: I have to look for your account in another place.",
    )


def _says(error: ResetError | None, code: str) -> bool:
    return isinstance(error, Answered) and error.code == code


def _facts(p: DiagnoseUserParameters, read: _Read) -> Iterator[tuple[str, str]]:
    """Yield what is known, as rows."""
    user, pool, client = read.user, read.pool, read.client
    if user is not None:
        enabled = "enabled" if user.enabled else "disabled"
        changed = user.last_modified[:16].replace("T", " ")
        yield "User", f"{user.username}: {user.status}, {enabled}, changed last on {changed}"
        yield (
            "Contacts",
            "; ".join(
                f"{KINDS[one.attribute]} {one.shown}, {'' if one.verified else 'not '}verified"
                for one in user.contacts
            )
            or "none",
        )
        preferred = f"; preferred: {user.preferred_factor}" if user.preferred_factor else ""
        yield "Second factors", (", ".join(user.factors) or "none") + preferred
        yield "Where a code would go", " ".join(route(user, pool).why)
    elif "user" not in read.failed:
        yield "User", f"none by the name {p.username}"
    if client is not None:
        hides = (
            "hides which users exist (PreventUserExistenceErrors ENABLED)"
            if client.hides_users
            else "tells which users exist (PreventUserExistenceErrors LEGACY)"
        )
        yield (
            "App client",
            (
                f"{client.client_id}: {'a' if client.has_secret else 'no'} client secret; {hides}; "
                f"sign-in flows {', '.join(client.flows)}"
            ),
        )
    if pool is not None:
        history = (
            f"; none of the last {pool.policy.history_size} passwords"
            if pool.policy.history_size
            else ""
        )
        yield "Password policy", ", ".join(rule.words for rule in pool.policy.rules()) + history
        if user is not None:
            yield (
                "Recorded events",
                _events(read.events)
                or (
                    "the pool records none (threat protection is off)"
                    if pool.threat_protection == "OFF"
                    else "none"
                ),
            )
    if any(step.name == "ListUsers" for step in read.steps):
        yield (
            "How fresh",
            "ListUsers is eventually consistent: a change of the last moments may be missing.",
        )


def _events(events: tuple[Event, ...]) -> str:
    return "; ".join(f"{one.at[:16].replace('T', ' ')} {one.kind} {one.response}" for one in events)

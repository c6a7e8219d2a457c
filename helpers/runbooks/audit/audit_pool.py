"""The runbook audit-pool: name the settings that make resets fail or leak."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

from helpers.cognito import reads
from helpers.cognito.errors import NotAllowed, Refused, ResetError, Unsettled
from helpers.cognito.models import Client, Pool
from helpers.display.card import BAD, Card, Table
from helpers.run.base import Runbook
from helpers.run.parameters import Parameters
from helpers.run.record import Found, Outcome, Step
from helpers.run.refusals import refusals_of_reading
from helpers.run.result import Result
from helpers.runbooks.audit.finding import Finding, Level
from helpers.runbooks.audit.judge import UNSEEN, audit, summary, weak_points, well_set
from helpers.runbooks.schemas import AuditPoolParameters
from helpers.runbooks.steps import Reader
from helpers.secrets.secret import Secret
from helpers.target import Target

T = TypeVar("T")
CALLS = (
    "DescribeUserPool",
    "GetUserPoolMfaConfig",
    "GetLogDeliveryConfiguration",
    "GetUserPoolSessionConfiguration",
    "ListUserPoolClients",
    "DescribeUserPoolClient",
)
_PAUSE = 0.25
"""Seconds between two app clients: AWS answers about five such reads a second for one pool
(developer guide, Quotas).
"""
_MEANS = {
    Level.RESETS_FAIL: (
        "Some users cannot reset their password, or will not be able to on a bad day."
    ),
    Level.AT_RISK: "A reset is easier for a stranger than it has to be.",
    Level.LEAKS: "A stranger can find out who has an account.",
    Level.WORTH_KNOWING: "Nothing is wrong; some settings are worth knowing when a user calls.",
    Level.NOT_KNOWN: "What was read is well set; not everything could be read.",
    Level.WELL: "Nothing in these settings blocks a reset.",
}
_CLOSED = ("AccessDeniedException", "OperationNotEnabledException")
_BESIDE = {"logs": "the message logs", "sessions": "the session tracking"}
_YET = Card("Nothing has been read yet.", (("What to do next", "Press the form's button."),))


@dataclass(frozen=True)
class Audited(Result):
    """A result with its findings, which are shown along with it."""

    findings: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def request_id(self) -> str:
        """AWS's id for the call that failed, or for the first one."""
        return next(
            (step.request_id for step in self.steps if step.status != "done"), super().request_id
        )

    def card(self) -> Card:
        """Return the result as a person reads it, with the weak points by number."""
        first, *rows = super().card().rows
        weak = enumerate((one for one in self.findings if one.weak), 1)
        listed = [
            (
                f"{number}. {one.level}",
                f"{one.title[0].upper()}{one.title[1:]}. {one.risk} {one.fix}",
            )
            for number, one in weak
        ]
        return replace(super().card(), rows=(first, *listed, *rows))


class AuditPool(Runbook[AuditPoolParameters]):
    """One run of audit-pool. See Runbook for the steps. It only reads."""

    name: ClassVar[str] = "audit-pool"
    parameters_model: ClassVar[type[Parameters]] = AuditPoolParameters
    title: ClassVar[str] = "Find settings that make resets fail or leak"
    button: ClassVar[str] = "Read and judge the settings"
    form_fields: ClassVar[tuple[str, ...]] = ("user_pool_id",)
    verify_hint: ClassVar[str] = "Nothing was changed. Press the button again."

    def _plan(self) -> Card:
        """Return what will be read. Sends nothing."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        return Card(
            "What will happen",
            (
                (
                    "Read, once",
                    (
                        "DescribeUserPool, GetUserPoolMfaConfig, GetLogDeliveryConfiguration and"
                        " GetUserPoolSessionConfiguration (UserPoolId)"
                    ),
                ),
                ("Read, on AWS, if it may be", "AWS WAF's GetWebACLForResource (the pool's ARN)"),
                ("Read, in pages", "ListUserPoolClients (UserPoolId), sixty app clients a page"),
                (
                    "Read, for each",
                    "DescribeUserPoolClient (UserPoolId, ClientId), about four a second",
                ),
                ("Changes", f"nothing in {p.user_pool_id}, and nothing for its users"),
                ("Cannot be undone", "nothing"),
                (
                    "Sensitive",
                    (
                        "the answer about an app client holds its secret; that is dropped at once,"
                        " and kept nowhere"
                    ),
                ),
            ),
        )

    def submit(
        self, values: Mapping[str, str] | None = None, typed: Mapping[str, Secret] | None = None
    ) -> Result:
        """Do what every run does, and put the findings into the record, as data."""
        result = super().submit(values, typed)
        if self.record and self.parameters:
            pool = (self.parameters.user_pool_id,)
            found = tuple(
                Found(
                    level=one.level,
                    setting=one.setting,
                    title=one.title,
                    risk=one.risk,
                    evidence=one.evidence,
                    fix=one.change,
                    concerns=one.concerns or pool,
                )
                for one in self._findings
            )
            self.record = self.record.model_copy(update={"findings": found})
        return result

    # --- what was found, for the cells below ---

    def weak_points(self) -> Table | Card:
        """Return the table of weak points, the worst first."""
        return weak_points(self._findings) if self._findings else self._nothing

    def well_set(self) -> Table | Card:
        """Return the table of what was looked at and is well set."""
        return well_set(self._findings) if self._findings else self._nothing

    @property
    def _nothing(self) -> Card:
        if self.result is None:
            return _YET
        return Card("Nothing was read.", (("What to do next", self.result.next),))

    @property
    def _findings(self) -> tuple[Finding, ...]:
        return self.result.findings if isinstance(self.result, Audited) else ()

    # --- the act ---

    def _act(
        self, parameters: AuditPoolParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        reading = _Reading(target, parameters.user_pool_id)
        pool = reading.ask("the user pool", "DescribeUserPool", reads.read_pool)
        if pool is None:
            return reading.stopped()
        factors = reading.ask("the second factors", "GetUserPoolMfaConfig", reads.read_factors)
        if factors is not None:
            pool = replace(pool, factors=factors)
        pool = reading.beside(pool)
        clients = reading.clients()
        known = None if reading.unread and not clients else clients
        findings = audit(pool, known, reading.unread)
        if reading.failed:
            return replace(reading.stopped(), findings=findings)
        return self._judged(pool, clients, findings, tuple(reading.notes), tuple(reading.steps))

    def _judged(
        self,
        pool: Pool,
        clients: list[Client],
        findings: tuple[Finding, ...],
        notes: tuple[str, ...],
        steps: tuple[Step, ...],
    ) -> Result:
        weak = sum(one.weak for one in findings)
        worst = findings[0].level
        if weak:
            looked_at = f"{weak} of {len(findings)} settings need a look"
            then = (
                "Give this to the owner of the pool, the worst first, and run it again after each"
                " change."
            )
        else:
            looked_at = f"all {len(findings)} settings are well set"
            then = "Run it again after each change of the pool."
        return Audited(
            Outcome.CONFIRMED,
            0,
            f"Done: {looked_at}." if not weak else f"{looked_at[0].upper()}{looked_at[1:]}.",
            happened=(
                f"The pool {pool.name} and its app clients ({len(clients)}) were read, and nothing"
                " was changed."
            ),
            meaning=f"{_MEANS[worst]} {summary(findings)}",
            next=f"{then} For a single user who cannot reset, run diagnose-user.",
            proof=(
                f"All settings were read in {len(steps)} steps, each of them answered; none of them"
                " can change anything."
            ),
            notes=(*notes, UNSEEN),
            steps=steps,
            next_runbook=self.follow("diagnose-user"),
            findings=findings,
            tone=BAD if weak else "",
        )

    @staticmethod
    def refusals() -> Table:
        """Return all that the calls of this runbook can answer with, as a table for a person."""
        return refusals_of_reading(*CALLS)


class _Reading:
    """What was read of a pool, and what could not be read."""

    def __init__(self, target: Target, pool_id: str) -> None:
        self.target = target
        self._reader = Reader(target, pool_id)
        self.steps = self._reader.steps
        self.failed: list[tuple[str, ResetError]] = []
        self.notes: list[str] = []
        self.closed: list[str] = []
        self.unread = ""

    def ask(self, what: str, operation: str, call: Callable[..., T], **members: str) -> T | None:
        """Return what a reading answers, None where it failed."""
        try:
            return self._reader.read(operation, call, **members)
        except ResetError as exc:
            self.failed.append((what, exc))
            return None

    def beside(self, pool: Pool) -> Pool:
        """Return the pool with its logs, sessions and firewall; what may not be read is named."""
        logs = self._may("logs", "GetLogDeliveryConfiguration", reads.read_logs)
        sessions = self._may("sessions", "GetUserPoolSessionConfiguration", reads.read_tracking)
        firewall = None
        if self.target.is_aws:
            firewall = reads.read_firewall(self.target.aws("wafv2"), arn=pool.arn)
            self.closed += ["firewall"] if firewall is None else []
        return replace(
            pool,
            logs=logs,
            tracks_sessions=None if sessions is None else bool(sessions),
            firewall=firewall,
            unread=tuple(self.closed),
        )

    def _may(self, what: str, operation: str, call: Callable[..., T]) -> T | None:
        """Return what a reading answers; one that is not permitted is named, and no failure."""
        try:
            return self._reader.read(operation, call)
        except Refused as exc:
            if exc.code not in _CLOSED:
                self.failed.append((_BESIDE[what], exc))
            else:
                self.closed.append(what)
        except ResetError as exc:
            self.failed.append((_BESIDE[what], exc))
        return None

    def clients(self) -> list[Client]:
        """Return the app clients that could be read; `unread` says which could not."""
        ids = self.ask("the list of app clients", "ListUserPoolClients", reads.list_clients)
        if ids is None:
            self.unread = f"they could not be listed: {self.failed[-1][1]}"
            return []
        found = []
        for number, client_id in enumerate(ids):
            if number and not self.target.may_be_sandbox:
                time.sleep(_PAUSE)
            what, operation = f"the app client {client_id}", "DescribeUserPoolClient"
            client = self.ask(what, operation, reads.read_client, client_id=client_id)
            if client is not None:
                found.append(client)
            elif not self._deleted(client_id):
                # What kept one from being read keeps the next as well: they are named, not tried.
                self.unread = (
                    f"{len(ids) - number} of {len(ids)} app clients were not read, from {client_id}"
                    f" on: {self.failed[-1][1]}"
                )
                break
        return found

    def _deleted(self, client_id: str) -> bool:
        _, error = self.failed[-1]
        if not (isinstance(error, NotAllowed) and error.code == "ResourceNotFoundException"):
            return False
        self.failed.pop()
        self.notes.append(f"The app client {client_id} was deleted while the list was read.")
        return True

    def stopped(self) -> Audited:
        """Return the result of a run that could not read everything; nothing has changed."""
        (what, error), *others = self.failed
        refused, lost = isinstance(error, Refused), isinstance(error, Unsettled)
        return Audited(
            Outcome.REFUSED if refused else Outcome.NOT_SENT,
            7 if lost else error.exit_code,
            f"Not complete: {what} could not be read. Nothing has changed.",
            happened=str(error),
            meaning=error.meaning if refused else "Reading changes nothing, so nothing is lost.",
            next="Run this again." if lost else error.next,
            steps=tuple(self.steps),
            notes=(*self.notes, *(f"Not read either: {other}. {why}" for other, why in others)),
        )

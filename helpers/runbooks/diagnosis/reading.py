"""Reads what a diagnosis needs of a user, a pool and an app client, and keeps what failed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from helpers.cognito import reads
from helpers.cognito.errors import Answered, NotReached, Refused, ResetError
from helpers.cognito.models import Client, Event, Pool, User
from helpers.run.record import Outcome, Step
from helpers.runbooks.diagnosis.find import NO_USER, How, Match, Matches, others
from helpers.runbooks.schemas import DiagnoseUserParameters
from helpers.runbooks.steps import Reader
from helpers.target import Target

T = TypeVar("T")
OPERATIONS = {
    "pool": "DescribeUserPool",
    "user": "AdminGetUser",
    "client": "DescribeUserPoolClient",
    "factors": "AdminGetUserAuthFactors",
    "events": "AdminListUserAuthEvents",
    "others": "ListUsers",
}
NO_SUCH = "ResourceNotFoundException"


@dataclass
class Reading:
    """What has been read so far, the calls that read it, and what failed, by its name."""

    target: Target
    steps: list[Step] = field(default_factory=list)
    failed: dict[str, ResetError] = field(default_factory=dict)
    user: User | None = None
    pool: Pool | None = None
    client: Client | None = None
    events: tuple[Event, ...] = ()
    matches: Matches = field(default_factory=lambda: Matches(""))

    def look(self, p: DiagnoseUserParameters) -> None:
        """Make the readings, each once; an earlier one decides whether a later one is made."""
        reader = Reader(self.target, p.user_pool_id)
        self.steps = reader.steps
        self.pool = self._ask(reader, "pool", reads.read_pool)
        self.user = self._ask(reader, "user", reads.look_up, username=p.username)
        if p.client_id:
            self.client = self._ask(reader, "client", reads.read_client, client_id=p.client_id)
        if "user" not in self.failed:
            self.matches = self._search(reader, p.username)
        if self.user and self.pool and self.pool.first_factors != ("PASSWORD",):
            ways = self._ask(reader, "factors", reads.first_factors, username=p.username)
            self.user = replace(self.user, first_factors=ways)
        if self.user and self.pool and self.pool.threat_protection != "OFF":
            found = self._ask(reader, "events", reads.recent_events, username=p.username)
            self.events = found or ()

    def _search(self, reader: Reader, text: str) -> Matches:
        """Look for the accounts that the text may mean beside the one of exactly that name."""
        if self._out_of_reach("others"):
            return Matches(text, (Match(self.user, How.NAME),) if self.user else ())
        beside = others(reader, text, self.pool, known=self.user)
        if beside.error is not None:
            self.failed["others"] = beside.error
        if self.user is not None:
            return replace(beside, found=(Match(self.user, How.NAME), *beside.found))
        if len(beside.found) != 1:
            return beside
        # ListUsers lists no second factors, and they decide where a code goes.
        only = beside.found[0]
        whole = self._ask(reader, "others", reads.look_up, "AdminGetUser", username=only.username)
        return replace(beside, found=(replace(only, user=whole),)) if whole else beside

    @property
    def others(self) -> tuple[User, ...]:
        """The accounts that may be meant instead of the name that was asked for, or beside it."""
        return tuple(
            one.user for one in self.matches.found if one.how in (How.CAPITALS, How.CONTACT)
        )

    @property
    def parts(self) -> tuple[User, ...]:
        """The accounts whose name or contact begins with what was asked for, or nearly is it."""
        return tuple(one.user for one in self.matches.found if one.how in (How.NEAR, How.PART))

    def _ask(
        self, reader: Reader, what: str, call: Callable[..., T], operation: str = "", **members: Any
    ) -> T | None:
        """Return what one reading answers, None where it failed, which is kept.

        Once Cognito was not reached, no other reading is tried.
        """
        if self._out_of_reach(what):
            return None
        try:
            return reader.read(operation or OPERATIONS[what], call, **members)
        except ResetError as exc:
            if not (what == "user" and says(exc, NO_USER)):
                self.failed[what] = exc
            return None

    def _out_of_reach(self, what: str) -> bool:
        """Whether Cognito was not reached before; then this reading has failed as well."""
        error = next((one for one in self.failed.values() if isinstance(one, NotReached)), None)
        if error is not None:
            self.failed[what] = error
        return error is not None

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read; no-client where the pool was, and has no such app client."""
        foreign = self.pool is not None and says(self.failed.get("client"), NO_SUCH)
        return tuple("no-client" if what == "client" and foreign else what for what in self.failed)

    @property
    def run_out(self) -> bool:
        """Whether the user's last change is older than a temporary password may be."""
        user = self.user or (self.others[0] if len(self.others) == 1 else None)
        if user is None or self.pool is None:
            return False
        since = self.target.now() - datetime.fromisoformat(user.last_modified)
        return since > timedelta(days=self.pool.temporary_days)

    def ending(self) -> tuple[Outcome, int]:
        """Return outcome and exit code: a reading that failed may have cost the verdict a fact."""
        error = self.failed.get("user") or next(iter(self.failed.values()), None)
        if error is None:
            return Outcome.CONFIRMED, 0
        if isinstance(error, Refused):
            return Outcome.REFUSED, error.exit_code
        return Outcome.NOT_SENT, NotReached.exit_code


def says(error: ResetError | None, code: str) -> bool:
    """Whether an error is Cognito's answer of this code."""
    return isinstance(error, Answered) and error.code == code

"""Reads what a diagnosis needs of a user, a pool and an app client, and keeps what failed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from helpers.cognito import reads
from helpers.cognito.errors import Answered, NotReached, Refused, ResetError
from helpers.cognito.models import Client, Event, Pool, User
from helpers.run.record import Outcome, Step
from helpers.runbooks.diagnosis.spellings import spellings
from helpers.runbooks.schemas import DiagnoseUserParameters
from helpers.runbooks.steps import Reader
from helpers.target import Target

T = TypeVar("T")
OPERATIONS = {
    "pool": "DescribeUserPool",
    "user": "AdminGetUser",
    "client": "DescribeUserPoolClient",
    "events": "AdminListUserAuthEvents",
    "others": "ListUsers",
}
NO_USER, NO_SUCH = "UserNotFoundException", "ResourceNotFoundException"


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
    others: tuple[User, ...] = ()

    def look(self, p: DiagnoseUserParameters) -> None:
        """Make the readings, each once; an earlier one decides whether a later one is made."""
        reader = Reader(self.target, p.user_pool_id)
        self.steps = reader.steps
        self.pool = self._ask(reader, "pool", reads.read_pool)
        self.user = self._ask(reader, "user", reads.look_up, username=p.username)
        if p.client_id:
            self.client = self._ask(reader, "client", reads.read_client, client_id=p.client_id)
        if self.user is None:
            if "user" not in self.failed:
                self.others = self._search(reader, p.username)
        elif self.pool is not None and self.pool.threat_protection != "OFF":
            found = self._ask(reader, "events", reads.recent_events, username=p.username)
            self.events = found or ()

    def _search(self, reader: Reader, username: str) -> tuple[User, ...]:
        """Look for the user by the contact and in other spellings, until one is found."""
        found: tuple[User, ...] = ()
        for attribute, value in spellings(username, self.pool):
            by = {"attribute": attribute, "value": value}
            found = self._ask(reader, "others", reads.find_users, **by) or ()
            if found or "others" in self.failed:
                break
        if len(found) == 1:
            # ListUsers lists no second factors, and they decide where a code goes.
            name = found[0].username
            whole = self._ask(reader, "others", reads.look_up, "AdminGetUser", username=name)
            found = (whole,) if whole else found
        return found

    def _ask(
        self, reader: Reader, what: str, call: Callable[..., T], operation: str = "", **members: str
    ) -> T | None:
        """Return what one reading answers, None where it failed, which is kept.

        Once Cognito was not reached, no other reading is tried.
        """
        if any(isinstance(error, NotReached) for error in self.failed.values()):
            self.failed[what] = next(iter(self.failed.values()))
            return None
        try:
            return reader.read(operation or OPERATIONS[what], call, **members)
        except ResetError as exc:
            if not (what == "user" and says(exc, NO_USER)):
                self.failed[what] = exc
            return None

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

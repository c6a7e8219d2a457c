"""What a diagnosis goes by: the facts that were read, the symptom, and what it points to."""

from dataclasses import dataclass, field

from helpers.cognito.models import Client, Event, Pool, User
from helpers.runbooks.diagnosis.verdicts import Verdict, verdict, with_parameters


@dataclass(frozen=True)
class Known:
    """The facts about one user, and what was said.

    suspected: what the symptom means, the likeliest first. open: what it leaves, where it is not
    sure. by_text: Cognito's own text says so. message: the text of an error that nothing is known
    about. unread: what could not be read. parts: users whose name or contact begins with what was
    asked for. ids: of the pool and the app client, for the next runbook.
    """

    username: str
    user: User | None
    pool: Pool | None
    client: Client | None
    events: tuple[Event, ...]
    others: tuple[User, ...]
    unread: tuple[str, ...]
    suspected: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    by_text: bool = False
    message: str = ""
    said: str = ""
    run_out: bool = False
    parts: tuple[User, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)

    def verdict(self, problem: str, *evidence: str, **more: str) -> Verdict:
        """Return the verdict on a problem, for this user."""
        return verdict(problem, evidence, **{"username": self.username, **self.ids, **more})

    def with_parameters(self, found: Verdict, **more: str) -> Verdict:
        """Return a verdict with what is known filled in for its runbook. more: what else is."""
        return with_parameters(found, **{"username": self.username, **self.ids, **more})

"""What a campaign will do, read before anything is sent: each user once, and one verdict each.

Nothing is changed by it. It finds users that several rows are about, whatever names them, and says
how many a runbook can help, what the others need first, how many messages go out, and how long it
takes.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from helpers.campaign.ledger import Ledger
from helpers.campaign.pace import calls_a_row
from helpers.campaign.patience import Patience
from helpers.campaign.schema import ROWS, WAITING, Row
from helpers.cognito import reads
from helpers.cognito.errors import Answered, BadParameters, NotReached, Problem, ResetError
from helpers.cognito.models import Pool
from helpers.run.entry import RunbookEntry
from helpers.run.kept_pools import read_pool_once
from helpers.run.named_pool import fill_in
from helpers.run.parameters import Parameters, UserParameters
from helpers.run.where import Callers

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

COGNITOS_MAILS_A_DAY = 50
"""What Cognito's own sender sends a day for an account. Source: developer guide, quotas."""
_AT_ONCE = 8  # users read at the same time
_A_SECOND = 40.0  # users, of the 120 calls of this kind that an account has by default
_KEPT_AT_ONCE = 100  # what was read since is read again where the process dies
_CAN = "can be done"
WHERE = ("pool", "target", "region", "profile", "user_pool_id")
"""The parameters that say where a row's user is."""


class PlanFailed(Exception):
    """The users could not be read; nothing was sent. exit_code: as the runbook's own would be."""

    def __init__(self, words: str, exit_code: int) -> None:
        super().__init__(words)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Plan:
    """What was read, in numbers.

    verdicts: how many rows there are of each (verdict, the runbook that helps them). messages: how
    many go out, by medium. sender: who sends the e-mails. seconds: how long it will take at least.
    pools: the named pools of the rows; production says that it is one. callers: the ARNs of who
    signs. days: on how many dates rows begin, at least. limits: what AWS lets the account do.
    per_day: how many rows begin on one date at most, 0 for any number.
    """

    rows: int
    can: int
    verdicts: Mapping[tuple[str, str], int]
    messages: Mapping[str, int]
    sender: str
    seconds: float
    warnings: tuple[str, ...] = field(default=())
    pools: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    days: int = 1
    limits: tuple[str, ...] = ()
    per_day: int = 0

    @property
    def mails_a_day(self) -> int:
        """How many e-mails go out on one date at most."""
        mails = self.messages.get("email", 0)
        return min(mails, self.per_day) if self.per_day else mails

    @property
    def time(self) -> str:
        """How long it will take at least, in words."""
        return time_words(self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "rows": self.rows,
            "can": self.can,
            "verdicts": [
                {"verdict": verdict, "next_runbook": runbook, "rows": count}
                for (verdict, runbook), count in self.verdicts.items()
            ],
            "messages": dict(self.messages),
            "sender": self.sender,
            "seconds": round(self.seconds, 1),
            "days": self.days,
            "limits": list(self.limits),
            "warnings": list(self.warnings),
            "pools": list(self.pools),
            "callers": list(self.callers),
        }


def time_words(seconds: float) -> str:
    """Return a time as a person says it."""
    if seconds < 90:
        return "a second" if seconds < 1.5 else f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def is_planned(entry: RunbookEntry) -> bool:
    """Whether a runbook's users are read beforehand: where its own calls are signed and change."""
    return entry.changes and issubclass(entry.parameters, UserParameters)


def read_users(
    ledger: Ledger, campaign: str, entry: RunbookEntry, on_read: Callable[[int], None] | None = None
) -> tuple[str, ...]:
    """Read each user of a campaign who has not been read, and keep what was read in the ledger.

    Returns the ARNs of who signs, as far as AWS was asked. Raises PlanFailed where Cognito could
    not be asked, and BadParameters where several rows are about one user.
    """
    rows: list[Row] = []
    known: set[tuple[str, ...]] = set()
    found: dict[tuple[str, ...], tuple[CognitoIdentityProviderClient, Pool]] = {}
    callers, arns = Callers(), []
    try:
        for row in ledger.rows(campaign, WAITING):
            rows += [] if row.plan else [row]
            given = tuple(str(row.parameters.get(name, "")) for name in WHERE)
            if given in known:
                continue
            known.add(given)
            where = _where(entry, row)
            if where not in found:
                parameters = _parameters(entry, row)
                caller = callers.of(parameters)
                if isinstance(caller, NotReached):
                    raise caller
                arns += [caller.arn] if caller else []
                target, pool_id = parameters.to_target(), parameters.user_pool_id
                client = target.client(signed=True)
                ask = partial(reads.read_pool, client, user_pool_id=pool_id)
                pool = read_pool_once(target, pool_id, ask)
                found[where] = client, pool
        patience = Patience(_A_SECOND)

        def look(row: Row) -> tuple[str, dict[str, Any]]:
            return patience.read(lambda: _look(entry, row, *found[_where(entry, row)]))

        threads = ThreadPoolExecutor(_AT_ONCE)
        found_out: list[tuple[int, str, Mapping[str, Any]]] = []
        try:
            looks = threads.map(look, rows)
            for number, (row, (account, seen)) in enumerate(zip(rows, looks, strict=True), 1):
                found_out.append((row.number, account, seen))
                if len(found_out) == _KEPT_AT_ONCE:
                    ledger.keep_plans(campaign, found_out)
                    found_out = []
                if on_read:
                    on_read(number)
        finally:
            ledger.keep_plans(campaign, found_out)
            # Where it was interrupted, the others are not read any more.
            threads.shutdown(cancel_futures=True)
    except ResetError as exc:
        words = f"The users could not be read beforehand: {exc} Nothing was sent."
        raise PlanFailed(words, exc.exit_code) from exc
    twice = ledger.named_twice(campaign)
    if twice:
        raise BadParameters(
            [
                Problem(f"line {lines[0]}", f"is about the same user as line {line}.")
                for lines in twice
                for line in lines[1:]
            ]
        )
    return tuple(dict.fromkeys(arns))


class Planned(NamedTuple):
    """A row as far as its plan tells."""

    parameters: Mapping[str, Any]
    plan: Mapping[str, Any]


def planned(ledger: Ledger, campaign: str) -> Iterator[Planned]:
    """Yield what was read of each user beforehand."""
    one = ROWS.c
    found = select(one.parameters, one.plan).where(one.campaign == campaign)
    with ledger.reading.connect() as db:
        for parameters, plan in db.execute(found):
            yield Planned(json.loads(parameters), json.loads(plan or "{}"))


def plan_of(
    rows: Iterable[Planned],
    entry: RunbookEntry,
    paces: Mapping[str, float],
    callers: tuple[str, ...] = (),
    *,
    per_day: int = 0,
) -> Plan:
    """Add up what was read. callers: who has signed that. per_day: as in Plan."""
    named = set()
    verdicts: Counter[tuple[str, str]] = Counter()
    messages: Counter[str] = Counter()
    senders = set()
    count = can = 0
    for row in rows:
        count += 1
        named.add(row.parameters.get("pool", ""))
        seen = row.plan
        verdicts[(seen.get("verdict", "not read"), seen.get("next_runbook", ""))] += 1
        if not seen or seen.get("can"):
            can += 1
            messages[seen.get("medium", "")] += bool(seen.get("medium"))
            senders.add(seen.get("sender", ""))
    plan = Plan(
        count,
        can,
        dict(verdicts.most_common()),
        +messages,
        "Cognito" if "COGNITO_DEFAULT" in senders else "the pool's own",
        _seconds(can, entry, paces),
        pools=tuple(_labels(entry, named)),
        callers=callers,
        per_day=per_day,
    )
    if plan.sender != "Cognito" or plan.mails_a_day <= COGNITOS_MAILS_A_DAY:
        return plan
    warning = (
        f"{plan.mails_a_day} e-mails would be sent on one day, and Cognito's own sender sends"
        f" {COGNITOS_MAILS_A_DAY} a day for the whole account. Users beyond that would be locked"
        f" out without a mail: let at most {COGNITOS_MAILS_A_DAY} begin a day."
    )
    return replace(plan, warnings=(warning,))


def _labels(entry: RunbookEntry, named: Iterable[str]) -> Iterator[str]:
    """Yield what pools are called; where the file has lost one since, its name."""
    for name in sorted(filter(None, named)):
        pool = fill_in(entry.parameters.model_fields, {"pool": name}).pool
        yield pool.label if pool else name


def _seconds(rows: int, entry: RunbookEntry, paces: Mapping[str, float]) -> float:
    calls = calls_a_row(entry)
    return max((rows * calls[name] / pace for name, pace in paces.items() if pace), default=0.0)


def _look(
    entry: RunbookEntry, row: Row, client: "CognitoIdentityProviderClient", pool: Pool
) -> tuple[str, dict[str, Any]]:
    """Return whose account it is, and what was read: what the runbook would do, or what helps."""
    parameters = _parameters(entry, row)
    try:
        user = reads.look_up(
            client, user_pool_id=parameters.user_pool_id, username=parameters.username
        )
    except Answered as exc:
        if exc.code != "UserNotFoundException":
            raise
        return "", {"verdict": "there is no such user", "next_runbook": "diagnose-user"}
    run = entry.runs(**{**parameters.model_dump(), "interactive": "no"})
    against = run.foresee(user, pool)
    seen = {
        "status": user.status,
        "enabled": user.enabled,
        "modified": user.last_modified,
        "verified": list(user.verified),
        "sender": pool.sender,
    }
    if against is None:
        told = {"verdict": _CAN, "can": True, "medium": run.message_to(user, pool)}
    else:
        following = against.next_runbook.name if against.next_runbook else ""
        headline = against.headline.removeprefix("Not sent: ")
        told = {"verdict": headline, "next_runbook": following}
    return f"{pool.pool_id}/{user.username}", {**seen, **told}


def _parameters(entry: RunbookEntry, row: Row) -> Any:
    read, problems = entry.parameters.read(row.parameters, person=False)
    if read is None:
        raise BadParameters(problems)
    return read


def _where(entry: RunbookEntry, row: Row) -> tuple[str, ...]:
    p: Parameters = _parameters(entry, row)
    return (p.target, p.region, p.profile, p.user_pool_id)

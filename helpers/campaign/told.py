"""A campaign as a person reads it: cards and tables of what its ledger says."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from helpers.campaign.given import Given
from helpers.campaign.ledger import NOT_BEGUN
from helpers.campaign.plan import COGNITOS_MAILS_A_DAY, Plan, time_words
from helpers.campaign.schema import PAUSED, STOPPED, Row
from helpers.campaign.seen import Seen
from helpers.cognito.quotas import QUOTAS
from helpers.display.card import Card, Table
from helpers.run.entry import RunbookEntry
from helpers.run.parameters import Parameters
from helpers.run.where import Callers, as_whom

Mask = Callable[[Row, str], str]
"""What a text about a row is passed through before it is shown."""
_MEDIA = {"email": "e-mails", "phone_number": "text messages"}


def where_card(given: Given, p: Parameters, table: Path | None, campaign: str) -> Card:
    """Return which Cognito a campaign is about, and as whom its calls are made.

    p: the parameters of its first row. campaign: its name, "" before it is there.
    """
    pool, caller = p.named_pool, Callers().of(p)
    cognito = "the sandbox; no AWS account is touched" if given.sample else p.to_target().where()
    nobody = "a sample is run in the sandbox" if given.sample else "nothing is begun"
    return Card(
        "Where am I? This is a sample: no user is real." if given.sample else "Where am I?",
        (
            ("Pool", " · ".join(filter(None, (pool.name, pool.purpose)))),
            ("Cognito", cognito),
            ("AWS account", str(getattr(caller, "account", "") or caller or "")),
            ("User pool", p.user_pool_id),
            ("As whom", as_whom(p, "", caller)),
            ("Runbook", f"{given.entry.name}: {given.entry.effect}"),
            ("Table", "a dozen practice users" if given.sample else str(table or "")),
            ("Campaign", campaign),
            (
                "Who runs this",
                "a person, with the buttons below"
                if given.person
                else f"nobody is there: {nobody}",
            ),
        ),
        banner=pool.label if pool.production else "",
    )


def plan_card(plan: Plan, entry: RunbookEntry, paces: Mapping[str, float]) -> Card:
    """Return what a campaign will do, in numbers."""
    rates = {quota.category: quota.rate for quota in QUOTAS}
    quota = [
        f"{category}: at most {pace:g} calls a second, of {rates[category]} that the account shares"
        for category, pace in paces.items()
    ]
    return Card(
        "What will happen",
        (
            ("Runbook", f"{entry.name}: {entry.effect}"),
            ("Users", str(plan.rows)),
            ("Can be done", f"{plan.can} of {plan.rows}"),
            ("Messages", _messages(plan)),
            ("Quota", "; ".join(quota) or "no limit was asked for"),
            ("Time", f"{plan.time} at this pace, at least"),
            (
                "Money",
                "each user who is read counts as active this month, which AWS bills; messages too",
            ),
            ("The account", " ".join(plan.limits)),
            ("Signed by", ", ".join(plan.callers)),
            *(("Warning", words) for words in plan.warnings),
        ),
        banner=", ".join(plan.pools),
    )


def _messages(plan: Plan) -> str:
    told = [f"{count} {_MEDIA.get(medium, medium)}" for medium, count in plan.messages.items()]
    if plan.messages.get("email"):
        told.append(
            f"Cognito sends the e-mails itself, {COGNITOS_MAILS_A_DAY} a day for the whole account"
            if plan.sender == "Cognito"
            else "the pool has its own sender for e-mails"
        )
    return "; ".join(told) or "none"


def gate_card(rows: int, *, begun: bool, needed: bool, is_open: bool) -> Card:
    """Return how many users are meant, and whether somebody has said so."""
    if begun:
        state = "passed: it has begun"
    elif not needed:
        state = "not needed: nothing is changed"
    else:
        state = f"open: {rows} users are meant" if is_open else "closed"
    return Card("The gate", (("Users in the table", str(rows)), ("The gate is", state)))


def report_card(files: list[str], folder: str, digest: str) -> Card:
    """Return where the results are, and where the journal stands. digest: of its last line."""
    return Card(
        "The report",
        (
            ("Tables", ", ".join(files) or "not written yet"),
            ("Folder", folder),
            ("The journal's head", digest or "there is no journal yet"),
            ("To check it", "cognito-reset verify, with the same folder of runs"),
        ),
    )


def state_words(seen: Seen, *, starting: bool) -> str:
    """Say whether a campaign goes on, and why not."""
    if starting and not seen.working:
        return "its process is starting, or ending"
    if seen.working:
        return f"running: {seen.waits}" if seen.waits else "running"
    if not seen.waiting and not seen.at_work:
        return "done"
    if seen.campaign.state == STOPPED:
        return f"stopped for good: {seen.campaign.why}"
    if seen.campaign.state == PAUSED:
        why = seen.campaign.why
        return f"paused: {why}" if seen.campaign.begun or why != NOT_BEGUN else "not begun"
    return "not running: its process has ended"


def progress_words(seen: Seen) -> str:
    """Say how far a campaign is, in a sentence."""
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in seen.outcomes.items())
    words = f"{seen.over} of {seen.rows} are over: {outcomes or 'none yet'}."
    if seen.seconds_left is not None and seen.over < seen.rows:
        words += f" {seen.rate:.1f} a second; about {time_words(seen.seconds_left)} left."
    return words


def rows_table(title: str, rows: Iterable[Row], mask: Mask) -> Table:
    """Return what became of some rows, one user a line."""
    return Table(
        title,
        ("Line", "User", "Outcome", "What it means", "Next runbook", "Request id"),
        tuple(
            (
                str(row.number),
                mask(row, str(row.parameters.get("username", ""))),
                row.outcome or row.state,
                _why(row, mask),
                "-" if row.outcome == "confirmed" else str(row.report.get("next_runbook") or "-"),
                str(row.report.get("request_id") or "-"),
            )
            for row in rows
        ),
    )


def following_table(following: Mapping[str, list[Row]], mask: Mask) -> Table:
    """Return which runbook helps how many users next, and why."""

    return Table(
        "Not done, by the runbook that helps next",
        ("Next runbook", "Users", "Lines of the table", "The first of them"),
        tuple(
            (name, str(len(rows)), _lines(rows), _why(rows[0], mask))
            for name, rows in following.items()
        )
        or (("none", "0", "-", "-"),),
    )


def _why(row: Row, mask: Mask) -> str:
    """Return the first sentence of what a row's end means."""
    words = str(row.report.get("meaning") or row.plan.get("verdict") or "")
    return mask(row, words.partition(". ")[0].rstrip("."))


def _lines(rows: list[Row]) -> str:
    numbers = [str(row.number) for row in rows[:10]]
    return ", ".join(numbers) + (", …" if len(rows) > 10 else "")


def counts_table(seen: Seen, counted_in: int) -> Table:
    """Return what went in and what came out."""
    rest = (("still waiting", seen.waiting), ("at work", seen.at_work))
    return Table(
        "Counts in, counts out",
        ("What", "Users"),
        (
            ("in the table", str(counted_in)),
            *((outcome, str(count)) for outcome, count in seen.outcomes.items()),
            *((what, str(count)) for what, count in rest if count),
            ("out, all together", str(seen.over)),
        ),
    )

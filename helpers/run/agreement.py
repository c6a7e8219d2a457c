"""A second person's agreement, where the pool asks for one: what is agreed is what runs.

A run that needs it writes what it would do into the journal, and stops. Somebody under another
account of the operating system, and where calls are signed another AWS caller, agrees to that
(`helpers.run.second`). The same plan, run again within the hour, uses the agreement up and acts.

The agreement is in the journal and in a file beside it. Anyone who may write the journal could put
a line there; the file's owner, which only the system sets, is what shows who agreed.
"""

import hashlib
import hmac
import json
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

from helpers.cognito.errors import NotReached
from helpers.run.account import Account, account
from helpers.run.entries import Agreed, Asked, Used, now
from helpers.run.entry import RUNBOOKS
from helpers.run.journal import Journal
from helpers.run.masking import folder_key, masked_name
from helpers.run.package_data import NotebookMissing
from helpers.run.parameters import GatedParameters, Parameters
from helpers.run.record import Outcome
from helpers.run.recording import JournalUnavailable, current_run
from helpers.run.result import Result, not_reached
from helpers.secrets.redaction import HIDDEN
from helpers.target.caller import Caller
from helpers.target.pools import Pool
from helpers.target.pools_file import PoolsError, pools

WAITS = 10
"""The exit code of a run that waits for agreement."""
GOOD_FOR = timedelta(minutes=60)
GOOD_FOR_MANY = timedelta(days=1)
"""For a campaign to begin; once it has begun, the agreement holds until it is over."""
SHORT = 12
"""How many characters of a digest are shown and repeated."""
ASKED_FOR = "has to agree, under another account, before anything is sent"
_LEFT_OUT = ("agreed_by", "interactive")
# Where a command puts what was typed or piped in; the number is another in each process.
_HANDED_OVER = re.compile(r"env:COGNITO_RESET_[A-Z_]+_\d+")


class NotAgreed(Exception):
    """Somebody may not agree, or there is nothing to agree to; in a sentence."""

    def __init__(self, message: str, exit_code: int = 6) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def is_asked_for(parameters: Parameters) -> bool:
    """Whether a run with these parameters needs a second person: it changes a user, and the pool
    asks for one. Leaving the pool's name out does not help.
    """
    try:
        return _asking(parameters) is not None
    except NotReached:
        return True  # the file of pools cannot be read; `ask_or_use` says so


def _asking(p: Parameters) -> Pool | None:
    if not isinstance(p, GatedParameters):
        return None
    if p.pool:
        return p.named_pool if p.named_pool.asks.second_person else None
    try:
        known = pools().values()
    except PoolsError as exc:
        if p.to_target().may_be_sandbox:
            return None
        raise NotReached(str(exc), next="Correct the file, then run again.", exit_code=6) from None
    meant = (one for one in known if (one.user_pool_id, one.target) == (p.user_pool_id, p.target))
    return next((one for one in meant if one.asks.second_person), None)


def ask_or_use(runbook: str, parameters: Parameters, caller: object) -> str | Result:
    """Use an agreement to this plan up, or ask for one; called just before a run acts.

    caller: see `helpers.run.where.Callers.of`. Returns who agreed and how that is known, "" where
    no second person is asked for; else the result of a run that may not act.
    """
    try:
        pool = _asking(parameters)
        if pool is None:
            return ""
        return _ask_or_use(runbook, parameters, pool, caller)
    except NotReached as exc:
        return not_reached(exc)
    except OSError as exc:
        return not_reached(JournalUnavailable(exc.strerror or str(exc)))
    except NotebookMissing as exc:
        return not_reached(JournalUnavailable(str(exc), next="Then run again."))


def _ask_or_use(runbook: str, parameters: Parameters, pool: Pool, caller: object) -> str | Result:
    current, me = current_run(), account()
    if current is None or me is None:
        lacks = "no journal is kept here" if me else "this system does not tell accounts apart"
        raise NotReached(
            f"The pool {pool.name} asks for a second person, and {lacks}: nobody could agree.",
            next="Use cognito-reset run, or a form under make lab or cognito-reset desk.",
            exit_code=6,
        )
    journal, run = current
    asked = _request(runbook, parameters, pool, run, journal.folder, me, caller)
    if agreed := use_or_ask(journal, asked, run):
        return in_words(agreed)
    command = f"cognito-reset agree {run} --out {shlex.quote(str(journal.folder.resolve()))}"
    minutes = int(GOOD_FOR.total_seconds() // 60)
    return Result(
        Outcome.NOT_SENT,
        WAITS,
        "Waits for agreement: nothing has been sent.",
        happened=f"The pool {pool.name} asks for a second person. Plan {asked.digest[:SHORT]}.",
        meaning=(
            f"Somebody else has to agree to this plan. That is good for one run, for {minutes}"
            " minutes."
        ),
        say="A colleague has to agree first. Please hold the line.",
        next="Have a second person agree, under an account of their own; then run the same again.",
        to_agree=command,
    )


def use_or_ask(journal: Journal, asked: Asked, run: str) -> Agreed | None:
    """Use up the agreement to this plan for a run, in one step with looking for it; else ask."""
    found: list[Agreed] = []

    def decide() -> Used | Asked:
        found.extend(standing(journal, asked))
        if not found:
            return asked
        return Used(run=run, at=now(), asked_by=found[0].run, digest=asked.digest)

    journal.append(decide)
    return found[0] if found else None


def _request(
    runbook: str,
    parameters: Parameters,
    pool: Pool,
    run: str,
    folder: Path,
    me: Account,
    caller: object,
) -> Asked:
    """Return the line that asks: what would run, with the username as the pool has it kept."""
    username = str(getattr(parameters, "username", ""))
    clear = pool.asks.show_usernames
    shown = username if clear else masked_name(username, "masked", None)
    planned = {
        name: _HANDED_OVER.sub("prompt:", value).replace(username, shown)
        for name, value in parameters.shown().items()
        if name not in _LEFT_OUT
    }
    asked = Asked(
        run=run,
        at=now(),
        who=me.name,
        uid=me.uid,
        caller=caller.arn if isinstance(caller, Caller) else "",
        runbook=runbook,
        notebook=hashlib.sha256(RUNBOOKS[runbook].read()).hexdigest(),
        parameters={**planned, "pool": pool.name},
        user=hash_of_user(username, folder),
        digest="",
    )
    return asked.model_copy(update={"digest": digest_of_plan(asked)})


def hash_of_user(username: str, folder: Path) -> str:
    """Return how a plan names its user: a hash with the key of the folder of runs."""
    return hmac.new(folder_key(folder), username.encode(), hashlib.sha256).hexdigest()


def digest_of_plan(asked: Asked) -> str:
    """Return the digest of what a request says would run."""
    plan = [asked.runbook, asked.notebook, asked.parameters, asked.user]
    text = json.dumps(plan, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_of_many(asked: Asked) -> bool:
    """Whether a campaign asks: its plan says how many users it has."""
    return "users" in asked.parameters


def good_for(asked: Asked) -> timedelta:
    """Return how long an agreement to this counts."""
    return GOOD_FOR_MANY if is_of_many(asked) else GOOD_FOR


def standing(journal: Journal, asked: Asked) -> list[Agreed]:
    """Return the agreement to this plan that is in time, not used up, and another person's."""
    used, found, at, time = set(), [], now(), good_for(asked)
    for entry in journal.backwards():
        try:
            if at - datetime.fromisoformat(entry["at"]) > time:
                break  # and so is all before it
            if entry["event"] == "used":
                used.add(entry["asked_by"])
            if entry["event"] == "agreed" and entry["digest"] == asked.digest:
                found.append(Agreed.model_validate_json(json.dumps(entry)))
        except (ValueError, TypeError, KeyError):
            continue  # `verify` names it
    return [
        one
        for one in found
        if one.run not in used
        and abs(at - one.at) <= time
        and _is_another(journal.folder, asked, one)
    ][:1]


def may_be_caller(asked: Asked, arn: str) -> bool:
    """Whether somebody who signs so may be a caller of the run that asks, or one of a campaign's.

    An ARN that holds a secret, of the run or of the process that reads it, is hidden in part, so
    nobody can tell it from another: else who chooses the secret could agree to their own plan.
    """
    if not asked.caller:
        return False
    return HIDDEN in asked.caller or arn in ("", *asked.caller.split(", "))


def _is_another(folder: Path, asked: Asked, agreed: Agreed) -> bool:
    """Whether somebody else than who asks has agreed, by the owner of the agreement's file."""
    if may_be_caller(asked, agreed.caller):
        return False
    try:
        path = file_of(folder, agreed.run)
        owner = path.lstat().st_uid
        return owner == agreed.uid != asked.uid and path.read_text() == agreed.model_dump_json()
    except (OSError, NotAgreed, ValueError):
        return False


def file_of(folder: Path, run: str) -> Path:
    """Return the file by whose owner an agreement to this run is known. Raises NotAgreed."""
    if not re.fullmatch(r"\w[\w.-]*", run):
        raise NotAgreed("That is no run's id.")
    return folder / f"{run}.agreed"


def in_words(agreed: Agreed) -> str:
    """Say who agreed, and how that is known."""
    caller = f", AWS caller {agreed.caller}" if agreed.caller else ""
    return (
        f"account {agreed.who} ({agreed.uid}){caller}, at {agreed.at:%Y-%m-%d %H:%M:%S} UTC;"
        f" digest {agreed.digest}; known by the owner of {agreed.run}.agreed"
    )

"""The second person: which plans wait for agreement, what each would do, and to agree to one.

What they agree to, and how that is known, is in `helpers.run.agreement`.
"""

import hmac
import json
import os
from datetime import datetime

from helpers.cognito.errors import NotReached
from helpers.display.card import Card
from helpers.run.account import Account, account
from helpers.run.agreement import (
    GOOD_FOR,
    SHORT,
    NotAgreed,
    digest_of_plan,
    file_of,
    hash_of_user,
    is_of_many,
    may_be_caller,
)
from helpers.run.entries import Agreed, Asked, now
from helpers.run.entry import RUNBOOKS
from helpers.run.journal import Journal
from helpers.run.shared import is_shared
from helpers.secrets.redaction import HIDDEN
from helpers.target import Target, TargetError
from helpers.target.caller import Caller, ask_caller
from helpers.target.pools_file import PoolsError, pool_named


def waiting(journal: Journal) -> list[Asked]:
    """Return what others have asked for within the hour and nobody has agreed to, the newest first;
    of one plan that was asked for several times, the newest. A campaign is not for the desk.
    """
    me, at = account(), now()
    agreed: set[str] = set()
    found: dict[str, Asked] = {}
    for entry in journal.backwards():
        try:
            if at - datetime.fromisoformat(entry["at"]) > GOOD_FOR:
                break  # and so is all before it
            if entry["event"] == "agreed":
                agreed.add(entry["digest"])
            elif entry["event"] == "asked" and entry["digest"] not in agreed:
                asked = Asked.model_validate_json(json.dumps(entry))
                other = me is not None and asked.uid != me.uid
                if other and not is_of_many(asked):
                    found.setdefault(asked.digest, asked)
        except (ValueError, TypeError, KeyError):
            continue  # `verify` names it
    return list(found.values())


def request_of(journal: Journal, run: str) -> Asked:
    """Return what a run has asked for. Raises NotAgreed where nothing is to be agreed to."""
    for entry in journal.backwards():
        if entry.get("run") != run:
            continue
        if entry.get("event") == "agreed":
            who = entry.get("who")
            raise NotAgreed(f"{run} was agreed to already, by {who}. Have the same run again.")
        if entry.get("event") == "asked":
            asked = Asked.model_validate_json(json.dumps(entry))
            # As it was written: read, it lacks whatever secret this process has held.
            if asked.digest != digest_of_plan(Asked.model_construct(**entry)):
                raise NotAgreed(f"{run}: the digest is not that of the plan. Tell security.")
            return asked
        if entry.get("event") == "started":
            raise NotAgreed(f"{run} does not wait for agreement.")
    raise NotAgreed(f"There is no run {run} in {journal.folder}.")


def check_second(journal: Journal, asked: Asked) -> Account:
    """Return who agrees. Raises NotAgreed where that is who asked, or the folder is not shared."""
    me = account()
    if me is None:
        raise NotAgreed("This system does not tell accounts apart, so nobody can agree here.")
    if me.uid == asked.uid:
        raise NotAgreed(f"You are {me.name}, who asked: another account has to agree.")
    folder = journal.folder
    if not is_shared(folder) or not os.access(folder, os.W_OK | os.X_OK):
        raise NotAgreed(
            f"{folder} is not shared with you: it needs a group with both of you, and mode 2770."
        )
    return me


def is_about(journal: Journal, asked: Asked, username: str) -> bool:
    """Whether a plan is about this user, whom the journal may hold masked."""
    return hmac.compare_digest(asked.user, hash_of_user(username, journal.folder))


def agree(journal: Journal, asked: Asked, me: Account, caller: Caller | None) -> Agreed:
    """Write the agreement down: first its file, whose owner shows who agreed, then the line.

    Raises NotAgreed for the same AWS caller, and OSError where it cannot be written.
    """
    arn = caller.arn if caller else ""
    if may_be_caller(asked, arn):
        raise NotAgreed(
            "Part of the AWS caller who asked is hidden here, so nobody can tell whether it is you."
            " Agree in a terminal, or have them ask again with another secret."
            if HIDDEN in asked.caller
            else f"You sign as {arn or 'nobody'}: another AWS caller has to agree."
        )
    agreed = Agreed(
        run=asked.run, at=now(), who=me.name, uid=me.uid, caller=arn, digest=asked.digest
    )
    path = file_of(journal.folder, asked.run)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotAgreed(f"{asked.run} was agreed to already. Have the same run again.") from None
    try:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(agreed.model_dump_json())
            os.fchmod(file, 0o640)  # to be read by who asked, and changed by nobody
        journal.append(agreed)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return agreed


def caller_of(asked: Asked, profile: str = "") -> Caller | None:
    """Return who signs here, where the calls of a run are signed. profile: another than the run's.

    Raises NotAgreed where AWS does not say, and for a target that cannot be used.
    """
    given = asked.parameters
    try:
        return ask_caller(Target(given["target"], given["region"], profile or given["profile"]))
    except NotReached as exc:
        raise NotAgreed(f"{exc} {exc.next}", exc.exit_code) from None
    except TargetError as exc:
        raise NotAgreed(str(exc)) from None


def plan_of(asked: Asked, me: str, caller: Caller | None) -> Card:
    """Return what would run, as a person reads it before they agree. me: who would agree."""
    fields = RUNBOOKS[asked.runbook].parameters.model_fields if asked.runbook in RUNBOOKS else {}
    rows = (
        ("Runbook", asked.runbook),
        *(
            ((name in fields and fields[name].title) or name, value)
            for name, value in asked.parameters.items()
            if name != "confirm_username"  # the same once more
        ),
        ("Asked by", f"{asked.who} ({asked.uid}) {asked.caller}".rstrip()),
        ("Asked at", f"{asked.at:%Y-%m-%d %H:%M:%S} UTC"),
        ("You are", f"{me} {caller.arn if caller else ''}".rstrip()),
        ("Digest", asked.digest[:SHORT]),
    )
    shown = tuple((_line(label), _line(text)) for label, text in rows)
    return Card("Do you agree to this?", shown, banner=_production(asked))


def is_digest_of(asked: Asked, given: str) -> bool:
    """Whether somebody has repeated a plan's digest, short or whole."""
    return given.strip().lower() in (asked.digest[:SHORT], asked.digest)


def _production(asked: Asked) -> str:
    """Return what has to be seen first: that real users are in the pool."""
    try:
        pool = pool_named(asked.parameters["pool"])
    except PoolsError:
        return ""
    return pool.label if pool.production else ""


def _line(text: str) -> str:
    """Return a text in which nothing moves a terminal's cursor."""
    return "".join(one if one.isprintable() else " " for one in text)

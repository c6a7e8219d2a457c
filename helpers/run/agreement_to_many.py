"""A second person's agreement to a whole campaign: to its plan, once, for every row of it.

The campaign asks in the journal as a run does, under its own name, and the same command agrees. It
is used up when the campaign begins, and its ledger keeps it. Each row's run then says in the
journal that it is covered, and looks itself at the agreement's file, whose owner shows who agreed.
On another machine there is no such file: there the ledger's word counts.
"""

import hashlib
import json
from collections.abc import Mapping

from helpers.run.account import Account, account
from helpers.run.agreement import (
    NotAgreed,
    digest_of_plan,
    file_of,
    in_words,
    use_or_ask,
)
from helpers.run.entries import Agreed, Asked, Used, now
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal
from helpers.run.recording import current_run


def ask_or_use_for_many(
    journal: Journal,
    campaign: str,
    entry: RunbookEntry,
    about: Mapping[str, str],
    *,
    digest: str,
    caller: str,
) -> Agreed | Asked:
    """Return the agreement to a campaign's plan, which is used up by that, or what now asks for it.

    about: the plan in words, which is what is agreed to; it names the number of users. digest: of
    all rows. caller: the ARN of who signs, "" for nobody. Raises NotAgreed where nobody could
    agree.
    """
    me = account()
    if me is None:
        raise NotAgreed("This system does not tell accounts apart, so nobody could agree.")
    asked = _request(journal, campaign, entry, about, digest, me, caller)
    return use_or_ask(journal, asked, campaign) or asked


def _request(
    journal: Journal,
    campaign: str,
    entry: RunbookEntry,
    about: Mapping[str, str],
    digest: str,
    me: Account,
    caller: str,
) -> Asked:
    name, number = campaign, 1
    while file_of(journal.folder, name).exists():  # of a request whose time is over, or another's
        number += 1
        name = f"{campaign}.{number}"
    asked = Asked(
        run=name,
        at=now(),
        who=me.name,
        uid=me.uid,
        caller=caller,
        runbook=entry.name,
        notebook=hashlib.sha256(entry.read()).hexdigest(),
        parameters=dict(about),
        user=digest,
        digest="",
    )
    return asked.model_copy(update={"digest": digest_of_plan(asked)})


def is_in_force(journal: Journal, agreed: Agreed) -> bool:
    """Whether an agreement is what another account than this one has written."""
    try:
        path = file_of(journal.folder, agreed.run)
        me, owner = account(), path.lstat().st_uid
        written = path.read_text(encoding="utf-8") == agreed.model_dump_json()
    except (OSError, NotAgreed, ValueError):
        return False
    return me is not None and owner == agreed.uid != me.uid and written


def cover(journal: Journal, run: str, agreed: Agreed) -> None:
    """Have it in the journal that a run is covered by the agreement to its campaign."""
    if _is_elsewhere(journal, run):
        journal.append(agreed)
    journal.append(Used(run=run, at=now(), asked_by=agreed.run, digest=agreed.digest))


def covered() -> str:
    """Say who agreed to the campaign that covers the run that is under way; "" where none does."""
    current = current_run()
    if current is None:
        return ""
    journal, run = current
    used, found = None, []
    for entry in journal.backwards():
        if entry.get("run") == run and entry.get("event") == "started":
            break
        if entry.get("run") == run and entry.get("event") == "used":
            used = entry
        elif entry.get("event") == "agreed":
            found.append(json.dumps(entry))
    if used is None:
        return ""
    elsewhere = _is_elsewhere(journal, run)
    try:
        if not elsewhere:
            found = [file_of(journal.folder, used["asked_by"]).read_text(encoding="utf-8")]
        for agreed in map(Agreed.model_validate_json, found):
            if (agreed.run, agreed.digest) == (used["asked_by"], used["digest"]):
                if elsewhere:
                    return f"{in_words(agreed)}, as the campaign's ledger says"
                return in_words(agreed) if is_in_force(journal, agreed) else ""
    except (OSError, NotAgreed, ValueError):
        return ""
    return ""


def _is_elsewhere(journal: Journal, run: str) -> bool:
    """Whether this is a worker's spool, in which each run has a journal of its own."""
    return journal.folder.name == run

"""A case at the desk: who calls, which account is theirs, and what was done, step by step.

No widget and no message is in here: `helpers.form.desk_page` draws a case and hands on what a
person chooses.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from helpers.run.base import Runbook
from helpers.run.journal import Journal, Run
from helpers.run.masking import RUNS, forget_names, username_as, username_masker
from helpers.run.named_pool import pool_choices
from helpers.run.record import NextRunbook
from helpers.run.where import signed_as
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.diagnosis.find import Match, look
from helpers.runbooks.schemas import DiagnoseUserParameters
from helpers.runbooks.stop_words import hand_over

DIAGNOSIS = "diagnose-user"
HANDED_ON = ("pool", "case_number", "proof_of_identity")
"""What is asked once a case."""
_FIELDS = {"pool": "pool", "case_number": "case_number", "username": "whom", "symptom": "said"}
"""The parameters of a diagnosis, and the desk's fields for them."""
_SEEN_AT_MOST, _LOOKED_THROUGH = 5, 2000
_OUTCOMES = {
    "confirmed": "done",
    "refused": "refused by Cognito",
    "not_sent": "nothing was sent",
    "unknown": "unknown whether it was done",
    "": "under way",
}


@dataclass
class Case:
    """One caller. given: the parameters that are known of the case. matches: the accounts that may
    be meant, while that is open. signer: the AWS account and the caller that sign, where anybody
    does. lines: what was done, a line each, as (step, how it ended).
    """

    given: dict[str, str] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()
    more: bool = False
    signer: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def open(self, typed: Mapping[str, str]) -> dict[str, str]:
        """Begin with what the agent has typed, and look for the account.

        typed: pool, case_number, whom and said; user_pool_id and client_id where a training case
        has its own. Returns what is wrong, by field; else `matches` has the accounts to choose
        from, and is empty where there is nothing to choose.
        """
        by_name = {**dict.fromkeys(("user_pool_id", "client_id"), ""), **typed}
        given = {name: str(by_name.get(ours, "")) for name, ours in _FIELDS.items()}
        given |= {name: by_name[name] for name in ("user_pool_id", "client_id") if by_name[name]}
        read, problems = DiagnoseUserParameters.read(given, person=True)
        if read is None:
            return {_FIELDS.get(one.field, "pool"): one.words for one in problems}
        if not (read.username or read.symptom):
            return {"whom": "is empty, and so is what they say: one of them is needed."}
        self.given = given
        if not read.username:
            return {}
        self.signer, why = signed_as(read)
        if why:
            return {"pool": why}
        found = look(read.to_target(), read.user_pool_id, read.username)
        if len(found.found) == 1 and not found.more:
            self.given["username"] = found.found[0].username
        elif found.found:
            self.matches, self.more = found.found, found.more
        return {}

    def pick(self, number: int) -> None:
        """Go on with one of the accounts that were found."""
        self.given["username"] = self.matches[number].username
        self.matches = ()

    def diagnosis(self) -> Runbook[Any]:
        """Return the run that says what is wrong."""
        return _run(DIAGNOSIS, self.given)

    def next_run(self, following: NextRunbook) -> Runbook[Any]:
        """Return the run of the runbook that goes on, with what the case knows."""
        known = {name: self.given[name] for name in HANDED_ON if self.given.get(name)}
        client = self.given.get("client_id", "")
        return _run(following.name, {"client_id": client, **known, **following.parameters})

    def learn(self, typed: Mapping[str, str]) -> None:
        """Keep what a step was told and the next ones need too."""
        self.given |= {name: typed[name] for name in HANDED_ON if typed.get(name)}

    def seen_before(self) -> tuple[str, tuple[str, ...]]:
        """Return how the journal calls this user, and what was done before this case, newest first.

        Nothing where no journal is kept. A masked name may stand for several users.
        """
        username, folder = self.given.get("username", ""), os.environ.get(RUNS, "")
        if not username or not folder:
            return "", ()
        mask = username_masker(
            RUNBOOKS[DIAGNOSIS], {"username": username}, username_as(), Path(folder)
        )
        called = mask(username)
        newest = islice(Journal(Path(folder)).newest(), _LOOKED_THROUGH)
        runs = (
            run
            for run in newest
            if run.started.parameters.get("username") == called and run.started.at < self.began
        )
        try:
            return called, tuple(_line(run) for run in islice(runs, _SEEN_AT_MOST))
        except OSError as exc:
            return called, (f"not known, the journal cannot be read: {exc.strerror or exc}",)


def next_caller() -> Case:
    """Return a new case, and forget who the last one was about."""
    forget_names()
    return Case()


def desk_pools() -> list[dict[str, Any]]:
    """Return the pools to choose from, as the page draws them."""
    return [
        {
            "name": pool.name,
            "label": " · ".join(filter(None, (pool.label, pool.purpose))),
            "production": pool.production,
            "practice": pool.is_practice,
            "hand_over": hand_over(pool),
            "case_number": pool.asks.case_number,
        }
        for pool in pool_choices()
    ]


def _run(name: str, given: Mapping[str, str]) -> Runbook[Any]:
    fields = RUNBOOKS[name].parameters.model_fields
    known = {field: value for field, value in given.items() if field in fields and value}
    run: Runbook[Any] = RUNBOOKS[name].runs(**known, interactive="yes")
    return run


def _line(run: Run) -> str:
    case = run.started.parameters.get("case_number", "")
    about = f" (case {case})" if case else ""
    at = f"{run.started.at:%Y-%m-%d %H:%M} UTC"
    return f"{at}: {run.started.runbook}, {_OUTCOMES.get(run.outcome, run.outcome)}{about}"

"""Runs one call: faults, limits, the operation in its transaction, and triggers.

The order is the one in which Cognito is taken to check: firewall, request rate, constraints, then
the operation's own checks. A refusal undoes everything but the records of the try.
"""

import hashlib
import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import faults, limits, model, seed, settings, triggers
from .operations import IMITATED
from .refusal import ApiError
from .source import Source
from .store import TABLES, Store, of_file
from .work import Doc, NeedsTrigger, Transaction

_REQUESTS_KEPT = 100


@dataclass(frozen=True)
class Outcome:
    """What became of a call, its request id, and the fault that its answer meets."""

    result: Doc | ApiError
    request_id: str
    fault: faults.Due | None = None


class Engine:
    """The sandbox without doors. path: its file, None for memory. seed: makes a memory repeat."""

    def __init__(self, path: str | None, seed: str | None) -> None:
        self.store = Store(path)
        self.callables: dict[str, triggers.Trigger] = {}
        self._seed = seed
        self._meta: dict[str, Any] = {}
        self._meta_rows: list[Any] = []
        with self.store.transaction() as db:
            if db.execute("SELECT COUNT(*) FROM meta").fetchone()[0] == 0:
                self._plant(db)

    def call(
        self,
        operation: str,
        request: Doc,
        problem: ApiError | None = None,
        endpoint: str = "",
        region: str = "",
    ) -> Outcome:
        """Run one operation.

        problem: what is wrong with the request, reported in its turn. endpoint: the URL it was sent
        to, which tokens may name as their issuer. region: the one it is meant for, where a new pool
        is made.
        """
        answers: Doc = {}
        callables = dict(self.callables)
        while True:
            try:
                outcome, after = self._attempt(
                    operation, request, problem, frozenset(callables), answers, endpoint, region
                )
            except NeedsTrigger as ask:
                answers[ask.key] = triggers.run(ask.name, callables[ask.name], ask.event)
                continue
            for name, event in after:
                failure = triggers.run(name, callables[name], event)
                if isinstance(failure, ApiError):
                    return Outcome(failure, outcome.request_id, outcome.fault)
            return outcome

    @staticmethod
    def free_request_id(words: str) -> str:
        """Return a request id for what never became a call: it takes no draw, and repeats."""
        return str(uuid.UUID(hex=hashlib.sha256(words.encode()).hexdigest()[:32], version=4))

    def reset(self) -> None:
        """Start afresh: pool, client and user of the seed, default settings, nothing else."""
        with self.store.transaction() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
            self._plant(db)
        self.callables.clear()

    def meta(self, db: sqlite3.Connection) -> dict[str, Any]:
        """Return what the sandbox knows of itself: seed and draws, clock, settings, faults."""
        rows = db.execute("SELECT key, value FROM meta").fetchall()
        if rows != self._meta_rows:
            self._meta, self._meta_rows = {key: json.loads(value) for key, value in rows}, rows
        # Faults are used up in place, so they are the caller's own.
        return self._meta | {"faults": [dict(one) for one in self._meta.get("faults", ())]}

    def keep_meta(self, db: sqlite3.Connection, **values: Any) -> None:
        """Store some of it."""
        db.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [(key, json.dumps(value)) for key, value in values.items()],
        )

    def _plant(self, db: sqlite3.Connection) -> None:
        clock = {"frozen": seed.START} if self._seed is not None else {"offset": 0.0}
        source = Source(self._seed)
        seed.plant(Transaction(db, now_of(clock), source, settings.defaults()))
        self.keep_meta(db, seed=self._seed, drawn=source.drawn, clock=clock, settings={}, faults=[])

    def _attempt(
        self,
        operation: str,
        request: Doc,
        problem: ApiError | None,
        callables: frozenset[str],
        answers: Doc,
        endpoint: str,
        region: str,
    ) -> tuple[Outcome, list[tuple[str, Doc]]]:
        username = named_user(request)
        with self.store.transaction() as db:
            meta = self.meta(db)
            source = Source(meta["seed"], meta["drawn"])
            request_id = source.uuid()
            chosen = settings.defaults()
            if meta["settings"]:
                chosen = chosen | meta["settings"]
            now = now_of(meta["clock"])
            work = Transaction(db, now, source, chosen, callables, answers, endpoint, region)
            due = faults.take(meta["faults"], operation, chosen)
            if due and due.before:
                result: Doc | ApiError = due.before
            else:
                result = self._run(work, operation, request, problem)
            changes: Doc = {"drawn": source.drawn} if source.drawn != meta["drawn"] else {}
            if due:
                changes["faults"] = meta["faults"]
                _count(db, f"{due.name} {operation}", username)
            if changes:
                self.keep_meta(db, **changes)
            _count(db, operation, username)
            _log(db, work.now, operation, request, username, result, request_id)
        after = work.after if not isinstance(result, ApiError) else []
        return Outcome(result, request_id, due if due and not due.before else None), after

    def _run(
        self, work: Transaction, operation: str, request: Doc, problem: ApiError | None
    ) -> Doc | ApiError:
        work.db.execute("SAVEPOINT call")
        try:
            self._check_account(work, operation, request)
            if problem is not None:
                raise problem
            result: Doc | ApiError = IMITATED[operation](work, request)
        except ApiError as refusal:
            work.db.execute("ROLLBACK TO call")
            result = refusal
        except (NeedsTrigger, KeyboardInterrupt, SystemExit):
            raise
        except Exception as error:  # every other failure is a fault of the sandbox itself
            # Neither its text nor the values in its traceback may be shown.
            if isinstance(error, sqlite3.Error) and of_file(error):
                raise
            work.db.execute("ROLLBACK TO call")
            print(f"sandbox: {operation} failed: {_place(error)}", file=sys.stderr)
            result = ApiError(
                "InternalErrorException", f"The sandbox failed: {type(error).__name__}", 500
            )
        work.db.execute("RELEASE call")
        work.keep_records()
        return result

    def _check_account(self, work: Transaction, operation: str, request: Doc) -> None:
        if work.settings["waf_block"] and model.is_public(operation):
            raise ApiError(
                "ForbiddenException",
                "Request not allowed due to WAF block.",
                work.settings["waf_status"],
            )
        limits.check_quota(work, operation, request)


def now_of(clock: Mapping[str, float]) -> float:
    """Return the time on a sandbox's clock, to the millisecond as Cognito shows it."""
    return round(clock["frozen"] if "frozen" in clock else time.time() + clock["offset"], 3)


def named_user(request: Any) -> str:
    """Return the username that a request carries, for counting; empty where it carries none."""
    found = request.get("Username") if isinstance(request, dict) else None
    for holder in ("AuthParameters", "ChallengeResponses"):
        if found is None and isinstance(request, dict) and isinstance(request.get(holder), dict):
            found = request[holder].get("USERNAME")
    return found[:128] if isinstance(found, str) else ""


_SHOWN = (
    "UserPoolId",
    "ClientId",
    "Username",
    "AuthFlow",
    "ChallengeName",
    "PoolName",
    "ClientName",
    "Permanent",
    "MessageAction",
    "Filter",
    "Limit",
    "MaxResults",
)


def _log(
    db: sqlite3.Connection,
    now: float,
    operation: str,
    request: Any,
    username: str,
    result: Doc | ApiError,
    request_id: str,
) -> None:
    given = list(request.items())[:40] if isinstance(request, dict) else []
    masked = ", ".join(
        f"{key[:60]}: {str(value)[:128] if key in _SHOWN else '***'}" for key, value in given
    )
    said = (
        (result.status, result.code, result.message)
        if isinstance(result, ApiError)
        else (200, None, None)
    )
    number = (
        db.execute(
            "INSERT INTO requests (at, operation, username, request, request_id, status, error,"
            " message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (now, operation, username, masked, request_id, *said),
        ).lastrowid
        or 0
    )
    if number % _REQUESTS_KEPT == 0:
        db.execute("DELETE FROM requests WHERE id <= ?", (number - _REQUESTS_KEPT,))


def _count(db: sqlite3.Connection, operation: str, username: str) -> None:
    db.execute(
        "INSERT INTO calls VALUES (?, ?, 1) ON CONFLICT (operation, username) DO UPDATE SET count ="
        " count + 1",
        (operation, username),
    )


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"

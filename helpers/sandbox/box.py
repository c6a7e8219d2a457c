"""The sandbox as its users hold it: doors, mailbox, clock, faults, settings, triggers."""

import copy
import json
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import faults, limits, model, settings, triggers, wire
from .engine import Engine, now_of
from .operations import IMITATED
from .seed import DEFAULT_POOL_ID
from .source import Source
from .store import PATIENCE
from .work import Doc, Transaction

_DEFAULT_SEED = "cognito"


class Sandbox:
    """An Amazon Cognito of one's own, from open_sandbox() or Sandbox.in_memory().

    Everything that it knows lives in its file or memory, the clock, faults and settings too;
    triggers alone belong to this object. Threads may share it. A forked process has its own copy of
    a memory, and shares a file.
    """

    def __init__(self, path: str | None, seed: str | None) -> None:
        self.path = path
        self.engine = Engine(path, seed)

    @classmethod
    def in_memory(cls, seed: str | None = _DEFAULT_SEED) -> "Sandbox":
        """Return a fresh one that nobody else sees.

        seed: the clock does not move and every id, code, token and timestamp repeats; None for the
        real clock and random draws.
        """
        return cls(None, seed)

    def attach(self, client: Any) -> None:
        """Make a boto3 cognito-idp client talk to this sandbox, without any network.

        An unsigned client needs no credentials.
        """
        # botocore's HTTP half is most of what a start would cost, and the HTTP door does without
        # it.
        from .attach import attach

        attach(self.engine, client)

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one HTTP request, without any network; return status, headers and body.

        For whoever speaks HTTP and has no socket. Faults that keep an answer back do not apply.
        """
        target = wire.target_of({name.lower(): value for name, value in headers.items()})
        said = wire.answer(self.engine, target, body)
        return said.status, dict(said.headers), said.body

    def mailbox(self, username: str | None = None) -> list[Doc]:
        """Return the messages sent, the oldest first; with a username, only that user's.

        The newest 10,000 are kept.

        username: the user's own name, or the name that the request used. Each message has
        `pool_id`, `client_id`, `username`, `entered`, `destination`, `medium`, `trigger_source`,
        `code`, `sent_at` (ISO, with its offset), `sender`, `subject`, `body` as a person would read
        them, and `live`: whether the code in it is the user's newest, unused and not yet run out.
        """
        which, names = (
            ("", ())
            if username is None
            else ("WHERE username = ? OR entered = ?", (username, username))
        )
        with self.engine.store.transaction() as db:
            now = now_of(self.engine.meta(db)["clock"])
            rows = db.execute(f"SELECT doc FROM messages {which} ORDER BY id", names).fetchall()
            wanted = [json.loads(doc) for (doc,) in rows]
            newest = {}
            for whom in {(one["pool_id"], one["username"]) for one in wanted}:
                row = db.execute(
                    "SELECT doc FROM users WHERE pool_id = ? AND username = ?", whom
                ).fetchone()
                codes = json.loads(row[0]).get("codes", []) if row else []
                newest[whom] = {one["code"] for one in codes[-1:] if one["expires"] > now}
        return [
            one
            | {
                "sent_at": _moment(one["sent_at"]).isoformat(),
                "live": one["code"] in newest[one["pool_id"], one["username"]],
            }
            for one in wanted
        ]

    def standing(self, username: str, pool_id: str = "") -> Doc:
        """Return a user's state at this moment, for a person who practises.

        username: the user's own name, `sub` or alias. pool_id: of which pool; without one the
        oldest that knows the user counts. The answer has `now` (ISO, with its offset) and `user`:
        None, or `username`, `status`, `enabled`, `tries_left` and `tries_allowed`, the tries of
        ForgotPassword and ConfirmForgotPassword together in this hour.
        """
        with self.engine.store.transaction() as db:
            meta = self.engine.meta(db)
            work = Transaction(
                db, now_of(meta["clock"]), Source(None), settings.defaults() | meta["settings"]
            )
            pools = (
                json.loads(doc)
                for (doc,) in db.execute("SELECT doc FROM pools ORDER BY rowid").fetchall()
            )
            found = next(
                (
                    (pool, user)
                    for pool in pools
                    if pool_id in ("", pool["Id"]) and (user := work.find(pool, username))
                ),
                None,
            )
            known = (
                None
                if found is None
                else {
                    **{name: found[1][name] for name in ("username", "status", "enabled")},
                    "tries_left": limits.resets_left(work, *found),
                    "tries_allowed": work.settings["reset_attempts"],
                }
            )
            return {"now": _moment(work.now).isoformat(), "user": known}

    def now(self, patience: float = PATIENCE) -> datetime:
        """Return the time on the sandbox's clock; patience: seconds to wait for a busy file."""
        with self.engine.store.transaction(patience) as db:
            return _moment(now_of(self.engine.meta(db)["clock"]))

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward for everybody; return the time. ValueError for a step back."""
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 <= seconds <= 10**9
        ):
            raise ValueError("advance needs seconds from 0 to 1,000,000,000.")
        with self.engine.store.transaction() as db:
            clock = {
                key: value + float(seconds) for key, value in self.engine.meta(db)["clock"].items()
            }
            self.engine.keep_meta(db, clock=clock)
            return _moment(now_of(clock))

    def fault(self, operation: str, fault: str, times: int = 1) -> None:
        """Make the next calls of an operation fail; ValueError for an unknown operation or fault.

        fault: "drop-after-commit" (the connection breaks), "delay-after-commit" (by the setting
        delay_seconds) and "500-after-commit" lose the answer of a call that was done;
        "500-before-commit" and "throttle-before-commit" take the place of the call.
        """
        one = faults.planned(operation, fault, times, IMITATED)
        with self.engine.store.transaction() as db:
            self.engine.keep_meta(db, faults=[*self.engine.meta(db)["faults"], one])

    def faults(self) -> list[Doc]:
        """Return the faults still to come, in order: `operation`, `fault`, `times` left."""
        with self.engine.store.transaction() as db:
            planned: list[Doc] = self.engine.meta(db)["faults"]
            return planned

    def counts(self) -> Doc:
        """Return how often each operation was called and each fault struck, by username as sent.

        `{"calls": {operation: {username: n}}, "faults": {operation: {fault: {username: n}}}}`;
        refused calls count.
        """
        with self.engine.store.transaction() as db:
            rows = db.execute("SELECT operation, username, count FROM calls").fetchall()
        answer: Doc = {"calls": {}, "faults": {}}
        for key, username, count in rows:
            fault, _, operation = key.rpartition(" ")
            group = (
                answer["faults"].setdefault(operation, {}).setdefault(fault, {})
                if fault
                else answer["calls"].setdefault(operation, {})
            )
            group[username] = count
        return answer

    def settings(self, **changes: Any) -> Doc:
        """Change settings; return all of them. ValueError for a name or value that does not fit."""
        changes = settings.checked(changes)
        with self.engine.store.transaction() as db:
            kept = self.engine.meta(db)["settings"] | changes
            if changes:
                self.engine.keep_meta(db, settings=kept)
        return copy.deepcopy(settings.defaults() | kept)

    def on(self, trigger: str, callable_: triggers.Trigger | None) -> None:
        """Register a trigger: CustomMessage, PostConfirmation, PreSignUp, PreTokenGeneration or
        UserMigration; None removes it.

        The callable gets the documented event as a dict and returns it, changed. An exception
        becomes the UserLambdaValidationException that a failing function causes, TimeoutError an
        UnexpectedLambdaException, and anything but a dict an InvalidLambdaResponseException.
        """
        triggers.check_name(trigger)
        if callable_ is None:
            self.engine.callables.pop(trigger, None)
        else:
            self.engine.callables[trigger] = callable_

    def set_status(self, username: str, status: str, pool_id: str | None = None) -> None:
        """Put a user into a status that only AWS can lead to, such as EXTERNAL_PROVIDER."""
        known = model.shape("UserStatusType")["enum"]
        if status not in known:
            raise ValueError(
                f"no status is called {status!r}.{settings.did_you_mean(status, known)}"
            )
        with self.engine.store.transaction() as db:
            work = Transaction(db, 0.0, Source(None), settings.defaults())
            pool = work.pool(pool_id or DEFAULT_POOL_ID)
            user = work.find(pool, username)
            if user is None:
                raise ValueError(f"the pool {pool['Id']} has no user {username!r}.")
            user["status"] = status
            work.keep_user(pool, user)

    def reset(self) -> None:
        """Start afresh: users, mailbox, clock, faults, settings and triggers."""
        self.engine.reset()

    def close(self) -> None:
        """Let go of the file, or forget the memory."""
        self.engine.store.close()
        with _lock:
            for key in [key for key, box in _opened.items() if box is self]:
                del _opened[key]

    def __repr__(self) -> str:
        return f"Sandbox({self.path or 'in memory'})"


_lock = threading.Lock()
_opened: dict[str, Sandbox] = {}


def open_sandbox(path: str | None = None) -> Sandbox:
    """Return the sandbox to use here: of a file, or this process's own.

    path: a SQLite file, made with mode 0600 where it is missing and shared by every process that
    opens it, with the real clock and random codes. Without a path, COGNITO_SANDBOX in the
    environment names the file; without that, the process has one sandbox in memory, seeded, with a
    clock that only `advance` moves. SandboxError for a file that cannot be used.
    """
    named = path or os.environ.get("COGNITO_SANDBOX")
    key = os.path.abspath(named) if named else ""
    with _lock:
        if key not in _opened:
            _opened[key] = Sandbox(key, None) if key else Sandbox.in_memory()
        return _opened[key]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

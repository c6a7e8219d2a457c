"""Where a sandbox lives: one SQLite file shared by everybody who opens it, or memory.

Every call is one BEGIN IMMEDIATE transaction, so that calls happen one after another, from any
process, and a killed process leaves either all of a call or nothing of it. The file is in write-ahead
mode: a commit survives the process at once, the machine's crash up to the last checkpoint. Users,
names and counters are looked up by index; nothing is ever loaded whole.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_VERSION = 2
_APPLICATION = 0x436F6742
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pools (id TEXT PRIMARY KEY, doc TEXT NOT NULL, users INTEGER NOT NULL DEFAULT 0);
CREATE TABLE clients (id TEXT PRIMARY KEY, pool_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX clients_of_pool ON clients (pool_id);
CREATE TABLE users (id INTEGER PRIMARY KEY, pool_id TEXT NOT NULL, username TEXT NOT NULL, doc TEXT NOT NULL,
    UNIQUE (pool_id, username));
CREATE TRIGGER user_came AFTER INSERT ON users
    BEGIN UPDATE pools SET users = users + 1 WHERE id = NEW.pool_id~ END;
CREATE TRIGGER user_went AFTER DELETE ON users
    BEGIN UPDATE pools SET users = users - 1 WHERE id = OLD.pool_id~ END;
CREATE TABLE names (pool_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, username TEXT NOT NULL,
    PRIMARY KEY (pool_id, name)) WITHOUT ROWID;
CREATE INDEX names_of_user ON names (pool_id, username);
CREATE TABLE tallies (pool_id TEXT NOT NULL, username TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (pool_id, username)) WITHOUT ROWID;
CREATE TABLE calls (operation TEXT NOT NULL, username TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (operation, username)) WITHOUT ROWID;
CREATE TABLE sessions (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);
CREATE TABLE messages (id INTEGER PRIMARY KEY, username TEXT NOT NULL, entered TEXT, doc TEXT NOT NULL);
CREATE INDEX messages_to_user ON messages (username);
CREATE INDEX messages_to_name ON messages (entered);
CREATE TABLE events (id INTEGER PRIMARY KEY, pool_id TEXT NOT NULL, username TEXT NOT NULL, event_id TEXT NOT NULL,
    at REAL NOT NULL, kind TEXT NOT NULL, response TEXT NOT NULL, challenge TEXT, result TEXT);
CREATE INDEX events_of_user ON events (pool_id, username);
CREATE TABLE requests (id INTEGER PRIMARY KEY, at REAL NOT NULL, operation TEXT NOT NULL, username TEXT NOT NULL,
    request TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL, error TEXT, message TEXT);
"""
TABLES = (
    "meta",
    "pools",
    "clients",
    "users",
    "names",
    "tallies",
    "calls",
    "sessions",
    "messages",
    "events",
    "requests",
)

# What is wrong with a file, by SQLite's primary result code.
_TROUBLES = {
    sqlite3.SQLITE_BUSY: "is locked by another program; end it, or wait, and try again",
    sqlite3.SQLITE_LOCKED: "is locked by another program; end it, or wait, and try again",
    sqlite3.SQLITE_READONLY: "can no longer be written; make it writable, then try again",
    sqlite3.SQLITE_FULL: "cannot grow, its disk is full; make room, then try again",
    sqlite3.SQLITE_CORRUPT: "is damaged; remove it to start with a fresh sandbox",
    sqlite3.SQLITE_NOTADB: "is not a sandbox; name another file or remove it",
}
_MOVED = "was deleted, moved or replaced; put it back, or start again for a fresh sandbox"
PATIENCE = 5.0
"""Seconds for which a call waits while other threads and programs hold the file."""

_open_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()


class SandboxError(ValueError):
    """A sandbox that cannot be used: it is closed, or something is wrong with its file."""


def of_file(error: sqlite3.Error) -> bool:
    """Whether SQLite complains about the file, rather than about what it was asked to do."""
    return type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError)


class Store:
    """One sandbox's database.

    path: its file, made with mode 0600 where it is missing; None for memory. It is closed by
    close(), or when nobody holds it any more, or when the process ends. Every method raises
    SandboxError, with a sentence for a person, where the file cannot be used.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._inherited: list[sqlite3.Connection | None] = []
        self._closed = False
        self._identity: tuple[int, int] | None = None
        self._db: sqlite3.Connection | None = None
        self._open()
        _open_stores.add(self)

    @contextmanager
    def transaction(self, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
        """Hold the database alone: what is done inside is committed together, or not at all.

        patience: seconds to wait for others, first in this process, then in other programs.
        """
        if not self._lock.acquire(timeout=patience):
            raise SandboxError(f"{self.path or 'the sandbox'} is busy with another call; try again")
        try:
            db = self._ready(patience)
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                self._check_in_place()
                db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if db.in_transaction:
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            if not of_file(error):
                raise
            raise _trouble(self.path, error) from None
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the file (or forget the memory); a second call does nothing."""
        with self._lock:
            self._closed = True
            self._closing()

    def _open(self) -> sqlite3.Connection:
        self._db = db = _connect(self.path)
        self._closing = weakref.finalize(self, db.close)
        self._patience = PATIENCE
        if self.path is not None:
            self._identity = _identity(self.path)
        return db

    def _ready(self, patience: float) -> sqlite3.Connection:
        if self._closed:
            raise SandboxError("this sandbox is closed; open it again with open_sandbox()")
        self._check_in_place()
        db = self._db or self._open()
        if self.path is not None and patience != self._patience:
            db.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
            self._patience = patience
        return db

    def _check_in_place(self) -> None:
        # A file that was unlinked can be written as before; nobody would ever find it again.
        if self.path is not None and _identity(self.path) != self._identity:
            raise SandboxError(f"{self.path} {_MOVED}")

    def _start_over_in_child(self) -> None:
        self._lock = threading.RLock()
        if self.path is not None and not self._closed:
            # SQLite connections do not survive a fork; closing the parent's one here could drop the
            # parent's locks. The next call opens one of its own.
            self._closing.detach()
            self._inherited.append(self._db)
            self._db = None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _trouble(path: str | None, error: sqlite3.Error) -> SandboxError:
    words = _TROUBLES.get(error.sqlite_errorcode & 0xFF)
    return SandboxError(f"{path or 'the sandbox'} {words or f'cannot be used ({error})'}")


def _connect(path: str | None) -> sqlite3.Connection:
    if path is not None:
        _make_private(path)
    db = sqlite3.connect(
        path or ":memory:", isolation_level=None, check_same_thread=False, timeout=PATIENCE
    )
    try:
        if path is not None:
            _check_ours(db, path)
            os.chmod(path, 0o600)
            _retried(db, "PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
        _retried(db, "BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement.replace("~", ";"))
            db.execute(f"PRAGMA user_version={_VERSION}")
            db.execute(f"PRAGMA application_id={_APPLICATION}")
        db.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        db.close()
        raise _trouble(path, error) from None
    except BaseException:
        db.close()
        raise
    return db


def _check_ours(db: sqlite3.Connection, path: str) -> None:
    # Another program's database is to be left exactly as it is.
    db.execute("BEGIN")
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    db.execute("COMMIT")
    if application != _APPLICATION and (application, version, tables) != (0, 0, 0):
        raise SandboxError(
            f"{path} is not a sandbox but another program's database; name another file"
        )
    if tables and version != _VERSION:
        raise SandboxError(
            f"{path} was written by another version of the sandbox; remove it to start afresh"
        )


def _retried(db: sqlite3.Connection, statement: str) -> None:
    # A change of journal mode answers "locked" at once, without the busy timeout, when two
    # processes start together.
    for attempt in range(200):
        try:
            db.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error) or attempt == 199:
                raise
            time.sleep(0.01)


def _make_private(path: str) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        words = (
            f"cannot open {path} as a sandbox: {error.strerror}; its folder must exist and be yours"
        )
        raise SandboxError(words) from None


_forking: list[Store] = []


def _before_fork() -> None:
    # Nobody may be in the middle of a transaction while the memory is copied.
    _forking[:] = list(_open_stores)
    for store in _forking:
        store._lock.acquire()


def _after_fork_in_parent() -> None:
    for store in _forking:
        store._lock.release()


def _after_fork_in_child() -> None:
    for store in _forking:
        store._start_over_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )

"""Where a sandbox lives: one SQLite file shared by everybody who opens it, or memory.

Every call is one BEGIN IMMEDIATE transaction, so that calls happen one after another whoever makes
them, and a killed process leaves either all of a call or nothing of it. The file is in write-ahead
mode: a commit survives the process at once, the machine's crash up to the last checkpoint. Users,
names and counters are looked up by index; nothing is ever loaded whole.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

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

_open_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()


class Store:
    """One sandbox's database. path: its file, created with mode 0600 where it is missing; None for
    memory.

    It is closed by close(), or when nobody holds it any more, or when the process ends.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._inherited: list[sqlite3.Connection] = []
        self._open()
        _open_stores.add(self)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the database alone: everything done inside is committed together, or not at all if
        it raises.
        """
        with self._lock:
            if not self._closing.alive:
                raise ValueError("this sandbox is closed; open it again with open_sandbox()")
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file (or forget the memory); a second call does nothing."""
        with self._lock:
            self._closing()

    def _open(self) -> None:
        self._db = _connect(self.path)
        self._closing = weakref.finalize(self, self._db.close)

    def _start_over_in_child(self) -> None:
        self._lock = threading.RLock()
        if self.path is not None and self._closing.alive:
            # SQLite connections do not survive a fork; closing the parent's one here could drop the
            # parent's locks.
            self._closing.detach()
            self._inherited.append(self._db)
            self._open()


def _connect(path: str | None) -> sqlite3.Connection:
    if path is not None:
        _make_private(path)
    db = sqlite3.connect(
        path or ":memory:", isolation_level=None, check_same_thread=False, timeout=30
    )
    try:
        if path is not None:
            _take_file(db, path)
        _retried(db, "BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement.replace("~", ";"))
            db.execute(f"PRAGMA user_version={_VERSION}")
            db.execute(f"PRAGMA application_id={_APPLICATION}")
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _take_file(db: sqlite3.Connection, path: str) -> None:
    try:
        _check_ours(db, path)
        os.chmod(path, 0o600)
        _retried(db, "PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.DatabaseError as error:
        raise ValueError(
            f"{path} is not a sandbox ({error}); name another file or remove it"
        ) from None


def _check_ours(db: sqlite3.Connection, path: str) -> None:
    # Somebody else's database is to be left exactly as it is.
    db.execute("BEGIN")
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    db.execute("COMMIT")
    if application != _APPLICATION and (application, version, tables) != (0, 0, 0):
        raise ValueError(
            f"{path} is not a sandbox but another program's database; name another file"
        )
    if tables and version != _VERSION:
        raise ValueError(
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
        raise ValueError(words) from None


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

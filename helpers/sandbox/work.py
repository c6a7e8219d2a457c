"""One call's view of the state: what an operation may read and change, its clock, its draws.

An operation gets a Transaction and its request, changes documents through it, and returns or raises
an ApiError. After a refusal everything is undone but the records of the try itself: the counters
behind attempt limits and sign-in locks, and the events that an administrator can list.
"""

import functools
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from .refusal import ApiError
from .source import Source

Doc = dict[str, Any]
_KEPT = {"messages": 10_000, "events": 10_000, "sessions": 10_000}


class NeedsTrigger(Exception):
    """An operation needs a trigger's answer: undo the call, ask, and start it again."""

    def __init__(self, name: str, key: str, event: Doc) -> None:
        super().__init__(key)
        self.name = name
        self.key = key
        self.event = event


class Transaction:
    """What one call sees. now: seconds since 1970. triggers: names that have a callable.

    answers: what triggers have answered so far in this call. endpoint: the URL that was called,
    empty in the process. region: the one that was meant, empty where that is not known. after:
    things to do once the call is committed.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        now: float,
        source: Source,
        settings: Doc,
        triggers: frozenset[str] = frozenset(),
        answers: Doc | None = None,
        endpoint: str = "",
        region: str = "",
    ) -> None:
        self.db = db
        self.now = now
        self.source = source
        self.settings = settings
        self.triggers = triggers
        self.answers = answers or {}
        self.endpoint = endpoint
        self.region = region
        self.after: list[tuple[str, Doc]] = []
        self._tallies: dict[tuple[str, str], Doc] = {}
        self._events: list[tuple[Any, ...]] = []

    # Pools and app clients

    def pool(self, pool_id: str) -> Doc:
        """Return a user pool; ApiError where there is none."""
        found = self._shared("SELECT doc FROM pools WHERE id = ?", pool_id)
        if found is None:
            raise ApiError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
        return found

    def keep_pool(self, pool: Doc) -> None:
        """Store a pool, new or changed."""
        self.db.execute(
            "INSERT INTO pools (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc ="
            " excluded.doc",
            (pool["Id"], json.dumps(pool)),
        )

    def client(self, client_id: str) -> Doc:
        """Return an app client; ApiError where there is none."""
        found = self._shared("SELECT doc FROM clients WHERE id = ?", client_id)
        if found is None:
            raise ApiError(
                "ResourceNotFoundException", f"User pool client {client_id} does not exist."
            )
        return found

    def keep_client(self, client: Doc) -> None:
        """Store an app client, new or changed."""
        self.db.execute(
            "INSERT INTO clients VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET doc ="
            " excluded.doc",
            (client["ClientId"], client["UserPoolId"], json.dumps(client)),
        )

    # Users

    def user(self, pool_id: str, username: str) -> Doc | None:
        """Return the user whose own name this is, exactly."""
        return self._doc(
            "SELECT doc FROM users WHERE pool_id = ? AND username = ?", pool_id, username
        )

    def find(self, pool: Doc, name: str) -> Doc | None:
        """Return the user whom a name in a request means: own name, `sub`, or an active alias."""
        query = (
            "SELECT u.doc FROM names n JOIN users u USING (pool_id, username) WHERE n.pool_id = ?"
            " AND n.name = ?"
        )
        return self._doc(query, pool["Id"], folded(pool, name))

    def owner(self, pool_id: str, name: str) -> str | None:
        """Return the own name of the user who holds a folded name."""
        row = self.db.execute(
            "SELECT username FROM names WHERE pool_id = ? AND name = ?", (pool_id, name)
        ).fetchone()
        return row[0] if row else None

    def keep_user(self, pool: Doc, user: Doc) -> None:
        """Store a user, new or changed; names are left as they are."""
        self.db.execute(
            "INSERT INTO users (pool_id, username, doc) VALUES (?, ?, ?)"
            " ON CONFLICT (pool_id, username) DO UPDATE SET doc = excluded.doc",
            (pool["Id"], user["username"], json.dumps(user)),
        )

    def keep_names(self, pool: Doc, username: str, names: list[tuple[str, str]]) -> None:
        """Make these (name, kind) the ones that a user answers to.

        A name that another user held as alias moves, and the contact of theirs that it is counts as
        verified no longer; one that is another user's own stays theirs.
        """
        self.db.execute(
            "DELETE FROM names WHERE pool_id = ? AND username = ?", (pool["Id"], username)
        )
        for name, kind in names:
            self._unverify_elsewhere(pool, folded(pool, name), username)
            self.db.execute(
                "INSERT INTO names VALUES (?, ?, ?, ?) ON CONFLICT (pool_id, name) DO UPDATE"
                " SET kind = excluded.kind, username = excluded.username WHERE kind = 'alias'",
                (pool["Id"], folded(pool, name), kind, username),
            )

    def drop_user(self, pool: Doc, username: str) -> None:
        """Forget a user, with names, counters and events."""
        for table in ("users", "names", "tallies", "events"):
            self.db.execute(
                f"DELETE FROM {table} WHERE pool_id = ? AND username = ?", (pool["Id"], username)
            )

    def commit(self) -> None:
        """Keep what this call has done so far, whatever the rest of it comes to."""
        self.db.execute("RELEASE call")
        self.db.execute("SAVEPOINT call")

    # Records of a try, which survive its refusal

    def counters(self, pool_id: str, username: str) -> Doc:
        """Return a user's counters, to change in place; they outlive a refusal."""
        key = (pool_id, username)
        if key not in self._tallies:
            found = self._doc("SELECT doc FROM tallies WHERE pool_id = ? AND username = ?", *key)
            self._tallies[key] = found or {}
        return self._tallies[key]

    def keep_records(self) -> None:
        """Store counters and events; the caller does so after a success and after a refusal."""
        for values in self._events:
            self._append(
                "events",
                "INSERT INTO events (pool_id, username, event_id, at, kind, response, challenge,"
                " result) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        for key, doc in self._tallies.items():
            self.db.execute(
                "INSERT OR REPLACE INTO tallies VALUES (?, ?, ?)", (*key, json.dumps(doc))
            )

    # Challenges, mail, events, triggers

    def keep_session(self, doc: Doc) -> str:
        """Keep a challenge; return its Session string."""
        text = self.source.bytes(24).hex() + self.source.bytes(24).hex()
        self._append(
            "sessions", "INSERT INTO sessions (name, doc) VALUES (?, ?)", (text, json.dumps(doc))
        )
        return text

    def take_session(self, text: str) -> Doc | None:
        """Return the challenge of a Session string, once."""
        found = self._doc("SELECT doc FROM sessions WHERE name = ?", text)
        self.db.execute("DELETE FROM sessions WHERE name = ?", (text,))
        return found

    def post(self, message: Doc) -> None:
        """Put a message into the mailbox; the oldest of very many give way."""
        self._append(
            "messages",
            "INSERT INTO messages (username, entered, doc) VALUES (?, ?, ?)",
            (message["username"], message["entered"], json.dumps(message)),
        )

    def note(
        self,
        pool_id: str,
        username: str,
        kind: str,
        response: str,
        challenge: str | None,
        result: str | None,
    ) -> None:
        """Add to what AdminListUserAuthEvents shows of a user, whatever becomes of the call."""
        self._events.append(
            (pool_id, username, self.source.uuid(), self.now, kind, response, challenge, result)
        )

    def trigger(self, name: str, key: str, event: Doc) -> Any:
        """Return a trigger's answer, None where it has no callable.

        key tells two questions of one call apart.
        """
        if name not in self.triggers:
            return None
        if key not in self.answers:
            raise NeedsTrigger(name, key, event)
        answer = self.answers[key]
        if isinstance(answer, ApiError):
            raise answer
        return answer

    def _unverify_elsewhere(self, pool: Doc, name: str, username: str) -> None:
        """Unverify the contact of the user who held this folded name as alias, if another takes
        it.
        """
        row = self.db.execute(
            "SELECT username FROM names"
            " WHERE pool_id = ? AND name = ? AND kind = 'alias' AND username != ?",
            (pool["Id"], name, username),
        ).fetchone()
        holder = self.user(pool["Id"], row[0]) if row else None
        if holder is None:
            return
        for contact in ("email", "phone_number"):
            if folded(pool, holder["attributes"].get(contact, "")) == name:
                holder["attributes"][f"{contact}_verified"] = "false"
        self.keep_user(pool, holder)

    def _append(self, table: str, statement: str, values: tuple[Any, ...]) -> None:
        number = self.db.execute(statement, values).lastrowid or 0
        if number % 100 == 0:
            self.db.execute(f"DELETE FROM {table} WHERE id <= ?", (number - _KEPT[table],))

    def _doc(self, query: str, *values: str) -> Doc | None:
        row = self.db.execute(query, values).fetchone()
        return json.loads(row[0]) if row else None

    def _shared(self, query: str, value: str) -> Doc | None:
        row = self.db.execute(query, (value,)).fetchone()
        return dict(_parsed(row[0])) if row else None


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> Doc:
    # Pools and clients are read by every call and hardly change. Callers get a copy of the
    # outermost level, and replace what they change below it.
    doc: Doc = json.loads(text)
    return doc


def folded(pool: Doc, name: str) -> str:
    """Return a name as this pool compares it; pools are case sensitive unless made otherwise."""
    sensitive = pool.get("UsernameConfiguration", {}).get("CaseSensitive", True)
    return name if sensitive else name.lower()


Operation = Callable[[Transaction, Doc], Doc]

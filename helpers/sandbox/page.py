"""The page for people at /_sandbox/: users, mailbox, requests, clock, faults and settings."""

import functools
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import faults, settings
from .box import Sandbox
from .engine import now_of
from .operations import IMITATED
from .work import Doc

if TYPE_CHECKING:
    from jinja2 import Template

_USERS_SHOWN, _MESSAGES_SHOWN, _REQUESTS_SHOWN = 200, 50, 50
_STEPS = (
    (60, "one minute"),
    (900, "15 minutes (the longest sign-in lock)"),
    (3600, "one hour (a reset code's life)"),
    (86_400, "one day"),
    (604_800, "a week (a temporary password's life)"),
)


def render(sandbox: Sandbox) -> str:
    """Return the page as HTML, with every value escaped."""
    with sandbox.engine.store.transaction() as db:
        meta = sandbox.engine.meta(db)
        shown = {
            "messages": _docs(db, "messages ORDER BY id DESC", _MESSAGES_SHOWN),
            "pools": [_pool(one) for one in _docs(db, "pools ORDER BY id", 100)],
            "clients": [_client(one) for one in _docs(db, "clients ORDER BY pool_id, id", 100)],
            "users": _users(db),
            "total": db.execute("SELECT SUM(users) FROM pools").fetchone()[0] or 0,
            "requests": _requests(db),
        }
    return _template().render(
        **shown,
        file=sandbox.path,
        now=now_of(meta["clock"]),
        steps=_STEPS,
        operations=sorted(IMITATED),
        fault_names=faults.NAMES,
        faults=meta["faults"],
        settings=[_setting(*one) for one in (settings.defaults() | meta["settings"]).items()],
    )


@functools.cache
def _template() -> "Template":
    # Only a person who opens the page needs it.
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    environment.filters["time"] = _time
    return environment.from_string(
        Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    )


def _docs(db: sqlite3.Connection, which: str, most: int) -> list[Doc]:
    rows = db.execute(f"SELECT doc FROM {which} LIMIT {most}").fetchall()
    return [json.loads(doc) for (doc,) in rows]


def _pool(pool: Doc) -> list[str]:
    recovery = pool.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    ways = ", ".join(one["Name"] for one in recovery) or "verified phone, then e-mail"
    return [pool["Id"], pool["Name"], ways, _time(pool["CreationDate"])]


def _client(client: Doc) -> list[str]:
    return [
        client["ClientId"],
        client["ClientName"],
        client["UserPoolId"],
        _yes_or_no("ClientSecret" in client),
        _yes_or_no(client["PreventUserExistenceErrors"] == "ENABLED"),
        ", ".join(client["ExplicitAuthFlows"]),
    ]


def _users(db: sqlite3.Connection) -> list[list[str]]:
    query = "SELECT pool_id, doc FROM users ORDER BY id LIMIT ?"
    return [
        [pool_id, *_user(json.loads(doc))]
        for pool_id, doc in db.execute(query, (_USERS_SHOWN,)).fetchall()
    ]


def _user(user: Doc) -> list[str]:
    held = user["attributes"]
    contacts = [
        f"{held[name]} ({'' if held.get(name + '_verified') == 'true' else 'not '}verified)"
        for name in ("email", "phone_number")
        if held.get(name)
    ]
    enabled = _yes_or_no(user["enabled"])
    return [user["username"], user["status"], enabled, ", ".join(contacts) or "none"]


def _requests(db: sqlite3.Connection) -> list[list[str]]:
    query = (
        "SELECT at, operation, request, status, error, message FROM requests ORDER BY id DESC"
        " LIMIT ?"
    )
    return [
        [_time(at), operation, request, status, f"{error or ''} {message or ''}"]
        for at, operation, request, status, error, message in db.execute(query, (_REQUESTS_SHOWN,))
    ]


def _setting(name: str, value: Any) -> Doc:
    setting = settings.SETTINGS[name]
    choices = (True, False) if isinstance(setting.default, bool) else setting.choices or ()
    return {
        "name": name,
        "words": setting.words,
        "value": _shown(value),
        "choices": [_shown(one) for one in choices],
    }


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

"""The page for people at /_sandbox/: what is in the sandbox, what was sent, what time it is, what
can be set.
"""

import html
import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from . import faults, settings
from .box import Sandbox
from .operations import IMITATED
from .work import Doc

_USERS_SHOWN, _MESSAGES_SHOWN, _REQUESTS_SHOWN = 200, 50, 50
_STEPS = (
    (60, "one minute"),
    (900, "15 minutes (the longest sign-in lock)"),
    (3600, "one hour (a reset code's life)"),
    (86_400, "one day"),
    (604_800, "a week (a temporary password's life)"),
)
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1rem auto; padding: 0 1rem; color: #1b1b1b;
       background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
       border-bottom: 1px solid #ccc; overflow-wrap: break-word; }
form { display: inline; } button, input, select { font: inherit; padding: .2rem .6rem; }
.code { font-size: 1.3rem; font-weight: bold; letter-spacing: .1em; } .quiet { color: #555; }
"""


def render(sandbox: Sandbox) -> str:
    """Return the page as HTML, with every value escaped."""
    with sandbox.engine.store.transaction() as db:
        pools, clients, users, total = _people(db)
        requests = db.execute(
            "SELECT at, operation, request, status, error, message FROM requests ORDER BY id DESC"
            " LIMIT ?",
            (_REQUESTS_SHOWN,),
        ).fetchall()
        messages = _read(db, f"SELECT doc FROM messages ORDER BY id DESC LIMIT {_MESSAGES_SHOWN}")
    where = f"in the file {sandbox.path}" if sandbox.path else "in memory"
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Cognito sandbox</title>",
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head><body>",
        (
            f"<h1>Cognito sandbox</h1><p class='quiet'>It lives {_text(where)}. Nothing here"
            " reaches AWS.</p>"
        ),
        _mailbox(messages),
        _clock(sandbox),
        _table("Users", ["Pool", "Username", "Status", "Enabled", "Contacts"], users),
        f"<p class='quiet'>{len(users)} of {total} users.</p>" if total > len(users) else "",
        _table("Pools", ["Id", "Name", "Recovery", "Made"], pools),
        _table(
            "App clients", ["Id", "Name", "Pool", "Secret", "Hides who exists", "Flows"], clients
        ),
        _requests(requests),
        _faults(sandbox),
        _settings(sandbox),
        "<h2>Fresh start</h2>",
        _form("reset", {}, "Forget everything"),
        "</body></html>",
    ]
    return "\n".join(parts)


def _people(
    db: sqlite3.Connection,
) -> tuple[list[list[str]], list[list[str]], list[list[str]], int]:
    pools = [
        [
            one["Id"],
            one["Name"],
            ", ".join(
                entry["Name"]
                for entry in one.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
            )
            or "verified phone, then e-mail",
            _time(one["CreationDate"]),
        ]
        for one in _read(db, "SELECT doc FROM pools ORDER BY id LIMIT 100")
    ]
    clients = [
        [
            one["ClientId"],
            one["ClientName"],
            one["UserPoolId"],
            "yes" if "ClientSecret" in one else "no",
            "yes" if one["PreventUserExistenceErrors"] == "ENABLED" else "no",
            ", ".join(one["ExplicitAuthFlows"]),
        ]
        for one in _read(db, "SELECT doc FROM clients ORDER BY pool_id, id LIMIT 100")
    ]
    rows = db.execute(
        "SELECT pool_id, doc FROM users ORDER BY id LIMIT ?", (_USERS_SHOWN,)
    ).fetchall()
    users = [[pool_id, *_user(json.loads(doc))] for pool_id, doc in rows]
    return pools, clients, users, int(db.execute("SELECT SUM(users) FROM pools").fetchone()[0] or 0)


def _user(user: Doc) -> list[str]:
    held = user["attributes"]
    contacts = [
        f"{held[name]} ({'' if held.get(name + '_verified') == 'true' else 'not '}verified)"
        for name in ("email", "phone_number")
        if held.get(name)
    ]
    return [
        user["username"],
        user["status"],
        "yes" if user["enabled"] else "no",
        ", ".join(contacts) or "none",
    ]


def _mailbox(messages: list[Doc]) -> str:
    rows = [
        f"<tr><td>{_text(_time(one['sent_at']))}</td><td>{_text(one['destination'])}<br>"
        f"<span class='quiet'>{_text(one['medium'])} for {_text(one['username'])}</span></td>"
        f"<td>{_text(one['subject'] or '')}<br>{_text(one['body'])}</td>"
        f"<td class='code'>{_text(one['code'] or '')}</td></tr>"
        for one in messages
    ]
    return _framed("Mailbox", ["Sent", "To", "Message", "Code"], rows)


def _clock(sandbox: Sandbox) -> str:
    buttons = " ".join(
        _form("clock", {"advance_seconds": seconds}, words) for seconds, words in _STEPS
    )
    now = sandbox.now().strftime("%Y-%m-%d %H:%M:%S")
    return f"<h2>Clock</h2><p>It is <b>{now} UTC</b> here. Move on by: {buttons}</p>"


def _requests(requests: list[tuple[Any, ...]]) -> str:
    rows = [
        [_time(at), operation, request, str(status), f"{error or ''} {message or ''}"]
        for at, operation, request, status, error, message in requests
    ]
    return _table(
        "Last requests", ["At", "Operation", "Request (secrets masked)", "Status", "Answer"], rows
    )


def _faults(sandbox: Sandbox) -> str:
    operations, names = (
        _options(sorted(IMITATED), "ConfirmForgotPassword"),
        _options(faults.NAMES, faults.DROP),
    )
    pending = "; ".join(
        f"{one['times']} of {one['operation']}: {one['fault']}" for one in sandbox.faults()
    )
    planned = f"<p>Planned: {_text(pending)}.</p>" if pending else ""
    return (
        "<h2>Faults</h2><form method='post' action='/_sandbox/faults'>The next <input name='times'"
        " type='number' min='1' value='1' aria-label='times'> of <select name='operation'"
        f" aria-label='operation'>{operations}</select> meet <select name='fault'"
        f" aria-label='fault'>{names}</select> <button>Plan it</button></form>{planned}"
    )


def _settings(sandbox: Sandbox) -> str:
    rows = []
    for name, value in sandbox.settings().items():
        dial = settings.SETTINGS[name]
        choices = (True, False) if isinstance(dial.default, bool) else dial.choices
        shown = _shown(value)
        if choices:
            field = (
                f"<select name='{name}'"
                f" aria-label='{name}'>{_options(map(_shown, choices), shown)}</select>"
            )
        else:
            field = f"<input name='{name}' aria-label='{name}' value='{_text(shown)}'>"
        rows.append(
            f"<tr><td>{name}</td><td>{_text(dial.words)}</td><td><form method='post'"
            f" action='/_sandbox/settings'>{field} <button>Set</button></form></td></tr>"
        )
    return _framed("Settings", ["Name", "Decides", "Value"], rows)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _form(action: str, fields: dict[str, Any], words: str) -> str:
    hidden = "".join(
        f"<input type='hidden' name='{name}' value='{value}'>" for name, value in fields.items()
    )
    return (
        "<form method='post'"
        f" action='/_sandbox/{action}'>{hidden}<button>{_text(words)}</button></form>"
    )


def _options(values: Any, chosen: str) -> str:
    return "".join(
        f"<option{' selected' if one == chosen else ''} value='{_text(one)}'>{_text(one)}</option>"
        for one in values
    )


def _table(title: str, heads: list[str], rows: list[list[str]]) -> str:
    cells = ["".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows]
    return _framed(title, heads, [f"<tr>{row}</tr>" for row in cells])


def _framed(title: str, heads: list[str], rows: list[str]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p class='quiet'>Nothing yet.</p>"
    head = "".join(f"<th scope='col'>{one}</th>" for one in heads)
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _read(db: sqlite3.Connection, query: str) -> list[Doc]:
    return [json.loads(doc) for (doc,) in db.execute(query).fetchall()]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)

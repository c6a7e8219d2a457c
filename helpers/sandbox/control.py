"""Answers what is beside the API: the controls, and the page for people."""

import json
import os
import urllib.parse
from collections.abc import Callable
from typing import Any

from . import hooks, page, wire
from .box import Sandbox
from .protocol import Request
from .settings import SETTINGS
from .store import SandboxError
from .work import Doc

_JSON = "application/json"


def is_control(path: str) -> bool:
    """Whether a path leads here, rather than to the API."""
    return path == "/_sandbox" or path.startswith("/_sandbox/")


def answer(sandbox: Sandbox, request: Request) -> wire.Answer:
    """Answer one request below /_sandbox/."""
    method = "GET" if request.method == "HEAD" else request.method
    try:
        if (method, request.path) in (("GET", "/_sandbox"), ("GET", "/_sandbox/")):
            return _page(sandbox)
        return _control(sandbox, request, method)
    except SandboxError as error:
        return _plain(503, {"error": f"{error}."})
    except (ValueError, TypeError, RecursionError) as error:
        return _plain(400, {"error": str(error)[:500]})


def _control(sandbox: Sandbox, request: Request, method: str) -> wire.Answer:
    name = request.path.removeprefix("/_sandbox/")
    verbs = sorted(verb for verb, one in _ACTIONS if one == name)
    if not verbs:
        places = sorted(f"{verb} /_sandbox/{one}" for verb, one in _ACTIONS)
        return _plain(404, {"error": f"nothing is at {request.path[:100]}", "known": places})
    if method not in verbs:
        return _plain(405, {"error": f"{name} takes {', '.join(verbs)}"})
    from_page = _is_form(request)
    if from_page:
        given = _fields(request.body)
    else:
        given = json.loads(request.body.decode().strip() or "{}")
    if method == "GET" and not given:
        given = dict(urllib.parse.parse_qsl(request.target.partition("?")[2]))
    if not isinstance(given, dict):
        return _plain(400, {"error": "the body is a JSON object"})
    found = _ACTIONS[method, name](sandbox, given)
    if from_page:
        return wire.Answer(303, b"", {"Location": "/_sandbox/", "Content-Length": "0"})
    return _plain(200, found)


def _is_form(request: Request) -> bool:
    # curl and urllib call anything they post a form; a JSON object gives itself away.
    kind = request.headers.get("content-type", "")
    return kind.startswith("application/x-www-form-urlencoded") and (
        request.body.lstrip()[:1] not in (b"", b"{", b"[")
    )


def _plain(status: int, content: Any) -> wire.Answer:
    body = json.dumps(content).encode()
    headers = {"Content-Type": _JSON, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    return wire.Answer(status, body, headers)


def _page(sandbox: Sandbox) -> wire.Answer:
    body = page.render(sandbox).encode("utf-8", "replace")
    return wire.Answer(
        200,
        body,
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
            ),
            "X-Frame-Options": "DENY",
        },
    )


def _fields(body: bytes) -> Doc:
    # What a form of the page sends: a value is JSON where it reads as such, and text where it does
    # not or must be.
    given: Doc = {}
    for name, value in urllib.parse.parse_qsl(body.decode(), keep_blank_values=True):
        words = name in SETTINGS and isinstance(SETTINGS[name].default, str)
        try:
            given[name] = value if words else json.loads(value)
        except ValueError:
            given[name] = value
    return given


def _health(sandbox: Sandbox, given: Doc) -> Any:
    # Anyone who asks for its health wants to know now, also while a call waits for the file.
    now = sandbox.now(patience=0.2)
    return {"status": "ok", "now": now.isoformat(), "file": sandbox.path, "pid": os.getpid()}


def _mailbox(sandbox: Sandbox, given: Doc) -> Any:
    return sandbox.mailbox(**_only(given, optional=True, username="username"))


def _standing(sandbox: Sandbox, given: Doc) -> Any:
    whom = {name: value for name, value in given.items() if name != "pool_id"}
    return sandbox.standing(
        **_only(whom, username="username"), pool_id=str(given.get("pool_id", ""))
    )


def _clock(sandbox: Sandbox, given: Doc) -> Any:
    return {"now": sandbox.advance(**_only(given, advance_seconds="seconds")).isoformat()}


def _now(sandbox: Sandbox, given: Doc) -> Any:
    return {"now": sandbox.now().isoformat()}


def _faults(sandbox: Sandbox, given: Doc) -> Any:
    sandbox.fault(**_only(given, operation="operation", fault="fault", times="times"))
    return {}


def _counts(sandbox: Sandbox, given: Doc) -> Any:
    return sandbox.counts()


def _settings(sandbox: Sandbox, given: Doc) -> Any:
    return sandbox.settings(**given)


def _triggers(sandbox: Sandbox, given: Doc) -> Any:
    if given:
        wanted = _only(given, trigger="trigger", url="url")
        url = wanted["url"]
        if not isinstance(url, str | None):
            raise TypeError("url is a text, or null to remove the trigger")
        sandbox.on(str(wanted["trigger"]), None if url is None else hooks.Hook(url))
    return hooks.registered(sandbox.engine.callables)


def _reset(sandbox: Sandbox, given: Doc) -> Any:
    sandbox.reset()
    return {}


def _only(given: Doc, *, optional: bool = False, **names: str) -> Doc:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(names)}")
    missing = [name for name in names if name not in given and name != "times"]
    if missing and not optional:
        raise ValueError(f"missing: {', '.join(missing)}")
    if not isinstance(given.get("username", ""), str):
        raise TypeError("username is a text")
    return {names[name]: value for name, value in given.items()}


_ACTIONS: dict[tuple[str, str], Callable[[Sandbox, Doc], Any]] = {
    ("GET", "health"): _health,
    ("GET", "mailbox"): _mailbox,
    ("GET", "standing"): _standing,
    ("GET", "clock"): _now,
    ("POST", "clock"): _clock,
    ("GET", "faults"): _counts,
    ("POST", "faults"): _faults,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _settings,
    ("GET", "triggers"): _triggers,
    ("POST", "triggers"): _triggers,
    ("POST", "reset"): _reset,
}

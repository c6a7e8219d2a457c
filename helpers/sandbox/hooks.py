"""Triggers that are elsewhere on this machine: a loopback URL that is sent the event.

Any language can answer one, and so can AWS's own runtime interface emulator, whose failures are an
object with `errorMessage`.
"""

import ipaddress
import json
import urllib.parse
from typing import Any

from .triggers import Trigger
from .work import Doc

_PATIENCE = 5.0
_MOST = 6 * 1024 * 1024
"""Seconds and bytes that Lambda allows a trigger."""


class Hook:
    """A trigger at a URL of this machine; ValueError for any other URL.

    Called with an event it returns what the answer's JSON is. It raises TimeoutError after five
    seconds, and RuntimeError with the failure's text where the answer is one.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            parts = urllib.parse.urlsplit(url)
            self._at = (parts.hostname or "", parts.port or 80)
        except ValueError:
            raise ValueError(f"{url[:200]!r} is no URL") from None
        if parts.scheme != "http" or not _is_here(self._at[0]):
            raise ValueError("a trigger's URL begins with http:// and is on this machine")
        self._path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"

    def __call__(self, event: Doc) -> Any:
        # Few start a sandbox to have one of these.
        import http.client

        connection = http.client.HTTPConnection(*self._at, timeout=_PATIENCE)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", self._path, json.dumps(event).encode(), headers)
            answer = connection.getresponse()
            text = answer.read(_MOST + 1).decode("utf-8", "replace")
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise RuntimeError(f"{self.url} does not answer: {type(error).__name__}") from None
        finally:
            connection.close()
        return _said(answer.status, text)


def registered(callables: dict[str, Trigger]) -> Doc:
    """Return each trigger's URL, or that it is a Python function."""
    return {
        name: one.url if isinstance(one, Hook) else "a Python function"
        for name, one in sorted(callables.items())
    }


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(status: int, text: str) -> Any:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    failure = said.get("errorMessage") if isinstance(said, dict) else None
    if status != 200 or failure is not None:
        raise RuntimeError(str(failure if failure is not None else text)[:1000])
    return said

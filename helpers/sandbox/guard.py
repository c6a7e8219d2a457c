"""Who may call the HTTP door: loopback names and no other site, and whom else it was told of.

A web page anywhere can make a browser send requests to loopback; its Origin, or the Host it was
made to believe in, gives it away. AWS answers every site (Access-Control-Allow-Origin: *), which a
mailbox with codes in it must not.
"""

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .protocol import Request

_ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9._-]+")
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,4096}")
# As on AWS, where captured answers have it.
_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"


@dataclass(frozen=True)
class Guard:
    """What a door lets in. Make it with guard().

    origins: other sites whose pages may call the API, and never what is below /_sandbox/. hosts:
    names by which the door may be called, beside those of loopback, in lower case.
    """

    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def refusal(self, request: Request, *, api: bool) -> str | None:
        """Return why a request is refused, None where it is not. api: it is not for a control."""
        host = request.headers.get("host")
        if host is None or not self._knows(host):
            return (
                "The sandbox answers to loopback names only, and to those of --allow-host."
                if self.hosts
                else "The sandbox answers to loopback names only."
            )
        origin = request.headers.get("origin")
        if api and origin in self.origins:
            return None
        if origin is not None and origin.partition("://")[2] != host:
            return "The sandbox answers no other site."
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "The sandbox answers no other site."
        return None

    def headers(self, request: Request) -> dict[str, str]:
        """Return what an answer to another site's page has to carry for its browser."""
        origin = request.headers.get("origin")
        if origin not in self.origins:
            return {}
        found = {
            "Access-Control-Allow-Origin": str(origin),
            "Access-Control-Expose-Headers": _EXPOSED,
            "Vary": "Origin",
        }
        if request.method == "OPTIONS":
            wanted = request.headers.get("access-control-request-headers", "")
            found |= {
                "Access-Control-Allow-Methods": "GET,POST",
                "Access-Control-Allow-Headers": wanted if _HEADER_NAMES.fullmatch(wanted) else "",
                "Access-Control-Max-Age": "172800",
            }
        return found

    def _knows(self, host: str) -> bool:
        name = _name_in(host)
        return is_loopback(name) or name in self.hosts


def guard(allow_origins: Iterable[str] = (), allow_hosts: Iterable[str] = ()) -> Guard:
    """Return a Guard. ValueError, with all that is wrong, for what is no exact origin or name."""
    origins = [one.strip() for one in allow_origins]
    hosts = [one.strip().lower() for one in allow_hosts]
    problems = [
        f"--allow-origin {one!r} is not an exact origin, such as http://localhost:3000"
        for one in origins
        if not _ORIGIN.fullmatch(one)
    ]
    problems += [
        f"--allow-host {one!r} is not the name of a host, such as cognito (without a port)"
        for one in hosts
        if not _HOST.fullmatch(one)
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return Guard(frozenset(origins), frozenset(one.strip("[]") for one in hosts))


def is_loopback(name: str) -> bool:
    """Whether this name or address, without a port, can only mean this machine."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


@functools.lru_cache(maxsize=64)
def _name_in(host: str) -> str:
    """Return the name in a Host header, in lower case; empty where there is none."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::\d*)?", host)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""

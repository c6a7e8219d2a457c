"""The user's side of a run in practice: what the sandbox shows of the user on the phone."""

from typing import Any

from helpers.run.base import Runbook
from helpers.run.parameters import PRACTICE_CLIENT, PRACTICE_POOL
from helpers.target import TargetError

_READ = ("sender", "destination", "subject", "body", "live")


def users_side(run: Runbook[Any], *, kind: str, username: str) -> dict[str, Any]:
    """Return the user's status, the sandbox's time and the newest message, for a form to show.

    kind: what is asked for first: `request` a code as the user, let an `hour` pass, or nothing.
    """
    assert run.parameters is not None
    if not username:
        return {"mail": None, "note": ""}
    target, pool, note = run.parameters.to_target(), _pool(run.parameters), ""
    try:
        if kind == "request" and run.requests_codes:
            requested = run.practice(username)
            note = " ".join([requested.title, *(text for _, text in requested.rows)])
        elif kind == "hour":
            target.advance(3600)
            note = "An hour has passed, for everybody in this sandbox."
        messages, stands = target.mailbox(username), target.standing(username, pool)
    except TargetError as exc:
        return {"mail": None, "note": str(exc)}
    messages = [each for each in messages if pool in ("", each["pool_id"])]
    newest = {name: messages[-1][name] for name in _READ} if messages else None
    if newest:
        newest["sent_at"] = f"{messages[-1]['sent_at'][11:16]} UTC"
    return {
        "mail": newest,
        "note": note,
        "user": stands["user"],
        "clock": f"{stands['now'][11:16]} UTC",
    }


def _pool(p: Any) -> str:
    """Return the user pool that a run is about; "" where its parameters do not say."""
    client = getattr(p, "client_id", "")
    if p.user_pool_id or client not in ("", PRACTICE_CLIENT) or not p.to_target().embedded:
        return str(p.user_pool_id)
    return PRACTICE_POOL

"""Which runbook goes on from a run, with what the run knows of its parameters."""

from helpers.run.entry import RUNBOOKS
from helpers.run.parameters import PRACTICE_POOL, Parameters
from helpers.run.record import NextRunbook

_ALWAYS = ("username", "user_pool_id", "client_id")
"""What the next runbook is told even where it is the default: these say whom it is about."""
_ASKED_AGAIN = ("confirm_username", "contact_said", "settled", "interactive")
"""What somebody has to say for each runbook on its own."""


def follow(name: str, parameters: Parameters | None, more: dict[str, str]) -> NextRunbook:
    """Name the runbook that goes on from here.

    Secrets and the gate are left to whoever runs it, and what a named pool knows to the pool.
    parameters: of the run. more: what it has found out.
    """
    schema = RUNBOOKS[name].parameters
    pool = parameters.pool if parameters else ""
    by_pool = {**schema.filled_in({"pool": pool}), "pool": ""}
    known = {**(parameters.model_dump() if parameters else {}), **more}
    left = (*schema.SECRETS, *_ASKED_AGAIN)
    given = {
        field: known[field]
        for field, about in schema.model_fields.items()
        if known.get(field)
        and field not in left
        and (known[field] != about.default or field in _ALWAYS)
        and known[field] != by_pool.get(field)
    }
    # A default that is the sandbox's must not slip in where somebody else is meant: what is not
    # known is left open, unless the pool knows it.
    practice = parameters is None or (
        parameters.to_target().may_be_sandbox
        and known.get("user_pool_id") in (None, "", PRACTICE_POOL)
    )
    given |= {
        field: ""
        for field in _ALWAYS
        if field in schema.model_fields
        and field not in given
        and (field == "username" or not (practice or by_pool.get(field)))
    }
    return NextRunbook(name=name, parameters=given)

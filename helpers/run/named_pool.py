"""What a named pool fills in of a run's parameters, and what contradicts it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from helpers.cognito.errors import Problem
from helpers.target.pools import PRACTICE, Pool, PoolClient
from helpers.target.pools_file import PoolsError, pool_named, pools

_PRACTICE_CLIENT = PRACTICE.clients["practice"].client_id
_PRACTICE = {
    "target": PRACTICE.target,
    "region": PRACTICE.region,
    "user_pool_id": PRACTICE.user_pool_id,
    "client_id": _PRACTICE_CLIENT,
}
FILLED_IN = ("target", "region", "profile", "user_pool_id", "client_id", "client_secret")
"""The parameters that a named pool fills in."""


@dataclass(frozen=True)
class FilledIn:
    """Parameters with what their pool fills in. pool: None where none is named, or none is known
    by that name.
    """

    values: dict[str, Any]
    pool: Pool | None = None
    problems: tuple[Problem, ...] = ()


def fill_in(
    fields: Mapping[str, FieldInfo], values: Mapping[str, Any], given: Collection[str] = ()
) -> FilledIn:
    """Fill in what a named pool knows and `values` leaves out, and find what contradicts it.

    fields: of the runbook's parameters. given: the names of those that somebody has given, where
    that is known; of the others, a practice value counts as left out, since a notebook's parameters
    cell holds one for each.
    """
    name = values.get("pool", "")
    if not isinstance(name, str) or not name:
        return FilledIn(dict(values))
    try:
        pool = pool_named(name)
    except PoolsError as exc:
        return FilledIn(dict(values), None, (Problem("pool", str(exc)),))
    said = {
        field: values[field]
        for field in FILLED_IN
        if field in fields and not _left_out(field, fields[field], values, given)
    }
    client = pool.client(str(said["client_id"])) if "client_id" in said else pool.default_client
    problems = list(_contradictions(pool, said, client))
    known = _known(pool, client)
    if pool.is_practice:
        # What a runbook practises on may be another pool of the sandbox.
        known |= {
            field: fields[field].default or known[field] for field in known.keys() & fields.keys()
        }
    if client and "client_id" in said:
        said["client_id"] = client.client_id  # it may have been named
    filled = {field: known[field] for field in FILLED_IN if field in fields}
    return FilledIn({**values, **filled, **said}, pool, tuple(problems))


def pinned(fields: Mapping[str, FieldInfo], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with what their pool is now, so that they are refused if it is changed.

    The reference to a secret is left to the pool: it may move, and in the sandbox it may hold one.
    """
    filled = fill_in(fields, values)
    if filled.pool is None:
        return dict(values)
    left = {"client_secret"} - values.keys()
    return {name: value for name, value in filled.values.items() if name not in left}


def pool_choices() -> list[Pool]:
    """Return the pools that a person may choose from: the practice pool alone, where the file of
    pools cannot be used.
    """
    try:
        return list(pools().values())
    except PoolsError:
        return [PRACTICE]


def bare_pool(values: Mapping[str, str]) -> Pool:
    """Return the pool of a run that names none: what its parameters say, and nothing is asked."""
    client = PoolClient.model_construct(
        client_id=values.get("client_id", ""), client_secret=values.get("client_secret", "")
    )
    return Pool.model_construct(
        name="",
        target=values["target"],
        region=values["region"],
        profile=values["profile"],
        user_pool_id=values["user_pool_id"],
        clients={"client": client} if client.client_id else {},
    )


def _left_out(
    field: str, about: FieldInfo, values: Mapping[str, Any], given: Collection[str]
) -> bool:
    value = values.get(field, about.default)
    if value == "":
        # In some runbooks an empty client id has a meaning: no proof, by no sign-in.
        return not (field == "client_id" and about.default and _may_be_empty(about))
    return field not in given and value in (about.default, _PRACTICE.get(field))


def _may_be_empty(about: FieldInfo) -> bool:
    patterns = [each.pattern for each in about.metadata if getattr(each, "pattern", None)]
    return all(re.search(pattern, "") for pattern in patterns)


def _known(pool: Pool, client: PoolClient | None) -> dict[str, str]:
    return {
        "target": pool.target,
        "region": pool.region,
        "profile": pool.profile,
        "user_pool_id": pool.user_pool_id,
        "client_id": client.client_id if client else "",
        "client_secret": client.client_secret if client else "",
    }


def _contradictions(
    pool: Pool, said: Mapping[str, Any], client: PoolClient | None
) -> Iterator[Problem]:
    for field in ("target", "region", "profile", "user_pool_id"):
        theirs = getattr(pool, field)
        # The sandbox has any pool that somebody has made in it.
        free = pool.is_practice and field in ("region", "user_pool_id")
        if field in said and theirs and said[field] != theirs and not free:
            yield Problem(field, f"is {said[field]}, but the pool {pool.name} is {theirs}.")
    if said.get("client_id") and client is None and pool.clients and not pool.is_practice:
        theirs = ", ".join(f"{name} ({c.client_id})" for name, c in pool.clients.items())
        words = f"is {said['client_id']}, but the pool {pool.name} has {theirs}."
        yield Problem("client_id", words)

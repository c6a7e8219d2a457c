"""The file pools.toml: where it is, and what is in it, with every problem at once."""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from helpers.secrets.redaction import register
from helpers.secrets.references import scheme_of
from helpers.target.pools import (
    NAME,
    NAME_WORDS,
    PRACTICE,
    PRACTICE_NAME,
    Asks,
    Pool,
    PoolClient,
)

POOLS = "COGNITO_RESET_POOLS"
"""The environment variable that names the file."""
FILE = "pools.toml"
LARGEST = 1024 * 1024
"""Bytes of a file of pools."""


class PoolsError(Exception):
    """The file of pools cannot be used, or has no such pool.

    path: of the file. problems: each in one sentence, by pool and key.
    """

    def __init__(self, path: object, *problems: str) -> None:
        super().__init__(" ".join((f"{path}:", *problems)) if path else " ".join(problems))
        self.path = str(path)
        self.problems = problems


@dataclass(frozen=True)
class PoolsFile:
    """What a file of pools holds, the practice pool first.

    path: None where there is no file. warnings: what is no fault but should be put right.
    """

    path: Path | None
    pools: Mapping[str, Pool]
    warnings: tuple[str, ...] = ()

    def named(self, name: str) -> Pool:
        """Return the pool of this name. Raises PoolsError with the names there are."""
        if name in self.pools:
            return self.pools[name]
        close = get_close_matches(name, self.pools, n=1)
        where = f" in {self.path}" if self.path else f", and no {FILE} to name others"
        raise PoolsError(
            "",
            f"is no pool's name. There {'is' if len(self.pools) == 1 else 'are'}"
            f" {', '.join(self.pools)}{where}." + (f" Did you mean {close[0]}?" if close else ""),
        )


def pools() -> Mapping[str, Pool]:
    """Return every pool by its name: `practice`, and those of the file. Raises PoolsError."""
    return load().pools


def pool_named(name: str) -> Pool:
    """Return a pool by its name; `practice` whatever the file is like. Raises PoolsError."""
    return PRACTICE if name == PRACTICE_NAME else load().named(name)


def path_of_file() -> Path | None:
    """Return the file that COGNITO_RESET_POOLS names, else the one in the working folder, else the
    one in the user's configuration folder; None where there is none.
    """
    named = os.environ.get(POOLS, "")
    if named:
        return Path(os.path.expanduser(named))
    return next((path for path in _places() if os.path.lexists(path)), None)


def _places() -> Iterator[Path]:
    yield Path(FILE)
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    yield Path(folder, "cognito-reset", FILE)


def load() -> PoolsFile:
    """Return what the file holds, read again when it has changed.

    Raises PoolsError with every problem, by pool and key.
    """
    path = path_of_file()
    if path is None:
        return PoolsFile(None, MappingProxyType({PRACTICE_NAME: PRACTICE}))
    try:
        status = path.stat()
    except OSError as exc:
        raise PoolsError(path, f"cannot be read: {exc.strerror}.") from None
    if not stat.S_ISREG(status.st_mode):
        what = "folder" if stat.S_ISDIR(status.st_mode) else "pipe or a device"
        raise PoolsError(path, f"is a {what}, not a file.")
    return _load(path.absolute(), status.st_mtime_ns, status.st_size, status.st_mode, status.st_uid)


@lru_cache(maxsize=4)
def _load(path: Path, _changed_at: int, size: int, mode: int, owner: int) -> PoolsFile:
    """Read a file. Once for each state of it: a campaign asks for every row."""
    if size > LARGEST:
        raise PoolsError(path, f"has more than {LARGEST:,} bytes: it is no file of pools.")
    found, problems = _read(path)
    if problems:
        raise PoolsError(path, *problems)
    return PoolsFile(path, MappingProxyType(found), tuple(_warnings(path, mode, owner)))


def _warnings(path: Path, mode: int, owner: int) -> Iterator[str]:
    if os.name != "posix":
        return
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield f"Others may write to {path}, and so send codes elsewhere: run chmod go-w on it."
    if owner not in (0, os.getuid()):
        yield f"{path} belongs to somebody else, who may send codes elsewhere."


def _read(path: Path) -> tuple[dict[str, Pool], list[str]]:
    """Return the pools of a file and every problem with it. Raises nothing: the frames of an error
    would hold what stands in the file, and that may be a secret.
    """
    tables = _tables(path)
    if isinstance(tables, str):
        return {}, [tables]
    problems: list[str] = []
    found = {PRACTICE_NAME: PRACTICE}
    by_case = {PRACTICE_NAME: PRACTICE_NAME}
    for name, table in tables.items():
        shown = _shown(name)
        twin = by_case.setdefault(name.casefold(), name)
        if twin == PRACTICE_NAME:
            problems.append(f"{shown}: is the sandbox, which is always there; take another name.")
        elif twin != name:
            problems.append(f"{shown}: is {twin} but for upper and lower case; take another name.")
        elif not re.fullmatch(NAME, name):
            problems.append(f"{shown}: must be {NAME_WORDS}.")
        if not isinstance(table, dict):
            problems.append(f"{shown}: must be a table, written [{shown}].")
            continue
        _hide_given_by_value(table)
        if "name" in table:
            problems.append(f"{shown}.name: is not needed; the name stands in the heading.")
            table = {key: value for key, value in table.items() if key != "name"}
        try:
            found[name] = Pool(**{**table, "name": "any"}).model_copy(update={"name": name})
        except ValidationError as exc:
            errors = exc.errors(include_url=False, include_input=False)
            problems += [f"{shown}.{problem}" for problem in map(_problem, errors)]
    return found, problems


def _tables(path: Path) -> dict[str, Any] | str:
    """Return what a file holds, or what is wrong with it as a whole."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        return f"cannot be read: {exc.strerror}."
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        return f"line {line} holds a byte that is no UTF-8."
    except (ValueError, RecursionError) as exc:
        # Its words may quote what stands there.
        place = re.search(r"line \d+, column \d+", str(exc))
        twice = "names something twice" if "Cannot" in str(exc) else "is no TOML"
        return f"{twice}{f' ({place.group()})' if place else ''}."


def _hide_given_by_value(table: dict[str, Any]) -> None:
    """Hide what was given in place of a reference: it is refused, and is a secret."""
    clients = table.get("clients")
    for client in clients.values() if isinstance(clients, dict) else ():
        given = client.get("client_secret") if isinstance(client, dict) else None
        if isinstance(given, str) and given and scheme_of(given) in ("", "literal"):
            register(given.removeprefix("literal:"))


_KINDS = {
    "string_type": "must be a text, in quotes.",
    "bool_type": "must be true or false, without quotes.",
    "dict_type": "must be a table.",
    "model_type": "must be a table.",
    "model_attributes_type": "must be a table.",
    "missing": "is missing.",
}
_WORDS = {
    "user_pool_id": "must be a user pool's id such as us-east-1_AbCdEfGhI.",
    "client_id": "must be the app client's id: 1 to 128 letters, digits, + or _.",
}


def _problem(error: Any) -> str:
    """Return a problem with a table, by its key; never with the value that stands there."""
    keys = [str(key) for key in error["loc"]]
    where = ".".join(map(_shown, keys))
    kind = str(error["type"])
    if kind == "extra_forbidden":
        table = Pool if len(keys) == 1 else Asks if len(keys) == 2 else PoolClient
        known = set(table.model_fields) - {"name"}
        close = get_close_matches(keys[-1], known, n=1)
        return f"{where}: is no key of a pool." + (f" Did you mean {close[0]}?" if close else "")
    if kind == "value_error":
        return f"{where}: {str(error['ctx']['error']).rstrip('.')}."
    if kind == "string_too_long":
        return f"{where}: has more than {error['ctx']['max_length']} characters."
    return f"{where}: {_KINDS.get(kind) or _WORDS.get(keys[-1]) or error['msg']}"


def _shown(name: str) -> str:
    text = name if name.isprintable() else name.encode("unicode_escape").decode()
    return text if len(text) <= 64 else f"{text[:64]}..."

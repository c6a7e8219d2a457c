"""A table of parameter sets: read once, and checked as a whole before anything runs.

It is held in memory from then on, so that what runs is what was checked, whatever becomes of the
file meanwhile.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entry import RunbookEntry
from helpers.run.named_pool import fill_in, pinned
from helpers.run.names import tidied

MOST_PROBLEMS = 50
LARGEST = 64 * 1024 * 1024
"""Bytes of a table: several hundred thousand rows."""
_SIGNATURES = {
    b"PK\x03\x04": "is a workbook or an archive (.xlsx, .ods, .zip)",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook (.xls)",
    b"\x1f\x8b": "is compressed (gzip)",
    b"\xff\xfe": "is in UTF-16",
    b"\xfe\xff": "is in UTF-16",
}
_AS_CSV = "save it as CSV in UTF-8, and name that file"


def read_table(
    entry: RunbookEntry, table: Path, shared: Mapping[str, str]
) -> list[tuple[int, dict[str, Any]]]:
    """Return (line, parameters) for each row, the shared parameters included, every row good.

    shared: parameters that every row has, unless it says otherwise. Raises BadParameters with the
    problems of all rows; what is wrong with a shared pool is told once. A row that names a pool
    comes back with what the pool is now, so that it never runs on another.
    """
    if unfit := fill_in(entry.parameters.model_fields, tidied(shared), shared.keys()).problems:
        raise BadParameters(unfit)
    rows = [(number, {**shared, **values}) for number, values in rows_of(table, entry)]
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, values in rows:
        found = entry.parameters.read(values, person=False, given=values.keys())[1]
        if not found and (first := seen.setdefault(_who(entry, values, number), number)) != number:
            found = [
                Problem("username", f"is that of line {first} too: give each user one row only.")
            ]
        problems += [Problem(f"line {number}: {one.field}", one.words) for one in found]
        if len(problems) >= MOST_PROBLEMS:
            more = Problem("the table", "has more problems; these come first.")
            problems = [*problems[:MOST_PROBLEMS], more]
            break
    if not rows:
        problems = [Problem("the table", "has no rows.")]
    if problems:
        raise BadParameters(problems)
    return [(number, pinned(entry.parameters.model_fields, values)) for number, values in rows]


def rows_of(table: Path, entry: RunbookEntry) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, parameters) from a CSV file with a heading, or from a file with one JSON object
    a line (.jsonl).

    Every value of a CSV file is text, and an empty one means the default. Raises BadParameters for
    what is no table.
    """
    text = _text_of(table)
    as_json = table.suffix.lower() in (".jsonl", ".ndjson")
    return (
        _rows_of_json(text) if as_json else _rows_of_csv(text, set(entry.parameters.model_fields))
    )


def _text_of(table: Path) -> str:
    try:
        with table.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as exc:
        raise _bad("the table", f"cannot be read: {exc.strerror}.") from None
    if len(data) > LARGEST:
        raise _bad("the table", f"has more than {LARGEST:,} bytes: split it.")
    for signature, words in _SIGNATURES.items():
        if data.startswith(signature):
            raise _bad("the table", f"{words}: {_AS_CSV}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise _bad(f"line {line}", f"holds a byte that is no UTF-8: {_AS_CSV}.") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _bad(f"line {line}", f"holds a null character, so this is no text: {_AS_CSV}.")
    return text


def _rows_of_json(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, object_pairs_hook=_members)
        except _TwiceError as exc:
            raise _bad(f"line {number}", f"names {exc} twice.") from None
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise _bad(f"line {number}", "is no JSON object.")
        yield number, values


class _TwiceError(Exception):
    """A name that is there twice."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _TwiceError(_twice([name for name, _ in pairs]))
    return members


def _twice(names: list[str]) -> str:
    return next(name for place, name in enumerate(names) if name in names[:place])


def _rows_of_csv(text: str, known: set[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next((cells for cells in reader if cells), [])]
        if not all(names):
            raise _bad("the heading", "has a column without a name.")
        if len(set(names)) < len(names):
            raise _bad("the heading", f"names {_twice(names)} twice.")
        if names and known.isdisjoint(names):
            # Not repeated: without a heading, the first row may hold anything.
            raise _bad(
                "the heading", "names no parameter of this runbook: give each column a name."
            )
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                raise _bad(f"line {reader.line_num}", "has not as many columns as the heading.")
            yield (
                reader.line_num,
                {n: _unguarded(cell) for n, cell in zip(names, cells, strict=True) if cell},
            )
    except csv.Error as exc:
        raise _bad(f"line {reader.line_num}", f"cannot be read as CSV ({exc}).") from None


def guarded(text: str) -> str:
    """Return a cell that a spreadsheet takes for text: no formula, and no number that loses zeros
    or a plus sign. Reading a table takes the apostrophe off again.
    """
    number = text.isdigit() and (text.startswith("0") or len(text) > 15)
    return f"'{text}" if number or text[:1] in tuple("=+-@\t\r'") else text


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def _who(entry: RunbookEntry, values: Mapping[str, Any], number: int) -> tuple[str, ...]:
    """Return who a row is about, as far as a table tells; the row itself where it is about nobody.

    Most user pools take upper and lower case for one.
    """
    fields = entry.parameters.model_fields
    filled = entry.parameters.filled_in(values)
    given = tidied({name: str(filled.get(name, about.default)) for name, about in fields.items()})
    if not given.get("username"):
        return (str(number),)
    pool = given["user_pool_id"] or given.get("client_id", "")
    return (given["target"], given["region"], pool, given["username"].casefold())


def _bad(where: str, words: str) -> BadParameters:
    return BadParameters([Problem(where, words)])

"""A campaign's results as tables: one row a user, and one table for each runbook that comes next.

A spreadsheet that opens them runs nothing, whatever a user is called, and keeps plus signs and
leading zeros; a table that it has saved is read again by helpers.campaign.table.
"""

import csv
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import SETTLED, UNKNOWN, WAITING, Row
from helpers.campaign.table import guarded
from helpers.run.entry import RunbookEntry
from helpers.run.masking import username_masker

_COLUMNS = (
    "line",
    "username",
    "outcome",
    "state",
    "exit_code",
    "ended_at",
    "request_ids",
    "run",
    "meaning",
    "next_runbook",
    "next_command",
)


def write_report(
    ledger: Ledger, campaign: str, entry: RunbookEntry, folder: Path, *, username_as: str, key: Path
) -> list[Path]:
    """Write results.csv, and NEXT-RUNBOOK.csv for each runbook that comes next; return the paths.

    The tables by next runbook hold usernames in clear, since they are what is run next; results.csv
    keeps them as username_as says. key: the folder of runs, whose key a hash is made with.
    """
    rows = list(ledger.rows(campaign))

    def masked(row: Row) -> Callable[[str], str]:
        return username_masker(entry, row.parameters, username_as, key)

    paths = [folder / "results.csv"]
    _write(paths[0], _COLUMNS, (_line(row, masked(row)) for row in rows))
    return [*paths, *(write_next(folder, name, these) for name, these in following(rows).items())]


def following(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows that were not confirmed, by the runbook that helps their user next."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        name = str(row.report.get("next_runbook") or row.plan.get("next_runbook") or "")
        if name and row.outcome != "confirmed":
            found.setdefault(name, []).append(row)
    return dict(sorted(found.items()))


def write_next(folder: Path, name: str, rows: Iterable[Row]) -> Path:
    """Write the table of users whom a runbook helps next, in clear; return its path."""
    path = folder / f"{name}.csv"
    _write(path, ("username", "user_pool_id"), (_who(row) for row in rows))
    return path


def _line(row: Row, mask: Callable[[str], str]) -> Mapping[str, str]:
    username = str(row.parameters.get("username", ""))
    ended = datetime.fromtimestamp(row.ended_at, UTC).isoformat() if row.ended_at else ""
    return {
        "line": str(row.number),
        "username": mask(username),
        "outcome": row.outcome or ("not_sent" if row.state == WAITING else ""),
        "state": row.state,
        "exit_code": "" if row.state in (WAITING, SETTLED, UNKNOWN) else str(row.exit_code),
        "ended_at": ended,
        "request_ids": " ".join(row.report.get("request_ids", ())),
        "run": row.run,
        "meaning": mask(str(row.report.get("meaning") or row.plan.get("verdict") or "")),
        "next_runbook": str(row.report.get("next_runbook", "")),
        "next_command": mask(str(row.report.get("next_command", ""))),
    }


def _who(row: Row) -> Mapping[str, str]:
    return {name: str(row.parameters.get(name, "")) for name in ("username", "user_pool_id")}


def _write(path: Path, columns: Iterable[str], lines: Iterable[Mapping[str, str]]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        newline="",
        encoding="utf-8-sig",
    ) as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        for line in lines:
            writer.writerow({name: guarded(text) for name, text in line.items()})
    draft.replace(path)

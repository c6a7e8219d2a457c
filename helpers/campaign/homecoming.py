"""How the record and the notebook of a run elsewhere come home: through the ledger.

The worker puts the lines of its own journal and the executed notebook there, in the transaction
that says how the row ended. The owner files them in its folder of runs, writes the lines into its
journal, and says so; then the worker's spool is emptied. So there is one journal, one chain, one
writer; `Started.host` says where a run ran.

Who the user is is in clear until then, as in the ledger's rows: the owner keeps it as chosen.
"""

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import FILES, ROWS, UNKNOWN, Row, to_row
from helpers.campaign.workers import Done
from helpers.run.entries import Ended, Entry, Kept, Sending, Started, Used, now
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal
from helpers.run.masking import mask_entry, username_masker
from helpers.run.record import Outcome
from helpers.run.recording import write_record

BEGUN, WHOLE, FILED = "begun", "whole", "filed"
"""Of a run's files: only its first line is there; all of them; the owner has them."""
LOST, GIVEN_UP = "lost", "given up"
"""The same where the worker is gone, so that no more may come: to be filed; filed."""
_AT_ONCE = 50
Lines = list[Started | Used | Sending | Ended]
_KINDS: dict[str, type[Started | Used | Sending | Ended]] = {
    "started": Started,
    "used": Used,
    "sending": Sending,
    "ended": Ended,
}


def _dumped(lines: Lines) -> str:
    return json.dumps([line.model_dump(mode="json") for line in lines])


def _loaded(text: str) -> Lines:
    return [_KINDS[data["event"]].model_validate(data) for data in json.loads(text)]


# --- on the worker's side ---


def keep(
    db: Connection, campaign: str, run: str, journal: Journal, *, worker: str, whole: bool
) -> bool:
    """Put a run's files into the ledger, in the transaction that `db` is in; return True.

    journal: the run's own, in the worker's spool. whole: False when it has only begun.
    """
    entries = entries_of(journal, run)
    notebook = b""
    if whole and entries and isinstance(entries[0], Started):
        path = Path(entries[0].out)
        if path.suffix == ".ipynb" and path.exists() and path.stat().st_size:
            notebook = gzip.compress(path.read_bytes(), mtime=0)
    values: dict[str, Any] = {
        "entries": _dumped(entries),
        "notebook": notebook,
        "worker": worker,
    }
    one = FILES.c
    there = db.execute(select(one.state).where(one.run == run)).scalar()
    if there is None:
        state = WHOLE if whole else BEGUN
        about = {"run": run, "campaign": campaign, "number": int(run.split("-")[-2])}
        db.execute(insert(FILES).values(**about, **values, state=state))
    elif whole:
        db.execute(update(FILES).where(one.run == run).values(**values, state=WHOLE))
    return True


def entries_of(journal: Journal, run: str) -> Lines:
    """Return what a journal has of a run."""
    entries = (line.entry for line in journal.lines())
    return [
        entry
        for entry in entries
        if isinstance(entry, Started | Used | Sending | Ended) and entry.run == run
    ]


def is_filed(ledger: Ledger, run: str) -> bool:
    """Whether the owner has a run's files."""
    with ledger.reading.connect() as db:
        found = select(FILES.c.state).where(FILES.c.run == run)
        return db.execute(found).scalar() == FILED


def forget(ledger: Ledger, run: str) -> None:
    """Take a run out of the ledger's files, once nothing of it is in the spool."""
    with ledger.engine.begin() as db:
        db.execute(delete(FILES).where(FILES.c.run == run, FILES.c.state == FILED))


# --- on the owner's side ---


@dataclass
class Filing:
    """Files what has come home into a folder of runs.

    username_as: how usernames are kept there.
    """

    ledger: Ledger
    campaign: str
    entry: RunbookEntry
    out: Path
    username_as: str

    def file(self) -> list[Done]:
        """File what has come, and return how each run ended."""
        done = []
        while came := self._came():
            for one in came:
                done += self._file(one)
        return done

    def lost(self, row: Row, meaning: str) -> None:
        """Say of a run that may have acted, and of which no more came home, that it is lost."""
        one = FILES.c
        with self.ledger.engine.begin() as db:
            found = db.execute(
                select(one.entries).where(one.run == row.run, one.state == BEGUN)
            ).scalar()
            if found is None:
                return
            entries = _loaded(found)
            entries.append(
                Ended(
                    run=row.run,
                    at=now(),
                    state="died",
                    outcome=Outcome.UNKNOWN,
                    exit_code=138,
                    meaning=meaning,
                    next_step=self.entry.settle,
                )
            )
            told = _dumped(entries)
            db.execute(update(FILES).where(one.run == row.run).values(entries=told, state=LOST))

    def _came(self) -> Sequence[Any]:
        joined = FILES.join(
            ROWS, (ROWS.c.campaign == FILES.c.campaign) & (ROWS.c.number == FILES.c.number)
        )
        with self.ledger.reading.connect() as db:
            return db.execute(
                select(FILES, ROWS.c.parameters)
                .select_from(joined)
                .where(FILES.c.campaign == self.campaign, FILES.c.state.in_((WHOLE, LOST)))
                .limit(_AT_ONCE)
            ).all()

    def _file(self, one: Any) -> list[Done]:
        values = json.loads(one.parameters)
        # Not as it is: what is in a database names no folder.
        attempt = int(one.run.rpartition("-")[2])
        folder = self.out / f"{self.campaign}-{one.number}-{attempt}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        record, journal = folder / "record.json", Journal(self.out)
        # Some of it was filed before where the run was given up, or the owner was killed here.
        known = entries_of(journal, one.run) if record.exists() else []
        started = ended = None
        lines: list[Entry] = []
        for entry in _loaded(one.entries):
            if isinstance(entry, Started):
                started = entry = self._at_home(entry, values, folder)
            elif isinstance(entry, Ended):
                ended = entry = mask_entry(entry, self.entry, values, self.username_as, self.out)
            lines.append(entry)
        if started is None:
            self._acknowledge(one, folder, None)
            return []
        if one.notebook:
            _write(folder / self.entry.path.name, gzip.decompress(one.notebook))
        write_record(record, Kept.of(started, ended))
        for line in lines:
            if line not in known:
                journal.append(line)
        self._acknowledge(one, folder, ended)
        if ended is None:
            return []
        return [Done(one.number, one.run, ended.outcome.value, ended.state, ended.exit_code)]

    def _at_home(self, started: Started, values: Mapping[str, Any], folder: Path) -> Started:
        """Return a run's first line with its files where the owner keeps them."""
        mask = username_masker(self.entry, values, self.username_as, self.out)
        return started.model_copy(
            update={
                "parameters": {name: mask(text) for name, text in started.parameters.items()},
                "out": str(folder / Path(started.out).name),
                "record": str(folder / "record.json"),
            }
        )

    def _acknowledge(self, one: Any, folder: Path, ended: Ended | None) -> None:
        """Say that the owner has it, and let the row know where; the ledger keeps it no more."""
        state = FILED if one.state == WHOLE else GIVEN_UP
        this = (FILES.c.run == one.run, FILES.c.state == one.state)
        its = (ROWS.c.campaign == self.campaign, ROWS.c.number == one.number)
        with self.ledger.engine.begin() as db:
            db.execute(update(FILES).where(*this).values(entries="[]", notebook=b"", state=state))
            found = db.execute(select(ROWS).where(*its, ROWS.c.run == one.run)).first()
            if found is None:
                return
            report = {**json.loads(found.report), "record": str(folder / "record.json")}
            if one.notebook:
                report["notebook"] = str(folder / self.entry.path.name)
            db.execute(update(ROWS).where(*its).values(report=json.dumps(report)))
        if found.state == UNKNOWN and ended is not None and ended.outcome != Outcome.UNKNOWN:
            reading = {"words": _CAME_LATER, "certainty": "recorded"}
            row = replace(to_row(found), report=report)
            self.ledger.settle(self.campaign, row, outcome=ended.outcome.value, reading=reading)


_CAME_LATER = "The record of its run came home after it was given up."


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    draft.replace(path)

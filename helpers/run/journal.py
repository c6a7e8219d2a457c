"""The journal: one line of JSON for each event of a run, never changed afterwards, in a chain.

A run writes a line when it starts, one before a request leaves that changes something, and one when
it ends. So a run that was killed has a line that says that it began, perhaps one that says that it
may have acted, and none that claims an end: `runs` calls it lost, or running while its process
still holds its lock.

Each line carries the digest of the line before it, and the head (`helpers.run.head`) that of the
last. `append` looks whether both fit before it goes on, and writes a line that says so where they
do not: what was cut, rewritten or removed is found after any number of later runs.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from helpers.run import head
from helpers.run.backwards import CHUNK, lines_backwards
from helpers.run.chain import FIRST, digest_of, fault_in_line, misfit
from helpers.run.entries import Ended, Entry, Gap, Kept, Line, Started, now
from helpers.run.filelock import lock_file
from helpers.run.head import Head
from helpers.run.record import Outcome
from helpers.run.shared import open_file

NAME = "journal.jsonl"
_LOOKS = 3
"""How often `verify` looks while lines come."""
# A link in a file's place would lead elsewhere.
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True)
class Run:
    """One run, as its lines tell it.

    sending: whether it came as far as a request that changes something. state: that of its end, or
    `running`, or `lost` when it has none.
    """

    started: Started
    ended: Ended | None
    state: str
    sending: bool = False

    @property
    def outcome(self) -> str:
        """What came of it; "" while it is under way.

        A run that was lost has sent nothing if it would have written a line before, and has not.
        """
        if self.ended:
            return self.ended.outcome.value
        if self.state == "running":
            return ""
        may_have_sent = self.sending or self.started.schema_version < 2
        return (Outcome.UNKNOWN if may_have_sent else Outcome.NOT_SENT).value


@dataclass(frozen=True)
class Verdict:
    """What `verify` found.

    faults: what does not fit, line by line and file by file. torn: whether the last line was never
    finished. gone: how many runs' notebooks and records are no longer there. unread: how many runs
    of other accounts have files that this one cannot read.
    """

    lines: int
    head: str
    faults: tuple[str, ...] = ()
    torn: bool = False
    gone: int = 0
    unread: int = 0


class Journal:
    """A journal in a folder. Any number of processes may append to it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self._head = folder / f"{NAME}.head"

    def append(self, entry: Entry | Callable[[], Entry]) -> str:
        """Write one line, and return its digest once it is on the disk.

        entry: or what returns it, called while no other process can write a line. Raises OSError
        where it cannot be written; then nothing of it is there.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = head.key()
        with self._locked() as file:
            last = self._last_digest(file)
            there = head.read(self._head)
            if there and there.signature and key is None:
                raise head.KeyUnavailable(
                    f"the journal's head is signed: name its key in {head.KEY}"
                )
            fault = misfit(there, last, key)
            if fault:
                expected = there.digest if there else ""
                gap = Gap(at=now(), expected=expected, found=last, words=fault)
                last = self._write(file, gap, last, key)
            return self._write(file, entry() if callable(entry) else entry, last, key)

    def backwards(self) -> Iterator[dict[str, Any]]:
        """Yield the entries that can be read, the newest first, as JSON has them."""
        with suppress(FileNotFoundError):
            for _, text in lines_backwards(self.path):
                with suppress(ValueError, TypeError, KeyError):
                    yield dict(json.loads(text)["entry"])

    def lines(self) -> Iterator[Line]:
        """Yield the lines that can be read, oldest first, but no line that was never finished."""
        for _, text, whole in self._texts():
            if whole:
                try:
                    yield Line.model_validate_json(text)
                except ValueError:
                    continue  # `verify` names it

    def newest(self) -> Iterator[Run]:
        """Yield the runs, the newest first, reading no more of the journal than is asked for."""
        for place in self._places():
            yield from self._runs_at([place])

    def oldest(self) -> Iterator[Run]:
        """Yield the runs, oldest first, holding one at a time."""
        if places := list(self._places()):
            yield from self._runs_at(reversed(places))

    def runs(self) -> list[Run]:
        """Return the runs, oldest first, all at once."""
        return list(self.oldest())

    def end_of(self, run: str) -> Ended | None:
        """Return a run's last line, None where it has none. It is read from the end."""
        with suppress(OSError, ValueError, KeyError):
            for entry in self.backwards():
                if entry.get("run") == run and entry["event"] in ("started", "sending", "ended"):
                    return Ended.model_validate(entry) if entry["event"] == "ended" else None
        return None

    def may_have_sent(self, run: str) -> bool:
        """Whether a run has come as far as a request that changes something.

        It is read from the end; what cannot be read counts as yes.
        """
        try:
            for _, text in lines_backwards(self.path):
                entry = json.loads(text)["entry"]
                if entry.get("run") == run:
                    if entry["event"] == "sending":
                        return True
                    if entry["event"] == "started":
                        return False
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return True
        return True

    @contextmanager
    def under_way(self, run: str) -> Iterator[None]:
        """Hold the run's lock, by which others see that its process is alive; it goes with it."""
        path = self._lock_of(run)
        file = -1
        # Someone who clears away what others have left may have taken the file away meanwhile.
        while file < 0 or not (path.exists() and os.path.samestat(os.fstat(file), path.stat())):
            if file >= 0:
                os.close(file)
            file = open_file(path, _OPEN)
            lock_file(file)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(file)

    def is_under_way(self, run: str) -> bool:
        """Whether the process that began this run is still there."""
        try:
            with self._lock_of(run).open("r+") as file:
                return not lock_file(file.fileno(), wait=False)
        except OSError:
            return False

    def verify(self, kept: str = "") -> Verdict:
        """Go through the chain from the first line to the last and say what does not fit.

        The notebook and the record of each run are held against its lines, where they are there.
        kept: a digest that was kept elsewhere, and has to be that of a line. Where it finds a fault
        and lines have come meanwhile, it looks again: the head may be that of a later line.
        """
        for _ in range(_LOOKS):
            size = self._size()
            verdict = self._verified(kept)
            if not verdict.faults or self._size() == size:
                break
        return verdict

    # --- inner ---

    def _size(self) -> int:
        with suppress(FileNotFoundError):
            return self.path.stat().st_size
        return 0

    def _verified(self, kept: str) -> Verdict:
        before, faults, torn, number, found = FIRST, [], False, 0, not kept
        for number, text, whole in self._texts():
            if not whole:
                torn = True
                number -= 1
                break
            fault, before = fault_in_line(text, before)
            found = found or before == kept
            if fault:
                faults.append(f"line {number}: {fault}")
        there = head.read(self._head)
        fault = misfit(there, before, head.key())
        if fault:
            faults.append(f"the end: {fault}")
        altered, gone, unread = self._altered_files()
        if not found:
            altered.append("the end: the digest that was kept elsewhere is no longer there")
        return Verdict(number, before if number else "", (*faults, *altered), torn, gone, unread)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = open_file(self.path, _OPEN | os.O_APPEND)
        try:
            lock_file(file)
            yield file
        finally:
            os.close(file)

    def _write(self, file: int, entry: Entry, before: str, key: Any) -> str:
        data = json.loads(entry.model_dump_json())
        digest = digest_of(before, data)
        line = json.dumps(
            {"before": before, "entry": data, "digest": digest}, ensure_ascii=False
        ).encode()
        head.write(self._head, Head(before, digest).signed(key))
        end = os.fstat(file).st_size
        try:
            if os.write(file, line + b"\n") != len(line) + 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
        head.write(self._head, Head(digest).signed(key))
        return digest

    def _last_digest(self, file: int) -> str:
        """Return the digest of the last whole line.

        What a killed process has left of a line is cut off: nobody was told that it is there.
        """
        end = os.fstat(file).st_size
        tail = b""
        at = end
        while at > 0 and tail.count(b"\n") < 2:
            step = min(CHUNK, at)
            at -= step
            os.lseek(file, at, os.SEEK_SET)
            tail = os.read(file, step) + tail
        if tail and not tail.endswith(b"\n"):
            kept = tail.rfind(b"\n") + 1
            os.ftruncate(file, end - (len(tail) - kept))
            return self._last_digest(file) if kept else FIRST
        last = tail.rstrip(b"\n").rpartition(b"\n")[2]
        if not last:
            return FIRST
        try:
            return str(json.loads(last)["digest"])
        except (ValueError, KeyError, TypeError):
            # Somebody's damage: the chain goes on, and `verify` finds it.
            return hashlib.sha256(last).hexdigest()

    def _texts(self) -> Iterator[tuple[int, str, bool]]:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for number, line in enumerate(file, 1):
                yield number, line.decode("utf-8", "replace"), line.endswith(b"\n")

    def _places(self) -> Iterator[tuple[int, int, bool]]:
        """Yield for each run, the newest first, where its first line is and where its last, -1 for
        none, and whether it was sending.
        """
        ended: dict[str, int] = {}
        sending = set()
        with suppress(FileNotFoundError):
            for place, text in lines_backwards(self.path):
                try:
                    entry = json.loads(text.decode("utf-8", "replace"))["entry"]
                    event, run = entry["event"], str(entry.get("run"))
                except (ValueError, TypeError, KeyError, AttributeError):
                    continue  # `verify` names it
                if event == "ended":
                    ended.setdefault(run, place)
                elif event == "sending":
                    sending.add(run)
                elif event == "started":
                    yield place, ended.pop(run, -1), run in sending
                    sending.discard(run)

    def _runs_at(self, places: Iterable[tuple[int, int, bool]]) -> Iterator[Run]:
        with self.path.open("rb") as file:
            for first, last, sending in places:
                started, ended = _entry_at(file, first), _entry_at(file, last)
                if isinstance(started, Started):
                    end = ended if isinstance(ended, Ended) else None
                    yield Run(started, end, self._state(started.run, end), sending)

    def _lock_of(self, run: str) -> Path:
        return self.folder / f".{run}.lock"

    def _state(self, run: str, ended: Ended | None) -> str:
        if ended:
            return ended.state
        return "running" if self.is_under_way(run) else "lost"

    def _altered_files(self) -> tuple[list[str], int, int]:
        """Return what was altered of the runs' notebooks and records, how many are gone, and how
        many runs' files cannot be read.
        """
        altered, gone, unread = [], 0, 0
        for run in self.oldest():
            started, ended = run.started, run.ended
            if started.schema_version < 2 or ended is None:
                continue
            if not _may_enter(self.folder / started.run):
                unread += 1
                continue
            notebook = self._file_of(started, started.out)
            if ended.notebook_digest:
                if not notebook.exists():
                    gone += 1
                elif hashlib.sha256(notebook.read_bytes()).hexdigest() != ended.notebook_digest:
                    altered.append(f"run {started.run}: its notebook was altered: {notebook}")
            record = self._file_of(started, started.record)
            if started.record and not record.exists():
                gone += 1
            elif started.record and not _is_kept(record, started, ended):
                altered.append(f"run {started.run}: its record was altered: {record}")
        return altered, gone, unread

    def _file_of(self, started: Started, path: str) -> Path:
        """Return where a run's file is: in the run's folder, wherever that is now, or as named."""
        beside = self.folder / started.run / Path(path).name
        return beside if beside.exists() else Path(path)


def _entry_at(file: BinaryIO, place: int) -> Entry | None:
    """Return the entry of the line that begins there, None where it is none."""
    if place < 0:
        return None
    file.seek(place)
    with suppress(ValueError):
        return Line.model_validate_json(file.readline().decode("utf-8", "replace")).entry
    return None


def _may_enter(folder: Path) -> bool:
    """Whether what is in a folder can be read here, or is not there."""
    return not folder.exists() or os.access(folder, os.R_OK | os.X_OK)


def _is_kept(path: Path, started: Started, ended: Ended) -> bool:
    """Whether a record file says what the journal says; it may still be that of the beginning."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    allowed = (Kept.of(started, ended), Kept.of(started, None))
    return data in [one.model_dump(mode="json") for one in allowed]

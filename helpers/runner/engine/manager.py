"""The state of a run as the notebook keeps it, and how it is saved: redacted, in one piece,
truthful about each cell.
"""

import contextlib
import json
import logging
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NotebookExecutionManager
from papermill.iorw import LocalHandler, papermill_io, write_ipynb
from papermill.log import logger

from helpers.runner.engine.redaction import Cleaner, Redactor

SAVE_EVERY = 0.3
"""Seconds between two saves while cells follow each other quickly; a cell that takes longer is
saved as running.
"""


class _Hiding(logging.Filter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        # nbclient's, and a piece of output: a secret may begin in one and end in the next
        if record.msg == "content: %s":
            return False
        text = record.getMessage()
        if (clean := self._redactor(text)) != text:
            record.msg, record.args = clean, ()
        return True


@contextlib.contextmanager
def hidden_from(name: str, redactor: Redactor) -> Iterator[None]:
    """Redact what is logged under this name for as long as a run lasts."""
    hiding = _Hiding(redactor)
    logging.getLogger(name).addFilter(hiding)
    try:
        yield
    finally:
        logging.getLogger(name).removeFilter(hiding)


class Manager(NotebookExecutionManager):  # type: ignore[misc]
    """Keeps the state of a run in the notebook, and saves it: redacted, in one piece, and no more
    often than is useful.
    """

    def __init__(self, nb: Any, *, cleaner: Cleaner, key: str, **kwargs: Any) -> None:
        super().__init__(nb, **kwargs)
        self._cleaner, self._key = cleaner, key
        self._saved_at = float("-inf")
        self._dirty = False
        self.ended, self.detail = "running", ""
        self.executed: Any = None
        """The notebook as anybody may see it, once the run is over."""

    @contextlib.contextmanager
    def running(self, on_end: Callable[[Any], None] | None = None) -> Iterator[None]:
        """Keep the state of a run from its start to its end, also when it has no first cell.

        A notebook that cannot be saved on the way does not end the run, whose cells may have done
        something already; at the end it is an OSError. on_end: handed the notebook before that.
        """
        self.notebook_start()
        try:
            yield
        except BaseException as exc:
            if self.ended == "running":
                self.nb.metadata.papermill["exception"] = True
                self.ended, self.detail = how_it_failed(exc)
            raise
        finally:
            self.notebook_complete()
            self.executed = self._cleaner.notebook(self.nb)
            if on_end:
                on_end(self.executed)
            if self.output_path:
                write_whole(self.executed, self.output_path)

    def save(self, **kwargs: Any) -> None:
        """Save, unless it was just done; `save_now` makes up for it."""
        if kwargs.get("nb"):
            self.nb = kwargs["nb"]
        self._dirty = True
        if time.monotonic() - self._saved_at >= SAVE_EVERY:
            self.save_now()

    def save_now(self) -> None:
        """Save what has changed since the last time, if that is possible."""
        if self.output_path and self._dirty:
            with contextlib.suppress(OSError):
                write_whole(self._cleaner.notebook(self.nb), self.output_path, compact=True)
        self._dirty = False
        self._saved_at = time.monotonic()
        self.last_save_time = self.now()

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Close a cell as papermill's own does, which reads its start anew by dateutil."""
        ended, about = self.now(), cell.metadata.papermill
        if self.log_output:
            logger.info("Ending Cell %s", f"{'' if cell_index is None else cell_index + 1:-<43}")
            sys.stdout.flush()
            sys.stderr.flush()
        about["end_time"] = ended.isoformat()
        if about.get("start_time"):
            started = datetime.fromisoformat(about["start_time"])
            about["duration"] = (ended - started).total_seconds()
        if about["status"] != self.FAILED:
            about["status"] = self.COMPLETED
        self.save()
        if self.pbar:
            self.pbar.update(1)

    def cell_ended(self, cell: Any, ended: str, detail: str) -> None:
        """Note how a cell, and with it the run, has ended when it was not by coming to its end."""
        if ended != "exited":
            cell.metadata.papermill["exception"] = True
            cell.metadata.papermill["status"] = self.FAILED
            self.nb.metadata.papermill["exception"] = True
        cell.metadata[self._key] = {"ended": ended, "detail": detail}
        self.ended, self.detail = ended, detail

    def notebook_start(self, **kwargs: Any) -> None:
        """Begin: nothing has run, nothing has ended."""
        self._tell()
        for cell in self.nb.cells:
            cell.metadata.pop(self._key, None)
        super().notebook_start(**kwargs)

    def notebook_complete(self, **kwargs: Any) -> None:
        """Close the run. A cell that has not run stays pending: papermill's own would call it
        completed.
        """
        self.end_time = self.now()
        about = self.nb.metadata.papermill
        about["end_time"] = self.end_time.isoformat()
        about["duration"] = (
            (self.end_time - self.start_time).total_seconds() if self.start_time else None
        )
        if self.ended in ("completed", "exited", "planned") and (error := self._error()):
            self.ended, self.detail = "failed", f"{error} in a cell that was allowed to raise it"
        self._tell()
        if self.ended == "completed":
            self.complete_pbar()
        self.cleanup_pbar()

    def _tell(self) -> None:
        told = self.nb.metadata.get(self._key, {})
        told.update(ended=self.ended, detail=self.detail)
        self.nb.metadata[self._key] = told

    def _error(self) -> str:
        """Return the name of an error that is among the outputs; for one, papermill fails the run,
        also where the cell that raised it has the tag raises-exception.
        """
        errors = (
            output.ename
            for cell in self.nb.cells
            for output in cell.get("outputs", [])
            if output.output_type == "error" and not is_exit(output.ename, output.evalue)
        )
        return next(errors, "")


def is_exit(ename: str, evalue: str) -> bool:
    """Whether an exception is none to papermill: the notebook ended itself, and all was well."""
    return ename == "SystemExit" and evalue in ("", "0")


def how_it_failed(exc: BaseException) -> tuple[str, str]:
    """Say in a word, and in more words, how what was under way has ended by this exception."""
    for kind, ended in _ENDED_BY.items():
        if isinstance(exc, kind):
            return ended, str(exc) or ended.replace("_", " ")
    return "failed", f"{type(exc).__name__}: {exc}"


_ENDED_BY: dict[type[BaseException], str] = {
    CellTimeoutError: "timed_out",
    DeadKernelError: "died",
    KeyboardInterrupt: "interrupted",
    SystemExit: "interrupted",
}


def write_whole(notebook: Any, path: str, *, compact: bool = False) -> None:
    """Write a notebook where papermill would, but on this machine's disk in one piece: a reader
    never sees half of it.

    compact: in one line, which takes a tenth of the time; for a save that another will replace.
    """
    handler = papermill_io.get_handler(path)
    if not isinstance(handler, LocalHandler):
        write_ipynb(notebook, path)
        return
    target = Path(os.path.realpath(os.path.join(handler._cwd or "", path)))
    if target.exists() and not target.is_file() or not target.parent.is_dir():
        write_ipynb(notebook, path)
        return
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(
            os.open(
                draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if mode is not None else 0o666
            ),
            "w",
            encoding="utf-8",
        ) as file:
            # Not checked against the schema with each save.
            file.write(
                json.dumps(notebook, ensure_ascii=False)
                if compact
                else nbformat.v4.writes(notebook)
            )
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)

"""What killed processes have left in a folder of runs: locks that nobody holds, and drafts of files
that were never finished.
"""

import contextlib
import os
import re
from pathlib import Path

from helpers.run.filelock import lock_file
from helpers.run.journal import NAME

_LOCK = re.compile(r"\.(.+)\.lock")
_DRAFT = re.compile(r"\..+\.\d+")
_DRAFT_OF_JOURNAL = re.compile(rf"{re.escape(NAME)}.*\.\d+")


def clear_leftovers(folder: Path) -> None:
    """Remove them. A run whose lock is held is under way, whatever its age, and is let alone."""
    with contextlib.suppress(OSError):
        names = os.listdir(folder)
        for name in names:
            if match := _LOCK.fullmatch(name):
                with contextlib.suppress(OSError):
                    _clear(folder / name, folder / match[1])
        drafts = [name for name in names if _DRAFT_OF_JOURNAL.fullmatch(name)]
        if drafts:
            with (folder / NAME).open("r+b") as journal:
                if lock_file(journal.fileno(), wait=False):  # nobody is writing one
                    for name in drafts:
                        (folder / name).unlink(missing_ok=True)


def _clear(lock: Path, run: Path) -> None:
    with lock.open("r+") as file:
        if not lock_file(file.fileno(), wait=False):
            return
        if run.is_dir():
            for path in run.iterdir():
                if _DRAFT.fullmatch(path.name):
                    path.unlink()
        lock.unlink()

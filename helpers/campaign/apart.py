"""Run a campaign in a process of its own, which goes on when whoever started it has gone."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.run.recording import RUN

LOG = "owner.log"
"""In a campaign's folder: what the processes that ran it have said."""
_LAST = 4096


def resume_command(folder: Path, out: Path, options: Sequence[str]) -> list[str]:
    """Return the command that goes on with the campaign of a folder."""
    return [
        *(sys.executable, "-m", "helpers", "batch", "resume", folder.name),
        *("--out", str(out.absolute()), *options),
    ]


def start(folder: Path, out: Path, options: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start it, in a session of its own, so that no signal to the notebook's kernel reaches it."""
    environment = {name: text for name, text in os.environ.items() if name != RUN}
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            resume_command(folder, out, options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(log)


def last_words(folder: Path) -> str:
    """Return the last line that a process of this campaign has said, "" for none."""
    path = folder / LOG
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - _LAST, 0))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""

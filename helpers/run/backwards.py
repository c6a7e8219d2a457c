"""Reads a file of lines from its end, so that what is asked of the newest ones stays fast."""

import os
from collections.abc import Iterator
from pathlib import Path

CHUNK = 65536


def lines_backwards(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield where each line begins, and the line, the last one first; no empty ones.

    What comes after the last end of a line was never finished, and is left out.
    """
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        rest, whole = b"", False
        while at > 0:
            step = min(CHUNK, at)
            at -= step
            file.seek(at)
            rest, *lines = (file.read(step) + rest).split(b"\n")
            place = at + len(rest) + 1 + sum(len(line) + 1 for line in lines)
            for line in reversed(lines):
                place -= len(line) + 1
                if line and whole:
                    yield place, line
                whole = True
        if rest and whole:
            yield 0, rest

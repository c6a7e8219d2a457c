"""The tests, in the rooms of helpers; what goes through several of them is here."""

import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The project's folder."""


def until(condition, seconds=60):
    """Wait until a condition holds and return what it gave. seconds: enough for a slow machine."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"still not so after {seconds} seconds"
        time.sleep(0.02)
    return found

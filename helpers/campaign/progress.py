"""How far a campaign is while it runs: a line on a terminal, or JSON for a program."""

import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from helpers.campaign.plan import time_words
from helpers.campaign.workers import Done
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.campaign.summary import Summary

_LATELY = 60.0
"""Seconds whose rows the rate is counted by."""
_EVERY = 1.0
"""Seconds from one line of JSON to the next, at least."""


class Progress:
    """Tells standard error how far a campaign is, each time that a row ends.

    kind: auto shows one line that changes, where standard error is a terminal; json writes a line
    of JSON a second at most, and one at the end; none says nothing.
    """

    def __init__(self, kind: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._json = kind == "json"
        self._line = kind == "auto" and sys.stderr.isatty()
        self._clock = clock
        self._began = self._told = clock()
        self._rows = self._done = 0
        self._outcomes: Counter[str] = Counter()
        self._ends: deque[float] = deque()

    def on_read(self, count: int) -> None:
        """Be told how many users were read beforehand."""
        if self._line:
            say(f"\r{count} read\033[K", nl=False, err=True)

    def on_begin(self, rows: int, waits: str) -> None:
        """Be told how many rows wait, and what for, where none may begin yet."""
        self._rows, self._began = rows, self._clock()
        self._told = self._began - _EVERY
        if waits and self._line:
            say(f"\r{waits}\033[K", err=True)

    def on_done(self, row: Done, count: int) -> None:
        """Be told a row that has ended, and how many have."""
        if row.again:
            return
        now = self._clock()
        self._done = count
        self._outcomes[row.outcome] += 1
        self._ends.append(now)
        while self._ends[0] <= now - _LATELY:
            self._ends.popleft()
        if self._line:
            say(f"\r{self._words(now)}\033[K", nl=False, err=True)
        elif self._json and now - self._told >= _EVERY:
            self._told = now
            say(json.dumps(self._data(now)), err=True)

    def end(self, summary: "Summary") -> None:
        """Be told what it came to."""
        if self._line and self._done:
            say("\r\033[K", nl=False, err=True)
        elif self._json:
            more = {"state": summary.state, "left": summary.left, "end": True}
            say(json.dumps({**self._data(self._clock()), **more}), err=True)

    def _rate(self, now: float) -> float:
        """Return rows a second, lately."""
        return len(self._ends) / max(min(now - self._began, _LATELY), 0.001)

    def _seconds_left(self, now: float) -> float:
        return (self._rows - self._done) / self._rate(now) if self._done else 0.0

    def _words(self, now: float) -> str:
        outcomes = ", ".join(f"{n} {outcome}" for outcome, n in self._outcomes.most_common())
        left = time_words(self._seconds_left(now))
        return (
            f"{self._done} of {self._rows} done, {self._rate(now):.1f}/s, {left} left: {outcomes}"
        )

    def _data(self, now: float) -> dict[str, Any]:
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "done": self._done,
            "of": self._rows,
            "rows_a_second": round(self._rate(now), 2),
            "seconds_left": round(self._seconds_left(now)),
            "outcomes": dict(self._outcomes),
        }

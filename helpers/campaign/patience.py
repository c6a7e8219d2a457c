"""Reads many things at a pace: what Cognito throttles is asked for again, more slowly."""

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from helpers.cognito.errors import Answered

T = TypeVar("T")
_MOST_TRIES = 8
_LONGEST_WAIT = 64.0
_ONE_MOMENT = 2.0
_RECOVERS_BY = 1.002
"""The factor by which each read that is answered wins back what a throttle has cost."""


class Patience:
    """A pace that any number of threads share. Only for what changes nothing: it is tried again.

    a_second: reads, at most. clock, sleep: how it waits.
    """

    def __init__(
        self,
        a_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._least = self._pause = 1 / a_second
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next, self._slowed = clock(), -math.inf

    def read(self, question: Callable[[], T]) -> T:
        """Ask when it is time, again where Cognito throttles, eight times at most.

        Raises what the question raises.
        """
        tries = 0
        while True:
            self._wait()
            try:
                answer = question()
            except Answered as exc:
                tries += 1
                if exc.code != "TooManyRequestsException" or tries == _MOST_TRIES:
                    raise
                self._throttled(min(2.0 ** (tries - 1), _LONGEST_WAIT))
            else:
                with self._lock:
                    self._pause = max(self._least, self._pause / _RECOVERS_BY)
                return answer

    def _wait(self) -> None:
        with self._lock:
            begins = max(self._next, self._clock())
            self._next = begins + self._pause
        if (wait := begins - self._clock()) > 0:
            self._sleep(wait)

    def _throttled(self, wait: float) -> None:
        """Let nobody ask for a while, and everybody ask half as often from then on."""
        with self._lock:
            now = self._clock()
            if now >= self._slowed + _ONE_MOMENT:  # of several at once, for the first
                self._slowed, self._pause = now, min(self._pause * 2, 1.0)
            self._next = max(self._next, now + wait)

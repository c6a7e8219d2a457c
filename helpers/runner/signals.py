"""Being asked to end: by Ctrl-C, SIGTERM, a terminal that closes (SIGHUP), or SIGQUIT.

All of them end a run in the same way: cleanly, with its end written down, and with the exit code
that a shell expects, 128 and the signal's number.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

SIGNALS = tuple(
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if (number := getattr(signal, name, None)) is not None
)


class Stopped(KeyboardInterrupt):
    """The process was asked to end."""

    def __init__(self, number: int) -> None:
        super().__init__(words_for(number))
        self.number = number


class StopRequests:
    """Takes the signals while it is entered. They are kept, and raised only where that is `heard`.

    So what has to be written is written, whoever is impatient, and no signal is lost. One that this
    process was started to ignore, as by nohup, stays ignored. In another thread than the main one
    it takes none.
    """

    def __init__(self) -> None:
        self.number = 0
        """Of the first signal that came; 0 for none."""
        self._raises = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _take(self, number: int, _: FrameType | None) -> None:
        self.number = self.number or number
        if self._raises:
            self._raises = False  # a second one does not cut the clean end short
            raise Stopped(number)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Raise Stopped for a signal that comes within, or has come before."""
        self._raises = True
        try:
            if self.number:
                raise Stopped(self.number)
            yield
        finally:
            self._raises = False


@contextmanager
def postponed() -> Iterator[None]:
    """Let no signal reach this thread, nor a process that is started meanwhile, until that asks."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Have this process take the signals that were postponed when it was started."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def words_for(number: int) -> str:
    """Say by what something was stopped."""
    return "by Ctrl-C" if number == signal.SIGINT else f"by {signal.Signals(number).name}"


def exit_code(number: int) -> int:
    """Return what a shell expects of a process that this signal has ended."""
    return 128 + number

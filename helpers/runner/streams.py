"""Standard input, output and error, where one of them is closed or can take no more."""

import contextlib
import os
import sys

import click


def open_streams() -> None:
    """Put nothing in the place of each stream that is closed, so that no other file gets its
    number and a text for it goes nowhere.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free: in this order, the stream's own.
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))  # noqa: SIM115


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text. A run is over by then, and how it ended is told by the exit code too, so a
    stream that takes nothing is no error.
    """
    try:
        click.echo(text, err=err, nl=nl)
    except (OSError, ValueError):
        # What is left in the stream's buffer would be tried again at the very end.
        stream = sys.stderr if err else sys.stdout
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def framed(text: str) -> str:
    """Return one line of text between two rulers, as a terminal shows what has to be seen first."""
    ruler = "=" * len(text)
    return f"{ruler}\n{text}\n{ruler}"

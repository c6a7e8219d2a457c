"""What a notebook shows of something that goes on elsewhere: what it is now, and buttons for it.

It is data alone: `helpers.form.live` shows it to a person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Control:
    """A button, or a number to type and a button beside it.

    name: what a press is called. label: on the button. asks: what the number is called, "" for a
    button alone. ready: whether it can be pressed. why: what is said beside it. quiet: whether
    another button is the one that is meant.
    """

    name: str
    label: str
    asks: str = ""
    ready: bool = True
    why: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Progress:
    """How far something is: so many of all, and the same in words."""

    label: str
    done: int
    all: int
    words: str


@dataclass(frozen=True)
class Drawn:
    """What is shown at one moment. markup: HTML. kept: the HTML that the notebook keeps, without
    who the users are; "" to keep what it has.
    """

    markup: str
    controls: tuple[Control, ...] = ()
    progress: Progress | None = None
    kept: str = ""


@dataclass(frozen=True)
class Live:
    """Something to look at again and again.

    label: what it is, for a screen reader. draw: returns what it is now. press: does what a button
    says, given its name and the number that was typed, and returns what to say about it.
    """

    label: str
    draw: Callable[[], Drawn] = field(repr=False)
    press: Callable[[str, str], str] = field(default=lambda name, number: "", repr=False)


@dataclass(frozen=True)
class Several:
    """Several things that are shown one below the other, such as a picture and its table."""

    parts: tuple[Any, ...]

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.parts))

    def to_html(self) -> str:
        """Return all of them as HTML, for a widget."""
        return "".join(part.to_html() for part in self.parts)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        show: Any = display
        for part in self.parts:
            show(part)

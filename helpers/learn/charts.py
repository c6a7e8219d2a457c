"""The charts of the lessons: calls in sequence, a user's states, bars, and steps.

Each draws what really happened, and says the same in words: nothing is said by colour alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpers.display.picture import BAD, FILL, INK, PAPER, SOFT, WIDTH, Canvas, Picture

# --- who said what to whom ------------------------------------------------------------------------

_LEFT, _ROW = 70, 27


@dataclass(frozen=True)
class Message:
    """One arrow of a sequence; without a receiver it is time going by.

    reply: drawn dashed. lost: it ends on its way.
    """

    at: str
    sender: str
    receiver: str
    words: str
    reply: bool = False
    good: bool = True
    lost: bool = False


def sequence(title: str, actors: Sequence[str], messages: Sequence[Message]) -> Picture:
    """Draw who said what to whom, from top to bottom, with the time wherever it has moved."""
    canvas = Canvas(title, 70 + _ROW * len(messages))
    column = _columns(canvas, actors)
    at, words = "", []
    for number, message in enumerate(messages, 1):
        y = 44.0 + number * _ROW
        if message.at != at:
            at = message.at
            canvas.text(14, y, at, size=12, colour=SOFT)
        if message.receiver:
            _arrow(canvas, y, column[message.sender], column[message.receiver], message)
            verb = "answers" if message.reply else "to"
            said = f"{message.sender} {verb} {message.receiver}: {message.words}"
        else:
            canvas.box(_LEFT - 10, y - 15, WIDTH - _LEFT - 10, 21, fill=FILL, stroke=FILL)
            canvas.text(WIDTH / 2, y, message.words, size=12, anchor="middle")
            said = message.words
        words.append(f"{at}: {said}.")
    return Picture(title, canvas.svg(), tuple(words))


def _columns(canvas: Canvas, actors: Sequence[str]) -> dict[str, float]:
    step = (WIDTH - _LEFT - 120) / max(len(actors) - 1, 1)
    column = {actor: _LEFT + 60 + number * step for number, actor in enumerate(actors)}
    for actor, x in column.items():
        canvas.line((x, 44), (x, canvas.height - 14), dashed=True)
        half = 4.2 * len(actor) + 12
        canvas.box(x - half, 16, 2 * half, 28, fill=FILL)
        canvas.text(x, 35, actor, anchor="middle", bold=True)
    return column


def _arrow(canvas: Canvas, y: float, here: float, there: float, message: Message) -> None:
    colour = INK if message.good else BAD
    if message.lost:
        there = here + 0.6 * (there - here)
        canvas.line((here, y + 3), (there, y + 3), colour=colour, width=1.5, dashed=True)
        for side in (-5, 5):
            start, end = (there - 5, y + 3 - side), (there + 5, y + 3 + side)
            canvas.line(start, end, colour=colour, width=2)
    else:
        canvas.arrow((here, y + 3), (there, y + 3), colour=colour, dashed=message.reply)
    middle, half = (here + there) / 2, 3.9 * len(message.words) + 4
    canvas.box(middle - half, y - 15, 2 * half, 13, stroke=PAPER, radius=0)
    canvas.text(middle, y - 4, message.words, size=12, anchor="middle", colour=colour)


# --- the states of a user -------------------------------------------------------------------------

_PLACES = {
    "UNCONFIRMED": (110, 80),
    "FORCE_CHANGE_PASSWORD": (130, 270),
    "CONFIRMED": (420, 175),
    "RESET_REQUIRED": (735, 80),
    "EXTERNAL_PROVIDER": (735, 270),
}
_MEANS = {
    "UNCONFIRMED": "signed up, and has not proved the address yet",
    "FORCE_CHANGE_PASSWORD": "invited, and has a temporary password",
    "CONFIRMED": "has a password and can sign in",
    "RESET_REQUIRED": "cannot sign in until the password is reset",
    "EXTERNAL_PROVIDER": "signs in through another provider",
}
_WAYS = (  # from, to, words, corners, where the words stand
    ("UNCONFIRMED", "CONFIRMED", ("ConfirmSignUp",), ((176, 96), (368, 163)), (262, 116, "start")),
    (
        "FORCE_CHANGE_PASSWORD",
        "CONFIRMED",
        ("a new password,", "at the first sign-in"),
        ((228, 248), (368, 188)),
        (286, 240, "start"),
    ),
    (
        "CONFIRMED",
        "RESET_REQUIRED",
        ("AdminResetUserPassword",),
        ((450, 154), (450, 80), (661, 80)),
        (460, 72, "start"),
    ),
    (
        "RESET_REQUIRED",
        "CONFIRMED",
        ("ConfirmForgotPassword",),
        ((735, 102), (735, 168), (473, 168)),
        (725, 162, "end"),
    ),
    (
        "CONFIRMED",
        "CONFIRMED",
        (
            "ForgotPassword, then ConfirmForgotPassword:",
            "the password changes, the status does not",
        ),
        ((390, 154), (390, 124), (420, 124), (420, 154)),
        (400, 84, "middle"),
    ),
)


def states(who: str, present: str) -> Picture:
    """Draw the states that a user can be in, the calls between them, and the present state.

    The states and ways are those of the developer guide and the API reference. ValueError for a
    state that is not drawn.
    """
    if present not in _PLACES:
        raise ValueError(f"no state is drawn that is called {present!r}")
    title = f"The states of a user; {who} is now {present}"
    canvas = Canvas(title, 370)
    for way in _WAYS:
        _way(canvas, *way)
    canvas.arrow((420, 319), (420, 198))
    canvas.box(360, 319, 120, 30, stroke=SOFT, radius=14)
    canvas.text(420, 339, "from any state", size=12, anchor="middle", colour=SOFT)
    canvas.text(430, 262, "AdminSetUserPassword", size=12, colour=SOFT)
    for number, line in enumerate(("(a temporary password leads", "to FORCE_CHANGE_PASSWORD)")):
        canvas.text(430, 277 + 14 * number, line, size=11, colour=SOFT)
    for name in _PLACES:
        _state(canvas, name, who if name == present else "")
    words = [f"{name}: {means}." for name, means in _MEANS.items()]
    words[list(_MEANS).index(present)] += f" This is where {who} is now."
    words += [f"From {start} to {end}: {' '.join(line)}." for start, end, line, *_ in _WAYS]
    words.append(
        "From any state to CONFIRMED: AdminSetUserPassword. With a temporary password it leads to"
        " FORCE_CHANGE_PASSWORD."
    )
    return Picture(title, canvas.svg(), tuple(words))


def _way(
    canvas: Canvas, start: str, end: str, words: tuple[str, ...], corners: Any, label: Any
) -> None:
    canvas.arrow(*corners)
    x, y, anchor = label
    if start == end:
        for number, line in enumerate(words):
            canvas.text(222, 20 + 15 * number, line, size=12, colour=SOFT)
        canvas.line((405, 124), (340, 44), dashed=True)
    else:
        for number, line in enumerate(words):
            canvas.text(x, y + 14 * number, line, size=12, anchor=anchor, colour=SOFT)


def _state(canvas: Canvas, name: str, who: str) -> None:
    """Draw one state; who: the user who is in it, "" for nobody."""
    x, y = _PLACES[name]
    half = 4.4 * len(name) + 14
    fill, thick = (FILL, 3) if who else (PAPER, 1)
    canvas.box(x - half, y - 21, 2 * half, 42, fill=fill, stroke=INK, thick=thick, radius=20)
    canvas.text(x, y + 5, name, anchor="middle", bold=bool(who))
    if who:
        sign, line = ("▼", y - 30) if y < 150 else ("▲", y + 40)
        canvas.text(x, line, f"{sign} {who} is here", anchor="middle", bold=True)


# --- how much, when -------------------------------------------------------------------------------


def bars(title: str, unit: str, values: Sequence[tuple[str, float, str]]) -> Picture:
    """Draw one bar for each (name, amount, words), from top to bottom, with the words beside it.

    The scale is logarithmic: a doubling is as wide everywhere.
    """
    left, row = 190, 26
    canvas = Canvas(title, 40 + row * len(values) + 12)
    most = max((amount for _, amount, _ in values), default=1) or 1
    canvas.text(left, 24, unit, size=12, colour=SOFT)
    for number, (name, amount, words) in enumerate(values):
        y = 36 + number * row
        width = max(math.log1p(amount) / math.log1p(most) * (WIDTH - left - 250), 2)
        canvas.text(left - 10, y + 14, name, size=12, anchor="end")
        canvas.box(left, y, width, 18, fill=FILL, stroke=SOFT, radius=2)
        canvas.text(left + width + 8, y + 14, words, size=12)
    return Picture(title, canvas.svg(), tuple(f"{name}: {words}." for name, _, words in values))


def steps(
    title: str,
    unit: str,
    levels: Sequence[tuple[float, int]],
    marks: Sequence[tuple[float, bool, str]],
    most: int,
) -> Picture:
    """Draw a quantity that changes in steps, from 0 to most, and what happened when.

    levels: (when, how much from then on). marks: (when, whether it went well, what it was), drawn
    as a round sign or a cross.
    """
    left, top, high = 50, 40, 150
    last = max([when for when, _ in levels] + [when for when, *_ in marks])
    canvas = Canvas(title, top + high + 60)
    canvas.text(14, 22, title, size=12, colour=SOFT)

    def at(when: float, amount: float) -> tuple[float, float]:
        return left + when / (last or 1) * (WIDTH - left - 40), top + high - amount / most * high

    for amount in range(most + 1):
        canvas.line(at(0, amount), at(last, amount), colour=FILL)
        canvas.text(left - 10, at(0, amount)[1] + 4, str(amount), size=12, anchor="end")
    line = [at(0, most)]
    for when, amount in levels:
        line += [(at(when, 0)[0], line[-1][1]), at(when, amount)]
    canvas.line(*line, (at(last, 0)[0], line[-1][1]), colour=INK, width=2.5)
    for when, good, _ in marks:
        x, y = at(when, 0)[0], top + high + 20
        sign, colour = ("●", INK) if good else ("✗", BAD)
        canvas.text(x, y, sign, anchor="middle", colour=colour, bold=True)
        canvas.text(x, y + 16, f"{when:g}", size=11, anchor="middle")
    legend = f"{unit} (● heard, ✗ refused)"
    canvas.text(WIDTH / 2, top + high + 54, legend, size=12, anchor="middle", colour=SOFT)
    said = [(when, 1, f"{when:g} {unit}: {amount} left") for when, amount in levels]
    said += [(when, 0, f"{when:g} {unit}: {words}") for when, _, words in marks]
    return Picture(title, canvas.svg(), tuple(f"{words}." for _, _, words in sorted(said)))

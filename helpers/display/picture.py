"""Pictures of what really happened: a sequence of calls, a user's states, a line of time, a
quantity over time.

A picture is SVG without a script, a style sheet, a font or an id of its own, so that it looks the
same on a code host, in JupyterLab, on an HTML page and on paper; and with it come the same facts in
words. Nothing is told by colour alone. The same facts give the same bytes.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpers.secrets.redaction import redact

INK, SOFT, PAPER, FILL, GOOD, BAD = "#1f2933", "#52606d", "#ffffff", "#e4e7eb", "#1b6e4b", "#a61b1b"
_FONT = "Helvetica, Arial, sans-serif"
WIDTH = 860


@dataclass(frozen=True, repr=False)
class Picture:
    """A title, a drawing, and what it shows, sentence by sentence. A notebook shows all three; text
    has the words.
    """

    title: str
    svg: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        return redact(
            "\n".join(
                [self.title, *(f"  {number}. {line}" for number, line in enumerate(self.words, 1))]
            )
        )

    def _repr_svg_(self) -> str:
        return redact(self.svg)

    def to_html(self) -> str:
        """Return the drawing and its words as HTML, for a widget."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.words)
        return redact(
            f"{self.svg}<details><summary>The same in words</summary><ol>{lines}</ol></details>"
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        lines = [
            f"{number}. {html.escape(line, quote=False)}"
            for number, line in enumerate(self.words, 1)
        ]
        folded = "\n".join(
            [
                (
                    "<details><summary>The same in words:"
                    f" {html.escape(self.title, quote=False)}</summary>"
                ),
                "",
                *lines,
                "",
                "</details>",
            ]
        )
        show: Any = display
        show(
            {"image/svg+xml": redact(self.svg), "text/plain": redact(f"Picture: {self.title}")},
            raw=True,
        )
        show({"text/markdown": redact(folded), "text/plain": repr(self)}, raw=True)


class Canvas:
    """A sheet of paper to draw on: text, lines, arrows and boxes, in the order in which they are
    drawn.
    """

    def __init__(self, title: str, height: float, width: float = WIDTH) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []
        self.box(0.5, 0.5, width - 1, height - 1, fill=PAPER, stroke=FILL, radius=6)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 13,
        anchor: str = "start",
        bold: bool = False,
        colour: str = INK,
    ) -> None:
        """Write one line; anchor is start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-family="{_FONT}" font-size="{size}" '
            f'text-anchor="{anchor}" fill="{colour}"{weight}>{html.escape(words)}</text>'
        )

    def line(
        self,
        *points: tuple[float, float],
        colour: str = SOFT,
        width: float = 1.2,
        dashed: bool = False,
    ) -> None:
        """Draw a line through the points."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}"'
            f' stroke-width="{width}"{dash}/>'
        )

    def arrow(self, *points: tuple[float, float], colour: str = INK, dashed: bool = False) -> None:
        """Draw a line through the points that ends in a head."""
        (x0, y0), (x, y) = points[-2:]
        length = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5 or 1.0
        dx, dy = (x - x0) / length, (y - y0) / length
        self.line(*points[:-1], (x - 6 * dx, y - 6 * dy), colour=colour, width=1.5, dashed=dashed)
        head = (
            (x, y),
            (x - 9 * dx - 4.5 * dy, y - 9 * dy + 4.5 * dx),
            (x - 9 * dx + 4.5 * dy, y - 9 * dy - 4.5 * dx),
        )
        path = " ".join(f"{_n(px)},{_n(py)}" for px, py in head)
        self._parts.append(f'<polygon points="{path}" fill="{colour}"/>')

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = PAPER,
        stroke: str = SOFT,
        thick: float = 1.0,
        radius: float = 4,
    ) -> None:
        """Draw a rectangle with round corners."""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            f' rx="{_n(radius)}" fill="{fill}" stroke="{stroke}" stroke-width="{thick}"/>'
        )

    def svg(self) -> str:
        """Return the drawing. It has a shape and no size, so that it fits a narrow window and a
        printed page as well.
        """
        title = html.escape(self.title)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(self.width)}'
            f' {_n(self.height)}" role="img" aria-label="{title}"'
            f' style="width:100%;max-width:{_n(self.width)}px;height:auto"><title>{title}</title>\n'
            + "\n".join(self._parts)
            + "\n</svg>"
        )


# --- who said what to whom ------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """One arrow of a sequence. A message without a receiver is time going by; reply draws it
    dashed, and one that is lost ends on its way."""

    at: str
    sender: str
    receiver: str
    words: str
    reply: bool = False
    good: bool = True
    lost: bool = False


def sequence(title: str, actors: Sequence[str], messages: Sequence[Message]) -> Picture:
    """Draw who said what to whom, from top to bottom; the time stands at the left where it has
    moved.
    """
    left, row = 70, 27
    canvas = Canvas(title, 70 + row * len(messages))
    step = (WIDTH - left - 60) / max(len(actors) - 1, 1) if len(actors) > 1 else 0
    column = {
        actor: left + 60 + number * (step - 60 / max(len(actors) - 1, 1))
        for number, actor in enumerate(actors)
    }
    for actor, x in column.items():
        canvas.line((x, 44), (x, canvas.height - 14), colour=SOFT, dashed=True)
        half = 4.2 * len(actor) + 12
        canvas.box(x - half, 16, 2 * half, 28, fill=FILL)
        canvas.text(x, 35, actor, anchor="middle", bold=True)
    at, y, words = "", 44.0, []
    for message in messages:
        y += row
        if message.at != at:
            canvas.text(14, y, message.at, size=12, colour=SOFT)
            at = message.at
        if not message.receiver:
            canvas.box(left - 10, y - 15, WIDTH - left - 10, 21, fill=FILL, stroke=FILL)
            canvas.text(WIDTH / 2, y, message.words, size=12, anchor="middle", colour=INK)
            words.append(f"{message.at}: {message.words}.")
            continue
        here, there = column[message.sender], column[message.receiver]
        colour = INK if message.good else BAD
        if message.lost:
            there = here + 0.6 * (there - here)
            canvas.line((here, y + 3), (there, y + 3), colour=colour, width=1.5, dashed=True)
            for side in (-5, 5):
                canvas.line(
                    (there - 5, y + 3 - side), (there + 5, y + 3 + side), colour=colour, width=2
                )
        else:
            canvas.arrow((here, y + 3), (there, y + 3), colour=colour, dashed=message.reply)
        label, middle = message.words, (here + there) / 2
        half = 3.3 * len(label) + 3
        canvas.box(middle - half, y - 15, 2 * half, 14, stroke=PAPER, radius=0)
        canvas.text(middle, y - 4, label, size=12, anchor="middle", colour=colour)
        verb = "answers" if message.reply else "to"
        words.append(f"{message.at}: {message.sender} {verb} {message.receiver}: {label}.")
    return Picture(title, canvas.svg(), tuple(words))


# --- where a user stands --------------------------------------------------------------------------

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
        ("a new password, at the first sign-in",),
        ((228, 248), (368, 188)),
        (312, 228, "start"),
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
        "EXTERNAL_PROVIDER",
        "CONFIRMED",
        ("AdminSetUserPassword",),
        ((735, 248), (735, 186), (473, 186)),
        (725, 200, "end"),
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
    """Draw the states that a user can be in and the calls that lead from one to another, with the
    present one marked.

    The states and ways are those of the developer guide and the API reference; the rarer
    AdminSetUserPassword, which leads from everywhere to CONFIRMED (or to FORCE_CHANGE_PASSWORD), is
    drawn where it is the only way.
    """
    if present not in _PLACES:
        raise ValueError(f"no state is drawn that is called {present!r}")
    title = f"The states of a user; {who} is now {present}"
    canvas = Canvas(title, 330)
    for start, end, words, corners, (x, y, anchor) in _WAYS:
        way: Any = corners
        canvas.arrow(*way)
        if start == end:
            for number, line in enumerate(words):
                canvas.text(222, 20 + 15 * number, line, size=12, colour=SOFT)
            canvas.line((405, 124), (340, 44), dashed=True)
        else:
            canvas.text(x, y, words[0], size=12, anchor=anchor, colour=SOFT)
    for name, (x, y) in _PLACES.items():
        here = name == present
        half = 4.4 * len(name) + 14
        canvas.box(
            x - half,
            y - 21,
            2 * half,
            42,
            fill=FILL if here else PAPER,
            stroke=INK,
            thick=3 if here else 1,
            radius=20,
        )
        canvas.text(x, y + 5, name, anchor="middle", bold=here)
        if here:
            above = y < 150
            canvas.text(
                x,
                y - 30 if above else y + 40,
                f"{'▼' if above else '▲'} {who} is here",
                anchor="middle",
                bold=True,
            )
    told = [
        f"{name}: {_MEANS[name]}.{' This is where ' + who + ' is now.' if name == present else ''}"
        for name in _PLACES
    ]
    told += [f"From {start} to {end}: {' '.join(line)}." for start, end, line, *_ in _WAYS]
    return Picture(title, canvas.svg(), tuple(told))


# --- what was true when ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """One column of a line of time: when, what happened, whether it went well."""

    at: str
    words: str
    good: bool = True


def timeline(
    title: str, moments: Sequence[Moment], rows: Sequence[tuple[str, Sequence[str]]]
) -> Picture:
    """Draw what was true after each moment. A row is a name and a text for every moment; "" leaves
    a gap, and equal neighbours become one bar. The columns are in order, not to scale: each says
    what time it was.
    """
    left, row = 22 + max((8.4 * len(name) for name, _ in rows), default=0), 40
    step = (WIDTH - left - 16) / max(len(moments), 1)
    heads = [
        wrapped(f"{number}. {moment.words}", int(step / 6.4))
        for number, moment in enumerate(moments, 1)
    ]
    top = 46 + 14 * max((len(lines) for lines in heads), default=0)
    canvas = Canvas(title, top + row * len(rows) + 6)
    words = []
    for number, (moment, lines) in enumerate(zip(moments, heads, strict=True)):
        x = left + number * step
        canvas.line((x, 40), (x, canvas.height - 12), colour=FILL)
        canvas.text(x + 3, 24, moment.at, size=12, bold=True)
        for line, part in enumerate(lines):
            canvas.text(x + 3, 44 + 14 * line, part, size=11, colour=INK if moment.good else BAD)
        truths = ", ".join(f"{name}: {texts[number] or 'none'}" for name, texts in rows)
        words.append(f"{moment.at}: {moment.words}. Afterwards: {truths}.")
    for number, (name, texts) in enumerate(rows):
        y = top + number * row
        canvas.text(12, y + 19, name, bold=True)
        start = 0
        for column in range(1, len(texts) + 1):
            if column == len(texts) or texts[column] != texts[start]:
                if texts[start]:
                    x, width = left + start * step + 2, (column - start) * step - 4
                    canvas.box(x, y, width, 28, fill=FILL, stroke=SOFT)
                    lines = wrapped(texts[start], int(width / 7))[:2]
                    for line, part in enumerate(lines):
                        canvas.text(
                            x + 5,
                            y + 18 + (12 * line - 6 if len(lines) > 1 else 0),
                            part,
                            size=10 + (len(lines) == 1),
                        )
                start = column
    return Picture(title, canvas.svg(), tuple(words))


# --- how much, when -------------------------------------------------------------------------------


def bars(title: str, unit: str, values: Sequence[tuple[str, float, str]]) -> Picture:
    """Draw one bar for each (name, amount, words), from top to bottom; the words stand
    beside it.
    """
    left, row = 190, 26
    canvas = Canvas(title, 40 + row * len(values) + 12)
    most = max((amount for _, amount, _ in values), default=1) or 1
    canvas.text(left, 24, unit, size=12, colour=SOFT)
    for number, (name, amount, words) in enumerate(values):
        y = 36 + number * row
        width = max(amount / most * (WIDTH - left - 250), 2)
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
    """Draw a quantity that changes in steps, 0 to most, and what happened when. levels: (when, how
    much from then on); marks: (when, whether it went well, what it was), drawn as a round sign or a
    cross."""
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
        canvas.text(
            x, y, "●" if good else "✗", anchor="middle", colour=INK if good else BAD, bold=True
        )
        canvas.text(x, y + 16, f"{when:g}", size=11, anchor="middle")
    canvas.text(
        WIDTH / 2,
        top + high + 54,
        f"{unit} (● heard, ✗ refused)",
        size=12,
        anchor="middle",
        colour=SOFT,
    )
    told = [(when, 1, f"{when:g} {unit}: {amount} left") for when, amount in levels]
    told += [(when, 0, f"{when:g} {unit}: {words}") for when, _, words in marks]
    return Picture(title, canvas.svg(), tuple(f"{words}." for _, _, words in sorted(told)))


def wrapped(words: str, width: int) -> list[str]:
    """Return the words in lines of at most so many characters; a longer word is cut at a capital or
    an underscore.
    """
    pieces = []
    for word in words.split():
        while len(word) > width > 2:
            cuts = [
                i
                for i in range(2, width + 1)
                if word[i].isupper() != word[i - 1].isupper()
                and word[i].isupper()
                or word[i - 1] == "_"
            ]
            cut = max(cuts, default=width)
            pieces.append(word[:cut])
            word = word[cut:]
        pieces.append(word)
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + piece
    return lines


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

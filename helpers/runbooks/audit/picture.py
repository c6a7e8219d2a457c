"""A picture of an audit: the way of a code from the user who asks to the new password, with the
weak points on it.
"""

from collections.abc import Sequence

from helpers.display.picture import (
    BAD,
    FILL,
    GOOD,
    INK,
    PAPER,
    SOFT,
    WIDTH,
    Canvas,
    Picture,
    wrapped,
)
from helpers.runbooks.audit.finding import Finding, Level, Place

_DOES = {
    Place.ASKS: "the user asks for a code",
    Place.POOL: "finds user and contact",
    Place.SENDER: "sends the message",
    Place.ARRIVES: "receives the code",
    Place.OPENS: "is set with the code",
}
_SIGNS = {
    Level.RESETS_FAIL: "✗",
    Level.AT_RISK: "▲",
    Level.LEAKS: "◆",
    Level.WORTH_KNOWING: "○",
    Level.NOT_KNOWN: "?",
}
_GRAVE = (Level.RESETS_FAIL, Level.AT_RISK, Level.LEAKS)
_TOP, _LINE, _WORDS = 92, 14, 22


def way_of_a_code(title: str, findings: Sequence[Finding]) -> Picture:
    """Draw the five places that a code comes by, and under each the weak points there: number,
    sign, word and title.

    findings: as audit returns them; the numbers are those of the table of weak points.
    """
    numbered = [
        (number, one) for number, one in enumerate((one for one in findings if one.weak), 1)
    ]
    here = {
        place: [(number, one) for number, one in numbered if one.place is place] for place in Place
    }
    drawn = {place: [_lines(number, one) for number, one in here[place]] for place in Place}
    tallest = max(
        sum(len(lines) * _LINE + 12 for lines in column) or 30 for column in drawn.values()
    )
    canvas = Canvas(title, _TOP + tallest + 16)
    step = (WIDTH - 20) / len(Place)
    for column, place in enumerate(Place):
        x = 10 + column * step
        canvas.box(x + 6, 18, step - 24, 50, fill=FILL, stroke=INK)
        canvas.text(x + 6 + (step - 24) / 2, 39, place, anchor="middle", bold=True)
        canvas.text(
            x + 6 + (step - 24) / 2, 57, _DOES[place], size=10, anchor="middle", colour=SOFT
        )
        if column:
            canvas.arrow((x - 18, 43), (x + 6, 43))
        y = float(_TOP)
        if not drawn[place]:
            looked = any(one.place is place for one in findings)
            canvas.text(
                x + 10,
                y + 8,
                "✓ well set" if looked else "– not looked at",
                size=11,
                bold=True,
                colour=GOOD if looked else SOFT,
            )
        for (_, one), lines in zip(here[place], drawn[place], strict=True):
            grave = one.level in _GRAVE
            canvas.box(
                x + 6,
                y - 8,
                step - 24,
                len(lines) * _LINE + 8,
                fill=PAPER,
                stroke=BAD if grave else SOFT,
                thick=2 if grave else 1,
            )
            for row, line in enumerate(lines):
                canvas.text(
                    x + 12,
                    y + 6 + row * _LINE,
                    line,
                    size=11,
                    bold=not row,
                    colour=BAD if grave and not row else INK,
                )
            y += len(lines) * _LINE + 12
    return Picture(
        title, canvas.svg(), tuple(_told(place, here[place], findings) for place in Place)
    )


def _lines(number: int, one: Finding) -> list[str]:
    return [f"{number} {_SIGNS[one.level]} {one.level}", *wrapped(one.title, _WORDS)]


def _told(place: Place, weak: Sequence[tuple[int, Finding]], findings: Sequence[Finding]) -> str:
    nothing = "well set" if any(one.place is place for one in findings) else "not looked at"
    words = "; ".join(f"{number}, {one.level}: {one.title}" for number, one in weak) or nothing
    return f"{str(place)[0].upper()}{str(place)[1:]} ({_DOES[place]}): {words}."

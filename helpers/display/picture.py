"""A picture: a drawing with the same facts in words, and a canvas to draw it on.

It is SVG without a script, a style sheet, a font or an id of its own, so that it looks the same on
a code host, in JupyterLab, on an HTML page and on paper. The same facts give the same bytes.
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from helpers.secrets.redaction import redact

INK, SOFT, PAPER, FILL, GOOD, BAD = "#1f2933", "#52606d", "#ffffff", "#e4e7eb", "#1b6e4b", "#a61b1b"
_FONT = "Helvetica, Arial, sans-serif"
WIDTH = 860


@dataclass(frozen=True, repr=False)
class Picture:
    """A title, a drawing, and what it shows, sentence by sentence.

    A notebook shows all three, text has the title and the words.
    """

    title: str
    svg: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        lines = (f"  {number}. {line}" for number, line in enumerate(self.words, 1))
        return redact("\n".join([self.title, *lines]))

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

        title, *words = (html.escape(line, quote=False) for line in (self.title, *self.words))
        lines = "\n".join(f"{number}. {line}" for number, line in enumerate(words, 1))
        folded = f"<details><summary>The same in words: {title}</summary>\n\n{lines}\n\n</details>"
        drawing = {"image/svg+xml": self.svg, "text/plain": f"Picture: {self.title}"}
        show: Any = display
        for bundle in (drawing, {"text/markdown": folded, "text/plain": repr(self)}):
            show({kind: redact(text) for kind, text in bundle.items()}, raw=True)


class Canvas:
    """A sheet of paper to draw on; what is drawn later covers what was drawn before."""

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
        """Return the drawing.

        It has a shape and no size, so that it fits a narrow window and a printed page as well.
        """
        title = html.escape(self.title)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(self.width)}'
            f' {_n(self.height)}" role="img" aria-label="{title}"'
            f' style="width:100%;max-width:{_n(self.width)}px;height:auto"><title>{title}</title>\n'
            + "\n".join(self._parts)
            + "\n</svg>"
        )


def wrapped(words: str, width: int) -> list[str]:
    """Return the words in lines of at most so many characters.

    A longer word is cut, at a capital or after an underscore where it has one.
    """
    lines = [""]
    for piece in (piece for word in words.split() for piece in _cut(word, width)):
        if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + piece
    return lines


def _cut(word: str, width: int) -> list[str]:
    if len(word) <= width or width <= 2:
        return [word]
    seams = [seam.start() for seam in re.finditer(r"(?<=[^A-Z])(?=[A-Z])|(?<=_)", word)]
    cut = max((seam for seam in seams if 2 <= seam <= width), default=width)
    return [word[:cut], *_cut(word[cut:], width)]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

"""What a notebook shows a person: a title over rows of "what" and "how it is".

A card is text first; JupyterLab, a code host and a printer draw the same rows as a table.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from helpers.secrets.redaction import redact

BAD = "bad"


@dataclass(frozen=True, repr=False)
class Card:
    """A title and rows of (label, text), without the secrets that this process knows.

    changes: where something will be different, rows of (what, now, after). banner: what has to be
    seen first, in a frame. tone: "bad" for the colour of what was found bad; the title says so in
    words.
    """

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    banner: str = ""
    tone: str = ""

    def map(self, change: Callable[[str], str]) -> "Card":
        """Return the card with every text but the labels passed through `change`."""
        return Card(
            change(self.title),
            tuple((label, change(text)) for label, text in self.rows),
            tuple((change(what), change(now), change(after)) for what, now, after in self.changes),
            self.banner,
            self.tone,
        )

    def __repr__(self) -> str:
        width = max((len(label) for label, _ in self.rows), default=0)
        ruler = "=" * len(self.banner)
        lines = [ruler, self.banner, ruler] if self.banner else []
        lines += [self.title, *(f"  {label:<{width}}  {text}" for label, text in self.rows if text)]
        lines += [f"  {what}: now {now}; after: {after}" for what, now, after in self.changes]
        return redact("\n".join(lines))

    def _repr_markdown_(self) -> str:
        lines = [f"> **{_escape(self.banner)}**", ""] if self.banner else []
        lines += [f"**{_escape(self.title)}**", ""]
        rows = [f"| {_escape(label)} | {_escape(text)} |" for label, text in self.rows if text]
        if rows:
            lines += ["| What | How it is |", "|:---|:---|", *rows]
        if self.changes:
            lines += ["", f"| {' | '.join(CHANGE)} |", "|:---|:---|:---|"]
            lines += [
                f"| {_escape(what)} | {_escape(now)} | {_escape(after)} |"
                for what, now, after in self.changes
            ]
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the same as HTML tables, for a widget."""
        rows = "".join(
            f"<tr>{_head(label, 'row')}{_data(text)}</tr>" for label, text in self.rows if text
        )
        banner = f'<p style="{_BANNER}">{_html(self.banner)}</p>' if self.banner else ""
        shown = f"{banner}<p><strong>{_html(self.title)}</strong></p><table>{rows}</table>"
        if self.changes:
            changes = "".join(
                f"<tr>{_head(what, 'row')}{_data(now)}{_data(after)}</tr>"
                for what, now, after in self.changes
            )
            head = "".join(_head(words, "col") for words in CHANGE)
            shown += f"<table><tr>{head}</tr>{changes}</table>"
        return shown


_CELL = "text-align:left;vertical-align:top;line-height:1.4;padding-right:1em"
_BANNER = "border:3px solid #b3261e;padding:0.3em 0.6em;font-weight:bold;width:fit-content"
CHANGE = ("What changes", "Now", "After")


def _head(text: str, scope: str) -> str:
    return f'<th scope="{scope}" style="{_CELL}">{_html(text)}</th>'


def _data(text: str) -> str:
    return f'<td style="{_CELL}">{_html(text)}</td>'


def _html(text: str) -> str:
    # Here and not afterwards: a secret may be a word of HTML.
    return html.escape(redact(text))


def _escape(text: str) -> str:
    """Have Markdown show these characters as they are."""
    text = html.escape(redact(text), quote=False).replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", text)


@dataclass(frozen=True, repr=False)
class Table:
    """A title, column headings, and rows."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        lines = [self.title, *("  " + " | ".join(row) for row in (self.headings, *self.rows))]
        return redact("\n".join(lines))

    def _repr_markdown_(self) -> str:
        ruler = "|" + "|".join(":---" for _ in self.headings) + "|"
        rows = ["| " + " | ".join(map(_escape, row)) + " |" for row in (self.headings, *self.rows)]
        return "\n".join([f"**{_escape(self.title)}**", "", rows[0], ruler, *rows[1:]])

    def to_html(self) -> str:
        """Return the same as an HTML table, for a widget."""
        head = "".join(_head(words, "col") for words in self.headings)
        rows = "".join(f"<tr>{''.join(map(_data, row))}</tr>" for row in self.rows)
        return f"<p><strong>{_html(self.title)}</strong></p><table><tr>{head}</tr>{rows}</table>"

    def folded(self) -> "Folded":
        """Return the same with its rows behind one line that opens."""
        return Folded(self)


@dataclass(frozen=True, repr=False)
class Folded:
    """A table of which a notebook shows the title until it is opened; as text it is whole."""

    table: Table

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_markdown_(self) -> str:
        rows = self.table._repr_markdown_().partition("\n\n")[2]
        return f"<details><summary>{_html(self.table.title)}</summary>\n\n{rows}\n\n</details>"

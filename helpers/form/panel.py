"""A panel: what goes on elsewhere, looked at about once a second, with buttons for it.

Nothing that it shows is part of the widget's state, which JupyterLab may save into the notebook: it
travels in messages. What the notebook keeps is a copy, in which nobody is named.
"""

import html
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import anywidget
import traitlets

from helpers.display.card import Card
from helpers.display.live import Drawn, Live
from helpers.form.widgets import HERE, HIDES_LOST, display_data, kept_copy, while_alive
from helpers.secrets.redaction import redact


class Panel(anywidget.AnyWidget):
    """One panel, for as long as its kernel lives."""

    _esm = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("form_parts.js", "panel.js")
    )
    _css = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("form.css", "panel.css")
    )
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, shown: Live) -> None:
        self._shown = shown
        self._last: dict[str, Any] = {}
        self._said, self._kept = "", ""
        self._copy: Any = None
        super().__init__(label=shown.label)
        self.on_msg(self._on_message)

    def refresh(self, *, again: bool = False) -> None:
        """Show what there is now, where it is not what is shown already. again: in any case."""
        try:
            drawn = self._shown.draw()
        except Exception as exc:
            logging.getLogger(__name__).exception("the panel could not be drawn")
            drawn = Drawn(Card(f"This cannot be shown: {exc}").to_html())
        now = {
            "kind": "shown",
            "html": drawn.markup,
            "controls": [asdict(control) for control in drawn.controls],
            "progress": asdict(drawn.progress) if drawn.progress else None,
            "said": self._said,
        }
        if now != self._last or again:
            self._last = now
            self.send(now)
        if drawn.kept and drawn.kept != self._kept:
            self._kept = drawn.kept
            if self._copy:
                self._copy.update(self._as_kept(), raw=True)

    def _as_kept(self) -> dict[str, Any]:
        at = f"<p>As it was on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC:</p>"
        none = f"<p>{html.escape(self.label)}: nothing was kept.</p>"
        return kept_copy((at + self._kept if self._kept else none) + HIDES_LOST)

    def _on_message(self, _: Any, content: dict[str, Any], __: Any) -> None:
        kind = content.get("kind")
        if kind == "press":
            ready = {one["name"] for one in self._last.get("controls", ()) if one["ready"]}
            if content.get("name") in ready:
                self._said = self._pressed(str(content["name"]), str(content.get("number", "")))
        self.refresh(again=kind != "tick")
        self.send({"kind": "here"})

    def _pressed(self, name: str, number: str) -> str:
        try:
            return redact(self._shown.press(name, number.strip()))
        except (Exception, KeyboardInterrupt) as exc:
            # A callback's exception would vanish.
            logging.getLogger(__name__).exception("the button failed")
            return redact(f"This did not work: {exc}")

    def _ipython_display_(self) -> None:
        display_data(while_alive(self))
        self.refresh(again=True)
        self._copy = display_data(self._as_kept(), display_id=True)

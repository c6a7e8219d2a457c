"""The form and what fills in below it, as widgets.

A widget's state may be saved into the notebook. So what says who a user is, and what came of a run,
is no part of it: the page asks for it when it draws, and is sent it when it changes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anywidget
import traitlets

HERE = Path(__file__).parent
HIDES_LOST = """<style>
.jp-OutputArea-child:has(> .jupyter-widgets):has(+ * .reset-kept) { display: none; }
</style>"""
"""A style for a notebook to keep. It hides JupyterLab's "Error displaying widget: model not found"
(only that has this class in this place).
"""


def _without_values(fields: Any, form: "Form") -> Any:
    """Return the fields as the state has them: without what another form has handed on."""
    return [{**field, "value": ""} for field in fields] if form.arrive else fields


class Form(anywidget.AnyWidget):
    """The form itself: labelled fields, errors beside them, a busy state, the result in words.

    fields, errors and result are what the page draws. turn counts finished presses: a press that
    was made before the last one was done carries an old number and is dropped, so a double click
    sends once. practice: the user's side is beside it; what is in there comes by message and is
    no part of the state either. keep: the secrets of the last press that are still good.
    where: which Cognito it is about, in one line. arrive: it takes the focus when it appears, since
    a person has asked for it, and its fields hold what the form before has handed on. at_desk: it
    is a step of a case, and folds away when it is done. training: the cases that it offers, each
    with what the user says.
    """

    _esm = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("form_parts.js", "form.js")
    )
    _css = HERE / "form.css"
    title = traitlets.Unicode().tag(sync=True)
    button = traitlets.Unicode().tag(sync=True)
    verify_hint = traitlets.Unicode().tag(sync=True)
    fields: Any = traitlets.List().tag(sync=True, to_json=_without_values)
    where = traitlets.Unicode().tag(sync=True)
    production = traitlets.Bool(False).tag(sync=True)
    errors: Any = traitlets.Dict()
    result: Any = traitlets.Dict()
    keep: tuple[str, ...] = ()
    state = traitlets.Enum(["ready", "busy", "done"], "ready").tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)
    practice = traitlets.Bool(False).tag(sync=True)
    requests_codes = traitlets.Bool(False).tag(sync=True)
    arrive = traitlets.Bool(False).tag(sync=True)
    at_desk = traitlets.Bool(False).tag(sync=True)
    training: Any = traitlets.List().tag(sync=True)

    @traitlets.observe("errors", "result")
    def _tell(self, _: Any) -> None:
        self.send(self._shown())

    def finish(self, state: str) -> None:
        """End a press, in this state: at its very end, since who may press again is heard.

        The page hears of both at once: between the two it would drop the next press, and what is
        still good would not be back in its field.
        """
        with self.hold_sync():
            self.state = state
            self.turn += 1

    def empty(self) -> None:
        """Forget what the fields held and what came of it; for a form that is closed."""
        self.fields, self.errors, self.result = [], {}, {}

    def answer_drawn(self, content: dict[str, Any], values: Mapping[str, str]) -> None:
        """Send a page that has drawn the form what goes into it; content names the page."""
        self.send({**self._shown(), "page": content.get("page"), "values": dict(values)})

    def _shown(self) -> dict[str, Any]:
        shown = {"errors": self.errors, "result": self.result, "keep": list(self.keep)}
        return {"kind": "shown", **shown}


class View(anywidget.AnyWidget):
    """Something below the form that fills in when the button has been pressed.

    A widget is gone with its kernel, whatever it showed. So the notebook keeps a copy beside it,
    which form.css hides for as long as the form is there. value: what a person sees. kept: what the
    copy holds, by its type; who the user is is masked in it.
    """

    _esm = HERE / "view.js"

    def __init__(self, value: str) -> None:
        self.value, self.kept = value, kept_copy(value)
        self._copy: Any = None
        super().__init__()
        self.on_msg(lambda *_: self._tell())

    def fill(self, value: str, masked: str, data: dict[str, Any] | None = None) -> None:
        """Show this HTML, and keep the masked. data: what else the copy holds, by its type."""
        at = f"<p>As it was on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC:</p>"
        self._put(value, {**(data or {}), **kept_copy(at + masked)})

    def empty(self, markup: str) -> None:
        """Show and keep this HTML, which is about nobody, in place of what was there."""
        self._put(markup, kept_copy(markup))

    def _put(self, value: str, kept: dict[str, Any]) -> None:
        self.value, self.kept = value, kept
        self._tell()
        if self._copy:
            self._copy.update(self.kept, raw=True)

    def _tell(self) -> None:
        self.send({"kind": "shown", "html": self.value})

    def _ipython_display_(self) -> None:
        display_data(while_alive(self))
        self._copy = display_data(self.kept, display_id=True)


def kept_copy(markup: str) -> dict[str, Any]:
    return {"text/html": f'<div class="reset-kept">{markup}</div>'}


def while_alive(widget: Any) -> dict[str, Any]:
    """Return what shows a widget while it lives; without one, the copy beside it has the words."""
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return {name: content for name, content in data.items() if name != "text/plain"}


def display_data(data: Any, **options: Any) -> Any:
    from IPython.display import display

    return display(data, raw=True, **options)  # type: ignore[no-untyped-call]

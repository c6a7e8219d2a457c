"""The form and what fills in below it, as widgets."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

HERE = Path(__file__).parent


class Form(anywidget.AnyWidget):
    """The form itself: labelled fields, errors beside them, a busy state, the result in words.

    fields, errors and result are what the page draws. turn counts finished presses: a press that
    was made before the last one was done carries an old number and is dropped, so a double click
    sends once. practice: the user's side is beside it; what is in there comes by message and is
    no part of the state either. arrive: it takes the focus when it appears, since a person has
    asked for it. training: the cases that it offers, each with what the user says.
    """

    _esm = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("form_parts.js", "form.js")
    )
    _css = HERE / "form.css"
    title = traitlets.Unicode().tag(sync=True)
    button = traitlets.Unicode().tag(sync=True)
    verify_hint = traitlets.Unicode().tag(sync=True)
    fields: Any = traitlets.List().tag(sync=True)
    errors: Any = traitlets.Dict().tag(sync=True)
    result: Any = traitlets.Dict().tag(sync=True)
    state = traitlets.Enum(["ready", "busy", "done"], "ready").tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)
    practice = traitlets.Bool(False).tag(sync=True)
    requests_codes = traitlets.Bool(False).tag(sync=True)
    arrive = traitlets.Bool(False).tag(sync=True)
    training: Any = traitlets.List().tag(sync=True)


class View(ipywidgets.HTML):  # type: ignore[misc]
    """Something below the form that fills in when the button has been pressed.

    A widget is gone with its kernel, whatever it showed. So the notebook keeps a copy beside it,
    which form.css hides for as long as the form is there. data: what else the copy holds, by its
    type.
    """

    data: Any = None
    _copy: Any = None

    def _ipython_display_(self) -> None:
        display_data(while_alive(self))
        self._copy = display_data(kept_copy(self.value), display_id=True)

    @traitlets.observe("value")
    def _keep(self, _: Any) -> None:
        if self._copy:
            kept = kept_copy(
                f"<p>As it was on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC:</p>{self.value}"
            )
            self._copy.update({**(self.data or {}), **kept}, raw=True)


def kept_copy(markup: str) -> dict[str, Any]:
    return {"text/html": f'<div class="reset-kept">{markup}</div>'}


def while_alive(widget: Any) -> dict[str, Any]:
    """Return what shows a widget while it lives; without one, the copy beside it has the words."""
    return {name: data for name, data in widget._repr_mimebundle_().items() if name != "text/plain"}


def display_data(data: Any, **options: Any) -> Any:
    from IPython.display import display

    return display(data, raw=True, **options)  # type: ignore[no-untyped-call]

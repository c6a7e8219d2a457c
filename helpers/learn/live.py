"""The pieces of a lesson as a widget, for a person who runs the notebook."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent


class Live(anywidget.AnyWidget):
    """A piece as the page draws it; its facts are those of `Piece` and never change."""

    _esm = _HERE / "pieces.js"
    _css = _HERE / "pieces.css"
    kind = traitlets.Unicode().tag(sync=True)
    facts: Any = traitlets.Dict().tag(sync=True)

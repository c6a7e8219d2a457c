"""Show something that goes on elsewhere: with buttons to a person, and as it is now to nobody."""

from typing import Any

from helpers.display.live import Live
from helpers.run.package_data import LabMissing


def live(shown: Any) -> Any:
    """Return a panel where `shown` is `Live`, and `shown` itself where it is not.

    Raises LabMissing where there is a person and nothing to show a panel with.
    """
    if not isinstance(shown, Live):
        return shown
    try:
        from helpers.form.panel import Panel
    except ModuleNotFoundError as exc:
        if exc.name in ("anywidget", "ipywidgets"):
            raise LabMissing("A panel needs JupyterLab's widgets") from None
        raise
    return Panel(shown)

"""papermill's way to the engine `cognito-reset`: what its entry point names.

papermill imports each engine that is installed whenever it is imported itself, and a script may
have a module `helpers` of its own beside it, which Python finds in the place of this project's
package. Then papermill has to go on, and only this engine says why it cannot.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from papermill.engines import Engine
from papermill.exceptions import PapermillException


def where_is_helpers() -> tuple[str, bool]:
    """Return where Python finds `helpers`, and whether it is this project's; nothing of it runs."""
    try:
        found = find_spec("helpers")
    except ValueError:  # it is there already, and says nothing of itself
        found = None
    folders = (found and found.submodule_search_locations) or ()
    ours = any(Path(folder, "runner", "papermill_engine.py").exists() for folder in folders)
    return (found and found.origin) or "another module", ours


class NotHere(Engine):  # type: ignore[misc]
    """Stands for the engine where its package cannot be imported."""

    @classmethod
    def execute_notebook(cls, *args: Any, **kwargs: Any) -> Any:
        """Raise PapermillException."""
        raise PapermillException(
            f"The engine cognito-reset cannot be imported here: {where_is_helpers()[0]} has the"
            " name of its package, helpers. Call papermill by its command, or from another folder."
        )


def engine() -> type[Engine]:
    """Return the engine, or what stands for it."""
    if not where_is_helpers()[1]:
        return NotHere
    from helpers.runner.papermill_engine import CognitoResetEngine

    return CognitoResetEngine


CognitoReset = engine()

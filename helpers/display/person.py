"""Is a person there?"""

import os
import sys


class NotInATab(ImportError):
    """Something needs what a browser tab does not have; the message says what to do."""

    def _render_traceback_(self) -> list[str]:
        """Have a notebook show the sentence alone."""
        return [str(self)]


def in_a_tab() -> bool:
    """Say whether this Python runs in a browser tab, where there are no sockets and no other
    programs.

    Pyodide's Python is built by Emscripten, and says so.
    """
    return sys.platform == "emscripten"


def is_interactive(interactive: str) -> bool:
    """Say whether a person is there to fill in a form. interactive: yes, no, or auto, which asks
    the kernel.

    A kernel run by papermill, nbval or nbconvert is told that nobody can answer a question. So is
    one of Voila's, which runs the notebook for a visitor of its page: it names itself in the
    environment. In a browser tab there is nobody else.
    """
    if interactive in ("yes", "no"):
        return interactive == "yes"
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/") or in_a_tab():
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))

"""Is a person there?"""

import os
import sys


def is_interactive(interactive: str) -> bool:
    """Say whether a person is there to fill in a form. interactive: yes, no, or auto, which asks
    the kernel.

    A kernel run by papermill, nbval or nbconvert is told that nobody can answer a question. So is
    one of Voila's, which runs the notebook for a visitor of its page: it names itself in the
    environment. In a browser tab, where Python itself runs on Emscripten, there is nobody else.
    """
    if interactive in ("yes", "no"):
        return interactive == "yes"
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/") or sys.platform == "emscripten":
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))

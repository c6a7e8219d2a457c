"""What makes a forked process begin as a new interpreter would, in the run's own folder."""

import asyncio
import atexit
import ctypes
import importlib.machinery
import logging
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

KERNELS = frozenset(
    (
        *("IPython", "ipykernel", "jupyter_client", "jupyter_core", "traitlets", "tornado", "zmq"),
        *("asttokens", "comm", "dateutil", "decorator", "executing", "matplotlib_inline"),
        *("nest_asyncio2", "packaging", "pexpect", "platformdirs", "prompt_toolkit", "psutil"),
        *("ptyprocess", "pure_eval", "pygments", "six", "stack_data", "typing_extensions"),
        *("wcwidth", "ipython_pygments_lexers", "jedi", "parso", "colorama", "msgpack"),
    )
)
"""The packages that an ordinary kernel, too, has imported before it looks into a run's folder."""
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def outside() -> dict[str, Any]:
    """Return what a process takes over from the one that starts it, for `begin`."""
    import resource  # not there on Windows, nor is there a fork

    os.umask(mask := os.umask(0o077))
    kinds = {number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}
    limits = [(number, *resource.getrlimit(number)) for number in sorted(kinds)]
    return {"cwd": os.getcwd(), "umask": mask, "limits": limits}


def leave_the_parent() -> None:
    """Drop what a forked process has from the one before: signals, logging, warnings, exit hooks,
    random state.
    """
    os.setsid()
    if _prctl:
        _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no run outlives the process that forks
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    # What a new interpreter starts with, whatever the asker's command line said.
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    random.seed()
    sys.argv = ["ipykernel_launcher.py"]
    asyncio.set_event_loop(asyncio.new_event_loop())


def begin(start: Mapping[str, Any], path: list[str]) -> None:
    """Take on the environment, the folder and the limits of a run.

    start: as the asker said it, see `outside`. path: where a new interpreter with the environment
    before looks for modules.
    """
    import resource

    before = _in_pythonpath()
    os.environ.clear()
    os.environ.update(start["env"])
    os.chdir(start["cwd"])
    os.umask(start["umask"])
    for number, *limit in start["limits"]:
        if limit != list(resource.getrlimit(number)):
            resource.setrlimit(number, (limit[0], limit[1]))
    time.tzset()
    tempfile.tempdir = None  # it was asked for already, while importing, and kept
    now = _in_pythonpath()
    path = [*now, *_without(before, path, now)] if now != before else list(path)
    # As IPython has it: the run's folder comes after the standard library.
    packages = (n for n, each in enumerate(path) if Path(each).name.endswith("-packages"))
    path.insert(next(packages, 0), "")
    sys.path[:] = path
    _let_go_of_what_lies_here(["", *(each for each in now if each not in before)])


def _in_pythonpath() -> list[str]:
    told = os.environ.get("PYTHONPATH")
    return [os.path.abspath(each) for each in told.split(os.pathsep)] if told else []


def _without(before: list[str], path: list[str], now: list[str]) -> Iterator[str]:
    """Yield the path without these folders, but for those that a .pth file names too: where
    PYTHONPATH has one already, Python does not add it a second time.
    """
    for folder in (each for each in path if each not in (*before, *now)):
        yield folder
        if Path(folder).name.endswith("-packages"):
            for file in sorted(Path(folder).glob("*.pth")):
                named = (os.path.join(folder, line) for line in _lines(file))
                yield from (each for each in named if each in before and each not in now)


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:  # which Python passes over, too
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def _let_go_of_what_lies_here(folders: list[str]) -> None:
    """Forget what the process before has imported and this run has, under the same name, in a
    folder of its own: a new interpreter would import that.
    """
    names = {each.partition(".")[0] for folder in folders for each in _listed(folder)}
    for name in [name for name in names if name in sys.modules and not _stays(name)]:
        found = importlib.machinery.PathFinder.find_spec(name)
        kept = getattr(sys.modules[name], "__spec__", None)
        if found and found.origin and kept and found.origin != kept.origin:
            for each in [each for each in sys.modules if f"{each}.".startswith(f"{name}.")]:
                del sys.modules[each]


def _stays(name: str) -> bool:
    return name in KERNELS or name in sys.stdlib_module_names or name == "__main__"


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:
        return []

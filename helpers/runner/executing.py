"""A run with a notebook: papermill's own steps, and the notebook written once, in one piece.

`papermill.execute_notebook` takes the same steps. Besides, it reads the braces of a path as
parameters, and writes the executed notebook a second time, in place, when the engine has done so.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from helpers.cognito.errors import BadParameters
from helpers.run.entries import State
from helpers.run.entry import RunbookEntry
from helpers.run.recording import RUN
from helpers.runner.light import NOT_PERMITTED
from helpers.runner.signals import StopRequests, words_for

_ENGINE = "cognito-reset"


def execute(
    entry: RunbookEntry,
    values: Mapping[str, Any],
    executed: Path,
    *,
    timeout: float | None,
    cell_timeout: int | None,
    dry_run: bool,
    on_cell: Callable[[int, int, str], None] | None,
    permit: Callable[[], bool] | None,
    stop: StopRequests,
) -> tuple[State, str, Any]:
    """Execute the notebook; return how it ended, in a word and in more, and itself.

    permit: asked just before the cell that acts. The notebook is the one in memory, None where it
    did not come so far: the file may be older, or missing, where the disk is full.
    """
    ended: list[Any] = []
    options = {
        "run_timeout": timeout,
        "execution_timeout": cell_timeout,
        "on_cell": _permitted(entry, on_cell, permit),
        "on_end": ended.append,
        "store_widget_state": False,
        "stop_after": "plan" if dry_run else None,
    }
    os.environ[RUN] = str(executed.parent)
    try:
        with stop.heard():
            state, detail = _by_papermill(entry, values, executed, options)
    except KeyboardInterrupt:
        state, detail = "interrupted", words_for(stop.number or signal.SIGINT)
    finally:
        del os.environ[RUN]
    return state, detail, ended[0] if ended else None


def warm_up(entry: RunbookEntry) -> None:
    """Do what the first of many runs would else do: import papermill, and wait until what the
    notebook needs is imported where its kernels are forked. Raises nothing: the run will tell.
    """
    _import_no_grammar()
    from papermill.iorw import load_notebook_node

    from helpers.runner.engine import client
    from helpers.runner.engine_settings import WARMING

    with suppress(Exception):
        notebook = load_notebook_node(str(entry.path))
        client.warm_up(notebook.metadata.kernelspec.name, notebook, WARMING, wait=True)


class _NotPermitted(Exception):
    """The run may not act any more."""


def _permitted(
    entry: RunbookEntry,
    on_cell: Callable[[int, int, str], None] | None,
    permit: Callable[[], bool] | None,
) -> Callable[[int, int, str], None] | None:
    """Return what is told of each cell before it begins, and asks before the one that acts."""
    if permit is None:
        return on_cell

    def begin(index: int, count: int, cell: str) -> None:
        if on_cell:
            on_cell(index, count, cell)
        if cell == entry.acts_in and not permit():
            raise _NotPermitted

    return begin


def _import_no_grammar() -> None:
    """Have jsonschema do without rfc3987_syntax, which comes with JupyterLab: it checks
    internationalised addresses, which no notebook has, and builds a grammar for half a second.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _by_papermill(
    entry: RunbookEntry, values: Mapping[str, Any], executed: Path, options: Mapping[str, Any]
) -> tuple[State, str]:
    _import_no_grammar()
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    try:
        notebook = _steps(str(entry.path), dict(values), str(executed), options)
    except PapermillExecutionError as exc:
        return "failed", f"{exc.ename}: {exc.evalue}"
    except BadParameters as exc:
        return "failed", str(exc)
    except _NotPermitted:
        return "interrupted", NOT_PERMITTED
    except CellTimeoutError as exc:
        return "timed_out", str(exc)
    except DeadKernelError as exc:
        return "died", str(exc)
    except OSError as exc:
        return "failed", f"The executed notebook could not be saved: {exc.strerror or exc}"
    except Exception as exc:  # noqa: BLE001  # a bug: the record has to say so
        return "failed", f"{type(exc).__name__}: {exc}"
    return cast(State, notebook.metadata["cognito_reset"]["ended"]), ""


def _steps(path: str, values: dict[str, Any], executed: str, options: Mapping[str, Any]) -> Any:
    from papermill import PapermillExecutionError
    from papermill.engines import papermill_engines
    from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from helpers.runner.engine.manager import write_whole

    notebook = load_notebook_node(path)
    if values:
        notebook = parameterize_notebook(notebook, values, engine_name=_ENGINE)
    notebook = prepare_notebook_metadata(notebook, path, executed)
    notebook = papermill_engines.execute_notebook_with_engine(
        _ENGINE,
        notebook,
        papermill_engines.nb_kernel_name(_ENGINE, notebook),
        input_path=path,
        output_path=executed,
        progress_bar=False,
        **options,
    )
    try:
        raise_for_execution_errors(notebook, None)
    except PapermillExecutionError:
        write_whole(notebook, executed)  # with the banner that says where it failed
        raise
    return notebook

"""The papermill engine `cognito-reset`: strict, redacting, truthful and fast.

    papermill --engine cognito-reset NOTEBOOK OUT -r name value ...

- strict: an unknown parameter, a wrong type or a secret given by value is refused before anything
  runs or is written.
- redacting: what a secret reference stands for reaches neither OUT, while it runs and after it, nor
  the log, nor the exception. The kernel tells each secret it resolves through its own pipe, ahead
  of any output that may hold it.
- truthful: after an error, a timeout, an interrupt or a dead kernel the cell and the notebook say
  what happened, and a cell that never ran stays pending. `metadata.cognito_reset.ended` says it in
  one word.
- fast: the kernel is the real ipykernel, forked from a process that has everything imported (see
  helpers.runner.engine.forkserver), and nbclient drives it. Of the ways to run in a fork this is
  the faithful one: a bare IPython shell would lack comms, display updates and ipykernel's
  tracebacks. With ZeroMQ's sockets and threads such a kernel would need about a third of a second
  to be ready; with one pipe in their place (see helpers.runner.engine.kernel) a whole small run
  takes a twentieth.

Where there is no fork, or for another kernel than this Python's, nbclient's ordinary kernel serves,
as strict and as redacting. papermill loads this module whenever it is imported, for any engine, so
it imports next to nothing itself.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from papermill.engines import Engine
from papermill.exceptions import PapermillException

from helpers.cognito.errors import BadParameters
from helpers.secrets.redaction import Redactor

RUN_TIMEOUT = "COGNITO_RESET_RUN_TIMEOUT"
"""The environment variable that limits a whole run, in seconds, where papermill's command line has
no option for it.
"""


class ParametersRefused(BadParameters, PapermillException):  # type: ignore[misc]
    """What papermill raises for parameters that cannot be used. Its command line prints the words
    and ends with 2.
    """


def _as_click_error() -> type[Exception]:
    """Make the refusal one that papermill's command line, made with click, shows without a
    traceback.
    """
    import click

    class Shown(ParametersRefused, click.ClickException):
        def format_message(self) -> str:
            return str(self)

    Shown.__name__ = Shown.__qualname__ = ParametersRefused.__name__
    return Shown


class CognitoResetEngine(Engine):  # type: ignore[misc]
    """Registered with papermill under the name cognito-reset."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: Any = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        input_path: Any = "",
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        run_timeout: float | None = None,
        stdout_file: Any = None,
        stderr_file: Any = None,
        on_cell: Callable[[int, int], None] | None = None,
        stop_after: str | None = None,
        **more: Any,
    ) -> Any:
        """Execute a notebook that papermill has parameterised. papermill calls it.

        run_timeout: seconds for the whole run; execution_timeout, as papermill means it, is for
        each cell. on_cell: told the index of each cell as it starts, and how many there are.
        stop_after: the id of the last cell to run. `more` goes to nbclient.
        """
        from helpers.runner.engine.client import Client, warm_up
        from helpers.runner.engine.manager import Manager, hidden_from

        warm_up(kernel_name, nb)  # it imports while the parameters are looked at
        from helpers.runner.engine import validation

        given = nb.metadata.get("papermill", {}).get("parameters", {})
        try:
            validation.check(nb, str(input_path) if isinstance(input_path, str) else "", given)
        except BadParameters as exc:
            raise _as_click_error()(exc.problems) from None
        redactor = Redactor()
        validation.learn_from({**validation.defaults_of(nb), **given}, redactor.add)
        limit = run_timeout or float(os.environ.get(RUN_TIMEOUT) or 0)
        manager = Manager(
            nb,
            output_path=output_path,
            log_output=log_output,
            progress_bar=progress_bar,
            autosave_cell_every=autosave_cell_every,
            redactor=redactor,
        )
        with hidden_from("papermill", redactor):
            manager.notebook_start()
            try:
                Client(
                    manager,
                    redactor=redactor,
                    kernel_name=kernel_name,
                    deadline=time.monotonic() + limit if limit else None,
                    on_cell=on_cell,
                    stop_after=stop_after,
                    timeout=execution_timeout or more.pop("timeout", None),
                    startup_timeout=start_timeout,
                    log_output=log_output,
                    stdout_file=stdout_file,
                    stderr_file=stderr_file,
                    **more,
                ).execute()
            finally:
                manager.cleanup_pbar()
                manager.notebook_complete()
        return manager.redacted()

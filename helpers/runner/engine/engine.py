"""A papermill engine: strict, redacting, truthful and fast.

- strict: an unknown parameter, a wrong type or a secret given by value is refused before anything
  runs or is written.
- redacting: no secret reaches the output notebook, while it runs and after it, nor the log, nor the
  exception. The kernel tells each secret it learns through its own pipe, ahead of any output that
  may hold it.
- truthful: after an error, a timeout, an interrupt or a dead kernel the cell and the notebook say
  what happened, and a cell that never ran stays pending. `ended`, in the engine's own metadata,
  says it in one word.
- fast: the kernel is the real ipykernel, forked from a process that has everything imported (see
  forkserver), and nbclient drives it. Of the ways to run in a fork this is the faithful one: a bare
  IPython shell would lack comms, display updates and ipykernel's tracebacks. Forked in the same way
  but with ZeroMQ's sockets and threads, as a provisioner of jupyter_client would do it, a kernel
  with one cell takes six times the processor's time of a whole run with one pipe in their place
  (see kernel): 150 ms against 25.

Where there is no fork, or for another kernel than this Python's, nbclient's ordinary kernel serves,
as strict and as redacting. papermill loads engines whenever it is imported, so this imports next to
nothing itself.

What a project calls a secret, and what its notebooks need, it says in a subclass.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

import click
from papermill.engines import Engine
from papermill.exceptions import PapermillException

from helpers.runner.engine.forkserver import Warming
from helpers.runner.engine.redaction import Cleaner, Redactor


class Refused(PapermillException, click.ClickException):  # type: ignore[misc]
    """What cannot be run as it was asked for; nothing has run, nothing is written. papermill's
    command line prints the words and ends with 2.
    """

    exit_code = 2

    def format_message(self) -> str:
        return str(self)


class ForkingEngine(Engine):  # type: ignore[misc]
    """What a project registers with papermill is a subclass of this."""

    key: ClassVar[str]
    """Under which the notebook's metadata and a cell's say how it ended."""
    run_timeout_variable: ClassVar[str]
    """The environment variable that limits a whole run, in seconds, where papermill's command line
    has no option for it.
    """
    strict_variable: ClassVar[str]
    """The environment variable that says what is checked of parameters: names, types and secrets,
    separated by commas. `strict`, beside how it ended in the notebook's metadata, says it for one
    notebook, where the variable is not set.
    """
    listen: ClassVar[str]
    """The function with which a listener for the kernel's secrets is registered there, as
    module:name.
    """
    warming: ClassVar[Warming]
    """What is imported before a kernel is forked."""
    formats: ClassVar[Mapping[str, frozenset[str]]] = {}
    """For each media type of the project's own the names in its JSON whose values are no text, such
    as enumerations.
    """

    @classmethod
    def check(
        cls, source: str, own: Mapping[str, Any], given: Mapping[str, Any], strict: Collection[str]
    ) -> None:
        """Raise Refused, with every problem, unless a notebook can be run with these parameters.

        source: the notebook's path, "" when there is none. own: the parameters of its parameters
        cell, with their values where they are literals. strict: what is checked.
        """
        cls.check_by_its_cell(own, given, strict)

    @classmethod
    def check_by_its_cell(
        cls,
        own: Mapping[str, Any],
        given: Mapping[str, Any],
        strict: Collection[str],
        schemes: Sequence[str] = (),
    ) -> None:
        """Raise Refused, with every problem, unless parameters fit the notebook's own.

        schemes: of references to secrets, which may be given in their place.
        """
        from helpers.runner.engine.validation import KINDS, problems_of

        for name in given:
            if name not in own and "names" not in strict:
                _papermill.warning("%s is no parameter of this notebook", name)
        found = problems_of(own, given, schemes, strict)
        if problems := [f"  {name}: {words}" for name, words in found]:
            kinds = f"{cls.strict_variable}={','.join(KINDS)}"
            less = f"{kinds} is what can be checked; name fewer to check fewer."
            raise Refused("\n".join(("this notebook was not run, because of", *problems, less)))

    @classmethod
    def redactor(cls, values: Mapping[str, Any]) -> Redactor:
        """Return what knows the secrets of a run with these parameters, and will learn more."""
        raise NotImplementedError

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
        on_cell: Callable[[int, int, str], None] | None = None,
        stop_after: str | None = None,
        on_end: Callable[[Any], None] | None = None,
        **more: Any,
    ) -> Any:
        """Execute a notebook that papermill has parameterised. papermill calls it.

        run_timeout: seconds for the whole run; execution_timeout, as papermill means it, is for
        each cell. on_cell: told the index of each cell as it starts, how many there
        are, and its id; what it raises ends the run before that cell.
        stop_after: the id of the last cell to run. on_end: handed the notebook, redacted, as it is
        in memory at the end, also of a run that fails or cannot be saved. `more` goes to nbclient.
        """
        from helpers.runner.engine.client import Client, warm_up
        from helpers.runner.engine.manager import Manager, hidden_from

        warm_up(kernel_name, nb, cls.warming)  # it imports while the parameters are looked at
        from helpers.runner.engine import validation

        limit = cls._limit(run_timeout)
        own = validation.defaults_of(nb)
        given = validation.given_to(nb)
        source = input_path if isinstance(input_path, str) else ""
        cls.check(source, own, given, cls._strict(nb))
        cleaner = Cleaner(cls.redactor({**own, **given}), key=cls.key, formats=cls.formats)
        manager = Manager(
            nb,
            output_path=output_path,
            log_output=log_output,
            progress_bar=progress_bar,
            autosave_cell_every=autosave_cell_every,
            cleaner=cleaner,
            key=cls.key,
        )
        with hidden_from("papermill", cleaner.redactor), manager.running(on_end):
            Client(
                manager,
                cleaner=cleaner,
                warming=cls.warming,
                listen=cls.listen,
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
        return manager.executed

    @classmethod
    def _strict(cls, nb: Any) -> Collection[str]:
        from helpers.runner.engine.validation import strictness

        told = os.environ.get(cls.strict_variable)
        try:
            return strictness(nb.metadata.get(cls.key, {}).get("strict") if told is None else told)
        except ValueError as exc:
            name = f"metadata.{cls.key}.strict" if told is None else cls.strict_variable
            raise Refused(f"{name} {exc}") from None

    @classmethod
    def _limit(cls, run_timeout: float | None) -> float | None:
        from helpers.runner.engine.validation import seconds

        try:
            return seconds(run_timeout or os.environ.get(cls.run_timeout_variable))
        except ValueError as exc:
            name = "run_timeout" if run_timeout else cls.run_timeout_variable
            raise Refused(f"{name} {exc}") from None


def _is_of_use(record: logging.LogRecord) -> bool:
    """Drop papermill's warning of a parameter that it does not find, where an engine of this kind
    looks: that one sees parameters which papermill overlooks, and refuses what is unknown.
    """
    if not record.getMessage().startswith("Passed unknown parameter: "):
        return True
    from papermill.engines import papermill_engines

    frame = sys._getframe()
    while frame.f_back and frame.f_globals["__name__"] != "papermill.execute":
        frame = frame.f_back
    try:
        engine = papermill_engines.get_engine(frame.f_locals.get("engine_name"))
    except PapermillException:  # there is no such engine, and papermill will say so
        return True
    return not (isinstance(engine, type) and issubclass(engine, ForkingEngine))


_papermill = logging.getLogger("papermill")
_papermill.addFilter(_is_of_use)

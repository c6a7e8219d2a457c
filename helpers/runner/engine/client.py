"""What executes a notebook for the engine: nbclient's client, which says the truth about how each
cell has ended.
"""

import asyncio
import contextlib
import copy
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import (
    CellExecutionComplete,
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from papermill.clientwrap import PapermillNotebookClient
from papermill.log import logger
from traitlets.config import Config

from helpers.runner.engine import forkserver
from helpers.runner.engine.handover import SECRET_MESSAGE, prelude
from helpers.runner.engine.kernel_client import KernelLink
from helpers.runner.engine.kernelspec import can_fork
from helpers.runner.engine.manager import SAVE_EVERY, Manager, how_it_failed, is_exit
from helpers.runner.engine.redaction import Cleaner

GRACE = 2.0
"""Seconds that an interrupted cell has to come to an end by itself, so that its traceback can be
kept.
"""
_TOO_LONG = "the run took longer than it may"


class RunTimeoutError(CellTimeoutError):
    """The whole run took longer than it may."""


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """nbclient's client on a forked kernel, or on an ordinary one where there can be no fork."""

    def __init__(
        self,
        manager: Manager,
        *,
        cleaner: Cleaner,
        warming: forkserver.Warming,
        listen: str,
        kernel_name: str,
        deadline: float | None,
        on_cell: Callable[[int, int, str], None] | None,
        stop_after: str | None,
        timeout: int | None,
        startup_timeout: float,
        **more: Any,
    ) -> None:
        self._manager, self._cleaner, self._listen = manager, cleaner, listen
        self._deadline, self._on_cell = deadline, on_cell
        self._cell_timeout, self._stop_after = timeout, stop_after
        self._tails: dict[str, str] = {}
        self._sockets: tempfile.TemporaryDirectory[str] | None = None
        link = None
        if can_fork(kernel_name):
            source = _source_of(manager.nb)
            link = KernelLink(
                cleaner, warming, listen=listen, source=source, timeout=startup_timeout
            )
        elif os.name == "posix":
            self._sockets = tempfile.TemporaryDirectory(prefix="kernel")
            more["config"] = Config(
                {"KernelManager": {"transport": "ipc", "ip": f"{self._sockets.name}/k"}}
            )
        super().__init__(
            manager,
            km=link,
            kernel_name=kernel_name,
            log=logger,
            timeout_func=self._time_left,
            startup_timeout=startup_timeout,
            **more,
        )
        self.link = link

    def execute(self, **kwargs: Any) -> Any:
        """Run all cells, up to the first that fails."""
        self.reset_execution_trackers()
        if self.link is None:
            # ipykernel repeats on the terminal what a cell's subprocesses write.
            kwargs |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            with self.setup_kernel(cleanup_kc=True, **kwargs):
                self.log.info("Executing notebook with kernel: %s", self.kernel_name)
                self._ask_for_language()
                if self.link is None:
                    code = prelude(self._listen)
                    self.wait_for_reply(self.kc.execute(code, silent=True, store_history=False))
                self.papermill_execute_cells()
                self.set_widgets_metadata()
        finally:
            if self._sockets is not None:
                self._sockets.cleanup()
        return self.nb

    def papermill_execute_cells(self) -> None:
        """Run one cell after the other, and say the truth about the one that did not come to its
        end.
        """
        manager = self._manager
        for index, cell in enumerate(self.nb.cells):
            problem: BaseException | None = None
            if self._is_late():
                self.shutdown_kernel = "immediate"
                raise RunTimeoutError(_TOO_LONG)
            if self._on_cell:
                self._on_cell(index, len(self.nb.cells), cell.get("id", ""))
            try:
                manager.cell_start(cell, index)
                if cell.cell_type == "code":
                    self.execute_cell(cell, index)
            except CellExecutionError as exc:
                ended = "exited" if is_exit(exc.ename, exc.evalue) else "failed"
                manager.cell_ended(cell, ended, f"{exc.ename} in this cell")
            except CellTimeoutError:
                problem = self._timed_out(cell, index)
            except DeadKernelError:
                problem = self._died(cell, index)
            except (KeyboardInterrupt, SystemExit) as exc:
                self._stop(cell, index)
                manager.cell_ended(cell, "interrupted", "stopped from outside")
                problem = exc
            except Exception as exc:  # noqa: BLE001  # such as a full disk
                self.shutdown_kernel = "immediate"
                manager.cell_ended(cell, *how_it_failed(exc))
                problem = exc
            finally:
                self._log_tails(cut=manager.ended not in ("running", "exited"))
                manager.cell_complete(cell, cell_index=index)
            if problem is not None:
                raise problem.with_traceback(None) from None
            if manager.ended != "running":
                return
            if self._stop_after and cell.get("id") == self._stop_after:
                manager.ended = "planned"
                return
        manager.ended = "completed"

    # --- how a cell can end ---

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _time_left(self, cell: Any) -> float | None:
        left = None if self._deadline is None else max(self._deadline - time.monotonic(), 0.001)
        return min(filter(None, (self._cell_timeout, left)), default=None)

    def _timed_out(self, cell: Any, index: int) -> Exception:
        whole = self._is_late()
        words = _TOO_LONG if whole else f"the cell took longer than {self._cell_timeout} seconds"
        self._stop(cell, index)
        _note(cell, "RunTimeoutError" if whole else "CellTimeoutError", words)
        self._manager.cell_ended(cell, "timed_out", words)
        return (RunTimeoutError if whole else CellTimeoutError)(words)

    def _died(self, cell: Any, index: int) -> Exception:
        self._quiet_loop()
        self._collect(cell, index, 0.2)
        words = self.link.how_it_ended() if self.link else "the kernel is gone"
        _note(cell, "DeadKernelError", words)
        self._manager.cell_ended(cell, "died", words)
        return DeadKernelError(words)

    def _stop(self, cell: Any, index: int) -> None:
        """Interrupt the cell, keep what it still has to say, and have the kernel killed without
        further ado.
        """
        self.shutdown_kernel = "immediate"
        self._quiet_loop()
        if self.link is not None:
            with _ignore_interrupts():
                self.link.interrupt_kernel()
                self._collect(cell, index, GRACE)

    def _collect(self, cell: Any, index: int, seconds: float) -> None:
        if self.link is None:
            return
        end = time.monotonic() + seconds
        with contextlib.suppress(CellExecutionComplete):
            while (left := end - time.monotonic()) > 0:
                message = self.link.take(left)
                if message is None:
                    return
                if message["parent_header"].get("msg_id") == self.link.request:
                    self.process_message(message, cell, index)

    def _quiet_loop(self) -> None:
        """End the tasks that a cell cut short has left in the event loop."""
        loop = ensure_event_loop()
        if loop.is_running():
            return
        if tasks := asyncio.all_tasks(loop):
            loop.run_until_complete(_end(tasks))

    # --- what comes from the kernel ---

    async def async_execute_cell(
        self,
        cell: Any,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> Any:
        """Run one cell; save it as running when it takes a while."""
        before, mine = asyncio.all_tasks(), asyncio.current_task()
        later = asyncio.get_running_loop().call_later(SAVE_EVERY, self._manager.save_now)
        try:
            return await super().async_execute_cell(
                cell, cell_index, execution_count, store_history
            )
        finally:
            later.cancel()
            left = asyncio.all_tasks() - before
            if left and mine and not mine.cancelling():  # else `_quiet_loop` ends them as well
                await _end(left)

    execute_cell = run_sync(async_execute_cell)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take one message of the kernel into the notebook; a secret that it tells goes to the
        redactor instead.
        """
        if self.link is None:
            if msg["msg_type"] == SECRET_MESSAGE:
                self._cleaner.redactor.add(msg["content"]["value"])
                return None
            msg["content"] = self._cleaner.message(msg["content"])
        return super().process_message(msg, cell, cell_index)

    def log_output_message(self, output: Any) -> None:
        """Log output by whole lines: a secret that was printed in pieces is in one piece again."""
        if output.output_type != "stream":
            super().log_output_message(self._cleaner.message(output))
            return
        text = self._tails.pop(output.name, "") + "".join(output.text)
        lines = not self._cleaner.redactor.holds_line_ends
        whole, _, tail = text.rpartition("\n") if lines else ("", "", text)
        if tail:
            self._tails[output.name] = tail
        if whole:
            self._log(output.name, whole + "\n")

    def _log_tails(self, *, cut: bool) -> None:
        for name, text in self._tails.items():
            self._log(name, text, cut=cut)
        self._tails.clear()

    def _log(self, name: str, text: str, *, cut: bool = False) -> None:
        clean = self._cleaner.redactor(text)
        super().log_output_message(
            nbformat.v4.new_output(
                "stream", name=name, text=self._cleaner.begun(clean) if cut else clean
            )
        )

    def _ask_for_language(self) -> None:
        known = self.link.language if self.link else {}
        if not known and (info := self.wait_for_reply(self.kc.kernel_info())):
            known.update(info["content"]["language_info"])
        if known:
            self.nb.metadata["language_info"] = copy.deepcopy(known)


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """End what nbclient leaves when a cell was cut short: Python tells of each such task, by a
    traceback, whenever it is collected.
    """
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def warm_up(
    kernel_name: str, notebook: Any, warming: forkserver.Warming, *, wait: bool = False
) -> None:
    """Begin with what takes long and needs no decision: importing what this notebook will need.

    wait: until that is done.
    """
    if can_fork(kernel_name):
        warming.begin(_source_of(notebook), wait=wait)


def _source_of(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def _note(cell: Any, name: str, words: str) -> None:
    if cell.cell_type == "code":
        cell.outputs.append(
            nbformat.v4.new_output(
                "error", ename=name, evalue=words, traceback=[f"{name}: {words}"]
            )
        )


@contextlib.contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """Let no second Ctrl-C cut the clean end short."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, to which Ctrl-C goes
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

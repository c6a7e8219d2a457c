"""A forked kernel as nbclient wants to see one: a kernel manager, and a kernel client with two
channels.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from queue import Empty
from typing import Any

from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError

from helpers.runner.engine import fresh
from helpers.runner.engine.forkserver import Warming
from helpers.runner.engine.redaction import Cleaner
from helpers.runner.engine.transport import FRAME, IOPUB, LENGTH, SECRET, SHELL, Pipe


class _Channel:
    def __init__(self, link: "KernelLink", number: int) -> None:
        self._link, self._number = link, number

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        return await self._link.get(self._number, timeout)

    def send(self, message: dict[str, Any]) -> None:
        self._link.send(message)


class KernelLink:
    """One forked kernel, from its start to its end. nbclient uses it as its kernel manager and as
    its client.

    cleaner: what the kernel sends is passed through it, and it learns each secret that the kernel
    tells, before anything that the kernel sends afterwards is looked at. listen: as the engine's.
    source: the notebook's, which tells what to import before the fork. timeout: seconds that the
    kernel has to start.
    """

    owner_class = property(lambda self: type(self))

    def __init__(
        self, cleaner: Cleaner, warming: Warming, *, listen: str, source: str, timeout: float
    ) -> None:
        self._cleaner, self._warming, self._hear_from, self._source = (
            cleaner,
            warming,
            listen,
            source,
        )
        self._timeout = timeout
        self.session = Session()
        self.shell_channel, self.iopub_channel = _Channel(self, SHELL), _Channel(self, IOPUB)
        self._queues: dict[int, deque[dict[str, Any]]] = {SHELL: deque(), IOPUB: deque()}
        self._waiters: dict[int, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._data = bytearray()
        self._socket: socket.socket | None = None
        self._gone = False
        self.pid = 0
        self.request = ""
        self.allow_stdin = False

    # --- a kernel manager ---

    @property
    def has_kernel(self) -> bool:
        """Whether a kernel has been started."""
        return self._socket is not None

    def start_kernel(
        self, *, cwd: str | None = None, env: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        """Fork the kernel. Raises RuntimeError when it takes too long."""
        start = {
            **fresh.outside(),
            "env": {**(os.environ if env is None else env), "JPY_PARENT_PID": str(os.getpid())},
            "listen": self._hear_from,
        }
        if cwd:
            start["cwd"] = os.path.abspath(cwd)
        modules = self._warming.modules(self._source)
        self._warm = self._warming.process()
        timeout = max(self._timeout, 0.001)  # 0 would be no wait at all
        try:
            try:
                self._socket, self.pid = self._warm.fork(start, modules, timeout)
            except ConnectionError:
                self._warm = self._warming.process(fresh=True)
                self._socket, self.pid = self._warm.fork(start, modules, timeout)
        except TimeoutError:
            self._warm.close()  # what it still answers is for nobody
            raise RuntimeError(f"Kernel didn't respond in {self._timeout} seconds") from None
        self._socket.setblocking(False)

    def client(self) -> "KernelLink":
        """Return the client, which is this too."""
        return self

    def is_alive(self) -> bool:
        """Whether the kernel is there."""
        self._pump()
        return not self._gone

    def interrupt_kernel(self) -> None:
        """Raise KeyboardInterrupt in the running cell and in what it has started."""
        self._kill(signal.SIGINT)

    def shutdown_kernel(self, *, now: bool = False) -> None:
        """End the kernel: kindly, so that its exit hooks run, or `now`. What it has started ends
        with it.
        """
        if not now and not self._gone:
            with contextlib.suppress(OSError):
                self.send(self.session.msg("shutdown_request", {"restart": False}))
            end = time.monotonic() + 5
            while not self._gone and (left := end - time.monotonic()) > 0:
                self._wait(left)
        self._kill(signal.SIGKILL)

    @property
    def language(self) -> dict[str, Any]:
        """What a kernel of this process has said that it speaks; {} until one was asked."""
        return self._warm.language

    def cleanup_resources(self, **_: Any) -> None:
        """Close the pipe."""
        self.stop_channels()

    def how_it_ended(self) -> str:
        """Say in words how a kernel that is gone has ended."""
        status = self._warm.how_it_ended(self.pid, wait=1)
        if status is None:
            return "the kernel is gone"
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return f"the kernel was killed by {name}" + (
                ", as when memory runs out" if name == "SIGKILL" else ""
            )
        return f"the kernel ended by itself with exit code {os.WEXITSTATUS(status)}"

    # --- a kernel client ---

    def start_channels(self) -> None:
        """Nothing to do: the pipe is there with the kernel."""

    def wait_for_ready(self, timeout: float | None = None) -> None:
        """Nothing to wait for: what is sent early waits in the pipe."""

    def stop_channels(self) -> None:
        """Close the pipe."""
        if self._loop is not None and self._socket is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        if self._socket is not None:
            self._socket.close()
            self._warm.forget(self.pid)
        self._loop, self._gone = None, True

    def execute(
        self,
        code: str,
        *,
        silent: bool = False,
        store_history: bool = True,
        stop_on_error: bool = True,
        **_: Any,
    ) -> str:
        """Send a cell; return the request's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        self.request = self.send(self.session.msg("execute_request", content))
        return self.request

    def kernel_info(self) -> str:
        """Ask what the kernel speaks; return the request's id."""
        return self.send(self.session.msg("kernel_info_request", {}))

    def send(self, message: dict[str, Any]) -> str:
        """Send one message; return its id."""
        if self._socket is None or self._gone:
            raise DeadKernelError("Kernel died")
        text = json.dumps(message, default=str, ensure_ascii=False)
        self._socket.setblocking(True)
        try:
            Pipe(self._socket).send(SHELL, text)
        except OSError:
            self._gone = True
            raise DeadKernelError("Kernel died") from None
        finally:
            self._socket.setblocking(False)
        return str(message["header"]["msg_id"])

    async def get(self, channel: int, timeout: float | None) -> dict[str, Any]:
        """Return the next message of a channel. Raises queue.Empty after `timeout`, DeadKernelError
        at the end.
        """
        queue = self._queues[channel]
        if not queue:
            self._pump()
        if not queue and not self._gone:
            self._listen(asyncio.get_running_loop())
            waiter = self._waiters[channel] = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(waiter, timeout)
            except TimeoutError:
                raise Empty from None
            finally:
                self._waiters.pop(channel, None)
        if queue:
            return queue.popleft()
        if task := asyncio.current_task():
            # Of two that nbclient has wait for a kernel, it asks one what has become of it.
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
        raise DeadKernelError("Kernel died")

    def take(self, seconds: float) -> dict[str, Any] | None:
        """Return the next output message without an event loop, or None when none comes in time."""
        end = time.monotonic() + seconds
        self._pump()
        while not self._queues[IOPUB] and not self._gone and (left := end - time.monotonic()) > 0:
            self._wait(left)
        return self._queues[IOPUB].popleft() if self._queues[IOPUB] else None

    # --- inner ---

    def _kill(self, number: int) -> None:
        # The group has the kernel's own number; it may not be made yet in the first moment.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(self.pid, number)
                return

    def _wait(self, seconds: float) -> None:
        assert self._socket is not None
        if select.select([self._socket], [], [], seconds)[0]:
            self._pump()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            loop.add_reader(self._socket, self._pump)  # type: ignore[arg-type]
            self._loop = loop

    def _pump(self) -> None:
        """Read what is there, and put whole messages into their queues."""
        if self._socket is None or self._gone:
            return
        try:
            while True:
                # Never waits, whatever the socket is set to: inside a running event loop, as in a
                # notebook, this reads in a thread beside the one that sends.
                data = self._socket.recv(1 << 20, socket.MSG_DONTWAIT)
                if not data:
                    self._gone = True
                    break
                self._data += data
        except BlockingIOError:
            pass
        except OSError:
            self._gone = True
        if self._gone and self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        while self._parse():
            pass
        for channel, waiter in self._waiters.items():
            if (self._queues[channel] or self._gone) and not waiter.done():
                waiter.set_result(None)

    def _parse(self) -> bool:
        data = self._data
        if len(data) < FRAME.size:
            return False
        channel, length, count = FRAME.unpack_from(data)
        at = FRAME.size + length
        buffers = []
        for _ in range(count):
            if len(data) < at + LENGTH.size:
                return False
            size = LENGTH.unpack_from(data, at)[0]
            buffers.append((at + LENGTH.size, at + LENGTH.size + size))
            at += LENGTH.size + size
        if len(data) < at:
            return False
        text = data[FRAME.size : FRAME.size + length].decode()
        parts = [memoryview(bytes(data[start:end])) for start, end in buffers]
        del data[:at]
        if channel == SECRET:
            self._cleaner.redactor.add(text)
            return True
        message = json.loads(text)
        with contextlib.suppress(KeyError, TypeError, ValueError):  # nbclient notes it as a time
            message["header"]["date"] = datetime.fromisoformat(message["header"]["date"])
        if self._cleaner.redactor.finds_in_json(text):
            message["content"] = self._cleaner.message(message["content"])
        message["buffers"] = parts
        self._queues[channel].append(message)
        return True

"""The kernel of a forked run: the real ipykernel, without sockets that have names and without its
threads.

What a notebook sees is ipykernel's own: its shell, display hook, display publisher, comm manager,
tracebacks and execution counts. Only how messages travel is ours. ZeroMQ's five sockets and three
threads take most of the time that a kernel needs to start and to answer; here each message is one
frame on one pipe between the two processes, in the order in which it was sent. What a cell's
subprocesses write to file descriptors 1 and 2 becomes the cell's output too, and never reaches a
terminal.

A person's IPython profile and its start-up files are not read: a run means the same for everybody.
"""

import asyncio
import atexit
import contextlib
import importlib.util
import json
import logging
import os
import pkgutil
import select
import socket
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from helpers.runner.engine import fresh
from helpers.runner.engine.transport import IOPUB, SECRET, SHELL, Pipe

_IN_EACH_FORK = (
    *("tornado.gen", "tornado.platform.asyncio", "encodings.idna"),
    *("IPython.core.logger", "resource"),
)
"""What the kernel itself imports only once it is connected, or with its first cell."""
PRIVATE = {
    "kernelbase:Kernel": (
        *("_abort_queues", "_execute_sleep", "_publish_status", "_supports_kernel_subshells"),
        *("do_execute", "iopub_socket", "iopub_thread", "post_handler_hook", "pre_handler_hook"),
        *("set_parent", "shell_channel_thread", "shell_handlers"),
    ),
    "iostream:IOPubThread": ("_check_mp_mode", "io_loop", "schedule", "thread"),
    "iostream:OutStream": ("_master_pid", "fileno", "flush", "write"),
    "kernelapp:IPKernelApp": ("connection_file", "init_shell", "kernel"),
    "debugger": ("_is_debugpy_available",),
}
"""What this takes the place of in ipykernel, or uses of it, though ipykernel promises none of it:
the first thing to look at where a new version has changed something.
"""
_TWO_STREAMS = {1: "stdout", 2: "stderr"}


def prepare() -> Any:
    """Import what a kernel needs and make the kernel, all but its connection. Done once, before the
    forks.
    """
    global _made
    if _made is None:
        sys.modules.setdefault("ipykernel.debugger", _Debugger())
        for name in _IN_EACH_FORK:
            importlib.import_module(name)
        _made = _new_kernel()
        # What the first cell imports, and what shows the first result.
        _made.shell.run_cell("pass", silent=True)
        _made.shell.display_formatter.format(None)
    return _made


class _Debugger(types.ModuleType):
    """Stands for ipykernel.debugger, which takes longer to import than all the rest: nobody
    attaches a debugger to an unattended run. What a cell wants of it is the real one's.
    """

    _is_debugpy_available = False

    def __init__(self) -> None:
        super().__init__("ipykernel.debugger")
        self.__spec__ = importlib.util.find_spec(self.__name__)

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if name.startswith("__") or spec is None or spec.loader is None:
            raise AttributeError(name)
        real = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(real)
        vars(self).update(vars(real), _is_debugpy_available=False)
        return getattr(real, name)


def _new_kernel() -> Any:
    from ipykernel.iostream import IOPubThread, OutStream
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_client.jsonutil import json_default
    from jupyter_client.session import Session
    from traitlets import Any as AnyTrait
    from traitlets import Type, default
    from traitlets.config import Config

    bases: Any = types.SimpleNamespace(
        OutStream=OutStream, IPythonKernel=IPythonKernel, IPKernelApp=IPKernelApp
    )  # of which little is typed

    class PipeSession(Session):
        pipe: Any = AnyTrait()
        shell_stream: Any = AnyTrait()

        def send(
            self,
            stream: Any,
            msg_or_type: Any,
            content: Any = None,
            parent: Any = None,
            ident: Any = None,
            buffers: Any = None,
            track: bool = False,
            header: Any = None,
            metadata: Any = None,
        ) -> Any:
            message = (
                msg_or_type
                if isinstance(msg_or_type, dict)
                else self.msg(
                    msg_or_type, content=content, parent=parent, header=header, metadata=metadata
                )
            )
            if os.getpid() != _pid:
                # A process that a cell has forked; its prints come through the file descriptors
                return message
            text = json.dumps(message, default=json_default, ensure_ascii=False)
            self.pipe.send(
                SHELL if stream is self.shell_stream else IOPUB,
                text,
                buffers or message.get("buffers") or [],
            )
            return message

    class NoThread(IOPubThread):
        """Where ipykernel would hand a message to a thread, it is sent at once."""

        def __init__(self) -> None:
            self.thread = None  # type: ignore[assignment]
            self.io_loop = types.SimpleNamespace(call_later=_later)  # type: ignore[assignment]

        def schedule(self, f: Callable[[], Any]) -> None:
            f()

        def _check_mp_mode(self) -> int:
            return 0

    class Stream(bases.OutStream):  # type: ignore[misc]
        def write(self, string: str) -> int:
            if os.getpid() != _pid:
                os.write(self.fileno(), string.encode(errors="replace"))
                return len(string)
            super().write(string)
            return len(string)

        def fileno(self) -> int:
            return 1 if self.name == "stdout" else 2

    class ForkedKernel(bases.IPythonKernel):  # type: ignore[misc]
        _execute_sleep = 0  # one pipe keeps the order by itself
        debugger_class = Type(object)  # naming the real one imports it, see _Debugger
        shell_stream: Any = None  # not ZeroMQ's, so not of the trait's type
        descriptors: Any = None
        streams: Any = None

        def _abort_queues(self, subshell_id: str | None = None) -> None:
            """One request is under way at a time, so there is no queue."""

        @property
        def _supports_kernel_subshells(self) -> bool:
            return False

        async def do_execute(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return await super().do_execute(*args, **kwargs)
            finally:
                self.descriptors.drain()

        async def take(self, message: dict[str, Any]) -> None:
            """Handle one request, as ipykernel's own dispatch does."""
            self.set_parent([], message)
            self._publish_status("busy", "shell")
            self.pre_handler_hook()
            try:
                result = self.shell_handlers[message["header"]["msg_type"]](
                    self.shell_stream, [], message
                )
                if result is not None:
                    await result
            except KeyboardInterrupt:
                pass
            finally:
                self.post_handler_hook()
            for each in (
                self.streams.values()
            ):  # not sys.stdout: a cell may have put something else in its place
                each.flush()
            self._publish_status("idle", "shell")

    class Application(bases.IPKernelApp):  # type: ignore[misc]
        """What magics such as %matplotlib ask for the kernel; it has started nothing."""

        @default("connection_file")
        def _write_connection_file(self) -> str:
            """Write, when somebody asks for it, that nobody else can connect."""
            descriptor, path = tempfile.mkstemp(prefix="kernel-", suffix=".json")
            atexit.register(os.unlink, path)
            with open(descriptor, "w") as file:
                json.dump({"transport": "pipe", "kernel_name": ""}, file)
            return path

    log = logging.getLogger("kernel")  # whose words are for a terminal, and none is there
    log.propagate = False
    log.addHandler(logging.NullHandler())
    # Without the history's database, which has a thread; the inputs of this run are kept all the
    # same.
    history = {"enabled": False, "hist_file": ":memory:"}
    app = Application.instance(config=Config({"HistoryManager": history}), log=log)
    shell_stream, iopub = object(), NoThread()
    session = PipeSession(shell_stream=shell_stream)
    kernel = ForkedKernel.instance(
        parent=app,
        session=session,
        iopub_thread=iopub,
        iopub_socket=iopub,
        user_ns={},
        log=log,
    )
    app.kernel = kernel
    app.init_shell()
    for extension in app.default_extensions:  # not those of a person's profile
        kernel.shell.extension_manager.load_extension(extension)
    kernel.shell_stream = shell_stream
    kernel.streams = {
        number: Stream(session, iopub, name, watchfd=False) for number, name in _TWO_STREAMS.items()
    }
    return kernel


_made: Any = None
_pid = 0


def _later(seconds: float, call: Callable[[], Any]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class _Descriptors:
    """Turns what is written to file descriptors 1 and 2, by subprocesses mostly, into output of the
    current cell.
    """

    def __init__(self, streams: Mapping[int, Any]) -> None:
        self._streams = streams
        self._lock = threading.Lock()
        self._ends = {}
        for number in streams:
            end, writer = os.pipe()
            os.dup2(writer, number)
            os.close(writer)
            os.set_blocking(end, False)
            self._ends[end] = number
        threading.Thread(target=self._watch, daemon=True, name="descriptors").start()

    def drain(self) -> None:
        """Take all that has been written so far."""
        with self._lock:
            for end, number in self._ends.items():
                try:
                    while data := os.read(end, 65536):
                        self._streams[number].write(data.decode(errors="replace"))
                except BlockingIOError:
                    continue

    def _watch(self) -> None:
        while True:
            select.select(list(self._ends), [], [])
            self.drain()
            time.sleep(0.02)  # what comes in a burst becomes one message


def run_kernel(sock: socket.socket, path: list[str]) -> NoReturn:
    """Be the kernel of one run until the other side closes the pipe. Called in a forked process;
    never returns.

    path: where a new interpreter looks for modules. The first thing that comes through the pipe is
    the environment and the folder of the run, and whom to ask for its secrets.
    """
    global _pid
    _pid = os.getpid()
    status = 1
    try:
        kernel, pipe = prepare(), Pipe(sock)
        fresh.leave_the_parent()
        _connect(kernel, pipe)
        _rehearse(kernel)
        kernel.session.pipe = pipe
        start = pipe.start()
        if start is not None:
            _begin(kernel, start, path)
            with contextlib.suppress(ImportError):  # then nothing here can resolve anything with it
                pkgutil.resolve_name(start["listen"])(lambda value: pipe.send(SECRET, value))
            asyncio.get_event_loop().run_until_complete(_serve(kernel, pipe))
        status = 0
    finally:
        try:
            atexit._run_exitfuncs()
        finally:
            if os.getpid() == _pid:  # and not a process that a cell has forked
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)  # the asker need not wait for the memory to go
            os._exit(status)


def _connect(kernel: Any, pipe: Pipe) -> None:
    """Give the kernel, which was made before the fork, what is this process's alone."""
    from tornado.ioloop import IOLoop

    kernel.session.session = os.urandom(16).hex()
    for stream in kernel.streams.values():
        stream._master_pid = _pid
    kernel.descriptors = _Descriptors(kernel.streams)
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.stdout, sys.stderr = kernel.streams.values()
    out, err = _TWO_STREAMS
    sys.__stdout__ = open(out, "w", buffering=1, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.__stderr__ = open(err, "w", buffering=1, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    kernel.io_loop = IOLoop.current()
    kernel.shell_channel_thread = types.SimpleNamespace(parent_thread=threading.main_thread())


def _rehearse(kernel: Any) -> None:
    """Copy, before anybody waits, the pages that every message and every cell writes to."""
    kernel.session.pipe = types.SimpleNamespace(send=lambda *_: None)
    header = {"msg_type": "execute_request", "msg_id": ""}
    cell = {"code": "pass", "silent": True, "store_history": False}
    message = {"header": header, "content": cell, "metadata": {}}
    asyncio.get_event_loop().run_until_complete(kernel.take(message))


def _begin(kernel: Any, start: Mapping[str, Any], path: list[str]) -> None:
    fresh.begin(start, path)
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    kernel.shell.init_environment()
    kernel.shell.starting_dir = os.getcwd()
    kernel.shell.history_manager.dir_hist[:] = [Path.cwd()]


async def _serve(kernel: Any, pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(pipe.fileno(), arrived.set)
    while True:
        # Tasks that a cell has left in the loop go on while the next request is waited for.
        await arrived.wait()
        arrived.clear()
        frame = pipe.receive()
        if frame is None:
            return
        message = json.loads(frame[1])
        message["buffers"] = frame[2]
        if message["header"]["msg_type"] == "shutdown_request":
            return
        await kernel.take(message)

"""A process that has everything imported and forks a kernel for each run.

Importing takes most of the time that an ordinary run takes. So one process imports ipykernel and
what the notebooks need, does nothing else, and forks for each run; every run starts from that same
clean state, and none sees what another has left. The process is apart from the program that
asks for runs: neither its threads, its logging and its secrets nor those of earlier runs are in a
kernel.

It lives as long as its asker: when that dies, however it dies, its end of the control pipe closes,
and this process kills the runs that are under way and ends.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

START_TIMEOUT = 60
"""Seconds after which a process that does not answer is taken for dead; importing everything takes
about one.
"""
_PAPERMILLS = {"papermill", "papermill.__main__"}
CAN_FORK = sys.platform == "linux"
"""macOS can fork too, but its system libraries do not survive it reliably."""


@dataclass(frozen=True)
class Warming:
    """What somebody who knows the notebooks says of them, to have done before a kernel is forked.

    programs: command lines of theirs, and modules run by -m, that may be forked as they are, as
    papermill's may. modules: says what is worth importing for a notebook with this source; a
    module:name is a function of no arguments, called once and after a fork, for the runs to come.
    """

    programs: frozenset[str] = frozenset()
    modules: Callable[[str], Sequence[str]] = lambda source: ()

    def process(self, *, fresh: bool = False) -> "WarmProcess":
        """Return this program's warm process, and start it when there is none. It goes on importing
        in the background.

        fresh: start another one; the one before has been found dead.
        """
        global _current, _asked_by
        with _lock:
            if _current is None or fresh or _asked_by != os.getpid():
                if _current is None:
                    atexit.register(_close_at_exit)
                else:
                    _current.close()
                _current = _fork_from_here() if _is_one_of(self.programs) else _spawn()
                _asked_by = os.getpid()
            return _current

    def begin(self, source: str, *, wait: bool = False) -> None:
        """Begin to import, in the background, what a notebook with this source will need.

        wait: until it is there, so that a first run is as fast as the next ones.
        """
        if not CAN_FORK:
            return
        with contextlib.suppress(OSError):
            process, modules = self.process(), self.modules(source)
            if wait:
                process.load(modules)
            else:
                process.preload(modules)


class WarmProcess:
    """The asker's side. Use `Warming.process`, which keeps one for this program."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self._control = control
        self._control.settimeout(START_TIMEOUT)
        self._pid = pid
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}
        self.language: dict[str, Any] = {}

    def preload(self, modules: Sequence[str]) -> None:
        """Let it import these in the background."""
        with self._lock:
            self._ask({"fork": False, "import": modules})

    def load(self, modules: Sequence[str]) -> None:
        """Let it import these, and have done what is called after a fork."""
        pipe, _ = self._forked(modules, START_TIMEOUT)
        pipe.close()  # the kernel ends when it reads that nobody wants it

    def fork(
        self, start: Mapping[str, Any], modules: Sequence[str], timeout: float = START_TIMEOUT
    ) -> tuple[socket.socket, int]:
        """Fork a kernel that has these imported. Returns its pipe and its process id.

        start: the first thing that it is told, see kernel. timeout: seconds until it is there.
        Raises TimeoutError after them, and ConnectionError when the process is gone.
        """
        pipe, pid = self._forked(modules, timeout)
        body = json.dumps(start).encode()
        pipe.sendall(len(body).to_bytes(4, "big") + body)
        return pipe, pid

    def _forked(self, modules: Sequence[str], timeout: float) -> tuple[socket.socket, int]:
        with self._lock:
            if self._control.fileno() == -1:
                raise ConnectionResetError("the warm process has been closed")
            self._control.settimeout(timeout)
            self._ask({"fork": True, "import": modules})
            while True:
                pid, status, pipe = self._answer()
                if pipe is not None:
                    return pipe, pid
                self._ended[pid] = status

    def how_it_ended(self, pid: int, *, wait: float) -> int | None:
        """Return the wait status of a kernel that has ended, or None when it is not known within
        `wait` seconds.
        """
        with self._lock:
            while pid not in self._ended:
                if not select.select([self._control], [], [], wait)[0]:
                    return None
                try:
                    ended, status, _ = self._answer()
                except OSError:
                    return None
                self._ended[ended] = status
            return self._ended.pop(pid)

    def forget(self, pid: int) -> None:
        """Drop what is known of a kernel that has ended."""
        self._ended.pop(pid, None)

    def close(self) -> None:
        """Let the process end, and with it every run that is under way."""
        self._control.close()

    def _ask(self, request: dict[str, object]) -> None:
        body = json.dumps(request).encode()
        self._control.sendall(len(body).to_bytes(4, "big") + body)

    def _answer(self) -> tuple[int, int, socket.socket | None]:
        data, descriptors, _, _ = socket.recv_fds(self._control, 8, 1)
        if len(data) < 8:
            raise ConnectionResetError("the warm process has ended")
        pipe = socket.socket(fileno=descriptors[0]) if descriptors else None
        return int.from_bytes(data[:4], "big"), int.from_bytes(data[4:], "big", signed=True), pipe


_current: WarmProcess | None = None
_asked_by = 0
_lock = threading.Lock()


def _close_at_exit() -> None:
    if _current is not None and _asked_by == os.getpid():
        _current.close()


def _is_one_of(programs: frozenset[str]) -> bool:
    """Whether this is a command-line program that is known, before any thread: then a fork of it is
    clean, and what it has imported already need not be imported twice.
    """
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    mine = {Path(sys.argv[0]).name, getattr(main, "name", "")}
    return bool(mine & (programs | _PAPERMILLS)) and threading.active_count() == 1


def _fork_from_here() -> WarmProcess:
    # Python's last collection goes through all that was imported: a fifth of an empty run.
    atexit.register(gc.freeze)
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            serve(theirs.detach(), sys.path[0 if sys.flags.safe_path else 1 :])
        finally:
            os._exit(1)
    theirs.close()
    return WarmProcess(ours, pid)


# Where the asker looks for modules is its own affair: of it, this takes the place of one package.
_SPAWNED = """
import importlib.util, sys
if not sys.flags.safe_path:
    del sys.path[0]
_, descriptor, package, lies_in, module = sys.argv
spec = importlib.util.spec_from_file_location(package, lies_in)
sys.modules[package] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[package])
importlib.import_module(module).serve(int(descriptor), list(sys.path))
"""


def _spawn() -> WarmProcess:
    ours, theirs = socket.socketpair()
    package = __name__.partition(".")[0]
    lies_in = sys.modules[package].__file__ or ""
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _SPAWNED, str(theirs.fileno()), package, lies_in, __name__],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    # It is never waited for: it ends when this program does.
    process.returncode = 0
    return WarmProcess(ours, process.pid)


# --- in the warm process --------------------------------------------------------------------------


def serve(descriptor: int, path: list[str]) -> NoReturn:
    """Be the warm process: import, then fork on request until the asker closes the control pipe.
    Never returns.

    path: where a new interpreter looks for modules.
    """
    gc.disable()  # until a kernel is forked: what is imported here stays
    with contextlib.suppress(OSError):
        os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, signal.SIG_IGN
        )  # a Ctrl-C is for the asker, who decides what becomes of the runs
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        _Server(socket.socket(fileno=descriptor), path).serve()
    finally:
        os._exit(0)


class _Server:
    def __init__(self, control: socket.socket, path: list[str]) -> None:
        self._control, self._path = control, path
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._children: set[int] = set()
        self._standby: tuple[int, socket.socket] | None = None
        self._served = 0
        self._kernel = importlib.import_module(".kernel", __package__)
        self._kernel.prepare()

    def serve(self) -> None:
        while True:
            # One asks for a second run because more are to come: then the next kernel is made while
            # this one works.
            ahead = self._served > 1 and self._standby is None
            ready = select.select([self._control, self._woken], [], [], 0 if ahead else None)[0]
            if not ready:
                self._standby = self._fork()
            if self._woken in ready:
                self._woken.recv(4096)
                self._reap()
            if self._control in ready and not self._answer():
                break
        for pid in self._children:
            for kill in (os.killpg, os.kill):  # it may not have its own group yet
                with contextlib.suppress(OSError):
                    kill(pid, int(signal.SIGKILL))

    def _answer(self) -> bool:
        head = self._control.recv(4)
        length, body = int.from_bytes(head, "big"), b""
        while head and len(body) < length:
            more = self._control.recv(length - len(body))
            head = head if more else b""
            body += more
        if not head:
            return False
        asked = json.loads(body)
        modules = [name for name in asked["import"] if ":" not in name]
        calls = [name for name in asked["import"] if ":" in name]
        new = [_do_once(importlib.import_module, name) for name in modules]
        if any(new):
            self._drop_standby()
        if asked["fork"]:
            pid, pipe = self._standby or self._fork()
            self._standby = None
            with pipe:
                socket.send_fds(self._control, [pack_status(pid, -1)], [pipe.fileno()])
            self._served += 1
            done = [_do_once(lambda name: pkgutil.resolve_name(name)(), name) for name in calls]
            if any(done):
                self._drop_standby()
        return True

    def _fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        gc.freeze()  # a collection in a run would otherwise touch, and so copy, every page
        pid = os.fork()
        if pid == 0:
            gc.enable()
            signal.set_wakeup_fd(-1)
            for each in (ours, self._control, self._woken, self._waker):
                each.close()
            self._kernel.run_kernel(theirs, self._path)
        theirs.close()
        self._children.add(pid)
        return pid, ours

    def _drop_standby(self) -> None:
        if self._standby:
            self._standby[1].close()  # it ends when it reads that nobody wants it
            self._standby = None

    def _reap(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._children.discard(pid)
                self._control.sendall(pack_status(pid, status))


def pack_status(pid: int, status: int) -> bytes:
    return pid.to_bytes(4, "big") + status.to_bytes(4, "big", signed=True)


def _do_once(do: Callable[[str], object], name: str) -> bool:
    """Import or call what has this name, once; return whether it was new."""
    if name in _tried:
        return False
    _tried.add(name)
    with contextlib.suppress(
        Exception
    ):  # the notebook's own import will tell, where somebody reads it
        do(name)
    return True


_tried: set[str] = set()

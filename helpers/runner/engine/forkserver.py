"""A process that has everything imported and forks a kernel for each run.

Importing takes most of the time that an ordinary run takes. So one process imports ipykernel, boto3
and what the runbooks need, does nothing else, and forks for each run; every run starts from that
same clean state, and none sees what another has left. The process is apart from the program that
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
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

START_TIMEOUT = 60
"""Seconds after which a process that does not answer is taken for dead; importing everything takes
about one.
"""
CAN_FORK = sys.platform == "linux"
"""macOS can fork too, but its system libraries do not survive it reliably."""


class WarmProcess:
    """The asker's side. Use `warm_process()`, which keeps one for this program."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self._control = control
        self._control.settimeout(START_TIMEOUT)
        self._pid = pid
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}

    def preload(self, source: str) -> None:
        """Let it import in the background what a notebook with this source will need."""
        with self._lock:
            self._ask({"fork": False, "import": modules_for(source)})

    def fork(self, env: Mapping[str, str], cwd: str, source: str = "") -> tuple[socket.socket, int]:
        """Fork a kernel with this environment in this folder. Returns its pipe and its process id.

        source: the notebook's, which tells what to import before the fork. Raises OSError when the
        process is gone.
        """
        with self._lock:
            self._ask({"fork": True, "import": modules_for(source)})
            while True:
                pid, status, pipe = self._answer()
                if pipe is not None:
                    break
                self._ended[pid] = status
        start = json.dumps({"env": dict(env), "cwd": cwd}).encode()
        pipe.sendall(len(start).to_bytes(4, "big") + start)
        return pipe, pid

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


def modules_for(source: str) -> list[str]:
    """Say what is worth importing before the fork for a notebook with this source."""
    ours = [
        "helpers.cognito.catalogue",
        "helpers.runbooks.confirm_reset",
        "helpers.form.act",
        "helpers.sandbox",
    ]
    return ["boto3", *ours] if "helpers" in source else ["boto3"] if "boto3" in source else []


_current: WarmProcess | None = None
_asked_by = 0
_lock = threading.Lock()


def warm_process(*, fresh: bool = False) -> WarmProcess:
    """Return this program's warm process, and start it when there is none. It goes on importing in
    the background.

    fresh: start another one; the one before has been found dead.
    """
    global _current, _asked_by
    with _lock:
        if _current is None or fresh or _asked_by != os.getpid():
            if _current is None:
                atexit.register(_close_at_exit)
            else:
                _current.close()
            _current = _fork_from_here() if _is_own_program() else _spawn()
            _asked_by = os.getpid()
        return _current


def _close_at_exit() -> None:
    if _current is not None and _asked_by == os.getpid():
        _current.close()


def _is_own_program() -> bool:
    """Whether this is one of the command-line programs we know, before any thread: then a fork of
    it is clean, and what it has imported already need not be imported twice."""
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    known = Path(sys.argv[0]).name in ("papermill", "cognito-reset") or getattr(
        main, "name", ""
    ) in ("papermill.__main__", "helpers.__main__")
    return known and threading.active_count() == 1


def _fork_from_here() -> WarmProcess:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            serve(theirs.detach())
        finally:
            os._exit(1)
    theirs.close()
    return WarmProcess(ours, pid)


def _spawn() -> WarmProcess:
    ours, theirs = socket.socketpair()
    code = "import sys; from helpers.runner.engine.forkserver import serve; serve(int(sys.argv[1]))"
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    # It is never waited for: it ends when this program does.
    process.returncode = 0
    return WarmProcess(ours, process.pid)


# --- in the warm process --------------------------------------------------------------------------


def serve(descriptor: int) -> NoReturn:
    """Be the warm process: import, then fork on request until the asker closes the control pipe.
    Never returns.
    """
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
        _Server(socket.socket(fileno=descriptor)).serve()
    finally:
        os._exit(0)


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._children: set[int] = set()
        self._standby: tuple[int, socket.socket] | None = None
        self._served = 0
        self._kernel = importlib.import_module("helpers.runner.engine.kernel")
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
        new = [import_once(name) for name in asked["import"]]
        if any(new):
            self._drop_standby()
        if asked["fork"]:
            pid, pipe = self._standby or self._fork()
            self._standby = None
            with pipe:
                socket.send_fds(self._control, [pack_status(pid, -1)], [pipe.fileno()])
            self._served += 1
            if (
                "boto3" in _tried and _share_models()
            ):  # for the runs to come; the first has to read them itself
                self._drop_standby()
        return True

    def _fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        gc.freeze()  # a collection in a run would otherwise touch, and so copy, every page
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for each in (ours, self._control, self._woken, self._waker):
                each.close()
            self._kernel.run_kernel(theirs)
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


def import_once(name: str) -> bool:
    """Import a module, once; return whether it was new."""
    if name in _tried:
        return False
    _tried.add(name)
    with contextlib.suppress(
        Exception
    ):  # the notebook's own import will tell, where somebody reads it
        importlib.import_module(name)
    return True


_tried: set[str] = set()


def _share_models() -> bool:
    """Have botocore's sessions share what is read from its data files: reading costs more than a
    whole small run.
    """
    if "models" in _tried:
        return False
    _tried.add("models")
    import boto3.session
    import botocore.session

    make = botocore.session.create_loader
    made: dict[str | None, Any] = {}

    def create_loader(search_path_string: str | None = None) -> Any:
        if search_path_string not in made:
            made[search_path_string] = make(search_path_string)
        return made[search_path_string]

    botocore.session.create_loader = create_loader
    with contextlib.suppress(Exception):
        boto3.session.Session("none", "none", region_name="us-east-1").client("cognito-idp")
    return True

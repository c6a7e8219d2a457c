"""The HTTP door on loopback, for the AWS CLI, other SDKs, and a person's browser."""

import contextlib
import errno
import functools
import ipaddress
import json
import os
import re
import signal
import socket
import socketserver
import struct
import sys
import threading
import time
from typing import Any, Self

from . import control, faults, protocol, wire
from .box import Sandbox

DEFAULT_PORT = 9229
MAX_CONNECTIONS = 512
_FIRST_SILENCE = 10.0
_SILENCE = 75.0
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_UNREADABLE = {400: "SerializationException", 413: "RequestEntityTooLargeException"}


class Server(socketserver.ThreadingTCPServer):
    """Serves one sandbox from threads of this process until close(), or to the end of a with block.

    port: 0 picks a free port. host: a loopback address; ValueError for any other. `endpoint` is the
    URL for AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER or a client's endpoint_url.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> None:
        if host != "localhost" and not _is_loopback(host):
            raise ValueError(f"the sandbox listens on loopback only, not on {host}")
        self.sandbox = sandbox
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.silent: dict[socket.socket, None] = {}  # the longest silent one first
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Client)
        self.port = int(self.server_address[1])
        self.endpoint = f"http://{'[' + host + ']' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(target=self.serve_forever, name="sandbox-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection; the sandbox itself stays open."""
        if self.closing.is_set():
            return
        self.closing.set()
        with self._lock:
            connections = [self.socket, *self._open]
        for one in connections:
            _hang_up(one)
        if self._thread.is_alive():  # not so in a forked child
            self.shutdown()
        self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; socketserver ignores an OSError and asks again."""
        try:
            return super().get_request()
        except OSError:
            if not self.closing.is_set():
                time.sleep(0.01)  # out of file descriptors: it would ask again at once
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread; where there are too many, the longest silent one goes."""
        with self._lock:
            if len(self._open) >= MAX_CONNECTIONS:
                for longest in list(self.silent)[:1]:
                    self.silent.pop(longest, None)
                    self._open.discard(longest)
                    _hang_up(longest)
            full = len(self._open) >= MAX_CONNECTIONS
            if not full:
                self._open.add(request)
                self.silent[request] = None
        if full:
            request.close()
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, without the polite end that socketserver would give it."""
        with self._lock:
            self._open.discard(request)
        self.silent.pop(request, None)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the client went away, or was silent for too long."""


class _Client(socketserver.StreamRequestHandler):
    """One connection."""

    server: Server
    timeout = _FIRST_SILENCE
    disable_nagle_algorithm = True

    def handle(self) -> None:
        silent = self.server.silent
        while not self.server.closing.is_set():
            silent[self.connection] = None
            try:
                request = protocol.read(self.rfile, self.wfile)
            except protocol.BadRequest as bad:
                code = _UNREADABLE.get(bad.status, "InvalidRequestException")
                answer = wire.refused(code, bad.words, bad.status)
                self.wfile.write(protocol.written(answer, stays=False))
                self._drain()
                return
            if request is None:
                return
            silent.pop(self.connection, None)
            if not self._answer(request):
                return
            if self.connection.gettimeout() != _SILENCE:
                self.connection.settimeout(_SILENCE)

    def _answer(self, request: protocol.Request) -> bool:
        """Answer a request; return whether the connection stays open."""
        try:
            answer = route(self.server.sandbox, request)
        except Exception as error:  # noqa: BLE001, a failing door still answers, without a traceback
            words = f"The sandbox failed: {type(error).__name__}"
            answer = wire.refused("InternalErrorException", words, 500)
        if answer.fault is not None and answer.fault.name == faults.DELAY:
            self.server.closing.wait(answer.fault.seconds)
        if answer.fault is not None and answer.fault.name == faults.DROP:
            # Linger zero: the client sees its connection reset, not a polite end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            return False
        head_only = request.method == "HEAD"
        self.wfile.write(protocol.written(answer, stays=request.stays, head_only=head_only))
        return request.stays

    def _drain(self) -> None:
        # Closing with unread bytes would reset the connection before the client has read why.
        self.connection.settimeout(0.5)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(64):
                if not self.connection.recv(65_536):
                    return


def route(sandbox: Sandbox, request: protocol.Request) -> wire.Answer:
    """Answer one request: the API at /, the controls and the page below /_sandbox/, and keys."""
    stranger = cross_origin(request)
    if stranger:
        return wire.refused("ForbiddenException", stranger, 403)
    if control.is_control(request.path):
        return control.answer(sandbox, request)
    if request.method != "POST":
        words = f"The API takes POST, not {request.method[:20]}."
        return wire.refused("UnknownOperationException", words, 405)
    if request.path != "/":
        return wire.refused("UnknownOperationException", "The API's path is /.", 404)
    return wire.answer(sandbox.engine, wire.target_of(request.headers), request.body)


def serve(sandbox: Sandbox, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> Server:
    """Return a running Server; see there."""
    return Server(sandbox, port, host)


def serve_forever(
    port: int = DEFAULT_PORT, host: str = "127.0.0.1", path: str | None = None
) -> int:
    """Serve in the foreground until SIGINT or SIGTERM, and return the exit code.

    When it is ready it prints its endpoint, as one line of JSON. path: the sandbox's file; without
    it COGNITO_SANDBOX names one, and without that a memory is served (real clock, random codes),
    which ends with the process. Where the port or the file cannot be had, it prints a line to
    stderr and returns 2.
    """
    # No lock in here: the signal may strike inside a wait that holds it.
    stops: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: stops.append(signum))
    named = path or os.environ.get("COGNITO_SANDBOX")
    try:
        sandbox = Sandbox(os.path.abspath(named), None) if named else Sandbox.in_memory(seed=None)
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    try:
        server = Server(sandbox, port, host)
    except (ValueError, OSError, OverflowError) as error:
        sandbox.close()
        print(f"sandbox: {_no_server(port, error)}", file=sys.stderr)
        return 2
    ready: dict[str, Any] = {
        "endpoint": server.endpoint,
        "page": f"{server.endpoint}/_sandbox/",
        "file": sandbox.path,
        "pid": os.getpid(),
    }
    print(json.dumps(ready), flush=True)
    while not stops:
        time.sleep(0.2)
    server.close()
    sandbox.close()
    return 0


def _no_server(port: int, error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or 0 for a free one"
    return f"cannot listen on port {port} ({error.strerror}); choose another with --port"


def cross_origin(request: protocol.Request) -> str | None:
    """Return why a request is refused as another site's, None where it is not.

    A web page anywhere can make a browser send requests to loopback; its Origin, or the Host it was
    made to believe in, gives it away.
    """
    host = request.headers.get("host")
    if host is None or not _is_local_name(host):
        return "The sandbox answers to loopback names only."
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return "The sandbox answers no other site."
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "The sandbox answers no other site."
    return None


@functools.lru_cache(maxsize=64)
def _is_local_name(host: str) -> bool:
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::\d*)?", host)
    name = (found[1] or found[2]).lower().rstrip(".") if found else ""
    return name == "localhost" or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

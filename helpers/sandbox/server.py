"""The HTTP door on loopback, for the AWS CLI, other SDKs, and a person's browser."""

import contextlib
import errno
import json
import os
import signal
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from . import control, discovery, faults, protocol, wire
from .box import Sandbox
from .guard import Guard, guard, is_loopback

DEFAULT_PORT = 9229
MAX_CONNECTIONS = 512
_FIRST_SILENCE = 10.0
_SILENCE = 75.0
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_EXPOSED = (
    "listening on {host}, beyond this machine: whoever reaches port {port} is any user and every"
    " administrator of this sandbox, and reads every code."
)
_UNREADABLE = {400: "SerializationException", 413: "RequestEntityTooLargeException"}


class Server(socketserver.ThreadingTCPServer):
    """Serves one sandbox from threads of this process until close(), or to the end of a with block.

    port: 0 picks a free port. host: an address of this machine. allow_origins: the sites whose
    pages may call the API, each exactly, such as http://localhost:3000. allow_hosts: names by which
    it may be called from elsewhere, such as that of its container. `endpoint` is the URL for
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER or a client's endpoint_url.

    Whoever reaches it is any user and every administrator, and reads every code: a host beyond
    loopback is a ValueError without exposed=True. So is an origin or a name that is not exact.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"
    request_queue_size = 128

    def __init__(
        self,
        sandbox: Sandbox,
        port: int = DEFAULT_PORT,
        host: str = "127.0.0.1",
        *,
        allow_origins: Sequence[str] = (),
        allow_hosts: Sequence[str] = (),
        exposed: bool = False,
    ) -> None:
        if not exposed and not is_loopback(host):
            raise ValueError(f"the sandbox listens on loopback only, not on {host}")
        known_as = _LOOPBACK_OF.get(host, host)
        more = [] if is_loopback(known_as) else [f"[{host}]" if ":" in host else host]
        self.guard = guard(allow_origins, [*allow_hosts, *more])
        self.sandbox = sandbox
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.silent: dict[socket.socket, None] = {}  # the longest silent one first
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Client)
        self.port = int(self.server_address[1])
        self.endpoint = f"http://{f'[{known_as}]' if ':' in known_as else known_as}:{self.port}"
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
            answer = route(self.server.sandbox, request, self.server.guard)
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


def route(sandbox: Sandbox, request: protocol.Request, guard: Guard) -> wire.Answer:
    """Answer one request: the API at /, the controls and the page below /_sandbox/, and keys."""
    controls = control.is_control(request.path)
    stranger = guard.refusal(request, api=not controls)
    if stranger:
        return wire.refused("ForbiddenException", stranger, 403)
    if controls:
        return control.answer(sandbox, request)
    answer = _public(sandbox, request, asked_by_browser=bool(cors := guard.headers(request)))
    return replace(answer, headers=answer.headers | cors) if cors else answer


def _public(sandbox: Sandbox, request: protocol.Request, *, asked_by_browser: bool) -> wire.Answer:
    if asked_by_browser and request.method == "OPTIONS":
        return wire.Answer(200, b"", {"Content-Length": "0"})
    if discovery.is_published(request.path):
        return discovery.answer(sandbox.engine, request)
    if request.method != "POST":
        words = f"The API takes POST, not {request.method[:20]}."
        return wire.refused("UnknownOperationException", words, 405)
    if request.path != "/":
        return wire.refused("UnknownOperationException", "The API's path is /.", 404)
    target = wire.target_of(request.headers)
    region = wire.region_of(request.headers)
    return wire.answer(sandbox.engine, target, request.body, request.endpoint, region)


def serve(
    sandbox: Sandbox, port: int = DEFAULT_PORT, host: str = "127.0.0.1", **more: Any
) -> Server:
    """Return a running Server; see there."""
    return Server(sandbox, port, host, **more)


def serve_forever(
    port: int = DEFAULT_PORT,
    host: str = "127.0.0.1",
    path: str | None = None,
    *,
    allow_origins: Sequence[str] = (),
    allow_hosts: Sequence[str] = (),
) -> int:
    """Serve in the foreground until SIGINT or SIGTERM, and return the exit code.

    When it is ready it prints its endpoint, as one line of JSON. path: the sandbox's file; without
    it COGNITO_SANDBOX names one, and without that a memory is served (real clock, random codes),
    which ends with the process. host: one beyond loopback lets others in, which a line on stderr
    says. allow_origins, allow_hosts: as for Server. Where the port, the file or one of these cannot
    be had, it prints a line to stderr and returns 2.
    """
    # No lock in here: the signal may strike inside a wait that holds it.
    stops: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: stops.append(signum))
    named = path or os.environ.get("COGNITO_SANDBOX")
    try:
        guard(allow_origins, allow_hosts)
        sandbox = Sandbox(os.path.abspath(named), None) if named else Sandbox.in_memory(seed=None)
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    try:
        server = Server(
            sandbox, port, host, allow_origins=allow_origins, allow_hosts=allow_hosts, exposed=True
        )
    except (ValueError, OSError, OverflowError) as error:
        sandbox.close()
        print(f"sandbox: {_no_server(host, port, error)}", file=sys.stderr)
        return 2
    if not is_loopback(host):
        print(f"sandbox: {_EXPOSED.format(host=host, port=server.port)}", file=sys.stderr)
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


def _no_server(host: str, port: int, error: Exception) -> str:
    if isinstance(error, socket.gaierror) or getattr(error, "errno", 0) == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine; 0.0.0.0 means all of them"
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or 0 for a free one"
    return f"cannot listen on port {port} ({error.strerror}); choose another with --port"


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

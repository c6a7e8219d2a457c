"""The HTTP door on loopback, for the AWS CLI, other SDKs, and a person's browser."""

import contextlib
import errno
import functools
import ipaddress
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any, Self

from . import control, faults, wire
from .box import Sandbox
from .protocol import BadRequest, Connection, Request

DEFAULT_PORT = 9229
_SILENCE = 75.0
_MAX_CONNECTIONS = 512
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Server:
    """Serves one sandbox from threads of this process until close(); a context manager does that
    too.

    sandbox: the one to serve. port: 0 takes any free one. host: a loopback address; ValueError for
    anything else. `endpoint` is the URL for AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER or a
    client's endpoint_url.
    """

    def __init__(self, sandbox: Sandbox, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> None:
        if host != "localhost" and not _is_loopback(host):
            raise ValueError(f"the sandbox listens on loopback only, not on {host}")
        self.sandbox = sandbox
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name != "nt":
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.listen(128)
        except BaseException:
            self._socket.close()
            raise
        self.port = int(self._socket.getsockname()[1])
        self.endpoint = f"http://{'[' + host + ']' if ':' in host else host}:{self.port}"
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="sandbox-door", daemon=True).start()

    def close(self) -> None:
        """Stop listening and end every connection; the sandbox itself stays open."""
        if self._closing.is_set():
            return
        self._closing.set()
        with self._lock:
            clients = list(self._open)
        for sock in [self._socket, *clients]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                if self._closing.is_set():
                    return
                # Out of descriptors, or the client left at once: the door stays open.
                time.sleep(0.01)
                continue
            with self._lock:
                full = len(self._open) >= _MAX_CONNECTIONS
                if not full:
                    self._open.add(sock)
            if full:
                sock.close()
                continue
            threading.Thread(
                target=self._serve, args=(sock,), name="sandbox-client", daemon=True
            ).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(_SILENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(Connection(sock))
        except OSError:
            # The client went away or was silent for too long; there is nobody to tell.
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _converse(self, connection: Connection) -> None:
        while not self._closing.is_set():
            try:
                request = connection.read()
            except BadRequest as bad:
                said = wire.refused(
                    (
                        "SerializationException"
                        if bad.status == 400
                        else (
                            "RequestEntityTooLargeException"
                            if bad.status == 413
                            else "InvalidRequestException"
                        )
                    ),
                    bad.words,
                    bad.status,
                )
                connection.write(said.status, said.headers, said.body, stays=False)
                _drain(connection.sock)
                return
            if request is None:
                return
            try:
                said = self._answer(request)
            except Exception as error:  # noqa: BLE001, a door that fails still answers, without a stack trace
                said = wire.refused(
                    "InternalErrorException", f"The sandbox failed: {type(error).__name__}", 500
                )
            if said.fault is not None and said.fault.name == faults.DELAY:
                self._closing.wait(said.fault.seconds)
            if said.fault is not None and said.fault.name == faults.DROP:
                # Linger zero: the client sees its connection reset, not a polite end.
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
                return
            connection.write(
                said.status,
                said.headers,
                said.body,
                stays=request.stays,
                head_only=request.method == "HEAD",
            )
            if not request.stays:
                return

    def _answer(self, request: Request) -> wire.Answer:
        stranger = is_cross_origin(request)
        if stranger:
            return wire.refused("ForbiddenException", stranger, 403)
        path = request.path.split("?", 1)[0]
        if path.startswith("/_sandbox") or path.endswith("/.well-known/jwks.json"):
            return control.answer(self.sandbox, request)
        if request.method != "POST":
            return wire.refused(
                "UnknownOperationException", f"The API takes POST, not {request.method[:20]}.", 405
            )
        if path != "/":
            return wire.refused("UnknownOperationException", "The API's path is /.", 404)
        return wire.answer(self.sandbox.engine, wire.target_of(request.headers), request.body)


def serve(sandbox: Sandbox, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> Server:
    """Return a running Server; see there."""
    return Server(sandbox, port, host)


def serve_forever(
    port: int = DEFAULT_PORT, host: str = "127.0.0.1", path: str | None = None
) -> int:
    """Serve in the foreground until SIGINT or SIGTERM and return 0; print the endpoint as one JSON
    line when ready.

    path: the sandbox's file; without it COGNITO_SANDBOX names one, and without that a standing
    memory is served (real clock, random codes), which ends with the process. Returns 2, with a line
    on stderr, where the port or file is not to be had.
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


def is_cross_origin(request: Request) -> str | None:
    # A web page anywhere can make a browser send requests to loopback; its Origin, or the Host it
    # was made to believe in, gives it away.
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
    name = (
        host[1 : host.find("]")]
        if host.startswith("[")
        else host.rsplit(":", 1)[0]
        if ":" in host
        else host
    )
    return name.lower().rstrip(".") == "localhost" or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _drain(sock: socket.socket) -> None:
    # Closing with unread bytes would reset the connection before the client has read why.
    sock.settimeout(0.5)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        for _ in range(64):
            if not sock.recv(65_536):
                return

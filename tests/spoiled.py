"""A sandbox behind a door that spoils answers: the call is carried out, and what comes back is not
what Cognito said.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from helpers.sandbox import Sandbox, wire

HTML = b"<html><body>Please sign in to the network.</body></html>"
Headers = dict[str, str]
Spoil = Callable[[int, Headers, bytes], bytes]


def http(status: int, headers: Headers, body: bytes) -> bytes:
    """Return the bytes of an HTTP answer, with the length of its body."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name != "content-length"]
    return (
        "\r\n".join([*lines, f"content-length: {len(body)}", "connection: close", "", ""]).encode()
        + body
    )


def body_of(new: bytes) -> Spoil:
    """Put another body into Cognito's answer, under Cognito's own headers."""
    return lambda status, headers, body: http(status, headers, new)


def page(status: int) -> Spoil:
    """Put a web page in the answer's place, as a proxy does."""
    return lambda *_: http(status, {"content-type": "text/html"}, HTML)


def cut(share: float) -> Spoil:
    """Cut the answer's bytes; 0 is nothing at all, 1 all of it."""

    def spoil(status: int, headers: Headers, body: bytes) -> bytes:
        whole = http(status, headers, body)
        return whole[: int(len(whole) * share)]

    return spoil


def without(*names: str) -> Spoil:
    """Leave headers out."""

    def spoil(status: int, headers: Headers, body: bytes) -> bytes:
        return http(status, {k: v for k, v in headers.items() if k not in names}, body)

    return spoil


def gzipped(body: bytes) -> Spoil:
    return lambda status, headers, _: http(status, {**headers, "content-encoding": "gzip"}, body)


def error(name: str, status: int = 400) -> Spoil:
    """An error in JSON that no request id belongs to."""
    return lambda *_: http(
        status,
        {"content-type": "application/x-amz-json-1.1"},
        json.dumps({"__type": name}).encode(),
    )


SPOILS: dict[str, Spoil] = {
    "nothing": cut(0),
    "cut-in-the-status-line": cut(0.03),
    "cut-in-the-headers": cut(0.4),
    "cut-before-the-end": lambda *answer: http(*answer)[:-1],
    "page-200": page(200),
    "page-204": page(204),
    "page-302": page(302),
    "page-403": page(403),
    "page-404": page(404),
    "page-407": page(407),
    "page-429": page(429),
    "page-502": page(502),
    "json-without-request-id": without("x-amzn-requestid"),
    "html-under-our-headers": body_of(HTML),
    "null": body_of(b"null"),
    "list": body_of(b"[]"),
    "text": body_of(b'"yes"'),
    "number": body_of(b"1"),
    "half-json": body_of(b'{"User'),
    "not-utf-8": body_of(b"\xff\xfe{}"),
    "deep": body_of(b"[" * 100_000),
    "gzip-garbage": gzipped(b"\x1f\x8bgarbage"),
    "gzip-page": gzipped(gzip.compress(HTML)),
    "another-service": lambda *_: http(
        200,
        {"x-amzn-requestid": "of-another", "content-type": "application/x-amz-json-1.0"},
        b'{"TableNames": []}',
    ),
    "error-of-another-service": lambda *_: http(
        400,
        {"x-amzn-requestid": "of-another"},
        b'{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}',
    ),
    "error-without-request-id": error("NotAuthorizedException"),
    "error-without-a-name": lambda *_: http(400, {"x-amzn-requestid": "x"}, b'{"message": "no"}'),
    "error-with-a-list-for-a-name": lambda *_: http(
        400, {"x-amzn-requestid": "x"}, b'{"__type": []}'
    ),
}
"""What an answer can become on its way, by name."""


@dataclass
class Spoiled:
    """The door's address, and what the sandbox answered before it was spoiled."""

    endpoint: str = ""
    answered: list[tuple[str, int]] = field(default_factory=list)

    def done(self, operation: str) -> int:
        """How often the sandbox has carried out an operation."""
        return self.answered.count((operation, 200))


@contextmanager
def spoiling(box: Sandbox, operation: str, spoil: Spoil) -> Iterator[Spoiled]:
    """Serve a sandbox whose answers to one operation are spoiled."""
    door = Spoiled()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            target = self.headers["X-Amz-Target"]
            request = self.rfile.read(int(self.headers["Content-Length"]))
            answer = wire.answer(box.engine, target, request)
            door.answered.append((target.rpartition(".")[2], answer.status))
            headers = {name.lower(): value for name, value in answer.headers.items()}
            spoiled = spoil if target.endswith(f".{operation}") else http
            self.wfile.write(spoiled(answer.status, headers, answer.body))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        door.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

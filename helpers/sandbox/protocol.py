"""Reads HTTP/1.1 requests off a stream, as far as an API on loopback needs them.

http.server would spend as much time on a request's headers as the sandbox on the call, and accepts
a header that comes twice. Everything has a bound: the head, the body, and, by the socket's timeout,
the time that a client may be silent.
"""

from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedIOBase

from .wire import Answer

MAX_HEAD = 32_768
MAX_BODY = 1_048_576
_ONLY_ONCE = ("content-length", "host", "transfer-encoding", "x-amz-target")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """A request that cannot be read; the connection ends after the answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    headers: names in lower case. stays: whether the connection stays open after it.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    stays: bool

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def endpoint(self) -> str:
        """The URL of the door, as whoever made the request knows it."""
        return f"http://{self.headers.get('host', '')}"


def read(stream: BufferedIOBase, out: BufferedIOBase) -> Request | None:
    """Return the next request, or None at the end of the stream.

    Raises BadRequest for anything that is no request, and TimeoutError for a silent client.
    """
    lines = _head(stream)
    if not lines:
        return None
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(400, "this is not an HTTP/1.1 request")
    headers = _headers(lines[1:])
    size = _size(headers)
    if headers.get("expect", "").lower() == "100-continue":
        out.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = stream.read(size)
    if len(body) < size:
        raise BadRequest(400, "the request ends in its body")
    stays = words[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(words[0], words[1], headers, body, stays)


def written(answer: Answer, *, stays: bool, head_only: bool = False) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if not stays:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if head_only else head + answer.body


def _head(stream: BufferedIOBase) -> list[str]:
    lines: list[str] = []
    left = MAX_HEAD + len(b"\r\n\r\n")
    while line := stream.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise BadRequest(431, "the request's headers are too long")
        text = line.rstrip(b"\r\n").decode("latin-1")
        if text:
            lines.append(text)
        elif lines:
            return lines
    if lines:
        raise BadRequest(400, "the request ends in its headers")
    return []


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400, "a header line is malformed")
        name = name.lower()
        if name in headers and name in _ONLY_ONCE:
            raise BadRequest(400, f"the header {name} comes twice")
        headers[name] = value.strip()
    return headers


def _size(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(411, "the request needs a Content-Length")
    size = headers.get("content-length", "0")
    if not (size.isascii() and size.isdigit()):
        raise BadRequest(400, "Content-Length is not a number")
    if len(size) > 12 or int(size) > MAX_BODY:
        raise BadRequest(413, "Request size exceeds the limit")
    return int(size)

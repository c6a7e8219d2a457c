"""HTTP/1.1 as far as an API on loopback needs it: requests off a socket, answers onto it.

The standard library's handler spends more time on a request's headers than the sandbox on the whole
call; this reads them as what they are. Everything has a bound: header size, body size, and the time
that a silent client may take.
"""

import socket
from dataclasses import dataclass

MAX_HEAD = 32_768
MAX_BODY = 1_048_576
_REASONS = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
}


class BadRequest(Exception):
    """A request that cannot be read; the connection ends after the answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True)
class Request:
    """One HTTP request. headers: names in lower case. stays: whether the connection goes on after
    it.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    stays: bool


class Connection:
    """One client's socket, with what was read beyond the last request."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""

    def read(self) -> Request | None:
        """Return the next request, None at the end; BadRequest for what is none, TimeoutError for a
        silent client.
        """
        head = self._head()
        if head is None:
            return None
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadRequest(400, "this is not an HTTP/1.1 request")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise BadRequest(400, "a header line is malformed")
            name = name.lower()
            if name in headers and name in (
                "content-length",
                "host",
                "transfer-encoding",
                "x-amz-target",
            ):
                raise BadRequest(400, f"the header {name} comes twice")
            headers[name] = value.strip()
        if "transfer-encoding" in headers:
            raise BadRequest(411, "the request needs a Content-Length")
        size = headers.get("content-length", "0")
        if not (size.isascii() and size.isdigit()):
            raise BadRequest(400, "Content-Length is not a number")
        if len(size) > 12 or int(size) > MAX_BODY:
            raise BadRequest(413, "Request size exceeds the limit")
        if headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._exactly(int(size))
        stays = words[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Request(words[0], words[1], headers, body, stays)

    def write(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        stays: bool,
        head_only: bool = False,
    ) -> None:
        """Send one answer."""
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if not stays:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        self.sock.sendall(head if head_only else head + body)

    def _head(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0 and len(self._buffer) <= MAX_HEAD:
            data = self.sock.recv(65_536)
            if not data:
                if self._buffer.strip():
                    raise BadRequest(400, "the request ends in its headers")
                return None
            self._buffer = (
                (self._buffer + data).lstrip(b"\r\n") if not self._buffer else self._buffer + data
            )
        if not 0 <= end <= MAX_HEAD:
            raise BadRequest(431, "the request's headers are too long")
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return head

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self.sock.recv(65_536)
            if not data:
                raise BadRequest(400, "the request ends in its body")
            self._buffer += data
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

"""How messages travel between a run's kernel and the program that drives it: frames on one pair of
sockets.
"""

import json
import socket
import struct
import threading
from typing import Any

FRAME = struct.Struct("!BIH")
"""What stands before a message: its channel, the length of its JSON, the number of its binary
buffers.
"""
LENGTH = struct.Struct("!I")
SHELL, IOPUB, SECRET = range(3)


class Pipe:
    """The run's end of the pipe. Sends frames from any thread, one at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.RLock()

    def send(self, channel: int, text: str, buffers: list[Any] = []) -> None:  # noqa: B006
        body = _encoded(text)
        parts = [FRAME.pack(channel, len(body), len(buffers)), body]
        for buffer in buffers:
            view = memoryview(buffer).cast("B")
            parts += [LENGTH.pack(len(view)), view.tobytes()]
        with self._lock:
            self._socket.sendall(b"".join(parts))

    def receive(self) -> tuple[int, bytes, list[bytes]] | None:
        """Return the next frame, or None when the other side is gone."""
        head = self._exactly(FRAME.size)
        if head is None:
            return None
        channel, length, count = FRAME.unpack(head)
        body = self._exactly(length)
        buffers = []
        for _ in range(count):
            size = self._exactly(LENGTH.size)
            buffer = self._exactly(LENGTH.unpack(size)[0]) if size else None
            if buffer is None:
                return None
            buffers.append(buffer)
        return None if body is None else (channel, body, buffers)

    def start(self) -> dict[str, Any] | None:
        """Return what the other side sends first, or None when nobody wants this kernel any
        more.
        """
        head = self._exactly(LENGTH.size)
        body = self._exactly(LENGTH.unpack(head)[0]) if head else None
        return json.loads(body) if body else None

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def fileno(self) -> int:
        return self._socket.fileno()


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, as in a file's name that is no UTF-8: nobody could save it
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()

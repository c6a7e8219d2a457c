"""A program that calls Cognito, run in a browser tab: there is no other process and no socket.

It runs in this very Python. boto3's clients and urllib's requests are led to a sandbox as long as
it runs.
"""

import code
import http.client
import io
import os
import urllib.request
import urllib.response
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from email.message import Message
from typing import Any

import botocore.session

from helpers.sandbox import Sandbox


def run(text: str, box: Sandbox, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a program against a sandbox; return its exit status and what it wrote to its channels."""
    out, err, program = io.StringIO(), io.StringIO(), _Program({"__name__": "__main__"})
    with _door(box), _set(environment), redirect_stdout(out), redirect_stderr(err):
        program.runcode(compile(text, "<program>", "exec"))
    return program.status, out.getvalue(), err.getvalue()


def post(box: Sandbox, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    """Send one request; return the status and the text of the answer.

    Raises what http.client raises for headers that cannot be sent.
    """
    written = http.client.HTTPConnection("sandbox")  # nobody connects it
    written.putrequest("POST", "/")
    for name, value in headers.items():
        written.putheader(name, value)
    status, _, said = box.answer(headers, body)
    return status, said.decode()


class _Program(code.InteractiveInterpreter):
    status = 0

    def showtraceback(self) -> None:
        self.status = 1
        super().showtraceback()


class _Door(urllib.request.HTTPSHandler):
    def __init__(self, box: Sandbox) -> None:
        super().__init__()
        self._box = box

    def https_open(self, req: urllib.request.Request) -> Any:
        body = req.data if isinstance(req.data, bytes) else b""
        status, headers, said = self._box.answer(dict(req.header_items()), body)
        message = Message()
        for name, value in headers.items():
            message[name] = value
        answer: Any = urllib.response.addinfourl(io.BytesIO(said), message, req.full_url, status)
        answer.msg = ""
        return answer


@contextmanager
def _door(box: Sandbox) -> Iterator[None]:
    made = botocore.session.Session.create_client

    def create_client(session: Any, *args: Any, **given: Any) -> Any:
        client = made(session, *args, **given)
        box.attach(client)
        return client

    opener = urllib.request._opener  # type: ignore[attr-defined]
    urllib.request.install_opener(urllib.request.build_opener(_Door(box)))
    setattr(botocore.session.Session, "create_client", create_client)  # noqa: B010
    try:
        yield
    finally:
        setattr(botocore.session.Session, "create_client", made)  # noqa: B010
        urllib.request.install_opener(opener)


@contextmanager
def _set(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

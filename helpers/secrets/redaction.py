"""How a secret stays hidden: whatever was resolved is taken out of texts and logs."""

import base64
import html
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter values are not looked for in text: they would take harmless text with them, and Cognito
takes no password under six characters and sends no code under six digits."""


class Redactor:
    """Knows values that must not be seen and takes them out of text. One stands for this process:
    see `redact`.

    Make one of your own to keep what belongs to one run apart from what belongs to another.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._forms: list[str] | None = None
        self._lock = threading.Lock()

    def add(self, value: str) -> bool:
        """Take the value out of every text from now on. Returns whether it is new and long enough
        to be looked for.
        """
        if len(value) < SHORTEST or value in self._known:
            return False
        with self._lock:
            self._known.add(value)
            self._forms = None
        return True

    def __call__(self, text: str) -> str:
        """Return the text without any value that this redactor knows, in any common
        encoding of it.
        """
        forms = self._all_forms()
        # Most text holds none, and this way to find that out takes a tenth of a pattern's time.
        if not any(form in text for form in forms):
            return text
        return re.sub("|".join(map(re.escape, forms)), "[hidden]", text)

    def finds_in_json(self, text: str) -> bool:
        """Whether any text within this JSON, made with ensure_ascii=False, holds a value: one look
        instead of many.
        """
        return any(json.dumps(form, ensure_ascii=False)[1:-1] in text for form in self._all_forms())

    def hold_back(self, text: str) -> str:
        """Return the text without an end that may be the beginning of a value, whose rest is still
        to come.
        """
        end = len(text)
        for form in self._all_forms():
            start = text.find(form[0], max(0, len(text) - len(form) + 1), end)
            while start != -1 and not form.startswith(text[start:]):
                start = text.find(form[0], start + 1, end)
            end = end if start == -1 else start
        return text[:end]

    def _all_forms(self) -> list[str]:
        forms = self._forms
        if forms is None:
            with self._lock:
                forms = sorted(
                    {form for known in self._known for form in _encodings(known)},
                    key=len,
                    reverse=True,
                )
                self._forms = forms
        return forms

    @property
    def holds_line_ends(self) -> bool:
        """Whether a value goes over several lines, so that no single line of a text can be judged
        alone.
        """
        return any("\n" in known for known in self._known)


_process = Redactor()


_listener: Callable[[str], None] | None = None


def register(value: str) -> None:
    if _process.add(value) and _listener:
        _listener(value)


def tell(listener: Callable[[str], None] | None) -> None:
    """Have every new secret of this process told to whoever writes down what the process puts out.

    A notebook's kernel is one process and the program that saves the notebook another; only the
    kernel knows what a reference stands for.
    """
    global _listener
    _listener = listener


# Members that botocore logs and that no caller ever holds as a Secret, such as the tokens of an
# answer.
_MEMBERS = re.compile(
    r"""((?:Access|Id|Refresh)Token|Session|Password|PASSWORD|ConfirmationCode|ClientSecret|SecretHash|SECRET_HASH)"""
    r"""(\\*["']:\s*\\*["'])(?:[^"'\\]|\\+[^"'\\])*"""
)


def _encodings(value: str) -> Iterable[str]:
    """Yield the value as it appears in text: plain, and as JSON, URL, HTML, base64 and Python's
    reprs write it.
    """
    plain = {value, html.escape(value), quote(value), quote(value, safe=""), quote_plus(value)}
    plain |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    for form in tuple(plain):
        plain |= {repr(form)[1:-1], repr(form.encode())[2:-1], json.dumps(form)[1:-1]}
        # Beside a double quote a repr escapes the single ones.
        plain |= {repr('"' + form)[2:-1], repr(b'"' + form.encode())[3:-1]}
    raw = value.encode()
    plain |= {raw.hex(), raw.hex().upper()}
    # Base64 of a longer text holds the value at one of three offsets; its outer characters mix with
    # the neighbours.
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = whole[(0, 2, 3)[offset] : len(whole) - (1 if (offset + len(raw)) % 3 else 0)]
        plain |= (
            {core, core.replace("+", "-").replace("/", "_")} if len(core) >= SHORTEST else set()
        )
    return plain


def redact(text: str) -> str:
    """Return the text without any secret that this process has held, in any common encoding
    of it.
    """
    return _process(text)


class _RedactingFactory:
    """Makes log records whose text has been redacted, whoever logs and whichever handler writes."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001
            return record  # a caller's formatting mistake is for logging itself to report
        clean = (
            _MEMBERS.sub(r"\1\2[hidden]", text)
            if record.name.startswith(("botocore", "urllib3"))
            else text
        )
        clean = redact(clean)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record


def hide_in_logs() -> None:
    """Have every log record of this process redacted before any handler sees it; calling it again
    changes nothing.

    A filter would have to sit on every handler and every botocore logger there is and will be.
    botocore's DEBUG log prints passwords and codes in clear text.
    """
    if not isinstance(logging.getLogRecordFactory(), _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(logging.getLogRecordFactory()))

"""How a secret stays hidden: whatever was resolved is taken out of texts and logs.

`redact` finds a secret as plain text and in every encoding that `helpers.secrets.spellings` lists.
What no search for a known text can promise, and none is promised:

- a secret that is shorter than SHORTEST, 4 characters. A code has six digits, and Cognito takes no
  password under six characters; a runbook refuses a shorter secret of any kind;
- a piece of a secret, such as its first half; so a secret that is written in two parts is hidden
  only once both are there;
- a secret with something else between its characters: coloured word by word, spelt with commas,
  split over two streams, two cells or two log records; or broken by lines of less than 24
  characters;
- a secret that was changed: reversed, in another case, hashed, encrypted, compressed, drawn in a
  picture, in an encoding of characters other than UTF-8 and UTF-16, in another base than 64 and 16,
  or in more than one of base64, hex and the rest at once;
- a secret that this process has never held as a `Secret`, and that nobody has told to `register`;
- what somebody else writes: stock papermill keeps what a cell prints as it is. With this project's
  engine, the outputs are redacted by the process that saves the notebook.

Texts are redacted, never structure: see `redact_values`.
"""

import logging
import re
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from helpers.secrets.spellings import SHORTEST, Spellings

HIDDEN = "[hidden]"
"""What stands where a secret was."""


class Redactor:
    """Knows values that must not be seen and takes them out of text. One stands for this process:
    see `redact`.

    Make one of your own to keep what belongs to one run apart from what belongs to another.
    """

    def __init__(self) -> None:
        self._known: dict[str, Spellings] = {}
        self._longest_first: tuple[Spellings, ...] = ()
        self._lock = threading.Lock()

    def add(self, value: str) -> bool:
        """Take the value out of every text from now on. Returns whether it is new and long enough
        to be looked for.
        """
        if len(value) < SHORTEST or value in self._known:
            return False
        with self._lock:
            self._known[value] = Spellings(value)
            # One may hold another
            by_length = sorted(self._known.items(), key=lambda item: len(item[0]), reverse=True)
            self._longest_first = tuple(spellings for _, spellings in by_length)
        return True

    def __call__(self, text: str) -> str:
        """Return the text without any value that this redactor knows, in any encoding that is
        promised.
        """
        for spellings in self._longest_first:
            for pattern in spellings.patterns_for(text):
                text = pattern.sub(HIDDEN, text)
        return text

    def finds_in_json(self, text: str) -> bool:
        """Whether any text within this JSON, made with ensure_ascii=False, holds a value: one look
        instead of many.
        """
        return any(
            pattern.search(text)
            for spellings in self._longest_first
            for pattern in spellings.patterns_for(text)
        )

    def hold_back(self, text: str) -> str:
        """Return the text without an end that may be the beginning of a value, whose rest is still
        to come.
        """
        end = len(text)
        for form in (form for spellings in self._longest_first for form in spellings.common):
            start = text.find(form[0], max(0, len(text) - len(form) + 1), end)
            while start != -1 and not form.startswith(text[start:]):
                start = text.find(form[0], start + 1, end)
            end = end if start == -1 else start
        return text[:end]

    @property
    def holds_line_ends(self) -> bool:
        """Whether a value goes over several lines, so that no single line of a text can be judged
        alone.
        """
        return any("\n" in known for known in self._known)


_process = Redactor()


_listener: Callable[[str], None] | None = None


def register(value: str) -> None:
    """Hide this value from now on: from every text that is passed through `redact`, and from every
    log record.
    """
    hide_in_logs()
    if _process.add(value) and _listener:
        _listener(value)


@contextmanager
def of_one_run() -> Iterator[None]:
    """Forget afterwards what is registered within: a process that does many runs would look for
    the secrets of all of them in every text.
    """
    global _process
    before, _process = _process, Redactor()
    try:
        yield
    finally:
        _process = before


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


def redact(text: str) -> str:
    """Return the text without any secret that this process has held, in any encoding that is
    promised.
    """
    return _process(text)


def redact_values(
    data: Any,
    *,
    redactor: Callable[[str], str] | None = None,
    keep: Collection[tuple[str, ...]] = (),
) -> Any:
    """Return a copy of JSON-like data with every text in it redacted, and its structure as it was:
    names of members stay whatever they are.

    redactor: what a text is passed through, if not `redact`. keep: the paths of values that stay,
    such as enumerations: the names that lead there, with "*" for any place in a list or any name.
    """
    clean = redactor or redact

    def walk(value: Any, kept: Collection[tuple[str, ...]]) -> Any:
        if () in kept:
            return value
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, dict):
            members = ((name, walk(item, below(kept, name))) for name, item in value.items())
            return type(value)(members)
        if isinstance(value, list | tuple):
            return [walk(item, below(kept, "*")) for item in value]
        return value

    def below(kept: Collection[tuple[str, ...]], name: str) -> list[tuple[str, ...]]:
        return [path[1:] for path in kept if path[0] in ("*", name)]

    return walk(data, keep)


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

"""A mailbox that somebody names, for the facts that need a code from a message that really came."""

import email
import email.policy
import imaplib
import re
import time
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from helpers.sandbox.delivery import masked

# The addresses that facts use; a password may have an @ in it as well.
_ADDRESS = re.compile(
    r"[\w.+-]+@(?:[\w-]+\.)*(?:example\.com|example\.org|test\.com|example)\b", re.IGNORECASE
)
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Letter(dict[str, Any]):
    """A message as the sandbox's mailbox shows it, with what can be known of one from afar."""

    def __missing__(self, name: str) -> Any:
        pytest.skip(f"needs the sandbox's own `mailbox`: a message has no {name}")


class Mailbox(Protocol):
    """Where messages come to."""

    account: str

    def begin(self) -> None:
        """Forget what has come so far."""

    def letters(self, count: int) -> list[Letter]:
        """Return what has come since, once it is so many; fewer where they do not come."""


class Imap:
    """A mailbox on an IMAP server.

    account: its address, which also gets what goes to NAME+anything@HOST. connect: opens a session.
    patience: seconds for which a message may be on its way.
    """

    def __init__(
        self,
        account: str,
        connect: Callable[[], imaplib.IMAP4],
        user: str,
        password: str,
        *,
        patience: float = 60.0,
        pause: float = 2.0,
    ) -> None:
        self.account = account
        self._session = connect()
        self._session.login(user, password)
        self._patience, self._pause = patience, pause
        self._last = 0

    def begin(self) -> None:
        """Forget what has come so far."""
        self._last = max(self._numbers(), default=0)

    def letters(self, count: int) -> list[Letter]:
        """Return what has come since, once it is so many; fewer where they do not come."""
        until = time.monotonic() + self._patience
        while len(found := [one for one in self._numbers() if one > self._last]) < count:
            if time.monotonic() > until:
                break
            time.sleep(self._pause)
        return [self._read(number) for number in found]

    def close(self) -> None:
        """End the session."""
        self._session.logout()

    def _numbers(self) -> list[int]:
        self._session.select("INBOX", readonly=True)
        _, found = self._session.uid("SEARCH", f"UID {self._last + 1}:*")
        return sorted(int(number) for number in (found[0] or b"").split())

    def _read(self, number: int) -> Letter:
        _, parts = self._session.uid("FETCH", str(number), "(BODY.PEEK[])")
        raw = next(part[1] for part in parts if isinstance(part, tuple))
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        text = body.get_content().strip() if body is not None else ""
        code = _CODE.search(re.sub(r"<[^>]*>", " ", text))
        return Letter(
            destination=str(message["To"]).strip().strip("<>"),
            subject=str(message["Subject"]),
            body=text,
            **({"code": code[0]} if code else {}),
        )


class Addresses:
    """Puts addresses of one account in the place of those that facts use, and back."""

    def __init__(self, account: str) -> None:
        self._name, _, self._host = account.partition("@")
        self._originals: dict[str, str] = {}
        self._masks: dict[str, str] = {}

    def has(self, address: str) -> bool:
        """Whether messages to this address come to the account."""
        return address in self._originals

    def to_ours(self, value: Any) -> Any:
        """Return what a request says, with our addresses."""
        return _mapped(value, lambda text: _ADDRESS.sub(self._stand_in, text))

    def to_theirs(self, value: Any) -> Any:
        """Return what an answer says, with the facts' addresses, masked ones too."""

        def back(text: str) -> str:
            for ours, theirs in self._originals.items():
                text = text.replace(ours, theirs)
            return self._masks.get(text, text)

        return _mapped(value, back)

    def _stand_in(self, found: re.Match[str]) -> str:
        tag = re.sub(r"\W+", "-", found[0]).strip("-")
        ours = f"{self._name}+{tag}@{self._host}"
        self._originals[ours] = found[0]
        self._masks[masked(ours)] = masked(found[0])
        return ours


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(one, change) for key, one in value.items()}
    return [_mapped(one, change) for one in value] if isinstance(value, list) else value

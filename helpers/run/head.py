"""The head of a journal: the digest of its last line, in a file beside it.

It is written before a line, saying which one comes, and after it. So a process that is killed in
between leaves a head that fits, and a line that was removed afterwards does not.

Anyone who may write both files can make both fit again. Against that, keep a digest that `verify`
prints somewhere else (`verify --head`), or have the head signed with a key that they do not have:
COGNITO_RESET_JOURNAL_KEY holds a reference to it.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

from helpers.run.shared import open_file
from helpers.secrets.references import fault_in, resolve
from helpers.secrets.secret import Secret, SecretError

KEY = "COGNITO_RESET_JOURNAL_KEY"
"""The environment variable with the reference to a key: env:, file: or keyring:."""


class KeyUnavailable(OSError):
    """The journal's key cannot be had, or is needed and not named."""


@dataclass(frozen=True)
class Head:
    """What the head's file says. coming: the digest of a line that may not have been written."""

    digest: str
    coming: str = ""
    signature: str = ""

    def fits(self, last: str) -> bool:
        """Whether a journal that ends in this line's digest is as it was left."""
        return last in (self.digest, self.coming)

    def signed(self, key: Secret | None) -> "Head":
        """Return it with a signature, where there is a key."""
        return Head(self.digest, self.coming, self._mac(key)) if key else self

    def is_signed(self, key: Secret) -> bool:
        """Whether somebody who has the key has written this."""
        return hmac.compare_digest(self.signature, self._mac(key))

    def _mac(self, key: Secret) -> str:
        text = f"{self.digest} {self.coming}".encode()
        return hmac.new(key.reveal().encode(), text, hashlib.sha256).hexdigest()


def read(path: Path) -> Head | None:
    """Return what a head's file says, or None where there is none. One of version 1 is a digest."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    try:
        data = json.loads(text)
        return Head(str(data["digest"]), str(data["coming"]), str(data["signature"]))
    except (ValueError, TypeError, KeyError):
        return Head(text)


def write(path: Path, head: Head) -> None:
    """Put a head in the place of the one before, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with open(open_file(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w") as file:
            file.write(json.dumps(vars(head)) + "\n")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def key() -> Secret | None:
    """Return the key that heads are signed with; None where none is asked for."""
    reference = os.environ.get(KEY, "")
    if not reference:
        return None
    fault = fault_in(reference, sandbox=False, person=False)
    if fault:
        raise KeyUnavailable(f"{KEY}: {fault}")
    try:
        return resolve(reference, label="journal key", ask=_no, mailbox=_no, aws=_no)
    except SecretError as exc:
        raise KeyUnavailable(str(exc)) from None


def _no(*_: object) -> str:
    raise SecretError("journal key: use env:, file: or keyring: for it.")

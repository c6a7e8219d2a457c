"""What a secret is, where it comes from, and how it stays hidden.

Passwords, confirmation codes, client secrets and secret hashes are secrets. A parameter never
carries one; it carries a reference to it, and `resolve` turns the reference into a `Secret`. A
secret shows itself nowhere: `reveal` is called where the request to Cognito is made, and nowhere
else. Whatever was resolved is known to `redact`, which takes it out of text in every encoding that
`helpers.secrets.redaction` promises; every log record passes through it.
"""

import hmac
from typing import NoReturn

from helpers.secrets.redaction import register


class SecretError(Exception):
    """A reference that cannot be used. The message names the reference's scheme, never a value."""


class Secret:
    """A value that must not be seen. Its repr, str and format are hidden, and it cannot be pickled
    or copied.

    label: what it is, in a word or two, for the repr ("new password"). Every Secret is known to
    `redact` at once.
    """

    __slots__ = ("_label", "_value")

    def __init__(self, value: str, label: str = "secret") -> None:
        self._value = value
        self._label = label
        register(value)

    def reveal(self) -> str:
        """Return the value itself. Only the code that hands it to AWS has a reason to call this."""
        return self._value

    def __repr__(self) -> str:
        return f"[hidden: {self._label}]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._value.encode(errors="surrogatepass"), other._value.encode(errors="surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a hash of a six-digit code is the code

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

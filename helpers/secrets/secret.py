"""What a secret is, where it comes from, and how it stays hidden.

Passwords, confirmation codes, client secrets and secret hashes are secrets. A parameter never carries one; it carries
a reference to it, and `resolve` turns the reference into a `Secret`. A secret shows itself nowhere: `reveal` is called
where the request to Cognito is made, and nowhere else. Whatever was resolved is known to `redact`, which takes it out
of text in every common encoding; `hide_in_logs` has every log record pass through it.
"""

import base64
import hmac
import html
import json
import logging
import os
import re
import stat
import threading
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

SCHEMES = {
    "env": "env:NAME, an environment variable",
    "file": "file:PATH, the first line of a file that only you can read",
    "prompt": "prompt:, a hidden question, where a person is there to answer it",
    "keyring": "keyring:SERVICE/USER, the system's keyring",
    "secretsmanager": "secretsmanager:ID or secretsmanager:ID#KEY, AWS Secrets Manager",
    "ssm": "ssm:/PATH, a SecureString in AWS Systems Manager",
    "mailbox": "mailbox:, the newest code in the sandbox's mailbox (sandbox only)",
    "literal": "literal:VALUE, the value itself, for practice (sandbox only)",
}
SANDBOX_SCHEMES = ("mailbox", "literal")
SHORTEST = 4
"""Shorter values are not looked for in text: they would take harmless text with them, and Cognito takes no password
under six characters and sends no code under six digits."""


class SecretError(Exception):
    """A reference that cannot be used. The message names the reference's scheme, never a value."""


class Secret:
    """A value that must not be seen. Its repr, str and format are hidden, and it cannot be pickled or copied.

    label: what it is, in a word or two, for the repr ("new password"). Every Secret is known to `redact` at once.
    """

    __slots__ = ("_label", "_value")

    def __init__(self, value: str, label: str = "secret") -> None:
        self._value = value
        self._label = label
        _register(value)

    def reveal(self) -> str:
        """Return the value itself. Only the code that hands it to AWS has a reason to call this."""
        return self._value

    def __repr__(self) -> str:
        return f"[hidden: {self._label}]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of a six-digit code is the code

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


# --- references -------------------------------------------------------------------------------------------------------


def scheme_of(reference: str) -> str:
    """Return the reference's scheme without its colon, or "" where it has none that is known."""
    scheme, colon, _ = reference.partition(":")
    return scheme if colon and scheme in SCHEMES else ""


def shown(reference: str) -> str:
    """Return the reference as it may be shown and recorded: a literal's value is hidden, the rest is harmless."""
    scheme = scheme_of(reference)
    return "literal:[hidden]" if scheme == "literal" else reference if scheme else "[hidden]"


def fault_in(reference: str, *, sandbox: bool, person: bool) -> str | None:
    """Say in words why this reference cannot be used, or None; reads no secret and touches no network.

    sandbox: whether the target is a sandbox, where mailbox: and literal: are allowed. person: whether somebody can
    answer a prompt. The words never hold the reference itself: it may be a secret given by mistake.
    """
    scheme = scheme_of(reference)
    word, colon, rest = reference.partition(":")
    if not scheme:
        close = get_close_matches(word, SCHEMES, n=1) if colon else []
        meant = f" Did you mean {close[0]}:?" if close else ""
        return f"not a reference to a secret, and a secret is never given by value.{meant} Use one of {known_schemes()}."
    if scheme in SANDBOX_SCHEMES and not sandbox:
        return f"{scheme}: works in the sandbox only. Use one of {known_schemes(sandbox=False)}."
    if scheme == "prompt":
        return None if person else "prompt: needs a person to answer; use env: or file: where nobody is there."
    if scheme == "env" and not os.environ.get(rest):
        return "the environment variable of this reference is not set, or empty."
    if scheme == "file":
        return _fault_in_file(Path(rest).expanduser())
    if scheme == "keyring" and "/" not in rest:
        return "keyring: is written keyring:SERVICE/USER."
    if scheme != "mailbox" and not rest:
        return f"{scheme}: needs something after the colon: {SCHEMES[scheme]}."
    return None


def known_schemes(*, sandbox: bool = True) -> str:
    """Return the known schemes as one readable list, such as "env:, file: or prompt:"."""
    names = [f"{name}:" for name in SCHEMES if sandbox or name not in SANDBOX_SCHEMES]
    return ", ".join(names[:-1]) + " or " + names[-1]


def resolve(reference: str, *, label: str, ask: Callable[[str], str], mailbox: Callable[[], str],
            aws: Callable[[str], Any]) -> Secret:
    """Turn a reference into the secret it stands for; call it once, right before the secret is needed.

    label: what the secret is, for its repr and for the prompt. ask: puts a hidden question to a person. mailbox:
    returns the newest code of the sandbox. aws: returns a boto3 client for a service's name.
    Raises SecretError when there is nothing at the other end.
    """
    scheme, rest = scheme_of(reference), reference.partition(":")[2]
    readers: dict[str, Callable[[], str]] = {
        "env": lambda: os.environ.get(rest, ""),
        "file": lambda: _first_line(Path(rest).expanduser()),
        "prompt": lambda: ask(f"{label}: "),
        "keyring": lambda: _from_keyring(rest),
        "secretsmanager": lambda: _from_secrets_manager(rest, aws("secretsmanager")),
        "ssm": lambda: str(aws("ssm").get_parameter(Name=rest, WithDecryption=True)["Parameter"]["Value"]),
        "mailbox": mailbox,
        "literal": lambda: rest,
    }
    if scheme not in readers:
        raise SecretError(f"{label}: not a reference to a secret.")
    try:
        value = readers[scheme]()
    except SecretError:
        raise
    except Exception as exc:  # noqa: BLE001  # from any store; it may quote what it read, its class is enough
        raise SecretError(f"{label}: {scheme}: could not be read ({type(exc).__name__}).") from None
    if not value:
        raise SecretError(f"{label}: there is nothing behind this {scheme}: reference.")
    return Secret(value, label)


def _fault_in_file(path: Path) -> str | None:
    if not path.is_file():
        return "there is no file at the path of this reference."
    if not os.access(path, os.R_OK):
        return "the file of this reference cannot be read by you."
    # Container secrets are mounted readable for all inside the container, where there is nobody else.
    mounted = any(path.resolve().is_relative_to(root) for root in ("/run/secrets", "/var/run/secrets"))
    if os.name == "posix" and not mounted and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "other users may read the file of this reference; run chmod 600 on it first."
    return None


def _first_line(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text.removesuffix("\n").removesuffix("\r")


def _from_keyring(rest: str) -> str:
    try:
        import keyring
    except ImportError:
        raise SecretError("keyring: needs the keyring package: pip install 'cognito-reset-runbooks[keyring]'") from None
    service, _, user = rest.rpartition("/")
    return keyring.get_password(service, user) or ""


def _from_secrets_manager(rest: str, client: Any) -> str:
    name, _, key = rest.partition("#")
    value = str(client.get_secret_value(SecretId=name)["SecretString"])
    return str(json.loads(value)[key]) if key else value


# --- redaction --------------------------------------------------------------------------------------------------------

class Redactor:
    """Knows values that must not be seen and takes them out of text. One stands for this process: see `redact`.

    Make one of your own to keep what belongs to one run apart from what belongs to another.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._forms: list[str] | None = None
        self._lock = threading.Lock()

    def add(self, value: str) -> bool:
        """Take the value out of every text from now on. Returns whether it is new and long enough to be looked for."""
        if len(value) < SHORTEST or value in self._known:
            return False
        with self._lock:
            self._known.add(value)
            self._forms = None
        return True

    def __call__(self, text: str) -> str:
        """Return the text without any value that this redactor knows, in any common encoding of it."""
        forms = self._all_forms()
        # Most text holds none, and this way to find that out takes a tenth of a pattern's time.
        if not any(form in text for form in forms):
            return text
        return re.sub("|".join(map(re.escape, forms)), "[hidden]", text)

    def finds_in_json(self, text: str) -> bool:
        """Whether any text within this JSON, made with ensure_ascii=False, holds a value: one look instead of many."""
        return any(json.dumps(form, ensure_ascii=False)[1:-1] in text for form in self._all_forms())

    def _all_forms(self) -> list[str]:
        forms = self._forms
        if forms is None:
            with self._lock:
                forms = sorted({form for known in self._known for form in _encodings(known)}, key=len, reverse=True)
                self._forms = forms
        return forms

    @property
    def holds_line_ends(self) -> bool:
        """Whether a value goes over several lines, so that no single line of a text can be judged alone."""
        return any("\n" in known for known in self._known)


_process = Redactor()
_listener: Callable[[str], None] | None = None


def _register(value: str) -> None:
    if _process.add(value) and _listener:
        _listener(value)


def tell(listener: Callable[[str], None] | None) -> None:
    """Have every new secret of this process told to whoever writes down what the process puts out.

    A notebook's kernel is one process and the program that saves the notebook another; only the kernel knows what a
    reference stands for.
    """
    global _listener
    _listener = listener


# Members that botocore logs and that no caller ever holds as a Secret, such as the tokens of an answer.
_MEMBERS = re.compile(
    r"""((?:Access|Id|Refresh)Token|Session|Password|PASSWORD|ConfirmationCode|ClientSecret|SecretHash|SECRET_HASH)"""
    r"""(\\*["']:\s*\\*["'])(?:[^"'\\]|\\+[^"'\\])*"""
)


def _encodings(value: str) -> Iterable[str]:
    """Yield the value as it appears in text: plain, and as JSON, URL, HTML, base64 and Python's reprs write it."""
    plain = {value, html.escape(value), quote(value), quote(value, safe=""), quote_plus(value)}
    plain |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    for form in tuple(plain):
        plain |= {repr(form)[1:-1], repr(form.encode())[2:-1], json.dumps(form)[1:-1]}
        # Beside a double quote a repr escapes the single ones.
        plain |= {repr('"' + form)[2:-1], repr(b'"' + form.encode())[3:-1]}
    raw = value.encode()
    plain |= {raw.hex(), raw.hex().upper()}
    # Base64 of a longer text holds the value at one of three offsets; its outer characters mix with the neighbours.
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = whole[(0, 2, 3)[offset] : len(whole) - (1 if (offset + len(raw)) % 3 else 0)]
        plain |= {core, core.replace("+", "-").replace("/", "_")} if len(core) >= SHORTEST else set()
    return plain


def redact(text: str) -> str:
    """Return the text without any secret that this process has held, in any common encoding of it."""
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
        clean = _MEMBERS.sub(r"\1\2[hidden]", text) if record.name.startswith(("botocore", "urllib3")) else text
        clean = redact(clean)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record


def hide_in_logs() -> None:
    """Have every log record of this process redacted before any handler sees it; calling it again changes nothing.

    A filter would have to sit on every handler and every botocore logger there is and will be. botocore's DEBUG log
    prints passwords and codes in clear text.
    """
    if not isinstance(logging.getLogRecordFactory(), _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(logging.getLogRecordFactory()))

"""Where a secret comes from: references such as env:NAME, and what they stand for."""

import json
import os
import stat
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from helpers.secrets.secret import Secret, SecretError
from helpers.secrets.spellings import SHORTEST

SCHEMES = {
    "env": "env:NAME, an environment variable",
    "file": "file:PATH, the content of a file that only you can read, without its last line end",
    "prompt": "prompt:, a hidden question, where a person is there to answer it",
    "keyring": "keyring:SERVICE/USER, the system's keyring",
    "secretsmanager": "secretsmanager:ID or secretsmanager:ID#KEY, AWS Secrets Manager",
    "ssm": "ssm:/PATH, a SecureString in AWS Systems Manager",
    "mailbox": "mailbox:, the newest code in the sandbox's mailbox (sandbox only)",
    "literal": "literal:VALUE, the value itself, for practice (sandbox only)",
}


SANDBOX_SCHEMES = ("mailbox", "literal")


def scheme_of(reference: str) -> str:
    """Return the reference's scheme without its colon, or "" where it has none that is known."""
    scheme, colon, _ = reference.partition(":")
    return scheme if colon and scheme in SCHEMES else ""


def shown(reference: str) -> str:
    """Return the reference as it may be shown and recorded: a literal's value is hidden, the rest
    is harmless.
    """
    scheme = scheme_of(reference)
    return "literal:[hidden]" if scheme == "literal" else reference if scheme else "[hidden]"


def fault_in(reference: str, *, sandbox: bool, person: bool) -> str | None:
    """Say in words why this reference cannot be used, or None; reads no secret and touches no
    network.

    sandbox: whether the target is a sandbox, where mailbox: and literal: are allowed. person:
    whether somebody can answer a prompt. The words never hold the reference itself: it may be a
    secret given by mistake.
    """
    if fault := fault_in_form(reference, sandbox=sandbox):
        return fault
    scheme, _, rest = reference.partition(":")
    if scheme == "prompt":
        return (
            None
            if person
            else "prompt: needs a person to answer; use env: or file: where nobody is there."
        )
    if scheme == "env" and not os.environ.get(rest):
        return "the environment variable of this reference is not set, or empty."
    if scheme == "file" and rest:
        return _fault_in_file(rest)
    if scheme == "keyring" and "/" not in rest:
        return "keyring: is written keyring:SERVICE/USER."
    if scheme != "mailbox" and not rest:
        return f"{scheme}: needs something after the colon: {SCHEMES[scheme]}."
    return None


def fault_in_form(reference: str, *, sandbox: bool = True) -> str | None:
    """Say in words why this is no reference, whatever it leads to, or None. See `fault_in`."""
    scheme = scheme_of(reference)
    word, colon, _ = reference.partition(":")
    if not scheme:
        close = get_close_matches(word, SCHEMES, n=1) if colon else []
        meant = f" Did you mean {close[0]}:?" if close else ""
        return (
            f"not a reference to a secret, and a secret is never given by value.{meant} Use one of"
            f" {known_schemes()}."
        )
    if scheme in SANDBOX_SCHEMES and not sandbox:
        return f"{scheme}: works in the sandbox only. Use one of {known_schemes(sandbox=False)}."
    return None


def known_schemes(*, sandbox: bool = True) -> str:
    """Return the known schemes as one readable list, such as "env:, file: or prompt:"."""
    names = [f"{name}:" for name in SCHEMES if sandbox or name not in SANDBOX_SCHEMES]
    return ", ".join(names[:-1]) + " or " + names[-1]


def resolve(
    reference: str,
    *,
    label: str,
    ask: Callable[[str], str],
    mailbox: Callable[[], str],
    aws: Callable[[str], Any],
) -> Secret:
    """Turn a reference into the secret it stands for; call it once, right before the secret is
    needed.

    label: what the secret is, for its repr and for the prompt. ask: puts a hidden question to a
    person. mailbox: returns the newest code of the sandbox. aws: returns a boto3 client for a
    service's name. Raises SecretError when there is nothing at the other end.
    """
    scheme, rest = scheme_of(reference), reference.partition(":")[2]
    readers: dict[str, Callable[[], str]] = {
        "env": lambda: os.environ.get(rest, ""),
        "file": lambda: _from_file(rest),
        "prompt": lambda: ask(f"{label}: "),
        "keyring": lambda: _from_keyring(rest),
        "secretsmanager": lambda: _from_secrets_manager(rest, aws("secretsmanager")),
        "ssm": lambda: str(
            aws("ssm").get_parameter(Name=rest, WithDecryption=True)["Parameter"]["Value"]
        ),
        "mailbox": mailbox,
        "literal": lambda: rest,
    }
    if scheme not in readers:
        raise SecretError("not a reference to a secret.")
    try:
        value = readers[scheme]()
    except SecretError:
        raise
    # From any store; it may quote what it read, its class is enough
    except Exception as exc:  # noqa: BLE001
        raise SecretError(f"{scheme}: could not be read ({type(exc).__name__}).") from None
    if not value:
        raise SecretError(f"there is nothing behind this {scheme}: reference.")
    return Secret(value, label)


LARGEST_FILE = 65536
"""Bytes. Larger files, and what is no ordinary file, hold no secret of ours and may never end."""


def _fault_in_file(rest: str) -> str | None:
    try:
        path = Path(rest).expanduser()
        status = path.stat()
    except FileNotFoundError:
        return "there is no file at the path of this reference."
    # A name too long, a home of nobody, a null character, a folder that is closed to us
    except (OSError, RuntimeError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or type(exc).__name__
        return f"the path of this reference cannot be used ({why})."
    if stat.S_ISDIR(status.st_mode):
        return "the path of this reference leads to a folder, not to a file."
    if not stat.S_ISREG(status.st_mode):
        return "the path of this reference leads to a pipe or a device, not to a file."
    if status.st_size > LARGEST_FILE:
        return f"the file of this reference has more than {LARGEST_FILE:,} bytes: it is no secret."
    if not os.access(path, os.R_OK):
        return "the file of this reference cannot be read by you."
    # Container secrets are mounted readable for all inside the container, where there is nobody
    # else.
    mounted = any(
        path.resolve().is_relative_to(root) for root in ("/run/secrets", "/var/run/secrets")
    )
    if os.name == "posix" and not mounted and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return OTHERS_MAY_READ
    return None


OTHERS_MAY_READ = "other users may read the file of this reference; run chmod 600 on it first."


def _from_file(rest: str) -> str:
    # Whoever checked has told the faults; a file that others may read is read for other notebooks.
    fault = _fault_in_file(rest)
    if fault and fault != OTHERS_MAY_READ:
        raise SecretError(fault)
    try:
        text = Path(rest).expanduser().read_bytes().decode()
    except UnicodeDecodeError:
        raise SecretError("what is in the file of this reference is no text in UTF-8.") from None
    return text.removesuffix("\n").removesuffix("\r")


def fault_in_value(value: Secret, *, pasted: bool = False) -> str | None:
    """Say in words why what a reference stands for can be no password, code or client secret, or
    None.

    pasted: whether line ends around it do not matter.
    """
    text = value.reveal().strip("\r\n") if pasted else value.reveal()
    if "\n" in text or "\r" in text:
        return "holds a line end: a password, a code and a client secret are one line, without it."
    if len(text) < SHORTEST:
        return f"has fewer than {SHORTEST} characters: none is so short, nor could it be hidden."
    if text.encode(errors="replace").decode() != text:
        return "holds a character that is none: it was not given in UTF-8."
    return None


def _from_keyring(rest: str) -> str:
    try:
        import keyring
    except ImportError:
        raise SecretError(
            "keyring: needs the keyring package: pip install 'cognito-reset-runbooks[keyring]'"
        ) from None
    service, _, user = rest.rpartition("/")
    return keyring.get_password(service, user) or ""


def _from_secrets_manager(rest: str, client: Any) -> str:
    name, _, key = rest.partition("#")
    value = str(client.get_secret_value(SecretId=name)["SecretString"])
    return str(json.loads(value)[key]) if key else value

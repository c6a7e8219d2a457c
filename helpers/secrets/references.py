"""Where a secret comes from: references such as env:NAME, and what they stand for."""

import json
import os
import stat
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from helpers.secrets.secret import Secret, SecretError

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
    scheme = scheme_of(reference)
    word, colon, rest = reference.partition(":")
    if not scheme:
        close = get_close_matches(word, SCHEMES, n=1) if colon else []
        meant = f" Did you mean {close[0]}:?" if close else ""
        return (
            f"not a reference to a secret, and a secret is never given by value.{meant} Use one of"
            f" {known_schemes()}."
        )
    if scheme in SANDBOX_SCHEMES and not sandbox:
        return f"{scheme}: works in the sandbox only. Use one of {known_schemes(sandbox=False)}."
    if scheme == "prompt":
        return (
            None
            if person
            else "prompt: needs a person to answer; use env: or file: where nobody is there."
        )
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
        "file": lambda: _first_line(Path(rest).expanduser()),
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
        raise SecretError(f"{label}: not a reference to a secret.")
    try:
        value = readers[scheme]()
    except SecretError:
        raise
    # From any store; it may quote what it read, its class is enough
    except Exception as exc:  # noqa: BLE001
        raise SecretError(f"{label}: {scheme}: could not be read ({type(exc).__name__}).") from None
    if not value:
        raise SecretError(f"{label}: there is nothing behind this {scheme}: reference.")
    return Secret(value, label)


def _fault_in_file(path: Path) -> str | None:
    if not path.is_file():
        return "there is no file at the path of this reference."
    if not os.access(path, os.R_OK):
        return "the file of this reference cannot be read by you."
    # Container secrets are mounted readable for all inside the container, where there is nobody
    # else.
    mounted = any(
        path.resolve().is_relative_to(root) for root in ("/run/secrets", "/var/run/secrets")
    )
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
        raise SecretError(
            "keyring: needs the keyring package: pip install 'cognito-reset-runbooks[keyring]'"
        ) from None
    service, _, user = rest.rpartition("/")
    return keyring.get_password(service, user) or ""


def _from_secrets_manager(rest: str, client: Any) -> str:
    name, _, key = rest.partition("#")
    value = str(client.get_secret_value(SecretId=name)["SecretString"])
    return str(json.loads(value)[key]) if key else value

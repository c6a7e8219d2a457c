"""Where a generated secret goes: a reference to write to, so that nobody has to read it off a
screen.

Nothing that is there already is ever overwritten, except that AWS Secrets Manager gets a new
version of its secret. What was written can be taken back where that needs no further permission,
and it is said where it cannot.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from helpers.secrets.secret import Secret

SCHEMES = {
    "file": (
        "file:PATH, a new file that only you can read, in a folder that other users cannot write to"
    ),
    "keyring": "keyring:SERVICE/USER, a new entry of the system's keyring",
    "secretsmanager": (
        "secretsmanager:ID, a new version of a secret that is there in AWS Secrets Manager"
    ),
    "ssm": "ssm:/PATH, a new SecureString in AWS Systems Manager",
    "discard": "discard:, nowhere, for practice (sandbox only)",
}


class DepositError(Exception):
    """A place that could not be written to. The message names the kind of place, never what was to
    be written.
    """


def shown(reference: str) -> str:
    """Return the reference as it may be shown; what is none may be a secret given by mistake, and
    is hidden.
    """
    return reference if _scheme(reference) else "[hidden]"


def goes(reference: str) -> str:
    """Say in a plan where a secret goes."""
    return (
        "thrown away, as this is practice"
        if _scheme(reference) == "discard"
        else f"written to {shown(reference)}"
    )


def fault_in(reference: str, *, sandbox: bool) -> str | None:
    """Say in words why nothing can be written there, or None; writes nothing and touches no
    network.

    sandbox: whether the target is a sandbox, where discard: is allowed. The words never hold the
    reference itself.
    """
    scheme, rest = _scheme(reference), reference.partition(":")[2]
    if not scheme:
        close = (
            get_close_matches(reference.partition(":")[0], SCHEMES, n=1) if ":" in reference else []
        )
        meant = f" Did you mean {close[0]}:?" if close else ""
        return (
            f"is not a place that a password can be written to.{meant} Use one of"
            f" {_known(sandbox=sandbox)}."
        )
    if scheme == "discard":
        return (
            None
            if sandbox
            else f"discard: works in the sandbox only. Use one of {_known(sandbox=False)}."
        )
    wrong = {
        "file": not rest,
        "keyring": not all(rest.rpartition("/")[::2]),
        "secretsmanager": not rest or "#" in rest,
        "ssm": not rest.startswith("/") or rest == "/",
    }
    if wrong[scheme]:
        return f"must be written like {SCHEMES[scheme]}."
    return _fault_in_file(rest) if scheme == "file" else None


class Deposit:
    """One place for one secret. It keeps the reference, never the secret.

    reference: one that fault_in has nothing against. aws: returns a boto3 client for a service's
    name.
    """

    def __init__(self, reference: str, aws: Callable[[str], Any]) -> None:
        self._reference, self._aws = reference, aws
        self._scheme, self._rest = _scheme(reference), reference.partition(":")[2]

    def put(self, value: Secret) -> None:
        """Write the secret there. Raises DepositError when it could not be written; then it was
        not, or is of no use.
        """
        writers: dict[str, Callable[[], object]] = {
            "file": lambda: _to_file(self._rest, value),
            "keyring": lambda: _to_keyring(*self._rest.rpartition("/")[::2], value),
            "secretsmanager": (
                lambda: self._aws("secretsmanager").put_secret_value(
                    SecretId=self._rest, SecretString=value.reveal()
                )
            ),
            "ssm": (
                lambda: self._aws("ssm").put_parameter(
                    Name=self._rest, Value=value.reveal(), Type="SecureString", Overwrite=False
                )
            ),
            "discard": lambda: None,
        }
        try:
            writers[self._scheme]()
        except DepositError:
            raise
        # From any store; it may quote what was to be written
        except Exception as exc:  # noqa: BLE001
            # botocore's own errors have a response, too, which is None where no answer came.
            code = (getattr(exc, "response", None) or {}).get("Error", {}).get("Code", "")
            lost = isinstance(exc, ReadTimeoutError | ConnectionClosedError)
            told = (
                "no answer came, so it may lie there all the same; it was not set"
                if lost
                else "could not be written"
            )
            raise DepositError(f"{self._scheme}: {told} ({code or type(exc).__name__}).") from None

    def take_back(self) -> str:
        """Take the secret away again, because it is not in force; return in words what has become
        of it.
        """
        removers: dict[str, Callable[[], object]] = {
            "file": lambda: Path(self._rest).expanduser().unlink(missing_ok=True),
            "keyring": lambda: _from_keyring(*self._rest.rpartition("/")[::2]),
        }
        if self._scheme == "discard":
            return ""
        unused = f"The password that was written to {self._reference} was not set"
        if self._scheme == "secretsmanager":
            return (
                f"{unused}: do not use that version of the secret; the one before it, if any, is"
                " AWSPREVIOUS."
            )
        if self._scheme == "ssm":
            return f"{unused}: delete that parameter, or name another one next time."
        try:
            removers[self._scheme]()
        except Exception as exc:  # noqa: BLE001  # a keyring raises what it likes
            return f"{unused}, and could not be removed ({type(exc).__name__}): remove it."
        return f"{unused}, and was removed from there."

    def words(self) -> str:
        """Say where the secret is, once it is in force."""
        place = (
            "thrown away, as this is practice"
            if self._scheme == "discard"
            else f"in {self._reference}, and nowhere else"
        )
        return f"The generated password is {place}."


def _scheme(reference: str) -> str:
    scheme, colon, _ = reference.partition(":")
    return scheme if colon and scheme in SCHEMES else ""


def _known(*, sandbox: bool) -> str:
    names = [f"{name}:" for name in SCHEMES if sandbox or name != "discard"]
    return ", ".join(names[:-1]) + " or " + names[-1]


def _fault_in_file(rest: str) -> str | None:
    try:
        return _fault_at(Path(rest).expanduser())
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as exc:  # a name too long, a home of nobody, a null character
        return f"file: this path cannot be used ({type(exc).__name__})."


def _fault_at(path: Path) -> str | None:
    if not path.is_absolute():
        return (
            "file: needs a whole path, such as file:~/password, so that it is the same place"
            " whoever runs this."
        )
    with suppress(FileNotFoundError):
        path.lstat()
        return (
            "file: there is a file already, and none is overwritten. An earlier run may have"
            " written it: look at what is in there, or name another one."
        )
    folder = path.parent
    if not folder.is_dir():
        return "file: there is no such folder."
    if os.name == "posix" and folder.stat().st_mode & stat.S_IWOTH:
        return "file: other users may write to this folder; name one of your own."
    return None if os.access(folder, os.W_OK) else "file: you may not write to this folder."


def _to_file(rest: str, value: Secret) -> None:
    fault = _fault_in_file(rest)
    if fault:
        raise DepositError(fault)
    path = Path(rest).expanduser()
    # Exclusively: a file that appears at this moment is somebody else's, and so is where a link
    # leads.
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
        "w",
        encoding="utf-8",
        newline="",
    ) as file:
        try:
            file.write(value.reveal())
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def _to_keyring(service: str, user: str, value: Secret) -> None:
    try:
        import keyring
    except ImportError:
        raise DepositError(
            "keyring: needs the keyring package: pip install 'cognito-reset-runbooks[keyring]'"
        ) from None
    if keyring.get_password(service, user) is not None:
        raise DepositError(
            "keyring: there is an entry already, and none is overwritten; name another one."
        )
    keyring.set_password(service, user, value.reveal())


def _from_keyring(service: str, user: str) -> None:
    import keyring

    keyring.delete_password(service, user)

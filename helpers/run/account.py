"""Who runs this process, by the operating system: no variable of the environment counts."""

import getpass
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """An account of the operating system: its number and its name."""

    uid: int
    name: str


def account() -> Account | None:
    """Return who runs this process; None where the operating system has no numbers for it."""
    if not hasattr(os, "getuid"):
        return None
    import pwd

    uid = os.getuid()
    try:
        return Account(uid, pwd.getpwuid(uid).pw_name)
    except KeyError:
        return Account(uid, str(uid))


def account_name() -> str:
    """Return the name of who runs this process; where the operating system has no numbers for
    accounts, the name that the environment tells.
    """
    me = account()
    if me is not None:
        return me.name
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # OSError since Python 3.13
        return "unknown"

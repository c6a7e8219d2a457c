"""A folder of runs that several accounts of the operating system share: for its group, and setgid.

In any other folder everything is for its owner alone.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path


def is_shared(folder: Path) -> bool:
    """Whether a folder's group may write to it, and what is made in it belongs to that group."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return bool(mode & stat.S_IWGRP and mode & stat.S_ISGID)


def open_file(path: Path, flags: int) -> int:
    """Open a file of a folder of runs, made for its owner alone, or where the folder is shared for
    the group too. Raises OSError as os.open does.
    """
    mode = 0o660 if is_shared(path.parent) else 0o600
    file = os.open(path, flags, mode)
    there = os.fstat(file).st_mode
    if mode & ~there & 0o060:  # of the umask, or from before the folder was shared
        with suppress(PermissionError):  # another account's
            os.fchmod(file, stat.S_IMODE(there) | mode)
    return file

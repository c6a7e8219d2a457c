"""A lock on an open file, which goes with the process that holds it, however that ends."""

import contextlib
from typing import Any

fcntl: Any = None
msvcrt: Any = None
with contextlib.suppress(ImportError):
    import fcntl
with contextlib.suppress(ImportError):
    import msvcrt


def lock_file(file: int, *, wait: bool = True) -> bool:
    """Lock an open file for this process alone. wait: False to return False at once when another
    holds it.
    """
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        else:
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    except OSError:
        if wait:
            raise
        return False
    return True

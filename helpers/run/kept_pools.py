"""A user pool's settings, read once a minute for all runs of a campaign instead of once a run.

AWS allows an account fifteen calls of DescribeUserPool a second, by far the fewest of all that a
row makes, and a pool's settings seldom change. Only a campaign keeps them; a run by itself reads
what is so now.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from helpers.cognito.models import Pool
from helpers.run.filelock import lock_file
from helpers.target import Target

FOLDER = "COGNITO_RESET_KEPT_POOLS"
"""The environment variable that tells a campaign's runs, kernels too, where the pools are kept."""
GOOD_FOR = 60.0
"""Seconds after which a pool is read again."""
_AS_JSON = TypeAdapter(Pool)
_folders: list[str] = []
_lock = threading.Lock()
"""Around `_folders`: an owner and a worker may be threads of one process."""


@contextmanager
def pools_kept_in(folder: Path) -> Iterator[None]:
    """Have the runs within, and in processes started within, read each pool once a minute.

    folder: for its owner alone; a file for each pool is left there.
    """
    mine = str(folder.absolute())
    with _lock:
        _folders.append(mine)
        os.environ[FOLDER] = mine
    try:
        yield
    finally:
        with _lock:  # they may end in any order
            _folders.remove(mine)
            if _folders:
                os.environ[FOLDER] = _folders[-1]
            else:
                os.environ.pop(FOLDER, None)


def read_pool_once(target: Target, user_pool_id: str, read: Callable[[], Pool]) -> Pool:
    """Return a pool's settings: as they are kept, where that is not too old, else as `read` reads
    them now. Raises what `read` raises.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return read()
    which = f"{target.name}\n{target.region}\n{target.profile}\n{user_pool_id}"
    path = Path(folder) / f"pool-{hashlib.sha256(which.encode()).hexdigest()[:16]}.json"
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        lock_file(file.fileno())  # so that one reads, and the others wait for it
        age = time.time() - os.fstat(file.fileno()).st_mtime
        if 0 <= age < GOOD_FOR and (kept := _loaded(file.read())):
            return kept
        pool = read()
        file.seek(0)
        file.truncate()
        file.write(_AS_JSON.dump_json(pool))
        return pool


def _loaded(text: bytes) -> Pool | None:
    """Return what is kept; None where its writer was killed."""
    try:
        return _AS_JSON.validate_json(text)
    except ValidationError:
        return None

"""A PostgreSQL for the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres():
    """The URL of a PostgreSQL of its own."""
    with running() as url:
        yield url


@contextmanager
def running():
    """Have a PostgreSQL run, on a socket in a folder; yield its URL. Debian's package has it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path("/usr/bin")]
    initdb = shutil.which("initdb", path=str(programs[-1])) or shutil.which("initdb")
    assert initdb, "PostgreSQL is not installed (on Debian: apt install postgresql)"
    bin_ = Path(initdb).parent
    # Not below pytest's folder, which another session may close to all others: PostgreSQL refuses
    # to be run by root. And a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    who = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid}
    run = {"check": True, "capture_output": True, "cwd": folder, **who}
    data = folder / "data"
    subprocess.run([bin_ / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N"], **run)
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    start = [bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, **{**run, "capture_output": False, "stdout": subprocess.DEVNULL})
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        subprocess.run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder)

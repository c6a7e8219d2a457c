"""What the tests of campaigns share: users in a sandbox, a worker in this process, a PostgreSQL."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.campaign import owner
from helpers.campaign.ledger import Ledger
from helpers.campaign.workers import BelowOwner, work
from helpers.runner.signals import StopRequests
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target


class Inline:
    """The work of one worker in this process, which is sooner there than one of its own."""

    def __init__(self, size, *, ledger, **given):
        self.working, self._ledger, self._given = size > 0, ledger, given

    def collect(self, timeout, stop=None):
        rows = []
        with Ledger(self._ledger) as ledger:
            work(
                ledger,
                **self._given,
                stop=stop or StopRequests(),
                place=BelowOwner(os.getpid()),
                tell=rows.append,
            )
        self.working = False
        return rows, []

    def stop(self):
        pass


@pytest.fixture
def inline(monkeypatch):
    """Have the tests' own process do the work."""
    monkeypatch.setattr(owner, "WorkerPool", Inline)


@pytest.fixture
def pool(tmp_path, monkeypatch):
    """Return a function that puts a user into a sandbox which all processes share."""
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    open_sandbox()
    client = Target().client()

    def add(name, *, verified=True, password="First-one-1", enabled=True):
        client.admin_create_user(
            UserPoolId=DEFAULT_POOL_ID,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{name}@example.com"},
                {"Name": "email_verified", "Value": "true" if verified else "false"},
            ],
        )
        if password:
            client.admin_set_user_password(
                UserPoolId=DEFAULT_POOL_ID, Username=name, Password=password, Permanent=True
            )
        if not enabled:
            client.admin_disable_user(UserPoolId=DEFAULT_POOL_ID, Username=name)

    return add


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The URL of a PostgreSQL of its own, on a socket in a folder. Debian's package has it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path("/usr/bin")]
    initdb = shutil.which("initdb", path=str(programs[-1])) or shutil.which("initdb")
    assert initdb, "PostgreSQL is not installed (on Debian: apt install postgresql)"
    bin_ = Path(initdb).parent
    folder = Path(tmp_path_factory.mktemp("pg"))
    who = {}
    if os.getuid() == 0:  # PostgreSQL refuses to be run by root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        for parent in folder.parents:
            if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        who = {"user": user.pw_uid, "group": user.pw_gid}
    short = Path("/tmp") / f"pg{os.getpid()}"  # a socket's path has to be short
    short.mkdir()
    if who:
        os.chown(short, who["user"], who["group"])
    run = {"check": True, "capture_output": True, "cwd": folder, **who}
    data = folder / "data"
    subprocess.run([bin_ / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N"], **run)
    options = f"-k {short} -c listen_addresses='' -c fsync=off"
    start = [bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, **{**run, "capture_output": False, "stdout": subprocess.DEVNULL})
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={short}"
    finally:
        subprocess.run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)
        shutil.rmtree(short)

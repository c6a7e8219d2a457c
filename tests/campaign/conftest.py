"""What the tests of campaigns share: users in a sandbox, and a worker in this process."""

import os
from contextlib import AbstractContextManager

import pytest

from helpers.campaign import owner
from helpers.campaign.ledger import Ledger
from helpers.campaign.workers import BelowOwner, work
from helpers.runner.signals import StopRequests
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target


class Inline(AbstractContextManager):
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

    def __exit__(self, *_):
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

"""What every test starts from: no AWS configuration of the developer's, and a fresh sandbox in
memory.
"""

import contextlib
import copy
import functools
import gc
import logging
import os
import signal
import sys
from types import SimpleNamespace

import botocore.session
import hypothesis
import pytest
from botocore.client import ClientCreator
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EventAliaser, HierarchicalEmitter

from tests.postgres import postgres  # noqa: F401

from . import effort  # noqa: F401 - before any test is read: how many inputs hypothesis tries

# Before anything makes a client: no profile, no region, no instance metadata, no shared sandbox
# file.
for _name in [name for name in os.environ if name.startswith(("AWS_", "COGNITO_"))]:
    del os.environ[_name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "JUPYTER_PLATFORM_DIRS": "1",
}

# A shell without job control starts what is in the background deaf to these, and a program that
# finds a signal ignored leaves it so.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# AWS's data files are read once, not for each client: reading them takes longer than most tests do.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)
_register = botocore.session.Session._register_builtin_handlers


@functools.cache
def _registered(count):
    events = EventAliaser(HierarchicalEmitter())
    _register(SimpleNamespace(register=events.register, _events=events), events)
    return events._emitter


# Its handlers are registered once too, a hundred and more, and copied into each session, as
# botocore copies them into a client. They are counted since moto adds one.
botocore.session.Session._register_builtin_handlers = lambda session, events: setattr(
    events, "_emitter", copy.copy(_registered(len(BUILTIN_HANDLERS)))
)


def _once_for_each_service(make):
    made = {}

    def get(creator, service_name, given=None):
        if service_name not in made:
            made[service_name] = make(creator, service_name, given)
        return made[service_name]

    return get


# So are a service's model and its client's class, which no client changes.
for _name in ("_load_service_model", "_create_client_class"):
    setattr(ClientCreator, _name, _once_for_each_service(getattr(ClientCreator, _name)))

import nbval.kernel
from nbclient import NotebookClient

from helpers.sandbox.pytest import cognito  # noqa: F401 - a fixture

_poll_kernel_alive = NotebookClient._async_poll_kernel_alive


async def _poll_while_there_is_a_kernel(client):
    """Stock nbclient goes on asking for a kernel that it has given up, and nobody asks for the
    task's exception: Python reports it by a traceback whenever it is collected, to draw it parses,
    and in 3.11 whoever parses then fails (SystemError).
    """
    try:
        await _poll_kernel_alive(client)
    except AssertionError:
        if client.kc is not None:
            raise


NotebookClient._async_poll_kernel_alive = _poll_while_there_is_a_kernel

_start_new_kernel = nbval.kernel.start_new_kernel


def _start_kernel_again(*args, **how):
    """jupyter_client looks for free ports and lets go of them: now and then another process has one
    before the kernel does, which then ends at once.
    """
    for _ in range(2):
        with contextlib.suppress(RuntimeError):
            return _start_new_kernel(*args, **how)
    return _start_new_kernel(*args, **how)


nbval.kernel.start_new_kernel = _start_kernel_again


# What one worker does alone, where several share the tests: JupyterLab and its browser are started
# once, a notebook's cells need their kernel, and what the witnesses need is installed once.
# pytest-xdist's own groups do not work with pytest 9.
TOGETHER = (
    # These have a browser and a server of their own, or need no server.
    "tests/browser/test_desk.py",
    "tests/browser/test_print.py",
    "tests/browser/test_site.py",
    "tests/browser/",
    "tests/sandbox/test_witnesses.py",
    "notebooks/",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One more than there are cores, since tests wait for other processes a lot; more than four
    gain nothing.
    """
    return min((os.cpu_count() or 1) + 1, 4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return next(
                (
                    folder if folder == "tests/browser/" else file
                    for folder in TOGETHER
                    if file.startswith(folder)
                ),
                nodeid,
            )

    return Together(config, log)


def pytest_collection_finish():
    """What is there before the first test stays, so that no collection has to look at it."""
    # At its first test hypothesis asks the collector who holds its random numbers, and warns where
    # nobody does: what is frozen is not looked at.
    hypothesis.given(hypothesis.strategies.none())(lambda _: None)()
    gc.freeze()


@pytest.fixture(autouse=True)
def forgotten():
    """Begin without any secret: what an earlier test held, or a fixture of several, is hidden from
    everybody, leaks and the digits of an account included.
    """
    from helpers.secrets.redaction import of_one_run

    with of_one_run():
        yield


@pytest.fixture(autouse=True)
def nobody_has_asked():
    """Forget which codes were requested where: a server of another test may have had this port."""
    if request_code := sys.modules.get("helpers.runbooks.request_code"):
        request_code._ASKED.clear()


@pytest.fixture(autouse=True)
def log_factory():
    """Leave Python's log record factory as it was: making a client replaces it for the whole
    process.
    """
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


@pytest.fixture
def sandbox():
    """The sandbox of this process, fresh."""
    from helpers.sandbox import open_sandbox

    box = open_sandbox()
    box.reset()
    yield box
    box.reset()

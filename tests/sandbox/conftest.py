"""The two doors of the sandbox, and a fresh world behind each."""

import pytest

from helpers.sandbox import Sandbox, Server

from .world import ELSEWHERE, World, client_for


@pytest.fixture(scope="session")
def _doors():
    sandbox = Sandbox.in_memory()
    inside = client_for()
    sandbox.attach(inside)
    with Server(sandbox, 0) as server:
        yield {
            "in process": (sandbox, inside),
            "http": (sandbox, client_for(endpoint_url=server.endpoint)),
        }
    sandbox.close()


@pytest.fixture(params=["in process", "http"])
def world(request):
    """A fresh sandbox behind one of the doors; a test that uses it runs once for each.

    Where the facts are held against AWS, it is a world there.
    """
    elsewhere = request.config.stash.get(ELSEWHERE, None)
    if elsewhere:
        with elsewhere() as world:
            yield world
        return
    sandbox, client = request.getfixturevalue("_doors")[request.param]
    sandbox.reset()
    yield World(sandbox, client)


@pytest.fixture
def box():
    """A fresh sandbox of one's own."""
    sandbox = Sandbox.in_memory()
    yield sandbox
    sandbox.close()


@pytest.fixture
def server(box):
    """The HTTP door of that sandbox."""
    with Server(box, 0) as running:
        yield running

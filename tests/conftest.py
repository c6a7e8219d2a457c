"""What every test starts from: no AWS configuration of the developer's, and a fresh sandbox in memory."""

import logging
import os

import pytest

# Before anything makes a client: no profile, no region, no instance metadata, no shared sandbox file.
for _name in [name for name in os.environ if name.startswith(("AWS_", "COGNITO_"))]:
    del os.environ[_name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "JUPYTER_PLATFORM_DIRS": "1",
}


@pytest.fixture(autouse=True)
def log_factory():
    """Leave Python's log record factory as it was: making a client replaces it for the whole process."""
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

"""An embedded Amazon Cognito for the forgotten-password flow, to learn and test on offline.

Use open_sandbox() and either attach() a boto3 client, or serve() it over HTTP on loopback for other
programs.
"""

from .box import Sandbox, open_sandbox
from .cases import CASES, plant_case
from .crowd import CROWD_POOL_ID, plant_crowd
from .seed import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME
from .server import DEFAULT_PORT, Server, serve, serve_forever
from .store import SandboxError

__all__ = [
    "CASES",
    "CROWD_POOL_ID",
    "DEFAULT_CLIENT_ID",
    "DEFAULT_PASSWORD",
    "DEFAULT_POOL_ID",
    "DEFAULT_PORT",
    "DEFAULT_USERNAME",
    "Sandbox",
    "SandboxError",
    "Server",
    "open_sandbox",
    "plant_case",
    "plant_crowd",
    "serve",
    "serve_forever",
]

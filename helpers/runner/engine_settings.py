"""What the papermill engine is told of our notebooks, so far as it is needed before papermill is
imported.
"""

import re
from functools import cache
from typing import Any

from helpers import HOMES
from helpers.runner.engine.forkserver import Warming

RUN_TIMEOUT = "COGNITO_RESET_RUN_TIMEOUT"
"""The environment variable that limits a whole run, in seconds, where papermill's command line has
no option for it.
"""
STRICT = "COGNITO_RESET_STRICT"
"""The environment variable that says what is checked of the parameters of a notebook that is not
ours: names, types and secrets, separated by commas.
"""


def modules_for(source: str) -> list[str]:
    """Say what is worth importing before a kernel is forked for a notebook with this source."""
    named = set(re.findall(r"\w+", source))
    ours = [f"helpers.{home}" for name, home in HOMES.items() if name in named]
    first = [
        "helpers.cognito.catalogue",
        "helpers.run.refusals:model",
        "helpers.secrets.spellings:make_ready",
        "helpers.sandbox.attach",
        "helpers.sandbox.model:operations",
        "helpers.target.target:make_ready",
    ]
    aws = ["boto3", f"{__name__}:share_models"]
    return [
        "helpers.secrets.redaction",  # where each kernel registers the listener for its secrets
        *(aws if "boto3" in named or "helpers" in named else ()),
        *((*dict.fromkeys(ours), *first) if "helpers" in named else ()),
    ]


WARMING = Warming(frozenset({"cognito-reset", "helpers.__main__"}), modules_for)


def share_models() -> None:
    """Have botocore's sessions share what is read from its data files: reading costs more than a
    whole small run. And make the first session of a run, which has read no configuration yet.
    """
    import boto3.session
    import botocore.session
    from botocore.handlers import BUILTIN_HANDLERS

    botocore.session.create_loader = cache(botocore.session.create_loader)
    boto3.session.Session("none", "none", region_name="us-east-1").client("cognito-idp")
    made, known = botocore.session.get_session, list(BUILTIN_HANDLERS)
    ready = [botocore.session.Session()]

    def get_session(env_vars: Any = None) -> botocore.session.Session:
        # Whoever adds a handler, as moto does, means every session made afterwards.
        if ready and env_vars is None and known == BUILTIN_HANDLERS:
            return ready.pop()
        return made(env_vars)

    botocore.session.get_session = get_session

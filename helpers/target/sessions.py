"""botocore's sessions, from which clients are made. All share what is read of botocore's data: to
read Cognito's model takes ten times as long as the rest of a client.
"""

import os
from functools import cache
from typing import Any

import boto3.session
import botocore.session
from botocore.exceptions import ProfileNotFound
from botocore.handlers import BUILTIN_HANDLERS
from botocore.loaders import Loader

# What botocore reads of its configuration, each as (name in a file, name in the environment,
# default, conversion): without a profile, and without any of it but for the certificates.
_NO_PROFILE = {"profile": (None, None, None, None)}
_NO_CONFIGURATION = {
    name: (None, None, default, convert)
    for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    if name != "ca_bundle"
} | dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
_ready: dict[bool, botocore.session.Session] = {}
_known: list[Any] = []
"""The handlers that every session of then has, see `make_ready`."""


def make_ready() -> None:
    """Make a session of either kind for the next clients that sign nothing, in a process that is
    forked for each run. It has read no configuration yet, and holds nothing of a run.
    """
    _known[:] = BUILTIN_HANDLERS
    for sandbox, told in ((True, _NO_CONFIGURATION), (False, None)):
        _ready[sandbox] = botocore.session.Session(told)


def same_handlers() -> bool:
    """Whether botocore's handlers are those of `make_ready`: whoever adds one, as moto does, means
    every session made afterwards.
    """
    return _known == BUILTIN_HANDLERS


def signing(region: str, profile: str) -> boto3.session.Session:
    """Return a session whose clients sign, by a profile or by what the environment has. Raises
    ProfileNotFound.
    """
    session = botocore.session.Session()
    if profile:
        session.set_config_variable("profile", profile)
    return boto3.session.Session(region_name=region, botocore_session=_with_data(session))


def unsigned(region: str, *, sandbox: bool) -> boto3.session.Session:
    """Return a session that can do without a profile; for a sandbox, without any AWS
    configuration.
    """
    session = _with_data(_without_profile(sandbox=sandbox))
    return boto3.session.Session(region_name=region, botocore_session=session)


def configured(variable: str, *, sandbox: bool) -> Any:
    """Return what the configuration of `unsigned` says of one of botocore's variables. Raises
    BotoCoreError.
    """
    return _without_profile(sandbox=sandbox, handlers=False).get_config_variable(variable)


def _without_profile(*, sandbox: bool, handlers: bool = True) -> botocore.session.Session:
    """handlers: False for one that makes no client, in a tenth of the time."""
    if handlers and same_handlers() and (made := _ready.pop(sandbox, None)):
        session = made
    else:
        told = _NO_CONFIGURATION if sandbox else None
        session = botocore.session.Session(told, include_builtin_handlers=handlers)
    if sandbox:
        return session
    try:
        session.get_scoped_config()
    except ProfileNotFound:
        session = botocore.session.Session(_NO_PROFILE, include_builtin_handlers=handlers)
    return session


def _with_data(session: botocore.session.Session) -> botocore.session.Session:
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    return botocore.session.create_loader(data_path)

"""Amazon Cognito's forgotten-password flow: learn it, run it with a person, run it unattended.

Names are imported when they are first used, so that a script that only calls `helpers.reset` needs boto3 alone.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "AdminReset": "shelf.admin_reset",
    "AuditPool": "shelf.audit_pool",
    "BadParameters": "errors",
    "CodeRefused": "errors",
    "ConfirmReset": "shelf.confirm_reset",
    "DiagnoseUser": "shelf.diagnose_user",
    "FixContact": "shelf.fix_contact",
    "LimitReached": "errors",
    "NotAllowed": "errors",
    "NotReached": "errors",
    "Outcome": "record",
    "PasswordPolicy": "policy",
    "PasswordRefused": "errors",
    "Refused": "errors",
    "RequestCode": "shelf.request_code",
    "ResetError": "errors",
    "Secret": "secret",
    "SetPassword": "shelf.set_password",
    "SignOutEverywhere": "shelf.sign_out_everywhere",
    "Target": "target",
    "Unsettled": "errors",
    "act": "forms",
    "confirm": "reset",
    "request_code": "reset",
    "secret_hash": "reset",
    "sign_in": "reset",
}

__all__ = [  # the keys, sorted; a test holds both together
    "AdminReset",
    "AuditPool",
    "BadParameters",
    "CodeRefused",
    "ConfirmReset",
    "DiagnoseUser",
    "FixContact",
    "LimitReached",
    "NotAllowed",
    "NotReached",
    "Outcome",
    "PasswordPolicy",
    "PasswordRefused",
    "Refused",
    "RequestCode",
    "ResetError",
    "Secret",
    "SetPassword",
    "SignOutEverywhere",
    "Target",
    "Unsettled",
    "act",
    "confirm",
    "request_code",
    "secret_hash",
    "sign_in",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    value = getattr(import_module(f"helpers.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

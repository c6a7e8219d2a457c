"""Amazon Cognito's forgotten-password flow: learn it, run it with a person, run it unattended.

Names are imported when they are first used, so that a script that only calls
`helpers.cognito.actions` needs boto3 alone.
"""

from importlib import import_module
from typing import Any

HOMES = {
    "AdminReset": "runbooks.admin_reset",
    "AuditPool": "runbooks.audit.audit_pool",
    "BadParameters": "cognito.errors",
    "CampaignPage": "campaign.page",
    "CodeRefused": "cognito.errors",
    "ConfirmReset": "runbooks.confirm_reset",
    "DiagnoseUser": "runbooks.diagnosis.diagnose_user",
    "FixContact": "runbooks.fix_contact",
    "LimitReached": "cognito.errors",
    "LockUser": "runbooks.lock_user",
    "NotAllowed": "cognito.errors",
    "NotReached": "cognito.errors",
    "Outcome": "run.record",
    "PasswordPolicy": "cognito.policy",
    "PasswordRefused": "cognito.errors",
    "Refused": "cognito.errors",
    "RequestCode": "runbooks.request_code",
    "ResendInvitation": "runbooks.resend_invitation",
    "ResetError": "cognito.errors",
    "ResetSecondFactor": "runbooks.reset_second_factor",
    "Secret": "secrets.secret",
    "SetPassword": "runbooks.set_password",
    "SignOutEverywhere": "runbooks.sign_out_everywhere",
    "Target": "target",
    "UnlockUser": "runbooks.unlock_user",
    "Unsettled": "cognito.errors",
    "act": "form.act",
    "admin_reset": "cognito.actions",
    "check_environment": "run.environment",
    "confirm": "cognito.actions",
    "live": "form.live",
    "map_botocore_errors": "cognito.errors",
    "open_desk": "form.act",
    "refusals": "run.refusals",
    "request_code": "cognito.actions",
    "secret_hash": "cognito.actions",
    "set_password": "cognito.actions",
    "sign_in": "cognito.actions",
}

__all__ = [  # the keys, sorted; a test holds both together
    "AdminReset",
    "AuditPool",
    "BadParameters",
    "CampaignPage",
    "CodeRefused",
    "ConfirmReset",
    "DiagnoseUser",
    "FixContact",
    "LimitReached",
    "LockUser",
    "NotAllowed",
    "NotReached",
    "Outcome",
    "PasswordPolicy",
    "PasswordRefused",
    "Refused",
    "RequestCode",
    "ResendInvitation",
    "ResetError",
    "ResetSecondFactor",
    "Secret",
    "SetPassword",
    "SignOutEverywhere",
    "Target",
    "UnlockUser",
    "Unsettled",
    "act",
    "admin_reset",
    "check_environment",
    "confirm",
    "live",
    "map_botocore_errors",
    "open_desk",
    "refusals",
    "request_code",
    "secret_hash",
    "set_password",
    "sign_in",
]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    value = getattr(import_module(f"helpers.{HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

"""A crowd of users in eight states, in a user pool of their own, to rehearse a campaign on.

    plant_crowd(open_sandbox("practice.sqlite"), 500)    -> how many are in each state

The pool sends by Amazon SES, as a campaign of that size needs. Planting it again restores it.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from . import clients, mfa, passwords, pools, settings, users
from .box import Sandbox
from .cases import FLOWS
from .engine import now_of
from .refusal import ApiError
from .seed import DEFAULT_PASSWORD
from .source import Source
from .work import Doc, Transaction

CROWD_POOL_ID = "us-east-1_Campaign1"
CROWD_CLIENT_ID = "4c4mp41gnpr4ct1c3cl13nt000"
_DAY = 86_400.0
_POOL = {
    "PoolName": "campaign-practice",
    "AutoVerifiedAttributes": ["email"],
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    },
    "Policies": {"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 7}},
}


def _unverified(user: Doc) -> None:
    user["attributes"]["email_verified"] = "false"


def _invited(user: Doc) -> None:
    user["status"] = "FORCE_CHANGE_PASSWORD"


def _disabled(user: Doc) -> None:
    user["enabled"] = False


def _federated(user: Doc) -> None:
    user["status"], user["password"] = "EXTERNAL_PROVIDER", None
    user["attributes"]["email_verified"] = "false"


def _reset_required(user: Doc) -> None:
    user["status"] = "RESET_REQUIRED"


def _second_factor(user: Doc) -> None:
    user["mfa"] = {"enabled": ["EMAIL_OTP"], "preferred": "EMAIL_OTP"}


# What distinguishes them, and how many days ago they were made.
STATES: dict[str, tuple[Callable[[Doc], None], float]] = {
    "can be reset": (lambda user: None, 200),
    "no verified contact": (_unverified, 200),
    "invited": (_invited, 1),
    "invitation ran out": (_invited, 30),
    "disabled": (_disabled, 200),
    "federated": (_federated, 200),
    "reset required": (_reset_required, 200),
    "e-mail is the second factor": (_second_factor, 200),
}
_TURN = (*STATES, *(["can be reset"] * 12))
"""Of twenty users in a row thirteen can be reset, and one is in each of the other states."""


def plant_crowd(sandbox: Sandbox, count: int = 500) -> dict[str, int]:
    """Put so many users into the pool CROWD_POOL_ID, as new; return how many are in which state."""
    states: Counter[str] = Counter()
    with sandbox.engine.store.transaction() as db:
        meta = sandbox.engine.meta(db)
        source = Source(meta["seed"], meta["drawn"])
        now = now_of(meta["clock"])
        work = Transaction(db, now, source, settings.defaults())
        pool = _fresh_pool(work)
        for number in range(count):
            state = _TURN[number % len(_TURN)]
            change, days = STATES[state]
            work.now = now - days * _DAY
            _plant(work, pool, f"user-{number + 1:04}", change)
            states[state] += 1
        sandbox.engine.keep_meta(db, drawn=source.drawn)
    return dict(states)


def _plant(work: Transaction, pool: Doc, name: str, change: Callable[[Doc], None]) -> None:
    email = {"email": f"{name}@example.com", "email_verified": "true"}
    user = users.new(work, pool, name, email, "CONFIRMED")
    passwords.store(work, pool, user, DEFAULT_PASSWORD, temporary=change is _invited)
    change(user)
    users.keep_new(work, pool, user, force_alias=False)


def _fresh_pool(work: Transaction) -> Doc:
    with suppress(ApiError):  # where there is none yet
        pools.delete_user_pool(work, {"UserPoolId": CROWD_POOL_ID})
    pools.create_user_pool(work, _POOL, CROWD_POOL_ID)
    client = {"UserPoolId": CROWD_POOL_ID, "ClientName": "practice", "ExplicitAuthFlows": FLOWS}
    clients.create_user_pool_client(work, client, CROWD_CLIENT_ID)
    factor = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    mfa.set_user_pool_mfa_config(work, {"UserPoolId": CROWD_POOL_ID, **factor})
    return work.pool(CROWD_POOL_ID)

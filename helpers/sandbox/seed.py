"""What every sandbox starts with: the pool, app client and user of AWS's own example."""

from . import clients, passwords, pools, users
from .work import Transaction

START = 1_735_722_000.0
"""The time of a seeded sandbox's clock: 2025-01-01 09:00 UTC."""

DEFAULT_POOL_ID = "us-east-1_Sandbox01"
DEFAULT_CLIENT_ID = "3n4b5urk1ft4fl3mg5e62d9ado"
DEFAULT_USERNAME = "diego@example.com"
DEFAULT_PASSWORD = "First-Password-1"


def plant(work: Transaction) -> None:
    """Put pool, client and user into an empty sandbox."""
    pools.create_user_pool(
        work,
        {
            "PoolName": "sandbox",
            "AutoVerifiedAttributes": ["email"],
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]
            },
        },
        DEFAULT_POOL_ID,
    )
    clients.create_user_pool_client(
        work,
        {
            "UserPoolId": DEFAULT_POOL_ID,
            "ClientName": "sandbox",
            "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        },
        DEFAULT_CLIENT_ID,
    )
    pool = work.pool(DEFAULT_POOL_ID)
    user = users.new(
        work,
        pool,
        DEFAULT_USERNAME,
        {"email": DEFAULT_USERNAME, "email_verified": "true"},
        "CONFIRMED",
    )
    passwords.store(work, pool, user, DEFAULT_PASSWORD)
    users.keep_new(work, pool, user, force_alias=False)

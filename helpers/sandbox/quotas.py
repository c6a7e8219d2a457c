"""Which calls share a quota a second, as tests/sandbox/facts/test_quotas.py holds it against
helpers.cognito.quotas.
"""

QUOTAS: dict[str, tuple[int, frozenset[str]]] = {
    category: (rate, frozenset(operations.split()))
    for category, rate, operations in (
        (
            "UserAccountRecovery",
            30,
            "ForgotPassword ConfirmForgotPassword ChangePassword AdminResetUserPassword "
            + "AdminSetUserPassword",
        ),
        ("UserAuthentication", 120, "InitiateAuth AdminInitiateAuth"),
        ("UserCreation", 50, "SignUp ConfirmSignUp AdminCreateUser"),
        ("UserRead", 120, "AdminGetUser GetUser"),
        ("UserList", 30, "ListUsers"),
        (
            "UserUpdate",
            25,
            "AdminUpdateUserAttributes AdminUserGlobalSignOut AdminDisableUser AdminEnableUser",
        ),
        ("UserResourceRead", 50, "AdminListUserAuthEvents"),
        ("UserPoolRead", 15, "DescribeUserPool ListUserPools"),
        ("UserPoolResourceRead", 20, "GetUserPoolMfaConfig"),
        ("UserPoolClientRead", 15, "DescribeUserPoolClient ListUserPoolClients"),
    )
}
"""Category -> (calls a second that AWS gives an account and region, operations)."""

CATEGORY_OF = {
    operation: category for category, (_, those) in QUOTAS.items() for operation in those
}

"""How many calls a second AWS takes, by category of calls: the defaults of an account and region.

All user pools of the account share them. The real value of a category is what GetProvisionedLimit
says. Source: developer guide, "Quotas in Amazon Cognito"; a call that is in none of these
categories is not in that guide's table as it was read for this project.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """One category. rate: calls a second. adjustable: AWS raises it on request. each: calls a
    second of one operation for one user pool, 0 where there is no such limit.
    """

    category: str
    rate: int
    operations: tuple[str, ...]
    adjustable: bool = False
    each: int = 0

    @property
    def words(self) -> str:
        """The category in a sentence."""
        more = f", and one pool {self.each} calls a second of the same kind" if self.each else ""
        raised = "AWS raises that on request" if self.adjustable else "AWS does not raise that"
        return (
            f"All pools of an account and region share {self.rate} calls a second of the category"
            f" {self.category}{more}; {raised}."
        )


QUOTAS = (
    Quota(
        "UserAccountRecovery",
        30,
        (
            "ForgotPassword",
            "ConfirmForgotPassword",
            "AdminResetUserPassword",
            "AdminSetUserPassword",
            "ChangePassword",
        ),
    ),
    Quota("UserAuthentication", 120, ("InitiateAuth", "AdminInitiateAuth"), adjustable=True),
    Quota("UserCreation", 50, ("SignUp", "ConfirmSignUp", "AdminCreateUser"), adjustable=True),
    Quota("UserRead", 120, ("AdminGetUser", "GetUser"), adjustable=True),
    Quota("UserList", 30, ("ListUsers",)),
    Quota(
        "UserUpdate",
        25,
        (
            "AdminUpdateUserAttributes",
            "AdminUserGlobalSignOut",
            "AdminDisableUser",
            "AdminEnableUser",
        ),
    ),
    Quota("UserResourceRead", 50, ("AdminListUserAuthEvents",), adjustable=True),
    Quota("UserPoolRead", 15, ("DescribeUserPool", "ListUserPools")),
    Quota("UserPoolResourceRead", 20, ("GetUserPoolMfaConfig",), each=5),
    Quota("UserPoolClientRead", 15, ("DescribeUserPoolClient", "ListUserPoolClients"), each=5),
)


def quota_of(operation: str) -> Quota | None:
    """Return the category of an operation, None where it is not known here."""
    return next((one for one in QUOTAS if operation in one.operations), None)

"""Which operations the sandbox imitates. Everything else of the API is refused by name."""

from . import auth, challenges, clients, events, pools, recovery, users
from .work import Operation

IMITATED: dict[str, Operation] = {
    "AdminCreateUser": users.admin_create_user,
    "AdminDeleteUser": users.admin_delete_user,
    "AdminDisableUser": users.admin_disable_user,
    "AdminEnableUser": users.admin_enable_user,
    "AdminGetUser": users.admin_get_user,
    "AdminInitiateAuth": auth.admin_initiate_auth,
    "AdminListUserAuthEvents": events.admin_list_user_auth_events,
    "AdminResetUserPassword": recovery.admin_reset_user_password,
    "AdminRespondToAuthChallenge": challenges.admin_respond_to_auth_challenge,
    "AdminSetUserPassword": users.admin_set_user_password,
    "AdminUpdateUserAttributes": users.admin_update_user_attributes,
    "AdminUserGlobalSignOut": users.admin_user_global_sign_out,
    "ConfirmForgotPassword": recovery.confirm_forgot_password,
    "CreateUserPool": pools.create_user_pool,
    "CreateUserPoolClient": clients.create_user_pool_client,
    "DeleteUserPool": pools.delete_user_pool,
    "DeleteUserPoolClient": clients.delete_user_pool_client,
    "DescribeUserPool": pools.describe_user_pool,
    "DescribeUserPoolClient": clients.describe_user_pool_client,
    "ForgotPassword": recovery.forgot_password,
    "InitiateAuth": auth.initiate_auth,
    "ListUserPoolClients": clients.list_user_pool_clients,
    "ListUserPools": pools.list_user_pools,
    "RespondToAuthChallenge": challenges.respond_to_auth_challenge,
    "UpdateUserPool": pools.update_user_pool,
    "UpdateUserPoolClient": clients.update_user_pool_client,
}

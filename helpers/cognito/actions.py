"""The verbs of a password reset. Each is one call to Amazon Cognito, made once, with a typed
answer.

They are handed a boto3 `cognito-idp` client and know nothing of where it leads; `helpers.target`
makes one, and so does `boto3.client("cognito-idp")`. Give it `Config(retries={"total_max_attempts":
1})`: a repeated ConfirmForgotPassword whose first answer was lost says that the code has expired,
although the password was changed.

    delivery = request_code(client, client_id=..., username=...)
    confirmed = confirm(client, client_id=..., username=..., code=..., new_password=...)

Wherever a secret is asked for, a `Secret` is taken and nothing else. All of them raise the errors
of `helpers.cognito.errors`.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helpers.cognito.call import call
from helpers.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient


FACTOR_SETTINGS = {
    "SOFTWARE_TOKEN_MFA": "SoftwareTokenMfaSettings",
    "SMS_MFA": "SMSMfaSettings",
    "EMAIL_OTP": "EmailMfaSettings",
}
"""The member of AdminSetUserMFAPreference for each second factor of a user."""


@dataclass(frozen=True)
class CodeDelivery:
    """Where Cognito says that it has sent a confirmation code.

    medium: EMAIL or SMS, or "" when Cognito gave no details. destination: masked, such as
    d***@e***. It means accepted, never delivered, and where the app client hides which users exist
    it may be made up.
    """

    username: str
    medium: str
    destination: str
    attribute: str
    request_id: str


@dataclass(frozen=True)
class Confirmed:
    """Cognito's word that the new password is set and the code is used up. It says nothing more,
    and gives no tokens.
    """

    username: str
    client_id: str
    request_id: str


@dataclass(frozen=True)
class SignedIn:
    """Cognito has accepted a password. The tokens of the answer, if there were any, are not kept.

    challenge: what Cognito asks for next, such as SOFTWARE_TOKEN_MFA, or "" when it gave tokens.
    Either way the password was right.
    """

    username: str
    challenge: str
    request_id: str


@dataclass(frozen=True)
class Done:
    """An administrator's call went through; Cognito answers these with nothing but a request id."""

    operation: str
    username: str
    request_id: str


def secret_hash(username: str, client_id: str, client_secret: Secret) -> Secret:
    """Work out the SECRET_HASH that an app client with a secret has to send.

    username: exactly the string that the same request sends as Username; another alias of the same
    user gives another hash, which Cognito refuses. Source: developer guide, "Computing secret hash
    values".
    """
    digest = hmac.new(
        client_secret.reveal().encode(), (username + client_id).encode(), hashlib.sha256
    ).digest()
    return Secret(base64.b64encode(digest).decode(), "secret hash")


def request_code(
    client: "CognitoIdentityProviderClient",
    *,
    client_id: str,
    username: str,
    client_secret: Secret | None = None,
) -> CodeDelivery:
    """Have Cognito send the user a confirmation code; the newest code is the one to use.

    Do not call it in a loop: every call may send a message and spends one of the user's 5 to 20
    tries an hour. Needs no AWS credentials. Source: API reference, ForgotPassword.
    """
    answer = call(
        client,
        "ForgotPassword",
        ClientId=client_id,
        Username=username,
        **_secret_hash(username, client_id, client_secret),
    )
    details: Mapping[str, Any] = answer.get("CodeDeliveryDetails", {})
    return CodeDelivery(
        username=username,
        medium=details.get("DeliveryMedium", ""),
        destination=details.get("Destination", ""),
        attribute=details.get("AttributeName", ""),
        request_id=_request_id(answer),
    )


def confirm(
    client: "CognitoIdentityProviderClient",
    *,
    client_id: str,
    username: str,
    code: Secret,
    new_password: Secret,
    client_secret: Secret | None = None,
) -> Confirmed:
    """Set a new password with a confirmation code.

    client_id: the app client that requested the code. username: the name, verified alias or `sub`
    of the user. On PasswordRefused ask for another password and call again with the same code. On
    Unsettled the password may have been changed: try `sign_in` once before anything else. Needs no
    AWS credentials. Source: API reference, ConfirmForgotPassword.
    """
    answer = call(
        client,
        "ConfirmForgotPassword",
        ClientId=client_id,
        Username=username,
        ConfirmationCode=code.reveal(),
        Password=new_password.reveal(),
        **_secret_hash(username, client_id, client_secret),
    )
    return Confirmed(username=username, client_id=client_id, request_id=_request_id(answer))


def sign_in(
    client: "CognitoIdentityProviderClient",
    *,
    client_id: str,
    username: str,
    password: Secret,
    client_secret: Secret | None = None,
) -> SignedIn:
    """Prove that a password is right by signing in once; the tokens are dropped at once.

    The app client must allow USER_PASSWORD_AUTH. Call it once: failures count towards the sign-in
    lock. Needs no AWS credentials. Source: API reference, InitiateAuth.
    """
    parameters = {"USERNAME": username, "PASSWORD": password.reveal()}
    if client_secret is not None:
        parameters["SECRET_HASH"] = secret_hash(username, client_id, client_secret).reveal()
    answer = call(
        client,
        "InitiateAuth",
        username=username,
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters=parameters,
    )
    return SignedIn(
        username=username, challenge=answer.get("ChallengeName", ""), request_id=_request_id(answer)
    )


def admin_reset(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> Done:
    """Take a user's password away at once and send a code, as an administrator. Signed.

    The user cannot sign in until the code is confirmed. Source: API reference,
    AdminResetUserPassword.
    """
    answer = call(
        client,
        "AdminResetUserPassword",
        UserPoolId=user_pool_id,
        Username=username,
    )
    return Done("AdminResetUserPassword", username, _request_id(answer))


def set_password(
    client: "CognitoIdentityProviderClient",
    *,
    user_pool_id: str,
    username: str,
    password: Secret,
    permanent: bool,
) -> Done:
    """Set a user's password without any code, as an administrator. Signed; sends no message.

    permanent: False has the user choose another password at the next sign-in. Source: API
    reference, AdminSetUserPassword.
    """
    answer = call(
        client,
        "AdminSetUserPassword",
        UserPoolId=user_pool_id,
        Username=username,
        Password=password.reveal(),
        Permanent=permanent,
    )
    return Done("AdminSetUserPassword", username, _request_id(answer))


def sign_out_everywhere(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> Done:
    """End a user's sessions, as an administrator. Signed; no message is sent.

    Refresh tokens end, and what access tokens may do at Cognito's own API. A token that is checked
    without asking Cognito is good until it runs out, and the cookie of the managed sign-in pages
    stays for as long as it would. Source: API reference, AdminUserGlobalSignOut.
    """
    answer = call(
        client,
        "AdminUserGlobalSignOut",
        UserPoolId=user_pool_id,
        Username=username,
    )
    return Done("AdminUserGlobalSignOut", username, _request_id(answer))


def mark_verified(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str, attribute: str
) -> Done:
    """Mark a user's contact as verified, as an administrator. Signed; it makes codes go there from
    now on.

    attribute: email or phone_number. Whoever reads that contact can take over the account, so the
    user's identity has to be proved first. Source: API reference, AdminUpdateUserAttributes.
    """
    answer = call(
        client,
        "AdminUpdateUserAttributes",
        UserPoolId=user_pool_id,
        Username=username,
        UserAttributes=[{"Name": f"{attribute}_verified", "Value": "true"}],
    )
    return Done("AdminUpdateUserAttributes", username, _request_id(answer))


def disable_user(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> Done:
    """Lock an account, as an administrator. Signed; sends no message.

    Nobody signs in, no code is sent, and every access token is revoked. What becomes of refresh
    tokens once the user is enabled again AWS does not say, so call `sign_out_everywhere` as well.
    Source: API reference, AdminDisableUser.
    """
    answer = call(client, "AdminDisableUser", UserPoolId=user_pool_id, Username=username)
    return Done("AdminDisableUser", username, _request_id(answer))


def enable_user(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> Done:
    """Let a disabled user sign in again, as an administrator. Signed; sends no message.

    Whoever knows the password gets in again. Source: API reference, AdminEnableUser.
    """
    answer = call(client, "AdminEnableUser", UserPoolId=user_pool_id, Username=username)
    return Done("AdminEnableUser", username, _request_id(answer))


def resend_invitation(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str, medium: str
) -> Done:
    """Send an invitation again, with a new temporary password. Signed.

    medium: EMAIL or SMS. Name the one that the user has: Cognito's default is SMS, and a user
    without a phone number gets nothing then. The user must be in FORCE_CHANGE_PASSWORD. Source: API
    reference, AdminCreateUser, MessageAction RESEND.
    """
    answer = call(
        client,
        "AdminCreateUser",
        UserPoolId=user_pool_id,
        Username=username,
        MessageAction="RESEND",
        DesiredDeliveryMediums=[medium],
    )
    return Done("AdminCreateUser", username, _request_id(answer))


def turn_factor_off(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str, factor: str
) -> Done:
    """Take a second factor from a user, as an administrator. Signed; sends no message.

    factor: SOFTWARE_TOKEN_MFA, SMS_MFA or EMAIL_OTP. Where the pool requires a second factor, users
    report that Cognito says yes and the last factor stays: read the user again. Source: API
    reference, AdminSetUserMFAPreference.
    """
    settings: dict[str, Any] = {FACTOR_SETTINGS[factor]: {"Enabled": False, "PreferredMfa": False}}
    answer = call(
        client, "AdminSetUserMFAPreference", UserPoolId=user_pool_id, Username=username, **settings
    )
    return Done("AdminSetUserMFAPreference", username, _request_id(answer))


def _secret_hash(username: str, client_id: str, client_secret: Secret | None) -> dict[str, Any]:
    if client_secret is None:
        return {}
    return {"SecretHash": secret_hash(username, client_id, client_secret).reveal()}


def _request_id(answer: Any) -> str:
    return str(answer["ResponseMetadata"].get("RequestId", ""))

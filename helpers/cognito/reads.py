"""Calls that only read: who a user is, how a user pool and an app client are set up. Signed, each
made once.

They need AWS credentials, and raise the errors of `helpers.cognito.errors`. None of them changes
anything at Cognito.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from helpers.cognito.call import call
from helpers.cognito.models import Client, Contact, Event, Pool, Session, User
from helpers.cognito.policy import PasswordPolicy

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

T_co = TypeVar("T_co", covariant=True)
FOUND_AT_MOST = 10
EVENTS_AT_MOST = 10
names: set[str] = set()
"""What users that were read in this process are called, and their contacts."""


class Listed(tuple[T_co, ...]):
    """What a call has listed, with AWS's id of its answer; of several pages, the last one's."""

    request_id: str

    @classmethod
    def of(cls, items: Iterable[T_co], answer: Any) -> Self:
        """Return the items with the request id of the answer that they came in."""
        made = cls(items)
        made.request_id = _request_id(answer)
        return made


def look_up(client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str) -> User:
    """Read one user. It counts the user as active this month, which AWS bills.

    username: the username, an active alias, or the `sub`. Source: API reference, AdminGetUser.
    """
    answer = call(client, "AdminGetUser", UserPoolId=user_pool_id, Username=username)
    return _user(answer, answer.get("UserAttributes", []))


def find_users(
    client: "CognitoIdentityProviderClient",
    *,
    user_pool_id: str,
    attribute: str,
    value: str,
    starts: bool = False,
) -> tuple[User, ...]:
    """Find users by an attribute, also by a contact that is not verified and so is no alias. At
    most ten.

    attribute: email, phone_number, username or another that ListUsers can search. value: the whole
    of it; where starts is true, what it begins with. A user who has
    just changed may be shown as before: ListUsers is eventually consistent. It tells no second
    factors. Source: API reference, ListUsers.
    """
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    answer = call(
        client,
        "ListUsers",
        UserPoolId=user_pool_id,
        Filter=f'{attribute} {"^=" if starts else "="} "{quoted}"',
        Limit=FOUND_AT_MOST,
    )
    return Listed.of(
        (
            _user(
                {**one, "ResponseMetadata": answer["ResponseMetadata"]}, one.get("Attributes", [])
            )
            for one in answer.get("Users", [])
        ),
        answer,
    )


def read_pool(client: "CognitoIdentityProviderClient", *, user_pool_id: str) -> Pool:
    """Read a user pool's settings. Source: API reference, DescribeUserPool."""
    answer = call(client, "DescribeUserPool", UserPoolId=user_pool_id)
    pool: Mapping[str, Any] = answer["UserPool"]
    mechanisms = pool.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    mail, sms = pool.get("EmailConfiguration", {}), pool.get("SmsConfiguration", {})
    messaging = sms.get("EumsSms", {})  # an alternative to Amazon SNS; a pool has one or the other
    return Pool(
        pool_id=pool["Id"],
        name=pool.get("Name", ""),
        policy=PasswordPolicy.from_pool(pool),
        recovery=tuple(one["Name"] for one in sorted(mechanisms, key=lambda one: one["Priority"])),
        verifies=tuple(pool.get("AutoVerifiedAttributes", [])),
        aliases=tuple(pool.get("AliasAttributes", [])),
        sign_in_names=tuple(pool.get("UsernameAttributes", [])),
        case_sensitive=pool.get("UsernameConfiguration", {}).get("CaseSensitive", True),
        mfa=pool.get("MfaConfiguration", "OFF"),
        sender=mail.get("EmailSendingAccount", "COGNITO_DEFAULT"),
        sms_role=bool(sms.get("SnsCallerArn") or messaging.get("CallerArn")),
        triggers=tuple(
            sorted(name for name, value in pool.get("LambdaConfig", {}).items() if value)
        ),
        threat_protection=pool.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF"),
        temporary_days=pool.get("Policies", {})
        .get("PasswordPolicy", {})
        .get("TemporaryPasswordValidityDays", 7),
        request_id=_request_id(answer),
        mail_from=mail.get("From") or mail.get("SourceArn", "").rpartition("/")[2],
        sms_service=(
            "AWS End User Messaging"
            if messaging.get("CallerArn")
            else "Amazon SNS"
            if sms.get("SnsCallerArn")
            else ""
        ),
        sms_region=messaging.get("Region") or sms.get("SnsRegion", ""),
        sms_external_id=bool(sms.get("ExternalId") or messaging.get("ExternalId")),
        sms_failure=pool.get("SmsConfigurationFailure", ""),
        verifies_changes=tuple(
            pool.get("UserAttributeUpdateSettings", {}).get(
                "AttributesRequireVerificationBeforeUpdate", []
            )
        ),
        only_admins_create=pool.get("AdminCreateUserConfig", {}).get(
            "AllowAdminCreateUserOnly", False
        ),
        plan=pool.get("UserPoolTier", ""),
        first_factors=tuple(
            pool.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", [])
        )
        or ("PASSWORD",),
        arn=pool.get("Arn", ""),
    )


def read_factors(client: "CognitoIdentityProviderClient", *, user_pool_id: str) -> tuple[str, ...]:
    """Return the second factors that a pool offers, as a user's own are named; () where they are
    off.

    An e-mail factor may also be offered for signing in without a password: both share one setting.
    Source: API reference, GetUserPoolMfaConfig.
    """
    answer = call(client, "GetUserPoolMfaConfig", UserPoolId=user_pool_id)
    if answer.get("MfaConfiguration", "OFF") == "OFF":
        return Listed.of((), answer)
    offered = {
        "SMS_MFA": "SmsMfaConfiguration" in answer,
        "EMAIL_OTP": "EmailMfaConfiguration" in answer,
        "SOFTWARE_TOKEN_MFA": answer.get("SoftwareTokenMfaConfiguration", {}).get("Enabled", False),
    }
    return Listed.of((name for name, offers in offered.items() if offers), answer)


def first_factors(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> tuple[str, ...]:
    """Return what a user can begin a sign-in with: PASSWORD, EMAIL_OTP, SMS_OTP or WEB_AUTHN.

    A user who has no password is not told from another by the status. Source: API reference,
    AdminGetUserAuthFactors.
    """
    answer = call(client, "AdminGetUserAuthFactors", UserPoolId=user_pool_id, Username=username)
    listed = answer.get("ConfiguredUserAuthFactors", [])
    return Listed.of((one for one in listed if one != "SOFTWARE_TOKEN"), answer)


def read_logs(client: "CognitoIdentityProviderClient", *, user_pool_id: str) -> tuple[str, ...]:
    """Return the kinds of events that a pool logs; userNotification is what could not be sent.

    Source: API reference, GetLogDeliveryConfiguration.
    """
    answer = call(client, "GetLogDeliveryConfiguration", UserPoolId=user_pool_id)
    kept = answer.get("LogDeliveryConfiguration", {}).get("LogConfigurations", [])
    return Listed.of((one["EventSource"] for one in kept), answer)


def read_tracking(client: "CognitoIdentityProviderClient", *, user_pool_id: str) -> tuple[str, ...]:
    """Return ("ENABLED",) where a pool's sessions can be listed and ended one by one, else ().

    Source: API reference, GetUserPoolSessionConfiguration.
    """
    answer = call(client, "GetUserPoolSessionConfiguration", UserPoolId=user_pool_id)
    state = answer.get("UserSessionTracking", "DISABLED")
    return Listed.of(("ENABLED",) if state == "ENABLED" else (), answer)


def read_firewall(client: Any, *, arn: str) -> str | None:
    """Return the name of the web ACL before a user pool, "" for none, None where it cannot be read.

    client: boto3's for wafv2. arn: the pool's. Source: API reference of AWS WAF,
    GetWebACLForResource.
    """
    try:
        answer = client.get_web_acl_for_resource(ResourceArn=arn)
    except (BotoCoreError, ClientError):
        return None
    return str(answer.get("WebACL", {}).get("Name", ""))


def read_client(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, client_id: str
) -> Client:
    """Read an app client's settings. The answer holds the client's secret, which is dropped at
    once.

    Source: API reference, DescribeUserPoolClient.
    """
    answer = call(client, "DescribeUserPoolClient", UserPoolId=user_pool_id, ClientId=client_id)
    found = answer["UserPoolClient"]
    return Client(
        client_id=found["ClientId"],
        name=found.get("ClientName", ""),
        has_secret="ClientSecret" in found,
        flows=tuple(sorted(found.get("ExplicitAuthFlows", []))),
        hides_users=found.get("PreventUserExistenceErrors", "LEGACY") == "ENABLED",
        refresh_lasts=_seconds(found, "Refresh", "days", 30),
        access_lasts=max(_seconds(found, kind, "hours", 1) for kind in ("Access", "Id")),
        request_id=_request_id(answer),
        rotates=found.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED",
    )


def list_clients(client: "CognitoIdentityProviderClient", *, user_pool_id: str) -> tuple[str, ...]:
    """Return the ids of all app clients of a pool, asked for in pages of sixty.

    A page may be empty and still not be the last one. Source: API reference, ListUserPoolClients.
    """
    found: list[str] = []
    page: dict[str, str] = {}
    while True:
        answer = call(client, "ListUserPoolClients", UserPoolId=user_pool_id, MaxResults=60, **page)
        found += [one["ClientId"] for one in answer.get("UserPoolClients", [])]
        if not answer.get("NextToken"):
            return Listed.of(found, answer)
        page = {"NextToken": answer["NextToken"]}


def recent_events(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> tuple[Event, ...]:
    """Return what the pool has recorded of a user, newest first, at most ten; needs the pool's
    threat protection.

    Source: API reference, AdminListUserAuthEvents.
    """
    answer = call(
        client,
        "AdminListUserAuthEvents",
        UserPoolId=user_pool_id,
        Username=username,
        MaxResults=EVENTS_AT_MOST,
    )
    return Listed.of(
        (
            Event(
                at=one["CreationDate"].isoformat(),
                kind=one.get("EventType", ""),
                response=one.get("EventResponse", ""),
            )
            for one in answer.get("AuthEvents", [])
        ),
        answer,
    )


def list_sessions(
    client: "CognitoIdentityProviderClient", *, user_pool_id: str, username: str
) -> tuple[Session, ...]:
    """Return a user's sessions, where the pool tracks them; at most 125, newest first.

    Only a pool in the plans Essentials and Plus that has turned tracking on lists any; what another
    one answers AWS does not say. Eventually consistent. Source: API reference,
    AdminListUserSessions.
    """
    answer = call(client, "AdminListUserSessions", UserPoolId=user_pool_id, Username=username)
    return Listed.of(
        (
            Session(
                session_id=one["SessionId"],
                kind=one.get("SessionType", ""),
                client_id=one.get("ClientId", ""),
                created=one["CreateDate"].isoformat() if "CreateDate" in one else "",
            )
            for one in answer.get("Sessions", [])
        ),
        answer,
    )


def masked(contact: str) -> str:
    """Hide a contact as Cognito does in its answers: d***@e***, or all but the last four digits of
    a phone number.
    """
    local, at, domain = contact.partition("@")
    if at:
        return f"{local[:1]}***@{domain[:1]}***"
    digits = re.sub(r"\D", "", contact)
    return f"+{'*' * max(len(digits) - 4, 0)}{digits[-4:]}"


def _seconds(client: Mapping[str, Any], kind: str, unit: str, default: int) -> int:
    """Say how long a kind of token lives; 0 counts as not set. Source: API reference,
    UserPoolClientType.
    """
    lengths = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
    value = client.get(f"{kind}TokenValidity") or default
    return int(value) * lengths[client.get("TokenValidityUnits", {}).get(f"{kind}Token", unit)]


def _user(answer: Any, attributes: Any) -> User:
    values = {item["Name"]: item.get("Value", "") for item in attributes}
    contacts = tuple(
        Contact(name, masked(values[name]), values.get(f"{name}_verified") == "true", values[name])
        for name in ("email", "phone_number")
        if values.get(name)
    )
    called = (answer["Username"], *map(values.get, ("sub", "preferred_username")))
    names.update(filter(None, (*called, *(values.get(one.attribute) for one in contacts))))
    return User(
        username=answer["Username"],
        status=answer.get("UserStatus", "UNKNOWN"),
        enabled=answer.get("Enabled", False),
        contacts=contacts,
        factors=tuple(answer.get("UserMFASettingList", [])),
        preferred_factor=answer.get("PreferredMfaSetting", ""),
        last_modified=answer["UserLastModifiedDate"].isoformat(),
        request_id=_request_id(answer),
        providers=_providers(values.get("identities", "")),
        created=answer["UserCreateDate"].isoformat(),
    )


def _providers(identities: str) -> tuple[str, ...]:
    """Return the providers that a user's `identities` name; () for whatever cannot be read."""
    try:
        listed = json.loads(identities)
    except (ValueError, RecursionError):
        return ()
    names = (
        [one.get("providerName") for one in listed if isinstance(one, dict)]
        if isinstance(listed, list)
        else []
    )
    return tuple(
        dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip())
    )


def _request_id(answer: Any) -> str:
    return str(answer["ResponseMetadata"].get("RequestId", ""))

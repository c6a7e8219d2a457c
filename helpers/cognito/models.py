"""What can be known about a user, a user pool and an app client without changing anything: data,
and nothing else.

`helpers.cognito.reads` fills these in from Cognito's answers; diagnosis, audit and plans read them.
No secret is among them, and a contact is kept as Cognito itself would show it, masked.
"""

from dataclasses import dataclass, field

from helpers.cognito.policy import PasswordPolicy


@dataclass(frozen=True)
class Contact:
    """An e-mail address or a phone number of a user. attribute: email or phone_number. shown:
    masked, as d***@e***. value: whole, to be compared or searched for, and never to be shown.
    """

    attribute: str
    shown: str
    verified: bool
    value: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class User:
    """A user as an administrator sees one.

    status: as the API spells it, such as RESET_REQUIRED. contacts: email before phone_number.
    factors: the user's second factors as the API names them (SMS_MFA, EMAIL_OTP,
    SOFTWARE_TOKEN_MFA). created, last_modified: ISO time with offset. providers: the other
    providers that the user signs in through, as the attribute `identities` names them. Source:
    developer guide, "Linking federated users to an existing user profile". first_factors: what the
    user can begin a sign-in with (PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN); None where nobody
    asked, since it takes a call of its own.
    """

    username: str
    status: str
    enabled: bool
    contacts: tuple[Contact, ...]
    factors: tuple[str, ...]
    preferred_factor: str
    last_modified: str
    request_id: str = ""
    providers: tuple[str, ...] = ()
    created: str = ""
    first_factors: tuple[str, ...] | None = None

    @property
    def verified(self) -> tuple[str, ...]:
        """The attributes that are verified: email, phone_number, both or none."""
        return tuple(contact.attribute for contact in self.contacts if contact.verified)


@dataclass(frozen=True)
class Pool:
    """The settings of a user pool that matter to a password reset.

    recovery: the mechanisms in their order (verified_email, verified_phone_number, admin_only), ()
    when the pool does not set them. verifies: the contacts that Cognito verifies by itself.
    aliases, sign_in_names: what else than the username a user may sign in with. mfa: OFF, OPTIONAL
    or ON. sender: COGNITO_DEFAULT (50 messages a day for the account) or DEVELOPER (Amazon SES).
    sms_role: a role for sending SMS is set. triggers: the names of its Lambda triggers.
    threat_protection: OFF, AUDIT or ENFORCED; only where it is not OFF are sign-in events recorded.
    mail_from: the address that a pool with a sender of its own writes from. sms_service: what sends
    SMS messages, "" where nothing does; sms_region, sms_external_id: how it is set up; sms_failure:
    why it cannot send, in Cognito's own words. verifies_changes: the contacts whose new value has
    to be proved before it replaces the old one. only_admins_create: nobody signs up alone. plan:
    LITE, ESSENTIALS or PLUS. factors: the second factors that the pool offers, as a user's are
    named; None when nobody asked, since it takes a call of its own. first_factors: what a sign-in
    may begin with. arn: the pool's name in other services of AWS. logs: the kinds of events that go
    to a log; tracks_sessions: sessions can be listed; firewall: the web ACL before the pool, "" for
    none; each None where nobody asked, or, named in `unread`, where it may not be read.
    """

    pool_id: str
    name: str
    policy: PasswordPolicy
    recovery: tuple[str, ...]
    verifies: tuple[str, ...]
    aliases: tuple[str, ...]
    sign_in_names: tuple[str, ...]
    case_sensitive: bool
    mfa: str
    sender: str
    sms_role: bool
    triggers: tuple[str, ...]
    threat_protection: str
    temporary_days: int
    request_id: str = ""
    mail_from: str = ""
    sms_service: str = ""
    sms_region: str = ""
    sms_external_id: bool = False
    sms_failure: str = ""
    verifies_changes: tuple[str, ...] = ()
    only_admins_create: bool = False
    plan: str = ""
    factors: tuple[str, ...] | None = None
    first_factors: tuple[str, ...] = ("PASSWORD",)
    arn: str = ""
    logs: tuple[str, ...] | None = None
    tracks_sessions: bool | None = None
    firewall: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The attributes that a reset code may go to, the preferred one first; () where only
        administrators reset.

        A pool that does not set its recovery has the legacy behaviour: a verified phone number
        comes before a verified e-mail address. Source: API reference, UserPoolType,
        AccountRecoverySetting.
        """
        if not self.recovery:
            return ("phone_number", "email")
        names = {"verified_email": "email", "verified_phone_number": "phone_number"}
        return tuple(names[name] for name in self.recovery if name in names)


@dataclass(frozen=True)
class Client:
    """The settings of an app client that matter to a password reset.

    has_secret: its calls need a secret hash; the secret itself is not kept. hides_users:
    PreventUserExistenceErrors is ENABLED, so a request for a code is answered alike whether or not
    the user exists. refresh_lasts, access_lasts: seconds that a refresh token lives, and an access
    or ID token, whichever is longer. rotates: each refresh token is good for one renewal.
    """

    client_id: str
    name: str
    has_secret: bool
    flows: tuple[str, ...]
    hides_users: bool
    request_id: str = ""
    refresh_lasts: int = 30 * 86_400
    access_lasts: int = 3600
    rotates: bool = False


@dataclass(frozen=True)
class Event:
    """Something that a user did, where the pool's threat protection records it.

    kind: SignIn, SignUp, ForgotPassword, PasswordChange or ResendCode. response: Pass, Fail or
    InProgress. at: ISO time.
    """

    at: str
    kind: str
    response: str


@dataclass(frozen=True)
class Session:
    """A session of a user, where the pool tracks them.

    kind: TOKEN, an application's, or SSO, a sign-in on the managed pages. created: ISO time.
    """

    session_id: str
    kind: str
    client_id: str
    created: str

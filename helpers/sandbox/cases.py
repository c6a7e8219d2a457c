"""Training cases: users in trouble, named after their problem, to practise diagnosis on.

    plant_case(open_sandbox(), "no-verified-contact")

puts the user, and where it takes one a user pool and an app client of its own, into a sandbox.
Planting a case again restores it as new. Fifteen have a number: these come up again and again in
public reports, which nobody has counted. The cases without a number are common too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import clients, limits, mfa, passwords, pools, recovery, settings, triggers, users
from .box import Sandbox
from .engine import now_of
from .seed import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID
from .source import Source
from .work import Doc, Transaction

CHOSEN_PASSWORD = "Chosen-by-myself-1"
"""What the user of the case trigger-failed has chosen as the new password."""

CLIENT_SECRET = "practice0secret0of0the0case0secret0hash0x"
"""The client secret of the case secret-hash; it opens nothing but the sandbox."""

_MINUTE = 60.0
FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]
_BY_MAIL = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
_NO_CONTACT = (
    "Cannot reset password for the user as there is no registered/verified email or phone_number"
)
_WRONG_STATE = "User password cannot be reset in the current state."
_PHONE = "+15551230199"
_SMS = {
    "SnsCallerArn": "arn:aws:iam::123456789012:role/sends-text-messages",
    "SnsRegion": pools.REGION,
}


@dataclass(frozen=True)
class Case:
    """A user in trouble. name: the problem. number: 1 to 15, or 0. says: their own words.

    symptom: what diagnosis is given: the text that the user reads out, or what they say of it.
    username: as the user gives it, which need not be the account's.
    """

    name: str
    number: int
    says: str
    symptom: str
    username: str
    pool_id: str = DEFAULT_POOL_ID
    client_id: str = DEFAULT_CLIENT_ID


class _Stage:
    """Sets a case up in one transaction, by the operations that a client would call."""

    def __init__(self, work: Transaction, case: Case, sandbox: Sandbox) -> None:
        self.work, self.case, self.sandbox = work, case, sandbox

    def pool(self, **options: Any) -> None:
        """Make the case's own pool, with its app client."""
        options = {
            "PoolName": self.case.name,
            "AutoVerifiedAttributes": ["email"],
            "AccountRecoverySetting": _BY_MAIL,
            **options,
        }
        pools.create_user_pool(
            self.work, {key: value for key, value in options.items() if value}, self.case.pool_id
        )
        self.client()

    def client(self, **options: Any) -> None:
        """Make the case's app client, in its pool."""
        clients.create_user_pool_client(
            self.work,
            {
                "UserPoolId": self.case.pool_id,
                "ClientName": self.case.name,
                "ExplicitAuthFlows": FLOWS,
                **options,
            },
            self.case.client_id,
        )

    def change_pool(self, **values: Any) -> None:
        """Give the pool what no operation of the API can give it."""
        self.work.keep_pool(self.work.pool(self.case.pool_id) | values)

    def offers(self, **factor: Doc) -> None:
        """Have the pool offer a second factor, without asking for one."""
        mfa.set_user_pool_mfa_config(
            self.work,
            {"UserPoolId": self.case.pool_id, "MfaConfiguration": "OPTIONAL", **factor},
        )

    def user(
        self,
        name: str = "",
        *,
        status: str = "CONFIRMED",
        temporary: bool = False,
        **attributes: str,
    ) -> None:
        """Make the user again, with a verified e-mail address unless attributes are given."""
        name = name or self.case.username
        pool = self.work.pool(self.case.pool_id)
        for one in (name, self.case.username):
            there = self.work.find(pool, one)
            if there is not None:
                self.work.drop_user(pool, there["username"])
        user = users.new(
            self.work, pool, name, attributes or {"email": name, "email_verified": "true"}, status
        )
        passwords.store(self.work, pool, user, DEFAULT_PASSWORD, temporary=temporary)
        users.keep_new(self.work, pool, user, force_alias=True)

    def change_user(self, **values: Any) -> None:
        """Change what no operation of the API changes."""
        pool, user = self._whom()
        self.work.keep_user(pool, user | values)

    def asks(self, minutes_ago: float = 1.0) -> None:
        """Have the user request a code, some time ago."""
        now = self.work.now
        self.work.now = now - minutes_ago * _MINUTE
        recovery.forgot_password(
            self.work, {"ClientId": self.case.client_id, "Username": self.case.username}
        )
        self.work.now = now

    def confirms(self) -> None:
        """Have the user set a new password with the newest code."""
        code = self._whom()[1]["codes"][-1]["code"]
        recovery.confirm_forgot_password(
            self.work,
            {
                "ClientId": self.case.client_id,
                "Username": self.case.username,
                "ConfirmationCode": code,
                "Password": CHOSEN_PASSWORD,
            },
        )

    def spends_all_tries(self) -> None:
        """Use up the user's tries of this hour, whatever the sandbox is set to allow."""
        pool, user = self._whom()
        self.work.counters(pool["Id"], user["username"])["resets"] = [self.work.now] * 20

    def fails_to_sign_in(self, times: int) -> None:
        """Have that many sign-ins fail."""
        pool, user = self._whom()
        for _ in range(times):
            limits.sign_in_failed(self.work, pool, user)

    def _whom(self) -> tuple[Doc, Doc]:
        pool = self.work.pool(self.case.pool_id)
        user = self.work.find(pool, self.case.username)
        assert user is not None
        return pool, user


class _SignUpOnly:
    """A PostConfirmation trigger written for sign-ups: at a reset it misses what those have."""

    def __init__(self, pool_id: str, before: triggers.Trigger | None) -> None:
        self._pool_id, self._before = pool_id, before

    def __call__(self, event: Doc) -> Any:
        if event["userPoolId"] == self._pool_id:
            raise KeyError("custom:plan")
        return self._before(event) if self._before else event


def _made_up_answer(stage: _Stage) -> None:
    stage.pool()
    stage.client(PreventUserExistenceErrors="ENABLED")
    stage.user(email=stage.case.username, email_verified="false")


def _no_verified_contact(stage: _Stage) -> None:
    stage.user(email=stage.case.username, email_verified="false")


def _contact_is_second_factor(stage: _Stage) -> None:
    # E-mail as a second factor needs a sender of one's own.
    stage.pool(
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
        },
    )
    stage.offers(EmailMfaConfiguration={})
    stage.user()
    stage.change_user(mfa={"enabled": ["EMAIL_OTP"], "preferred": "EMAIL_OTP"})


def _temporary_password(stage: _Stage) -> None:
    stage.user(status="FORCE_CHANGE_PASSWORD", temporary=True)


def _federated_user(stage: _Stage) -> None:
    stage.user(status="EXTERNAL_PROVIDER", email=stage.case.username, email_verified="false")


def _code_used_or_expired(stage: _Stage) -> None:
    stage.user()
    stage.asks(minutes_ago=90)


def _older_code(stage: _Stage) -> None:
    stage.user()
    stage.asks(minutes_ago=4)
    stage.asks(minutes_ago=2)


def _attempt_limit(stage: _Stage) -> None:
    stage.user()
    stage.spends_all_tries()


def _daily_mail_limit(stage: _Stage) -> None:
    stage.pool()
    stage.change_pool(delivery="daily-limit")
    stage.user()


def _in_order(stage: _Stage) -> None:
    stage.user()


def _code_goes_to_phone(stage: _Stage) -> None:
    stage.pool(
        AutoVerifiedAttributes=["email", "phone_number"],
        AccountRecoverySetting=None,
        SmsConfiguration=_SMS,
    )
    stage.user(
        email=stage.case.username,
        email_verified="true",
        phone_number=_PHONE,
        phone_number_verified="true",
    )
    stage.asks()


def _sms_never_arrives(stage: _Stage) -> None:
    by_phone = {"RecoveryMechanisms": [{"Name": "verified_phone_number", "Priority": 1}]}
    stage.pool(
        AutoVerifiedAttributes=["phone_number"],
        AccountRecoverySetting=by_phone,
        SmsConfiguration=_SMS,
    )
    stage.change_pool(delivery="lost")
    stage.user(phone_number=_PHONE, phone_number_verified="true")


def _secret_hash(stage: _Stage) -> None:
    stage.pool()
    stage.client(ClientSecret=CLIENT_SECRET)
    stage.user()


def _other_case(stage: _Stage) -> None:
    stage.user("Other-Case@example.com")


def _trigger_failed(stage: _Stage) -> None:
    stage.pool(
        LambdaConfig={"PostConfirmation": "arn:aws:lambda:us-east-1:123456789012:function:welcome"}
    )
    stage.user()
    stage.asks(minutes_ago=3)
    stage.confirms()
    before = stage.sandbox.engine.callables.get("PostConfirmation")
    if not isinstance(before, _SignUpOnly):
        stage.sandbox.on("PostConfirmation", _SignUpOnly(stage.case.pool_id, before))


def _reset_required(stage: _Stage) -> None:
    stage.user()
    now = stage.work.now
    stage.work.now = now - 120 * _MINUTE
    recovery.admin_reset_user_password(
        stage.work, {"UserPoolId": stage.case.pool_id, "Username": stage.case.username}
    )
    stage.work.now = now


def _disabled(stage: _Stage) -> None:
    stage.user()
    stage.change_user(enabled=False)


def _unconfirmed(stage: _Stage) -> None:
    stage.user(status="UNCONFIRMED", email=stage.case.username, email_verified="false")


def _sign_in_locked(stage: _Stage) -> None:
    stage.user()
    stage.fails_to_sign_in(15)


def _second_factor_lost(stage: _Stage) -> None:
    stage.pool()
    stage.offers(SoftwareTokenMfaConfiguration={"Enabled": True})
    stage.user()
    stage.change_user(mfa={"enabled": ["SOFTWARE_TOKEN_MFA"], "preferred": "SOFTWARE_TOKEN_MFA"})


def _contact_not_alias(stage: _Stage) -> None:
    stage.pool(AliasAttributes=["email"])
    stage.user("contact-not-alias", email=stage.case.username, email_verified="false")


def _case(
    number: int, name: str, plant: Callable[[_Stage], None], says: str, symptom: str, **where: str
) -> tuple[Case, Callable[[_Stage], None]]:
    return Case(name, number, says, symptom, f"{name}@example.com", **where), plant


def _own(word: str) -> dict[str, str]:
    return {"pool_id": f"{pools.REGION}_Train{word}", "client_id": f"train{word.lower()}"}


_ALL = (
    _case(
        1,
        "made-up-answer",
        _made_up_answer,
        "It says that a code was sent, but nothing arrives.",
        "No code arrives.",
        **_own("01Hidden"),
    ),
    _case(
        2,
        "no-verified-contact",
        _no_verified_contact,
        "It says that there is no registered or verified e-mail. But I get your newsletter!",
        _NO_CONTACT,
    ),
    _case(
        3,
        "contact-is-second-factor",
        _contact_is_second_factor,
        "There is no verified e-mail, it says. I get my sign-in codes by e-mail every day.",
        _NO_CONTACT,
        **_own("03Factor"),
    ),
    _case(
        4,
        "temporary-password",
        _temporary_password,
        "I have never been in. I want to set my own password.",
        _WRONG_STATE,
    ),
    _case(
        4,
        "federated-user",
        _federated_user,
        "I always click on the company's login. Now I want a password.",
        _WRONG_STATE,
    ),
    _case(
        5,
        "code-used-or-expired",
        _code_used_or_expired,
        "I went to lunch, and now it does not take my code.",
        "Invalid code provided, please request a code again.",
    ),
    _case(
        6,
        "older-code",
        _older_code,
        "I clicked twice, got two mails, and the code is wrong.",
        "Invalid verification code provided, please try again.",
    ),
    _case(
        7,
        "attempt-limit",
        _attempt_limit,
        "I have tried it ten times, and now it says something about a limit.",
        "Attempt limit exceeded, please try after some time.",
    ),
    _case(
        8,
        "daily-mail-limit",
        _daily_mail_limit,
        "It says something about a daily e-mail limit. I get one mail a day!",
        "Exceeded daily email limit for the operation or the account. If a higher limit is"
        " required, please configure your user pool to use your own Amazon SES configuration for"
        " sending email.",
        **_own("08Daily"),
    ),
    _case(
        9,
        "resend-is-for-sign-up",
        _in_order,
        "I pressed 'send the code again', and it says that I am confirmed.",
        "User is already confirmed.",
    ),
    _case(
        10,
        "code-goes-to-phone",
        _code_goes_to_phone,
        "I am waiting for the e-mail, and there is none.",
        "I get no e-mail.",
        **_own("10Phone"),
    ),
    _case(
        11,
        "sms-never-arrives",
        _sms_never_arrives,
        "The text message never comes. My phone works!",
        "The text message never comes.",
        **_own("11Sms"),
    ),
    _case(
        12,
        "secret-hash",
        _secret_hash,
        "There is some technical message about a hash.",
        "Unable to verify secret hash for client train12secret",
        **_own("12Secret"),
    ),
    _case(
        13,
        "other-case",
        _other_case,
        "It does not know me, but I have had this account for years.",
        "Username/client id combination not found.",
    ),
    _case(
        14,
        "trigger-failed",
        _trigger_failed,
        "I typed the code and a new password, and an error came.",
        "PostConfirmation failed with error 'custom:plan'.",
        **_own("14Trigger"),
    ),
    _case(
        15,
        "reset-required",
        _reset_required,
        "My password is right, I am sure, and it wants a reset.",
        "Password reset required for the user",
    ),
    _case(
        0, "disabled", _disabled, "I cannot get in, and no code comes either.", "User is disabled."
    ),
    _case(
        0,
        "unconfirmed",
        _unconfirmed,
        "I registered last week and have forgotten what I typed.",
        _NO_CONTACT,
    ),
    _case(
        0,
        "second-factor-lost",
        _second_factor_lost,
        "I have a new phone, and the old one had the app with the codes.",
        "I lost my authenticator",
        **_own("FactorLost"),
    ),
    _case(
        0,
        "sign-in-locked",
        _sign_in_locked,
        "I know my password. I have tried it twenty times!",
        "Password attempts exceeded",
    ),
    _case(
        0,
        "contact-not-alias",
        _contact_not_alias,
        "I type my e-mail address, and it says that I do not exist.",
        "Username/client id combination not found.",
        **_own("Alias"),
    ),
    _case(
        0,
        "other-devices-signed-in",
        _in_order,
        "My phone was stolen. I have a new password, and the thief is still in!",
        "They are still signed in on my stolen phone.",
    ),
    _case(
        0,
        "space-in-password",
        _in_order,
        "I pasted my new password, and it says something about a constraint.",
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must"
        " satisfy regular "
        r"expression pattern: ^[\S]+.*[\S]+$",
    ),
)

CASES: dict[str, Case] = {case.name: case for case, _ in _ALL}
_PLANTS = {case.name: plant for case, plant in _ALL}


def plant_case(sandbox: Sandbox, name: str) -> Case:
    """Put a training case into a sandbox, as new; ValueError for an unknown name.

    The trigger of the case trigger-failed belongs to this object, as all triggers do; everything
    else lies in the sandbox's file or memory, for anyone who opens it.
    """
    if name not in CASES:
        raise ValueError(
            f"no training case is called {name!r}.{settings.did_you_mean(name, CASES)}"
        )
    with sandbox.engine.store.transaction() as db:
        meta = sandbox.engine.meta(db)
        source = Source(meta["seed"], meta["drawn"])
        # Default settings: what a person practises with must not change how a case is set up.
        work = Transaction(db, now_of(meta["clock"]), source, settings.defaults())
        _PLANTS[name](_Stage(work, CASES[name], sandbox))
        work.keep_records()
        sandbox.engine.keep_meta(db, drawn=source.drawn)
    return CASES[name]

"""What a sandbox can be set to: what AWS leaves open, and a few settings for practice.

Each setting is named, has a default and says in words what it decides. A setting marked "open"
is one that AWS does not document: its default is what is best supported, and none of
them is a fact about AWS.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .quotas import QUOTAS


@dataclass(frozen=True)
class Setting:
    """One setting: its name, default, what it decides, its values (None: any of its type)."""

    name: str
    default: Any
    words: str
    choices: tuple[Any, ...] | None = None
    bounds: tuple[int, int] | None = None


_ALL = (
    # Open points: AWS does not say.
    Setting(
        "admin_reset_admin_only",
        "refuse",
        "open: AdminResetUserPassword where recovery is admin_only",
        ("refuse", "allow"),
    ),
    Setting(
        "code_bound_to_client",
        True,
        "open: a reset code only works for the app client that asked for it",
    ),
    Setting(
        "confirm_moves_last_modified",
        True,
        "open: ConfirmForgotPassword moves UserLastModifiedDate",
    ),
    Setting(
        "disabled_confirm",
        "not-authorized",
        "open: ConfirmForgotPassword for a disabled user (LEGACY)",
        ("not-authorized", "user-not-found", "expired-code"),
    ),
    Setting(
        "disabled_forgot",
        "user-not-found",
        "open: ForgotPassword for a disabled user (LEGACY)",
        ("user-not-found", "resource-not-found", "not-authorized"),
    ),
    Setting(
        "history_message",
        "Password was used before (wording of the sandbox; AWS publishes none)",
        "open: the text of PasswordHistoryPolicyViolationException",
    ),
    Setting(
        "limit_kills_code",
        False,
        "open: LimitExceededException also ends the outstanding reset code",
    ),
    Setting("limit_window", "rolling", "open: the hour of the attempt limit", ("rolling", "fixed")),
    Setting(
        "mail_limit_answer", "error", "open: what the 51st mail of a day gives", ("error", "silent")
    ),
    Setting("reset_clears_lockout", False, "open: a confirmed reset ends the sign-in lock"),
    Setting(
        "reset_required_hidden",
        "reset-required",
        "open: sign-in of a RESET_REQUIRED user where user existence errors are prevented",
        ("reset-required", "not-authorized"),
    ),
    Setting(
        "short_code",
        "mismatch",
        "open: a code that is not six characters long",
        ("mismatch", "expired"),
    ),
    Setting("simulated_tail", ".com", "open: how the destination of a simulated delivery ends"),
    Setting(
        "sms_without_role",
        "code",
        "open: a message by SMS where the pool has no SmsConfiguration; sent: it arrives",
        ("code", "sms-trust", "sms-access", "lost", "sent"),
    ),
    Setting("throttle_message", "Too many requests", "open: the text of TooManyRequestsException"),
    Setting(
        "unconfirmed_confirm",
        "not-confirmed",
        "open: ConfirmForgotPassword for an UNCONFIRMED user",
        ("not-confirmed", "expired-code"),
    ),
    Setting(
        "unconfirmed_message",
        "User is not confirmed.",
        "open: the text of its UserNotConfirmedException",
    ),
    Setting(
        "unconfirmed_verified_forgot",
        "send",
        "open: ForgotPassword for an UNCONFIRMED user whose contact is verified",
        ("send", "refuse"),
    ),
    Setting(
        "unconfirmed_wrong_password",
        "not-authorized",
        "open: sign-in of an UNCONFIRMED user, wrong password",
        ("not-authorized", "not-confirmed"),
    ),
    Setting(
        "valid_code",
        "newest",
        "open: which of several outstanding reset codes works",
        ("newest", "first", "any"),
    ),
    # Documented, but variable, or dependent on what a sandbox does not have.
    Setting(
        "alternate_hidden_reply",
        False,
        "ForgotPassword for hidden users alternates with InvalidParameterException, as the guide"
        " says",
    ),
    Setting("compromised_passwords", [], "passwords refused as known to be compromised"),
    Setting(
        "daily_mail_limit",
        0,
        "mails a day from the default sender; AWS allows 50; 0 is no limit",
        None,
        (0, 10**9),
    ),
    Setting(
        "delay_seconds",
        5.0,
        "how long the fault delay-after-commit holds an answer back",
        None,
        (0, 3600),
    ),
    Setting(
        "delivery_failure",
        "none",
        "make every delivery fail this way; lost: accepted, and nothing arrives",
        ("none", "code", "sms-trust", "sms-access", "email-access", "daily-limit", "lost"),
    ),
    Setting(
        "issuer",
        "aws",
        "the issuer in tokens: AWS's URL for the pool, or that of the HTTP door as it was called",
        ("aws", "endpoint"),
    ),
    Setting(
        "mail_rate",
        0,
        "mails a second of a pool that sends by Amazon SES, which drops what is above; 0 is no"
        " limit",
        None,
        (0, 10**9),
    ),
    Setting(
        "page_short",
        0,
        "users fewer than Limit that ListUsers looks at for a page; with a filter a page may be"
        " empty",
        None,
        (0, 60),
    ),
    *(
        Setting(
            f"quota_{category}",
            0,
            f"calls a second of the category {category} before throttling; AWS allows {rate}; 0 is"
            " no limit",
            None,
            (0, 10**9),
        )
        for category, (rate, _) in QUOTAS.items()
    ),
    Setting(
        "reset_attempts",
        5,
        "ForgotPassword and ConfirmForgotPassword together, a user and hour (AWS: 5 to 20)",
        None,
        (5, 20),
    ),
    Setting("threat_block", False, "threat protection blocks sign-ins and resets"),
    Setting("waf_block", False, "a web application firewall blocks the public operations"),
    Setting(
        "waf_status",
        400,
        "HTTP status of ForbiddenException (documented 400; clients were seen to expect 403)",
        (400, 403),
    ),
)

SETTINGS: dict[str, Setting] = {
    setting.name: setting for setting in sorted(_ALL, key=lambda s: s.name)
}


_DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}


def defaults() -> dict[str, Any]:
    """Return every setting at its default."""
    return dict(_DEFAULTS)


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes; ValueError for one that is no setting or does not fit."""
    for name, value in changes.items():
        if name not in SETTINGS:
            raise ValueError(f"no setting is called {name!r}.{did_you_mean(name, SETTINGS)}")
        _check(SETTINGS[name], value)
    return dict(changes)


def did_you_mean(name: str, known: Any) -> str:
    """Return a sentence that offers the nearest known name, or all of them."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(sorted(known))}."


def _check(setting: Setting, value: Any) -> None:
    kind = type(setting.default)
    fits = (
        isinstance(value, int | float) and value >= 0 if kind is float else isinstance(value, kind)
    )
    if isinstance(value, bool) and kind is not bool:
        fits = False
    if kind is list and fits:
        fits = all(isinstance(one, str) for one in value)
    if not fits:
        raise ValueError(
            f"setting {setting.name!r} takes a {kind.__name__}, not {type(value).__name__}."
        )
    if setting.choices is not None and value not in setting.choices:
        raise ValueError(
            f"setting {setting.name!r} takes one of {', '.join(map(str, setting.choices))}."
        )
    if setting.bounds is not None and not setting.bounds[0] <= value <= setting.bounds[1]:
        raise ValueError(
            f"setting {setting.name!r} takes {setting.bounds[0]} to {setting.bounds[1]}."
        )

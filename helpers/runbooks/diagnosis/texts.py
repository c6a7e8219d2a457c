"""Cognito's own texts and the names of its errors, in the spellings of the SDKs: exact rules.

    exact("CodeMismatchException: Invalid verification code provided, please try again.")
                                        -> Exact(problems=("older-code",), ...)

A line of an SDK is a name and a message. Where there is a message, it alone counts: the name covers
several meanings, and an unknown message is called unknown. Sources: API reference, developer guide
and botocore's model; the class names and default texts of Amplify for JavaScript 5 and 6, Android,
Swift and Flutter, and of the AWS SDKs for Java and .NET, from their public sources.
"""

import re
from dataclasses import dataclass

_NO_CODE_CAN_BE_SENT = (
    "no-verified-contact",
    "contact-is-second-factor",
    "recovery-lists-other-contact",
)
# A fragment of a text, in small letters; * stands for anything. The first that fits is taken.
TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("no registered/verified email", _NO_CODE_CAN_BE_SENT),
    ("could not reset password for the account", _NO_CODE_CAN_BE_SENT),
    (
        "cannot be reset in the current state",
        ("temporary-password", "federated-user", "unconfirmed"),
    ),
    # A trigger that runs before the work is done; PostConfirmation runs after it.
    ("postconfirmation failed with", ("trigger-failed",)),
    ("postconfirmation invocation failed", ("trigger-failed",)),
    ("presignup * failed", ("trigger-refuses",)),
    ("presignup failed", ("trigger-refuses",)),
    ("custommessage * failed", ("trigger-refuses",)),
    ("custommessage failed", ("trigger-refuses",)),
    ("usermigration * failed", ("trigger-refuses",)),
    ("usermigration failed", ("trigger-refuses",)),
    ("authentication invocation failed", ("trigger-refuses",)),
    ("preauthentication failed", ("trigger-refuses",)),
    ("postauthentication failed", ("trigger-refuses",)),
    ("authchallenge failed", ("trigger-refuses",)),
    ("authchallengeresponse failed", ("trigger-refuses",)),
    ("pretokengeneration failed", ("trigger-refuses",)),
    ("customemailsender failed", ("trigger-refuses",)),
    ("customsmssender failed", ("trigger-refuses",)),
    ("lambda*exception* when calling the confirmforgotpassword", ("trigger-failed",)),
    ("lambda*exception* when calling the ", ("trigger-refuses",)),
    ("lambda*exception*invocation failed", ("trigger-failed", "trigger-refuses")),
    ("unrecognizable lambda", ("trigger-failed", "trigger-refuses")),
    ("invalid lambda function output", ("trigger-failed", "trigger-refuses")),
    ("invalid version. version should be 1", ("trigger-failed", "trigger-refuses")),
    ("please request a code again", ("code-used-or-expired",)),
    ("confirmation code has expired", ("code-used-or-expired",)),
    ("invalid verification code provided", ("older-code",)),
    ("confirmation code entered is not correct", ("older-code",)),
    ("invalid code received for user", ("second-factor-lost",)),
    ("invalid code or auth state", ("second-factor-lost",)),
    ("attempt limit exceeded", ("attempt-limit",)),
    ("number of allowed operation has exceeded", ("attempt-limit",)),
    ("too many failed attempts for a given action", ("attempt-limit",)),
    ("daily email limit", ("daily-mail-limit",)),
    ("user is already confirmed", ("resend-is-for-sign-up",)),
    ("current status is confirmed", ("resend-is-for-sign-up",)),
    ("status is not unconfirmed", ("resend-is-for-sign-up",)),
    ("secret hash", ("secret-hash",)),
    ("secret_hash", ("secret-hash",)),
    ("configured for secret", ("secret-hash",)),
    ("configured with secret", ("secret-hash",)),
    ("username/client id combination not found", ("not-found",)),
    ("user does not exist.", ("not-found",)),
    ("user not found in the system", ("not-found",)),
    ("password reset required", ("reset-required",)),
    ("required to reset the password of the user", ("reset-required",)),
    ("password attempts exceeded", ("sign-in-locked",)),
    ("user is not confirmed", ("unconfirmed",)),
    ("user not confirmed in the system", ("unconfirmed",)),
    ("user is disabled", ("disabled",)),
    ("contact administrator to reset", ("admin-only",)),
    ("incorrect username or password", ("wrong-password",)),
    ("failed since user is not authorized", ("wrong-password", "temporary-password", "disabled")),
    ("user account has expired", ("invitation-run-out",)),
    ("temporary password has expired", ("invitation-run-out",)),
    ("force_change_password", ("temporary-password",)),
    ("new_password_required", ("temporary-password",)),
    ("newpasswordrequired", ("temporary-password",)),
    ("confirm_sign_in_with_new_password_required", ("temporary-password",)),
    ("reset_required", ("reset-required",)),
    ("external_provider", ("federated-user",)),
    ("password cannot be used for security reasons", ("password-too-well-known",)),
    ("because of security reasons", ("security-block",)),
    ("not allowed due to security reasons", ("security-block",)),
    ("unable to login because of security", ("security-block",)),
    ("not conform to policy", ("password-policy",)),
    ("not conform to password policy", ("password-policy",)),
    ("not conform with policy", ("password-policy",)),
    ("not conform with password policy", ("password-policy",)),
    ("the password given is invalid", ("password-policy",)),
    ("password has previously been used", ("password-used-before",)),
    ("password*less than or equal to 256", ("password-too-long",)),
    ("password*greater than or equal to", ("password-policy",)),
    ("^[\\s]+", ("space-in-password",)),
    ("value at 'password' failed", ("space-in-password",)),
    ("value at 'proposedpassword' failed", ("space-in-password",)),
    ("failed to satisfy constraint", ("value-not-readable",)),
    ("invalid phone number format", ("value-not-readable",)),
    ("invalid email address format", ("value-not-readable",)),
    ("username should be", ("value-not-readable",)),
    ("username cannot be of", ("value-not-readable",)),
    ("user pool does not have sms configuration", ("sender-refused",)),
    ("error in delivering the confirmation code", ("sender-refused",)),
    ("trust relationship allowing cognito", ("sender-refused",)),
    ("permission to publish with sns", ("sender-refused",)),
    ("unable to send the email", ("sender-refused",)),
    ("email address is not verified. the following identities", ("sender-refused",)),
    ("missing required parameter", ("value-not-readable",)),
    ("cannot be empty", ("value-not-readable",)),
    ("is required to confirm", ("value-not-readable",)),
    ("is required to reset", ("value-not-readable",)),
    ("is required to sign", ("value-not-readable",)),
    ("refresh token has", ("session-over",)),
    ("login token. token expired", ("session-over",)),
    ("access token has", ("session-over",)),
    ("invalid refresh token", ("session-over",)),
    ("invalid access token", ("session-over",)),
    ("session is expired", ("session-over",)),
    ("invalid session for the user", ("session-over",)),
    ("your session has expired", ("session-over",)),
    ("flow not enabled", ("flow-not-enabled",)),
    ("flow is not enabled", ("flow-not-enabled",)),
    ("is not enabled for the client", ("flow-not-enabled",)),
    ("attempted to write unauthorized attribute", ("application-setting",)),
    ("attempted to read unauthorized attribute", ("application-setting",)),
    ("user pool client * does not exist", ("no-such-client-or-pool",)),
    ("user pool * does not exist", ("no-such-client-or-pool",)),
    ("could not find the requested online resource", ("no-such-client-or-pool",)),
    ("waf block", ("blocked-by-firewall",)),
    ("too many requests", ("throttled",)),
    ("rate exceeded", ("throttled",)),
    ("credential not found", ("passkey-lost",)),
    ("webauthn not enabled", ("passkey-lost",)),
    ("failed to fetch", ("answer-lost",)),
    ("networkerror", ("answer-lost",)),
)

_LAMBDA = ("trigger-failed", "trigger-refuses")
# A name without its ending (Exception, ServiceException, Error), in small letters. () for a name
# that is known and says nothing of a password reset.
NAMES: dict[str, tuple[str, ...]] = {
    "accessdenied": ("not-allowed-to-read",),
    "aliasexists": (),
    "autherror": (),
    "authvalidation": ("value-not-readable",),
    "codedelivery": ("sender-refused",),
    "codedeliveryfailure": ("sender-refused",),
    "codeexpired": ("code-used-or-expired",),
    "codemismatch": ("older-code",),
    "concurrentmodification": ("answer-lost",),
    "emptychallengeresponse": ("value-not-readable",),
    "emptyconfirmresetpassword": ("value-not-readable",),
    "emptyresetpasswordusername": ("value-not-readable",),
    "emptysignin": ("value-not-readable",),
    "enablesoftwaretokenmfa": ("second-factor-lost",),
    "expiredcode": ("code-used-or-expired",),
    "failedattemptslimitexceeded": ("attempt-limit",),
    "featureunavailableintier": ("application-setting",),
    "forbidden": ("blocked-by-firewall",),
    "internalerror": ("answer-lost",),
    "invalidemailroleaccesspolicy": ("sender-refused",),
    "invalidlambdaresponse": _LAMBDA,
    "invalidparameter": ("value-not-readable", "no-verified-contact", "flow-not-enabled"),
    "invalidpassword": ("password-policy",),
    "invalidsmsroleaccesspolicy": ("sender-refused",),
    "invalidsmsroletrustrelationship": ("sender-refused",),
    "invaliduserpoolconfiguration": ("flow-not-enabled",),
    "lambda": _LAMBDA,
    "limitexceeded": ("attempt-limit",),
    "mfamethodnotfound": ("second-factor-lost",),
    "network": ("answer-lost",),
    "notauthorized": ("wrong-password", "temporary-password", "disabled"),
    "operationnotenabled": ("application-setting",),
    "passwordhistorypolicyviolation": ("password-used-before",),
    "passwordresetrequired": ("reset-required",),
    "requestlimitexceeded": ("throttled",),
    "resourcenotfound": ("no-such-client-or-pool",),
    "sessionexpired": ("session-over",),
    "signedout": ("session-over",),
    "softwaretokenmfanotenabled": ("second-factor-lost",),
    "softwaretokenmfanotfound": ("second-factor-lost",),
    "toomanyfailedattempts": ("attempt-limit",),
    "toomanyrequests": ("throttled",),
    "unexpectedlambda": _LAMBDA,
    "unsupportedoperation": ("flow-not-enabled",),
    "unsupportedtokentype": ("session-over",),
    "useralreadyauthenticated": (),
    "userlambdavalidation": _LAMBDA,
    "usernameexists": (),
    "usernotconfirmed": ("unconfirmed",),
    "usernotfound": ("not-found",),
    "webauthnchallengenotfound": ("passkey-lost",),
    "webauthnclientmismatch": ("passkey-lost",),
    "webauthncredentialnotsupported": ("passkey-lost",),
    "webauthnnotenabled": ("passkey-lost",),
    "webauthnoriginnotallowed": ("passkey-lost",),
    "webauthnrelyingpartymismatch": ("passkey-lost",),
}
_WORDS_TOO = {"forbidden", "lambda", "network"}
"""Names that are common words: these need their ending to be names."""


@dataclass(frozen=True)
class Exact:
    """What a text of Cognito's or an SDK's means. problems: () where the text is none that is
    known. message: the text of a known error that nothing is known about, without addresses and
    long numbers; "" otherwise. sure: the first problem is meant, unless an account denies it.
    """

    problems: tuple[str, ...]
    message: str = ""
    sure: bool = True


def exact(said: str) -> Exact | None:
    """Return what a text of Cognito's means, None where it is none: then somebody's own words."""
    text = " ".join(said.replace("\u2019", "'").split())
    for fragment, problems in _TEXTS:
        if fragment.search(text.lower()):
            return Exact(problems)
    named = _named(text)
    if named is None:
        return None
    problems, rest = named
    message = _message(rest)
    if message and problems != _LAMBDA:
        return Exact((), message=_without_private(message), sure=False)
    return Exact(problems, sure=len(problems) == 1)


_TEXTS = tuple(
    (re.compile(".*".join(map(re.escape, fragment.split("*")))), problems)
    for fragment, problems in TEXTS
)
_ENDING = r"(?:service)?(?:ex\w{0,3}ption|error)"


def _named(text: str) -> tuple[tuple[str, ...], str] | None:
    """Return what the first name of an error means, and the text after it."""
    found = []
    for name, problems in NAMES.items():
        ending = _ENDING if name in _WORDS_TOO else rf"\w*?(?:{_ENDING})?"
        if hit := re.search(rf"\b{name}{ending}\b", text, re.IGNORECASE):
            found.append((hit.start(), -len(name), problems, text[hit.end() :]))
    if not found:
        other = re.search(r"\b[A-Z]\w+Exception\b", text)
        return ((), text[other.end() :]) if other else None
    _, _, problems, rest = min(found)
    return problems, rest


def _message(rest: str) -> str:
    """Return the message that comes after a name; "" where only other words do."""
    rest = re.sub(r"^[)\]]* when calling the \w+ operation", "", rest)
    if not re.match(r"""[\s)"'\]]*[:{(,=-]""", rest):
        return ""
    rest = re.split(r"\(service:|recovery suggestion:|, cause=", rest, flags=re.IGNORECASE)[0]
    message = re.sub(r"""^[\W_]*(?:message["']?\s*[:=]\s*)?["']?|[\s"'})\]]+$""", "", rest)
    return message if len(message.split()) > 1 else ""


def _without_private(text: str) -> str:
    """Return a text without addresses and long numbers, which may be somebody's."""
    text = re.sub(r"[^\s@]+@[^\s@]+", "[address]", text)
    return re.sub(r"\+?\d[\d .-]{4,}\d", "[number]", text)[:200]

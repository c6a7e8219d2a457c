"""From what somebody saw or said to its likely causes, the likeliest first.

A symptom is an exception's name, a message as Cognito words it, or what a user says on the phone, in English. The rules
are a heuristic of this project's own: they look for words and know nothing of the account. `helpers.diagnose` weighs
them against what is known of it.
"""

import re

from helpers.meanings import CATALOGUE
from helpers.verdicts import Verdict, refusal, verdict, with_parameters

# A text of Cognito's says most, an exception's name less, a user's words least: they are looked for in this order.
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"no registered/verified email|could not reset password for the account",
     ("no-verified-contact", "contact-is-second-factor", "recovery-lists-other-contact", "unconfirmed")),
    (r"cannot be reset in the current state", ("temporary-password", "federated-user", "unconfirmed")),
    (r"please request a code again", ("code-used-or-expired",)),
    (r"invalid verification code", ("older-code", "made-up-answer")),
    (r"attempt limit exceeded", ("attempt-limit",)),
    (r"daily email limit", ("daily-mail-limit",)),
    (r"already confirmed|current status is confirmed", ("resend-is-for-sign-up",)),
    (r"secret hash|secret_hash|configured (for|with) secret", ("secret-hash",)),
    (r"username/client id combination not found|user does not exist",
     ("other-case", "contact-not-alias", "not-found", "disabled")),
    (r"postconfirmation failed|postconfirmation invocation failed|unrecognizable lambda|invalid lambda function output",
     ("trigger-failed",)),
    (r"password reset required", ("reset-required",)),
    (r"attempts exceeded", ("sign-in-locked",)),
    (r"user is not confirmed", ("unconfirmed",)),
    (r"user is disabled", ("disabled",)),
    (r"contact administrator to reset", ("admin-only",)),
    (r"incorrect username or password", ("wrong-password", "reset-required", "sign-in-locked", "not-found")),
    (r"temporary password has expired", ("temporary-password",)),
    (r"password cannot be used for security reasons", ("password-too-well-known",)),
    (r"because of security reasons|not allowed due to security reasons", ("security-block",)),
    (r"(does|did) not conform (to|with) (password )?policy", ("password-policy",)),
    (r"value at 'password' failed|\^\[\\s\]\+", ("space-in-password",)),
    (r"flow (is )?not enabled|is not enabled for the client", ("flow-not-enabled",)),
    (r"user pool (client )?\S+ does not exist", ("no-such-client-or-pool",)),
    (r"waf block", ("blocked-by-firewall",)),
    (r"too many requests|rate exceeded", ("throttled",)),
    ((r"trust relationship allowing cognito|permission to publish with sns|unable to send the email|"
     r"email address is not verified"), ("sender-refused",)),
)

_NAMES: dict[str, tuple[str, ...]] = {
    "AccessDenied": ("not-allowed-to-read",),
    "CodeDeliveryFailure": ("sender-refused",),
    "CodeMismatch": ("older-code", "made-up-answer"),
    "ExpiredCode": ("code-used-or-expired",),
    "Forbidden": ("blocked-by-firewall",),
    "InvalidEmailRoleAccessPolicy": ("sender-refused",),
    "InvalidLambdaResponse": ("trigger-failed",),
    "InvalidParameter": ("no-verified-contact", "contact-is-second-factor", "recovery-lists-other-contact",
                         "space-in-password", "resend-is-for-sign-up", "flow-not-enabled"),
    "InvalidPassword": ("password-policy", "password-too-well-known"),
    "InvalidSmsRoleAccessPolicy": ("sender-refused",),
    "InvalidSmsRoleTrustRelationship": ("sender-refused",),
    "LimitExceeded": ("attempt-limit", "daily-mail-limit"),
    "NotAuthorized": ("temporary-password", "federated-user", "wrong-password", "secret-hash", "disabled",
                      "sign-in-locked", "admin-only", "security-block"),
    "PasswordHistoryPolicyViolation": ("password-used-before",),
    "PasswordResetRequired": ("reset-required",),
    "ResourceNotFound": ("no-such-client-or-pool",),
    "TooManyFailedAttempts": ("attempt-limit",),
    "TooManyRequests": ("throttled",),
    "UnexpectedLambda": ("trigger-failed",),
    "UserLambdaValidation": ("trigger-failed",),
    "UserNotConfirmed": ("unconfirmed",),
    "UserNotFound": ("other-case", "contact-not-alias", "not-found", "disabled"),
}

_NOTHING = r"\b(no|not|never|nothing|didn't|doesn't|don't|haven't|hasn't|isn't|without)\b"
_ARRIVES = r"(arriv|reciev|receiv|come|came|coming|get|got|gotten|sent|there)"
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ((r"\b(stolen|hacked|lost my (laptop|tablet|computer))\b|"
     r"(still|stay\w*) (signed|logged) ?-?in|(other|all|every) devices?|everywhere"), ("other-devices-signed-in",)),
    ((r"\b(old|former|previous|lost|stolen|broken|new|another|different|wrong|changed my) (mobile|cell|phone|number|e-?mail|"
     r"mailbox|address|sim)\b"), ("code-to-old-contact",)),
    (r"(code|it) (goes|went|comes|came) (to|by) (my )?(phone|sms|text)", ("code-goes-to-phone",)),
    (rf"{_NOTHING}.*\b(sms|text|texts|text message)\b|\b(sms|text|text message)s?\b.*{_NOTHING}",
     ("sms-never-arrives", "made-up-answer", "no-verified-contact")),
    (rf"{_NOTHING}.*\b(e-?mails?|mails?)\b|\b(e-?mails?|mails?)\b.*{_NOTHING}.*{_ARRIVES}",
     ("made-up-answer", "code-goes-to-phone", "no-verified-contact", "mail-never-arrives", "daily-mail-limit")),
    (rf"{_NOTHING}.*\bcodes?\b.*{_ARRIVES}?|\bcode\b.*{_NOTHING}.*{_ARRIVES}|{_NOTHING}\b.*\b(arriv|receiv|reciev)",
     ("made-up-answer", "no-verified-contact", "code-goes-to-phone", "mail-never-arrives", "sms-never-arrives",
      "daily-mail-limit")),
    (r"\b(several|two|three|many|both|different) (codes|messages|mails|e-?mails)\b", ("older-code",)),
    (r"\b(expired|too old|run out|used already|already used)\b", ("code-used-or-expired", "temporary-password")),
    ((r"\b(invalid|wrong|bad|incorrect)\b.*\bcode|\bcode\b.*\b(invalid|wrong|incorrect|bad|not (work|accept|valid)\w*|"
     r"doesn't work|is refused|no longer works?)"), ("older-code", "code-used-or-expired", "made-up-answer")),
    ((r"\b(attempt|attempts|tries|tried|try)\b.*\b(limit|too (many|often)|exceeded)|\b(too (many|often))\b|\blimit\b|"
     r"\btry (again )?later\b"), ("attempt-limit", "sign-in-locked", "throttled")),
    (r"\b(invitation|invited|temporary password|welcome mail|first password)\b", ("temporary-password",)),
    (r"\b(google|facebook|apple|microsoft|azure|okta|saml|sso|company login|single sign)", ("federated-user",)),
    (r"\b(register|registered|registration|sign(ed)? up|signup|activat\w+)\b", ("unconfirmed", "resend-is-for-sign-up")),
    (r"\b(capitals?|capital letters?|upper ?-?case|lower ?-?case)\b", ("other-case", "password-policy")),
    (r"\b(disabled|deactivated|suspended|blocked)\b", ("disabled", "security-block", "blocked-by-firewall")),
    (r"\blocked\b", ("sign-in-locked", "disabled")),
    (r"\b(symbol|special character|weak|too short|not long enough|rules|policy|requirements)", (
        "password-policy", "application-refuses-password", "space-in-password")),
    (r"\b(paste|pasted|copied|password manager|space)\b", ("space-in-password",)),
    (r"\b(used before|same password|old password again|reuse\w*)\b", ("password-used-before",)),
    ((r"(don't|do not|does not|doesn't) (know|recogni[sz]e|find) (me|my|the user|this)|unknown user|no (such )?(user|account)|"
     r"not found"), ("other-case", "contact-not-alias", "not-found")),
    ((r"\b(wrong|incorrect) (password|username)\b|\bpassword\b.*\b(wrong|incorrect|not (work|accept)\w*|doesn't work)|"
     r"(can't|cannot|can not|unable to) (sign|log) ?-?in"), ("wrong-password", "reset-required", "sign-in-locked")),
    (r"\b(must|have to|has to|need to|asked to|forced to) (reset|change)\b|reset (is )?required", ("reset-required",)),
    (r"\blambda\b|\btrigger\b", ("trigger-failed",)),
    (r"\b(forgot|forgotten|forgets?)\b", ("nothing-in-the-way",)),
)


def causes(symptom: str) -> tuple[str, ...]:
    """Return the names of the problems that a symptom may come from, likeliest first; () where no rule knows it.

    symptom: an exception's name, a message, or a user's words, in any capitals.
    """
    text = " ".join(symptom.replace("\u2019", "'").split()).lower()
    found = [name for pattern, names in _TEXTS if re.search(pattern, text) for name in names]
    if not found:
        found = [name for code, names in _NAMES.items() if re.search(rf"\b{code.lower()}(exception)?\b", text)
                 for name in names]
    if not found:
        found = [name for pattern, names in _WORDS if re.search(pattern, text) for name in names]
    return tuple(dict.fromkeys(found))


def likely_causes(symptom: str, **known: str) -> tuple[Verdict, ...]:
    """Return what a symptom may come from, as verdicts, likeliest first; use it when no user can be looked up.

    symptom: as for `causes`. known: what is known already, by a parameter's name, such as user_pool_id or username; it
    is filled in for the next runbook. It is never empty: for unknown words it says so, and names the first step.
    """
    rule = ("The words of the symptom point to this; the account itself was not looked at.",)
    names = causes(symptom)
    if names:
        return tuple(verdict(name, rule, **known) for name in names)
    for code in dict.fromkeys(entry.code for entry in CATALOGUE):
        if re.search(rf"\b{code.removesuffix('Exception')}(Exception)?\b", symptom, re.IGNORECASE):
            return (with_parameters(refusal(code, runbook="diagnose-user"), **known),)
    return (verdict("not-understood", (), **known),)

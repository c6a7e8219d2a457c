"""From what was seen or said to its likely causes, the likeliest first.

A symptom is an exception's name, a message as Cognito words it, or what a user says on the phone,
in English. The rules are a heuristic of this project's own: they look for words and know nothing of
the account. `helpers.runbooks.diagnosis.diagnose` weighs them against what is known of it.
"""

import re

from helpers.cognito.catalogue_entries import CATALOGUE
from helpers.runbooks.diagnosis.verdicts import Verdict, refusal, verdict, with_parameters

# A text of Cognito's says most, an exception's name less, a user's words least: they are looked for
# in this order.
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"no registered/verified email|could not reset password for the account",
        (
            "no-verified-contact",
            "contact-is-second-factor",
            "recovery-lists-other-contact",
            "unconfirmed",
        ),
    ),
    (
        r"cannot be reset in the current state",
        ("temporary-password", "federated-user", "unconfirmed"),
    ),
    # A trigger that runs before the work is done. At a confirmation it runs after it, see
    # trigger-failed.
    (
        (
            r"(presignup|custommessage|usermigration|(pre|post)authentication|authchallenge\w*|pretokengeneration)"
            r" (invocation )?failed|"
            r"lambda\w*exception\W+when calling the (?!confirmforgotpassword)"
        ),
        ("trigger-refuses",),
    ),
    (r"please request a code again", ("code-used-or-expired",)),
    (r"invalid verification code", ("older-code", "made-up-answer")),
    (r"attempt limit exceeded", ("attempt-limit",)),
    (r"daily email limit", ("daily-mail-limit",)),
    (r"already confirmed|current status is confirmed", ("resend-is-for-sign-up",)),
    (r"secret hash|secret_hash|configured (for|with) secret", ("secret-hash",)),
    (
        r"username/client id combination not found|user does not exist",
        ("other-case", "contact-not-alias", "not-found", "disabled"),
    ),
    (
        (
            r"postconfirmation failed|postconfirmation invocation failed|unrecognizable"
            r" lambda|invalid lambda function output"
        ),
        ("trigger-failed", "trigger-refuses"),
    ),
    (r"password reset required", ("reset-required",)),
    (r"attempts exceeded", ("sign-in-locked",)),
    (r"user is not confirmed", ("unconfirmed",)),
    (r"user is disabled", ("disabled",)),
    (r"contact administrator to reset", ("admin-only",)),
    (
        r"incorrect username or password",
        ("wrong-password", "reset-required", "sign-in-locked", "not-found"),
    ),
    (r"temporary password has expired", ("invitation-run-out", "temporary-password")),
    (r"force_change_password|new_password_required", ("temporary-password",)),
    (r"reset_required", ("reset-required",)),
    (r"external_provider", ("federated-user",)),
    (r"password cannot be used for security reasons", ("password-too-well-known",)),
    (r"because of security reasons|not allowed due to security reasons", ("security-block",)),
    (r"(does|did) not conform (to|with) (password )?policy", ("password-policy",)),
    (r"value at 'password' failed|\^\[\\s\]\+", ("space-in-password",)),
    (r"failed to satisfy constraint", ("value-not-readable",)),
    (r"flow (is )?not enabled|is not enabled for the client", ("flow-not-enabled",)),
    (r"user pool (client )?\S+ does not exist", ("no-such-client-or-pool",)),
    (r"waf block", ("blocked-by-firewall",)),
    (r"too many requests|rate exceeded", ("throttled",)),
    (
        (
            r"trust relationship allowing cognito|permission to publish with sns|unable to send the"
            r" email|"
            r"email address is not verified"
        ),
        ("sender-refused",),
    ),
)

_NAMES: dict[str, tuple[str, ...]] = {
    "AccessDenied": ("not-allowed-to-read",),
    "CodeDeliveryFailure": ("sender-refused",),
    "CodeMismatch": ("older-code", "made-up-answer"),
    "ExpiredCode": ("code-used-or-expired",),
    "Forbidden": ("blocked-by-firewall",),
    "InternalError": ("answer-lost",),
    "InvalidEmailRoleAccessPolicy": ("sender-refused",),
    "InvalidLambdaResponse": ("trigger-failed", "trigger-refuses"),
    "InvalidParameter": (
        "no-verified-contact",
        "contact-is-second-factor",
        "recovery-lists-other-contact",
        "space-in-password",
        "resend-is-for-sign-up",
        "flow-not-enabled",
    ),
    "InvalidPassword": ("password-policy", "password-too-well-known"),
    "InvalidSmsRoleAccessPolicy": ("sender-refused",),
    "InvalidSmsRoleTrustRelationship": ("sender-refused",),
    "LimitExceeded": ("attempt-limit", "daily-mail-limit"),
    "NotAuthorized": (
        "temporary-password",
        "federated-user",
        "wrong-password",
        "secret-hash",
        "disabled",
        "sign-in-locked",
        "admin-only",
        "security-block",
    ),
    "PasswordHistoryPolicyViolation": ("password-used-before",),
    "PasswordResetRequired": ("reset-required",),
    "ResourceNotFound": ("no-such-client-or-pool",),
    "TooManyFailedAttempts": ("attempt-limit",),
    "TooManyRequests": ("throttled",),
    "UnexpectedLambda": ("trigger-failed", "trigger-refuses"),
    "UserLambdaValidation": ("trigger-failed", "trigger-refuses"),
    "UserNotConfirmed": ("unconfirmed",),
    "UserNotFound": ("other-case", "contact-not-alias", "not-found", "disabled"),
}

_NO = (
    r"\b(no|not|none|never|nothing|(did|does|do|have|has|is|was)n'?t|without|can'?t|cannot|still"
    r" wait\w*|waiting)\b"
)
_COMES = (
    r"(arriv\w*|rec(ei|ie)v\w*|com(e|es|ing)|came|get(s|ting)?|got(ten)?|have|sent|send|reach\w*"
    r"|there|wait\w*|none|inbox|see|deliver\w*)\b"
)
_MAIL, _SMS = r"\b(e-?mails?|mails?|inbox|mailbox)\b", r"\b(sms|texts?|text messages?)\b"
_CODE = r"\b(codes?|messages?|anything)\b"
_HELD = r"(mobile|cell|phone|number|e-?mail|mailbox|address|sim)"
_NO_CODE = (
    "made-up-answer",
    "no-verified-contact",
    "code-goes-to-phone",
    "mail-never-arrives",
    "sms-never-arrives",
    "daily-mail-limit",
)


def _missing(what: str) -> str:
    """Return a pattern for a user who waits for this."""
    return (
        rf"{_NO}.*\b{_COMES}.*{what}|{what}.*{_NO}.*\b{_COMES}|\b(no|where is (my|the)|still"
        rf" wait\w* for) {what}|"
        rf"\b{_COMES}.*\bno(ne)?\b.*{what}|{what}.*\b(never|lost|missing|empty)\b|\bwait\w*"
        rf" (for|on|since)\b.*{what}"
    )


_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        (
            r"\b(code|mail|message)s?\b.*(\bnot|n't|\bnever)"
            r" (ask|request)\w*|\b(code|mail|message)s?\b.*\bdid nothing\b(?! wrong)|"
            r"\b(someone|somebody)( else)? (is |keeps |has"
            r" )?(tr\w+|requested|reset\w*|asked)\b.*\b(code|password)\b"
        ),
        ("uninvited-code",),
    ),
    (
        (
            r"\bcode (from|in|of) (the|my|an) app\b|\bauthenticator\b|\b(two|2|second)["
            r" -]?factor\b|\b(2fa|mfa|totp)\b"
        ),
        ("second-factor-lost",),
    ),
    (
        (
            r"\b(still|stay\w*) (signed|logged) ?-?in\b|\b(other|all|every)"
            r" devices?\b|\beverywhere\b|\bhacked\b|"
            r"(someone|somebody|thief) .*\b(in|using|has)\b|\b(laptop|tablet|computer|device|phone)"
            r" (was|is|got) stolen"
        ),
        ("other-devices-signed-in", "code-to-old-contact"),
    ),
    (
        (
            r"\b(old|former|previous|lost|stolen|broken|new|another|different|wrong|changed|lost"
            rf" my|changed my) (\w+ )?{_HELD}\b|"
            rf"\b{_HELD} (is |was |has )?(been )?(changed|deleted|closed|broken)\b|{_HELD}\b.*"
            r" (don'?t|do not) (know|recogni[sz]e)\b|"
            rf"\b(no longer|don'?t|do not|not) (have|own|use|got) .*\b({_HELD}|access)\b|\bno (more"
            r" )?access to\b|"
            rf"\bno {_HELD} any ?more\b|\b(goes|going|went|sent|comes) to"
            r" .*\b(colleague|somebody|someone|another person)\b"
        ),
        ("code-to-old-contact",),
    ),
    (
        (
            r"\b(invitation|invited|temp(orary)? password|welcome mail|first"
            r" password)\b|\bpassword\b.*\bexpired\b"
        ),
        ("temporary-password",),
    ),
    (
        r"\b(google|facebook|apple|microsoft|azure|okta|saml|sso|company('s)? login|single sign)",
        ("federated-user",),
    ),
    (
        r"\b(code|it) (goes|went|comes|came|is sent|was sent) (to|by|as a) (my )?(phone|sms|text)",
        ("code-goes-to-phone",),
    ),
    (
        (
            r"\b(code|link)\b.*\b(expired|too old|out of date|no longer valid|already used|used"
            r" already|timed out)\b|"
            r"\bcodes?\b.*\b(yesterday|this morning|last (night|week)|(hours?|days?) ago)\b|\btoo"
            r" late\b|"
            rf"^(?!.*\b(session|token)\b).*\bexpired\b|\blink\b.*{_NO}.*\bwork"
        ),
        ("code-used-or-expired",),
    ),
    (
        (
            r"\b(invalid|wrong|bad|incorrect|reject\w*|mismatch)\b.*\bcodes?\b|\bcodes?\b.*\b(invalid|wrong|incorrect|bad|reject\w*|"
            r"refus\w*|mismatch|fails?|doesn'?t work|isn'?t right|no longer works?|not"
            r" (work|accept|valid|tak|right|correct)\w*)|"
            rf"{_NO} (accept|take|like|recogni[sz]e)\w* .*\bcode"
        ),
        ("older-code", "code-used-or-expired", "made-up-answer"),
    ),
    (
        r"\b(several|two|three|many|both|different) (codes|messages|mails|e-?mails)\b",
        ("older-code",),
    ),
    (_missing(_SMS), ("sms-never-arrives", "made-up-answer", "no-verified-contact")),
    (
        _missing(_MAIL),
        (
            "made-up-answer",
            "code-goes-to-phone",
            "no-verified-contact",
            "mail-never-arrives",
            "daily-mail-limit",
        ),
    ),
    (_missing(_CODE), _NO_CODE),
    (
        (
            r"\b(spam|junk)\b|\b(can'?t|cannot|not) find (the|any|my|your)"
            r" (e-?mail|mail|message|code)\b"
        ),
        ("mail-never-arrives", "made-up-answer", "no-verified-contact"),
    ),
    (rf"\bnothing\b.*\b({_COMES}|happens|happened)|\b(have|get|got) nothing\b", _NO_CODE),
    (
        (
            r"\bnetwork ?error\b|\bfailed to fetch\b|\binternal (server )?error\b|\bconnection (was"
            r" )?(broke\w*|closed|lost)\b|\btimed? ?out\b"
        ),
        ("answer-lost",),
    ),
    (r"\bnot registered\b", ("other-case", "contact-not-alias", "not-found")),
    (
        (
            r"\b(when|how long)\b.*\b(again|wait)\b|\bwait\b.*\bhow long\b|"
            r"\b(attempts?|tries|tried|try|times)\b.*\b(limit|too (many|often|much)|exceeded)|\btoo"
            r" (many|often)\b|\blimit\b|"
            r"\btry (again )?(in an hour|later)\b"
        ),
        ("attempt-limit", "sign-in-locked", "throttled"),
    ),
    (r"\block(ed)? out\b|\blocked\b", ("sign-in-locked", "disabled")),
    (
        r"\b(disabled|deactivated|suspended|blocked|banned)\b",
        ("disabled", "security-block", "blocked-by-firewall"),
    ),
    (
        (
            r"\b(confirm(ed)?|verif(y|ied)|finish(ed)?|complete(d)?) (my|the|your)"
            r" (registration|account|sign-?up|e-?mail)\b|\bregist\w+|"
            r"\bsign(ed)? ?up\b|\bactivat\w+"
        ),
        ("unconfirmed", "resend-is-for-sign-up"),
    ),
    (
        r"\b(paste|pasted|copied|password manager|spaces?|constraint)\b",
        ("space-in-password", "password-policy"),
    ),
    (
        (
            r"\b(used before|same password|same as (the |my )?(old|last)|old password"
            r" again|reuse\w*)\b"
        ),
        ("password-used-before",),
    ),
    (r"\b(compromised|leak(ed)?|pwned)\b", ("password-too-well-known",)),
    (
        (
            r"\b(symbols?|chara[ck]ters?|weak|strong|too short|long"
            r" enough|rules?|policy|requirements?|(upper|lower) ?-?case|"
            rf"must contain)\b|{_NO} (accept|take|like|allow)\w*"
            r" .*\bpassword|\bpassword\b.*\b(refused|rejected|not (accepted|allowed))\b"
        ),
        ("password-policy", "application-refuses-password", "space-in-password"),
    ),
    (r"\bcapitals?\b|\bcapital letters?\b", ("other-case", "password-policy")),
    (
        (
            r"((do|does)n'?t|do not|does not|could not|couldn'?t|cannot|can'?t)"
            r" (know|recogni[sz]e|find|exist)|\bnot known\b|"
            r"\bunknown (user|name|account|e-?mail)|\bno (such )?(user|account)\b|(?<!page )\bnot"
            r" found\b"
        ),
        ("other-case", "contact-not-alias", "not-found"),
    ),
    (
        (
            r"\b(must|have to|has to|need to|asked to|forced to|wants? a|wants me to)"
            r" (reset|change)\b|reset (is )?required"
        ),
        ("reset-required",),
    ),
    (
        (
            r"\b(wrong|incorrect) (password|username)\b"
            rf"|\bpassword\b.*\b(wrong|incorrect|fails?)\b|\bpassword\b.*{_NO}"
            rf"|{_NO} (be able to )?(sign|log|get) ?-?in\b|\b(sign|log) ?-?in\b.*{_NO}|\bunable to"
            r" (sign|log)"
        ),
        ("wrong-password", "reset-required", "sign-in-locked"),
    ),
    (r"\blambda\b|\btrigger\b", ("trigger-failed",)),
    (
        (
            r"\b(forgot\w*|forgets?|don'?t (know|remember))\b|\breset (my |the"
            r" )?password\b|\bpassword reset\b"
        ),
        ("nothing-in-the-way",),
    ),
)


def causes(symptom: str) -> tuple[str, ...]:
    """Return the problems that a symptom may come from, likeliest first; () for unknown.

    symptom: an exception's name, a message, or a user's words, in any capitals.
    """
    text = " ".join(symptom.replace("\u2019", "'").split()).lower()
    found = [name for pattern, names in _TEXTS if re.search(pattern, text) for name in names]
    if not found:
        found = [
            name
            for code, names in _NAMES.items()
            if re.search(rf"\b{code.lower()}", text)
            for name in names
        ]
    if not found:
        found = [name for pattern, names in _WORDS if re.search(pattern, text) for name in names]
    return tuple(dict.fromkeys(found))


def means_another_contact(symptom: str, attribute: str) -> bool:
    """Whether the lost contact that a symptom names is of the other kind alone.

    attribute: the kind of contact that a code would go to.
    """
    text = symptom.lower()
    if re.search(r"\b(goes|going|sent|sends|comes|went|came)\b", text):
        return False
    said = {
        "phone_number": re.search(r"mobile|cell|phone|number|\bsim\b", text),
        "email": re.search(r"mail|address", text),
    }
    return said[attribute] is None and any(said.values())


def likely_causes(symptom: str, **known: str) -> tuple[Verdict, ...]:
    """Return verdicts on a symptom alone, likeliest first, where no user can be looked up.

    symptom: as for `causes`. known: what is known already, by a parameter's name, such as
    user_pool_id or username; it is filled in for the next runbook. It is never empty: for unknown
    words it says so, and names the first step.
    """
    rule = ("The words of the symptom point to this; the account itself was not looked at.",)
    names = causes(symptom)
    if names:
        return tuple(verdict(name, rule, **known) for name in names)
    for code in dict.fromkeys(entry.code for entry in CATALOGUE):
        if re.search(rf"\b{code.removesuffix('Exception')}(Exception)?\b", symptom, re.IGNORECASE):
            return (with_parameters(refusal(code, runbook="diagnose-user"), **known),)
    return (verdict("not-understood", (), **known),)

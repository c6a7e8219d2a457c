"""The problems that a diagnosis can end in: what each means, what to say, what to do.

Fifteen of them are the ones that users of Amazon Cognito report most, a few more are common too,
and the rest are what an account's own state can say. What the catalogue of errors already says is
taken from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpers.cognito.catalogue import look_up


@dataclass(frozen=True)
class Verdict:
    """What a diagnosis comes to. Get one from `helpers.runbooks.diagnosis.diagnose`.

    problem: its stable name, such as no-verified-contact. headline: the verdict in one plain
    sentence. evidence: the facts for it. say: what to tell the user. next: what to do,
    in words. runbook: the one that does it, "" where no runbook does. parameters: what that runbook
    is to be given, by name; never a secret, and never the repeated username that a runbook may ask
    for as its gate.
    """

    problem: str
    headline: str
    meaning: str
    say: str
    next: str
    runbook: str = ""
    evidence: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


_AT_USER = ("user_pool_id", "username")
TAKES: dict[str, tuple[str, ...]] = {
    "diagnose-user": (*_AT_USER, "client_id"),
    "request-code": (*_AT_USER, "client_id"),
    "confirm-reset": (*_AT_USER, "client_id"),
    "admin-reset": _AT_USER,
    "set-password": (*_AT_USER, "client_id"),
    "sign-out-everywhere": _AT_USER,
    "fix-contact": (*_AT_USER, "contact"),
    "audit-pool": ("user_pool_id",),
}
"""What a verdict can fill in for each runbook of the shelf."""


def verdict(problem: str, evidence: tuple[str, ...] = (), **known: str) -> Verdict:
    """Return the verdict on a problem, with the parameters of its next runbook filled in.

    problem: one of PROBLEMS. known: everything that is known by a parameter's name; what the
    runbook does not take, or what is empty, is left out.
    """
    return with_parameters(replace(PROBLEMS[problem], evidence=evidence), **known)


def with_parameters(found: Verdict, **known: str) -> Verdict:
    """Fill in the parameters of a verdict's next runbook from what is known."""
    wanted = TAKES.get(found.runbook, ())
    return replace(found, parameters={name: known[name] for name in wanted if known.get(name)})


def refusal(
    code: str,
    message: str = "",
    operation: str = "",
    *,
    problem: str = "",
    runbook: str = "",
    say: str = "",
    next: str = "",
) -> Verdict:
    """Return what the catalogue of errors says of one refusal, as a verdict.

    code, message, operation: as for `helpers.cognito.catalogue.look_up`. problem: its name
    here; without one it is called after its exception. say, next: better words than the
    catalogue's, where a diagnosis has them.
    """
    entry = look_up(code, message, operation)
    named = "".join(
        f"-{letter.lower()}" if letter.isupper() else letter
        for letter in code.removesuffix("Exception")
    )
    return Verdict(
        problem or named.strip("-"),
        entry.meaning,
        entry.cause,
        say or entry.say,
        next or entry.next,
        runbook,
    )


_IDENTITY = "I must first make sure who you are."
_TYPE_IT = "Please type it on the sign-in page, under Forgot password. Tell it to nobody."
_THEY_TYPE = "The user types it on the sign-in page, under 'forgot password', while you wait."
_SET = "After proof of identity, set a password for the user."
_ELSE_SET = "after proof of identity, set a password for the user."
_FORGOT, _CONFIRM, _SIGN_IN = "ForgotPassword", "ConfirmForgotPassword", "InitiateAuth"
_NO_CONTACT = "no registered/verified email or phone_number"

_ALL = (
    # What is seen in the account, the pool or the app client
    Verdict(
        "made-up-answer",
        "No code was sent, although Cognito answered as if there had been one.",
        "An app client may hide which users exist (PreventUserExistenceErrors). A request for a"
        " code is then answered alike for a user who is missing, disabled or without a verified"
        " contact, and nothing is sent.",
        "I am looking at your account to see why no code reaches you.",
        "Ask for the name that the user signs in with, and look it up: the cause is in the"
        " account itself.",
        "diagnose-user",
    ),
    Verdict(
        "not-found",
        "There is no such user in this user pool.",
        "The name is misspelt, or it is another pool's or another region's user. A number or an"
        " address that is not verified is no name to sign in with either.",
        "Please spell the name you sign in with, letter by letter. Did you register with another"
        " address?",
        "Diagnose again with the name as the user spells it; check the user pool and the region.",
        "diagnose-user",
    ),
    Verdict(
        "not-yet-migrated",
        "The user is not in this pool yet, and a trigger brings users over when they come.",
        "The pool has a UserMigration trigger. It is asked when an unknown user signs in or"
        " requests a code, and the user is there from then on, if the trigger knows the name.",
        "Your account moves to our new system now. You will get a code for a new password.",
        "Request a code for the name as the user spells it: that asks the trigger.",
        "request-code",
    ),
    Verdict(
        "client-of-another-pool",
        "The app client is not one of this user pool.",
        "Its id is misspelt, or the user's application belongs to another pool. Anyone who"
        " requests a code through it asks that other pool, which does not know this account.",
        "Which application do you want to sign in to? I have to look where it belongs.",
        "Find out the id of the app client that the user's application uses, and its user pool;"
        " then diagnose again with these.",
        "diagnose-user",
    ),
    Verdict(
        "other-case",
        "The name is not spelt as the account has it.",
        "Where a pool distinguishes capital letters, that cannot be changed later; and a phone"
        " number begins with + and the country code. To Cognito these are two names.",
        "Please write your name exactly as you registered it, capital letters too. A phone number"
        " begins with +.",
        "Go on with the name exactly as the account has it.",
        "request-code",
    ),
    Verdict(
        "contact-not-alias",
        "The user exists, but not under this name.",
        "An e-mail address or a phone number is a name to sign in with only where the pool allows"
        " it, and in most pools only once it is verified.",
        "I have found your account. Its username is another one than you gave me.",
        "Go on with the account's own username, and tell it to the user once the identity is"
        " proved.",
        "request-code",
    ),
    Verdict(
        "two-accounts",
        "Two accounts fit this name.",
        "Where a pool distinguishes capital letters, names that differ in them are two users. Each"
        " has a password of its own; so has an account that only holds the same contact.",
        "Did you register with us more than once? When did you sign in last?",
        "Make sure which account the user means. If it is this one, request a code.",
        "request-code",
    ),
    Verdict(
        "several-accounts",
        "Several accounts fit, and none has exactly this name.",
        "Cognito knows nobody by the name as it was typed. Which of the accounts is meant, the"
        " caller has to say.",
        "When did you register, and with which address? I have more than one account like that.",
        "Choose the account that fits what the caller says, and diagnose again with its username.",
        "diagnose-user",
    ),
    Verdict(
        "part-of-a-name",
        "Nobody has this name, and one account begins like it.",
        "A part of a name or an address is enough to look, and not enough to know who is meant.",
        "Please spell your whole name or address for me.",
        "Compare what the caller spells with this account. If it is theirs, diagnose again with its"
        " username.",
        "diagnose-user",
    ),
    Verdict(
        "disabled",
        "The account is disabled.",
        "An administrator disabled it. Neither a sign-in nor a reset is possible until it is"
        " enabled again.",
        "Your account is disabled. I have to ask an administrator before we can go on.",
        "Find out why it was disabled. Only if that is settled may an administrator enable it"
        " (AdminEnableUser); then diagnose again.",
        "diagnose-user",
    ),
    Verdict(
        "temporary-password",
        "The user still has the temporary password of an invitation.",
        "In this state (FORCE_CHANGE_PASSWORD) Cognito sends no code. The user signs in with the"
        " temporary password and chooses a new one then; the invitation runs out after some days.",
        "Please look for our invitation and sign in with the password in it. You are then asked for"
        f" a new one. If you do not have it any more, we set one for you. {_IDENTITY}",
        "If the invitation is lost or has run out: after proof of identity, set a password, or send"
        " the invitation again (AdminCreateUser, MessageAction RESEND).",
        "set-password",
    ),
    Verdict(
        "invitation-run-out",
        "The temporary password of the invitation has run out.",
        "The user has never signed in (FORCE_CHANGE_PASSWORD), and the pool accepts a temporary"
        " password for some days only. In this state Cognito sends no code.",
        f"Your invitation has run out. We set a new password for you. {_IDENTITY}",
        f"{_SET} Or send the invitation again (AdminCreateUser, MessageAction RESEND).",
        "set-password",
    ),
    Verdict(
        "no-password",
        "The user has no password: a code or a passkey signs them in.",
        "This pool lets users sign in without a password, and Cognito lists none for this user"
        " (AdminGetUserAuthFactors). So there is nothing to reset.",
        "You have no password with us. Please sign in with a code or your passkey.",
        "Have the user choose that way on the sign-in page. Whether 'forgot password' would give"
        " such a user a password is not documented.",
    ),
    Verdict(
        "federated-user",
        "The user signs in through another provider and has no password here.",
        "The account came with a sign-in at another provider, such as a company login"
        " (EXTERNAL_PROVIDER). Cognito keeps no password for it.",
        "You sign in with us through another login, such as your company's. Please reset your"
        " password there.",
        "Name the provider to the user; the password is reset there. Do not set a password here:"
        " that would make the account a local one.",
    ),
    Verdict(
        "unconfirmed",
        "The registration was never finished.",
        "The user signed up and never entered the confirmation code. What is not verified gets no"
        " reset code, and without the password the registration cannot be finished either.",
        "Your registration is not finished yet. If you still know the password, ask for the"
        f" confirmation code again in the application. If not, we set one for you. {_IDENTITY}",
        "If the user knows the password: have the application send the sign-up code again"
        " (ResendConfirmationCode). If not: after proof of identity, set a password, which also"
        " confirms the user; then have a contact marked as verified, if none is.",
        "set-password",
    ),
    Verdict(
        "admin-only",
        "In this pool only an administrator resets passwords.",
        "The pool's account recovery is admin_only: nobody gets a code by asking for one.",
        f"In this system an administrator has to set your password. {_IDENTITY}",
        _SET,
        "set-password",
    ),
    Verdict(
        "no-verified-contact",
        "There is no verified contact to which Cognito may send a code.",
        "A code goes to a verified e-mail address or phone number and nowhere else. This happens to"
        " users whom an administrator created or confirmed, and after an address was changed.",
        f"We have no confirmed address to send you a code. {_IDENTITY}",
        "After proof of identity, have the contact marked as verified; then request a code.",
        "fix-contact",
    ),
    Verdict(
        "no-contact",
        "There is no e-mail address and no phone number to which a code could go.",
        "The account was made without any contact, so Cognito cannot reach the user.",
        f"Your account has no address to which I could send a code. {_IDENTITY}",
        f"{_SET} Then have a contact entered and verified, so that the next time a code can be"
        " sent.",
        "set-password",
    ),
    Verdict(
        "contact-is-second-factor",
        "The only contact that could get the code is the user's own second factor.",
        "Cognito sends no reset code to where it sends the sign-in codes: otherwise one stolen"
        " phone or mailbox would be enough for both. It then says that no contact is registered,"
        " although there is one.",
        f"The system may not send this code to where your sign-in codes go. {_IDENTITY}",
        f"{_SET} For all such users: let the pool recover by e-mail and by phone, or have them use"
        " an authenticator app.",
        "set-password",
    ),
    Verdict(
        "recovery-lists-other-contact",
        "The user's verified contact is not one that this pool sends codes to.",
        "The pool's account recovery names only the other kind of contact, so Cognito says that"
        " none is registered.",
        f"The system may not send the code to the address that we have from you. {_IDENTITY}",
        f"{_SET} For all such users: let the pool recover by e-mail and by phone.",
        "set-password",
    ),
    Verdict(
        "undocumented-state",
        "The account is in a state that AWS does not document a way out of.",
        "Its status is none that a reset is known to work from.",
        f"I cannot send you a code in the usual way. {_IDENTITY}",
        f"{_SET} That is documented to work from every state.",
        "set-password",
    ),
    Verdict(
        "reset-required",
        "The password has to be reset before the user can sign in.",
        "An administrator reset it, or the user was imported or migrated, or Cognito considered the"
        " password stolen. The old password does not work any more. Some applications have no"
        " screen for this and leave the user stuck.",
        f"You have to set a new password. You get a code for that. {_TYPE_IT}",
        f"Request a code. {_THEY_TYPE} A code that an administrator's reset has sent within the"
        " last hour is good too.",
        "request-code",
    ),
    Verdict(
        "nothing-in-the-way",
        "Nothing blocks a reset: have a code sent.",
        "The account is enabled and in order, and a code has somewhere to go.",
        f"You get a code in a moment. {_TYPE_IT}",
        f"Request a code. {_THEY_TYPE}",
        "request-code",
    ),
    Verdict(
        "not-read",
        "There is no verdict yet: the user could not be looked up.",
        "The reading that decides was refused or did not come back. Nothing is known about the"
        " account.",
        "I cannot see your account at this moment. Please hold the line.",
        "Fix what the failed reading names, then diagnose again.",
        "diagnose-user",
    ),
    Verdict(
        "not-understood",
        "These words are none that this runbook knows.",
        "It looks for the names and texts of Cognito's errors and for some plain English words.",
        "What exactly does the screen say? Leave out codes and passwords. What did you do before?",
        "Diagnose by the username: what blocks a reset is mostly seen in the account itself.",
        "diagnose-user",
    ),
    # What happened on the way
    refusal("ExpiredCodeException", problem="code-used-or-expired", runbook="request-code"),
    refusal("CodeMismatchException", problem="older-code", runbook="confirm-reset"),
    refusal("LimitExceededException", problem="attempt-limit"),
    refusal(
        "LimitExceededException",
        "daily email limit",
        _FORGOT,
        problem="daily-mail-limit",
        runbook="set-password",
    ),
    Verdict(
        "answer-lost",
        "The answer was lost: whether the work was done is not known.",
        "The connection broke, or Cognito had a fault of its own. A code may have been sent, or the"
        " new password may be in force, all the same.",
        "Have you set a new password already? Then please try to sign in with it now, once. If not,"
        " please look for a new message from us.",
        "Wait for what the user finds. If the new password signs in, all is done; if a new message"
        " is there, its code is typed. Only if there is neither, request a code.",
        "request-code",
    ),
    Verdict(
        "resend-is-for-sign-up",
        "The application asked for a sign-up code, and not for a reset code.",
        "ResendConfirmationCode sends the code of a registration. This user is registered, so"
        " Cognito says that the user is already confirmed.",
        f"You get the right code in a moment. {_TYPE_IT}",
        "Request a code here: a reset code comes again by the same request as the first time. Tell"
        " the application's developers that their button for another code has to call"
        " ForgotPassword.",
        "request-code",
    ),
    Verdict(
        "code-goes-to-phone",
        "The code goes to the phone, and the user waits for an e-mail.",
        "Cognito sends one message only, and to the phone where the pool sets no order or puts the"
        " phone first, and where the e-mail address is not verified or is the user's second"
        " factor.",
        f"Your code has gone to your phone as a text message. {_TYPE_IT}",
        "Have the user type the code of the text message on the sign-in page. If there is none of"
        " the last hour, request another. If the phone is lost, first find out who is calling.",
        "confirm-reset",
    ),
    Verdict(
        "code-to-old-contact",
        "The code goes to a phone or an address that the user no longer has.",
        "Cognito sends it to the contact that is verified, whoever holds it today.",
        f"Then your codes must not go there any more. {_IDENTITY}",
        f"{_SET} Do not send another code: somebody else may hold the old phone or mailbox. Then"
        " have an administrator put the right contact in its place (AdminUpdateUserAttributes).",
        "set-password",
    ),
    Verdict(
        "uninvited-code",
        "Somebody has requested a code for this account, and without the code nothing is changed.",
        "Anyone who knows a username can ask for a code in its name; it goes to the user's own"
        " contact. Who does not have the code can do nothing with it: a nuisance, no break-in.",
        "Your password is as before. Please tell that code to nobody, not to us either.",
        "Reset nothing and lock nothing: send no other code. If it goes on, have the rate of"
        " requests looked at, and the pool's web application firewall. Ask whether the user can"
        " still sign in. If not, or if contacts, password or factors changed, contain first: run"
        " lock-user.",
    ),
    Verdict(
        "sms-never-arrives",
        "Cognito has handed the text message over, and it does not reach the phone.",
        "Cognito's answer means accepted, never delivered. Text messages are lost in the SMS"
        " sandbox of the AWS account, at its monthly spending limit, by a wrong region or sender,"
        " or by the carrier.",
        f"Our text message does not reach you, and that is on our side. {_IDENTITY}",
        f"{_SET} For everybody else: look at the delivery logs, the spending limit and the SMS"
        " sandbox of the AWS account, and audit the pool.",
        "set-password",
    ),
    Verdict(
        "mail-never-arrives",
        "Cognito has handed the e-mail over, and it does not reach the user.",
        "Cognito's answer means accepted, never delivered. Mails are lost in spam folders, in a"
        " provider's filter, on the suppression list of Amazon SES, or while SES is still in its"
        " sandbox.",
        "Please look into your spam folder for a message of the last hour. If there is none, I will"
        " help you another way.",
        f"If the spam folder holds nothing: {_ELSE_SET} For everybody else: look at the bounces and"
        " the suppression list of Amazon SES, and audit the pool.",
        "set-password",
    ),
    refusal(
        "NotAuthorizedException",
        "secret",
        _FORGOT,
        problem="secret-hash",
        runbook="request-code",
        say="This is a fault on our side, not yours. You get a code in a moment.",
        next=(
            "This is the application's fault, and its developers have to fix it: the hash goes"
            " over exactly the username that is sent, then the client id. Meanwhile request the"
            " code here, with the client_secret of this app client as a reference."
        ),
    ),
    Verdict(
        "trigger-failed",
        "The password is changed, and a Lambda trigger of the pool failed after that.",
        "At a confirmation Cognito changes the password first and runs the PostConfirmation trigger"
        " then; its failure is all that the application gets to see. Often the trigger was written"
        " for sign-ups only.",
        "Please try to sign in with the new password now, once.",
        "One sign-in with the new password settles it. If it does not work, diagnose again."
        " Show the message to the owner of the trigger: it has to look at triggerSource and return"
        " the event it was given.",
    ),
    Verdict(
        "trigger-refuses",
        "A Lambda trigger of the pool failed, and what was asked for was not done.",
        "The pool runs code of its own on the way: to word a message (CustomMessage), to bring a"
        " user over (UserMigration), before a sign-in. No code was sent, or nobody was signed in;"
        " the password is as it was.",
        f"This is a fault on our side, not yours. {_IDENTITY}",
        "Show the message to the owner of the trigger: it concerns every user. If it is the code"
        f" that cannot be sent: {_ELSE_SET}",
        "set-password",
    ),
    Verdict(
        "second-factor-lost",
        "The user cannot give the second factor, and a new password does not change that.",
        "A sign-in asks for the second factor (an authenticator app, or a code of its own by"
        " message) after every password, an old one or a new one.",
        "Your password is not the trouble; the second step is. I have to pass this on."
        f" {_IDENTITY}",
        "After proof of identity, have an administrator take the lost factor from the account"
        " (AdminSetUserMFAPreference); the user signs in and sets up another. Do not reset the"
        " password for that.",
    ),
    Verdict(
        "other-devices-signed-in",
        "Devices that were signed in stay signed in after a reset.",
        "A new password ends no session. Anyone who holds a device or its tokens goes on until they"
        " are signed out.",
        "I can sign you out everywhere. Then you sign in again on your own devices.",
        "Sign the user out everywhere. If somebody else may know the password, contain first: run"
        " lock-user.",
        "sign-out-everywhere",
    ),
    refusal(
        "InvalidParameterException",
        "Value at 'password'",
        _CONFIRM,
        problem="space-in-password",
        runbook="confirm-reset",
    ),
    refusal("InvalidPasswordException", problem="password-policy", runbook="confirm-reset"),
    refusal(
        "InvalidPasswordException",
        "cannot be used for security reasons",
        problem="password-too-well-known",
        runbook="confirm-reset",
    ),
    refusal(
        "PasswordHistoryPolicyViolationException",
        problem="password-used-before",
        runbook="confirm-reset",
    ),
    Verdict(
        "application-refuses-password",
        "The application refuses a password that Cognito would accept.",
        "Applications check passwords by rules of their own, often with fewer symbols than Cognito"
        " counts.",
        "Please use one of these symbols: ! @ # $ % and a letter and a digit beside it.",
        "Have the password chosen from letters, digits and a common symbol. If the application goes"
        " on refusing it, tell its developers.",
        "confirm-reset",
    ),
    refusal(
        "NotAuthorizedException",
        "attempts exceeded",
        _SIGN_IN,
        problem="sign-in-locked",
        runbook="request-code",
        say=(
            "Please do not try to sign in for 15 minutes, then try once. If you are not sure of"
            " your password, we set a new one meanwhile."
        ),
        next=(
            "Wait 15 quiet minutes, then have the user sign in once. If the password is forgotten"
            " or has to be reset, request a code meanwhile, and wait all the same."
        ),
    ),
    Verdict(
        "wrong-password",
        "Cognito does not know this name and password together.",
        "Mostly the password is wrong. Cognito gives the same answer for a user who does not exist,"
        " where the app client hides that, and while a migrated password still has to be reset.",
        "Please type the password again, slowly, and look at the capital letters. If that does"
        " not work, we set a new one.",
        "Do not try more than three times: after five misses Cognito locks sign-ins for a while."
        " Then request a code.",
        "request-code",
    ),
    refusal(
        "NotAuthorizedException",
        "security reasons",
        _FORGOT,
        problem="security-block",
        next=(
            "Have the user try once from the usual place and device. If the pool records events,"
            " they are among the evidence: where they are not the user's own, run"
            " sign-out-everywhere."
        ),
    ),
    refusal(
        "InvalidParameterException",
        "flow not enabled",
        _SIGN_IN,
        problem="flow-not-enabled",
        runbook="audit-pool",
    ),
    refusal(
        "InvalidParameterException",
        problem="value-not-readable",
        runbook="confirm-reset",
        say=(
            "There is a character in it that the system does not accept, often a space. Please type"
            " it again, slowly."
        ),
    ),
    refusal("ResourceNotFoundException", problem="no-such-client-or-pool", runbook="diagnose-user"),
    refusal("TooManyRequestsException", problem="throttled", runbook="request-code"),
    refusal("ForbiddenException", problem="blocked-by-firewall"),
    Verdict(
        "sender-refused",
        "The pool cannot send messages: its sender is not set up, or was refused.",
        "The role for text messages or the address for e-mails does not let Cognito send. It"
        " concerns every user.",
        f"Our system cannot send codes at the moment. {_IDENTITY}",
        f"Audit the pool and have its sender fixed. Meanwhile: {_ELSE_SET}",
        "set-password",
    ),
    refusal("AccessDeniedException", problem="not-allowed-to-read"),
)

PROBLEMS: dict[str, Verdict] = {one.problem: one for one in _ALL}

"""The problems that a diagnosis can end in: what each means, what to say, what to do.

Some are seen in an account's own state, some are what callers say, and some are where the two
contradict each other. What the catalogue of errors already says is taken from there. What is said
and done, before a button, is sixty words at most; a sentence that is read out has fifteen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpers.cognito.catalogue import look_up
from helpers.runbooks.diagnosis.questions import Question


@dataclass(frozen=True)
class Candidate:
    """A cause that words leave open. key: a problem's name. words: as a caller would say it."""

    key: str
    words: str


@dataclass(frozen=True)
class Verdict:
    """What a diagnosis comes to. Get one from `helpers.runbooks.diagnosis.diagnose`.

    problem: its stable name, such as no-verified-contact. headline: the verdict in one plain
    sentence. evidence: the facts for it. say: what to tell the user. next: what to do,
    in words. runbook: the one that does it, "" where no runbook does. parameters: what that runbook
    is to be given, by name; never a secret, and never the repeated username that a runbook may ask
    for as its gate. questions: what to ask the caller where the words leave several causes; a
    choice's key is an answer for the next diagnosis. candidates: those causes, at most three.
    """

    problem: str
    headline: str
    meaning: str
    say: str
    next: str
    runbook: str = ""
    evidence: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    candidates: tuple[Candidate, ...] = ()


_AT_USER = ("user_pool_id", "username")
TAKES: dict[str, tuple[str, ...]] = {
    "diagnose-user": (*_AT_USER, "client_id"),
    "request-code": (*_AT_USER, "client_id"),
    "confirm-reset": (*_AT_USER, "client_id"),
    "admin-reset": _AT_USER,
    "set-password": (*_AT_USER, "client_id"),
    "sign-out-everywhere": _AT_USER,
    "fix-contact": (*_AT_USER, "contact"),
    "lock-user": _AT_USER,
    "unlock-user": _AT_USER,
    "resend-invitation": (*_AT_USER, "medium"),
    "reset-second-factor": (*_AT_USER, "factor"),
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
_TYPE_NEW = "You get a code for it; type that on the sign-in page."
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
        "An app client may hide which users exist (PreventUserExistenceErrors). For a missing,"
        " disabled or unverified user the application then says 'code sent', although nothing was"
        " sent.",
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
        "Please spell the name you sign in with, letter by letter.",
        "Diagnose again with the name as the user spells it, or with any part of it. Check the"
        " user pool and the region.",
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
        "Which application do you want to sign in to? I look where it belongs.",
        "Find out the app client that the application uses, and its user pool. Then diagnose again"
        " with these.",
        "diagnose-user",
    ),
    Verdict(
        "other-case",
        "The name is not spelt as the account has it.",
        "Where a pool distinguishes capital letters, that cannot be changed later; and a phone"
        " number begins with + and the country code. To Cognito these are two names.",
        "Please type your name exactly as you registered it, capital letters too.",
        "Go on with the name exactly as the account has it.",
        "request-code",
    ),
    Verdict(
        "contact-not-alias",
        "The user exists, but not under this name.",
        "An e-mail address or a phone number is a name to sign in with only where the pool allows"
        " it, and in most pools only once it is verified.",
        "I have found your account. Its username is another one than you gave me.",
        "Go on with the account's own username. Tell it to the user once the identity is proved.",
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
        "I see more than one account like that. When did you register, and with which address?",
        "Choose the account that fits what the caller says, and diagnose again with its username.",
        "diagnose-user",
    ),
    Verdict(
        "part-of-a-name",
        "Nobody has this name, and one account is like it.",
        "It begins with what was typed, or its address differs in a letter or two. That is enough"
        " to"
        " look, and not enough to know who is meant.",
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
        "Your account is disabled. I have to find out why before we can go on.",
        "Find out why it was disabled, and who did it. Only once that is settled, and the caller's"
        " identity is proved, unlock it.",
        "unlock-user",
    ),
    Verdict(
        "temporary-password",
        "The user still has an invitation's temporary password.",
        "In this state (FORCE_CHANGE_PASSWORD) Cognito sends no code. The user signs in with the"
        " temporary password and chooses a new one then; the invitation runs out after some days.",
        f"Please sign in with the password in our invitation. {_IDENTITY}",
        "If it is lost: after proof of identity, send it again. Where no message reaches the user,"
        " set a temporary password.",
        "resend-invitation",
    ),
    Verdict(
        "invitation-run-out",
        "The temporary password of the invitation has run out.",
        "The user has never signed in (FORCE_CHANGE_PASSWORD), and the pool accepts a temporary"
        " password for some days only. In this state Cognito sends no code.",
        f"Your invitation has run out. You get a new one. {_IDENTITY}",
        "After proof of identity, send it again. Where no message reaches the user, set a temporary"
        " password.",
        "resend-invitation",
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
        "You sign in with us through another login. Please reset your password there.",
        "Name the provider to the user. Do not set a password here: that would make the account a"
        " local one.",
    ),
    Verdict(
        "unconfirmed",
        "The registration was never finished.",
        "The user signed up and never entered the confirmation code. What is not verified gets no"
        " reset code, and without the password the registration cannot be finished either.",
        "Your registration is not finished. Please ask the application for the confirmation code"
        " again.",
        "If the password is forgotten too: after proof of identity, set a password, which also"
        " confirms the user. Then have a contact verified.",
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
        f"I cannot send you a code yet: your address is not confirmed. {_IDENTITY}",
        "Check who is calling, mark the address as verified, then send a code.",
        "fix-contact",
    ),
    Verdict(
        "no-contact",
        "The account has no e-mail address and no phone number.",
        "The account was made without any contact, so Cognito cannot reach the user.",
        f"Your account has no address to which I could send a code. {_IDENTITY}",
        f"{_SET} Then have a contact entered and verified.",
        "set-password",
    ),
    Verdict(
        "contact-is-second-factor",
        "The only contact for a code is the user's second factor.",
        "Cognito sends no reset code to where it sends the sign-in codes: otherwise one stolen"
        " phone or mailbox would be enough for both. It then says that no contact is registered,"
        " although there is one.",
        f"Your code may not go to your second factor. {_IDENTITY}",
        f"{_SET} For all such users: recover by both contacts.",
        "set-password",
    ),
    Verdict(
        "recovery-lists-other-contact",
        "The verified contact is not one that this pool uses.",
        "The pool's account recovery names only the other kind of contact, so Cognito says that"
        " none is registered.",
        f"The system may not send the code to that address. {_IDENTITY}",
        f"{_SET} For all such users: recover by both contacts.",
        "set-password",
    ),
    Verdict(
        "undocumented-state",
        "The account's state has no documented way out.",
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
        f"You have to set a new password. {_TYPE_NEW}",
        f"Request a code. {_THEY_TYPE} A code of the last hour is good too.",
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
        "It knows Cognito's own texts and the names of its errors, and compares a caller's words"
        " with"
        " phrases that others have used.",
        "What exactly does the screen say? Please leave out codes and passwords.",
        "Ask for the name, or any part of it, and look the account up.",
        "diagnose-user",
    ),
    # What words alone say, and where they contradict the account
    Verdict(
        "no-code",
        "No code reaches the user.",
        "Nobody may have asked for one, it may go elsewhere, or nothing was sent although the"
        " application says so. Which it is, the account shows.",
        "A code should reach you. Let us find out where it goes.",
        "Ask whether a code was requested at all, and compare the address. Then send one and see.",
        "request-code",
    ),
    Verdict(
        "never-requested",
        "No code was requested for this account of late.",
        "The pool records what users do, and no request for a code is among the last events. The"
        " application may ask under another name, or through another app client.",
        "No code was asked for under this name. I will have one sent now.",
        "Request a code. If it arrives, the application asks under another name.",
        "request-code",
    ),
    Verdict(
        "mail-never-arrives",
        "The account is in order, so an e-mail should arrive.",
        "Whether one was sent, and what became of it, the account does not show. Cognito's answer"
        " means accepted, not delivered: mails are lost in spam folders, in filters, and on the"
        " suppression list of Amazon SES. The pool's log of deliveries says what failed.",
        "Please spell your e-mail address for me. Then look into your spam folder.",
        "Compare the address and ask whether a code was requested at all. Then send one now. If"
        " none comes, look at the pool's log of deliveries.",
        "request-code",
    ),
    Verdict(
        "sms-never-arrives",
        "The account is in order, so a text message should arrive.",
        "Whether one was sent, and what became of it, the account does not show. Cognito's answer"
        " means accepted, not delivered: text messages are lost in the SMS sandbox of the AWS"
        " account, at its spending limit, by a wrong region or sender, or at the carrier.",
        "Please tell me your phone number. Can it receive other text messages?",
        "Compare the number and ask whether a code was requested at all. Then send one now. If"
        " none comes, audit the pool and look at the log of deliveries.",
        "request-code",
    ),
    Verdict(
        "code-goes-to-phone",
        "The code goes to the phone, and the user waits for an e-mail.",
        "Cognito sends one message only, and to the phone where the pool sets no order or puts the"
        " phone first, and where the e-mail address is not verified or is the user's second"
        " factor.",
        f"Your code goes to your phone as a text message. {_TYPE_IT}",
        "If there is none of the last hour, request another. If the phone is lost, first prove who"
        " is calling.",
        "request-code",
    ),
    Verdict(
        "code-goes-to-mail",
        "The code goes by e-mail, and the user waits for a text message.",
        "Cognito sends one message only, to the contact that the pool prefers among the verified"
        " ones.",
        f"Your code goes to your e-mail address, perhaps to spam. {_TYPE_IT}",
        "Have the user look there. If there is none of the last hour, request another.",
        "request-code",
    ),
    Verdict(
        "code-to-old-contact",
        "The code goes to a phone or an address that the user no longer has.",
        "Cognito sends it to the contact that is verified, no matter who holds it today.",
        f"Then your codes must not go there any more. {_IDENTITY}",
        "Send no other code: somebody else may hold the old phone or mailbox. After proof of"
        " identity, an administrator puts the right contact in its place.",
    ),
    Verdict(
        "not-found-but-there",
        "The account is there, and Cognito said that it is not.",
        "So the application sent another name, or it uses an app client of another user pool. The"
        " account itself is in order.",
        "Your account is here. Which name did you type, and in which application?",
        "Compare the name, letter by letter. If it is the same, diagnose again with the app client"
        " of that application.",
        "diagnose-user",
    ),
    Verdict(
        "address-not-theirs",
        "The address that the application named is none of this account's.",
        "An app client that hides users makes an address up for a name that it does not know, and"
        " nothing is sent. So the application asked under another name, or in another pool.",
        "That address is not on your account. Which name did you type there?",
        "Compare the name that was typed with the account's. Then request a code for this account.",
        "request-code",
    ),
    Verdict(
        "typo-in-contact",
        "The address on the account is not spelt as the caller spells it.",
        "They differ in a letter or two, or the account's looks like a well-known provider's, spelt"
        " wrong. It was mistyped when it was entered, or it is another person's account. Codes go"
        " to the address on the account.",
        f"Please spell your e-mail address for me, letter by letter. {_IDENTITY}",
        "Send no code there: somebody else may read it. After proof of identity, an administrator"
        " puts the address right.",
    ),
    Verdict(
        "ask-for-the-name",
        "No account was looked at yet.",
        "Which cause it is, the account shows.",
        "Which name do you sign in with? An e-mail address or a phone number will do.",
        "Ask for the name, or any part of it, and look the account up.",
        "diagnose-user",
    ),
    Verdict(
        "ask",
        "These words leave more than one cause.",
        "Nothing is guessed where a question tells the causes apart.",
        "What exactly happens? Please leave out codes and passwords.",
        "Ask the caller, choose the answer, and diagnose again.",
        "diagnose-user",
    ),
    Verdict(
        "unknown-text",
        "Cognito's text is none that is known here.",
        "The error's name is known and covers several meanings; this text is new. So nothing is"
        " concluded from it.",
        "Thank you. Please hold the line while I look at your account.",
        "Look the account up: what blocks a reset is mostly seen there. Show the text to the"
        " application's developers.",
        "diagnose-user",
    ),
    Verdict(
        "account-takeover",
        "Somebody else may be in the account.",
        "A code or a new password alone does not get them out: a contact, an authenticator or a"
        " passkey may be theirs.",
        f"I will make your account safe first. {_IDENTITY}",
        "Send no code. Lock the account first, which ends the sessions too. Then look at contacts,"
        " factors and events, and only then give a new password. Tell the security contact.",
    ),
    Verdict(
        "uninvited-code",
        "Somebody requested a code, and without the code nothing changes.",
        "Anyone who knows a username can ask for a code in its name; it goes to the user's own"
        " contact. Who does not have the code can do nothing with it: a nuisance, no break-in.",
        "Please tell that code to nobody, not to us either. Can you still sign in?",
        "Reset nothing and lock nothing; have the rate of requests looked at. If the user cannot"
        " sign in, or anything on the account changed: run lock-user.",
    ),
    Verdict(
        "other-devices-signed-in",
        "Devices that were signed in stay signed in after a reset.",
        "A new password ends no session. Anyone who holds a device or its tokens goes on until they"
        " are signed out.",
        f"I can sign you out everywhere. {_IDENTITY}",
        "After proof of identity, run sign-out-everywhere. If somebody else may know the password,"
        " run lock-user first.",
    ),
    Verdict(
        "second-factor-lost",
        "The second factor is missing, and a new password does not change that.",
        "A sign-in asks for the second factor (an authenticator app, or a code of its own by"
        " message) after every password, an old one or a new one.",
        f"Your password is not the trouble; the second step is. {_IDENTITY}",
        "After proof of identity, take the lost factor from the account; the user sets up another."
        " Reset no password and change no contact with it.",
    ),
    Verdict(
        "passkey-lost",
        "The user's passkey does not work or is gone.",
        "A passkey stays on its device or in its password manager. A new password does not bring it"
        " back, and an old passkey goes on working until it is deleted.",
        "Please choose another way to sign in on that page.",
        "Where the pool allows a password or a one-time code, use it and set up a new passkey."
        " After a theft, have the old passkey deleted.",
    ),
    # What happened on the way
    refusal(
        "ExpiredCodeException",
        problem="code-used-or-expired",
        runbook="request-code",
        say="That code is used up or too old. You get a new one; use only that.",
        next="If the new password already signs in, all is done. If not, request a code.",
    ),
    refusal(
        "CodeMismatchException",
        problem="older-code",
        runbook="request-code",
        say="Please use the newest message only, and type all its digits again.",
        next=(
            "Stop after three misses: check that the newest message is used. If no message of the"
            " last hour is there, request a code."
        ),
    ),
    refusal(
        "LimitExceededException",
        problem="attempt-limit",
        say="Please do not try again for an hour. Trying more makes it longer.",
        next="Wait a quiet hour, with no request and no code. Then start again with a new code.",
    ),
    refusal(
        "LimitExceededException",
        "daily email limit",
        _FORGOT,
        problem="daily-mail-limit",
        runbook="audit-pool",
        say="Our system cannot send e-mails until tomorrow. We will call you back.",
        next="Audit the pool, and have it send by Amazon SES: this concerns every user.",
    ),
    Verdict(
        "answer-lost",
        "The answer was lost: whether the work was done is not known.",
        "The connection broke, or Cognito had a fault of its own. A code may have been sent, or the"
        " new password may be in force, all the same.",
        "If you set a new password, try to sign in with it once. Else look for a new message.",
        "If the new password signs in, all is done. If a new message is there, its code is typed."
        " Only if there is neither, request a code.",
        "request-code",
    ),
    Verdict(
        "resend-is-for-sign-up",
        "The application asked for a sign-up code, and not for a reset code.",
        "ResendConfirmationCode and ConfirmSignUp are for registrations. This user is registered,"
        " so Cognito says that the user is already confirmed.",
        f"You get the right code in a moment. {_TYPE_IT}",
        "Request a code here. Tell the application's developers: another reset code comes by"
        " ForgotPassword again.",
        "request-code",
    ),
    refusal(
        "NotAuthorizedException",
        "secret",
        _FORGOT,
        problem="secret-hash",
        runbook="request-code",
        say="This is a fault on our side, not yours. You get a code in a moment.",
        next=(
            "Request the code here, with the client secret as a reference. Tell the developers: the"
            " hash goes over exactly the username that is sent, then the client id."
        ),
    ),
    Verdict(
        "trigger-failed",
        "A Lambda trigger failed after the password was changed.",
        "At a confirmation Cognito changes the password first and runs the PostConfirmation trigger"
        " then; its failure is all that the application gets to see. Often the trigger was written"
        " for sign-ups only.",
        "Please try to sign in with the new password now, once.",
        "One sign-in settles it. Show the message to the owner of the trigger: it has to look at"
        " triggerSource and return the event.",
    ),
    Verdict(
        "trigger-refuses",
        "A Lambda trigger failed, and what was asked for was not done.",
        "The pool runs code of its own on the way: to word a message (CustomMessage), to bring a"
        " user over (UserMigration), before a sign-in. No code was sent, or nobody was signed in;"
        " the password is as it was.",
        "This is a fault on our side, not yours. We will call you back.",
        "Show the message to the owner of the trigger: it concerns every user. If this user cannot"
        " wait, an administrator decides after proof of identity.",
    ),
    refusal(
        "InvalidParameterException",
        "Value at 'password'",
        _CONFIRM,
        problem="space-in-password",
        say="Please type the new password by hand, without a space at either end.",
        next="Have it typed again, with the same code.",
    ),
    refusal(
        "InvalidPasswordException",
        problem="password-policy",
        say="Your new password breaks a rule of ours. Your code is still good.",
        next="Read the rule out, and have another password typed with the same code.",
    ),
    refusal(
        "InvalidPasswordException",
        "cannot be used for security reasons",
        problem="password-too-well-known",
        say="That password is known from a leak. Please choose quite another one.",
        next="Have another password typed, with the same code.",
    ),
    refusal(
        "PasswordHistoryPolicyViolationException",
        problem="password-used-before",
        say="You had that password before. Please choose one that you never used here.",
        next="Have another password typed, with the same code.",
    ),
    Verdict(
        "password-too-long",
        "The new password is longer than 256 characters.",
        "Cognito takes at most 256, whatever the pool's policy says.",
        "Please choose a shorter password: 20 characters are plenty.",
        "Have a shorter one typed, with the same code.",
    ),
    refusal(
        "NotAuthorizedException",
        "attempts exceeded",
        _SIGN_IN,
        problem="sign-in-locked",
        runbook="request-code",
        say="Please do not try to sign in for 15 minutes. Then try once.",
        next=(
            "Wait 15 quiet minutes, then have the user sign in once. If the password is forgotten,"
            " request a code meanwhile, and wait all the same."
        ),
    ),
    Verdict(
        "wrong-password",
        "Cognito does not know this name and password together.",
        "Mostly the password is wrong. Cognito gives the same answer for a user who does not exist,"
        " where the app client hides that, and while a migrated password still has to be reset.",
        "Please type the password again, slowly, and look at the capital letters.",
        "Stop after three tries: after five misses Cognito locks sign-ins for a while. Then request"
        " a code.",
        "request-code",
    ),
    refusal(
        "NotAuthorizedException",
        "security reasons",
        _FORGOT,
        problem="security-block",
        say="Please try once more, from your usual place and device.",
        next=(
            "If that fails, look at the recorded events. Where they are not the user's own, run"
            " lock-user after proof of identity."
        ),
    ),
    refusal(
        "InvalidParameterException",
        "flow not enabled",
        _SIGN_IN,
        problem="flow-not-enabled",
        runbook="audit-pool",
        say="This is a fault on our side, not yours. We will fix it.",
    ),
    Verdict(
        "application-setting",
        "The application asks for what the pool or its app client does not allow.",
        "An app client names the attributes that it may read and write, and a pool's plan and"
        " settings what it offers. It concerns every user of that application.",
        "This is a fault on our side, not yours. We will fix it.",
        "Show the text to the application's developers; audit the pool.",
        "audit-pool",
    ),
    Verdict(
        "session-over",
        "The application's sign-in has run out; that is no matter of the password.",
        "Tokens and the steps of a sign-in are good for some time only. A sign-out, a new password"
        " or a disabled account ends them early.",
        "Please close the application and sign in again.",
        "Have the user sign in again. If that fails, diagnose what it says then.",
    ),
    refusal(
        "InvalidParameterException",
        problem="value-not-readable",
        say="Something is empty, or holds what the system does not take. Please type it again.",
        next=(
            "Look for an empty field, a space, or a phone number without + and country code. If all"
            " is right, tell the application's developers."
        ),
    ),
    refusal(
        "ResourceNotFoundException",
        problem="no-such-client-or-pool",
        runbook="diagnose-user",
        say="Please hold the line. I look for your account in another place.",
    ),
    refusal(
        "TooManyRequestsException",
        problem="throttled",
        runbook="request-code",
        say="Our system is busy. Please wait a minute, then try once.",
    ),
    refusal("ForbiddenException", problem="blocked-by-firewall"),
    Verdict(
        "sender-refused",
        "The pool cannot send messages: its sender is not set up, or was refused.",
        "The role for text messages or the address for e-mails does not let Cognito send. It"
        " concerns every user.",
        "Our system cannot send codes at the moment. We will call you back.",
        "Audit the pool and have its sender fixed. If this user cannot wait, an administrator"
        " decides after proof of identity.",
        "audit-pool",
    ),
    refusal("AccessDeniedException", problem="not-allowed-to-read"),
)

PROBLEMS: dict[str, Verdict] = {one.problem: one for one in _ALL}
FOUND_BAD = frozenset(
    {
        "account-takeover",
        "client-of-another-pool",
        "contact-is-second-factor",
        "disabled",
        "invitation-run-out",
        "made-up-answer",
        "no-contact",
        "no-verified-contact",
        "recovery-lists-other-contact",
        "typo-in-contact",
        "unconfirmed",
        "undocumented-state",
    }
)
"""What somebody has to put right, in the account or the pool; and an intruder, if there is one."""

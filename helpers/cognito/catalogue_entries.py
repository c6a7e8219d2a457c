"""What each refusal means: the data of the catalogue, one entry for one meaning.
`helpers.cognito.catalogue` looks things up in it.

Where one exception code means several things, its entries are told apart by the operation or by the
text of the message, the particular ones before the general one. The texts and causes are those of
the Cognito API reference, the developer guide and public reports; a test walks botocore's model and
fails on any modelled error that has no entry here.
"""

from dataclasses import dataclass
from enum import StrEnum


class TryAgain(StrEnum):
    """What may be tried again after an error."""

    SAME_CODE = "the same code"
    NEW_CODE = "a new code"
    ANOTHER = "another password"
    LATER = "the same thing, later"
    NOTHING = "nothing until this is fixed"


class Kind(StrEnum):
    """Which family an error belongs to; each has an exit code of its own."""

    CODE = "code refused"
    PASSWORD = "password refused"
    LIMIT = "throttled or attempt limit"
    SETUP = "not allowed or misconfigured"
    UNSETTLED = "unknown outcome"


@dataclass(frozen=True)
class Entry:
    """One meaning of one exception code. `say` is for the user on the phone, `next` for the one who
    runs the runbook.

    operations and text narrow the entry: empty means every operation, any message; text is a
    fragment of the message. runbook: the one that goes on from here, "" when the present one does,
    once the cause is fixed.
    """

    code: str
    kind: Kind
    again: TryAgain
    meaning: str
    cause: str
    say: str
    next: str
    operations: tuple[str, ...] = ()
    text: str = ""
    runbook: str = ""


_SORRY = "This is our fault, not yours. We'll call you back when it's fixed."
_WAIT = "Please don't try again for an hour. Then we start over with a new code."
_CONFIRM = ("ConfirmForgotPassword",)
_SIGN_IN = ("InitiateAuth",)
_SENDING = ("ForgotPassword", "AdminResetUserPassword")
_REQUEST = ("ForgotPassword",)
PUBLIC = ("ForgotPassword", "ConfirmForgotPassword", "InitiateAuth")
_SET = ("AdminSetUserPassword",)
_INVITING = ("AdminCreateUser",)
_ADMIN_CHANGES = (
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminResetUserPassword",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
)
_STOP = (
    "Stop all tries for up to an hour, then send one new code. Anyone who cannot wait needs proof"
    " of identity and a password without a code (set-password): AWS names no such limit for that."
)
_HOLD = "Please hold on while I check whether that worked."
_BUSY = "Our system is busy. Please hold on for a moment."
_ANOTHER = "Run this again: another password is generated. Nothing has changed so far."
_INVITE = "invite again (resend-invitation)"
_LOOK = "Please look for a new message from us, in the spam folder too."
_SIGN_IN_CHECK = "Try one sign-in with the new password first: the password may have changed."
_MAIL_CHECK = (
    "Have the user look for a new message first, and use its code. Do not request another one"
    " before they have looked: that spends a try, and the first code may stop working."
)
_INVITED_CHECK = (
    "Have the user look for a new invitation. Only if there is none, send it again: that ends the"
    " temporary password of the one before."
)
_USER_CHECK = "Look the user up first: the change may have been made."


def _setup(
    code: str,
    meaning: str,
    cause: str,
    next: str,
    *,
    operations: tuple[str, ...] = (),
    text: str = "",
    runbook: str = "",
) -> Entry:
    return Entry(
        code, Kind.SETUP, TryAgain.NOTHING, meaning, cause, _SORRY, next, operations, text, runbook
    )


def _unsettled(
    code: str,
    meaning: str,
    cause: str,
    *,
    operations: tuple[str, ...] = (),
    say: str = "Please try once to sign in with the new password.",
    next: str = _SIGN_IN_CHECK,
    runbook: str = "",
) -> Entry:
    return Entry(
        code, Kind.UNSETTLED, TryAgain.NOTHING, meaning, cause, say, next, operations, "", runbook
    )


CATALOGUE: tuple[Entry, ...] = (
    # The code
    Entry(
        "CodeMismatchException",
        Kind.CODE,
        TryAgain.SAME_CODE,
        "There is a live code for this user, and this is not it.",
        "A digit was mistyped, or the code comes from an older message: most likely only the newest"
        " one is good, though AWS does not say so. An app client that hides which users exist says"
        " the same of a user who is missing or disabled.",
        "That is not the right code. Please type the one of the newest message.",
        "Have the code of the newest message typed. After three misses stop, check that the user"
        " exists and is enabled, and send one new code. Each try spends one of the user's 5 to 20"
        " an hour.",
    ),
    Entry(
        "ExpiredCodeException",
        Kind.CODE,
        TryAgain.NEW_CODE,
        "That code has expired, was already used, or came from another app.",
        "It is more than an hour old (8 minutes on the pages of managed login), was used already,"
        " was never requested, or, as was reported, was requested through another app client.",
        "That code no longer works. I'll have a new one sent; please use only that.",
        "First try one sign-in with the new password: an earlier try may have worked. If it fails,"
        " send one new code through the same app client and use that.",
        runbook="request-code",
    ),
    # The password
    Entry(
        "InvalidPasswordException",
        Kind.PASSWORD,
        TryAgain.ANOTHER,
        "Cognito does not take the generated password.",
        "The pool's rules have changed since they were read, or the password is known from a leak.",
        _HOLD,
        _ANOTHER,
        _SET,
    ),
    Entry(
        "PasswordHistoryPolicyViolationException",
        Kind.PASSWORD,
        TryAgain.ANOTHER,
        "The password was used before by this user.",
        "The pool remembers earlier passwords.",
        _HOLD,
        _ANOTHER,
        _SET,
    ),
    _setup(
        "InvalidPasswordException",
        "Cognito does not take the temporary password.",
        "The pool's rules do not let Cognito generate one.",
        "Have the pool's owner check its password policy.",
        operations=_INVITING,
        runbook="audit-pool",
    ),
    Entry(
        "InvalidPasswordException",
        Kind.PASSWORD,
        TryAgain.SAME_CODE,
        "Cognito refuses this password for security reasons, although it meets the rules.",
        "It is commonly used, or known from a leak.",
        "That password is too well known. Please choose one that you use nowhere else.",
        "Try another password with the same code; do not send a new one.",
        text="cannot be used for security reasons",
    ),
    Entry(
        "InvalidPasswordException",
        Kind.PASSWORD,
        TryAgain.SAME_CODE,
        "The new password breaks the pool's password policy.",
        "Cognito names one broken rule at a time; others may be broken too.",
        "That password doesn't meet the rules. Please choose another; your code still works.",
        "Read out the rule. Then try another password with the same code; do not send a new one.",
    ),
    Entry(
        "PasswordHistoryPolicyViolationException",
        Kind.PASSWORD,
        TryAgain.SAME_CODE,
        "The new password was used before by this user.",
        "The pool remembers earlier passwords and does not take them again.",
        "You have used that password before. Please choose one that is new.",
        "Try a password that was not used before, with the same code.",
    ),
    Entry(
        "InvalidParameterException",
        Kind.PASSWORD,
        TryAgain.SAME_CODE,
        "Cognito could not read the new password.",
        "A space at its beginning or end, often pasted along, or more than 256 characters.",
        "There is a space before or after the password. Please choose one without.",
        "Try again without the surrounding space, with the same code.",
        _CONFIRM,
        "Value at 'password'",
    ),
    # The invitation
    _setup(
        "UnsupportedUserStateException",
        "The user has no invitation open, so none can be sent again.",
        "Only a user with a temporary password (FORCE_CHANGE_PASSWORD) is invited again.",
        "Run diagnose-user, which says what helps in the user's present state.",
        runbook="diagnose-user",
    ),
    _setup(
        "UsernameExistsException",
        "Cognito took this for a new user, and there is one of that name.",
        "The call did not say RESEND, or the name is another user's.",
        "Run diagnose-user, and go on with the account's own username.",
        runbook="diagnose-user",
    ),
    _setup(
        "PreconditionNotMetException",
        "A condition for the invitation is not met.",
        "A setting of the pool stands against it; the message says which.",
        "Have the pool's owner read the message and fix what it names.",
        runbook="audit-pool",
    ),
    _setup(
        "CodeDeliveryFailureException",
        "The invitation could not be sent.",
        "The sender of the pool's messages was refused, or its text lacks {####}.",
        "Check the pool's invitation message, and its e-mail or SMS settings.",
        operations=_INVITING,
        runbook="audit-pool",
    ),
    # Limits
    Entry(
        "LimitExceededException",
        Kind.LIMIT,
        TryAgain.LATER,
        "No code was sent: the AWS account's daily limit for e-mails is used up.",
        "The pool sends with Cognito's own sender, which allows 50 messages a day for the whole"
        " account.",
        "We can't send you a message today. Our administrators will fix it, and we'll call you.",
        "Have the pool send through Amazon SES. Until then the limit ends at 09:00 UTC; an"
        " administrator can set a password meanwhile.",
        _SENDING,
        "daily email limit",
        runbook="audit-pool",
    ),
    Entry(
        "LimitExceededException",
        Kind.LIMIT,
        TryAgain.LATER,
        "This user has tried too often: Cognito takes no more tries for up to an hour.",
        "Requests and entries of codes share one budget of 5 to 20 an hour for each user, failed or"
        " not.",
        _WAIT,
        _STOP,
    ),
    Entry(
        "TooManyFailedAttemptsException",
        Kind.LIMIT,
        TryAgain.LATER,
        "This user has failed too often: Cognito takes no more tries for a while.",
        "Too many wrong codes in a short time.",
        _WAIT,
        _STOP,
    ),
    Entry(
        "TooManyRequestsException",
        Kind.LIMIT,
        TryAgain.LATER,
        "AWS gets too many requests at once; this one was not carried out.",
        "All pools of an account and region share a number of calls a second, by category of call"
        " (developer guide, Quotas). It is not the user's doing.",
        _BUSY,
        "Wait a few seconds and try once more; a code that was sent still works. If it goes on,"
        " look at ThrottleCount in CloudWatch, and at the limit itself (GetProvisionedLimit).",
    ),
    # Who asks for what
    _setup(
        "NotAuthorizedException",
        "The secret hash is missing or wrong.",
        "The app client has a client secret, and the hash was not sent, or was made with another"
        " secret or another form of the username. A client can have two secrets at once while one"
        " replaces the other. Or the client has none.",
        "Give the client_secret of exactly this app client, as a reference, or use an app client"
        " without a secret.",
        operations=PUBLIC,
        text="secret",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "The user is disabled.",
        "An administrator disabled the account.",
        "Your account is disabled. I have to ask an administrator first.",
        "Find out why the account was disabled. Once that is settled, unlock it (unlock-user);"
        " then start over.",
        (*PUBLIC, "AdminResetUserPassword"),
        "disabled",
        runbook="diagnose-user",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "A code cannot reset this password: the user has a temporary one, or a company login.",
        "The user still has a temporary password (FORCE_CHANGE_PASSWORD) or signs in through"
        " another provider.",
        "Please use the temporary password from your invitation, or your company login.",
        f"With a temporary password: sign in with it, or {_INVITE}, or set a password. A federated"
        " user resets the password at that provider.",
        _SENDING,
        "cannot be reset in the current state",
        runbook="diagnose-user",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "Only an administrator resets passwords in this pool.",
        "The pool's account recovery is admin_only.",
        "An administrator has to set your password. I will pass it on.",
        "An administrator sets a password (AdminSetUserPassword).",
        _SENDING,
        "Contact administrator",
        runbook="set-password",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.SETUP,
        TryAgain.LATER,
        "Cognito blocked the attempt for security reasons.",
        "Threat protection rates this request as risky.",
        "The system blocked this for your safety. Please try on your usual device.",
        "Look at AdminListUserAuthEvents for this user before you try again.",
        PUBLIC,
        "security reasons",
        runbook="diagnose-user",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.LIMIT,
        TryAgain.LATER,
        "Sign-in is locked for a while after too many wrong passwords.",
        "After five failures Cognito waits ever longer, up to about 15 minutes. A reset is not"
        " known to end the wait.",
        "Please don't sign in for 15 minutes. Then use the new password.",
        "Wait 15 minutes without any try, then sign in once with the new password.",
        _SIGN_IN,
        "attempts exceeded",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "The temporary password has run out.",
        "It was not used within the days that the pool allows.",
        "Your invitation has run out. I'll have a new one sent.",
        f"{_INVITE[0].upper()}{_INVITE[1:]}, or set a password.",
        _SIGN_IN,
        "Temporary password has expired",
        runbook="resend-invitation",
    ),
    Entry(
        "NotAuthorizedException",
        Kind.PASSWORD,
        TryAgain.NOTHING,
        "Username or password is not right.",
        "The password was not changed, or was mistyped, or the user is unknown.",
        "That password does not work.",
        "Check the username. Do not repeat sign-ins: they lock the user out.",
        _SIGN_IN,
        runbook="diagnose-user",
    ),
    _setup(
        "NotAuthorizedException",
        "Cognito does not allow this call.",
        "The app client, its secret, the user's state or your permissions prevent it; the message"
        " says which.",
        "Read the message, check the app client and your IAM permissions, and fix what it names.",
    ),
    Entry(
        "UserNotFoundException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "There is no such user.",
        "A misspelt username, another pool or region, capital letters in a pool that tells them"
        " apart, or an e-mail address that is not verified and so is no alias.",
        "Please spell the name you sign in with, letter by letter.",
        "Check spelling, capitals, pool and region; try the user's own username instead of the"
        " e-mail address.",
        runbook="diagnose-user",
    ),
    Entry(
        "UserNotConfirmedException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "The user never finished signing up.",
        "The sign-up was not confirmed, so there is nothing to reset.",
        "Your registration isn't finished yet. I'll have its confirmation sent again.",
        "Confirm the sign-up first: ResendConfirmationCode, or AdminConfirmSignUp and a verified"
        " contact.",
        runbook="diagnose-user",
    ),
    Entry(
        "PasswordResetRequiredException",
        Kind.SETUP,
        TryAgain.NEW_CODE,
        "The password has to be reset before the user can sign in.",
        "An administrator reset it, or the user was imported or migrated.",
        "You need a new password. We'll send you a code for it.",
        "Have the user type the code that was sent on the sign-in page. It is good for an hour, and"
        " on the pages of managed login for 8 minutes. If there is none, send one.",
        runbook="request-code",
    ),
    Entry(
        "InvalidParameterException",
        Kind.SETUP,
        TryAgain.NOTHING,
        "No code can be sent to this user.",
        "No contact is registered and verified, or the only one is the user's own second factor.",
        "We can't send you a code yet because your e-mail isn't confirmed. First I need to check"
        " it's really you.",
        "Check who is calling, mark the address as verified, then send a code. Or set a password.",
        _SENDING,
        "no registered/verified email or phone_number",
        runbook="fix-contact",
    ),
    _setup(
        "InvalidParameterException",
        "The app client does not allow this way to sign in.",
        "USER_PASSWORD_AUTH is not among the client's flows.",
        "Sign in through the application itself, or enable the flow for this app client.",
        operations=_SIGN_IN,
        text="flow not enabled",
        runbook="audit-pool",
    ),
    _setup(
        "InvalidParameterException",
        "Cognito could not read one of the values.",
        "A value is too long or has characters that are not allowed; the message names the member.",
        "Correct the named value and try again; nothing was spent.",
    ),
    _setup(
        "ResourceNotFoundException",
        "The app client or user pool does not exist here.",
        "A misspelt id, or another region or account.",
        "Check the client id, the user pool id and the region.",
    ),
    # Lambda triggers: a confirm has already changed the password when its trigger runs
    _unsettled(
        "UserLambdaValidationException",
        "A Lambda trigger failed after Cognito took the password.",
        "The PostConfirmation trigger raised an error. It runs after the change.",
        operations=_CONFIRM,
        runbook="audit-pool",
    ),
    _unsettled(
        "UnexpectedLambdaException",
        "A Lambda trigger could not be run, after Cognito took the password.",
        "Cognito may not invoke the PostConfirmation trigger, or it took too long.",
        operations=_CONFIRM,
        runbook="audit-pool",
    ),
    _unsettled(
        "InvalidLambdaResponseException",
        "A Lambda trigger gave no usable answer, after Cognito took the password.",
        "The PostConfirmation trigger did not return its event; often it was written for sign-up "
        "only.",
        operations=_CONFIRM,
        runbook="audit-pool",
    ),
    _setup(
        "UserLambdaValidationException",
        "A Lambda trigger of the pool refused the request.",
        "The trigger's own code raised an error; the message carries it.",
        "Show the message to the owner of the trigger.",
        runbook="audit-pool",
    ),
    _setup(
        "UnexpectedLambdaException",
        "A Lambda trigger of the pool could not be run.",
        "Cognito may not invoke it, or it took longer than five seconds three times.",
        "Check the trigger's permission for cognito-idp.amazonaws.com, and its logs.",
        runbook="audit-pool",
    ),
    _setup(
        "InvalidLambdaResponseException",
        "A Lambda trigger of the pool gave no usable answer.",
        "It did not return its event, or returned a message that the pool's sender cannot send.",
        "Have the trigger return the event it was given.",
        runbook="audit-pool",
    ),
    # An administrator's calls
    _setup(
        "AliasExistsException",
        "Another user has this contact as a verified one already.",
        "Two users share the contact, and only the last to verify it may sign in with it.",
        "Find out whose contact it is before anything else. Give this user another one, or set a"
        " password.",
        runbook="set-password",
    ),
    _setup(
        "UserPoolAddOnNotEnabledException",
        "This pool does not record what its users do.",
        "Its threat protection is off.",
        "Do without the events; everything else can be read.",
    ),
    # Sending the code
    _setup(
        "CodeDeliveryFailureException",
        "The code could not be sent.",
        "The sender of the pool's messages was refused, for instance for its reply-to address.",
        "Check the pool's e-mail or SMS settings.",
        runbook="audit-pool",
    ),
    _setup(
        "InvalidSmsRoleTrustRelationshipException",
        "Cognito may not take on the role for sending SMS.",
        "The role's trust policy or external id is wrong.",
        "Fix the trust policy of the pool's SMS role.",
        runbook="audit-pool",
    ),
    _setup(
        "InvalidSmsRoleAccessPolicyException",
        "The role for sending SMS may not publish.",
        "It lacks sns:Publish.",
        "Allow sns:Publish for the pool's SMS role.",
        runbook="audit-pool",
    ),
    _setup(
        "InvalidEmailRoleAccessPolicyException",
        "Cognito may not send through this SES identity.",
        "The identity is not verified in that region, or does not allow Cognito.",
        "Verify the identity in SES and allow Cognito to use it.",
        runbook="audit-pool",
    ),
    # The service and its neighbours
    _setup(
        "ForbiddenException",
        "A web application firewall blocked the request.",
        "The pool's AWS WAF rules do not let this network or client through.",
        "Look at the WAF's log; try from an allowed network.",
    ),
    _setup(
        "OperationNotEnabledException",
        "This operation is not available here.",
        "The region is a replica, or the pool is not set up for it.",
        "Send it to the pool's primary region.",
    ),
    _setup(
        "UnsupportedOperationException",
        "The pool's configuration does not support this call.",
        "The sign-in flow does not fit the pool's settings.",
        "Compare the app client's flows with the pool's tier.",
    ),
    _setup(
        "FeatureUnavailableInTierException",
        "The pool's feature plan does not include this.",
        "The pool is on a smaller plan.",
        "Use another flow, or change the pool's plan.",
    ),
    _setup(
        "InvalidUserPoolConfigurationException",
        "The pool's configuration is not valid.",
        "A setting of the pool prevents this call.",
        "Have the pool's owner check its configuration.",
    ),
    _setup(
        "UserPoolTaggingException",
        "The pool's tags could not be read.",
        "The caller may not read tags, or they are being changed.",
        "Allow reading tags, or try again later.",
    ),
    _unsettled(
        "InternalErrorException",
        "Cognito had an internal error; whether it did the work is not known.",
        "A fault of the service.",
        operations=_CONFIRM,
    ),
    _unsettled(
        "InternalErrorException",
        "Cognito had an internal error; whether a message was sent is not known.",
        "A fault of the service.",
        operations=_REQUEST,
        say=_LOOK,
        next=_MAIL_CHECK,
    ),
    _unsettled(
        "InternalErrorException",
        "Cognito had an internal error; whether a message was sent is not known.",
        "A fault of the service.",
        operations=_INVITING,
        say=_LOOK,
        next=_INVITED_CHECK,
        runbook="diagnose-user",
    ),
    _unsettled(
        "InternalErrorException",
        "Cognito had an internal error; whether it made the change is not known.",
        "A fault of the service.",
        operations=_ADMIN_CHANGES,
        say=_HOLD,
        next=_USER_CHECK,
        runbook="diagnose-user",
    ),
    Entry(
        "InternalErrorException",
        Kind.LIMIT,
        TryAgain.LATER,
        "Cognito had an internal error.",
        "A fault of the service.",
        _BUSY,
        "Wait a few seconds and try once more.",
    ),
    # Signed calls only; these are AWS's common errors and are in no model
    _setup(
        "AccessDeniedException",
        "Your AWS identity may not make this call.",
        "The IAM policy of your user or role does not allow it.",
        "Ask for the IAM policy that this runbook names, or use the profile that has it.",
    ),
    _setup(
        "UnrecognizedClientException",
        "AWS does not know these credentials.",
        "The access key is wrong or was deleted.",
        "Renew your AWS credentials, or choose another profile.",
    ),
    _setup(
        "ExpiredTokenException",
        "Your AWS session has run out.",
        "Temporary credentials have expired.",
        "Sign in to AWS again and start over.",
    ),
    _setup(
        "InvalidSignatureException",
        "AWS does not accept the signature of the request.",
        "A wrong secret key, or a clock that is minutes off.",
        "Check the clock of this machine and the credentials.",
    ),
)

_NO_ANSWER = (
    "",
    "The request was sent, but no answer came back. Cognito may have done it.",
    "The connection broke or timed out on the way back.",
)
LOST_CONFIRM = _unsettled(
    *_NO_ANSWER,
    next=(
        "Try one sign-in with the new password first. If it works, all is done. If not, try the"
        " same code again, and a new one only when Cognito says that the code no longer works."
    ),
)
LOST_READ = Entry(
    "",
    Kind.UNSETTLED,
    TryAgain.LATER,
    "It was asked, and no answer came back. Reading changes nothing, so nothing is lost.",
    "The connection broke or timed out on the way back.",
    _HOLD,
    "Run this again.",
)
LOST = {
    "ForgotPassword": _unsettled(*_NO_ANSWER, say=_LOOK, next=_MAIL_CHECK),
    "AdminCreateUser": _unsettled(
        *_NO_ANSWER, say=_LOOK, next=_INVITED_CHECK, runbook="diagnose-user"
    ),
    **{
        one: _unsettled(*_NO_ANSWER, say=_HOLD, next=_USER_CHECK, runbook="diagnose-user")
        for one in _ADMIN_CHANGES
    },
}
"""What a lost answer means, by operation, where it is not a new password that tells."""

SIGNED = (
    "AccessDeniedException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "InvalidSignatureException",
)
"""What AWS may answer to any signed call; these are in no model."""

UNKNOWN = _setup(
    "",
    "Cognito said something that this catalogue does not know.",
    "A newer exception, or something between you and Cognito answered in its place.",
    "Read the message; look the code up in the API reference of the operation.",
)

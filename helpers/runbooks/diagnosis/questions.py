"""What to ask a caller where words leave several causes: the question that tells them apart.

    question_for(("uninvited-code", "account-takeover")).words      -> "Can you still sign in?"

A choice's key is stable and unique among all questions: the parameter `answer` of diagnose-user
takes it, a form shows its words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

NONE_OF_THESE = "none-of-these"
"""The key of the choice that none of a question's choices fits."""


@dataclass(frozen=True)
class Choice:
    """An answer to a question. key: stable. words: as a caller would say it. problems: what it
    leaves, the likeliest first; () where it leaves everything open.
    """

    key: str
    words: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What to ask. key: stable. words: as an agent reads it out."""

    key: str
    words: str
    choices: tuple[Choice, ...]


_OTHER = Choice(NONE_OF_THESE, "None of these")
WHAT_HAPPENS = Question(
    "what-happens",
    "What happens when you try?",
    (
        Choice("no-code-comes", "No code comes", ("no-code",)),
        Choice(
            "code-is-refused",
            "A code came, and it is refused",
            ("older-code", "code-used-or-expired", "attempt-limit"),
        ),
        Choice(
            "password-is-refused",
            "The new password is refused",
            ("password-policy", "space-in-password", "password-used-before"),
        ),
        Choice(
            "sign-in-fails",
            "I have a password, and signing in fails",
            ("wrong-password", "sign-in-locked", "second-factor-lost"),
        ),
        Choice("name-is-unknown", "It does not know my name or address", ("not-found",)),
        Choice(
            "it-was-not-me",
            "Something happened that I did not do",
            ("uninvited-code", "account-takeover"),
        ),
        _OTHER,
    ),
)
"""The question for words that nothing is known about."""

# The first that tells all the candidates apart, or most of them, is asked.
QUESTIONS: tuple[Question, ...] = (
    Question(
        "still-in",
        "Can you still sign in?",
        (
            Choice("can-sign-in", "Yes, as before", ("uninvited-code",)),
            Choice(
                "cannot-sign-in",
                "No, or something in the account has changed",
                ("account-takeover",),
            ),
        ),
    ),
    Question(
        "kind-of-refusal",
        "Does it say that the code is wrong, or that it has expired?",
        (
            Choice("code-is-wrong", "Wrong or invalid", ("older-code",)),
            Choice("code-is-old", "Expired, used, or request another", ("code-used-or-expired",)),
            Choice("too-many-tries", "Too many attempts, try later", ("attempt-limit",)),
        ),
    ),
    Question(
        "after-the-password",
        "Is that code asked for after your password?",
        (
            Choice("after-password", "Yes, as a second step", ("second-factor-lost",)),
            Choice(
                "before-password", "No, I forgot the password", ("code-to-old-contact", "no-code")
            ),
        ),
    ),
    Question(
        "where-it-went",
        "Do you still read the phone or mailbox that it goes to?",
        (
            Choice("contact-is-mine", "Yes, and nothing is there", ("no-code",)),
            Choice("contact-is-lost", "No, I do not have it any more", ("code-to-old-contact",)),
            Choice("waits-elsewhere", "It came by text, I want an e-mail", ("code-goes-to-phone",)),
        ),
    ),
    Question(
        "age-of-invitation",
        "When did our invitation come?",
        (
            Choice("invited-lately", "Within the last days", ("temporary-password",)),
            Choice("invited-long-ago", "Longer ago", ("invitation-run-out",)),
        ),
    ),
    Question(
        "kind-of-block",
        "Does it say locked for a while, or disabled?",
        (
            Choice("locked-for-a-while", "Locked, or too many attempts", ("sign-in-locked",)),
            Choice("disabled-for-good", "Disabled or suspended", ("disabled",)),
        ),
    ),
    Question(
        "which-password",
        "Is it refused when you set it, or when you sign in?",
        (
            Choice("when-setting", "When I set it", ("password-policy", "password-used-before")),
            Choice("when-signing-in", "When I sign in", ("wrong-password", "sign-in-locked")),
        ),
    ),
    Question(
        "moment-of-failure",
        "Had you already entered the new password?",
        (
            Choice("password-was-entered", "Yes", ("trigger-failed",)),
            Choice("password-was-not-entered", "No", ("trigger-refuses",)),
        ),
    ),
)

# Each problem as a caller would say it, for a question that has no words of its own.
AS_SAID: dict[str, str] = {
    "account-takeover": "Somebody else has got into my account",
    "admin-only": "It says to contact an administrator",
    "answer-lost": "The page failed or loaded forever",
    "application-setting": "The application shows an error of its own",
    "ask-for-the-name": "I only forgot my password or my username",
    "attempt-limit": "It says that I tried too often",
    "blocked-by-firewall": "It says that the request is blocked",
    "client-of-another-pool": "It works in another application",
    "code-goes-to-phone": "The code comes by text, and I want an e-mail",
    "code-to-old-contact": "The code goes to a phone or mailbox that I lost",
    "code-used-or-expired": "It says that the code has expired",
    "contact-is-second-factor": "The same phone or mailbox gets my sign-in codes",
    "daily-mail-limit": "It says that a daily limit is reached",
    "disabled": "It says that the account is disabled",
    "federated-user": "I sign in through Google or another company",
    "flow-not-enabled": "It says that a flow is not enabled",
    "invitation-run-out": "The invitation or first password is too old",
    "made-up-answer": "It names an address that is not mine",
    "no-code": "No code comes",
    "no-such-client-or-pool": "It says that a user pool or client does not exist",
    "no-verified-contact": "It says that no address is verified",
    "not-found": "It does not know my name or address",
    "older-code": "It says that the code is wrong",
    "other-devices-signed-in": "A device of mine is still signed in",
    "passkey-lost": "My passkey does not work or is gone",
    "password-policy": "The new password breaks a rule",
    "password-too-long": "The new password is too long",
    "password-too-well-known": "It says that the password was leaked",
    "password-used-before": "I had this password before",
    "recovery-lists-other-contact": "Only my other contact is verified",
    "reset-required": "It says that I must reset my password",
    "resend-is-for-sign-up": "It says that I am already confirmed",
    "secret-hash": "It says something about a secret hash",
    "security-block": "It says security reasons",
    "second-factor-lost": "It asks for a second code after the password",
    "sender-refused": "It says that the message cannot be sent",
    "session-over": "It says that a session or token has expired",
    "sign-in-locked": "The sign-in is locked after wrong passwords",
    "space-in-password": "I pasted the password",
    "temporary-password": "I never signed in; I have only an invitation",
    "throttled": "It says that there are too many requests",
    "trigger-failed": "An error came after I set the new password",
    "trigger-refuses": "An error of a trigger came, and nothing was sent",
    "unconfirmed": "I never finished the registration",
    "uninvited-code": "A code came that I did not ask for",
    "value-not-readable": "It does not take what I type, or says it is empty",
    "wrong-password": "I have a password, and signing in fails",
}

_CHOICES = {
    choice.key: choice for question in (WHAT_HAPPENS, *QUESTIONS) for choice in question.choices
}
ANSWERS: tuple[str, ...] = (*_CHOICES, *AS_SAID)
"""Every key that an answer may be."""


def question_for(candidates: Sequence[str]) -> Question:
    """Return the question that tells these problems apart, the likeliest first."""
    known = [one for one in candidates if one in AS_SAID]
    if len(known) < 2 and not known:
        return WHAT_HAPPENS
    for question in QUESTIONS:
        of = [[one for one in known if one in choice.problems] for choice in question.choices]
        if sum(map(len, of)) == len(known) > 1 and sum(map(bool, of)) > 1:
            return Question(question.key, question.words, (*question.choices, _OTHER))
    fits = tuple(Choice(one, AS_SAID[one], (one,)) for one in known)
    return Question("which-fits", "Which of these is it?", (*fits, _OTHER))


def narrowed(candidates: Sequence[str], answers: Sequence[str]) -> tuple[str, ...]:
    """Return what answers leave of the candidates. answers: keys, in the order they were given."""
    left = tuple(candidates)
    for key in answers:
        of = _CHOICES[key].problems if key in _CHOICES else (key,)
        left = tuple(one for one in left if one in of) or of
    return left

"""From what was seen or said to its likely causes: an exact rule, or likeness to labelled phrases.

A symptom is an exception's name, a message as Cognito or an SDK words it, or what a caller says.
Exact texts are in `texts`, callers' words in `words`; below a threshold nothing is guessed, and
`questions` has what to ask. Nothing here knows an account.
`helpers.runbooks.diagnosis.diagnose` weighs it against what is known of one.
"""

import re
from dataclasses import dataclass, replace

from helpers.runbooks.diagnosis.evidence import lowered
from helpers.runbooks.diagnosis.questions import AS_SAID, narrowed, question_for
from helpers.runbooks.diagnosis.texts import exact
from helpers.runbooks.diagnosis.verdicts import Candidate, Verdict, verdict
from helpers.runbooks.diagnosis.words import ASK, guesses, meanings

AT_MOST = 3
"""How many causes are named where words leave several."""
# Tuned by tenfold cross-validation on the phrases of the part "build".
_LIKE_ENOUGH, _AHEAD = 0.25, 0.1
_WORTH_NAMING = 0.35
_MASK = re.compile(r"\S\*{2,}\S*@\S\*{2,}|\+?\*{3,}\d{2,4}")
_GUESSED = "Guessed from what the caller said; nobody has looked at the account."
_READ_OFF = "Cognito's own text says so; nobody has looked at the account."
_WHO = "Which name do you sign in with? I will look at your account."
# What can be said and done without an account: it is a matter of what the user types, or of the
# application.
_WITHOUT_ACCOUNT = {
    "answer-lost",
    "application-setting",
    "ask-for-the-name",
    "attempt-limit",
    "blocked-by-firewall",
    "code-used-or-expired",
    "daily-mail-limit",
    "flow-not-enabled",
    "no-such-client-or-pool",
    "not-allowed-to-read",
    "older-code",
    "password-policy",
    "password-too-long",
    "password-too-well-known",
    "password-used-before",
    "secret-hash",
    "security-block",
    "sender-refused",
    "session-over",
    "sign-in-locked",
    "space-in-password",
    "throttled",
    "trigger-failed",
    "trigger-refuses",
    "uninvited-code",
    "value-not-readable",
}
READING = ("", "diagnose-user", "audit-pool")
"""The runbooks that change nothing: these alone may follow from words."""


@dataclass(frozen=True)
class Understood:
    """What a symptom comes to. problems: the likeliest first, at most three. sure: the first is
    meant, unless an account speaks against it; otherwise there is a question. by_text: Cognito's
    own text says so. message: the text of a known error that nothing is known about.
    """

    problems: tuple[str, ...] = ()
    sure: bool = False
    by_text: bool = False
    message: str = ""


def understood(symptom: str, answer: str = "") -> Understood:
    """Return what a symptom means. answer: keys of choices of `questions`, with spaces between."""
    found = _of_text(symptom) if symptom.strip() else Understood()
    answers = answer.split()
    if not answers:
        return found
    left = narrowed(found.problems, answers)[:AT_MOST]
    return Understood(left, sure=len(left) == 1, by_text=found.by_text and left == found.problems)


def _of_text(symptom: str) -> Understood:
    read = exact(symptom)
    if read is not None:
        return Understood(read.problems[:AT_MOST], read.sure, by_text=True, message=read.message)
    if _MASK.search(symptom):
        return Understood(("made-up-answer",), sure=True)
    found = guesses(symptom)
    if not found:
        return Understood()
    first, second = found[0], found[1].likeness if len(found) > 1 else 0.0
    if first.verdict != ASK and first.likeness >= max(_LIKE_ENOUGH, second + _AHEAD):
        return Understood((first.verdict,), sure=True)
    worth = (one.verdict for one in found if one.verdict != ASK and one.likeness >= _WORTH_NAMING)
    return Understood(tuple(worth)[:AT_MOST])


def masks(symptom: str) -> tuple[str, ...]:
    """Return the masked contacts that a text names, such as d***@e***."""
    return tuple(_MASK.findall(symptom))


def waits_for(symptom: str) -> str:
    """Return what a caller waits for: email, phone_number, or "" where the words leave it open."""
    said = set(meanings(symptom))
    kinds = {"=mail": "email", "=spam": "email", "=text": "phone_number"}
    named = {kind for meaning, kind in kinds.items() if meaning in said}
    return named.pop() if len(named) == 1 else ""


def means_another_contact(symptom: str, attribute: str) -> bool:
    """Whether the lost contact that a symptom names is of the other kind alone.

    attribute: the kind of contact that a code would go to.
    """
    said = set(meanings(symptom))
    if said & {"=goes", "=sent", "=arrive"}:
        return False
    named = {
        "phone_number": bool(said & {"=phone", "=number", "=text"}),
        "email": bool(said & {"=mail", "=address"}),
    }
    return not named[attribute] and any(named.values())


def asking(found: Verdict, problems: tuple[str, ...]) -> Verdict:
    """Return a verdict with the question that tells these problems apart."""
    named = tuple(Candidate(one, AS_SAID[one]) for one in problems if one in AS_SAID)
    return replace(found, candidates=named, questions=(question_for(problems),))


def likely_causes(symptom: str, answer: str = "", **known: str) -> tuple[Verdict, ...]:
    """Return verdicts on a symptom alone, the likeliest first, where no user can be looked up.

    symptom, answer: as for `understood`. known: what is known already, by a parameter's name, such
    as user_pool_id or username; it is filled in for the next runbook, which never changes anything.
    It is never empty: where the words leave it open, the first verdict asks.
    """
    read = understood(symptom, answer)
    if read.message:
        words = f"The text is: {read.message}"
        return (asking(verdict("unknown-text", (words,), **known), ()),)
    why = _READ_OFF if read.by_text else _GUESSED
    likely = tuple(_alone(one, why, **known) for one in read.problems)
    if read.sure:
        first, *others = likely
        return (asking(first, read.problems) if others else first, *others)
    if not likely:
        return (asking(verdict("not-understood", (), **known), ()),)
    found = asking(verdict("ask", (why,), **known), read.problems)
    return (replace(found, say=found.questions[0].words), *likely)


def _alone(problem: str, why: str, **known: str) -> Verdict:
    """Return a verdict that says nothing of an account that nobody looked at."""
    found = verdict(problem, (why,), **known)
    harmless = found.runbook if found.runbook in READING else "diagnose-user"
    if problem in _WITHOUT_ACCOUNT:
        plain = verdict("ask-for-the-name", (why,), **known)
        parameters = found.parameters if found.runbook in READING else plain.parameters
        return replace(found, runbook=harmless, parameters=parameters)
    looked = verdict("ask-for-the-name", (why,), **known)
    return replace(
        looked, problem=problem, headline=f"Most likely: {lowered(found.headline)}", say=_WHO
    )

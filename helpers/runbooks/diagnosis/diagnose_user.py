"""The runbook diagnose-user: from a user's name to one verdict, and the runbook that helps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from helpers.cognito import reads
from helpers.cognito.errors import Answered, ResetError
from helpers.cognito.models import Client
from helpers.display.card import BAD, Card, Table
from helpers.run.base import Runbook
from helpers.run.parameters import Parameters
from helpers.run.record import NextRunbook
from helpers.run.refusals import refusals_of_reading
from helpers.run.result import Result
from helpers.runbooks.diagnosis.diagnose import diagnose, likely_causes
from helpers.runbooks.diagnosis.facts import facts
from helpers.runbooks.diagnosis.find import NO_USER, Match
from helpers.runbooks.diagnosis.questions import Question
from helpers.runbooks.diagnosis.reading import NO_SUCH, OPERATIONS, Reading
from helpers.runbooks.diagnosis.verdicts import FOUND_BAD, Verdict, verdict
from helpers.runbooks.schemas import DiagnoseUserParameters
from helpers.sandbox import CASES, open_sandbox, plant_case
from helpers.secrets.secret import Secret
from helpers.target import Target

_BECAUSE = {NO_SUCH: "no-such-client-or-pool", "AccessDeniedException": "not-allowed-to-read"}


@dataclass(frozen=True)
class Diagnosis(Result):
    """A result with the facts that were read, as rows for a person.

    matches: the accounts that the name may mean, the best fit first; several are a choice.
    """

    verdict: Verdict | None = None
    facts: tuple[tuple[str, str], ...] = ()
    matches: tuple[Match, ...] = ()

    def card(self) -> Card:
        """Return the verdict, what follows, why, and then everything that is known."""
        found = self.verdict
        if found is None:
            return super().card()
        return Card(
            self.title,
            (
                ("Tell the user", self.say),
                ("What to do next", self.next),
                (
                    "Next runbook",
                    str(self.next_runbook or "none; the next step is not a runbook's"),
                ),
                *(("Ask", _asked(question)) for question in found.questions),
                *(("Possible", f"{one.words} ({one.key})") for one in found.candidates),
                ("What it means", found.meaning),
                ("Why", " ".join(found.evidence)),
                *(
                    ("Accounts that fit", f"{one.username}: {one.words} ({one.how})")
                    for one in (self.matches if len(self.matches) > 1 else ())
                ),
                *self.facts,
                *(("Not known", note) for note in self.notes),
                ("Request id", self.request_id),
            ),
            tone=self.tone,
        )


class DiagnoseUser(Runbook[DiagnoseUserParameters]):
    """One run of diagnose-user. See Runbook for the steps."""

    name: ClassVar[str] = "diagnose-user"
    parameters_model: ClassVar[type[Parameters]] = DiagnoseUserParameters
    title: ClassVar[str] = "Find out why a user cannot reset the password"
    button: ClassVar[str] = "Diagnose"
    form_fields: ClassVar[tuple[str, ...]] = ("username", "symptom", "user_pool_id", "client_id")
    verify_hint: ClassVar[str] = "Nothing was changed: diagnose again."

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, plant the training case of this user, unless it is there.

        So anyone who has fixed something may run the notebook again and see it. Elsewhere nothing
        is done.
        """
        p = self.parameters
        whom = username or (p.username if p else "")
        case = next((one for one in CASES.values() if one.username == whom), None)
        if p is None or case is None or not p.to_target().embedded:
            return Card("There is nothing to prepare.")
        try:
            reads.look_up(
                p.to_target().client(signed=True), user_pool_id=case.pool_id, username=case.username
            )
        except ResetError:
            plant_case(open_sandbox(), case.name)
        else:
            return Card(
                f"{case.username} is in the sandbox already. To have the case as new, choose it in"
                " the form."
            )
        return Card(
            f"In the sandbox there is now a user in trouble, {case.username}.",
            (("The user says", case.says),),
        )

    def training(self) -> dict[str, str]:
        """Return what the user of each training case says, by name; none but in the sandbox."""
        p = self.parameters
        if p is None or not p.to_target().embedded:
            return {}
        return {name: case.says for name, case in CASES.items()}

    def train(self, case: str) -> dict[str, str]:
        """Put a training case into the sandbox, as new, and return the parameters for it."""
        user = plant_case(open_sandbox(), case)
        return {
            "username": user.username,
            "symptom": user.symptom,
            "user_pool_id": user.pool_id,
            "client_id": user.client_id,
        }

    def _plan(self) -> Card:
        """Return what will be read, what it costs and how fresh it is. Sends nothing."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        named = "; it is not named, so it is not looked at"
        if p.client_id:
            named = "; its answer holds the client's secret, which is dropped at once"
        if not p.username:
            return Card(
                "What will happen",
                (("Read", "nothing: the symptom alone is looked at"), ("Changes", "nothing")),
            )
        return Card(
            "What will happen",
            (
                ("Read, once each", "DescribeUserPool and AdminGetUser"),
                (
                    "Where another account may be meant",
                    (
                        "ListUsers, a few times, for other spellings, for the contact, and for"
                        " names that begin so; it is eventually consistent: the changes of the last"
                        " moments may be missing"
                    ),
                ),
                ("Only if the app client is named", f"DescribeUserPoolClient{named}"),
                ("Only if a password is not the only way in", "AdminGetUserAuthFactors"),
                ("Only if the pool records events", "AdminListUserAuthEvents"),
                ("Costs", "AdminGetUser counts the user as active this month, which AWS bills"),
                ("Changes", "nothing"),
            ),
        )

    def _act(
        self, parameters: DiagnoseUserParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        ids = {"user_pool_id": parameters.user_pool_id, "client_id": parameters.client_id}
        if not parameters.username:
            first, *_ = likely_causes(parameters.symptom, parameters.answer, **ids)
            return self._result(first, Reading(target))
        read = Reading(target)
        read.look(parameters)
        found = diagnose(
            username=parameters.username,
            user=read.user,
            pool=read.pool,
            client=read.client,
            events=read.events,
            others=read.others,
            parts=read.parts,
            symptom=parameters.symptom,
            answer=parameters.answer,
            unread=read.unread,
            run_out=read.run_out,
            **ids,
        )
        if "user" in read.failed:
            found = _unread(found, read.failed["user"], parameters)
        return self._result(found, read, tuple(facts(parameters.username, read, found.problem)))

    def _result(
        self,
        found: Verdict,
        read: Reading,
        facts: tuple[tuple[str, str], ...] = (),
    ) -> Diagnosis:
        outcome, exit_code = read.ending()
        made = ", ".join(dict.fromkeys(step.name for step in read.steps))
        by = f"what {made} answered" if made else "the words of the symptom alone"
        return Diagnosis(
            outcome,
            exit_code,
            found.headline,
            happened=" ".join(found.evidence),
            meaning=f"{found.headline} {found.meaning}",
            say=found.say,
            next=found.next,
            proof=f"Verdict {found.problem}, from {by}; nothing was changed.",
            notes=tuple(f"{OPERATIONS[what]}: {error}" for what, error in read.failed.items()),
            steps=tuple(read.steps),
            decided_by="AdminGetUser",
            tone=BAD if found.problem in FOUND_BAD else "",
            next_runbook=self._next(found, read.client),
            verdict=found,
            facts=facts,
            matches=read.matches.found,
        )

    def _next(self, found: Verdict, client: Client | None) -> NextRunbook | None:
        # A name or an id that is known to be wrong is not handed on.
        known: dict[str, str] = {
            **dict.fromkeys(("username", "symptom", "answer", "client_id"), ""),
            **found.parameters,
        }
        following = self.follow(found.runbook, **known)
        if following is None:
            return None
        secret = {}
        if client is not None and client.has_secret and found.runbook != self.name:
            secret = {"client_secret": "prompt:"} if "client_id" in found.parameters else {}
        return following.model_copy(
            update={"parameters": {**following.parameters, **found.parameters, **secret}}
        )

    @staticmethod
    def refusals() -> Table:
        """Return every error of this runbook's calls as a table; a missing user is a finding."""
        return refusals_of_reading(*OPERATIONS.values(), but=NO_USER)

    @staticmethod
    def training_cases() -> Table:
        """Return the users in trouble that a sandbox can be given, and what each of them says."""
        return Table(
            "Training cases",
            ("Case", "Problem", "What the user says", "What diagnosis is given"),
            tuple(
                (
                    one.name,
                    f"number {one.number}" if one.number else "common too",
                    f"\u201c{one.says}\u201d",
                    one.symptom,
                )
                for one in CASES.values()
            ),
        )


def _asked(question: Question) -> str:
    """Return a question with its choices and their keys, which the parameter answer takes."""
    choices = "; ".join(f"{one.words} ({one.key})" for one in question.choices)
    return f"{question.words} {choices}"


def _unread(found: Verdict, error: ResetError, p: DiagnoseUserParameters) -> Verdict:
    """Say what kept the user from being read, in a verdict that needs no user."""
    if found.problem != "not-read":
        return found
    because = _BECAUSE.get(error.code, "") if isinstance(error, Answered) else ""
    if not because:
        return replace(
            found, evidence=(str(error), *found.evidence), next=f"{error.next} {found.next}"
        )
    known = {"username": p.username, "user_pool_id": p.user_pool_id, "client_id": p.client_id}
    plain = replace(
        verdict(because, (str(error), *found.evidence), **known),
        questions=found.questions,
        candidates=found.candidates,
    )
    if because != _BECAUSE[NO_SUCH]:
        return plain
    # An id that is known to be wrong is not handed on; a pool's id begins with its region.
    region = p.user_pool_id.partition("_")[0]
    say = "Please hold the line: I have to look for your account in another place."
    if region == p.region or not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        return replace(plain, parameters={**plain.parameters, "user_pool_id": ""}, say=say)
    elsewhere = f"The user pool's id begins with its region, {region}, and {p.region} was asked."
    return replace(
        plain,
        evidence=(elsewhere, *plain.evidence),
        parameters={**plain.parameters, "region": region},
        next=f"Check the user pool id; if it is right, diagnose again in {region}.",
        say=say,
    )

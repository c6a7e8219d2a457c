"""What came of a run: the result that a person reads, and how a failed one ends a notebook."""

from dataclasses import dataclass, field

from helpers.cognito.errors import CodeRefused, NotReached, PasswordRefused, Problem, ResetError
from helpers.display.card import BAD, Card
from helpers.run.entry import RUNBOOKS
from helpers.run.record import NextRunbook, Outcome, Step

TO_SEND = "To every contact on file, by your own mailer: “{}”"


@dataclass(frozen=True)
class Result:
    """How a run ended and what follows from it.

    problems: the bad parameters, by field, when nothing was sent. steps: the calls, in their order.
    decided_by: the operation that decided, where it was not the first. afterwards: a message for
    the user that the pool's owner sends, by a mailer of their own, to every contact on file.
    to_agree: the command by which a second person agrees, where the run waits for one. tone: "bad"
    where what was found is bad, however well it was found.
    """

    outcome: Outcome
    exit_code: int
    headline: str
    happened: str = ""
    meaning: str = ""
    say: str = ""
    next: str = ""
    proof: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    steps: tuple[Step, ...] = field(default=(), repr=False)
    decided_by: str = ""
    afterwards: str = ""
    to_agree: str = ""
    tone: str = ""
    next_runbook: NextRunbook | None = None

    @property
    def title(self) -> str:
        """The headline, which says in words too that what was found is bad."""
        return f"Problem found: {self.headline}" if self.tone == BAD else self.headline

    @property
    def request_id(self) -> str:
        """AWS's id for the call that decided the run, for a support case; "" when nothing
        was sent.
        """
        return next(
            (step.request_id for step in self.steps if self.decided_by in ("", step.name)), ""
        )

    def leaves(self, secret: str) -> bool:
        """Whether a secret of this name may be used again: it is neither used up nor refused."""
        if self.outcome is Outcome.NOT_SENT:
            return secret not in {problem.field for problem in self.problems}
        refused = {CodeRefused.exit_code: "code", PasswordRefused.exit_code: "new_password"}
        return self.outcome is Outcome.REFUSED and secret != refused.get(self.exit_code)

    def card(self) -> Card:
        """Return the result as a person reads it."""
        return Card(
            self.title,
            (
                ("What happened", self.happened),
                *(("Please correct", str(problem)) for problem in self.problems),
                ("What it means", self.meaning),
                ("Tell the user", self.say),
                ("What to do next", self.next),
                ("To agree", self.to_agree),
                ("Next runbook", str(self.next_runbook or "")),
                ("Send afterwards", self.afterwards and TO_SEND.format(self.afterwards)),
                ("Proof", self.proof),
                *(("Note", note) for note in self.notes),
                ("Request id", self.request_id),
            ),
            tone=self.tone,
        )


class NotDone(ResetError):
    """The run did not end in `confirmed`. Raised by the last cell, so that an unattended run fails
    visibly.
    """

    def __init__(self, result: Result) -> None:
        super().__init__(f"{result.headline} {result.happened}".strip())
        self.meaning, self.say, self.next = result.meaning, result.say, result.next
        self.exit_code = result.exit_code  # type: ignore[misc]  # each outcome has its own


def not_reached(error: NotReached, *steps: Step) -> Result:
    """Return the result of a run whose call never left."""
    return Result(
        Outcome.NOT_SENT,
        error.exit_code,
        "Not sent: nothing has changed.",
        happened=str(error),
        meaning=error.meaning,
        say=error.say,
        next=error.next,
        steps=steps,
    )


def left_open(following: NextRunbook) -> str:
    """Say what the next runbook needs that nobody knows here, to who calls it by its parameters."""
    schema, given = RUNBOOKS[following.name].parameters, following.parameters
    _, problems = schema.read({**given, "interactive": "yes"}, person=True, gate=False)
    lacking = [
        one.field for one in problems if given.get(one.field) == "" and one.field != "username"
    ]
    return "".join(
        f" The runbook {following.name} also needs {name}: {schema.model_fields[name].description}."
        for name in lacking
    )

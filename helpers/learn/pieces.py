"""Interactive pieces of a lesson: a password to try, a clock to move, steps to go through.

Each is a table first. That is what is stored, and what a code host, an HTML page and a printer
show. Where a person runs the notebook the same table comes with something to try, which needs no
kernel: everything is worked out or measured beforehand, handed to the page, and what is typed there
stays there.
"""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from helpers.cognito.policy import PasswordPolicy, Rule
from helpers.display.card import Table
from helpers.display.person import is_interactive
from helpers.learn import story
from helpers.learn.lesson import Lesson
from helpers.learn.measure import Life, lives
from helpers.sandbox import DEFAULT_USERNAME

ENDS = Rule(
    "ends",
    "",
    "no space at the beginning or the end",
    r"^[^ \t\n\x0b\f\r](.*[^ \t\n\x0b\f\r])?(?![\s\S])",
)
"""What every pool asks besides its policy; see helpers.cognito.policy.PATTERN."""

_SAYS = {
    "InvalidPasswordException": "✓ works: only the password is refused",
    "CodeMismatchException": "✗ does not work: a newer one is in force",
    "ExpiredCodeException": "✗ does not work: no code is in force",
}


class Piece:
    """A table, and what the page needs to make it interactive. kind: policy, clock or steps."""

    def __init__(self, kind: str, table: Table, **facts: Any) -> None:
        self.kind, self.table = kind, table
        self.facts = {
            **facts,
            "table": {"title": table.title, "headings": table.headings, "rows": table.rows},
        }

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        still = {"text/plain": repr(self.table), "text/markdown": self.table._repr_markdown_()}
        if not (is_interactive("auto") and find_spec("anywidget")):
            return still
        from helpers.learn.live import Live

        live: Any = Live(kind=self.kind, facts=self.facts)._repr_mimebundle_()
        return {**live[0], **still}


def policy_field(policy: PasswordPolicy, examples: Sequence[str]) -> Piece:
    """Return a field that ticks a policy's rules while one types, over some examples.

    examples: shown to every reader, so they must be nobody's. Whether a password was used before,
    or is known from a leak, nobody but Cognito can say.
    """
    rules = (*policy.rules(), ENDS)
    rows = [
        (rule.words, *("✓ met" if rule.is_met(example) else "✗ not yet" for example in examples))
        for rule in rules
    ]
    headings = ("The rule", *(example.replace(" ", "␣") for example in examples))
    table = Table("How some passwords fare (␣ is a space)", headings, tuple(rows))
    return Piece(
        "policy", table, rules=[{"words": rule.words, "pattern": rule.pattern} for rule in rules]
    )


def clock_slider(again: int = 20, last: int = 90) -> Piece:
    """Return a clock to move over the life of codes: of one, and of one with a successor.

    again: at which minute the user asks a second time. last: the last minute, counted from the
    first request. Cognito is asked at every minute; what is shown is what it said.
    """
    asked = {"once": (0,), f"again at minute {again}": (0, again)}
    stories: list[dict[str, Any]] = [
        {
            "name": name,
            "codes": [
                {"number": life.number, "asked": life.asked, "spans": _spans(life)}
                for life in lives(minutes, last)
            ],
        }
        for name, minutes in asked.items()
    ]
    rows = [
        (
            told["name"],
            f"code {code['number']}",
            f"{span['first']} to {span['end']}",
            span["said"],
            span["words"],
        )
        for told in stories
        for code in told["codes"]
        for span in code["spans"]
    ]
    headings = (
        "Diego asks",
        "Code",
        "Minutes since the first request",
        "Cognito says",
        "So the code",
    )
    return Piece(
        "clock", Table("When a code works", headings, tuple(rows)), last=last, stories=stories
    )


def _spans(life: Life) -> list[dict[str, Any]]:
    return [
        {"first": first, "end": end, "said": said, "words": _SAYS.get(said, "✗ does not work")}
        for first, end, said in life.spans()
    ]


def step_through(lesson: Lesson, username: str = DEFAULT_USERNAME) -> Piece:
    """Return what happened in a lesson, one step at a time: question, answer, effect."""
    steps = story.steps(lesson.story, username)
    rows = [
        (
            str(number),
            step.at,
            f"{step.who}: {step.asks}, with {', '.join(step.names)}" if step.who else step.asks,
            step.answer,
            "; ".join(step.changed) or "as before",
        )
        for number, step in enumerate(steps, 1)
    ]
    headings = ("Step", "At", "Who asks what", "Cognito answers", "Status, codes and password")
    return Piece(
        "steps",
        Table("Step by step", headings, tuple(rows)),
        steps=[asdict(step) for step in steps],
    )

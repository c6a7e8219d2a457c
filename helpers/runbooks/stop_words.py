"""When an agent stops and hands over: the signs of a call in another one's name.

They are data, for a form, a desk and the documents alike. Sources: public reports of the incidents
of 2022 to 2025 in which help desks were talked into resets, and guides for support desks; see
docs/identity.md.
"""

from dataclasses import dataclass

from helpers.target.pools import Pool


@dataclass(frozen=True)
class StopWord:
    """A sign, and why it is one. sign: what the caller does, as the end of "The caller ..."."""

    sign: str
    why: str


STOP_WORDS = (
    StopWord("is in a great hurry", "pressure is how rules are talked away; the rules stay"),
    StopWord(
        "refuses a call back to a number on file",
        "who has the account's phone can take a call on it",
    ),
    StopWord(
        "wants a new contact and a reset in one call",
        "that hands the account to anyone who reads the new contact",
    ),
    StopWord("calls for somebody else", "only the user can prove to be the user"),
    StopWord(
        "asks what is on file",
        "the user knows it; anyone who does not is collecting it",
    ),
)


def hand_over(pool: Pool) -> str:
    """Return to whom a case goes that may be an attack."""
    return (
        pool.security_contact or pool.owner or "the person who answers for the security of the pool"
    )


def stop_row(pool: Pool) -> tuple[str, str]:
    """Return the row of a plan that says when to stop, and whom to hand over to."""
    *signs, last = (one.sign for one in STOP_WORDS)
    words = f"{', '.join(signs)}, or {last}. Then do nothing and hand over to {hand_over(pool)}"
    return "Stop, if the caller", words

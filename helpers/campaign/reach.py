"""Which references of a campaign's rows a worker elsewhere cannot resolve; told before its first.

`secretsmanager:` and `ssm:` need that machine's own role. `env:`, `file:` and `keyring:` must be
there. What needs this machine, or a person at it, is refused: a generated password, too, would lie
on whichever machine took its row.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import WAITING
from helpers.run.entry import RunbookEntry
from helpers.run.keyrings import missing_from_keyring

_NEEDS_HERE = ("prompt", "stdin", "mailbox", "literal")
_PLACES_HERE = ("file", "keyring")
_MOST = 20


def refused_elsewhere(ledger: Ledger, campaign: str, entry: RunbookEntry) -> list[str]:
    """Return why rows that wait may be run on the owner's machine only, whatever others have."""
    return _told(
        (number, name, words)
        for number, parameters in _rows(ledger, campaign)
        for name, words in _only_here(entry, parameters)
    )


def unresolvable_here(ledger: Ledger, campaign: str, entry: RunbookEntry) -> list[str]:
    """Return what stands against running the rows that wait on this machine."""
    return _told(
        (number, name, words)
        for number, parameters in _rows(ledger, campaign)
        for name, words in _missing(entry, parameters)
    )


def _rows(ledger: Ledger, campaign: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((row.number, row.parameters) for row in ledger.rows(campaign, WAITING))


def _only_here(entry: RunbookEntry, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    filled = entry.parameters.filled_in(given)
    for name, about in entry.parameters.model_fields.items():
        scheme = str(filled.get(name, about.default)).partition(":")[0]
        if name in entry.parameters.SECRETS and scheme in _NEEDS_HERE:
            yield name, f"is {scheme}:, which works on the owner's machine only."
        if name in entry.parameters.PLACES and scheme in _PLACES_HERE:
            yield name, f"is {scheme}:, so the password would lie on the machine that took the row."


def _missing(entry: RunbookEntry, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    read, problems = entry.parameters.read(given, person=False, given=given.keys())
    if read is not None:
        problems = missing_from_keyring(read)
    for problem in problems:
        yield problem.field, problem.words


def _told(found: Iterator[tuple[int, str, str]]) -> list[str]:
    """Return the first of them as lines, rows of one fault together."""
    lines: dict[tuple[str, str], int] = {}
    for number, name, words in found:
        lines.setdefault((name, words), number)
        if len(lines) > _MOST:
            break
    return [f"line {number}: {name} {words}" for (name, words), number in lines.items()][:_MOST]

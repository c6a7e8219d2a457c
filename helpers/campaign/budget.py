"""How many rows of a campaign may fail before it pauses: of all, and of the last hundred."""

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import ENDED

_LATELY = 100


def keep_to_budget(ledger: Ledger, campaign: str) -> None:
    """Pause a campaign of which more rows have failed than it may.

    A budget below 1 is a share, and then counts for the last hundred rows too: a change on the way
    must not hide behind the many before it.
    """
    budget = ledger.campaign(campaign).budget
    if not budget:
        return
    counts = ledger.counts(campaign)
    bad = sum(number for (state, _, code), number in counts.items() if state == ENDED and code)
    if bad > (budget if budget >= 1 else budget * sum(counts.values())):
        ledger.pause(campaign, f"{bad} rows have failed, which is more than it may be")
        return
    lately = ledger.last(campaign, _LATELY) if budget < 1 else []
    bad = sum(1 for row in lately if row.exit_code)
    if len(lately) == _LATELY and bad > budget * _LATELY:
        words = f"{bad} of the last {_LATELY} rows have failed, which is more than it may be"
        ledger.pause(campaign, words)

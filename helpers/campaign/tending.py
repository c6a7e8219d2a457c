"""What an owner does while rows run: it waits for its workers, and replaces those that die."""

from collections.abc import Callable
from dataclasses import dataclass

from helpers.campaign.ending import ending_of_lost
from helpers.campaign.ledger import Ledger
from helpers.campaign.others import Others
from helpers.campaign.presence import held_elsewhere
from helpers.campaign.schema import ACTING, CLAIMED, RUNNING
from helpers.campaign.workers import Done, WorkerPool, close_row
from helpers.run.journal import Journal
from helpers.runner.signals import StopRequests

_MOST_LOST = 20
"""Workers that die one after the other while no row ends: another would die as they did."""
_ALL_DIE = "its workers die before their time, one after the other, and no row ends"


@dataclass
class Tending:
    """Waits for workers: takes back what one that died held, and starts another."""

    crew: WorkerPool
    others: Others
    ledger: Ledger
    campaign: str
    journal: Journal
    on_done: Callable[[Done, int], None] | None
    _count: int = 0
    _lost: int = 0

    def until_over(self, stop: StopRequests, size: int) -> None:
        """Wait until no row is under way and none may begin. size: of a crew that has work."""
        while self.crew.working or self.others.busy() or self._goes_on():
            if size and not self.crew.working and self._goes_on():
                self.crew.spawn()
            gone = self._collect(stop)
            if gone and self._more():
                for _ in range(gone):
                    self.crew.spawn()
        self._tell(self.others.tend())

    def until_gone(self) -> None:
        """Wait until this machine's workers are gone, and have no other act any more."""
        self.others.close()
        while self.crew.working:
            self._collect(None)
        self._tell(self.others.tend())

    def _collect(self, stop: StopRequests | None) -> int:
        rows, gone = self.crew.collect(self.others.looks_every, stop)
        self._tell(rows)
        self._lost = len(gone) if rows else self._lost + len(gone)
        if self._lost >= _MOST_LOST:
            self.ledger.pause(self.campaign, _ALL_DIE)
        for worker in gone:
            take_back(self.ledger, self.campaign, self.journal, worker=worker)
        self._tell(self.others.tend())
        return len(gone)

    def _goes_on(self) -> bool:
        """Whether rows may begin elsewhere, or are put back from there."""
        return bool(self.others.looks_every) and self._more()

    def _more(self) -> bool:
        running = self.ledger.campaign(self.campaign).state == RUNNING
        return running and self.ledger.may_come(self.campaign)

    def _tell(self, rows: list[Done]) -> None:
        for row in rows:
            self._count += not row.again
            if self.on_done:
                self.on_done(row, self._count)


def take_back(ledger: Ledger, campaign: str, journal: Journal, worker: str = "") -> None:
    """Decide what became of the rows whose worker is gone: of one, or of all on this machine."""
    elsewhere = {row.run for row in held_elsewhere(ledger, campaign)}
    for row in list(ledger.rows(campaign, CLAIMED, ACTING, worker=worker)):
        if row.run in elsewhere or row.run and journal.is_under_way(row.run):
            continue
        close_row(ledger, campaign, row, ending_of_lost(row, journal))

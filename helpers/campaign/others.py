"""What a campaign's owner does for workers on other machines; with SQLite there are none.

It gives signs of life, files what comes home, and decides on the rows of workers that are silent.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import update

from helpers.campaign.cluster import Cluster, ClusterAt, connected
from helpers.campaign.ending import ending_unknown
from helpers.campaign.homecoming import Filing
from helpers.campaign.ledger import Ledger
from helpers.campaign.presence import (
    forget_silent,
    held_by_silent,
    held_elsewhere,
    owning,
    tell_options,
    workers_there,
)
from helpers.campaign.schema import ACTING, CLAIMED, ROWS, WAITING, Row
from helpers.campaign.workers import Done, close_row
from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entry import RunbookEntry

_LOOKS_EVERY = 1.0
_STAYS_HERE = ("out", "timeout", "username_as")
"""Options of a run that are not those of workers elsewhere."""


class Others:
    """The workers elsewhere, as the owner sees them. This one has none."""

    looks_every: float | None = None
    """Seconds after which the owner looks; None where it need not."""

    def check(self) -> None:
        """Raise BadParameters where a worker cannot run the rows."""

    def tend(self) -> list[Done]:
        """File what has come home, take back what silent workers held; return how rows ended."""
        return []

    def tell(self, agreed: Mapping[str, Any] | None) -> None:
        """Tell them how each run is done, and who has agreed to the campaign, as JSON data; none
        of them begins a row before that.
        """

    def busy(self) -> bool:
        """Whether any of them still holds a row."""
        return False

    def close(self) -> None:
        """Have no more of them begin."""


class OthersByLedger(Others):
    """Those that have come to the ledger by themselves: see helpers.campaign.remote."""

    looks_every = _LOOKS_EVERY

    def __init__(
        self,
        ledger: Ledger,
        campaign: str,
        entry: RunbookEntry,
        options: Mapping[str, Any],
        cluster: Cluster | None = None,
    ) -> None:
        self._ledger, self._campaign, self._cluster = ledger, campaign, cluster
        self._told = {name: value for name, value in options.items() if name not in _STAYS_HERE}
        self._filing = Filing(
            ledger, campaign, entry, options["out"], options.get("username_as", "")
        )

    def check(self) -> None:
        """Raise BadParameters where one of those that are there cannot resolve a reference."""
        problems = [
            Problem(f"worker {worker.name}", words)
            for worker in workers_there(self._ledger, self._campaign)
            for words in worker.problems
        ]
        problems += self._cluster.problems() if self._cluster else []
        if problems:
            raise BadParameters(problems)

    def tend(self) -> list[Done]:
        """File what has come home, take back what silent workers held; return how rows ended."""
        if self._cluster:
            self._cluster.tend()
        for row in held_by_silent(self._ledger, self._campaign):
            self._take_back(row)
        forget_silent(self._ledger, self._campaign)
        return self._filing.file()

    def tell(self, agreed: Mapping[str, Any] | None) -> None:
        """Tell them how each run is done, and who has agreed to the campaign, as JSON data; none
        of them begins a row before that.
        """
        tell_options(self._ledger, self._campaign, {**self._told, "agreed": agreed})

    def busy(self) -> bool:
        """Whether any of them still holds a row, silent ones too."""
        working = self._cluster is not None and self._cluster.busy()
        return working or bool(held_elsewhere(self._ledger, self._campaign))

    def close(self) -> None:
        """Pause the campaign: what has not acted yet acts no more."""
        self._ledger.pause(self._campaign, "its owner was asked to end")

    def _take_back(self, row: Row) -> None:
        """Decide on a row whose worker has been silent until its run has surely ended."""
        if row.state == ACTING:
            meaning = f"Its worker {row.worker} has given no sign of life since."
            close_row(self._ledger, self._campaign, row, ending_unknown(row, meaning))
            self._filing.lost(row, meaning)
            return
        # Whatever that worker does now: its claim is none any more, so it can get no permit.
        with self._ledger.engine.begin() as db:
            db.execute(
                update(ROWS)
                .where(ROWS.c.campaign == self._campaign, ROWS.c.number == row.number)
                .where(ROWS.c.run == row.run, ROWS.c.state == CLAIMED)
                .values(state=WAITING, worker="")
            )


@contextmanager
def open_to_others(
    ledger: Ledger,
    folder: Path,
    entry: RunbookEntry,
    options: Mapping[str, Any],
    at: ClusterAt | None = None,
) -> Iterator[Others]:
    """Be the owner for workers elsewhere, too, where the ledger can be reached from there.

    folder: the campaign's. options: of each run. at: a cluster whose workers are to work. Raises
    OwnedElsewhere, and BadParameters where the cluster cannot be used.
    """
    if at is None and ledger.engine.dialect.name == "sqlite":
        yield Others()
        return
    name = f"{socket.gethostname()}:{folder.absolute()}"
    with ExitStack() as within:
        opened = at and connected(at, ledger, folder.name, entry, options.get("timeout"))
        cluster = within.enter_context(opened) if opened else None
        within.enter_context(owning(ledger, folder.name, name))
        yield OthersByLedger(ledger, folder.name, entry, options, cluster)

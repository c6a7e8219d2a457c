"""A campaign in a notebook: what each of its cells shows.

    page = CampaignPage(runbook="admin-reset", table="users.csv")
    page.plan()

The campaign runs in a process of its own (`helpers.campaign.apart`). A page reads and writes its
ledger alone, so that closing it stops nothing, and any number of pages show the same. Without a
person it is the report of a campaign, and begins none: but in practice, where it shows a sample.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers.campaign import apart, owner, pictures, told
from helpers.campaign.given import Given
from helpers.campaign.ledger import Ledger
from helpers.campaign.pace import halve, paces
from helpers.campaign.plan import Plan, plan_of, planned
from helpers.campaign.practice import practice_table
from helpers.campaign.report import following, write_next, write_report
from helpers.campaign.schema import STOPPED, LedgerError, Row
from helpers.campaign.seen import Seen, begun, course, look, not_done
from helpers.campaign.settle import settle
from helpers.cognito.errors import BadParameters, Problem, ResetError
from helpers.display.card import Card
from helpers.display.live import Control, Drawn, Live, Progress, Several
from helpers.run import head
from helpers.run.journal import NAME
from helpers.run.masking import username_as, username_masker
from helpers.runbooks import RUNBOOKS

_AT_ONCE = 0.5  # seconds
_DONE = (0, 1, 9, 10)
"""Exit codes of a campaign's process that has done what it was asked to."""


class CountsDiffer(ResetError):
    """Not every row of the table is over, and known. Raised by the last cell of a notebook."""

    meaning = "This is not the end of the campaign."
    next = "Go on with what is left, and settle what is unknown; then show this again."


@dataclass(frozen=True)
class Part:
    """What one cell shows: something to read, and where a person is there, buttons."""

    content: Any
    controls: tuple[Control, ...] = ()
    progress: Progress | None = None


class CampaignPage:
    """One campaign, and what a notebook shows of it, cell by cell.

    given: the parameters, each of them a text; see `helpers.campaign.given`. Raises BadParameters
    with every problem at once. With neither a table nor a campaign it is practice in the sandbox.
    """

    def __init__(self, **given: Any) -> None:
        self._given = Given.read(given)
        self._entry, self._out = self._given.entry, self._given.out
        self._folder, self._table = self._given.folder, self._given.table
        self._ledger: Ledger | None = None
        self._plan: Plan | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._users = self._in = 0
        self._found: dict[str, tuple[float, Any]] = {}
        if self._given.practice:
            client = self._given.parameters({}).to_target().client(signed=True)
            self._table = practice_table(self._out, self._entry, client)
        if self._table:
            rows = self._given.rows(self._table)
            self._in, self._first_row = len(rows), rows[0][1]
            digest = owner.digest_of(self._entry, rows)
            self._folder = owner.find_campaign(self._out, digest, self._entry)
        else:
            self._entry = RUNBOOKS[self._opened().campaign(self._name).runbook]
            self._given = replace(self._given, entry=self._entry)
            self._first_row = dict(next(self._opened().rows(self._name)).parameters)

    # --- before it begins ---

    def where(self) -> Card:
        """Say which Cognito this is about, and as whom its calls are made. Sends nothing."""
        p = self._given.parameters(self._first_row)
        name = self._folder.name if self._folder else ""
        return told.where_card(self._given, p, self._table, name)

    def plan(self) -> Card:
        """Read every user who was not read yet, and say what will be done. Changes nothing."""
        if self._table and not self._has_begun():
            summary = owner.run_table(
                self._entry,
                self._table,
                out=self._out,
                shared=self._given.shared,
                manner=self._given.manner,
                dry_run=True,
            )
            self._folder, self._plan = Path(summary.folder), summary.plan
        return told.plan_card(self._planned(), self._entry, self._paces())

    def _has_begun(self) -> bool:
        """Whether the users were read, since a process runs the campaign, or has run it."""
        if self._folder is None:
            return False
        campaign = self._look().campaign
        return bool(campaign.begun) or campaign.state == STOPPED or owner.is_owned(self._folder)

    def verdicts(self) -> Several:
        """Return a bar for each verdict of the plan, and its table."""
        return Several(pictures.verdicts(self._planned().verdicts))

    def _planned(self) -> Plan:
        if self._plan is None:
            self._plan = plan_of(
                *(planned(self._opened(), self._name), self._entry, self._paces()),
                per_day=self._given.manner.hours.per_day,
            )
        return self._plan

    def _paces(self) -> dict[str, float]:
        return owner.paces_of(self._entry, self._given.manner.pace)

    def gate(self) -> Any:
        """Ask for the number of users, which a runbook that changes something wants repeated."""
        return self._shown("The gate", self._draw_gate, self._press_gate)

    def _draw_gate(self, _: bool) -> Part:
        rows, begun = self._planned().rows, self._look().campaign.begun
        needed = self._entry.changes and not begun
        card = told.gate_card(rows, begun=bool(begun), needed=needed, is_open=self._is_open())
        asks = "Repeat the number of users"
        control = Control("open", "Open the gate", asks=asks)
        return Part(card, (control,) if needed else ())

    def _press_gate(self, _: str, number: str) -> str:
        rows = self._planned().rows
        self._users = int(number) if number.isdecimal() else 0
        if self._is_open():
            return f"The gate is open: {rows} users are meant. Nothing was sent yet."
        return f"The table has {rows} users. The gate stays closed, and nothing was sent."

    def _is_open(self) -> bool:
        return not self._entry.changes or self._users == self._planned().rows

    # --- while it runs ---

    def first(self) -> Any:
        """Run the first rows, and show each of them."""
        if self._given.sample:
            self._run_sample()
        return self._shown("The first rows", self._draw_first, self._press_go)

    def _draw_first(self, clear: bool) -> Part:
        seen, count = self._look(), self._given.first
        table = told.rows_table(
            f"The first {count} rows", begun(self._opened(), self._name, count), self._mask(clear)
        )
        left = max(count - seen.campaign.begun, 0)
        control = self._go_control(seen, "first", f"Run the first {left}")
        return Part(table, (control,) if left else ())

    def go(self) -> Any:
        """Go on with the rest, pause, or go slower; say how far it is."""
        return self._shown("The campaign", self._draw_go, self._press_go)

    def _draw_go(self, _: bool) -> Part:
        seen = self._look()
        rates = paces(self._opened(), self._name)
        pace = "; ".join(f"{name} {rate:.1f}" for name, rate in rates.items() if rate)
        card = Card(
            "The campaign",
            (
                ("State", told.state_words(seen, starting=self._is_starting())),
                ("Progress", "" if self._given.person else told.progress_words(seen)),
                ("Pace, calls a second", pace if seen.working else ""),
                ("Campaign", "" if self._given.sample else self._name),
                ("Its process says", self._trouble()),
            ),
        )
        controls = (
            self._go_control(seen, "rest", "Go on with the rest"),
            Control("pause", "Pause", ready=seen.working, quiet=True),
            Control("slower", "Slower: half the pace", ready=seen.working, quiet=True),
        )
        words = told.progress_words(seen)
        progress = Progress("Users who are over", seen.over, seen.rows, words)
        return Part(card, controls if seen.over < seen.rows else (), progress)

    def _go_control(self, seen: Seen, name: str, label: str) -> Control:
        busy = seen.working or self._is_starting()
        closed = not seen.campaign.begun and not self._is_open()
        why = "It is running." if busy else "The gate above is closed." if closed else ""
        return Control(name, label, ready=not why, why=why)

    def _press_go(self, name: str, _: str) -> str:
        ledger = self._opened()
        if name == "pause":
            ledger.pause(self._name, "somebody has paused it")
            return "Paused: no other row begins. What has acted comes to its end."
        if name == "slower":
            halve(ledger, self._name, owner.paces_of(self._entry, owner.CALLS_A_SECOND))
            return "Slower: half the pace, until it is paused and goes on."
        first = self._given.first - self._look().campaign.begun if name == "first" else 0
        options = self._given.options(users=self._planned().rows, first=first)
        self._process = apart.start(self._folder_now, self._out, options)
        return "It runs in a process of its own: closing this page stops nothing."

    def _is_starting(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _trouble(self) -> str:
        ended = self._process.poll() if self._process else None
        return "" if ended is None or ended in _DONE else apart.last_words(self._folder_now)

    def _run_sample(self) -> None:
        seen = self._look()
        if seen.over < seen.rows:
            options = self._given.options(users=self._planned().rows, first=0)
            if apart.start(self._folder_now, self._out, options).wait() not in _DONE:
                raise LedgerError(apart.last_words(self._folder_now))
            self._found.clear()

    def progress(self) -> Any:
        """Return what ended when, as a picture and as a table."""
        return self._shown("What ended when", self._draw_progress)

    def _draw_progress(self, _: bool) -> Part:
        found = self._once("course", lambda: course(self._opened(), self._name))
        return Part(Several(pictures.over_time(found)))

    # --- afterwards ---

    def failures(self) -> Any:
        """Return who was not helped, by the runbook that helps next, with a table to make."""
        return self._shown("Not done", self._draw_failures, self._press_failures)

    def _draw_failures(self, clear: bool) -> Part:
        found = self._once("following", lambda: following(not_done(self._opened(), self._name)))
        controls = tuple(
            Control(name, f"Make the table for {name} ({len(rows)})", quiet=True)
            for name, rows in found.items()
        )
        return Part(told.following_table(found, self._mask(clear)), controls)

    def _press_failures(self, name: str, _: str) -> str:
        path = write_next(
            self._folder_now, name, following(not_done(self._opened(), self._name))[name]
        )
        return f"{path} has them, in clear: batch {name} takes it."

    def settle(self) -> Any:
        """Read what became of the rows that nobody knows of."""
        return self._shown("What is unknown", self._draw_settle, self._press_settle)

    def _draw_settle(self, _: bool) -> Part:
        unknown = self._look().outcomes.get("unknown", 0)
        words = "their users are read, and nothing is sent" if unknown else "nothing to do"
        rows = (("Rows", str(unknown)), ("What helps", words))
        card = Card("Rows of which nobody knows what became", rows)
        controls = (Control("settle", "Read their users"),) if unknown else ()
        return Part(card, controls)

    def _press_settle(self, _: str, __: str) -> str:
        found = settle(self._opened(), self._name, self._entry)
        left = [one for one in found if one.outcome == "unknown"]
        told_of = " ".join(f"Line {one.number}: {one.words}" for one in left[:5])
        return (
            f"{len(found) - len(left)} rows are settled, {len(left)} are still unknown. {told_of}"
        )

    def report(self) -> Any:
        """Write the results as tables, and say where they are and where the journal stands."""
        if not self._given.person:
            self._write_report()
        return self._shown("The report", self._draw_report, lambda *_: self._write_report())

    def _draw_report(self, _: bool) -> Part:
        files = sorted(path.name for path in self._folder_now.glob("*.csv"))
        there = head.read(self._out / f"{NAME}.head")
        folder = "" if self._given.sample else str(self._folder_now)
        card = told.report_card(files, folder, there.digest if there else "")
        return Part(card, (Control("report", "Write the report", quiet=True),))

    def _write_report(self) -> str:
        how = username_as()
        paths = write_report(
            self._opened(),
            self._name,
            self._entry,
            self._folder_now,
            username_as=how,
            key=self._out,
        )
        return "Written: " + ", ".join(path.name for path in paths)

    def proof(self) -> Any:
        """Return what went in and what came out. Raises CountsDiffer where nobody is there, and not
        every row is over and known.
        """
        if not self._given.person:
            seen = self._look()
            known = seen.over - seen.outcomes.get("unknown", 0)
            if known != self._counted_in(seen):
                raise CountsDiffer(
                    f"{self._counted_in(seen)} rows went in, and of {known} it is known what became"
                    " of them."
                )
        shown = self._shown("Counts in, counts out", self._draw_proof)
        if self._given.scratch:
            self._opened().close()
            shutil.rmtree(self._out, ignore_errors=True)
        return shown

    def _draw_proof(self, _: bool) -> Part:
        seen = self._look()
        return Part(told.counts_table(seen, self._counted_in(seen)))

    def _counted_in(self, seen: Seen) -> int:
        return self._in or seen.rows

    # --- inner ---

    @property
    def _folder_now(self) -> Path:
        if self._folder is None:
            raise BadParameters([Problem("the plan", "comes first: run its cell above.")])
        return self._folder

    @property
    def _name(self) -> str:
        return self._folder_now.name

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger.in_folder(self._folder_now)
        return self._ledger

    def _look(self) -> Seen:
        seen: Seen = self._once("seen", lambda: look(self._opened(), self._folder_now))
        return seen

    def _once(self, name: str, find: Callable[[], Any]) -> Any:
        """Return what there is to find: once for all panels that ask at about the same time, and in
        a large ledger so seldom that it takes a twentieth of the time.
        """
        now = time.monotonic()
        until, found = self._found.get(name, (0.0, None))
        if now >= until:
            found = find()
            took = time.monotonic() - now
            self._found[name] = now + took + max(20 * took, _AT_ONCE), found
        return found

    def _mask(self, clear: bool) -> told.Mask:
        how = "clear" if clear else username_as()

        def mask(row: Row, text: str) -> str:
            return username_masker(self._entry, row.parameters, how, self._out)(text)

        return mask

    def _shown(
        self,
        label: str,
        draw: Callable[[bool], Part],
        press: Callable[[str, str], str] | None = None,
    ) -> Any:
        """Return a part to look at again and again for a person, else as it is now.

        draw: is told whether users may be named in clear.
        """
        if not self._given.person:
            return draw(False).content

        def drawn() -> Drawn:
            part = draw(True)
            kept = "" if self._look().working else draw(False).content.to_html()
            return Drawn(part.content.to_html(), part.controls, part.progress, kept)

        def pressed(name: str, number: str) -> str:
            try:
                return press(name, number) if press else ""
            finally:
                self._found.clear()

        return Live(label, drawn, pressed)

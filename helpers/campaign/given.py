"""What a campaign's notebook is given: texts, checked all at once, before anything is read."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.campaign.hours import Hours
from helpers.campaign.owner import FOLDER, Manner, folders
from helpers.campaign.table import read_table
from helpers.cognito.errors import BadParameters, Problem
from helpers.display.person import is_interactive
from helpers.run.entry import RunbookEntry
from helpers.run.masking import RUNS, username_as
from helpers.run.parameters import Parameters
from helpers.runbooks import RUNBOOKS

DEFAULTS: dict[str, tuple[str, str]] = {
    "runbook": ("admin-reset", "the runbook that each user gets"),
    "table": ("", "a CSV file of users; empty to practise with a dozen"),
    "campaign": ("", "the name of a campaign that is there, instead of a table"),
    "out": ("", "the folder of runs; empty for runs, or the one that JupyterLab was started on"),
    "pool": ("", "a pool of pools.toml, or practice; it fills in what is not given"),
    "target": ("sandbox", "sandbox, aws, or an endpoint's URL on this machine"),
    "region": ("us-east-1", "the AWS region of the user pool"),
    "profile": ("", "the AWS profile, where a call has to be signed"),
    "user_pool_id": ("", "the user pool; empty for that of the table, the pool or the sandbox"),
    "first": ("10", "how many users are looked at before the rest"),
    "pace": ("10", "calls a second of the scarcest quota, at most; 0 for no limit"),
    "workers": ("2", "processes at work, 1 to 32"),
    "window": ("", "begins users only between these local times, such as 20:00-06:00"),
    "per_day": ("0", "begins so many users on one date, at most; 0 for any number"),
    "notebooks": ("all", "all, failed or none, which keep records and are faster"),
    "max_errors": (
        "0",
        "pauses when more rows than this have failed, as 20 or 2%; 0 for any number",
    ),
    "over_mail_limit": ("no", "yes to begin although more e-mails go out than are sent in a day"),
    "interactive": ("auto", "auto, yes or no, whether a person is there"),
}
"""Every parameter: its default, and what it means."""
_SHARED = ("pool", "target", "region", "profile", "user_pool_id")
_FORMS = {
    "first": (r"[1-9][0-9]{0,5}", "must be a number from 1 on."),
    "pace": (r"[0-9]{1,4}(\.[0-9]+)?", "must be a number of calls a second, or 0."),
    "workers": (r"[1-9]|[12][0-9]|3[0-2]", "must be a number from 1 to 32."),
    "max_errors": (r"[0-9]{1,6}|[1-9][0-9]?%", "must be a number of rows, or a share such as 2%."),
    "per_day": (r"[0-9]{1,6}", "must be a number of users, or 0."),
    "notebooks": (r"all|failed|none", "must be all, failed or none."),
    "over_mail_limit": (r"yes|no", "must be yes or no."),
    "interactive": (r"auto|yes|no", "must be auto, yes or no."),
}


@dataclass(frozen=True)
class Given:
    """The parameters, read.

    practice: neither a table nor a campaign was named. person: whether somebody is there. shared:
    the parameters that every row has. scratch: the folder of runs is a sample's alone.
    """

    entry: RunbookEntry
    texts: Mapping[str, str]
    table: Path | None
    folder: Path | None
    out: Path
    practice: bool
    person: bool
    scratch: bool

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Given":
        """Read them. Raises BadParameters with every problem at once."""
        texts = {
            name: str(values.get(name, default)).strip() for name, (default, _) in DEFAULTS.items()
        }
        problems = [Problem(name, "is no parameter.") for name in values if name not in DEFAULTS]
        problems += [
            Problem(name, words)
            for name, (pattern, words) in _FORMS.items()
            if not re.fullmatch(pattern, texts[name])
        ]
        try:
            Hours.read(texts["window"])
        except ValueError as exc:
            problems.append(Problem("window", str(exc)))
        entry = RUNBOOKS.get(texts["runbook"])
        if entry is None:
            names = ", ".join(sorted(RUNBOOKS))
            problems.append(Problem("runbook", f"must be one of {names}."))
        table = Path(texts["table"]).absolute() if texts["table"] else None
        if table and texts["campaign"]:
            problems.append(
                Problem("campaign", "cannot be named beside a table: name one of them.")
            )
        elif table and not table.is_file():
            problems.append(Problem("table", "names no file."))
        practice = not table and not texts["campaign"]
        if practice and (texts["target"] != "sandbox" or texts["pool"] not in ("", "practice")):
            problems.append(
                Problem("table", "is needed, or a campaign: only practice does without.")
            )
        elif practice and texts["runbook"] != DEFAULTS["runbook"][0] and entry:
            problems.append(Problem("table", "is needed: practice is for admin-reset."))
        try:
            username_as()
        except BadParameters as exc:
            problems += exc.problems
        person = not problems and is_interactive(texts["interactive"])
        out, scratch = _out(texts["out"], scratch=practice and not person)
        folder = None
        if texts["campaign"] and not problems:
            folder = next((one for one in folders(out) if one.name == texts["campaign"]), None)
            if folder is None:
                problems.append(Problem("campaign", f"is not among those in {out / FOLDER}."))
        if problems or entry is None:
            raise BadParameters(problems)
        os.environ.setdefault("COGNITO_SANDBOX", str(out / "sandbox.sqlite"))
        return cls(entry, texts, table, folder, out, practice, person, scratch)

    @property
    def sample(self) -> bool:
        """Whether it is run in the sandbox by itself, to show what it is like."""
        return self.practice and not self.person

    @property
    def first(self) -> int:
        """How many users are looked at before the rest."""
        return int(self.texts["first"])

    @property
    def shared(self) -> dict[str, str]:
        """The parameters that every row has, unless it says otherwise."""
        given = {name: self.texts[name] for name in _SHARED}
        return {name: text for name, text in given.items() if text not in ("", DEFAULTS[name][0])}

    @property
    def manner(self) -> Manner:
        """How the campaign is to be run, as far as its plan asks."""
        over = self.texts["over_mail_limit"] == "yes"
        return Manner(pace=float(self.texts["pace"]), over_mail_limit=over)

    def options(self, *, users: int, first: int) -> list[str]:
        """Return the options with which its process goes on. first: 0 for all that are left."""
        texts = self.texts
        changing = ["--users", str(users)] if self.entry.changes else []
        over = ["--over-mail-limit"] if texts["over_mail_limit"] == "yes" else []
        window = ["--window", texts["window"]] if texts["window"] else []
        per_day = ["--per-day", texts["per_day"]] if int(texts["per_day"]) else []
        return [
            *changing,
            *window,
            *per_day,
            *("--first", str(first), "--pace", "0" if self.sample else texts["pace"]),
            *("--workers", texts["workers"], "--max-errors", texts["max_errors"]),
            *("--notebooks", "none" if self.sample else texts["notebooks"]),
            *over,
        ]

    def rows(self, table: Path) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows of the table. Raises BadParameters with the problems of all of them."""
        return read_table(self.entry, table, self.shared)

    def parameters(self, row: Mapping[str, Any]) -> Parameters:
        """Return a row's parameters. Raises BadParameters."""
        read, problems = self.entry.parameters.read(row, person=False, gate=False)
        if read is None:
            raise BadParameters(problems)
        return read


def _out(text: str, *, scratch: bool) -> tuple[Path, bool]:
    """Return the folder of runs, and whether it is made for a sample alone."""
    named = text or os.environ.get(RUNS, "")
    if named or not scratch:
        out = Path(named or "runs").absolute()
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        return out, False
    return Path(tempfile.mkdtemp(prefix="campaign-")), True

"""A ledger that fails while a campaign runs: its disk is full, or its server stops."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from helpers.__main__ import main
from helpers.campaign import ledger as ledgers
from helpers.campaign import owner
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import ENDED, LedgerGone
from tests import ROOT, postgres, until
from tests.campaign.test_owner import changes, run, users

__all__ = ["users"]

SAID = "Error: the ledger can no longer be used: "


@pytest.fixture
def read_only(users, tmp_path, monkeypatch):
    """A campaign that is planned, and its ledger on a disk that can only be read from now on."""
    run(users, tmp_path, dry_run=True)
    opened = ledgers.open_engine

    def open_read_only(*args, **how):
        engine = opened(*args, **how)
        event.listen(engine, "connect", lambda db, _: db.execute("PRAGMA query_only = ON"))
        return engine

    monkeypatch.setattr(ledgers, "open_engine", open_read_only)
    monkeypatch.setattr(ledgers.META, "create_all", lambda _: None)
    return tmp_path / "runs"


def command(*words):
    return CliRunner().invoke(main, ["batch", *map(str, words)])


def test_the_owner_says_so_in_words_and_ends_with_7(users, read_only):
    told = command("confirm-reset", users, "--out", read_only, "--users", 3, "--pace", 0)
    assert told.exit_code == 7
    assert told.stderr.splitlines()[-1].startswith(SAID)
    assert "repeat the command" in told.stderr
    assert isinstance(told.exception, SystemExit)
    assert not changes()


def test_what_only_reads_goes_on(read_only):
    assert command("status", "--out", read_only).exit_code == 0
    assert command("pause", "--out", read_only).exit_code == 7


def test_what_failed_is_a_fault_of_the_ledger_to_python(read_only):
    [folder] = owner.folders(read_only)
    with Ledger.in_folder(folder) as ledger, pytest.raises(LedgerGone, match="readonly database"):
        ledger.pause(folder.name, "why not")


def test_where_its_server_stops_one_line_says_so_and_all_come_to_an_end(users, tmp_path):
    with postgres.running() as url:
        words = ["confirm-reset", users, "--out", tmp_path / "runs", "--users", 3]
        how = ["--ledger", url, "--notebooks", "none", "--pace", 0.1, "--workers", 2]
        process = subprocess.Popen(
            [sys.executable, "-m", "helpers", "batch", *map(str, [*words, *how])],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def one_is_over():
            assert process.poll() is None
            for folder in owner.folders(tmp_path / "runs"):
                with Ledger.in_folder(folder) as ledger:
                    return list(ledger.rows(folder.name, ENDED))

        until(one_is_over)
    told = process.communicate(timeout=120)[0]
    assert process.returncode == 7, told
    assert [line for line in told.splitlines() if line.startswith("Error")] == [
        line for line in told.splitlines() if line.startswith(SAID)
    ]
    assert "Traceback" not in told
    assert sum(changes().values()) < 3

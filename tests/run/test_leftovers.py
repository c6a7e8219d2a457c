"""What killed processes leave is cleared; what lives is let alone."""

import os
import time
from pathlib import Path

from helpers.run.journal import NAME, Journal
from helpers.run.leftovers import clear_leftovers


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def leave(folder, run):
    (folder / run).mkdir()
    for name in (f".{run}.lock", f"{run}/.record.json.123", f"{run}/record.json"):
        (folder / name).touch()


def test_a_lock_that_nobody_holds_goes_with_the_drafts_of_its_run(tmp_path):
    leave(tmp_path, "dead")
    clear_leftovers(tmp_path)
    assert files(tmp_path) == ["dead/record.json"]


def test_a_run_that_is_under_way_is_let_alone_however_old_it_looks(tmp_path):
    with Journal(tmp_path).under_way("alive"):
        (tmp_path / "alive").mkdir()
        draft = tmp_path / "alive" / ".record.json.123"
        draft.touch()
        for path in (draft, tmp_path / ".alive.lock"):
            os.utime(path, (0, time.time() - 10**7))
        clear_leftovers(tmp_path)
        assert files(tmp_path) == [".alive.lock", "alive/.record.json.123"]
        assert Journal(tmp_path).is_under_way("alive")


def test_drafts_of_the_journal_go_when_nobody_writes_in_it(tmp_path):
    (tmp_path / NAME).write_text("")
    for name in (f"{NAME}.123", f"{NAME}.head.123", f"{NAME}.head", "other.123"):
        (tmp_path / name).touch()
    with Journal(tmp_path)._locked():
        clear_leftovers(tmp_path)
        assert len(files(tmp_path)) == 5
    clear_leftovers(tmp_path)
    assert files(tmp_path) == [NAME, f"{NAME}.head", "other.123"]


def test_a_lock_that_was_taken_away_before_it_was_held_is_made_again(tmp_path, monkeypatch):
    journal, locked = Journal(tmp_path), []

    def lock_late(file, **options):
        if not locked:
            Path(tmp_path, ".run.lock").unlink()
        locked.append(file)
        return True

    monkeypatch.setattr("helpers.run.journal.lock_file", lock_late)
    with journal.under_way("run"):
        assert Path(tmp_path, ".run.lock").exists()
    assert len(locked) == 2


def test_a_folder_that_is_not_there_is_no_matter(tmp_path):
    clear_leftovers(tmp_path / "nowhere")

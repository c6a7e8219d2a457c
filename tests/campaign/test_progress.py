"""Progress: how many rows, how fast, how much longer, and what came of them."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import owner
from helpers.campaign.progress import Progress
from helpers.campaign.workers import Done
from helpers.runbooks import RUNBOOKS


class _Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return _Clock()


def done(number, outcome="confirmed", again=False):
    return Done(number, f"run-{number}", outcome, "completed", 0, again=again)


def told(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json_is_a_line_a_second_at_most_and_one_at_the_end(clock, capsys):
    progress = Progress("json", clock=clock)
    progress.on_read(3)
    progress.on_begin(10, "")
    for number in range(1, 9):
        clock.now += 0.4
        progress.on_done(done(number, "refused" if number == 3 else "confirmed"), number)
    progress.end(SimpleNamespace(state="paused", left=2))
    *lines, last = told(capsys)
    assert [line["done"] for line in lines] == [1, 4, 7]
    assert lines[-1]["outcomes"] == {"confirmed": 6, "refused": 1}
    assert (lines[-1]["of"], lines[-1]["rows_a_second"], lines[-1]["seconds_left"]) == (10, 2.5, 1)
    assert {name: last[name] for name in ("done", "of", "state", "left", "end")} == {
        "done": 8,
        "of": 10,
        "state": "paused",
        "left": 2,
        "end": True,
    }


def test_the_rate_is_that_of_the_last_minute_and_a_row_that_waits_again_does_not_count(
    clock, capsys
):
    progress = Progress("json", clock=clock)
    progress.on_begin(1000, "")
    for number in range(1, 101):
        progress.on_done(done(number), number)
    clock.now += 3600
    progress.on_done(done(101, "refused", again=True), 101)
    for number in range(101, 107):
        clock.now += 10
        progress.on_done(done(number), number)
    last = told(capsys)[-1]
    assert (last["done"], last["rows_a_second"], last["outcomes"]) == (106, 0.1, {"confirmed": 106})
    assert last["seconds_left"] == 8940


def test_a_terminal_has_one_line_that_changes(clock, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = Progress("auto", clock=clock)
    progress.on_begin(400, "no row begins before 20:00")
    clock.now += 2
    progress.on_done(done(1), 1)
    progress.on_done(done(2, "refused"), 2)
    progress.end(SimpleNamespace(state="done", left=0))
    text = capsys.readouterr().err
    assert text.startswith("\rno row begins before 20:00\033[K\n")
    assert "\r2 of 400 done, 1.0/s, 7 minutes left: 1 confirmed, 1 refused\033[K" in text
    assert text.endswith("\r\033[K")


@pytest.mark.parametrize("kind", ["auto", "none"])
def test_without_a_terminal_nothing_is_said(kind, clock, capsys, monkeypatch):
    progress = Progress(kind, clock=clock)
    progress.on_read(1)
    progress.on_begin(1, "later")
    progress.on_done(done(1), 1)
    progress.end(SimpleNamespace(state="done", left=0))
    assert capsys.readouterr().err == ""


def test_the_command_has_json_on_standard_error_and_its_own_on_standard_output(
    pool, tmp_path, inline
):
    pool("ana")
    pool("ben", enabled=False)
    table = tmp_path / "users.csv"
    table.write_text("username,confirm_username\nana,ana\nben,ben\n")
    words = ["batch", "admin-reset", table, "--users", 2, "--out", tmp_path / "runs"]
    answer = CliRunner().invoke(main, [*map(str, words), "--progress", "json", "--json"])
    lines = [json.loads(line) for line in answer.stderr.splitlines()]
    assert lines[-1]["end"]
    assert (lines[-1]["done"], lines[-1]["of"], lines[-1]["left"]) == (2, 2, 0)
    assert json.loads(answer.stdout)["outcomes"] == lines[-1]["outcomes"]


def status(out):
    words = ["batch", "status", "--out", str(out)]
    data = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)
    return data["state"], CliRunner().invoke(main, words).stdout


def test_the_status_says_whether_it_runs_is_paused_or_stopped_and_how_to_go_on(
    pool, tmp_path, inline
):
    pool("ana")
    pool("ben")
    table, out = tmp_path / "users.csv", tmp_path / "runs"
    table.write_text("username,confirm_username\nana,ana\nben,ben\n")
    seen = []
    owner.run_table(
        RUNBOOKS["admin-reset"],
        table,
        out=out,
        manner=owner.Manner(first=1, pace=0),
        on_done=lambda *_: seen.append(status(out)),
    )
    ((state, words),) = seen
    assert (state, "1 rows are left. It is running." in words) == ("running", True)
    state, words = status(out)
    assert state == "paused"
    assert "1 rows are left. The same command again goes on with them." in words
    assert CliRunner().invoke(main, ["batch", "stop", "--out", str(out)]).exit_code == 0
    state, words = status(out)
    assert state == "stopped"
    assert "It is stopped: somebody has stopped it. The same command with --again" in words

"""`show` and `verify` over a journal of any size: what they read of it, and what they hold."""

import json

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run import backwards, journal
from helpers.run.entries import Ended, Sending
from helpers.run.journal import Journal
from tests.run.test_journal import ended, started

OUTCOMES = ("confirmed", "refused", "not_sent", "unknown")
STRANGE = "line\u2028separated \x85 name"


def written(folder, runs):
    """Write a journal of so many runs, every tenth of which was lost, without its fsyncs."""
    made, before = Journal(folder), journal.FIRST
    made.folder.mkdir(exist_ok=True)
    with made.path.open("w", encoding="utf-8") as file:
        for number in range(runs):
            name, user = f"run-{number:06}", STRANGE if number == 3 else f"u{number}"
            entries = [started(name, parameters={"username": user})]
            if number % 2:
                entries.append(
                    Sending(run=name, at=entries[0].at, operation="AdminResetUserPassword")
                )
            if number % 10:
                entries.append(ended(name, outcome=OUTCOMES[number % 4]))
            for entry in entries:
                data = json.loads(entry.model_dump_json())
                digest = journal.digest_of(before, data)
                line = {"before": before, "entry": data, "digest": digest}
                print(json.dumps(line, ensure_ascii=False), file=file)
                before = digest
    return made


@pytest.fixture
def parsed(monkeypatch):
    """Count the lines that are read, and the models that are made of them."""
    counts = {"lines": 0, "models": 0}
    read, made = backwards.lines_backwards, journal._entry_at

    def counted(path):
        for line in read(path):
            counts["lines"] += 1
            yield line

    def counted_too(file, place):
        counts["models"] += place >= 0
        return made(file, place)

    monkeypatch.setattr(journal, "lines_backwards", counted)
    monkeypatch.setattr(journal, "_entry_at", counted_too)
    return counts


def shown(folder, *options):
    answer = CliRunner().invoke(main, ["show", "--out", str(folder), *options])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


@pytest.mark.parametrize(
    ("options", "most"),
    [
        (("--last", "5"), 5 * 3),
        (("--last", "5", "--outcome", "confirmed"), 5 * 4 * 3),
        (("--last", "1", "--user", "u390"), 10 * 3),
    ],
)
def test_the_newest_runs_are_read_from_the_end(options, most, tmp_path, parsed):
    written(tmp_path, 400)
    shown(tmp_path, *options)
    assert 0 < parsed["lines"] <= most
    assert parsed["models"] <= parsed["lines"]


def test_what_is_shown_is_the_same_from_either_end(tmp_path):
    written(tmp_path, 120)
    everything = json.loads(shown(tmp_path, "--json"))
    assert [run["run"] for run in everything] == [f"run-{number:06}" for number in range(120)]
    assert shown(tmp_path, "--json") == json.dumps(everything, indent=2, ensure_ascii=False) + "\n"
    assert shown(tmp_path).splitlines()[-7:] == shown(tmp_path, "--last", "7").splitlines()
    assert json.loads(shown(tmp_path, "--json", "--last", "7")) == everything[-7:]
    assert everything[3]["started"]["parameters"]["username"] == STRANGE
    assert {run["state"] for run in everything[::10]} == {"lost"}
    assert {run["outcome"] for run in everything[::10]} == {"not_sent"}
    assert shown(tmp_path, "--json", "--user", "nobody") == "[]\n"


@pytest.mark.parametrize("size", [64, 700, 65536])
@pytest.mark.parametrize("rest", ["", '{"before": "12', '{"before": "1' + "2" * 999])
def test_lines_are_whole_wherever_a_chunk_begins(size, rest, tmp_path, monkeypatch):
    made = written(tmp_path, 30)
    lines = made.path.read_bytes().splitlines(keepends=True)
    with made.path.open("a") as file:
        file.write(rest)
    monkeypatch.setattr(backwards, "CHUNK", size)
    found = list(backwards.lines_backwards(made.path))
    assert [line + b"\n" for _, line in found] == lines[::-1]
    whole = b"".join(lines)
    assert all(whole.startswith(line, place) for place, line in found)


def test_a_writer_that_was_killed_hides_no_run_that_has_ended(tmp_path):
    made = written(tmp_path, 4)
    with made.path.open("a") as file:
        file.write('{"before": "12')
    assert isinstance(made.end_of("run-000003"), Ended)
    assert not made.may_have_sent("run-000002")


def test_a_line_that_cannot_be_read_hides_no_other(tmp_path):
    made = written(tmp_path, 6)
    lines = made.path.read_bytes().splitlines(keepends=True)
    lines.insert(4, b"\xff\xfe no line\n")
    lines.insert(2, b'["neither"]\n\n')
    made.path.write_bytes(b"".join(lines))
    assert [run.started.run for run in made.runs()] == [f"run-{n:06}" for n in range(6)]
    assert [run.started.run for run in made.newest()] == [f"run-{n:06}" for n in range(5, -1, -1)]


def test_showing_and_verifying_hold_one_run_at_a_time(tmp_path, monkeypatch):
    made = written(tmp_path, 50)
    monkeypatch.setattr(Journal, "runs", None)
    monkeypatch.setattr(Journal, "lines", None)
    assert shown(tmp_path).count("\n") == 50
    kept = made.verify().head
    for digest, code in ((kept, 1), ("0" * 64, 1)):
        answer = CliRunner().invoke(main, ["verify", "--out", str(tmp_path), "--head", digest])
        assert answer.exit_code == code, "it has no head file"
        assert ("kept elsewhere" in answer.output) == (digest != kept)

"""The journal: what it says is what happened, whoever is killed when, and what is done to
it shows.
"""

import contextlib
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run import head
from helpers.run.entries import Ended, Kept, Line, Sending, Started, now, schema
from helpers.run.journal import FIRST, Journal, Verdict, digest_of
from helpers.run.record import Outcome
from helpers.run.recording import write_record
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_USERNAME, open_sandbox
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import ROOT, until

COMMAND = str(Path(sys.executable).with_name("cognito-reset"))
ROUNDS = int(os.environ.get("KILL_ROUNDS", "6"))  # KILL_ROUNDS=200 for the long one


def started(run="one", **changes):
    about = {
        "run": run,
        "at": now(),
        "who": "me",
        "host": "here",
        "process": 1,
        "runbook": "confirm-reset",
        "digest": "0" * 64,
        "versions": {},
        "parameters": {"username": "d***"},
        "out": "x",
        **changes,
    }
    return Started(**about)


def ended(run="one", **changes):
    about = {
        "run": run,
        "at": now(),
        "state": "completed",
        "outcome": Outcome.CONFIRMED,
        "exit_code": 0,
        "meaning": "done",
        "next_step": "",
        **changes,
    }
    return Ended(**about)


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "runs")
    for run in ("one", "two", "three"):
        made.append(started(run))
        made.append(ended(run))
    return made


def test_each_line_carries_the_digest_of_the_one_before(journal):
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert lines[0]["before"] == FIRST
    for before, after in itertools.pairwise(lines):
        assert after["before"] == before["digest"] == digest_of(before["before"], before["entry"])
    assert journal.verify().faults == ()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def spoil(journal, change):
    lines = journal.path.read_text().splitlines(keepends=True)
    journal.path.write_text("".join(change(lines)))


def altered(lines):
    return [*lines[:3], lines[3].replace('"confirmed"', '"refused"'), *lines[4:]]


def swapped(lines):
    return [lines[0], lines[2], lines[1], *lines[3:]]


def recomputed(lines):
    data = json.loads(altered(lines)[3])
    data["digest"] = digest_of(data["before"], data["entry"])
    return [*lines[:3], json.dumps(data) + "\n", *lines[4:]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (altered, "line 4: altered"),
        (recomputed, "line 5: what stood before it was removed, inserted or altered"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3: what stood before"),
        (lambda lines: lines[1:], "line 1: what stood before"),
        (lambda lines: lines[:-1], "the end: lines were removed"),
        (lambda lines: lines[:0], "the end: the journal was removed or emptied"),
        (swapped, "line 2: what stood before"),
        (lambda lines: [*lines[:2], "noise\n", *lines[2:]], "line 3: cannot be read"),
    ],
    ids=[
        "altered",
        "altered-with-its-digest",
        "removed",
        "first-removed",
        "last-removed",
        "all-removed",
        "swapped",
        "noise",
    ],
)
def test_a_line_that_was_altered_or_removed_is_found(change, words, journal):
    spoil(journal, change)
    assert words in journal.verify().faults[0]
    answer = CliRunner().invoke(main, ["verify", "--out", str(journal.folder)])
    assert answer.exit_code == 1
    assert words in answer.stdout


def test_a_line_that_is_written_while_it_verifies_is_no_fault(journal, monkeypatch):
    """A campaign goes on meanwhile."""
    at_the_end, runs = head.read, iter(["four"])

    def read(path):
        for run in runs:
            journal.append(started(run))
        return at_the_end(path)

    monkeypatch.setattr(head, "read", read)
    assert journal.verify() == Journal(journal.folder).verify()
    assert journal.verify().lines == 7
    spoil(journal, altered)
    runs = iter(["five"])
    assert journal.verify().faults == ("line 4: altered",)


def test_a_digest_kept_elsewhere_shows_that_both_files_were_rewritten(journal):
    kept_elsewhere = journal.verify().head
    spoil(journal, lambda lines: lines[:-1])
    set_head(journal, digests(journal)[-1])
    assert journal.verify().faults == ()
    runner = CliRunner()
    verify = ["verify", "--out", str(journal.folder)]
    assert runner.invoke(main, verify).exit_code == 0
    assert runner.invoke(main, [*verify, "--head", kept_elsewhere]).exit_code == 1


# --- what was done to it is found after any number of later runs ---


def digests(journal):
    return [json.loads(line)["digest"] for line in journal.path.read_text().splitlines()]


def head_of(journal):
    return journal.folder / "journal.jsonl.head"


def set_head(journal, digest):
    head_of(journal).write_text(json.dumps({"digest": digest, "coming": "", "signature": ""}))


def forge(journal, count=1):
    """Append lines as the journal would, by hand: whoever may write the file can do that."""
    for number in range(count):
        entry = json.loads(started(f"forged{number}").model_dump_json())
        before = digests(journal)[-1]
        line = {"before": before, "entry": entry, "digest": digest_of(before, entry)}
        with journal.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def rechain(journal, change):
    """Change the entries and make the whole chain anew, without the head."""
    entries = [json.loads(line)["entry"] for line in journal.path.read_text().splitlines()]
    before, lines = FIRST, []
    for entry in change(entries):
        digest = digest_of(before, entry)
        lines.append(json.dumps({"before": before, "entry": entry, "digest": digest}) + "\n")
        before = digest
    journal.path.write_text("".join(lines))


def with_another_outcome(entries):
    return [entry | {"outcome": "refused"} if "outcome" in entry else entry for entry in entries]


TAMPERINGS = {
    "last-line-removed": lambda j: spoil(j, lambda lines: lines[:-1]),
    "last-two-removed": lambda j: spoil(j, lambda lines: lines[:-2]),
    "cut-in-the-last-line": lambda j: j.path.write_bytes(j.path.read_bytes()[:-40]),
    "all-but-the-first": lambda j: spoil(j, lambda lines: lines[:1]),
    "first-removed": lambda j: spoil(j, lambda lines: lines[1:]),
    "one-removed": lambda j: spoil(j, lambda lines: [*lines[:2], *lines[3:]]),
    "two-swapped": lambda j: spoil(j, swapped),
    "one-doubled": lambda j: spoil(j, lambda lines: [*lines[:3], lines[2], *lines[3:]]),
    "one-altered": lambda j: spoil(j, altered),
    "one-altered-with-its-digest": lambda j: spoil(j, recomputed),
    "noise-between": lambda j: spoil(j, lambda lines: [*lines[:2], "noise\n", *lines[2:]]),
    "noise-at-the-end": lambda j: spoil(j, lambda lines: [*lines, "noise\n"]),
    "emptied": lambda j: j.path.write_text(""),
    "journal-removed": lambda j: j.path.unlink(),
    "head-removed": lambda j: head_of(j).unlink(),
    "head-emptied": lambda j: head_of(j).write_text(""),
    "head-is-noise": lambda j: head_of(j).write_bytes(b"\xff\xfe"),
    "head-set-back": lambda j: set_head(j, digests(j)[2]),
    "head-set-to-another": lambda j: set_head(j, "1" * 64),
    "forged-end": forge,
    "forged-end-of-three": lambda j: forge(j, 3),
    "all-rechained": lambda j: rechain(j, with_another_outcome),
    "rechained-and-shorter": lambda j: rechain(j, lambda entries: entries[:-2]),
    "replaced-by-another-journal": lambda j: rechain(j, lambda entries: entries[:0]),
}


@pytest.mark.parametrize("later", [0, 1, 3], ids=lambda n: f"{n}-runs-later")
@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_was_done_to_a_journal_is_found_however_many_runs_came_later(
    tampering, later, journal
):
    TAMPERINGS[tampering](journal)
    for number in range(later):
        journal.append(started(f"later{number}"))
        journal.append(ended(f"later{number}"))
    assert journal.verify().faults
    answer = CliRunner().invoke(main, ["verify", "--out", str(journal.folder)])
    assert answer.exit_code == 1


def both_rewritten(journal):
    rechain(journal, with_another_outcome)
    set_head(journal, digests(journal)[-1])


@pytest.mark.parametrize("later", [0, 2])
def test_with_a_key_that_the_forger_does_not_have_rewriting_both_files_is_found_too(
    later, tmp_path, monkeypatch
):
    monkeypatch.setenv("JOURNAL_KEY", "a-key-of-the-audit")
    monkeypatch.setenv("COGNITO_RESET_JOURNAL_KEY", "env:JOURNAL_KEY")
    journal = Journal(tmp_path)
    for run in ("one", "two"):
        journal.append(started(run))
        journal.append(ended(run))
    assert journal.verify().faults == ()
    both_rewritten(journal)
    for number in range(later):
        journal.append(started(f"later{number}"))
    assert "was not signed with this key" in journal.verify().faults[0]


def test_a_signed_journal_is_not_gone_on_with_without_its_key(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL_KEY", "a-key-of-the-audit")
    monkeypatch.setenv("COGNITO_RESET_JOURNAL_KEY", "env:JOURNAL_KEY")
    journal = Journal(tmp_path)
    journal.append(started())
    monkeypatch.delenv("COGNITO_RESET_JOURNAL_KEY")
    with pytest.raises(OSError, match="name its key in COGNITO_RESET_JOURNAL_KEY"):
        journal.append(ended())
    monkeypatch.setenv("COGNITO_RESET_JOURNAL_KEY", "a-key-of-the-audit")
    with pytest.raises(OSError, match="not a reference") as caught:
        journal.append(ended())
    assert "a-key-of-the-audit" not in str(caught.value)


def test_a_head_of_an_older_version_goes_on(tmp_path):
    journal = Journal(tmp_path)
    last = journal.append(started())
    head_of(journal).write_text(last + "\n")
    journal.append(ended())
    assert journal.verify().faults == ()


@pytest.mark.parametrize("file", ["journal.jsonl", "journal.jsonl.head"])
def test_a_process_that_is_killed_between_the_line_and_the_head_has_tampered_with_nothing(
    file, tmp_path, monkeypatch
):
    journal = Journal(tmp_path)
    journal.append(started())
    head_before = head_of(journal).read_text()
    lines_before = journal.path.read_text()
    journal.append(ended())
    if file == "journal.jsonl":  # the head says what comes, and it never came
        entry = json.loads(journal.path.read_text().splitlines()[-1])
        journal.path.write_text(lines_before)
        coming = {"digest": entry["before"], "coming": entry["digest"], "signature": ""}
        head_of(journal).write_text(json.dumps(coming))
    else:  # the line is there, and the head after it is not
        before = json.loads(head_before)["digest"]
        coming = {"digest": before, "coming": digests(journal)[-1], "signature": ""}
        head_of(journal).write_text(json.dumps(coming))
    assert journal.verify().faults == ()
    journal.append(started("next"))
    assert journal.verify().faults == ()


def test_a_line_that_the_disk_has_no_room_for_is_not_there_and_no_tampering(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    journal.append(started())
    before = journal.path.read_bytes()
    write = os.write

    def short(file, data):
        return write(file, data[:20])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space left"):
        journal.append(ended())
    monkeypatch.undo()
    assert journal.path.read_bytes() == before
    assert journal.verify() == Verdict(1, digests(journal)[-1])
    journal.append(ended())
    assert journal.verify().faults == ()


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
@pytest.mark.parametrize("name", ["journal.jsonl", ".one.lock"])
def test_a_link_planted_in_a_files_place_is_not_followed(name, tmp_path):
    folder, victim = tmp_path / "runs", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("mine")
    (folder / name).symlink_to(victim)
    journal = Journal(folder)
    with pytest.raises(OSError), journal.under_way("one"):
        journal.append(started())
    assert victim.read_text() == "mine"


def test_half_a_line_of_a_killed_writer_does_no_harm(journal):
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"before": "12')
    assert (journal.verify().faults, journal.verify().torn) == ((), True)
    assert len(journal.runs()) == 3
    journal.append(started("four"))
    assert (journal.verify().faults, journal.verify().torn, journal.verify().lines) == (
        (),
        False,
        7,
    )
    assert journal.path.read_bytes().startswith(whole)


def write_many(folder, name):
    for number in range(25):
        Journal(folder).append(started(f"{name}-{number}"))


def test_any_number_of_processes_may_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(tmp_path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    verdict = Journal(tmp_path).verify()
    assert (verdict.lines, verdict.faults) == (75, ())


def test_a_run_without_an_end_is_lost_and_while_its_process_lives_it_is_running(tmp_path):
    journal = Journal(tmp_path)
    journal.append(started())
    assert [(run.state, run.outcome) for run in journal.runs()] == [("lost", "not_sent")]
    journal.append(Sending(run="one", at=now(), operation="ConfirmForgotPassword"))
    assert [(run.state, run.outcome) for run in journal.runs()] == [("lost", "unknown")]
    code = (
        "import sys, pathlib; from helpers.run.journal import Journal\nwith"
        f" Journal(pathlib.Path({str(tmp_path)!r})).under_way('one'): print('held', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        assert [(run.state, run.outcome) for run in journal.runs()] == [("running", "")]
        holder.kill()
    assert journal.runs()[0].state == "lost"


def test_a_run_of_before_there_was_a_line_that_it_sends_is_unknown_when_it_is_lost(tmp_path):
    journal = Journal(tmp_path)
    journal.append(started(schema_version=1))
    assert [run.outcome for run in journal.runs()] == ["unknown"]


def test_a_secret_that_comes_as_far_as_the_journal_stops_there(tmp_path):
    Secret("Secret-of-the-journal")
    journal = Journal(tmp_path)
    journal.append(started(parameters={"username": "Secret-of-the-journal"}))
    journal.append(ended(meaning="x Secret-of-the-journal", detail="Secret-of-the-journal"))
    assert "Secret-of-the-journal" not in journal.path.read_text()


def test_the_published_schema_is_that_of_the_models():
    """To write it anew: python -c "import json; from helpers.run.entries import schema;
    print(json.dumps(schema(), indent=2))"
    """
    published = ROOT / "helpers" / "run" / "journal.schema.json"
    assert json.loads(published.read_text()) == schema()
    assert {"Line", "Kept", "Record", "Started", "Ended"} <= set(schema()["$defs"])


# --- show ---


def test_show_lists_and_filters(journal):
    journal.append(started("four", parameters={"username": "e***"}))
    journal.append(ended("four", state="died", outcome=Outcome.UNKNOWN, exit_code=138))

    def shown(*options):
        answer = CliRunner().invoke(
            main, ["show", "--out", str(journal.folder), "--json", *options]
        )
        return [run["run"] for run in json.loads(answer.stdout)]

    assert shown() == ["one", "two", "three", "four"]
    assert (
        shown("--outcome", "unknown")
        == shown("--state", "died")
        == shown("--user", "e***")
        == ["four"]
    )
    assert shown("--last", "2") == ["three", "four"]
    assert shown("--since", "2999-01-01") == shown("--runbook", "other") == []
    assert shown("two") == ["two"]
    assert (
        " unknown   died        138"
        in CliRunner().invoke(main, ["show", "--out", str(journal.folder)]).stdout
    )


# --- whoever is killed when ---


def signs_in(client, password):
    try:
        client.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": DEFAULT_USERNAME, "PASSWORD": password},
        )
    except client.exceptions.NotAuthorizedException:
        return False
    return True


def below(pid):
    answer = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [int(line) for line in answer.stdout.split()]
    return children + [each for child in children for each in below(child)]


def those_with(word):
    """Return the processes with this word in their environment, orphans too."""
    answer = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True)
    return [line for line in answer.stdout.splitlines() if word in line]


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_killed_at_any_moment_the_journal_is_readable_and_claims_nothing_that_did_not_happen(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    box = open_sandbox()
    out = tmp_path / "runs"
    seed = int(os.environ.get("KILL_SEED", "1"))
    chance = random.Random(seed)
    client = Target().client()
    usual = 1.2
    for number in range(ROUNDS):
        box.reset()
        client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
        new = f"A-new-password-{os.getpid()}-{number}"
        environment = {
            **os.environ,
            "THE_CODE": Target().newest_code(DEFAULT_USERNAME),
            "THE_PASSWORD": new,
        }
        before = {run.started.run for run in Journal(out).runs()}
        began = time.monotonic()
        process = subprocess.Popen(
            [
                COMMAND,
                "run",
                "confirm-reset",
                "--out",
                str(out),
                "-p",
                "code=env:THE_CODE",
                "-p",
                "new_password=env:THE_PASSWORD",
            ],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0, usual))
        family = [process.pid, *below(process.pid)]
        for pid in chance.choice([family[:1], family[:1], family[-1:], family[1:2], family]):
            kill(pid)
        process.wait(timeout=60)
        usual = max(usual, time.monotonic() - began) if process.returncode == 0 else usual
        until(lambda new=new: not those_with(new))
        changed = signs_in(client, new)
        assert changed != signs_in(client, DEFAULT_PASSWORD)
        where = f"round {number}, KILL_SEED={seed}"
        verdict = Journal(out).verify()
        assert verdict.faults == (), where
        mine = [run for run in Journal(out).runs() if run.started.run not in before]
        assert len(mine) <= 1, where
        for run in mine:
            assert run.state != "running", where
            assert not (run.outcome == "confirmed" and not changed), where
            assert not (run.outcome in ("refused", "not_sent") and changed), where
            record = out / run.started.run / "record.json"
            assert (
                Kept.model_validate_json(record.read_text()).ended == run.ended
                or run.ended is not None
            ), where
        if not mine:
            assert not changed, f"{where}: changed, and no line says that anybody tried"
    for line in Journal(out).path.read_text().splitlines() if Journal(out).path.exists() else ():
        Line.model_validate_json(line)


# --- the files that runs leave ---


@pytest.fixture
def run_with_files(tmp_path):
    """A journal with one run that has left a notebook and a record."""
    folder = tmp_path / "runs"
    (folder / "one").mkdir(parents=True)
    notebook, record = folder / "one" / "confirm-reset.ipynb", folder / "one" / "record.json"
    notebook.write_text("{}")
    began = started(out=str(notebook), record=str(record))
    over = ended(notebook_digest=hashlib.sha256(b"{}").hexdigest())
    journal = Journal(folder)
    journal.append(began)
    journal.append(over)
    write_record(record, Kept.of(began, over))
    assert journal.verify().faults == ()
    return journal, notebook, record


def test_a_notebook_that_was_altered_is_found(run_with_files):
    journal, notebook, _ = run_with_files
    notebook.write_text('{"metadata": {}}')
    journal.append(started("later"))
    assert "run one: its notebook was altered" in journal.verify().faults[0]


def test_a_record_that_was_altered_is_found(run_with_files):
    journal, _, record = run_with_files
    record.write_text(record.read_text().replace("confirmed", "refused"))
    assert "run one: its record was altered" in journal.verify().faults[0]
    record.write_text("no json")
    assert "run one: its record was altered" in journal.verify().faults[0]


def test_files_that_were_cleared_away_are_counted_and_no_tampering(run_with_files):
    journal, notebook, record = run_with_files
    notebook.unlink()
    record.unlink()
    assert (journal.verify().faults, journal.verify().gone) == ((), 2)
    answer = CliRunner().invoke(main, ["verify", "--out", str(journal.folder)])
    assert (answer.exit_code, "2 notebooks or records" in answer.stdout) == (0, True)


def test_a_folder_of_runs_that_was_moved_is_verified_where_it_is(run_with_files, tmp_path):
    journal, _, _ = run_with_files
    moved = journal.folder.rename(tmp_path / "archive")
    assert (Journal(moved).verify().faults, Journal(moved).verify().gone) == ((), 0)

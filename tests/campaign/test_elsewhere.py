"""Workers on other machines: what they may do, how their runs come home, and what becomes of the
rows of one that is silent.
"""

import gzip
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import select, text, update

from helpers.__main__ import main
from helpers.campaign import owner, presence, remote, tending
from helpers.campaign.homecoming import Filing, keep
from helpers.campaign.ledger import Ledger
from helpers.campaign.others import open_to_others
from helpers.campaign.reach import unresolvable_here
from helpers.campaign.schema import (
    ACTING,
    CAMPAIGNS,
    OWNERS,
    SETTLED,
    UNKNOWN,
    WAITING,
    WORKERS,
    LedgerError,
)
from helpers.campaign.seen import look
from helpers.cognito.errors import BadParameters
from helpers.run.entries import Ended, now
from helpers.run.journal import Journal
from helpers.run.recording import start_entry
from helpers.runner.signals import StopRequests
from tests import ROOT, until
from tests.campaign.test_owner import ENTRY, changes, run, users, wait_until
from tests.test_leaks import spellings
from tests.test_recipes import unit

__all__ = ["users"]


@pytest.fixture
def made(users, tmp_path, postgres):
    """A campaign of three rows in PostgreSQL that has been planned; its folder."""
    run(users, tmp_path, ledger=postgres, dry_run=True)
    [folder] = owner.folders(tmp_path / "runs")
    return folder


def go_on(folder, tmp_path, **options):
    manner = owner.Manner(**{"pace": 0, "workers": 0, **options})
    return owner.go_on(folder, ENTRY, out=tmp_path / "runs", manner=manner)


def work(url, folder, spool, **manner):
    """Work in this process until no row may begin."""
    told, warned = [], []
    remote.work_elsewhere(
        url,
        folder.name,
        spool,
        remote.Manner(**{"timeout": 60, "stays": False, **manner}),
        stop=StopRequests(),
        tell=told.append,
        warn=warned.extend,
    )
    return told, warned


def start_worker(url, folder, spool, *options):
    command = [sys.executable, "-m", "helpers", "work", url, "--campaign", folder.name]
    command += ["--timeout", "60", "--out", str(spool), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


MANUAL = ROOT.joinpath("docs", "campaigns.md").read_text(encoding="utf-8")


def recipe(language):
    """The recipe of the manual in this language, such as ini for systemd."""
    return re.search(rf"^```{language}\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)[1]


def by_systemd(environ):
    """How systemd starts a worker: the command, and as what."""
    service = unit(recipe("ini"))["Service"]
    assert "%" not in service["ExecStart"]  # which systemd takes for the name of something
    assert service["RestartPreventExitStatus"] == "2"
    command = service["ExecStart"].split()
    assert command[0] == f"{service['WorkingDirectory']}/.venv/bin/cognito-reset"
    return [*AS_INSTALLED, *command[1:]], {"umask": int(service["UMask"], 8), "env": environ}


def by_kubernetes(environ):
    """How Kubernetes starts a worker."""
    job = yaml.safe_load(recipe("yaml"))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [volume] = pod["volumes"]
    [mount] = container["volumeMounts"]
    assert volume == {"name": mount["name"], "emptyDir": {}}
    assert container["command"][-1] == mount["mountPath"]
    assert pod["terminationGracePeriodSeconds"] > float(container["command"][-3])
    more = {one["name"]: "not asked for" for one in container["env"]}
    return [*AS_INSTALLED, *container["command"][1:]], {"env": {**environ, **more}}


AS_INSTALLED = (sys.executable, "-m", "helpers")


def start_as(recipe, url, folder, spool):
    """Start a worker as a recipe does, from where the project is."""
    command, manner = recipe(dict(os.environ))
    given = {
        "CAMPAIGN": folder.name,
        "postgresql+psycopg://HOST/NAME": url,
        command[-1]: str(spool),
    }
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([given.get(one, one) for one in command], cwd=ROOT, **streams, **manner)


def dump(ledger):
    """Everything that the ledger's database holds, as text; what is compressed, unpacked."""
    found = []
    with ledger.engine.connect() as db:
        for table in ("campaigns", "rows", "paces", "events", "owners", "workers", "files"):
            for row in db.execute(text(f"SELECT * FROM {table}")):
                for value in row:
                    packed = isinstance(value, bytes | memoryview) and bytes(value)
                    found.append(gzip.decompress(packed).decode() if packed else str(value))
    return "\n".join(found)


@contextmanager
def in_thread(target):
    """Run something beside the test, and have what it raises raised here."""
    raised = []

    def watched():
        try:
            target()
        except BaseException as exc:
            raised.append(exc)

    thread = threading.Thread(target=watched)
    thread.start()
    try:
        yield
    finally:
        thread.join()  # before the next test, whatever this one found
    if raised:
        raise raised[0]


def test_workers_by_both_recipes_do_each_row_once_and_all_of_it_comes_home(
    made, tmp_path, postgres
):
    spools = [tmp_path / "one", tmp_path / "two"]
    recipes = (by_systemd, by_kubernetes)
    workers = [
        start_as(recipe, postgres, made, spool)
        for recipe, spool in zip(recipes, spools, strict=True)
    ]
    with Ledger(postgres) as ledger:
        wait_until(lambda: len(presence.workers_there(ledger, made.name)) == 2)
        summary = go_on(made, tmp_path)
        for worker in workers:
            _, err = worker.communicate(timeout=60)
            assert worker.returncode == 0, err
        left = dump(ledger)
        rows = list(ledger.rows(made.name))
    assert summary.outcomes == {"confirmed": 3}
    assert changes() == {"user0": 1, "user1": 1, "user2": 1}
    journal = Journal(tmp_path / "runs")
    assert (journal.verify().lines, journal.verify().faults, journal.verify().gone) == (9, (), 0)
    for one in journal.runs():
        assert (one.outcome, one.started.host) == ("confirmed", socket.gethostname())
        assert "user" not in one.started.parameters["username"]
        folder = tmp_path / "runs" / one.started.run
        assert {path.name for path in folder.iterdir()} == {"confirm-reset.ipynb", "record.json"}
    assert all(Path(row.report["notebook"]).exists() for row in rows)
    for spool in spools:
        assert not [path for path in spool.rglob("*") if path.is_file() and path.name != ".lock"]
    for number in range(3):
        for secret in (f"A-new-password-{number}", (tmp_path / f"user{number}.code").read_text()):
            assert not [word for word in spellings(secret.strip()) if word in left]


def test_a_row_acts_while_its_owner_is_there_and_not_once_it_has_gone(made, tmp_path, postgres):
    with Ledger(postgres) as ledger:
        owned = presence.owning(ledger, made.name, "here")
        ledger.allow(made.name, rows=0, budget=0, paces={})
        with owned:
            place = remote.Elsewhere(ledger, made.name, "w", tmp_path / "spool", 60)
            row = ledger.claim(made.name, "w")
            assert place.permit(ledger, made.name, row)
        again = ledger.claim(made.name, "w")
        assert not place.permit(ledger, made.name, again), "the owner has gone"
        assert [one.state for one in ledger.rows(made.name)] == [ACTING, "claimed", WAITING]


def silence(ledger, table, campaign, seconds=3600):
    with ledger.engine.begin() as db:
        this = table.c.campaign == campaign
        db.execute(update(table).where(this).values(seen_at=table.c.seen_at - seconds))


def test_nothing_acts_without_an_owner_that_gives_signs_of_life(made, tmp_path, postgres):
    with Ledger(postgres) as ledger, presence.owning(ledger, made.name, "here"):
        ledger.allow(made.name, rows=0, budget=0, paces={})
        place = remote.Elsewhere(ledger, made.name, "w", tmp_path, 60)
        row = ledger.claim(made.name, "w")
        silence(ledger, OWNERS, made.name, presence.OWNER_GONE_AFTER + 1)
        assert not place.permit(ledger, made.name, row)
        assert not place.goes_on()


def test_no_row_begins_elsewhere_before_its_owner_has_said_how_and_who_has_agreed(
    made, tmp_path, postgres
):
    options = {"out": tmp_path / "runs", "notebooks": "none"}
    with (
        Ledger(postgres) as ledger,
        open_to_others(ledger, made, ENTRY, options) as others,
    ):
        ledger.allow(made.name, rows=0, budget=0, paces={})  # by an owner that was killed
        place = remote.Elsewhere(ledger, made.name, "w", tmp_path, 60)
        assert not place.goes_on()
        others.tell({"who": "one"})
        assert place.goes_on()
        row = ledger.claim(made.name, "w")
        others.tell({"who": "another"})
        given = place.options(row)
        assert (given["notebooks"], given["agreed"]) == ("none", {"who": "another"})
        silence(ledger, OWNERS, made.name)
        assert place.options(row) == given, "that its owner is gone, its permit will say"


def test_a_page_elsewhere_sees_that_its_owner_is_at_work(made, tmp_path, postgres):
    with Ledger(postgres) as ledger:
        ledger.allow(made.name, rows=0, budget=0, paces={})
        assert not look(ledger, made).working
        with presence.owning(ledger, made.name, "there"):
            assert look(ledger, made).working
            silence(ledger, OWNERS, made.name)
            assert not look(ledger, made).working


def test_a_campaign_has_one_owner_and_the_same_may_come_again_at_once(made, postgres):
    with Ledger(postgres) as ledger, presence.owning(ledger, made.name, "here"):
        with (
            pytest.raises(LedgerError, match="here runs this campaign"),
            presence.owning(ledger, made.name, "there"),
        ):
            pass
        with presence.owning(ledger, made.name, "here"):
            pass
        with presence.owning(ledger, made.name, "there"):
            silence(ledger, OWNERS, made.name)
            with presence.owning(ledger, made.name, "here"):
                pass


def test_of_two_owners_who_come_at_once_the_second_is_told(made, postgres):
    told = []

    def come(ledger):
        with suppress(LedgerError), presence.owning(ledger, made.name, "here"):
            told.append("came in")
        told.append("over")

    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with Ledger(postgres) as ledger:
        first = {"campaign": made.name, "name": "there", "seen_at": ledger.now, "options": ""}
        with ledger.engine.begin() as db:
            this = select(CAMPAIGNS).where(CAMPAIGNS.c.id == made.name)
            db.execute(this.with_for_update())
            db.execute(OWNERS.insert().values(**first))
            thread = threading.Thread(target=come, args=(ledger,))
            thread.start()
            until(lambda: db.execute(text(waits)).scalar())
        thread.join()
    assert told == ["over"]


@pytest.fixture
def silent(made, tmp_path, postgres):
    """A worker that holds two rows, one of which may have acted: (ledger, its journal)."""
    with Ledger(postgres) as ledger:
        ledger.allow(made.name, rows=0, budget=0, paces={})
        with presence.owning(ledger, made.name, "here"):
            with ledger.engine.begin() as db:
                db.execute(
                    WORKERS.insert().values(
                        campaign=made.name, name="w", host="h", seen_at=ledger.now, timeout=60.0
                    )
                )
            acts, claimed = (ledger.claim(made.name, "w") for _ in range(2))
            journal = Journal(tmp_path / "far" / acts.run)
            path = journal.folder / acts.run / "confirm-reset.ipynb"
            started = start_entry(
                ENTRY, acts.run, acts.parameters, str, out=path, record=path.with_name("r.json")
            )
            journal.append(started)
            place = remote.Elsewhere(ledger, made.name, "w", tmp_path / "far", 60)
            assert place.permit(ledger, made.name, acts)
        yield ledger, acts, claimed, place, journal


def tend(ledger, folder, tmp_path):
    options = {"out": tmp_path / "runs"}
    with open_to_others(ledger, folder, ENTRY, options) as others:
        others.tend()
        return others.busy()


def states(ledger, folder):
    return [row.state for row in ledger.rows(folder.name)]


def test_a_silent_workers_rows_are_left_alone_until_its_last_run_is_surely_over(
    made, tmp_path, silent
):
    ledger, *_ = silent
    silence(ledger, WORKERS, made.name, 60 + 20)
    tending.take_back(ledger, made.name, Journal(tmp_path / "runs"))
    assert tend(ledger, made, tmp_path)
    assert states(ledger, made) == [ACTING, "claimed", WAITING]


def test_then_what_was_only_claimed_waits_again_and_what_may_have_acted_is_unknown(
    made, tmp_path, silent
):
    ledger, acts, claimed, place, _ = silent
    silence(ledger, WORKERS, made.name, 60 + 20 + 16)
    assert not tend(ledger, made, tmp_path)
    assert states(ledger, made) == [UNKNOWN, WAITING, WAITING]
    assert ledger.campaign(made.name).state == "paused"
    [lost] = Journal(tmp_path / "runs").runs()
    assert (lost.started.run, lost.outcome, lost.state) == (acts.run, "unknown", "died")
    ledger.allow(made.name, rows=0, budget=0, paces={})
    with presence.owning(ledger, made.name, "here"):
        assert not place.permit(ledger, made.name, claimed), "its claim is none any more"
    assert not presence.workers_there(ledger, made.name)


def test_a_record_that_comes_home_late_settles_its_row(made, tmp_path, silent):
    ledger, acts, _, place, journal = silent
    silence(ledger, WORKERS, made.name)
    tend(ledger, made, tmp_path)
    journal.append(
        Ended(
            run=acts.run,
            at=now(),
            state="completed",
            outcome="confirmed",
            exit_code=0,
            meaning="done for user0",
            next_step="",
        )
    )
    with ledger.engine.begin() as db:
        keep(db, made.name, acts.run, journal, worker="w", whole=True)
    for _ in range(2):
        tend(ledger, made, tmp_path)
    home = Journal(tmp_path / "runs")
    assert [line.entry.event for line in home.lines()] == ["started", "ended", "ended"]
    assert home.verify().faults == ()
    [row] = ledger.rows(made.name, SETTLED)
    assert (row.outcome, row.report["reading"]["certainty"]) == ("confirmed", "recorded")
    assert "user0" not in home.path.read_text()
    assert (tmp_path / "far" / acts.run).exists()
    assert place.clear()
    assert not (tmp_path / "far" / acts.run).exists()


def test_what_was_filed_when_the_owner_was_killed_is_not_filed_twice(
    made, tmp_path, silent, monkeypatch
):
    ledger, acts, _, place, _ = silent
    with ledger.engine.begin() as db:
        place.over(acts)(db)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Filing, "_acknowledge", killed)
        with pytest.raises(KeyboardInterrupt):
            tend(ledger, made, tmp_path)
    tend(ledger, made, tmp_path)
    lines = [line.entry.event for line in Journal(tmp_path / "runs").lines()]
    assert lines == ["started"]
    assert place.clear()


def test_a_worker_that_was_killed_is_told_of_by_the_next_one_with_its_spool(
    users, tmp_path, postgres
):
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes every request, and is silent
        shared = {"target": f"http://127.0.0.1:{server.getsockname()[1]}"}
        run(users, tmp_path, ledger=postgres, dry_run=True, shared=shared)
        [folder] = owner.folders(tmp_path / "runs")
        spool = tmp_path / "spool"
        worker = start_worker(postgres, folder, spool)
        with in_thread(lambda: go_on(folder, tmp_path)):
            wait_until(
                lambda: (
                    any(
                        line.entry.event == "sending"
                        for path in spool.rglob("journal.jsonl")
                        for line in Journal(path.parent).lines()
                    )
                    or worker.poll() is not None
                )
            )
            worker.kill()
            worker.communicate()
            assert work(postgres, folder, spool) == ([], [])
    with Ledger(postgres) as ledger:
        assert states(ledger, folder) == [UNKNOWN, WAITING, WAITING]
    [one] = Journal(tmp_path / "runs").runs()
    assert (one.outcome, one.sending) == ("unknown", True)
    assert not [path for path in spool.rglob("*") if path.is_file() and path.name != ".lock"]


# --- references ---


def test_what_a_worker_cannot_resolve_is_told_before_anything_is_sent(made, tmp_path, postgres):
    gone = tmp_path / "user1.code"
    kept = gone.read_text()
    gone.unlink()
    with pytest.raises(BadParameters, match="line 3: code there is no file at the path of this"):
        work(postgres, made, tmp_path / "spool")
    with Ledger(postgres) as ledger:
        worker = start_worker(postgres, made, tmp_path / "spool")
        wait_until(lambda: any(one.problems for one in presence.workers_there(ledger, made.name)))
        with pytest.raises(BadParameters, match=f"worker {socket.gethostname()}:.* line 3: code"):
            go_on(made, tmp_path)
        assert not changes()
        gone.touch(mode=0o600)
        gone.write_text(kept)
        worker.terminate()
        _, err = worker.communicate(timeout=60)
    assert "takes no row until it can resolve these:\n  line 3: code" in err
    assert worker.returncode == 143


def test_what_is_not_in_the_keyring_of_a_machine_is_told(users, tmp_path, postgres, monkeypatch):
    text = users.read_text().replace(f"file:{tmp_path}/user0.password", "keyring:cognito/user0")
    users.write_text(text)
    run(users, tmp_path, ledger=postgres, dry_run=True)
    [folder] = owner.folders(tmp_path / "runs")
    kept = {}
    monkeypatch.setattr("keyring.get_password", lambda *place: kept.get(place))
    with Ledger(postgres) as ledger:
        words = unresolvable_here(ledger, folder.name, ENTRY)
        assert words == ["line 2: new_password there is nothing behind this keyring: reference."]
        kept["cognito", "user0"] = "A-new-password-0"
        assert unresolvable_here(ledger, folder.name, ENTRY) == []


REFUSED = [
    ("confirm-reset", {"code": "mailbox:"}, "code is mailbox:"),
    ("confirm-reset", {"code": "literal:123456"}, "code is literal:"),
    ("set-password", {"password_to": "file:~/password"}, "password_to is file:"),
    ("set-password", {"password_to": "keyring:a/b"}, "password_to is keyring:"),
]


@pytest.mark.parametrize(("runbook", "given", "words"), REFUSED, ids=lambda one: str(one)[:20])
def test_what_works_on_the_owners_machine_only_is_refused(
    postgres, tmp_path, runbook, given, words
):
    campaign = f"c{os.urandom(4).hex()}"
    with Ledger(postgres) as ledger:
        row = (2, {"username": "a", "new_password": "env:PATH", **given})
        about = {"runbook": runbook, "digest": "d", "made_by": "me", "categories": []}
        ledger.make(campaign, rows=iter([row]), **about)
    command = ["work", postgres, "--campaign", campaign, "--timeout", "5", "--out"]
    answer = CliRunner().invoke(main, [*command, str(tmp_path)])
    assert answer.exit_code == 2
    assert words in answer.output
    assert "123456" not in answer.output


def test_a_worker_needs_a_ledger_that_can_be_reached_a_campaign_and_a_timeout(
    users, tmp_path, postgres, inline
):
    summary = run(users, tmp_path, first=1)
    sqlite = (Path(summary.folder) / "ledger.sqlite").absolute()
    wrong = [
        ([f"sqlite:///{sqlite}", "--campaign", summary.campaign, "--timeout", "5"], "one machine"),
        ([postgres, "--campaign", "none", "--timeout", "5"], "there is no campaign none"),
        ([postgres, "--campaign", "none"], "--timeout"),
        ([postgres, "--timeout", "5"], "--campaign"),
        (["nonsense", "--campaign", "a", "--timeout", "5"], "cannot be used"),
    ]
    for arguments, words in wrong:
        answer = CliRunner().invoke(main, ["work", *arguments, "--out", str(tmp_path / "spool")])
        assert answer.exit_code == 2, answer.output
        assert words in answer.output


def test_a_campaign_that_is_refused_leaves_nothing_in_the_database(users, tmp_path, postgres):
    with pytest.raises(BadParameters):
        run(users, tmp_path, ledger=postgres, gate=refuse)
    assert not owner.folders(tmp_path / "runs")
    with Ledger(postgres) as ledger:
        assert str(tmp_path) not in dump(ledger)


def refuse(_):
    raise BadParameters([])


def test_without_a_worker_here_others_have_to_reach_the_ledger(users, tmp_path):
    with pytest.raises(BadParameters, match="no other machine can reach this ledger"):
        run(users, tmp_path, workers=0)

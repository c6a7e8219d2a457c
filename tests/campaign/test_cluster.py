"""A Dask cluster as what starts workers: a real scheduler and two real workers, with TLS."""

import datetime
import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpers.__main__ import main
from helpers.campaign import cluster, owner
from helpers.campaign.ledger import Ledger
from helpers.cognito.errors import BadParameters
from helpers.run.journal import Journal
from tests import ROOT
from tests.campaign.test_elsewhere import MANUAL, dump
from tests.campaign.test_owner import (
    ENTRY,
    add_strangers,
    all_alive,
    all_below,
    changes,
    run,
    users,
)
from tests.test_leaks import spellings

__all__ = ["users"]


def wait_until(true):
    """Wait for processes that start others, on a machine that may have much else to do."""
    end = time.monotonic() + 200
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def tls(tmp_path):
    """The options that name a certificate, its key, and whom to trust: the same."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "campaign")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate, private = tmp_path / "tls.pem", tmp_path / "tls.key"
    certificate.write_bytes(made.public_bytes(pem))
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(*plain))
    trusted = str(certificate)
    return ["--tls-ca-file", trusted, "--tls-cert", trusted, "--tls-key", str(private)]


class Dask:
    """A scheduler and two workers, each with a folder and a spool of its own."""

    def __init__(self, folder, tls, within):
        self.folder = folder
        self.spools = [folder / name / "spool" for name in ("one", "two")]
        self._file = folder / "scheduler.json"
        self._tls, self._within = tls, within
        listens = ("--host", "tls://127.0.0.1", "--port", "0", "--scheduler-file", self._file)
        self._start("scheduler", folder, *listens)
        wait_until(self._file.exists)
        self.workers = [
            self._start(
                *("worker", spool.parent, "--scheduler-file", self._file, "--nthreads", "1"),
                *("--protocol", "tls", "--host", "127.0.0.1", "--local-directory", spool.parent),
            )
            for spool in self.spools
        ]

    @property
    def address(self):
        return json.loads(self._file.read_text())["address"]

    def _start(self, kind, cwd, *options):
        cwd.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "dask", kind, *map(str, options), "--no-dashboard"]
        spool = str(cwd / "spool")
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "COGNITO_RESET_SPOOL": spool}
        log = self._within.enter_context((cwd / f"{kind}.log").open("w"))
        streams = {"stdout": log, "stderr": subprocess.STDOUT}
        process = subprocess.Popen([*command, *self._tls], cwd=cwd, env=environ, **streams)
        self._within.callback(self._end, process)
        return process

    @staticmethod
    def _end(process):
        below = all_below(process.pid)
        process.terminate()
        process.wait()
        wait_until(lambda: not below & all_alive())


@pytest.fixture
def dask(tmp_path, tls, users):
    with ExitStack() as within:
        (tmp_path / "dask").mkdir()
        yield Dask(tmp_path / "dask", tls, within)


def command_line(folder, tmp_path, dask, tls):
    """The owner's command as the manual has it, which goes on with a campaign by the cluster."""
    # A row that a killed worker held is decided on that much later.
    given = {"CAMPAIGN": folder.name, "tls://HOST:8786": dask.address, "60": "20", "2": "5"}
    given |= dict(zip(("ca.pem", "owner.pem", "owner.key"), tls[1::2], strict=True))
    [line] = re.findall(r"^\$ cognito-reset (batch resume .*)$", MANUAL, re.MULTILINE)
    command = [given.get(word, word) for word in line.split()]
    own = ["--out", str(tmp_path / "runs"), "--pace", "0", "--json"]
    return [sys.executable, "-m", "helpers", *command, *own]


def go_on(*given):
    return subprocess.run(command_line(*given), capture_output=True, text=True, cwd=ROOT)


def of_a_worker(dask, ledger, campaign):
    """The Dask worker's process below which a row is held: that which its nanny has started."""
    for row in ledger.rows(campaign, "claimed", "acting"):
        process = row.worker.split(":")[1]
        listed = subprocess.run(["ps", "-o", "ppid=", "-p", process], capture_output=True)
        if listed.stdout.strip():
            return int(listed.stdout)
    return None


def test_two_dask_workers_do_each_user_once_also_when_one_is_killed(
    users, tmp_path, postgres, dask, tls
):
    add_strangers(users, 2)
    run(users, tmp_path, ledger=postgres, dry_run=True)
    [folder] = owner.folders(tmp_path / "runs")
    code = tmp_path / "user2.code"
    code.rename(tmp_path / "away")
    logs = [spool.with_name("worker.log") for spool in dask.spools]
    wait_until(lambda: all("Registered to" in log.read_text() for log in logs))
    at = cluster.ClusterAt(dask.address, *tls[1::2])
    manner = owner.Manner(workers=0, cluster=at, options={"timeout": 60.0})
    with pytest.raises(BadParameters) as refused:
        owner.go_on(folder, ENTRY, out=tmp_path / "runs", manner=manner)
    assert "worker tls://127.0.0.1:" in str(refused.value)
    assert "line 4: code there is no file at the path of this reference." in str(refused.value)
    assert not changes()
    (tmp_path / "away").rename(code)
    with Ledger(postgres) as ledger:
        begun = subprocess.Popen(
            command_line(folder, tmp_path, dask, tls),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        killed = []
        find = partial(of_a_worker, dask, ledger, folder.name)
        wait_until(lambda: begun.poll() is not None or killed.append(find()) or killed[-1])
        os.kill(killed[-1], signal.SIGKILL)
        out, err = begun.communicate()
        assert begun.returncode in (1, 9), err
        told = [out, err]
        while (summary := json.loads(told[-2]))["left"]:
            answer = go_on(folder, tmp_path, dask, tls)
            assert answer.returncode in (1, 9), answer.stderr
            told += [answer.stdout, answer.stderr]
        rows = list(ledger.rows(folder.name))
        left = dump(ledger)
    unknown = summary["outcomes"].get("unknown", 0)
    assert sum(summary["outcomes"].values()) == 5
    assert unknown <= 1
    assert set(changes().values()) == {1}
    assert sum(changes().values()) + unknown >= 3
    journal = Journal(tmp_path / "runs")
    assert (journal.verify().faults, journal.verify().gone) == ((), 0)
    ran = {one.started.run for one in journal.runs()}
    assert {row.run for row in rows} <= ran
    for row in rows:
        if row.state == "ended":
            assert (tmp_path / "runs" / row.run / "confirm-reset.ipynb").exists()
    for spool in dask.spools:
        assert not [path for path in spool.rglob("*") if path.is_file() and path.name != ".lock"]
    CliRunner().invoke(main, ["batch", "report", "--out", str(tmp_path / "runs")])
    texts = [left, *told]
    for path in (*dask.folder.rglob("*"), *folder.rglob("*")):
        if path.is_file():
            texts.append(path.read_text(errors="replace"))
    for number in range(3):
        for secret in (f"A-new-password-{number}", (tmp_path / f"user{number}.code").read_text()):
            words = spellings(secret.strip())
            assert not [word for word in words for text in texts if word in text]


ADDRESSES = [
    ("tcp://10.0.0.5:8786", "is not encrypted"),
    ("tcp://scheduler:8786", "is not encrypted"),
    ("tcp://127.0.0.1.example.com:8786", "is not encrypted"),
    ("scheduler:8786", "must be a scheduler's address"),
    ("tls://scheduler", "must be a scheduler's address"),
    ("ws://scheduler:8786", "must be a scheduler's address"),
    ("tls://[::1:8786", "must be a scheduler's address"),
    ("tls://scheduler:99999", "must be a scheduler's address"),
]


@pytest.mark.parametrize(("address", "words"), ADDRESSES)
def test_an_address_at_which_anyone_could_run_code_is_refused(address, words):
    assert words in cluster.fault_in_address(address)


@pytest.mark.parametrize(
    "address", ["tls://scheduler:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:8786"]
)
def test_another_is_not(address):
    assert cluster.fault_in_address(address) is None


WRONG = [
    (["--cluster", "tcp://10.0.0.5:8786", "--timeout", "5"], "is not encrypted"),
    (["--cluster", "tls://127.0.0.1:1"], "needs --timeout"),
    (["--cluster", "tls://127.0.0.1:1", "--timeout", "5"], "cannot be used"),
    (["--tls-cert", "file"], "go with --cluster"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_a_cluster_that_cannot_be_used_is_told_in_words(
    users, tmp_path, postgres, monkeypatch, options, words
):
    monkeypatch.setattr(cluster, "_ANSWERS_WITHIN", 0.5)
    command = ["batch", "confirm-reset", str(users), "--out", str(tmp_path), "--ledger", postgres]
    answer = CliRunner().invoke(main, [*command, *options, "--users", "3"])
    assert answer.exit_code == 2, answer.output
    assert words in answer.output
    assert not changes()


def test_a_cluster_needs_a_ledger_that_it_can_reach(users, tmp_path):
    command = ["batch", "confirm-reset", str(users), "--out", str(tmp_path), "--timeout", "5"]
    answer = CliRunner().invoke(main, [*command, "--cluster", "tls://127.0.0.1:1"])
    assert answer.exit_code == 2
    assert "needs a ledger that each machine can reach" in answer.output

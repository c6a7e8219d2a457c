"""A Dask cluster as what starts workers: one pull loop on each of its workers.

Dask is given no row: an engine that distributes work runs again what it lost. A loop asks the
ledger for rows, in a process of its own, since a thread of a Dask worker can take no signals. A
loop that Dask starts twice takes other rows, never the same.
"""

import ipaddress
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from helpers.campaign.ledger import Ledger
from helpers.campaign.reach import refused_elsewhere, unresolvable_here
from helpers.campaign.schema import RUNNING, LedgerError
from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entry import RunbookEntry

_ANSWERS_WITHIN = 60
"""Seconds for a scheduler, and for a worker that is asked something, to answer."""
_TRIES = 3
"""How often a loop is started on a worker on which it fails."""


@dataclass(frozen=True)
class ClusterAt:
    """Where a cluster's scheduler is, and the files for TLS where distributed's own configuration
    names none.
    """

    address: str
    ca_file: str = ""
    cert: str = ""
    key: str = ""


def fault_in_address(address: str) -> str | None:
    """Say in words why a scheduler's address is not to be used, or None."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        port = parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in ("tls", "tcp"):
        return "must be a scheduler's address such as tls://host:8786."
    if parts.scheme == "tcp" and not _is_loopback(host):
        return (
            "is not encrypted, and anyone who reaches a scheduler without TLS runs code on every"
            " worker: use tls://."
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Cluster:
    """The loops on the workers of a cluster. See `connected`."""

    def __init__(
        self, client: Any, ledger: Ledger, campaign: str, entry: RunbookEntry, timeout: float
    ) -> None:
        self._client, self._ledger, self._campaign = client, ledger, campaign
        self._asked = (ledger.url, campaign, entry)
        self._given = (ledger.url, campaign, timeout)
        self._loops: dict[str, Any] = {}
        self._failed: dict[str, list[str]] = {}

    def problems(self) -> list[Problem]:
        """Return what a worker that is there cannot resolve, by worker."""
        asked = {one: self._submit(one, problems_there, *self._asked) for one in self._there()}
        found = []
        for address, future in asked.items():
            try:
                told = future.result(timeout=_ANSWERS_WITHIN)
            except Exception as exc:  # noqa: BLE001  # of its machine: no package, no ledger
                told = [f"{type(exc).__name__}: {exc}"]
            found += [Problem(f"worker {address}", words) for words in told]
        return found if asked else [Problem("cluster", "has no worker.")]

    def tend(self) -> None:
        """Start a loop on each worker that has none, as long as rows may begin."""
        there = self._there()
        for address, loop in list(self._loops.items()):
            if address not in there or loop.done():
                del self._loops[address]
                if address in there and (words := _failure(loop)):
                    self._failed.setdefault(address, []).append(words)
        if self._ledger.campaign(self._campaign).state != RUNNING:
            return
        if not self._ledger.may_come(self._campaign):
            return
        able = [one for one in there if len(self._failed.get(one, ())) < _TRIES]
        for address in able:
            if address not in self._loops:
                self._loops[address] = self._submit(address, pull, *self._given)
        if not able and self._client.status != "running":
            self._ledger.pause(self._campaign, "the scheduler of the cluster is gone")
        elif there and not able:
            words = next(iter(self._failed.values()))[-1]
            self._ledger.pause(self._campaign, f"no worker of the cluster can work: {words}")

    def busy(self) -> bool:
        """Whether a loop is still under way."""
        return bool(self._loops)

    def _there(self) -> list[str]:
        if self._client.status != "running":
            return []
        try:
            return sorted(self._client.scheduler_info(n_workers=-1)["workers"])
        except OSError:
            return []

    def _submit(self, address: str, function: Any, *given: Any) -> Any:
        return self._client.submit(
            function, *given, pure=False, workers=[address], allow_other_workers=False, retries=0
        )


def _failure(loop: Any) -> str:
    """Return in words why a loop that is over has failed; "" where it has not."""
    if loop.status != "finished":
        return f"its loop is {loop.status}"
    code, words = loop.result(timeout=_ANSWERS_WITHIN)
    return words or f"exit code {code}" if code else ""


@contextmanager
def connected(
    at: ClusterAt, ledger: Ledger, campaign: str, entry: RunbookEntry, timeout: float | None
) -> Iterator[Cluster]:
    """Connect to a cluster. Raises BadParameters where it cannot be used, in words."""
    fault = fault_in_address(at.address)
    if ledger.engine.dialect.name == "sqlite":
        fault = "needs a ledger that each machine can reach: begin the campaign with --ledger."
    if timeout is None:
        fault = fault or "needs --timeout: a row whose worker is silent is decided on after that."
    if fault:
        raise BadParameters([Problem("cluster", fault)])
    client = _client(at)
    try:
        yield Cluster(client, ledger, campaign, entry, timeout or 0.0)
    finally:
        client.close()


def _client(at: ClusterAt) -> Any:
    try:
        from distributed import Client, Security
    except ImportError:
        words = "needs more packages: pip install 'cognito-reset-runbooks[cluster]'"
        raise BadParameters([Problem("cluster", words)]) from None
    # What is lost is told in words. Each of its loggers has a level of its own.
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    files = {"tls_ca_file": at.ca_file, "tls_client_cert": at.cert, "tls_client_key": at.key}
    try:
        encrypted = at.address.startswith("tls:")
        security = Security(
            require_encryption=encrypted, **{name: file for name, file in files.items() if file}
        )
        return Client(at.address, security=security, timeout=_ANSWERS_WITHIN, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as exc:
        words = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise BadParameters([Problem("cluster", f"cannot be used: {words}")]) from None


# --- on a worker of the cluster ---


def problems_there(url: str, campaign: str, entry: RunbookEntry) -> list[str]:
    """Return what stands against working on a campaign on this machine."""
    try:
        with Ledger(url) as ledger:
            refused = refused_elsewhere(ledger, campaign, entry)
            return refused or unresolvable_here(ledger, campaign, entry)
    except LedgerError as exc:
        return [str(exc)]


def pull(url: str, campaign: str, timeout: float) -> tuple[int, str]:
    """Work on a campaign until no row may begin; return exit code and last words.

    It is a process of its own, which ends with this one.
    """
    command = [sys.executable, "-m", "helpers", "work", url, "--campaign", campaign]
    command += ["--timeout", str(timeout), "--until-paused", "--ends-with", str(os.getpid())]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, next(iter(done.stderr.splitlines()[-1:]), "")[:300]

"""Hold the sandbox's facts against Amazon Cognito itself: python -m tests.sandbox.verify_aws.

Opt-in (`make verify-aws`), with the credentials of whoever runs it. Each fact that needs neither a
mailbox nor a moved clock is told in user pools that are made for it and deleted after it; with
--address, a mailbox of theirs, those that need a code as well. What came of each is written as a
table: as here, otherwise, or not testable. With --endpoint the same is done to whatever answers
there.
"""

import argparse
import collections
import functools
import getpass
import imaplib
import inspect
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from .elsewhere import NO_SMS, PREFIX, USERS, Door, deleted
from .facts_table import _cell
from .post import Imap, Mailbox
from .world import ELSEWHERE

FACTS = Path(__file__).parent / "facts"
AS_HERE, OTHERWISE, NOT_TESTABLE = "as here", "otherwise", "not testable"
_NOT_AN_ANSWER = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "ThrottlingException",
    "UnrecognizedClientException",
}
_COSTS = """\
It makes some hundred user pools, one after another, named {prefix}..., and deletes each.
It makes at most {users} users in them. AWS counts each as a monthly active user: 10,000 of a month
are free, and above that the tier Essentials costs 0.015 US dollars a user, {most:.0f} in all.
{messages}
"""
_NO_MESSAGES = "It sends no message to anybody."
_MESSAGES = """\
It sends messages to {name}+...@{host} and to nobody else, and reads them there. AWS's own sender
takes 50 a day; --sender-arn names an identity of Amazon SES that takes more."""


@dataclass(frozen=True)
class Verdict:
    """What came of one fact. why: what was otherwise, or why it could not be tested."""

    words: str
    sure: str
    result: str
    why: str = ""


class Verifier:
    """A pytest plugin that tells the facts behind a Door, and collects what came of them."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.verdicts: list[Verdict] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[ELSEWHERE] = self.door.world

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = []
        for item in items:
            if item.get_closest_marker("fact") is None or _door_of(item) == "http":
                continue
            reason = _out_of_reach(item)
            if reason:
                self._add(item, NOT_TESTABLE, reason)
            else:
                kept.append(item)
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report = yield
        if call.excinfo is not None:
            self._add(item, *_judged(call.excinfo.value))
        elif call.when == "call":
            self._add(item, AS_HERE)
        return report  # type: ignore[return-value]

    def _add(self, item: pytest.Item, result: str, why: str = "") -> None:
        mark = item.get_closest_marker("fact")
        assert mark is not None
        self.verdicts.append(Verdict(mark.args[0], mark.kwargs["sure"], result, why))


def verify(
    client: Any, *names: str, mailbox: Mailbox | None = None, sender: str = ""
) -> list[Verdict]:
    """Hold the facts against what answers this client.

    names: of files of facts, else all. mailbox: where messages may go. sender: the ARN of an SES
    identity that sends them.
    """
    door = Door(client, mailbox, sender)
    verifier = Verifier(door)
    paths = [str(FACTS / name) for name in names] or [str(FACTS)]
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "-s"]
    try:
        pytest.main([*quiet, "-o", "addopts=", *paths], plugins=[verifier])
    finally:
        door.close()
        for pool_id in door.left:
            print(f"could not delete the user pool {pool_id}", file=sys.stderr)
    return verifier.verdicts


def table(verdicts: list[Verdict], where: str) -> str:
    """Return what came of it as Markdown, what was otherwise first."""
    counts = collections.Counter(one.result for one in verdicts)
    lines = [
        f"# The sandbox's facts, held against {where}",
        "",
        ", ".join(f"{counts[result]} {result}" for result in (AS_HERE, OTHERWISE, NOT_TESTABLE)),
        "",
        "| behaviour | here | there | |",
        "|:---|:---|:---|:---|",
    ]
    order = (OTHERWISE, AS_HERE, NOT_TESTABLE)
    for one in sorted(verdicts, key=lambda verdict: order.index(verdict.result)):
        lines.append(f"| {_cell(one.words)} | {one.sure} | {one.result} | {_cell(one.why)} |")
    return "\n".join([*lines, ""])


def main(words: list[str] | None = None) -> int:
    """Say what it costs and where, ask, verify, and write the table; return the exit code."""
    given = _arguments(words)
    try:
        client, where = _client(given)
        if given.clean:
            return _clean(client)
        name, _, host = given.address.partition("@")
        messages = _MESSAGES.format(name=name, host=host) if name else _NO_MESSAGES
        print(_COSTS.format(prefix=PREFIX, users=USERS, most=USERS * 0.015, messages=messages))
        print(f"It works in {where}.")
        if not (given.yes or _agreed()):
            print("Nothing was done. Answer yes, or pass --yes.", file=sys.stderr)
            return 2
        mailbox = _mailbox(given) if given.address else None
    except (BotoCoreError, ClientError, OSError, imaplib.IMAP4.error) as error:
        print(f"verify-aws: {error}", file=sys.stderr)
        return 2
    verdicts = verify(client, *given.only, mailbox=mailbox, sender=given.sender_arn)
    if mailbox:
        mailbox.close()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(table(verdicts, given.endpoint or f"AWS in {given.region}"))
    counts = collections.Counter(one.result for one in verdicts)
    print(", ".join(f"{count} {result}" for result, count in counts.items()))
    print(f"The table is in {given.out}.")
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="verify-aws", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--region", default="us-east-1", help="where the pools are made")
    parser.add_argument("--profile", help="of your AWS configuration; else as for the AWS CLI")
    parser.add_argument("--endpoint", help="ask what answers there instead, unsigned")
    parser.add_argument("--only", nargs="*", default=[], help="files of tests/sandbox/facts")
    parser.add_argument("--out", type=Path, default=Path("runs/verify-aws.md"), help="the table")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--clean", action="store_true", help="only delete pools that a killed run has left"
    )
    parser.add_argument(
        "--address", default="", help="your mailbox, which also gets NAME+anything@HOST"
    )
    parser.add_argument("--imap", default="", help="its server by IMAP over TLS: HOST or HOST:PORT")
    parser.add_argument("--imap-user", default="", help="else the address")
    parser.add_argument("--sender-arn", default="", help="an identity of Amazon SES that sends")
    given = parser.parse_args(words)
    problems = []
    if bool(given.address) != bool(given.imap):
        problems.append("--address and --imap go together")
    if given.address and not re.fullmatch(r"[\w.-]+@[\w.-]+", given.address):
        problems.append("--address takes NAME@HOST, without a plus")
    if given.imap and not re.fullmatch(r"[\w.-]+(:\d{1,5})?", given.imap):
        problems.append("--imap takes HOST or HOST:PORT")
    if given.sender_arn and not given.address:
        problems.append("--sender-arn needs --address, since nothing is sent without one")
    if problems:
        parser.error("; ".join(problems))
    return given


def _mailbox(given: argparse.Namespace) -> Imap:
    host, _, port = given.imap.partition(":")
    user = given.imap_user or given.address
    password = os.environ.get("VERIFY_IMAP_PASSWORD") or getpass.getpass(f"Password of {user}: ")
    connect = functools.partial(imaplib.IMAP4_SSL, host, int(port or 993), timeout=30)
    return Imap(given.address, connect, user, password)


def _client(given: argparse.Namespace) -> tuple[Any, str]:
    # Before pytest reads tests/conftest.py, which forgets the AWS configuration of whoever runs it.
    retries: Any = {"mode": "standard", "total_max_attempts": 10}
    if given.endpoint:
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        address = {"endpoint_url": given.endpoint, "region_name": given.region}
        return boto3.client("cognito-idp", config=config, **address), given.endpoint
    session = boto3.Session(profile_name=given.profile, region_name=given.region)
    caller = session.client("sts").get_caller_identity()
    client = session.client("cognito-idp", config=Config(retries=retries))
    return client, f"account {caller['Account']}, {given.region}, as {caller['Arn']}"


def _agreed() -> bool:
    return sys.stdin.isatty() and input("Go on? (yes/no) ").strip().lower() == "yes"


def _clean(client: Any) -> int:
    pages = client.get_paginator("list_user_pools").paginate(MaxResults=60)
    found = [pool for page in pages for pool in page["UserPools"]]
    left = [pool["Id"] for pool in found if pool["Name"].startswith(PREFIX)]
    kept = [pool_id for pool_id in left if not deleted(client, pool_id)]
    print(f"{len(left) - len(kept)} user pools deleted, {len(kept)} left")
    return 1 if kept else 0


def _door_of(item: pytest.Item) -> str:
    return str(item.callspec.params.get("world", "")) if hasattr(item, "callspec") else ""


def _out_of_reach(item: pytest.Item) -> str:
    if "world" not in getattr(item, "fixturenames", ()):
        return "is about the sandbox's own HTTP door"
    source = inspect.getsource(item.function).lower()  # type: ignore[attr-defined]
    if "phone" in source or "sms" in source:
        return NO_SMS
    return ""


def _judged(error: BaseException) -> tuple[str, str]:
    if "Exceeded daily email limit" in str(error):
        return NOT_TESTABLE, "AWS's own sender has sent its messages of a day"
    # The table is meant to be shown around: no account, and nobody's name in it.
    said = re.sub(r"arn:\S+|\b\d{12}\b", "...", " ".join(str(error).split()))[:300]
    if isinstance(error, pytest.skip.Exception):
        return NOT_TESTABLE, said
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _NOT_AN_ANSWER:
        return NOT_TESTABLE, said
    if isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        return NOT_TESTABLE, said
    return OTHERWISE, f"{type(error).__name__}: {said}"


if __name__ == "__main__":
    os.environ.pop("COGNITO_SANDBOX", None)
    sys.exit(main())

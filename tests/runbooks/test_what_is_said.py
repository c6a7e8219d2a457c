"""What an agent is told to say, and what they are told to do: no sentence helps somebody who calls
in another one's name.
"""

import ast
import json
import re

import nbformat
import pytest

from helpers.cognito.catalogue_entries import CATALOGUE, LOST, LOST_CONFIRM, LOST_READ, UNKNOWN
from helpers.run.record import NextRunbook
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.confirm_reset import ConfirmReset
from helpers.runbooks.diagnosis.verdicts import PROBLEMS
from helpers.runbooks.request_code import RequestCode
from helpers.runbooks.stop_words import STOP_WORDS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from tests import ROOT
from tests.rebaseline import notebooks
from tests.runbooks.test_every_runbook import read_out

ENTRIES = (*CATALOGUE, *LOST.values(), LOST_CONFIRM, LOST_READ, UNKNOWN)
# Whoever says this teaches users that support asks for codes, and takes one from a stranger.
ASKS = re.compile(
    r"\b(read|tell|give|say|spell|send|dictate|show) (it |them )?(to )?(me|us|out)\b"
    r"[^.?!,;]{0,30}\b(code|codes|digits|password)\b"
    r"|\b(spell|dictate) (the|your|its)\b[^.?!,;]{0,20}\b(code|codes|digits|password)\b",
    re.IGNORECASE,
)


def said():
    """Yield every text that somebody may read out to the caller."""
    yield from read_out()
    yield from (entry.say for entry in ENTRIES)
    for path in notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                for data in output.get("data", {}).values():
                    if isinstance(data, dict) and data.get("say"):
                        yield data["say"]


def told():
    """Yield every text that an agent reads: what it means, what to do next, and the notebooks."""
    for problem in PROBLEMS.values():
        yield from (problem.headline, problem.meaning, problem.next)
    for entry in ENTRIES:
        yield from (entry.meaning, entry.cause, entry.next)
    for path in ROOT.joinpath("helpers", "runbooks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for path in ROOT.joinpath("notebooks", "runbooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield "".join(cell["source"])


def sentences(texts):
    return [one for text in texts for one in re.split(r"(?<=[.?!])\s+", text) if one]


def test_nobody_is_asked_for_a_code_or_a_password():
    assert len(sentences(said())) > 250
    assert [one for one in sentences(said()) if ASKS.search(one)] == []


@pytest.mark.parametrize(
    "words",
    [
        "Please read me the six digits.",
        "Please read me its six digits, or enter them in your application.",
        "Then read me the six digits of the newest one.",
        "Tell me the code.",
        "Could you spell the password?",
        "Please read it to me: read out the code.",
        "Read me the newest code.",
    ],
)
def test_what_is_looked_for_is_found(words):
    assert ASKS.search(words)


def test_no_agent_is_told_to_have_a_code_read_out():
    found = [one for one in sentences(told()) if ASKS.search(one)]
    assert found == []


def test_what_the_catalogue_has_read_out_is_short():
    assert [one for one in sentences(e.say for e in ENTRIES) if len(one.split()) > 15] == []


def test_the_user_types_the_code_on_the_sign_in_page_first(sandbox):
    for problem in ("nothing-in-the-way", "reset-required"):
        assert "on the sign-in page" in PROBLEMS[problem].say
    result = RequestCode(interactive="no").submit()
    assert "on the sign-in page" in result.say
    assert "call back on a number on file" in result.next


def test_on_the_phone_no_agent_is_led_to_where_the_users_code_is_typed(sandbox):
    given = {"username": "diego@example.com", "client_id": "1example23456789"}
    assert RequestCode(**given, target="aws", interactive="yes").follow("confirm-reset") is None
    assert isinstance(
        RequestCode(**given, target="aws", interactive="no").follow("confirm-reset"), NextRunbook
    )
    assert RequestCode(interactive="yes").follow("confirm-reset"), "in practice it is shown"


@pytest.fixture
def pools(tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    practice = f'target = "sandbox"\nuser_pool_id = "{DEFAULT_POOL_ID}"\n'
    page = 'sign_in_page = "https://login.example.com/forgot"\n'
    client = f'client_id = "{DEFAULT_CLIENT_ID}"\n'
    path.write_text(
        f"[shop]\n{practice}{page}[shop.clients.web]\n{client}"
        f"[desk]\n{practice}[desk.clients.web]\n{client}[desk.asks]\ncodes_by_phone = true\n"
    )
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))


def test_the_page_of_the_pool_is_named(pools, sandbox):
    result = RequestCode(pool="shop", interactive="no").submit()
    assert "the sign-in page, https://login.example.com/forgot" in result.next
    plan = repr(ConfirmReset(pool="shop", interactive="no").plan())
    assert "types the code on the sign-in page, https://login.example.com/forgot" in plan


@pytest.mark.parametrize(
    ("pool", "person", "taken"),
    [("shop", "yes", False), ("desk", "yes", True), ("", "yes", True), ("shop", "no", True)],
)
def test_an_agent_types_a_users_code_only_where_the_pools_owner_allows_it(
    pool, person, taken, pools, sandbox
):
    RequestCode(interactive="no").submit()
    run = ConfirmReset(pool=pool, interactive=person)
    code = Secret(sandbox.mailbox()[-1]["code"], "code")
    typed = {"code": code, "new_password": Secret("Another-one-1-password", "new password")}
    result = run.submit({}, typed) if person == "yes" else run.submit()
    assert (result.exit_code == 0) is taken
    if not taken:
        assert "takes no codes by phone" in str(result.problems[0])
        assert "https://login.example.com/forgot" in str(result.problems[0])


def test_every_document_of_a_stop_word_is_the_data():
    text = ROOT.joinpath("docs", "identity.md").read_text()
    for one in STOP_WORDS:
        assert f"| {one.sign} | {one.why} |" in text


def test_a_code_that_nobody_asked_for_resets_and_locks_nothing():
    found = PROBLEMS["uninvited-code"]
    assert found.runbook == ""
    assert "Reset nothing and lock nothing" in found.next


def test_the_runbooks_that_take_a_code_say_first_for_whom_they_are():
    for entry in RUNBOOKS.values():
        if entry.takes_code:
            title, when = (
                cell.source
                for cell in nbformat.read(entry.path, as_version=4).cells
                if cell.id in ("title", "when")
            )
            assert "no page of their own" in title
            assert "call back" in when

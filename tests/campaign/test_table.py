"""A table: what can be read, and what is told of one that cannot."""

import csv
import gzip
import io
import json
import os
import random
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers.__main__ import main
from helpers.campaign import owner, table
from helpers.campaign.ledger import Ledger
from helpers.cognito.errors import BadParameters
from helpers.runbooks import RUNBOOKS
from tests.campaign.conftest import Inline

ENTRY = RUNBOOKS["confirm-reset"]
GOOD = "username,code,new_password\ndiego,literal:123456,literal:Password-1\nmaría,mailbox:,\n"


def read(path, content, **shared):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return table.read_table(ENTRY, path, shared)


def problems(path, content, **shared):
    with pytest.raises(BadParameters) as caught:
        read(path, content, **shared)
    return [str(problem) for problem in caught.value.problems]


def test_a_row_is_its_line_and_its_parameters_with_those_that_all_share(tmp_path):
    rows = read(tmp_path / "t.csv", "\ufeff" + GOOD, region="eu-west-1")
    assert [number for number, _ in rows] == [2, 3]
    assert rows[1][1] == {"region": "eu-west-1", "username": "maría", "code": "mailbox:"}


def test_a_line_of_json_is_a_row_too(tmp_path):
    rows = read(tmp_path / "t.jsonl", '{"username": "diego"}\n\n{"username": "mar\\u00eda"}\n')
    assert rows == [(1, {"username": "diego"}), (3, {"username": "maría"})]


POOLS = """
[eu]
user_pool_id = "eu-west-1_x"
[eu.clients.web]
client_id = "web"
[us]
user_pool_id = "us-east-1_x"
[us.asks]
case_number = true
"""


@pytest.fixture
def pools(tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    path.write_text(POOLS)
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))


SECRETS = {"code": "env:PATH", "new_password": "env:PATH"}


def test_all_rows_share_a_pool_or_each_names_its_own(tmp_path, pools):
    rows = read(tmp_path / "t.csv", "username\na\nb\n", pool="eu", **SECRETS)
    assert [values["pool"] for _, values in rows] == ["eu", "eu"]
    assert {values["user_pool_id"] for _, values in rows} == {"eu-west-1_x"}, "held from then on"
    assert "client_secret" not in rows[0][1], "which is the pool's own matter"
    both = "username,pool,client_id,case_number\na,eu,,\na,us,web2,INC-7\n"
    assert len(read(tmp_path / "t.csv", both, **SECRETS)) == 2
    twice = "username,user_pool_id\na,\na,eu-west-1_x\n"
    (words,) = problems(tmp_path / "t.csv", twice, pool="eu", **SECRETS)
    assert "is that of line 2 too" in words


def test_what_is_wrong_with_a_shared_pool_is_told_once(tmp_path, pools):
    table = "username\na\nb\n"
    (words,) = problems(tmp_path / "t.csv", table, pool="ue")
    assert "There are practice, eu, us" in words
    (words,) = problems(tmp_path / "t.csv", table, pool="eu", target="sandbox", **SECRETS)
    assert words == "target: is sandbox, but the pool eu is aws."


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "t.csv",
            "usrname,code\na,env:NOT_THERE\n",
            ["line 2: usrname: is no parameter", "line 2: code: the environment variable"],
        ),
        ("t.csv", "username\na,b\n", ["line 2: has not as many columns"]),
        ("t.csv", "username,code\na\n", ["line 2: has not as many columns"]),
        ("t.csv", "username\n", ["the table: has no rows"]),
        ("t.csv", "", ["the table: has no rows"]),
        ("t.csv", "\n\n", ["the table: has no rows"]),
        ("t.jsonl", "", ["the table: has no rows"]),
        (
            "t.jsonl",
            '{"username": "a"}\n\n{"username": 5}\n',
            ["line 3: username: arrived as the int 5"],
        ),
        ("t.jsonl", "[1]\n", ["line 1: is no JSON object"]),
        ("t.jsonl", "[" * 100_000, ["line 1: is no JSON object"]),
        ("t.jsonl", '{"username": "a", "username": "b"}', ["line 1: names username twice"]),
        (
            "t.jsonl",
            '{"username": "\\ud800"}',
            ["line 1: username: holds a character that is none"],
        ),
        ("t.csv", "new_password\nHunter-2-hunter\n", ["line 2: new_password: not a reference"]),
        ("t.csv", "username,username\ndiego,alice\n", ["the heading: names username twice"]),
        ("t.csv", "username, username \ndiego,alice\n", ["the heading: names username twice"]),
        ("t.csv", "username,,code\na,b,c\n", ["the heading: has a column without a name"]),
        ("t.csv", "diego,Hunter-2-hunter\n", ["the heading: names no parameter of this runbook"]),
        ("t.csv", "username\ndiego\nalice\nDiego\n", ["line 4: username: is that of line 2 too"]),
        ("t.csv", "username\n" + "a" * 131_073, ["line 2: cannot be read as CSV (field larger"]),
        ("t.csv", 'username\n"diego\nalice\n', ["cannot be read as CSV (unexpected end of data)"]),
        ("t.csv", "username\nmaría\n".encode("latin-1"), ["line 2: holds a byte that is no UTF-8"]),
        ("t.csv", "username\nmaría\n".encode("cp1252"), ["line 2: holds a byte that is no UTF-8"]),
        ("t.csv", "username\nmaría\n".encode("utf-16"), ["the table: is in UTF-16"]),
        ("t.csv", "username\nmaria\n".encode("utf-16-le"), ["line 1: holds a null character"]),
        ("t.csv", gzip.compress(GOOD.encode(), mtime=0), ["the table: is compressed (gzip)"]),
        ("t.csv", b"\xd0\xcf\x11\xe0\xa1", ["the table: is an old Excel workbook"]),
        ("t.csv", bytes(range(256)), ["holds a byte that is no UTF-8"]),
    ],
    ids=lambda given: repr(given)[:40],
)
def test_nothing_runs_when_a_row_cannot_be_used(name, content, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadParameters) as caught:
        owner.run_table(ENTRY, path, out=tmp_path / "runs")
    assert all(word in str(caught.value) for word in words), caught.value
    assert "Hunter" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_workbook_is_refused_with_the_way_to_save_it(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (words,) = problems(tmp_path / "t.xlsx", buffer.getvalue())
    assert words.endswith("(.xlsx, .ods, .zip): save it as CSV in UTF-8, and name that file.")


def test_a_table_that_never_ends_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "LARGEST", 1000)
    (words,) = problems(tmp_path / "t.csv", "a" * 1001)
    assert "more than 1,000 bytes" in words
    with pytest.raises(BadParameters, match="more than 1,000 bytes"):
        table.read_table(ENTRY, table.Path("/dev/zero"), {})


def test_a_table_that_cannot_be_read_is_told_in_words(tmp_path):
    with pytest.raises(BadParameters, match="cannot be read: Is a directory"):
        table.read_table(ENTRY, tmp_path, {})


def test_the_same_user_of_another_pool_or_of_nobody_is_no_second_row(tmp_path):
    two = "username,user_pool_id\ndiego,eu-west-1_a\ndiego,eu-west-1_b\n"
    assert len(read(tmp_path / "t.csv", two)) == 2
    nobody = '{"username": "", "symptom": "no mail"}\n{"username": "", "symptom": "no text"}\n'
    (tmp_path / "t.jsonl").write_text(nobody)
    assert len(table.read_table(RUNBOOKS["diagnose-user"], tmp_path / "t.jsonl", {})) == 2


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\n\n"])
def test_any_line_end_will_do_and_empty_lines_do_not_matter(ends, tmp_path):
    rows = read(tmp_path / "t.csv", f"{ends}username{ends}diego{ends}alice")
    assert [values["username"] for _, values in rows] == ["diego", "alice"]


def test_of_many_problems_the_first_fifty_are_told(tmp_path):
    found = problems(tmp_path / "t.csv", "username\n" + "a b\n" * 60)
    assert len(found) == table.MOST_PROBLEMS + 1
    assert found[-1] == "the table: has more problems; these come first."


def test_what_runs_is_what_was_checked_whatever_becomes_of_the_file(tmp_path, monkeypatch):
    class Idle(Inline):
        def __init__(self, *_, **__):
            self.working = False

    path = tmp_path / "t.csv"
    path.write_text("username\n" + "".join(f"user{number}\n" for number in range(2000)))
    monkeypatch.setattr(owner, "WorkerPool", Idle)
    summary = owner.run_table(
        ENTRY,
        path,
        out=tmp_path / "runs",
        gate=lambda count: path.write_text("username\nsomebody,else\n"),
    )
    rows = Ledger.in_folder(Path(summary.folder)).rows(summary.campaign)
    assert [row.parameters["username"] for row in rows] == [f"user{n}" for n in range(2000)]


def mutated(draw):
    """A good table, with bytes of it cut out, doubled, swapped for others, or put in."""
    content = bytearray(draw(st.sampled_from([GOOD, GOOD.replace("\n", "\r\n"), JSON])).encode())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        much = draw(st.integers(0, 12))
        content[at : at + draw(st.sampled_from([0, much]))] = draw(
            st.one_of(
                st.binary(max_size=12),
                st.sampled_from(
                    [
                        b"",
                        b'"',
                        b"'",
                        b",",
                        b"\n",
                        b"\r",
                        b"\0",
                        b"\xff",
                        b"{",
                        b"[" * 2000,
                        b"\\ud800",
                    ]
                ),
                st.just(bytes(content[at : at + 12])),
                st.text(max_size=12).map(lambda text: text.encode(errors="surrogatepass")),
            )
        )
    return bytes(content)


JSON = "".join(json.dumps(row) + "\n" for row in csv.DictReader(io.StringIO(GOOD)))


@given(st.data(), st.sampled_from([".csv", ".jsonl"]))
def test_no_table_ends_in_anything_but_rows_or_problems(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"fuzz{os.getpid()}{suffix}"
    try:
        rows = read(path, mutated(data.draw))
    except BadParameters as exc:
        assert exc.problems
        str(exc).encode()
    else:
        assert rows


def test_the_command_answers_any_bytes_with_2_and_words(tmp_path):
    draw = random.Random(1)
    for number in range(20):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(draw.randbytes(draw.choice([1, 10, 1000])))
        answer = CliRunner().invoke(
            main, ["batch", "confirm-reset", str(path), "--out", str(tmp_path / "runs")]
        )
        assert answer.exit_code == 2
        assert isinstance(answer.exception, SystemExit)

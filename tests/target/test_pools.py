"""Pools by name: what pools.toml may hold, and every way in which it can be wrong."""

import os

import pytest

from helpers.secrets.redaction import redact
from helpers.target.pools import PRACTICE, Pool
from helpers.target.pools_file import LARGEST, POOLS, PoolsError, load, pool_named, pools

GOOD = """
[prod-eu]
purpose = "Customers in Europe"
production = true
user_pool_id = "eu-central-1_AbCdEfGhI"
profile = "support"
sign_in_page = "https://login.example.com/forgot"
security_contact = "security@example.com"
owner = "Identity"

[prod-eu.clients.web]
client_id = "1example23456789"
client_secret = "env:WEB_SECRET"

[prod-eu.clients.mobile]
client_id = "2example23456789"

[prod-eu.asks]
case_number = true
second_person = true
"""


@pytest.fixture
def file(monkeypatch, tmp_path):
    path = tmp_path / "pools.toml"
    monkeypatch.setenv(POOLS, str(path))
    return path


def problems(file, text):
    file.write_text(text)
    with pytest.raises(PoolsError) as raised:
        load()
    assert raised.value.path == str(file)
    return list(raised.value.problems)


def test_a_pool_has_what_the_file_says_and_its_region_from_its_id(file):
    file.write_text(GOOD)
    pool = pools()["prod-eu"]
    assert (pool.target, pool.region, pool.profile) == ("aws", "eu-central-1", "support")
    assert (pool.label, pool.purpose) == ("PRODUCTION: prod-eu", "Customers in Europe")
    assert pool.default_client == pool.client("web") == pool.client("1example23456789")
    assert pool.client("mobile").client_secret == ""
    assert pool.client("other") is None
    assert (pool.asks.case_number, pool.asks.codes_by_phone) == (True, False)


def test_practice_is_always_there_and_comes_first(file, monkeypatch):
    file.write_text(GOOD)
    assert list(pools()) == ["practice", "prod-eu"]
    file.write_text("nonsense")
    assert pool_named("practice") is PRACTICE
    monkeypatch.delenv(POOLS)
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(file.parent / "none"))
    file.unlink()
    assert list(pools()) == ["practice"]


def test_the_practice_pool_would_be_taken_from_a_file():
    assert Pool(**PRACTICE.model_dump()) == PRACTICE


def test_the_file_is_looked_for_in_the_working_folder_then_in_the_users_own(
    monkeypatch, tmp_path, file
):
    monkeypatch.delenv(POOLS)
    folder, own = tmp_path / "folder", tmp_path / "own" / "cognito-reset"
    folder.mkdir()
    own.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    own.joinpath("pools.toml").write_text(GOOD)
    assert "prod-eu" in pools()
    folder.joinpath("pools.toml").write_text(GOOD.replace("prod-eu", "nearer"))
    assert "nearer" in pools()
    monkeypatch.setenv(POOLS, str(file))
    file.write_text(GOOD.replace("prod-eu", "named"))
    assert "named" in pools()


def test_a_changed_file_is_read_again(file):
    file.write_text(GOOD)
    assert "prod-eu" in pools()
    file.write_text(GOOD.replace("prod-eu", "prod-europe"))
    assert "prod-europe" in pools()


def test_an_unknown_name_is_told_with_the_names_there_are(file):
    file.write_text(GOOD)
    with pytest.raises(PoolsError, match=r"There are practice, prod-eu in .* Did you mean prod-eu"):
        pool_named("prod-uk")


def test_every_problem_is_told_at_once_by_pool_and_key(file):
    assert problems(
        file,
        """
        purpose = "of no pool"
        [eu]
        user_pool_id = "eu-central-1_AbCdEfGhI"
        region = "us-east-1"
        purpos = "misspelt"
        production = "yes"
        sign_in_page = "http://login.example.com"
        owner = "two\\nlines"
        [eu.clients.web]
        client_id = "no-hyphen"
        secret = "env:X"
        [eu.asks]
        case_numbers = true
        [us]
        target = "http://user:word@127.0.0.1"
        name = "us"
        clients = ["web"]
        """,
    ) == [
        "purpose: must be a table, written [purpose].",
        "eu.production: must be true or false, without quotes.",
        "eu.user_pool_id: is a pool of eu-central-1, but region is us-east-1.",
        "eu.clients.web.client_id: must be the app client's id: 1 to 128 letters, digits, + or _.",
        "eu.clients.web.secret: is no key of a pool. Did you mean client_secret?",
        "eu.sign_in_page: must be an address that begins with https://.",
        "eu.owner: must be one line of text, without control characters.",
        "eu.asks.case_numbers: is no key of a pool. Did you mean case_number?",
        "eu.purpos: is no key of a pool. Did you mean purpose?",
        "us.name: is not needed; the name stands in the heading.",
        "us.target: must be aws, sandbox, or an endpoint's URL such as http://127.0.0.1:9229.",
        "us.user_pool_id: is missing.",
        "us.clients: must be a table.",
    ]


POOL = 'user_pool_id = "eu-west-1_x"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[eu]\n{POOL}[EU]\n{POOL}", "EU: is eu but for upper and lower case; take another name."),
        (
            f"[Practice]\n{POOL}",
            "Practice: is the sandbox, which is always there; take another name.",
        ),
        (f'["two words"]\n{POOL}', "two words: must be 1 to 64 letters, digits, -, _ or ., and a"),
        (f'["\\u0007"]\n{POOL}', "\\x07: must be 1 to 64 letters"),
        (f"[[eu]]\n{POOL}", "eu: must be a table, written [eu]."),
        (f"[eu]\n{POOL}asks = []", "eu.asks: must be a table."),
        (f"[eu]\n{POOL}[eu.clients.'a b']\nclient_id = 'x'", "eu.clients: has a client whose name"),
    ],
)
def test_names_and_tables_that_cannot_be(file, text, words):
    assert problems(file, text)[0].startswith(words)


@pytest.mark.parametrize(
    "page",
    ["http://example.com", "javascript:alert(1)", "https://u:p@example.com", "https://a b", "x"],
)
def test_a_sign_in_page_is_an_https_address(file, page):
    assert problems(file, f'[eu]\n{POOL}sign_in_page = "{page}"') == [
        "eu.sign_in_page: must be an address that begins with https://."
    ]


def test_a_sign_in_page_on_this_machine_need_not_be_https(file):
    file.write_text(f'[eu]\n{POOL}sign_in_page = "http://localhost:3000/login"')
    assert pool_named("eu").sign_in_page == "http://localhost:3000/login"


@pytest.mark.parametrize("given", ["Planted-1-value", "literal:Planted-1-value", "Planted:1-value"])
def test_a_client_secret_given_by_value_is_refused_and_hidden_from_then_on(file, given):
    (words,) = problems(
        file, f'[eu]\n{POOL}[eu.clients.web]\nclient_id = "x"\nclient_secret = "{given}"'
    )
    assert words.startswith("eu.clients")
    assert "Planted" not in words
    assert "Planted" not in redact(f"a text with {given.removeprefix('literal:')} in it")


def test_in_the_sandbox_a_client_secret_may_be_literal(file):
    file.write_text(
        f'[lab]\ntarget = "sandbox"\n{POOL}[lab.clients.web]\nclient_id = "x"\n'
        'client_secret = "literal:Practice"'
    )
    assert pool_named("lab").default_client.client_secret == "literal:Practice"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[eu]\nPlanted-1-value\n", "is no TOML (line 2, column"),
        (b"[eu]\n[eu]\n", "names something twice (line 2"),
        (b"[eu]\nx = '\xff'", "line 2 holds a byte that is no UTF-8."),
        (b"\0", "is no TOML"),
        (b"x = " + b"[" * 100_000, "is no TOML"),
        (b"#" * (LARGEST + 1), f"has more than {LARGEST:,} bytes"),
    ],
    ids=["text", "twice", "bytes", "null", "deep", "huge"],
)
def test_what_is_no_file_of_pools_is_said_in_a_sentence(file, data, words):
    file.write_bytes(data)
    with pytest.raises(PoolsError) as raised:
        load()
    (problem,) = raised.value.problems
    assert words in problem
    assert raised.value.path == str(file)
    assert "Planted" not in str(raised.value)


def test_a_byte_order_mark_does_not_matter(file):
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert "prod-eu" in pools()


def test_a_folder_a_pipe_a_circle_of_links_and_nothing_are_no_files(file):
    def words():
        with pytest.raises(PoolsError) as raised:
            load()
        return str(raised.value)

    assert "No such file or directory" in words()
    file.symlink_to(file)
    assert "symbolic links" in words()
    file.unlink()
    file.mkdir()
    assert "is a folder, not a file" in words()
    file.rmdir()
    os.mkfifo(file)
    assert "is a pipe or a device, not a file" in words()


def test_a_file_that_others_may_write_is_warned_of(file):
    file.write_text(GOOD)
    file.chmod(0o644)
    assert load().warnings == ()
    file.chmod(0o664)
    (warning,) = load().warnings
    assert "run chmod go-w on it" in warning

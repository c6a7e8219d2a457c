"""A pool that a campaign keeps: read once a minute, whoever asks; by itself a run reads it now."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from helpers.cognito import reads
from helpers.cognito.errors import NotReached
from helpers.run.kept_pools import FOLDER, pools_kept_in, read_pool_once
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.target import Target

HERE = Target()


@pytest.fixture
def asked(sandbox):
    """A function that reads the sandbox's pool, and what it was asked."""
    pool = reads.read_pool(HERE.client(), user_pool_id=DEFAULT_POOL_ID)
    told = []

    def read():
        told.append(len(told))
        return replace(pool, name=f"read {len(told)}")

    return read, told


def name(read, target=HERE, pool=DEFAULT_POOL_ID):
    return read_pool_once(target, pool, read).name


def test_without_a_campaign_each_run_reads_what_is_so_now(asked):
    read, _ = asked
    assert [name(read), name(read)] == ["read 1", "read 2"]


def test_it_is_read_once_and_all_of_it_is_kept(asked, tmp_path):
    read, told = asked
    with pools_kept_in(tmp_path):
        first = read_pool_once(HERE, DEFAULT_POOL_ID, read)
        assert read_pool_once(HERE, DEFAULT_POOL_ID, read) == first
    assert told == [0]
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
    assert FOLDER not in os.environ


def test_several_who_ask_at_once_wait_for_one_reading(asked, tmp_path):
    read, _ = asked
    with pools_kept_in(tmp_path), ThreadPoolExecutor(4) as several:
        assert set(several.map(lambda _: name(read), range(8))) == {"read 1"}


def test_after_a_minute_it_is_read_again(asked, tmp_path):
    read, told = asked
    with pools_kept_in(tmp_path):
        name(read)
        [path] = tmp_path.iterdir()
        for old in (61, -3600):  # and where the clock was put back
            os.utime(path, (time.time() - old,) * 2)
            name(read)
    assert told == [0, 1, 2]


def test_each_pool_is_its_own(asked, tmp_path):
    read, told = asked
    with pools_kept_in(tmp_path):
        for target, pool in (
            (HERE, "a"),
            (HERE, "b"),
            (replace(HERE, region="eu-west-1"), "a"),
            (replace(HERE, profile="other"), "a"),
            (Target("http://127.0.0.1:1"), "a"),
        ):
            name(read, target, pool)
    assert len(told) == 5


def test_a_reading_that_fails_or_was_broken_off_is_made_again(asked, tmp_path):
    read, _ = asked

    def fail():
        raise NotReached("nobody is there", next="")

    with pools_kept_in(tmp_path):
        with pytest.raises(NotReached):
            name(fail)
        name(read)
        [path] = tmp_path.iterdir()
        path.write_bytes(path.read_bytes()[:100])
        assert name(read) == "read 2"


def test_two_that_end_in_any_order_leave_nothing(tmp_path):
    first, second = pools_kept_in(tmp_path / "a"), pools_kept_in(tmp_path / "b")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert os.environ[FOLDER] == str(tmp_path / "b")
    second.__exit__(None, None, None)
    assert FOLDER not in os.environ

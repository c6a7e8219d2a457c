"""Reading at a pace: never above it, and slower where Cognito throttles."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.campaign.patience import Patience
from helpers.cognito.catalogue import look_up
from helpers.cognito.errors import Refused


class _Time:
    """A time that only waiting moves."""

    def __init__(self):
        self.now, self.waits = 0.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def time():
    return _Time()


def throttled(code="TooManyRequestsException"):
    return Refused("ListUsers", code=code, entry=look_up(code))


def test_it_keeps_to_its_pace(time):
    patience = Patience(10, clock=time.clock, sleep=time.sleep)
    at = [patience.read(time.clock) for _ in range(5)]
    assert at == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_threads_share_it(time):
    patience = Patience(10, clock=lambda: 0.0, sleep=time.sleep)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: patience.read(lambda: None), range(40)))
    assert sorted(time.waits) == pytest.approx([number / 10 for number in range(1, 40)])


def test_what_is_throttled_is_asked_again_later_and_later_and_all_slow_down(time):
    patience = Patience(10, clock=time.clock, sleep=time.sleep)
    answers = [throttled(), throttled(), throttled(), "there"]

    def question():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patience.read(question) == "there"
    assert time.waits == [1, 2, 4]
    before = time.now
    patience.read(time.clock)
    assert time.now - before == pytest.approx(0.4, abs=0.01), (
        "twice half as often, since two came at one moment"
    )
    for _ in range(2000):
        patience.read(time.clock)
    before = time.now
    patience.read(time.clock)
    assert time.now - before == pytest.approx(0.1), "and it recovers"


def test_several_that_are_throttled_at_once_slow_it_down_once(time):
    patience = Patience(10, clock=time.clock, sleep=time.sleep)
    patience._throttled(1)
    patience._throttled(1)
    assert patience._pause == pytest.approx(0.2)


def test_without_end_it_gives_up(time):
    patience = Patience(10, clock=time.clock, sleep=time.sleep)

    def question():
        raise throttled()

    with pytest.raises(Refused):
        patience.read(question)
    assert time.waits == [1, 2, 4, 8, 16, 32, 64]


def test_another_refusal_is_not_asked_again(time):
    patience = Patience(10, clock=time.clock, sleep=time.sleep)

    def question():
        raise throttled("AccessDeniedException")

    with pytest.raises(Refused):
        patience.read(question)
    assert time.waits == []

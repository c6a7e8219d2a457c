"""Signals: kept until they can be dealt with, and never lost."""

import os
import signal
import threading

import pytest

from helpers.runner.signals import SIGNALS, Stopped, StopRequests, exit_code, words_for


def send(number):
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    assert {number: signal.getsignal(number) for number in SIGNALS} == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_kept_until_it_is_heard(number):
    with StopRequests() as stop:
        send(number)
        assert stop.number == number
        with pytest.raises(Stopped) as caught, stop.heard():
            raise AssertionError("not reached")
        assert caught.value.number == number


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_raised_at_once_where_it_is_heard_and_a_second_one_never(number):
    def ask_thrice():
        try:
            send(number)
        finally:
            send(signal.SIGTERM)
            send(signal.SIGINT)

    with StopRequests() as stop:
        with pytest.raises(Stopped), stop.heard():
            ask_thrice()
        assert stop.number == number


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequests() as stop, stop.heard():
            send(signal.SIGHUP)
            assert stop.number == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_takes_none():
    handlers = []

    def enter():
        with StopRequests() as stop, stop.heard():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


def test_a_signal_has_the_words_and_the_exit_code_of_a_shell():
    assert [words_for(number) for number in (signal.SIGINT, signal.SIGHUP)] == [
        "by Ctrl-C",
        "by SIGHUP",
    ]
    assert [exit_code(number) for number in SIGNALS] == [130, 143, 129, 131]

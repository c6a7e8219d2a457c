"""The same call said in other ways: what is run here does what it says, and what is not says what
it would need.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import Refused, Secret, request_code, sign_in
from helpers.learn import byhand, exercise, tab
from helpers.learn.lesson import Lesson

DIEGO = {"client_id": byhand.CLIENT_ID, "username": byhand.USERNAME}
GOOD = Secret("Said-by-hand-1", "new password")
RUN = [name for name, way in byhand.WAYS.items() if way.runs]


@pytest.fixture
def lesson():
    one = Lesson()
    request_code(one.client, **DIEGO)
    return one


@pytest.mark.parametrize("name", RUN)
def test_a_way_that_is_run_here_reports_a_weak_password_and_then_sets_a_good_one(lesson, name):
    code = lesson.code()
    weak = byhand.run(name, lesson, code, Secret("sunshine", "new password"))
    assert "Password must have uppercase characters" in repr(weak)
    with pytest.raises(Refused):
        sign_in(lesson.client, **DIEGO, password=GOOD)
    byhand.run(name, lesson, code, GOOD)
    assert sign_in(lesson.client, **DIEGO, password=GOOD)


def test_the_command_lines_success_is_silence(lesson):
    rows = dict(byhand.run("AWS CLI", lesson, lesson.code(), GOOD).rows)
    assert rows == {"Exit status": "0", "Printed": "(nothing)", "Error channel": "(nothing)"}


@pytest.mark.parametrize("name", [name for name in byhand.WAYS if name not in RUN])
def test_a_way_that_is_not_run_says_what_it_needs_and_sends_nothing(lesson, name):
    card = byhand.run(name, lesson, lesson.code(), GOOD)
    assert card.title == f"{name}: not run here."
    assert dict(card.rows)["It needs"]
    assert [call.operation for call in lesson.calls] == ["ForgotPassword"]


def test_without_its_tool_the_command_line_says_so(lesson, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert byhand.run("AWS CLI", lesson, lesson.code(), GOOD).title == "AWS CLI: not run here."


@pytest.fixture
def in_a_tab(monkeypatch):
    """A browser tab, which has no sockets and no other programs."""
    for module in (byhand, exercise):
        monkeypatch.setattr(module, "in_a_tab", lambda: True)
        monkeypatch.setattr(module, "serve", None)
    monkeypatch.setattr(byhand, "subprocess", None)
    monkeypatch.setattr(sys, "executable", "")


@pytest.mark.parametrize("name", [name for name in RUN if byhand.WAYS[name].runs == "python"])
def test_in_a_browser_tab_a_python_way_says_the_same(lesson, name, request):
    code = lesson.code()
    other = Lesson()
    request_code(other.client, **DIEGO)
    passwords = Secret("sunshine", "new password"), GOOD
    elsewhere = [byhand.run(name, other, other.code(), each) for each in passwords]
    request.getfixturevalue("in_a_tab")
    before = dict(os.environ)
    assert [byhand.run(name, lesson, code, each) for each in passwords] == elsewhere
    assert sign_in(lesson.client, **DIEGO, password=GOOD)
    assert dict(os.environ) == before


def test_in_a_browser_tab_a_program_that_fails_says_why(lesson, in_a_tab):
    status, out, err = tab.run("print(1)\nimport no_such_thing", lesson.box, {})
    assert (status, out) == (1, "1\n")
    assert "No module named 'no_such_thing'" in err


def test_in_a_browser_tab_the_command_line_says_why_it_is_not_run(lesson, in_a_tab):
    rows = dict(byhand.run("AWS CLI", lesson, lesson.code(), GOOD).rows)
    assert rows["Here"] == "A browser tab starts no other programs."


@pytest.mark.parametrize("name", byhand.WAYS)
def test_a_way_carries_no_secret_and_tries_once(name):
    way = byhand.WAYS[name]
    assert byhand.CLIENT_ID in way.text
    assert byhand.USERNAME in way.text
    once = {
        "AWS CLI": "AWS_MAX_ATTEMPTS=1",
        "boto3": '"total_max_attempts": 1',
        "Go": "RetryMaxAttempts = 1",
        "JavaScript": "maxAttempts: 1",
        "HTTP": "urlopen",
        "Amplify": "confirmResetPassword",  # how often it tries cannot be set
    }[name]
    assert once in way.text
    assert repr(way) == way.text


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_the_javascript_is_javascript(tmp_path):
    path = tmp_path / "way.mjs"
    path.write_text(byhand.WAYS["JavaScript"].text)
    assert (
        subprocess.run(["node", "--check", path], capture_output=True, timeout=60).returncode == 0
    )


def test_what_is_run_gets_both_secrets_by_the_environment_and_none_of_the_developers_aws_settings(
    monkeypatch,
):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("HTTPS_PROXY", "http://somewhere")
    given = byhand._environment("http://127.0.0.1:1", Secret("123456"), GOOD)
    assert {given["RESET_CODE"], given["RESET_PASSWORD"]} == {"123456", GOOD.reveal()}
    assert "AWS_PROFILE" not in given
    assert "HTTPS_PROXY" not in given


def test_every_way_is_compared():
    assert [row[0] for row in byhand.compared().rows] == list(byhand.WAYS)


HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.ForgotPassword",
}
BODY = {"ClientId": byhand.CLIENT_ID, "Username": byhand.USERNAME}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (HEADERS, BODY),
        ({name.lower(): value for name, value in HEADERS.items()}, BODY),
        (HEADERS, json.dumps(BODY)),
        ({**HEADERS, "Content-Length": "500"}, BODY),
    ],
    ids=["as it is", "small letters", "a body that is JSON already", "a length that is wrong"],
)
@pytest.mark.parametrize("where", ["", "in_a_tab"], ids=["over HTTP", "in a browser tab"])
def test_a_request_by_hand_is_checked_by_sending_it(headers, body, where, request):
    _ = where and request.getfixturevalue(where)
    assert exercise.a_request_by_hand(headers, body).title == "A request by hand: all done."


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        ({}, {}, "5 of 5 still missing"),
        ({"X-Amz-Target": HEADERS["X-Amz-Target"]}, BODY, "✗ missing  Content-Type"),
        (..., ..., "cannot be sent"),
        (HEADERS, b"{}", "cannot be sent"),
        ("X-Amz-Target: x", BODY, "cannot be sent"),
        ({"X": "a\nb"}, BODY, "cannot be sent"),
        (HEADERS, 3, "cannot be sent"),
    ],
    ids=["nothing", "no content type", "dots", "bytes", "no dictionary", "two lines", "a number"],
)
@pytest.mark.parametrize("where", ["", "in_a_tab"], ids=["over HTTP", "in a browser tab"])
def test_a_request_by_hand_that_is_wrong_is_told_what_is_missing(
    headers, body, said, where, request
):
    _ = where and request.getfixturevalue(where)
    card = exercise.a_request_by_hand(headers, body)
    assert said in repr(card)
    assert "done." not in card.title

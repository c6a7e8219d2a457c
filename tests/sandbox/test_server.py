"""The HTTP door as a process, the controls beside the API, and the page for people."""

import contextlib
import errno
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
    Server,
    open_sandbox,
    serve,
    serve_forever,
)
from tests import until

from .world import World, client_for

START = (
    "import sys; from helpers.sandbox import serve_forever;"
    " sys.exit(serve_forever(int(sys.argv[1])))"
)


def get(server, path):
    with urllib.request.urlopen(f"{server.endpoint}/_sandbox/{path}", timeout=10) as answer:
        return json.load(answer)


def post(server, path, body):
    request = urllib.request.Request(
        f"{server.endpoint}/_sandbox/{path}", json.dumps(body).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def started(port=0, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", START, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_served_sandbox_says_where_it_is_and_ends_quietly(number):
    process = started()
    ready = json.loads(process.stdout.readline())
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["endpoint"])
    world = World(None, client_for(endpoint_url=ready["endpoint"]))
    world.forgot()
    with urllib.request.urlopen(ready["endpoint"] + "/_sandbox/mailbox", timeout=10) as answer:
        world.confirm(json.load(answer)[-1]["code"])
    process.send_signal(number)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_a_served_file_is_the_same_for_everybody(tmp_path):
    path = str(tmp_path / "cognito.db")
    process = started(COGNITO_SANDBOX=path)
    endpoint = json.loads(process.stdout.readline())["endpoint"]
    World(None, client_for(endpoint_url=endpoint)).forgot()
    box = open_sandbox(path)
    assert len(box.mailbox()) == 1
    box.advance(3600)
    with urllib.request.urlopen(endpoint + "/_sandbox/health", timeout=10) as answer:
        assert json.load(answer)["now"][:16] == box.now().isoformat()[:16]
    process.terminate()
    process.communicate(timeout=60)
    box.close()


def test_a_port_in_use_is_said_in_one_line(server):
    done = subprocess.run(
        [sys.executable, "-W", "always", "-m", "helpers", "sandbox", "--port", str(server.port)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"sandbox: port {server.port} is in use; choose another with --port, or 0 for a free one\n"
    )


@pytest.mark.parametrize(
    ("port", "failure", "words"),
    [
        (80, PermissionError(errno.EACCES, "Permission denied"), "cannot listen on port 80 ("),
        (70_000, None, "port must be 0-65535"),
    ],
)
def test_a_port_that_cannot_be_had_is_said_in_one_line(port, failure, words, monkeypatch, capfd):
    class Refused(socket.socket):
        def bind(self, address):
            if failure:
                raise failure
            super().bind(address)

    monkeypatch.setattr(socket, "socket", Refused)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert serve_forever(port) == 2
    out, problem = capfd.readouterr()
    assert (out, problem.count("\n")) == ("", 1)
    assert words in problem


def test_a_file_that_cannot_be_served_is_said_in_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert serve_forever(0, path=str(tmp_path)) == 2
    out, problem = capfd.readouterr()
    assert (out, problem.count("\n")) == ("", 1)
    assert problem.startswith(f"sandbox: cannot open {tmp_path} as a sandbox")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])
def test_it_listens_on_loopback_only(box, host):
    with pytest.raises(ValueError, match="loopback only"):
        serve(box, 0, host)


def test_it_listens_on_ipv6_loopback_too(box):
    try:
        server = serve(box, 0, "::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert get(server, "health")["status"] == "ok"


def test_mailbox_clock_settings_faults_and_reset_over_http(server):
    world = World(server.sandbox, client_for(endpoint_url=server.endpoint))
    world.forgot()
    (message,) = get(server, "mailbox")
    assert set(message) >= {
        "pool_id",
        "client_id",
        "username",
        "destination",
        "medium",
        "trigger_source",
        "code",
        "sent_at",
    }
    assert get(server, "mailbox?username=diego%40example.com") == [message]
    assert get(server, "mailbox?username=nobody") == []
    before = get(server, "clock")["now"]
    assert post(server, "clock", {"advance_seconds": 90})[1]["now"] > before
    assert post(server, "settings", {"reset_attempts": 8})[1]["reset_attempts"] == 8
    assert get(server, "settings")["reset_attempts"] == 8
    assert post(
        server, "faults", {"operation": "ForgotPassword", "fault": "500-before-commit", "times": 1}
    ) == (200, {})
    with pytest.raises(world.api.exceptions.InternalErrorException):
        world.forgot()
    assert get(server, "faults")["faults"] == {
        "ForgotPassword": {"500-before-commit": {DEFAULT_USERNAME: 1}}
    }
    assert post(server, "reset", {}) == (200, {})
    assert get(server, "mailbox") == []


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("clock", {"seconds": 5}, "unknown: seconds; known: advance_seconds"),
        ("clock", {"advance_seconds": -5}, "advance needs seconds"),
        ("clock", {}, "missing: advance_seconds"),
        ("clock", [], "the body is a JSON object"),
        ("mailbox", {"who": "x"}, "mailbox takes GET"),
        ("settings", {"nonsense": 1}, "no setting is called 'nonsense'"),
        ("faults", {"operation": "ForgotPassword", "fault": "flood"}, "no fault is called 'flood'"),
    ],
)
def test_a_control_that_is_misused_says_how(server, path, body, words):
    status, answer = post(server, path, body)
    assert status in (400, 405)
    assert words in answer["error"]


@pytest.mark.parametrize("control", ["mailbox", "standing"])
@pytest.mark.parametrize("username", [["ana"], {}, 2**70, None])
def test_a_username_that_is_no_text_is_refused_and_fails_nothing(server, control, username):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", f"/_sandbox/{control}", json.dumps({"username": username}))
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (400, {"error": "username is a text"})
    connection.close()


def test_an_unknown_control_names_the_known_ones(server):
    status, answer = post(server, "mail", {})
    assert status == 404
    assert "GET /_sandbox/mailbox" in answer["known"]
    assert post(server, "mailbox", {})[0] == 405


def test_the_page_shows_what_is_there_and_escapes_it(server):
    world = World(server.sandbox, client_for(endpoint_url=server.endpoint))
    world.pool(
        PoolName="shop+one",
        VerificationMessageTemplate={
            "DefaultEmailOption": "CONFIRM_WITH_CODE",
            "EmailMessage": "<script>alert(1)</script> {####}",
        },
    )
    world.user("ana<b>")
    code = world.code()
    with urllib.request.urlopen(server.endpoint + "/_sandbox/", timeout=10) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        page = answer.read().decode()
    for words in (
        code,
        "shop+one",
        "ana&lt;b&gt;",
        "&lt;script&gt;",
        "CONFIRMED",
        "2025-01-01 09:00:00 UTC",
        "reset_attempts",
        "drop-after-commit",
        "ConfirmForgotPassword",
        DEFAULT_CLIENT_ID,
        "one hour",
    ):
        assert words in page
    assert "<script>" not in page
    assert "ana<b>" not in page
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        world.confirm,
        "123456",
        "Very-Recognisable-Secret-7",
    )
    with urllib.request.urlopen(server.endpoint + "/_sandbox/", timeout=10) as answer:
        page = answer.read().decode()
    assert secret not in page
    assert "Recognisable" not in page


def test_the_buttons_of_the_page_work(server):
    before = server.sandbox.now()
    with urllib.request.urlopen(server.endpoint + "/_sandbox/", timeout=10) as answer:
        forms = re.findall(
            r'<form method="post" action="([^"]+)">(.*?)</form>', answer.read().decode(), re.DOTALL
        )
    clock = next(
        fields for action, fields in forms if action == "/_sandbox/clock" and "one hour" in fields
    )
    name, value = re.search(r'name="(\w+)" value="(\d+)"', clock).groups()
    request = urllib.request.Request(
        server.endpoint + "/_sandbox/clock", f"{name}={value}".encode()
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.url.endswith("/_sandbox/"), "back on the page"
    assert (server.sandbox.now() - before).total_seconds() == 3600
    request = urllib.request.Request(
        server.endpoint + "/_sandbox/settings",
        b"valid_code=any&code_bound_to_client=false&throttle_message=400",
    )
    urllib.request.urlopen(request, timeout=10).close()
    assert server.sandbox.settings()["valid_code"] == "any"
    assert server.sandbox.settings()["throttle_message"] == "400"
    assert server.sandbox.settings()["code_bound_to_client"] is False


def test_a_connection_is_kept_and_requests_may_follow_at_once(server):
    body = json.dumps({"ClientId": DEFAULT_CLIENT_ID, "Username": "nobody"}).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target:"
        f" AWSCognitoIdentityProviderService.ForgotPassword\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall((head + body) * 3)
        data = b""
        while data.count(b"UserNotFoundException:") < 3:
            more = client.recv(65_536)
            assert more, "the server has closed the connection"
            data += more


def test_silent_clients_make_room_the_longest_silent_one_first(server, monkeypatch):
    monkeypatch.setattr("helpers.sandbox.server.MAX_CONNECTIONS", 20)
    with contextlib.ExitStack() as stack:
        silent = []
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            silent.append(stack.enter_context(client))
            client.sendall(b"POST / HTTP/1.1\r\nHost: loc")
        assert get(server, "health")["status"] == "ok"
        assert silent[0].recv(1) == b""
        silent[-1].sendall(b"alhost\r\nContent-Length: 0\r\n\r\n")
        assert silent[-1].recv(9) == b"HTTP/1.1 "


def test_a_client_that_says_nothing_is_soon_let_go(server, monkeypatch):
    assert server.RequestHandlerClass.timeout <= 10
    monkeypatch.setattr(server.RequestHandlerClass, "timeout", 0.05)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        assert client.recv(1) == b""


@pytest.mark.parametrize(
    "path", ["_sandboxmailbox", "_sandbox/mailbox/", "_sandbox//mailbox", "x/_sandbox/mailbox"]
)
def test_a_path_is_what_it_says_exactly(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for method in ("GET", "POST"):
        connection.request(method, f"/{path}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (404, 405)
    assert answer.status == 404
    connection.close()


def test_keys_are_at_the_path_of_their_pool_alone(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for path, status in (
        (f"/{DEFAULT_POOL_ID}/.well-known/jwks.json", 200),
        (f"/more/{DEFAULT_POOL_ID}/.well-known/jwks.json", 405),
        ("/.well-known/jwks.json", 405),
    ):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (path, answer.status) == (path, status)
        answer.read()
    connection.close()


def test_a_head_request_has_no_body(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("HEAD", "/_sandbox/health")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


def test_a_door_whose_sandbox_is_closed_says_so_without_a_stack_trace(capfd):
    box = Sandbox.in_memory()
    with Server(box, 0) as server:
        box.close()
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(server, "health")
        with caught.value as answer:
            assert answer.code == 503
            assert json.load(answer)["error"].startswith("this sandbox is closed")
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def served_file(tmp_path):
    box = Sandbox(str(tmp_path / "cognito.db"), None)
    with Server(box, 0) as server:
        yield server
    box.close()


@contextlib.contextmanager
def locked(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield
    db.execute("ROLLBACK")
    db.close()


def test_health_answers_at_once_while_another_program_locks_the_file(served_file):
    with locked(served_file.sandbox.path), pytest.raises(urllib.error.HTTPError) as caught:
        get(served_file, "health")
    with caught.value as answer:
        assert answer.code == 503
        assert "is locked by another program" in json.load(answer)["error"]
    assert get(served_file, "health")["status"] == "ok"


def test_a_door_whose_file_was_deleted_says_so_and_makes_no_other(served_file):
    world = World(None, client_for(endpoint_url=served_file.endpoint))
    world.forgot()
    os.unlink(served_file.sandbox.path)
    with pytest.raises(world.api.exceptions.InternalErrorException) as caught:
        world.forgot()
    assert "was deleted, moved or replaced" in str(caught.value)
    for place in ("mailbox", "health", ""):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(served_file, place)
        with refused.value as answer:
            assert answer.code == 503
            assert "was deleted, moved or replaced" in json.load(answer)["error"]
    assert not os.path.exists(served_file.sandbox.path)


def test_closing_ends_threads_and_connections():
    def sandbox_threads():
        return {each for each in threading.enumerate() if each.name.startswith("sandbox-")}

    before = sandbox_threads()
    box = Sandbox.in_memory()
    server = Server(box, 0)
    assert sandbox_threads() - before
    client = socket.create_connection(("127.0.0.1", server.port))
    get(server, "health")
    server.close()
    server.close()
    client.settimeout(60)
    with contextlib.suppress(ConnectionResetError):
        assert client.recv(1) == b""
    client.close()
    until(lambda: not sandbox_threads() - before)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    box.close()


def test_a_stop_that_comes_while_it_waits_ends_it_however_it_waits():
    # A signal may strike inside any wait, also while that holds a lock that its handler would want.
    prelude = """
import os, signal, threading, time
def struck(wait):
    def waiting(*args, **kwargs):
        if threading.current_thread() is threading.main_thread() and args[-1] is not None:
            os.kill(os.getpid(), signal.SIGTERM)
        return wait(*args, **kwargs)
    return waiting
threading.Condition.wait = struck(threading.Condition.wait)
time.sleep = struck(time.sleep)
from helpers.sandbox import serve_forever
raise SystemExit(serve_forever(port=0))
"""
    done = subprocess.run(
        [sys.executable, "-c", prelude], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")

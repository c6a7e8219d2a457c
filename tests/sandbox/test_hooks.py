"""Triggers at a URL of this machine."""

import http.server
import json
import threading
import urllib.error
import urllib.request

import pytest

from helpers.sandbox.hooks import Hook

from .world import PASSWORD, World, client_for


class _Function(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append(json.loads(body))
        status, answer = self.server.answer(json.loads(body))
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass


@pytest.fixture
def function():
    """A function in another program, as far as the sandbox can tell; it returns the event."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Function) as running:
        running.events, running.answer = [], lambda event: (200, event)
        running.url = f"http://127.0.0.1:{running.server_port}/function"
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def ask(server):
    def asked(method, **given):
        request = urllib.request.Request(
            f"{server.endpoint}/_sandbox/triggers",
            data=json.dumps(given).encode() if given else None,
            method=method,
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    return asked


@pytest.fixture
def world(box, server):
    made = World(box, client_for(endpoint_url=server.endpoint))
    made.pool()
    return made


def sign_up(world):
    return world.api.sign_up(ClientId=world.client_id, Username="ana", Password=PASSWORD)


def test_a_trigger_at_a_url_is_sent_the_event_and_its_answer_counts(world, function, ask):
    function.answer = lambda event: (200, event | {"response": {"autoConfirmUser": True}})
    assert ask("POST", trigger="PreSignUp", url=function.url) == (200, {"PreSignUp": function.url})
    assert sign_up(world)["UserConfirmed"]
    (event,) = function.events
    assert (event["triggerSource"], event["userName"]) == ("PreSignUp_SignUp", "ana")


def test_triggers_are_listed_and_removed(box, function, ask):
    box.on("CustomMessage", lambda event: event)
    ask("POST", trigger="PreSignUp", url=function.url)
    listed = {"CustomMessage": "a Python function", "PreSignUp": function.url}
    assert ask("GET") == (200, listed)
    assert ask("POST", trigger="PreSignUp", url=None)[1] == {"CustomMessage": "a Python function"}


@pytest.mark.parametrize(
    ("status", "answer", "refused"),
    [
        (
            500,
            b"no disk",
            ("UserLambdaValidationException", "PreSignUp failed with error no disk."),
        ),
        (
            200,
            {"errorMessage": "not from here", "errorType": "Error"},
            ("UserLambdaValidationException", "PreSignUp failed with error not from here."),
        ),
        (200, b"fine", ("InvalidLambdaResponseException", "Unrecognizable lambda output")),
        (200, [1], ("InvalidLambdaResponseException", "Unrecognizable lambda output")),
    ],
    ids=["status", "emulator", "text", "list"],
)
def test_what_a_function_elsewhere_fails_with(world, function, ask, status, answer, refused):
    function.answer = lambda event: (status, answer)
    ask("POST", trigger="PreSignUp", url=function.url)
    world.refuses(refused, sign_up, world)


def test_a_function_that_is_not_there_fails_the_call_and_not_the_sandbox(world, ask):
    url = "http://127.0.0.1:9/"
    ask("POST", trigger="PreSignUp", url=url)
    world.refuses(
        (
            "UserLambdaValidationException",
            f"PreSignUp failed with error {url} does not answer: ConnectionRefusedError.",
        ),
        sign_up,
        world,
    )


def test_a_function_that_is_late_is_a_time_out(world, function, ask, monkeypatch):
    late = threading.Event()
    function.answer = lambda event: late.wait(5) and (200, event)
    monkeypatch.setattr("helpers.sandbox.hooks._PATIENCE", 0.05)
    ask("POST", trigger="PreSignUp", url=function.url)
    with pytest.raises(world.api.exceptions.UnexpectedLambdaException):
        sign_up(world)
    late.set()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://127.0.0.1:port/",
        "http://[::1/",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_url_that_is_not_on_this_machine_is_refused(ask, url):
    status, answer = ask("POST", trigger="PreSignUp", url=url)
    assert status == 400
    assert "URL" in answer["error"]


def test_a_url_on_this_machine_by_each_of_its_names_is_taken():
    for url in ("http://localhost/", "http://127.0.0.1:8000/f?x=1", "http://[::1]:8000"):
        assert Hook(url).url == url


@pytest.mark.parametrize(
    "given",
    [
        {"trigger": "PreSignUp"},
        {"trigger": "PreSignUpp", "url": None},
        {"trigger": "PreSignUp", "url": 7},
        {"trigger": "PreSignUp", "url": None, "more": 1},
    ],
)
def test_a_registration_that_is_none_says_why(ask, given):
    status, answer = ask("POST", **given)
    assert status == 400
    assert answer["error"]

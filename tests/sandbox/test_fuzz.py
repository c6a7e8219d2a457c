"""Whatever is sent, the answer is AWS-shaped, comes at once, and is no server error that nobody
asked for.
"""

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_PASSWORD,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
    Server,
    model,
    wire,
)
from helpers.sandbox.operations import IMITATED
from tests.effort import tries

TARGET = "AWSCognitoIdentityProviderService."
RELAXED = {"suppress_health_check": list(HealthCheck)}
STATE = ("pools", "clients", "users", "names", "sessions", "messages")


def state(box):
    with box.engine.store.transaction() as db:
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in STATE}


def signed_in():
    """The access token of the seed's user, which is good in every fresh sandbox."""
    box = Sandbox.in_memory()
    given = {"USERNAME": DEFAULT_USERNAME, "PASSWORD": DEFAULT_PASSWORD}
    request = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
    said = wire.answer(
        box.engine,
        f"{TARGET}InitiateAuth",
        json.dumps(request | {"ClientId": DEFAULT_CLIENT_ID}).encode(),
    )
    box.close()
    return json.loads(said.body)["AuthenticationResult"]["AccessToken"]


KNOWN = {
    "UserPoolId": DEFAULT_POOL_ID,
    "ClientId": DEFAULT_CLIENT_ID,
    "Username": DEFAULT_USERNAME,
    "AccessToken": signed_in(),
    "AttributeName": "email",
    "GroupName": "staff",
    "ResourceArn": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{DEFAULT_POOL_ID}",
}
TEXT = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "123456",
            "a@b.example",
            "+12025550100",
            "Good-Password-1",
            "é",
            "\x00",
            "0",
            "u0",
            'email = "x"',
            "A" * 2000,
        ]
    ),
    st.text(max_size=20),
)


@pytest.fixture(scope="module")
def shared():
    box = Sandbox.in_memory()
    with Server(box, 0) as server:
        yield server
    box.close()


def answered(box, operation, body):
    before = state(box)
    said = wire.answer(box.engine, TARGET + operation, body)
    content = json.loads(said.body)
    assert said.status in (200, 400), content
    if said.status == 400:
        assert content["__type"]
        assert state(box) == before, f"a refused {operation} changed something"
    elif content:
        assert not list(unfit(f"{operation}Response", content))
    return said


TYPES = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "blob": str,
    "boolean": bool,
    "timestamp": (int, float),
    "integer": int,
    "long": int,
}


def unfit(name, value, path=""):
    """What in an answer does not fit its shape of the model: a type, a member, a word of an
    enumeration.
    """
    shape = model.shape(name)
    kind = shape["type"]
    if not isinstance(value, TYPES[kind]) or isinstance(value, bool) and kind != "boolean":
        yield f"{path} is no {kind}: {value!r}"
    elif kind == "structure":
        yield from (
            f"{path}.{member} is missing"
            for member in shape.get("required", ())
            if member not in value
        )
        for member, one in value.items():
            yield from unfit(shape["members"][member]["shape"], one, f"{path}.{member}")
    elif kind in ("list", "map"):
        for one in value.values() if kind == "map" else value:
            yield from unfit(
                shape["value" if kind == "map" else "member"]["shape"], one, f"{path}[]"
            )
    elif value not in shape.get("enum", [value]):
        yield f"{path} is none of its words: {value!r}"


def shaped(name, depth=0):
    """Values that fit a shape of the model, and some that do not."""
    shape = model.shape(name)
    kind = shape["type"]
    if depth > 4:
        return st.none()
    if kind == "structure":
        members = {key: shaped(ref["shape"], depth + 1) for key, ref in shape["members"].items()}
        required = {
            key: st.just(KNOWN[key]) | members[key] if key in KNOWN else members[key]
            for key in shape.get("required", ())
        }
        return st.fixed_dictionaries(
            required, optional={key: one for key, one in members.items() if key not in required}
        )
    if kind == "list":
        return st.lists(shaped(shape["member"]["shape"], depth + 1), max_size=3)
    if kind == "map":
        keys = st.sampled_from(
            [
                "USERNAME",
                "PASSWORD",
                "SRP_A",
                "REFRESH_TOKEN",
                "NEW_PASSWORD",
                "SECRET_HASH",
                "x",
                "PASSWORD_CLAIM_SIGNATURE",
                "PASSWORD_CLAIM_SECRET_BLOCK",
                "TIMESTAMP",
                "SMS_MFA_CODE",
            ]
        )
        return st.dictionaries(keys, st.just(DEFAULT_USERNAME) | TEXT, max_size=6)
    if "enum" in shape:
        return st.sampled_from(shape["enum"]) | TEXT
    return {
        "string": TEXT,
        "blob": TEXT,
        "boolean": st.booleans(),
        "timestamp": st.integers(0, 2**40),
        "integer": st.integers(-5, 200),
        "long": st.integers(-5, 2**70),
    }[kind]


SHAPED = {operation: shaped(model.input_name(operation)) for operation in IMITATED}


@pytest.mark.parametrize("operation", sorted(IMITATED))
@settings(max_examples=tries(40), **RELAXED)
@given(data=st.data())
def test_shapes_of_the_model(operation, box, data):
    answered(box, operation, json.dumps(data.draw(SHAPED[operation])).encode())


WRONG = st.sampled_from(
    [None, [], {}, "", 0, -1, True, [None], {"a": None}, 1.5, 2**80, "x" * 5000]
)


def places(value, path=()):
    """Every place of a request, as the keys that lead there."""
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        yield from places(one, (*path, key))


def replaced(value, path, wrong):
    if not path:
        return wrong
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], wrong)
    return copy


@pytest.mark.parametrize("operation", sorted(IMITATED))
@settings(max_examples=tries(40), **RELAXED)
@given(data=st.data(), wrong=WRONG)
def test_one_wrong_value_in_a_request_of_the_right_shape(operation, box, data, wrong):
    request = data.draw(SHAPED[operation])
    spoilt = replaced(request, data.draw(st.sampled_from(list(places(request)))), wrong)
    answered(box, operation, json.dumps(spoilt).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=tries(300), **RELAXED)
@given(operation=st.sampled_from(sorted(IMITATED)), value=JSON, known=st.booleans())
def test_any_json(shared, operation, value, known):
    if known and isinstance(value, dict):
        value = KNOWN | value
    answered(shared.sandbox, operation, json.dumps(value).encode())


@settings(max_examples=tries(300), **RELAXED)
@given(operation=st.sampled_from(sorted(IMITATED)), body=st.binary(max_size=200))
def test_any_bytes(shared, operation, body):
    answered(shared.sandbox, operation, body)


@settings(max_examples=tries(100), **RELAXED)
@given(
    st.binary(max_size=300)
    | st.builds(
        lambda method, path, headers, body: (
            b" ".join([method, path, b"HTTP/1.1\r\n"]) + b"\r\n".join(headers) + b"\r\n\r\n" + body
        ),
        st.sampled_from([b"POST", b"GET", b"\xff", b""]),
        st.binary(max_size=20),
        st.lists(
            st.binary(max_size=30)
            | st.sampled_from(
                [
                    b"Host: localhost",
                    b"Content-Length: 5",
                    b"Content-Length: -1",
                    b"Content-Length: 99999999999999",
                    b"Transfer-Encoding: chunked",
                    b"X-Amz-Target: x",
                    b"Expect: 100-continue",
                    b"Connection: close",
                ]
            ),
            max_size=5,
        ),
        st.binary(max_size=30),
    )
)
def test_any_bytes_on_the_socket(shared, data):
    with socket.create_connection(("127.0.0.1", shared.port), timeout=5) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while more := client.recv(65_536):
                answer += more
        except ConnectionResetError:
            pass
        assert b" 500 " not in answer.split(b"\r\n")[0]
        assert b"Traceback" not in answer


@settings(max_examples=tries(100), **RELAXED)
@given(
    path=st.sampled_from(
        ["clock", "faults", "settings", "triggers", "reset", "mailbox", "health", "nothing"]
    ),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    value=JSON,
)
def test_any_json_at_the_controls(shared, path, method, value):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=5)
    connection.request(method, f"/_sandbox/{path}", json.dumps(value))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in (200, 400, 404, 405)

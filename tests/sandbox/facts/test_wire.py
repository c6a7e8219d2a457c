"""The protocol: headers, statuses, constraint failures, and requests that are none."""

import http.client
import io
import json
import zlib

import pytest
from botocore.exceptions import ClientError

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, protocol
from helpers.sandbox.protocol import BadRequest

from ..world import fact

TARGET = "AWSCognitoIdentityProviderService."


def sent(server, body, target=TARGET + "ForgotPassword", method="POST", path="/", headers=()):
    """Send bytes to the HTTP door; return (status, headers, parsed body)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        names = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": target,
            **dict(headers),
        }
        connection.request(method, path, body, names)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, answer.headers, json.loads(data) if data else None
    finally:
        connection.close()


def refused(world, name, **request):
    with pytest.raises(ClientError) as caught:
        getattr(world.api, name)(**request)
    return caught.value.response["Error"]


@fact("A refusal is HTTP 400 with __type and message, and says so in its headers", "reported")
def test_error_shape(server):
    status, headers, body = sent(
        server, json.dumps({"ClientId": DEFAULT_CLIENT_ID, "Username": "nobody"})
    )
    assert status == 400
    assert body == {
        "__type": "UserNotFoundException",
        "message": "Username/client id combination not found.",
    }
    assert headers["x-amzn-ErrorType"] == "UserNotFoundException:"
    assert headers["x-amzn-ErrorMessage"] == "Username/client id combination not found."
    assert headers["x-amzn-RequestId"]


@fact("Every answer has a request id", "reported")
def test_request_id(world):
    assert len(world.forgot()["ResponseMetadata"]["RequestId"]) == 36
    with pytest.raises(ClientError) as caught:
        world.forgot(Username="nobody")
    assert len(caught.value.response["ResponseMetadata"]["RequestId"]) == 36


@fact("The body of a successful ConfirmForgotPassword is {}", "documented")
def test_empty_body(server, box):
    sent(server, json.dumps({"ClientId": DEFAULT_CLIENT_ID, "Username": DEFAULT_USERNAME}))
    request = {
        "ClientId": DEFAULT_CLIENT_ID,
        "Username": DEFAULT_USERNAME,
        "Password": "Another-Pass-1",
        "ConfirmationCode": box.mailbox()[-1]["code"],
    }
    assert sent(server, json.dumps(request), TARGET + "ConfirmForgotPassword")[::2] == (200, {})


def test_answers_carry_their_crc32(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/", b"{}", {"X-Amz-Target": TARGET + "ForgotPassword"})
    answer = connection.getresponse()
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.read())
    connection.close()


@fact("A value that is not echoed is a sensitive one: Value at 'username'", "reported")
def test_sensitive(world):
    error = refused(world, "forgot_password", ClientId=DEFAULT_CLIENT_ID, Username="two words")
    assert error == {
        "Code": "InvalidParameterException",
        "Message": (
            "1 validation error detected: Value at 'username' failed to satisfy constraint: Member"
            " must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+"
        ),
    }


@fact("Other values are echoed: Value 'string' at 'userPoolId'", "reported")
def test_echoed(world):
    error = refused(world, "admin_get_user", UserPoolId="string", Username="x")
    assert (
        error["Message"]
        == "1 validation error detected: Value 'string' at 'userPoolId' failed to satisfy"
        " constraint:"
        " Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+"
    )


@fact("Several failures are reported at once: 2 validation errors detected: ...; ...", "reported")
def test_plural(world):
    error = refused(
        world,
        "confirm_forgot_password",
        ClientId=DEFAULT_CLIENT_ID,
        Username="x",
        ConfirmationCode="1 2",
        Password=" x",
    )
    assert (
        error["Message"]
        == "2 validation errors detected: Value '1 2' at 'confirmationCode' failed to satisfy"
        " constraint: Member must satisfy regular expression pattern: [\\S]+; Value at"
        " 'password' failed to satisfy constraint: Member must satisfy regular expression"
        " pattern: ^[\\S]+.*[\\S]+$"
    )


@fact("A missing member: Member must not be null", "reported")
def test_null(server):
    _, _, body = sent(server, json.dumps({"ClientId": DEFAULT_CLIENT_ID}))
    assert (
        body["message"]
        == "1 validation error detected: Value at 'username' failed to satisfy constraint: Member"
        " must"
        " not be null"
    )
    _, _, body = sent(server, json.dumps({"Username": "x"}), TARGET + "AdminGetUser")
    assert body["message"].startswith(
        "1 validation error detected: Value null at 'userPoolId' failed"
    )


@fact("A member that is null counts as one that is left out", "inferred")
def test_null_member_is_left_out(server):
    status, _, body = sent(
        server,
        json.dumps(
            {"UserPoolId": DEFAULT_POOL_ID, "ClientId": DEFAULT_CLIENT_ID, "ClientName": None}
        ),
        TARGET + "UpdateUserPoolClient",
    )
    assert status == 200
    assert body["UserPoolClient"]["ClientName"]


@fact("A null in a list is refused as a value of the wrong type", "inferred")
def test_null_in_a_list(server):
    status, _, body = sent(
        server,
        json.dumps(
            {"UserPoolId": DEFAULT_POOL_ID, "Username": DEFAULT_USERNAME, "UserAttributes": [None]}
        ),
        TARGET + "AdminUpdateUserAttributes",
    )
    assert (status, body["__type"]) == (400, "SerializationException")


@fact("An empty member: Member must have length greater than or equal to 1", "reported")
def test_empty(server):
    _, _, body = sent(
        server,
        json.dumps(
            {
                "ClientId": DEFAULT_CLIENT_ID,
                "Username": "x",
                "ConfirmationCode": "",
                "Password": "Another-Pass-1",
            }
        ),
        TARGET + "ConfirmForgotPassword",
    )
    assert (
        "Value '' at 'confirmationCode' failed to satisfy constraint: Member must have length"
        " greater than or equal to 1" in body["message"]
    )


@fact("A value too long: Member must have length less than or equal to 128", "reported")
def test_too_long(world):
    error = refused(world, "forgot_password", ClientId=DEFAULT_CLIENT_ID, Username="x" * 129)
    assert (
        error["Message"]
        == "1 validation error detected: Value at 'username' failed to satisfy constraint: Member"
        " must"
        " have length less than or equal to 128"
    )


@fact(
    "A value that is not of an enumeration: Member must satisfy enum value set: [...]", "reported"
)
def test_enum(world):
    error = refused(world, "initiate_auth", ClientId=DEFAULT_CLIENT_ID, AuthFlow="GUESS")
    assert error["Message"].startswith(
        "1 validation error detected: Value 'GUESS' at 'authFlow' failed to satisfy"
        " constraint: Member must satisfy enum value set: [USER_SRP_AUTH, "
    )


@fact(
    "Letters, marks, symbols, digits and punctuation of every language may be in a username",
    "documented",
)
def test_unicode_username(world):
    world.pool()
    world.user("Çağla-東京-✓")
    assert world.forgot()


@fact("A username may not have spaces, beyond ASCII either", "documented")
@pytest.mark.parametrize("name", ["a b", "a\u00a0b", "a\u3000b", "a\tb", "a\u200bb"])
def test_spaces(world, name):
    assert (
        refused(world, "forgot_password", ClientId=DEFAULT_CLIENT_ID, Username=name)["Code"]
        == "InvalidParameterException"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"x"',
        b"1",
        b'{"ClientId": 5, "Username": "x"}',
        b'{"ClientId": ["x"], "Username": "x"}',
        b'{"Username": "\\ud800", "ClientId": "x"}',
        b"[" * 100_000,
        b'{"ClientId": {"a": ' + b"9" * 5000 + b"}}",
    ],
)
def test_what_is_no_request_is_a_serialization_exception(server, body):
    status, headers, answer = sent(server, body)
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert headers["x-amzn-ErrorType"] == "SerializationException:"


@pytest.mark.parametrize(
    "target",
    ["", "ForgotPassword", "Other.ForgotPassword", TARGET, TARGET + "Nonsense", "x" * 5000],
)
def test_an_unknown_target_is_an_unknown_operation(server, target):
    status, _, answer = sent(server, b"{}", target)
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_an_operation_that_is_not_imitated_is_named(world):
    error = refused(world, "list_identity_providers", UserPoolId=DEFAULT_POOL_ID)
    assert error["Code"] == "UnknownOperationException"
    assert error["Message"].startswith("The sandbox does not imitate ListIdentityProviders.")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_other_methods_are_refused(server, method):
    status, _, answer = sent(server, b"", method=method)
    assert (status, answer["__type"]) == (405, "UnknownOperationException")


def test_another_path_is_refused(server):
    assert sent(server, b"{}", path="/elsewhere")[0] == 404


def test_a_body_of_more_than_a_megabyte_is_refused(server):
    status, _, answer = sent(server, b" " * 1_048_577)
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert sent(server, b"{" + b" " * 1_000_000)[0] == 400


@pytest.mark.parametrize(
    "headers",
    [{"X-Long": "x" * 32_768}, {f"X-{n}": "x" * 1000 for n in range(33)}, {"X-Long": "x" * 70_000}],
)
def test_headers_of_more_than_32_kilobytes_are_refused(server, headers):
    assert sent(server, b"{}", headers=headers)[0] == 431
    assert sent(server, b"{}", headers={"X-Long": "x" * 32_000})[0] == 400


@pytest.mark.parametrize("name", ["Content-Length", "Host", "X-Amz-Target"])
def test_a_header_that_decides_and_comes_twice_is_refused(server, name):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/")
    for value in ("0", "0") if name == "Content-Length" else ("localhost",):
        connection.putheader(name, value)
    if name == "X-Amz-Target":
        connection.putheader(name, "twice")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 400
    assert f"the header {name.lower()} comes twice" in json.loads(answer.read())["message"]
    connection.close()


@pytest.mark.parametrize("first", [1, 20_000, 32_000, 32_768, 33_000, 50_000])
def test_headers_that_are_too_long_are_refused_however_they_arrive(first):
    class Pieces(io.RawIOBase):
        def __init__(self, data):
            self.pieces = [data[:first], data[first:]]

        def readable(self):
            return True

        def readinto(self, buffer):
            data, self.pieces[:1] = self.pieces[0][: len(buffer)], [self.pieces[0][len(buffer) :]]
            if not self.pieces[0] and len(self.pieces) > 1:
                self.pieces.pop(0)
            buffer[: len(data)] = data
            return len(data)

    def read(length):
        head = b"POST / HTTP/1.1\r\nX-Long: " + b"x" * length + b"\r\n\r\n"
        return protocol.read(io.BufferedReader(Pieces(head)), io.BytesIO())

    with pytest.raises(BadRequest) as caught:
        read(50_000)
    assert caught.value.status == 431
    longest = protocol.MAX_HEAD - len(b"POST / HTTP/1.1\r\nX-Long: ")
    with pytest.raises(BadRequest):
        read(longest + 1)
    assert len(read(longest).headers["x-long"]) == longest


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:9229",
        "169.254.169.254",
        "localhost.evil.example",
        "",
        "127.0.0.1.nip.io",
    ],
)
def test_a_host_that_is_not_loopback_is_refused(server, host):
    assert sent(server, b"{}", headers={"Host": host})[0] == 403
    assert (
        sent(server, b"", method="GET", path="/_sandbox/mailbox", headers={"Host": host})[0] == 403
    )


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9229", "127.0.0.1", "[::1]:80", "127.8.8.8"]
)
def test_every_loopback_name_is_welcome(server, host):
    assert sent(server, b"{}", headers={"Host": host})[0] == 400
    assert (
        sent(server, b"", method="GET", path="/_sandbox/health", headers={"Host": host})[0] == 200
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "file://"]
)
def test_another_sites_origin_is_refused(server, origin):
    for path in ("/", "/_sandbox/clock"):
        assert sent(server, b"{}", path=path, headers={"Origin": origin})[0] == 403


def test_the_pages_own_origin_is_welcome(server):
    own = f"http://127.0.0.1:{server.port}"
    body = b"advance_seconds=60"
    headers = {
        "Origin": own,
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
    }
    before = server.sandbox.now()
    assert sent(server, body, path="/_sandbox/clock", headers=headers)[0] == 303
    assert (server.sandbox.now() - before).total_seconds() == 60
    assert (
        sent(server, body, path="/_sandbox/clock", headers={"Sec-Fetch-Site": "cross-site"})[0]
        == 403
    )

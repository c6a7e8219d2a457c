"""One call and the burden of proof: what is known not to have left, and what is not."""

import datetime
import os
import socket
import ssl
import threading
from contextlib import contextmanager

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpers import Secret, confirm, request_code, sign_in
from helpers.cognito.call import call
from helpers.cognito.errors import NotReached, Refused, Unsettled
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, Sandbox
from tests.spoiled import http, spoiling

WHOM = {"client_id": DEFAULT_CLIENT_ID, "username": DEFAULT_USERNAME}


def client_at(endpoint, *, attempts=1, **more):
    config = Config(
        signature_version=UNSIGNED,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        connect_timeout=5,
        read_timeout=5,
    )
    return boto3.Session().client(
        "cognito-idp", region_name="us-east-1", endpoint_url=endpoint, config=config, **more
    )


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine that nobody has signed, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime.now(datetime.UTC) - day)
        .not_valid_after(datetime.datetime.now(datetime.UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def one_connection(handle):
    """Listen on this machine and hand the first connection to `handle`; yields the port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        listening.close()  # whoever comes back finds nobody
        with connection:
            handle(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        thread.join(20)
        assert not thread.is_alive()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


def tls(connection, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context.wrap_socket(connection, server_side=True)


def good(body):
    """Cognito's own headers and status 200, around this body."""
    return lambda status, headers, _: http(200, headers, body)


def test_a_handshake_that_fails_is_proof_that_nothing_left(certificate):
    def refuse(connection):
        with pytest.raises((ssl.SSLError, OSError)):
            tls(connection, certificate).recv(1)

    with one_connection(refuse) as port, pytest.raises(NotReached):
        request_code(client_at(f"https://localhost:{port}"), **WHOM)


def test_a_server_that_speaks_no_tls_got_nothing():
    def answer(connection):
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with one_connection(answer) as port, pytest.raises(NotReached):
        request_code(client_at(f"https://localhost:{port}"), **WHOM)


def test_a_record_of_the_answer_that_is_spoilt_leaves_the_outcome_open(certificate):
    """As by a TLS-inspecting proxy, or bad memory: the request was read, and the answer is junk."""

    def spoil(connection):
        with tls(connection, certificate) as secure:
            read_request(secure)
            raw = os.dup(secure.fileno())
            os.write(raw, b"\x17\x03\x03\x00\x20" + bytes(32))
            os.close(raw)

    with one_connection(spoil) as port:
        client = client_at(f"https://localhost:{port}", verify=str(certificate))
        with pytest.raises(Unsettled):
            request_code(client, **WHOM)


def test_nobody_listening_is_proof_and_so_is_a_name_that_leads_nowhere():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for endpoint in (f"http://127.0.0.1:{port}", "http://nowhere.invalid"):
        with pytest.raises(NotReached):
            request_code(client_at(endpoint), **WHOM)


def test_a_second_attempt_that_cannot_connect_says_nothing_about_the_first():
    """With a client that repeats calls by itself, as boto3's own default does."""
    with one_connection(read_request) as port, pytest.raises(Unsettled):
        request_code(client_at(f"http://127.0.0.1:{port}", attempts=2), **WHOM)


def test_without_credentials_nothing_left(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.Session().client("cognito-idp", region_name="us-east-1")
    with pytest.raises(NotReached) as caught:
        call(client, "AdminGetUser", UserPoolId="us-east-1_Sandbox01", Username="ana")
    assert caught.value.exit_code == 6


@pytest.fixture
def box():
    box = Sandbox.in_memory()
    yield box
    box.close()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"AuthenticationResult": {}}',
        b'{"AuthenticationResult": null}',
        b'{"AuthenticationResult": []}',
        b'{"AuthenticationResult": {"AccessToken": 1}}',
        b'{"ChallengeName": 1}',
        b'{"ChallengeName": null, "Session": "x"}',
        b'{"AuthenticationResult": {"AccessToken": "a", "ExpiresIn": "soon"}}',
    ],
)
def test_a_sign_in_needs_tokens_or_a_challenge(body, box):
    with spoiling(box, "InitiateAuth", good(body)) as door, pytest.raises(Unsettled):
        sign_in(client_at(door.endpoint), **WHOM, password=Secret("any", "password"))


@pytest.mark.parametrize(
    "body", [b'{"Username": "diego@example.com"}', b'{"Username": 1}', b'{"User": {}}', b"{}"]
)
def test_a_user_needs_what_the_runbooks_read(body, box):
    with spoiling(box, "AdminGetUser", good(body)) as door, pytest.raises(Unsettled):
        call(
            client_at(door.endpoint),
            "AdminGetUser",
            UserPoolId="us-east-1_Sandbox01",
            Username=DEFAULT_USERNAME,
        )


@pytest.mark.parametrize("date", ["1e400", "-1", '"today"', "true", "1e15"])
def test_a_date_that_is_none_is_no_answer(date, box):
    body = f'{{"Username": "a", "UserStatus": "CONFIRMED", "UserLastModifiedDate": {date}}}'
    with spoiling(box, "AdminGetUser", good(body.encode())) as door, pytest.raises(Unsettled):
        call(client_at(door.endpoint), "AdminGetUser", UserPoolId="us-east-1_X", Username="a")


def test_an_empty_body_is_an_answer_where_the_operation_has_none_and_its_length_is_said(box):
    """As the API reference words it: "an HTTP 200 response with an empty HTTP body"."""
    secrets = {"code": Secret("123456", "code"), "new_password": Secret("Brand-new-1", "password")}

    with spoiling(box, "ConfirmForgotPassword", good(b"")) as door:
        assert confirm(client_at(door.endpoint), **WHOM, **secrets).request_id


def test_a_member_that_the_model_does_not_know_yet_changes_nothing(box):
    def newer(status, headers, body):
        return http(status, headers, body.rstrip()[:-1] + b', "NewMember": {"A": [1]}}')

    with spoiling(box, "ForgotPassword", newer) as door:
        assert request_code(client_at(door.endpoint), **WHOM).medium == "EMAIL"


def test_a_refusal_in_cognitos_own_words_is_one(box):
    with spoiling(box, "ForgotPassword", http) as door, pytest.raises(Refused) as caught:
        request_code(client_at(door.endpoint), client_id="nobody0s0client", username="ana")
    assert caught.value.request_id

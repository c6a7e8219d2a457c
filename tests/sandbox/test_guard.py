"""Who may call the HTTP door: pages of sites that were named, and names that were."""

import base64
import http.client
import json
import re
import shlex
import signal
import urllib.request

import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from helpers.__main__ import main
from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_POOL_ID,
    DEFAULT_PORT,
    DEFAULT_USERNAME,
    Server,
)
from helpers.sandbox.guard import guard
from tests import ROOT

from .world import World, client_for

APP = "http://localhost:3000"
FORGOT = json.dumps({"ClientId": DEFAULT_CLIENT_ID, "Username": DEFAULT_USERNAME})
KEYS = f"/{DEFAULT_POOL_ID}/.well-known/jwks.json"
CONFIGURATION = f"/{DEFAULT_POOL_ID}/.well-known/openid-configuration"


@pytest.fixture
def server(box):
    """The door, open to one app's pages and to one name."""
    with Server(box, 0, allow_origins=[APP], allow_hosts=["cognito"]) as running:
        yield running


def asked(server, method="POST", path="/", body=FORGOT, **headers):
    """Send one request; return (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    target = {"X-Amz-Target": "AWSCognitoIdentityProviderService.ForgotPassword"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, target | names)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(data) if data else None


def test_a_page_of_a_named_site_may_call_the_api(server):
    wanted = "content-type,x-amz-target,x-amz-user-agent"
    status, headers, _ = asked(
        server,
        "OPTIONS",
        body="",
        Origin=APP,
        Sec_Fetch_Site="cross-site",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers=wanted,
    )
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == APP
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert headers["Access-Control-Allow-Headers"] == wanted
    status, headers, _ = asked(server, Origin=APP, Sec_Fetch_Site="cross-site")
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == APP
    assert "x-amzn-RequestId" in headers["Access-Control-Expose-Headers"]
    assert headers["Vary"] == "Origin"
    assert server.sandbox.mailbox()


def test_a_refusal_reaches_that_page_too(server):
    status, headers, body = asked(server, body="{}", Origin=APP)
    assert (status, body["__type"]) == (400, "InvalidParameterException")
    assert headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_sandbox/mailbox"),
        ("GET", "/_sandbox/"),
        ("POST", "/_sandbox/clock"),
        ("OPTIONS", "/_sandbox/clock"),
    ],
)
def test_not_even_a_named_site_comes_near_the_controls(server, method, path):
    before = server.sandbox.now()
    status, headers, _ = asked(server, method, path, '{"advance_seconds": 60}', Origin=APP)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
    assert server.sandbox.now() == before


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3001", "https://localhost:3000", "http://LOCALHOST:3000", APP + "/", "null"],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_any_other_site_is_refused_as_before(server, origin, method):
    status, headers, _ = asked(server, method, Origin=origin)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
    assert server.sandbox.mailbox() == []


def test_a_named_site_may_not_believe_in_another_host(server):
    assert asked(server, Origin=APP, Host="evil.example")[0] == 403


@pytest.mark.parametrize("host", ["cognito", "cognito:9229", "COGNITO:80"])
def test_a_named_host_is_welcome_at_the_api_and_the_controls(server, host):
    assert asked(server, Host=host)[0] == 200
    assert asked(server, "GET", "/_sandbox/mailbox", "", Host=host)[0] == 200
    assert asked(server, Host=f"{host}.evil.example".replace(":", "."))[0] == 403


def test_a_header_that_is_no_list_of_names_is_not_repeated(server):
    _, headers, _ = asked(
        server, "OPTIONS", Origin=APP, Access_Control_Request_Headers="a\xe9, b; c=d"
    )
    assert headers["Access-Control-Allow-Headers"] == ""


def test_all_that_is_not_exact_is_said_at_once():
    wrong = ["*", "null", "localhost:3000", f"{APP}/", "http://*.example.com", "ftp://a", ""]
    hosts = ["*", "cognito:9229", "http://cognito", ""]
    with pytest.raises(ValueError) as caught:
        guard([APP, "https://app.example", "http://[::1]:3000", *wrong], ["cognito", *hosts])
    words = str(caught.value).split("; ")
    assert [one.split(" is not ")[0] for one in words] == [
        *(f"--allow-origin {one!r}" for one in wrong),
        *(f"--allow-host {one!r}" for one in hosts),
    ]


def test_the_command_refuses_what_is_not_exact_before_it_serves(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    given = ["sandbox", "--port", "0", "--allow-origin", "*", "--allow-host", "a:1"]
    answer = CliRunner().invoke(main, given)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.count("\n") == 1
    assert "--allow-origin '*' is not" in answer.stderr
    assert "--allow-host 'a:1' is not" in answer.stderr


def test_beyond_loopback_the_command_says_what_that_means(monkeypatch):
    stop_at_once = lambda number, handler: handler(number, None)
    monkeypatch.setattr(signal, "signal", stop_at_once)
    answer = CliRunner().invoke(main, ["sandbox", "--port", "0", "--host", "0.0.0.0"])
    assert answer.exit_code == 0
    endpoint = json.loads(answer.stdout)["endpoint"]
    assert endpoint.startswith("http://127.0.0.1:")
    assert "whoever reaches port" in answer.stderr
    assert "reads every code" in answer.stderr
    alone = CliRunner().invoke(main, ["sandbox", "--port", "0"])
    assert (alone.exit_code, alone.stderr) == (0, "")


def test_a_host_that_is_not_this_machine_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    answer = CliRunner().invoke(main, ["sandbox", "--port", "0", "--host", "192.0.2.1"])
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        "sandbox: --host 192.0.2.1 is no address of this machine; 0.0.0.0 means all of them\n"
    )


def test_an_address_that_it_listens_on_is_one_of_its_names(box):
    with Server(box, 0, "0.0.0.0", exposed=True, allow_hosts=["10.1.2.3"]) as server:
        assert asked(server, Host=f"10.1.2.3:{server.port}")[0] == 200
        assert asked(server, Host="10.1.2.4")[0] == 403
        assert asked(server, Host=f"127.0.0.1:{server.port}")[0] == 200


def test_the_commands_of_the_container_recipe_serve_what_it_says(monkeypatch):
    text = ROOT.joinpath("helpers/sandbox/README.md").read_text()
    service = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])["services"]
    image = re.search(r"```dockerfile\n(.*?)```", text, re.DOTALL)[1]
    started = json.loads(re.search(r"^CMD (.*)$", image, re.MULTILINE)[1])
    address = service["app"]["environment"]["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
    assert address == f"http://cognito:{DEFAULT_PORT}"
    made = []

    class Seen(Server):
        def __init__(self, *given, **more):
            super().__init__(*given, **more)
            made.append(self.guard)

    monkeypatch.setattr("helpers.sandbox.server.Server", Seen)
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    for words in (started, shlex.split(service["cognito"]["command"])):
        assert words[:2] == ["cognito-reset", "sandbox"]
        answer = CliRunner().invoke(main, [*words[1:], "--port", "0"])
        assert answer.exit_code == 0, answer.stderr
        assert "cognito" in made[-1].hosts
    assert made[-1].origins == {APP}


# --- what a pool publishes ---


def get(server, path):
    with urllib.request.urlopen(server.endpoint + path, timeout=10) as answer:
        return json.load(answer)


def decoded(text):
    return base64.urlsafe_b64decode(text + "==")


def token_of(server):
    world = World(server.sandbox, client_for(endpoint_url=server.endpoint))
    return world.tokens()["AccessToken"]


def test_a_verifier_finds_the_keys_from_the_configuration(server):
    server.sandbox.settings(issuer="endpoint")
    found = get(server, CONFIGURATION)
    assert found["issuer"] == f"{server.endpoint}/{DEFAULT_POOL_ID}"
    assert found["jwks_uri"] == server.endpoint + KEYS
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    with urllib.request.urlopen(found["jwks_uri"], timeout=10) as answer:
        keys = json.load(answer)
    head, claims, signature = token_of(server).split(".")
    (key,) = [one for one in keys["keys"] if one["kid"] == json.loads(decoded(head))["kid"]]
    e, n = (int.from_bytes(decoded(key[name]), "big") for name in "en")
    public = rsa.RSAPublicNumbers(e, n).public_key()
    said = f"{head}.{claims}".encode()
    public.verify(decoded(signature), said, padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(decoded(claims))["iss"] == found["issuer"]


def test_the_issuer_is_awss_unless_a_setting_says_otherwise(server):
    named = f"https://cognito-idp.us-east-1.amazonaws.com/{DEFAULT_POOL_ID}"
    assert get(server, CONFIGURATION)["issuer"] == named
    assert get(server, CONFIGURATION)["jwks_uri"] == server.endpoint + KEYS


def test_a_token_is_good_at_every_door_whatever_its_issuer(server):
    server.sandbox.settings(issuer="endpoint")
    token = token_of(server)
    inside = client_for()
    server.sandbox.attach(inside)
    assert inside.get_user(AccessToken=token)["Username"] == DEFAULT_USERNAME
    server.sandbox.settings(issuer="aws")
    assert inside.get_user(AccessToken=token)["Username"] == DEFAULT_USERNAME


@pytest.mark.parametrize("name", ["jwks.json", "openid-configuration"])
def test_only_a_pool_that_exists_publishes_something(server, name):
    status, _, body = asked(server, "GET", f"/us-east-1_NoSuch123/.well-known/{name}", "")
    assert status == 404
    assert body == {
        "__type": "ResourceNotFoundException",
        "message": "User pool us-east-1_NoSuch123 does not exist.",
    }


@pytest.mark.parametrize("path", [KEYS, CONFIGURATION])
def test_what_is_published_is_got_and_seen_by_named_sites(server, path):
    assert asked(server, "POST", path)[0] == 405
    status, headers, _ = asked(server, "GET", path, "", Origin=APP)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, APP)
    assert asked(server, "GET", path, "", Origin="https://evil.example")[0] == 403

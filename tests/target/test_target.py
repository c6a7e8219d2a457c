"""Which Cognito are we talking to, and a client for it."""

import http.server
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.httpsession import where

from helpers.cognito import actions
from helpers.cognito.errors import NotReached, ResetError
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, Sandbox, serve
from helpers.target import ALLOWED_HOSTS, Target, TargetError, sessions
from helpers.target import target as target_module


def faults(*args):
    return [field for field, _ in Target(*args).faults()]


@pytest.mark.parametrize(
    "name", ["sandbox", "aws", "http://127.0.0.1:9229", "http://localhost:1", "http://[::1]:9229"]
)
def test_the_sandbox_aws_and_loopback_endpoints_are_targets(name):
    assert faults(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Sandbox",
        "awss",
        "127.0.0.1:9229",
        "ftp://127.0.0.1",
        "http://",
        "http://user:word@127.0.0.1",
    ],
)
def test_anything_else_is_no_target(name):
    assert faults(name) == ["target"]


def test_another_host_has_to_be_allowed_by_name(monkeypatch):
    assert faults("https://cognito.example.com") == ["target"]
    monkeypatch.setenv(ALLOWED_HOSTS, "a.example.com, cognito.example.com")
    assert faults("https://cognito.example.com") == []
    assert faults("https://b.example.com") == ["target"]


def test_a_file_that_is_no_sandbox_is_a_fault_of_the_target(monkeypatch, tmp_path):
    tmp_path.joinpath("other").write_text("not a database")
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "other"))
    ((field, words),) = Target().faults()
    assert field == "target"
    assert "is not a sandbox" in words


def test_a_sandbox_whose_file_was_deleted_is_a_target_error(monkeypatch, tmp_path):
    path = tmp_path / "cognito.db"
    monkeypatch.setenv("COGNITO_SANDBOX", str(path))
    target = Target()
    assert target.mailbox() == []
    path.unlink()
    for ask in (target.mailbox, lambda: target.standing("diego"), lambda: target.advance(1)):
        with pytest.raises(TargetError, match="was deleted, moved or replaced"):
            ask()
    assert target.now().tzinfo is not None


@pytest.mark.parametrize("region", ["", "us_east_1", "US-EAST-1", "us-east", "us-east-1 "])
def test_a_region_has_to_look_like_one(region):
    assert faults("aws", region) == ["region"]


def test_a_profile_has_to_exist(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile support]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert faults("aws", "us-east-1", "support") == []
    assert faults("aws", "us-east-1", "suport") == ["profile"]


def test_it_says_in_words_where_calls_will_go(monkeypatch):
    assert (
        Target().where()
        == "the sandbox, in the memory of this process alone; no AWS account is touched"
    )
    assert Target("aws", "eu-west-1").where() == "AWS, region eu-west-1"
    assert Target("http://127.0.0.1:9229").where() == "http://127.0.0.1:9229"
    monkeypatch.setenv("COGNITO_SANDBOX", "shared.sqlite")
    assert "kept in the file shared.sqlite" in Target().where()


def test_an_endpoint_that_the_environment_puts_in_the_place_of_aws_is_named(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229")
    assert Target("aws").where() == "http://127.0.0.1:9229 (the environment sends AWS calls there)"
    assert Target("aws").client().meta.endpoint_url == "http://127.0.0.1:9229"


@pytest.mark.parametrize("name", ["sandbox", "aws", "http://127.0.0.1:9229"])
def test_a_client_tries_once_unsigned_and_gives_up_in_the_end(name):
    config = Target(name).client().meta.config
    assert config.retries == {"total_max_attempts": 1, "mode": config.retries["mode"]}
    assert config.signature_version is UNSIGNED
    assert (config.connect_timeout, config.read_timeout) == (5, 20)


def test_a_public_client_looks_for_no_credentials(monkeypatch):
    def looked(self):
        raise AssertionError("credentials were looked for")

    monkeypatch.setattr(botocore.session.Session, "get_credentials", looked)
    Target("aws").client()
    with pytest.raises(AssertionError):
        Target("aws").client(signed=True)


def test_a_signed_client_uses_the_profile(monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[support]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    client = Target("aws", "us-east-1", "support").client(signed=True)
    assert client._request_signer._credentials.access_key == "AKIDEXAMPLE"


def test_the_time_is_that_of_the_cognito_that_is_talked_to(sandbox):
    assert Target().now() == sandbox.now()
    sandbox.advance(3600)
    assert Target().now() == sandbox.now()
    assert abs((Target("aws").now() - datetime.now(UTC)).total_seconds()) < 60


def test_only_a_sandbox_has_a_mailbox():
    with pytest.raises(TargetError, match="only the sandbox"):
        Target("aws").mailbox()
    with pytest.raises(TargetError, match="no sandbox answers at http://127.0.0.1:9"):
        Target("http://127.0.0.1:9").mailbox()


def test_the_newest_code_of_a_user_is_read_from_the_mailbox(sandbox):
    with pytest.raises(TargetError, match="request a code first"):
        Target().newest_code("diego@example.com")
    client = Target().client()
    for _ in range(2):
        client.forgot_password(ClientId="3n4b5urk1ft4fl3mg5e62d9ado", Username="diego@example.com")
    codes = [message["code"] for message in sandbox.mailbox()]
    assert codes[0] != codes[1]
    assert Target().newest_code("diego@example.com") == codes[1]


def test_a_reset_works_with_botocore_as_it_is():
    """The tests share botocore's data and handlers between sessions, for speed: see conftest.py."""
    script = """
from helpers import Secret, Target, confirm, request_code
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, open_sandbox
import botocore.session
assert botocore.session.create_loader.__module__ == "botocore.loaders"
user = {"client_id": DEFAULT_CLIENT_ID, "username": DEFAULT_USERNAME}
client = Target().client()
request_code(client, **user)
code = open_sandbox().mailbox()[-1]["code"]
print(confirm(client, **user, code=Secret(code), new_password=Secret("Brand-new-1-password")))

import botocore.loaders
read = []
botocore.loaders.JSONFileLoader.load_file = lambda _, path: read.append(path)
others = [Target(), Target("aws", "eu-west-1"), Target("http://127.0.0.1:1")]
regions = [one.client(signed=signed).meta.region_name for one in others for signed in (False, True)]
assert regions == ["us-east-1"] * 2 + ["eu-west-1"] * 2 + ["us-east-1"] * 2
assert read == [], "botocore's data is read for the first client alone"
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Confirmed(username='diego@example.com'")


# --- what the environment has set wrongly ---


@pytest.mark.parametrize(
    "name",
    [
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:abc",
        "http://127.0.0.1:0",
        "http://127.0.0.1:-1",
        "http://127.0.0.1 /x",
        "http://127.0.0.1/\n",
        "http://\udcff",
        "http://127.0.0.1\x00",
        "https://[fe80::1%eth0",
    ],
)
def test_a_url_that_cannot_be_read_is_no_target_and_nothing_else_breaks_on_it(name):
    target = Target(name)
    assert faults(name) == ["target"]
    assert not target.may_be_sandbox
    assert target.where() == name


def test_a_list_of_allowed_hosts_that_holds_urls_says_so(monkeypatch):
    monkeypatch.setenv(ALLOWED_HOSTS, "https://cognito.example.com, [")
    ((_, words),) = Target("https://cognito.example.com").faults()
    assert words.endswith(f"{ALLOWED_HOSTS}, which now holds what is no host name.")
    monkeypatch.setenv(ALLOWED_HOSTS, "Cognito.Example.COM")
    assert faults("https://cognito.example.com") == []


BROKEN = {
    "AWS_PROFILE": "nowhere",
    "AWS_CONFIG_FILE": "{file}",
    "AWS_SHARED_CREDENTIALS_FILE": "{file}",
    "AWS_ENDPOINT_URL": "bogus",
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://[",
    "AWS_CA_BUNDLE": "/nowhere/at/all",
    "REQUESTS_CA_BUNDLE": "{file}",
    "HTTPS_PROXY": "http://[",
    "HTTP_PROXY": "::::",
    "AWS_DEFAULTS_MODE": "bogus",
    "AWS_STS_REGIONAL_ENDPOINTS": "bogus",
}


@pytest.fixture(params=BROKEN)
def broken(request, monkeypatch, tmp_path):
    """The name of an environment variable, which is set to something that cannot be used."""
    tmp_path.joinpath("file").write_text("broken[")
    monkeypatch.setenv(request.param, BROKEN[request.param].format(file=tmp_path / "file"))
    return request.param


@pytest.mark.parametrize("name", ["sandbox", "http://127.0.0.1:9229"])
def test_a_sandbox_needs_none_of_the_aws_configuration_so_none_can_break_it(broken, name):
    assert faults(name) == []
    for signed in (False, True):
        assert Target(name).client(signed=signed).meta.config.proxies == {}


def test_for_aws_it_is_told_before_anything_is_sent_and_no_value_is_repeated(broken):
    found = list(Target("aws").faults())
    if broken in ("AWS_PROFILE", "HTTP_PROXY"):
        assert found == []  # an unsigned call over TLS needs neither
        Target("aws").client()
    elif broken in ("AWS_DEFAULTS_MODE", "AWS_STS_REGIONAL_ENDPOINTS"):
        with pytest.raises(NotReached, match="No client could be made") as caught:
            Target("aws").client()
        assert caught.value.exit_code == 6
    else:
        ((field, words),) = found
        assert field == "target"
        assert words.endswith(".")
        assert BROKEN[broken] not in words


def test_a_profile_of_the_environment_has_to_exist_where_calls_are_signed(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    assert [field for field, _ in Target("aws").faults(signed=True)] == ["profile"]
    assert list(Target("sandbox").faults(signed=True)) == []
    with pytest.raises(NotReached, match="nowhere"):
        Target("aws").client(signed=True)


def test_certificates_that_can_be_read_are_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CA_BUNDLE", where())
    assert faults("aws") == []
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path))
    assert faults("aws") == []


def test_a_proxy_is_named_by_its_variable_alone_as_it_may_carry_a_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:Planted-1@[")
    ((_, words),) = Target("aws").faults()
    assert "HTTPS_PROXY" in words
    assert "Planted" not in words
    monkeypatch.setenv("NO_PROXY", "*")
    assert faults("aws") == []


@pytest.mark.parametrize("proxy", ["http://me:x@proxy.example:3128", "proxy.example:3128"])
def test_a_proxy_as_botocore_takes_it_is_no_fault(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert faults("aws") == []


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that the environment names for everything; yields what it was asked for."""
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_error(502)

        do_GET = do_CONNECT = do_POST

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield asked
        server.shutdown()
        thread.join()


def test_nothing_for_a_loopback_target_goes_through_a_proxy(proxy, monkeypatch):
    whom = {"client_id": DEFAULT_CLIENT_ID, "username": DEFAULT_USERNAME}
    with serve(Sandbox.in_memory(), port=0) as server:
        assert actions.request_code(Target(server.endpoint).client(), **whom).medium == "EMAIL"
        assert Target(server.endpoint).mailbox()
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        assert actions.request_code(Target("aws").client(), **whom).medium == "EMAIL"
    assert proxy == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://cognito.invalid")
    with pytest.raises(ResetError):
        actions.request_code(Target("aws").client(), **whom)
    assert proxy == ["http://cognito.invalid/"]


@pytest.mark.parametrize("name", ["sandbox", "aws"])
def test_a_session_that_was_made_ready_is_used_once_and_reads_what_is_so_now(name, monkeypatch):
    """In a process that is forked for each run."""
    monkeypatch.setattr(sessions, "_ready", {})
    sessions.make_ready()
    monkeypatch.setenv("AWS_PROFILE", "nosuch")  # without it, as ever
    monkeypatch.setenv("AWS_CA_BUNDLE", __file__)
    sandbox = name == "sandbox"
    first, second = (sessions._without_profile(sandbox=sandbox) for _ in range(2))
    assert first is not second
    for session in (first, second):
        assert session.get_config_variable("ca_bundle") == __file__
        assert session.profile is None
    assert Target(name, "us-east-1").client().meta.region_name == "us-east-1"


def test_a_client_that_was_made_ready_is_used_once_and_in_the_sandbox_of_now(monkeypatch, tmp_path):
    """In a process that is forked for each run."""
    monkeypatch.setattr(target_module, "_ready", {})
    monkeypatch.setattr(sessions, "_ready", {})
    monkeypatch.setattr(sessions, "_known", [])
    target_module.make_ready()
    ready = target_module._ready[Target()]
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox"))
    others = Target("aws"), Target(region="eu-west-1"), Target("http://127.0.0.1:1")
    assert [one.client().meta.region_name for one in others] == [
        "us-east-1",
        "eu-west-1",
        "us-east-1",
    ]
    with monkeypatch.context() as added:
        added.setattr(sessions, "BUILTIN_HANDLERS", [*sessions.BUILTIN_HANDLERS, ("choose", id)])
        assert Target().client() is not ready
    first, second = Target().client(signed=True), Target().client()
    assert first is ready
    assert second is not ready
    assert Target().mailbox() == []
    actions.request_code(first, client_id=DEFAULT_CLIENT_ID, username=DEFAULT_USERNAME)
    assert len(Target().mailbox()) == 1


def test_clients_are_shared_by_the_runs_of_one_thread_alone():
    """An owner's thread goes on while a worker's begins to share, and ends."""
    target = Target()
    begun, over = threading.Event(), threading.Event()

    def share_meanwhile():
        with target_module.shared_clients():
            begun.set()
            over.wait()
            return target.client()

    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(share_meanwhile)
        begun.wait()
        assert target.client() is not target.client()
        with target_module.shared_clients():
            mine = target.client()
            over.set()
            assert theirs.result() is not mine
            assert target.client() is mine
            assert target.client(signed=True) is mine  # the sandbox's calls are never signed
            assert Target("aws").client(signed=True) is not Target("aws").client()
    assert target.client() is not mine


def test_clients_can_be_kept_from_one_time_of_sharing_to_the_next():
    target, kept = Target(), {}
    with target_module.shared_clients(kept):
        first = target.client()
    with target_module.shared_clients(kept):
        assert target.client() is first
        with target_module.shared_clients({}):  # what shares already goes on to
            assert target.client() is first
    with target_module.shared_clients():
        assert target.client() is not first

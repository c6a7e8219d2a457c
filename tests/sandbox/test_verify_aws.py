"""What holds the facts against AWS, tried on the HTTP door as if it were AWS: the public API alone."""

import collections
import functools
import imaplib
import io
import socketserver
import threading

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from helpers.sandbox import DEFAULT_POOL_ID, DEFAULT_USERNAME

from .elsewhere import PREFIX, Door
from .facts_table import rows
from .post import Imap, Letter
from .verify_aws import AS_HERE, NOT_TESTABLE, OTHERWISE, Verdict, _judged, main, table, verify
from .world import ELSEWHERE, EMAIL, PASSWORD, client_for


@pytest.fixture
def far(server):
    """A client as AWS would have it: no sandbox behind it that anybody can reach."""
    return client_for(endpoint_url=server.endpoint)


def pools(box):
    with box.engine.store.transaction() as db:
        return [pool_id for (pool_id,) in db.execute("SELECT id FROM pools")]


def results(verdicts):
    return collections.Counter(one.result for one in verdicts)


def test_what_holds_here_holds_there_and_nothing_is_left_or_sent(box, far):
    verdicts = verify(far, "test_names.py")
    assert [one for one in verdicts if one.result == OTHERWISE] == []
    assert results(verdicts)[AS_HERE] > 5
    assert results(verdicts)[NOT_TESTABLE] > 0
    assert {(one.words, one.sure) for one in verdicts} <= set(rows())
    assert pools(box) == [DEFAULT_POOL_ID]
    assert box.mailbox() == []


def test_what_is_otherwise_there_is_told_with_both_answers(box, far):
    box.settings(waf_block=True)
    verdicts = verify(far, "test_names.py")
    told = [one.why for one in verdicts if one.result == OTHERWISE]
    assert any("Request not allowed due to WAF block." in why for why in told)
    assert any("ForbiddenException" in why and ", not (" in why for why in told), told
    assert results(verdicts)[AS_HERE] > 0
    assert pools(box) == [DEFAULT_POOL_ID]


def test_a_world_is_planted_when_it_is_needed_and_cleared_whatever_happens(box, far):
    door = Door(far)

    def fail(world):
        assert pools(box) == [DEFAULT_POOL_ID]
        assert world.status() == "CONFIRMED"
        (made,) = [one for one in pools(box) if one != DEFAULT_POOL_ID]
        assert world.pool_id == made
        assert far.describe_user_pool(UserPoolId=made)["UserPool"]["Name"] == "sandbox"
        with box.engine.store.transaction() as db:
            (doc,) = db.execute("SELECT doc FROM pools WHERE id = ?", (made,)).fetchone()
        assert f'"{PREFIX}sandbox"' in doc
        far.update_user_pool(UserPoolId=made, DeletionProtection="ACTIVE")
        raise LookupError

    with pytest.raises(LookupError), door.world() as world:
        fail(world)
    assert pools(box) == [DEFAULT_POOL_ID]
    assert door.left == []


@pytest.mark.parametrize(
    "send",
    [
        lambda world: world.forgot(),
        lambda world: world.admin("admin_reset_user_password"),
        lambda world: world.signed_up(),
        lambda world: world.api.admin_create_user(
            UserPoolId=world.pool_id,
            Username="eva",
            UserAttributes=[{"Name": "email", "Value": "eva@shop.example"}],
        ),
        lambda world: world.api.get_user_attribute_verification_code(
            AccessToken=world.tokens()["AccessToken"], AttributeName="email"
        ),
        lambda world: world.api.resend_confirmation_code(
            ClientId=world.client_id, Username=world.username
        ),
        lambda world: world.admin(
            "admin_update_user_attributes",
            UserAttributes=[{"Name": "email", "Value": "new@shop.example"}],
        ),
    ],
)
def test_no_message_is_sent_to_anybody(box, far, send):
    with Door(far).world() as world:
        world.pool()
        world.user()
        with pytest.raises(pytest.skip.Exception, match="would send a message"):
            send(world)
    assert box.mailbox() == []


def test_a_sign_in_that_sends_nothing_is_let_through_and_a_code_by_email_is_not(box, far):
    with Door(far).world() as world:
        world.pool()
        world.user()
        assert world.tokens(PASSWORD)
        world.api.set_user_pool_mfa_config(
            UserPoolId=world.pool_id,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        with pytest.raises(pytest.skip.Exception, match="would send a message"):
            world.sign_in(PASSWORD)


def test_nothing_is_done_before_somebody_agrees(box, server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    out = tmp_path / "table.md"
    assert main(["--endpoint", server.endpoint, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "monthly active user" in said.out
    assert "Nothing was done" in said.err
    assert box.counts()["calls"] == {}
    assert not out.exists()


def test_the_command_writes_the_table(server, tmp_path, capsys):
    out = tmp_path / "new" / "table.md"
    given = ["--endpoint", server.endpoint, "--out", str(out), "--only", "test_names.py"]
    assert main([*given, "--yes"]) == 0
    text = out.read_text()
    assert f"held against {server.endpoint}" in text
    assert "| as here |" in text
    assert str(out) in capsys.readouterr().out


def test_clean_deletes_what_a_killed_run_has_left_and_nothing_else(box, server, far, capsys):
    for name in (f"{PREFIX}shop", "production", f"my {PREFIX}"):
        far.create_user_pool(PoolName=name)
    assert main(["--endpoint", server.endpoint, "--clean"]) == 0
    assert "1 user pools deleted, 0 left" in capsys.readouterr().out
    left = far.list_user_pools(MaxResults=10)["UserPools"]
    assert {one["Name"] for one in left} == {"sandbox", "production", f"my {PREFIX}"}


def test_without_credentials_it_is_a_sentence(capsys):
    assert main(["--profile", "no-such-profile"]) == 2
    assert capsys.readouterr().err == (
        "verify-aws: The config profile (no-such-profile) could not be found\n"
    )


def test_what_is_no_answer_of_the_service_is_no_difference():
    def refused(code):
        return ClientError({"Error": {"Code": code, "Message": "x"}}, "ListUsers")

    assert _judged(refused("AccessDeniedException"))[0] == NOT_TESTABLE
    assert _judged(EndpointConnectionError(endpoint_url="https://x"))[0] == NOT_TESTABLE
    assert _judged(refused("UserNotFoundException"))[0] == OTHERWISE
    assert _judged(AssertionError("1 is not 2")) == (OTHERWISE, "AssertionError: 1 is not 2")


def test_no_account_is_in_the_table():
    words = "User: arn:aws:iam::123456789012:user/ann is not authorized, account 123456789012"
    assert _judged(AssertionError(words))[1] == (
        "AssertionError: User: ... is not authorized, account ..."
    )


def test_the_table_has_what_is_otherwise_first():
    text = table(
        [Verdict("a", "open", AS_HERE), Verdict("b|c", "reported", OTHERWISE, "no")], "AWS"
    )
    assert "1 as here, 1 otherwise, 0 not testable" in text
    assert text.index("b\\|c") < text.index("| a |")


def test_the_facts_are_told_here_while_nobody_says_otherwise(pytestconfig):
    assert ELSEWHERE not in pytestconfig.stash


# --- with a mailbox that somebody names ---


class Near:
    """The sandbox's own mailbox, as a person's would show it."""

    account = "me@mail.org"

    def __init__(self, box):
        self.box = box

    def begin(self):
        self.before = len(self.box.mailbox())

    def letters(self, count):
        kept = ("code", "destination", "subject", "body")
        found = self.box.mailbox()[self.before :]
        return [Letter({name: one[name] for name in kept}) for one in found]


def test_with_a_mailbox_what_needs_a_code_holds_too_and_nobody_else_is_written_to(box, far):
    verdicts = verify(far, "test_confirm.py", mailbox=Near(box))
    assert [one for one in verdicts if one.result == OTHERWISE] == []
    assert results(verdicts)[AS_HERE] > 15
    assert {one["destination"] for one in box.mailbox()} == {
        "me+ana-shop-example@mail.org",
        "me+diego-example-com@mail.org",
    }


def test_a_fact_finds_its_own_address_in_answers_and_messages(box, far):
    with Door(far, Near(box)).world() as world:
        world.pool()
        world.user()
        assert world.forgot()["CodeDeliveryDetails"]["Destination"] == "a***@s***"
        (letter,) = world.sandbox.mailbox()
        assert letter["destination"] == EMAIL
        world.confirm(letter["code"])
        listed = {
            one["Name"]: one["Value"] for one in world.admin("admin_get_user")["UserAttributes"]
        }
        assert listed["email"] == EMAIL
        with pytest.raises(pytest.skip.Exception, match="a message has no trigger_source"):
            assert letter["trigger_source"]


def test_a_name_that_is_hashed_is_left_alone_unless_it_is_the_address(box, far):
    door = Door(far, Near(box))
    with door.world() as world:
        world.client(GenerateSecret=True)
        assert world.username == DEFAULT_USERNAME
        with pytest.raises(ClientError, match="Unable to verify secret hash"):
            world.forgot(SecretHash="no")
        world.pool(UsernameAttributes=["email"])
        world.user(EMAIL)
        assert world.tokens(PASSWORD)
        with pytest.raises(pytest.skip.Exception, match="an address of its own"):
            world.forgot(SecretHash="no")
        with pytest.raises(pytest.skip.Exception, match="an address of its own"):
            far.list_users(UserPoolId=world.pool_id, Filter='email ^= "ana"')
    door.close()


def test_whoever_cannot_be_looked_up_is_not_written_to(box, far):
    box.fault("AdminGetUser", "500-before-commit", 9)
    with Door(far).world() as world:
        world.pool()
        world.user()
        with pytest.raises(pytest.skip.Exception, match="admin_get_user is refused"):
            world.forgot()
    assert box.mailbox() == []


def test_a_message_that_does_not_come_is_no_difference(box, far):
    class Lost(Near):
        def letters(self, count):
            return []

    with Door(far, Lost(box)).world() as world:
        world.pool()
        world.user()
        with pytest.raises(pytest.skip.Exception, match="did not arrive"):
            world.code()


class Server(socketserver.StreamRequestHandler):
    """As much of an IMAP server as one reader needs, with the messages of a list."""

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            word, _, given = rest.partition(" ")
            asked = getattr(self, f"on_{word.lower()}", lambda given: [])
            for said in asked(given):
                self.wfile.write(said + b"\r\n")
            self.wfile.write(f"{tag} OK done\r\n".encode())
            if word.upper() == "LOGOUT":
                return

    def on_capability(self, given):
        return [b"* CAPABILITY IMAP4rev1"]

    def on_examine(self, given):
        return [f"* {len(self.server.messages)} EXISTS".encode()]

    def on_uid(self, given):
        word, number, *_ = given.split(" ")
        messages = self.server.messages
        if word == "SEARCH":
            self.server.coming and messages.append(self.server.coming.pop())
            # A range that begins after the last one still names the last one (RFC 3501, 6.4.8).
            return [b"* SEARCH " + b" ".join(str(n + 1).encode() for n in range(len(messages)))]
        text = messages[int(number) - 1]
        return [b"* 1 FETCH (UID %d BODY[] {%d}" % (int(number), len(text)), text + b")"]


@pytest.fixture
def imap():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads, server.messages, server.coming = True, [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def message(to, text, kind="plain"):
    head = f"To: <{to}>\r\nSubject: Your code\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n"
    return (head + text).encode()


def test_a_code_is_read_by_imap_once_it_has_come_and_older_ones_are_not(imap):
    imap.messages.append(message("me+old@mail.org", "Your code is 111111"))
    connect = functools.partial(imaplib.IMAP4, "127.0.0.1", imap.server_address[1])
    mailbox = Imap("me@mail.org", connect, "me", "secret", patience=30, pause=0)
    mailbox.begin()
    imap.coming = [message("me+ana@mail.org", "<b>Code</b>:<br>002345, id 12345678", "html")]
    (letter,) = mailbox.letters(1)
    assert (letter["code"], letter["destination"]) == ("002345", "me+ana@mail.org")
    assert letter["subject"] == "Your code"
    mailbox.begin()
    impatient = Imap("me@mail.org", connect, "me", "secret", patience=0, pause=0)
    impatient.begin()
    assert impatient.letters(1) == []
    for each in (mailbox, impatient):
        each.close()


def test_all_that_is_wrong_with_a_mailbox_is_said_at_once(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--address", "me+tag@mail.org", "--sender-arn", "x"])
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "--address and --imap go together" in said
    assert "without a plus" in said
    with pytest.raises(SystemExit):
        main(["--imap", "a b", "--sender-arn", "x"])
    said = capsys.readouterr().err
    assert "--imap takes HOST" in said
    assert "--sender-arn needs --address" in said


def test_a_mail_that_awss_sender_does_not_send_is_no_difference():
    words = "('LimitExceededException', 'Exceeded daily email limit for the operation'), not (...)"
    assert _judged(AssertionError(words))[0] == NOT_TESTABLE

"""What holds the facts against AWS, tried on the HTTP door as if it were AWS: the public API alone."""

import collections
import io

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from helpers.sandbox import DEFAULT_POOL_ID

from .elsewhere import PREFIX, Door
from .facts_table import rows
from .verify_aws import AS_HERE, NOT_TESTABLE, OTHERWISE, Verdict, _judged, main, table, verify
from .world import ELSEWHERE, PASSWORD, client_for


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
    verdicts = verify(far, "test_names.py", "test_confirm.py")
    assert [one for one in verdicts if one.result == OTHERWISE] == []
    assert results(verdicts)[AS_HERE] > 10
    assert results(verdicts)[NOT_TESTABLE] > 10
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

"""The sandbox as its users hold it: one in a process, repeatable, talkative about mistakes, and
silent about secrets.
"""

import json
import os
import subprocess
import sys
import threading

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

import helpers.sandbox
from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_PASSWORD,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
    open_sandbox,
)

from .world import World, client_for

STORY = """
import json, boto3
from botocore import UNSIGNED
from botocore.config import Config
from helpers.sandbox import open_sandbox
box = open_sandbox()
client = boto3.client("cognito-idp", region_name="us-east-1", config=Config(signature_version=UNSIGNED))
box.attach(client)
names = {"ClientId": "3n4b5urk1ft4fl3mg5e62d9ado", "Username": "diego@example.com"}
seen = [client.forgot_password(**names), box.mailbox()]
seen.append(client.confirm_forgot_password(**names, Password="New-Password-1", ConfirmationCode=box.mailbox()[-1]["code"]))
for request in ({"ConfirmationCode": "1"}, {"ConfirmationCode": "000000"}):
    try:
        client.confirm_forgot_password(**names, Password="New-Password-1", **request)
    except client.exceptions.ClientError as error:
        seen.append(error.response)
seen.append(client.initiate_auth(ClientId=names["ClientId"], AuthFlow="USER_PASSWORD_AUTH",
                                 AuthParameters={"USERNAME": names["Username"], "PASSWORD": "New-Password-1"}))
seen.append(client.create_user_pool(PoolName="another")["UserPool"])
try:
    client.list_identity_providers(UserPoolId="us-east-1_Sandbox01")
except client.exceptions.ClientError as error:
    seen.append(error.response)
print(json.dumps(seen, default=str))
"""


def test_the_face_is_sorted_and_true():
    assert helpers.sandbox.__all__ == sorted(helpers.sandbox.__all__)
    assert all(hasattr(helpers.sandbox, name) for name in helpers.sandbox.__all__)


def test_a_process_without_a_file_tells_the_same_story_byte_for_byte():
    told = [
        subprocess.run(
            [sys.executable, "-c", STORY], capture_output=True, check=True, timeout=60
        ).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert json.loads(told[0])[-2]["Id"].startswith("us-east-1_")


def test_a_process_has_one_sandbox():
    assert open_sandbox() is open_sandbox()


def test_private_ones_are_apart(box):
    other = Sandbox.in_memory()
    box.advance(60)
    assert (box.now() - other.now()).total_seconds() == 60
    other.close()


def test_the_clock_of_a_seeded_one_stands_still(box):
    before = box.now()
    assert box.now() == before
    assert before.tzinfo is not None


def test_another_seed_draws_other_codes():
    codes = set()
    for seed in ("one", "two", "three"):
        box, client = Sandbox.in_memory(seed), client_for()
        box.attach(client)
        codes.add(World(box, client).code())
        box.close()
    assert len(codes) > 1


def test_a_standing_one_runs_on_the_real_clock():
    import time

    box = Sandbox.in_memory(seed=None)
    assert abs(box.now().timestamp() - time.time()) < 5
    box.advance(3600)
    assert box.now().timestamp() - time.time() > 3590
    box.close()


@pytest.mark.parametrize("seconds", [-1, True, "60", None, float("nan"), float("inf")])
def test_the_clock_only_goes_forward(box, seconds):
    with pytest.raises(ValueError, match="advance needs seconds"):
        box.advance(seconds)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reset_atempts": 6}, "Did you mean 'reset_attempts'"),
        ({"reset_attempts": 4}, "takes 5 to 20"),
        ({"reset_attempts": "6"}, "takes a int"),
        ({"reset_attempts": True}, "takes a int"),
        ({"valid_code": "oldest"}, "takes one of newest, first, any"),
        ({"compromised_passwords": "x"}, "takes a list"),
        ({"delay_seconds": float("inf")}, "takes 0 to 3600"),
        ({"zzzz": 1}, "Known: "),
    ],
)
def test_an_impossible_setting_is_refused_in_words(box, changes, words):
    before = box.settings()
    with pytest.raises(ValueError, match=words):
        box.settings(**changes)
    assert box.settings() == before


def test_every_setting_says_what_it_decides():
    from helpers.sandbox.settings import SETTINGS, checked, defaults

    assert checked(defaults()) == defaults()
    assert all(len(one.words) > 20 for one in SETTINGS.values())
    assert sum(one.words.startswith("open: ") for one in SETTINGS.values()) >= 15


def test_reset_is_a_fresh_start(box):
    client = client_for()
    box.attach(client)
    world = World(box, client)
    first = world.code()
    world.confirm(first)
    box.advance(99)
    box.on("PostConfirmation", print)
    box.reset()
    assert box.mailbox() == []
    assert box.counts() == {"calls": {}, "faults": {}}
    assert world.tokens(DEFAULT_PASSWORD)
    assert world.code()
    assert box.engine.callables == {}


def test_a_signing_client_still_needs_credentials(box):
    client = boto3.Session().client("cognito-idp", region_name="us-east-1")
    box.attach(client)
    with pytest.raises(NoCredentialsError):
        client.admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME)
    assert client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)


def test_a_client_of_another_service_is_refused(box):
    with pytest.raises(ValueError, match="answers cognito-idp clients, not s3"):
        box.attach(boto3.client("s3", region_name="us-east-1"))


def test_only_the_attached_client_is_answered(box):
    box.attach(client_for())
    from botocore.exceptions import EndpointConnectionError

    other = client_for(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(EndpointConnectionError):
        other.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)


def test_a_client_that_is_attached_again_changes_over(box):
    client, other = client_for(), Sandbox.in_memory()
    other.attach(client)
    box.attach(client)
    client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    assert (len(box.mailbox()), len(other.mailbox())) == (1, 0)
    other.close()


def test_threads_share_one(box):
    client = client_for()
    box.attach(client)
    world = World(box, client)
    problems = []

    def run(number):
        try:
            world.api.admin_create_user(
                UserPoolId=DEFAULT_POOL_ID, Username=f"user{number}", MessageAction="SUPPRESS"
            )
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(world.api.list_users(UserPoolId=DEFAULT_POOL_ID)["Users"]) == 9


def test_no_secret_is_in_what_the_sandbox_remembers_of_requests(box):
    client = client_for()
    box.attach(client)
    world = World(box, client)
    code = world.code()
    world.confirm(code, "Very-Recognisable-Secret-7")
    token = world.tokens("Very-Recognisable-Secret-7")["AccessToken"]
    world.api.get_user(AccessToken=token)
    with box.engine.store.transaction() as db:
        kept = repr(db.execute("SELECT * FROM requests").fetchall())
    assert "ConfirmForgotPassword" in kept
    assert "Very-Recognisable" not in kept
    assert code not in kept
    assert token not in kept


def test_a_fault_of_the_sandbox_itself_shows_no_values(box, monkeypatch, capsys):
    from botocore.exceptions import ClientError

    from helpers.sandbox import engine

    def broken(work, request):
        raise KeyError(request["Password"])

    monkeypatch.setitem(engine.IMITATED, "ConfirmForgotPassword", broken)
    client = client_for()
    box.attach(client)
    with pytest.raises(ClientError, match="InternalErrorException") as caught:
        World(box, client).confirm("123456", "Very-Recognisable-Secret-7")
    assert "Recognisable" not in str(caught.value) + "".join(capsys.readouterr())


def test_the_mailbox_of_one_user(box):
    client = client_for()
    box.attach(client)
    world = World(box, client)
    world.code()
    world.user("ana")
    world.code()
    assert [one["username"] for one in box.mailbox()] == [DEFAULT_USERNAME, "ana"]
    assert [one["username"] for one in box.mailbox("ana")] == ["ana"]


def test_the_mailbox_says_which_code_is_live(box):
    client = client_for()
    box.attach(client)
    world = World(box, client)

    def live():
        return [one["live"] for one in box.mailbox(DEFAULT_USERNAME)]

    world.code()
    assert live() == [True]
    code = world.code()
    assert live() == [False, True]
    world.confirm(code)
    assert live() == [False, False]
    world.code()
    box.advance(3600)
    assert live() == [False, False, False]


def test_the_mailbox_keeps_the_newest_of_very_many(box, monkeypatch):
    from helpers.sandbox import work

    monkeypatch.setitem(work._KEPT, "messages", 150)
    client = client_for()
    box.attach(client)
    world = World(box, client)
    for _ in range(60):
        for _ in range(5):
            world.forgot()
        box.advance(3600)
    assert len(box.mailbox()) == 150
    assert box.mailbox()[-1]["code"] == world.last_code()


def test_a_chosen_temporary_password_is_not_in_the_mailbox(box):
    client = client_for()
    box.attach(client)
    email = [{"Name": "email", "Value": "ben@shop.example"}]
    client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username="ben",
        UserAttributes=email,
        DesiredDeliveryMediums=["EMAIL"],
        TemporaryPassword="Typed-By-A-Person-1",
    )
    (message,) = box.mailbox()
    assert message["code"] is None
    assert "Typed-By-A-Person-1" not in json.dumps(message)


def test_importing_the_room_loads_neither_boto3_nor_gmpy2():
    script = (
        "import sys, helpers.sandbox; print([name for name in ('boto3', 'gmpy2', 'moto', 'urllib3')"
        " if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert said.stdout == "[]\n"

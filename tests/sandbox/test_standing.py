"""How a user stands, as a person who practises asks: in process and over HTTP."""

import json
import urllib.request

import pytest

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME
from helpers.target import Target, TargetError

from .world import client_for


def diego(box):
    return box.standing(DEFAULT_USERNAME)["user"]


@pytest.fixture
def client(server):
    return client_for(endpoint_url=server.endpoint)


def test_requests_and_codes_take_from_the_same_tries_and_an_hour_gives_them_back(box, client):
    assert diego(box) == {
        "username": DEFAULT_USERNAME,
        "status": "CONFIRMED",
        "enabled": True,
        "tries_left": 5,
        "tries_allowed": 5,
    }
    client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    with pytest.raises(client.exceptions.CodeMismatchException):
        client.confirm_forgot_password(
            ClientId=DEFAULT_CLIENT_ID,
            Username=DEFAULT_USERNAME,
            Password="Brand-new-1",
            ConfirmationCode="000000" if box.mailbox()[-1]["code"] != "000000" else "111111",
        )
    assert diego(box)["tries_left"] == 3
    box.advance(3600)
    assert diego(box)["tries_left"] == 5


def test_to_look_costs_no_try_and_changes_nothing(box):
    assert [diego(box)["tries_left"] for _ in range(7)] == [5] * 7


def test_what_an_administrator_does_to_a_user_shows(box, client):
    user = {"UserPoolId": DEFAULT_POOL_ID, "Username": DEFAULT_USERNAME}
    client.admin_reset_user_password(**user)
    client.admin_disable_user(**user)
    assert (diego(box)["status"], diego(box)["enabled"]) == ("RESET_REQUIRED", False)


def test_a_user_is_found_by_sub_and_in_a_pool_of_its_own_and_nobody_is_nobody(box, client):
    pool = client.create_user_pool(PoolName="another")["UserPool"]["Id"]
    made = client.admin_create_user(UserPoolId=pool, Username="ana", MessageAction="SUPPRESS")[
        "User"
    ]
    sub = next(each["Value"] for each in made["Attributes"] if each["Name"] == "sub")
    assert box.standing(sub)["user"]["username"] == "ana"
    assert box.standing("ana")["user"]["status"] == "FORCE_CHANGE_PASSWORD"
    assert box.standing("nobody") == {"now": box.now().isoformat(), "user": None}


def test_over_http_it_is_the_same_and_the_clock_moves(box, server):
    target = Target(server.endpoint)
    assert target.standing(DEFAULT_USERNAME) == box.standing(DEFAULT_USERNAME)
    before = box.now()
    target.advance(3600)
    assert (box.now() - before).total_seconds() == pytest.approx(3600, abs=5)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.endpoint}/_sandbox/standing?user=x", timeout=5)
    assert json.load(caught.value) == {"error": "unknown: user; known: username"}
    caught.value.close()


def test_on_aws_nobody_is_asked_and_no_clock_is_moved():
    with pytest.raises(TargetError, match="only the sandbox"):
        Target("aws").standing(DEFAULT_USERNAME)
    with pytest.raises(TargetError, match="only the sandbox"):
        Target("aws").advance(1)

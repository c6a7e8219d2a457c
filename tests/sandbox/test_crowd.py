"""The crowd: each of its states is what it says, by Cognito's own answers."""

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.sandbox import CROWD_POOL_ID, crowd, open_sandbox, plant_crowd

from .world import NO_CONTACT, WRONG_STATE, client_for


@pytest.fixture
def people(box):
    """A client, and of each state the first username."""
    box.settings(daily_mail_limit=1)
    assert plant_crowd(box, 60) == {
        "can be reset": 39,
        **dict.fromkeys(list(crowd.STATES)[1:], 3),
    }
    client = client_for()
    box.attach(client)
    names = {state: f"user-{n:04}" for n, state in enumerate(crowd.STATES, 1)}
    return box, client, names


def test_there_are_eight_states_and_in_twenty_users_each_is_met():
    assert len(crowd.STATES) == 8
    assert set(crowd.STATES) == set(crowd._TURN)
    assert len(crowd._TURN) == 20


def test_cognito_says_of_each_what_its_state_says(people):
    box, client, names = people
    whom = {"UserPoolId": CROWD_POOL_ID}

    def read(state):
        user = client.admin_get_user(**whom, Username=names[state])
        return user["UserStatus"], user["Enabled"]

    assert {state: read(state) for state in names} == {
        "can be reset": ("CONFIRMED", True),
        "no verified contact": ("CONFIRMED", True),
        "invited": ("FORCE_CHANGE_PASSWORD", True),
        "invitation ran out": ("FORCE_CHANGE_PASSWORD", True),
        "disabled": ("CONFIRMED", False),
        "federated": ("EXTERNAL_PROVIDER", True),
        "reset required": ("RESET_REQUIRED", True),
        "e-mail is the second factor": ("CONFIRMED", True),
    }
    refused = {}
    for state, name in names.items():
        try:
            client.forgot_password(ClientId=crowd.CROWD_CLIENT_ID, Username=name)
        except client.exceptions.ClientError as exc:
            refused[state] = exc.response["Error"]["Code"], exc.response["Error"]["Message"]
    assert refused["no verified contact"] == NO_CONTACT
    assert refused["e-mail is the second factor"] == NO_CONTACT
    assert refused["invited"] == refused["federated"] == WRONG_STATE
    assert "can be reset" not in refused
    assert len(box.mailbox()) == 2, "also to one whose reset is required; and no daily limit"


def test_only_the_invitation_that_did_not_run_out_lets_in(people):
    _, client, names = people

    def signs_in(state):
        return client.admin_initiate_auth(
            UserPoolId=CROWD_POOL_ID,
            ClientId=crowd.CROWD_CLIENT_ID,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": names[state], "PASSWORD": "First-Password-1"},
        )

    assert signs_in("invited")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    with pytest.raises(client.exceptions.NotAuthorizedException, match="expired"):
        signs_in("invitation ran out")
    assert "AuthenticationResult" in signs_in("can be reset")


def test_planting_it_again_restores_it_and_leaves_the_clock_and_others_alone(people):
    box, client, names = people
    now = box.now()
    client.admin_delete_user(UserPoolId=CROWD_POOL_ID, Username=names["disabled"])
    plant_crowd(box, 20)
    users = client.list_users(UserPoolId=CROWD_POOL_ID)["Users"]
    assert len(users) == 20
    assert box.now() == now
    assert all(user["UserCreateDate"] < now for user in users)
    assert box.standing("diego@example.com")["user"]["status"] == "CONFIRMED"


def test_the_command_refuses_a_file_that_is_no_sandbox_in_a_sentence(tmp_path):
    path = tmp_path / "campaign-practice.sqlite"
    path.write_text("my own words, which are no database at all")
    answer = CliRunner().invoke(main, ["campaign-practice", "--users", "1", "--out", str(tmp_path)])
    assert answer.exit_code == 2
    assert f"--out: {path}: " in answer.stderr
    assert path.read_text().startswith("my own words")


def test_the_command_makes_the_users_afresh_each_time(tmp_path):
    for users in (3, 2):
        options = ["campaign-practice", "--users", str(users), "--out", str(tmp_path)]
        answer = CliRunner().invoke(main, options)
        assert answer.exit_code == 0, answer.output
    assert "--users 2 --first 10\n" in answer.output
    box = open_sandbox(str(tmp_path / "campaign-practice.sqlite"))
    assert box.settings()["quota_UserAccountRecovery"] == 1
    assert box.standing("user-0002")["user"]
    assert box.standing("user-0003")["user"] is None
    box.close()

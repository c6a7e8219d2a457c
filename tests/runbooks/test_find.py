"""Which accounts a text may mean: none, one or several, each told without showing whose it is."""

import pytest

from helpers.cognito.errors import NotReached, Refused
from helpers.cognito.reads import read_pool
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.runbooks.diagnosis.find import How, find
from helpers.runbooks.steps import Reader
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.target import Target


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def someone(client, username, pool_id=DEFAULT_POOL_ID, **attributes):
    client.admin_create_user(
        UserPoolId=pool_id,
        Username=username,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        MessageAction="SUPPRESS",
    )


def found(text, pool_id=DEFAULT_POOL_ID, *, with_pool=True):
    reader = Reader(Target(), pool_id)
    pool = read_pool(reader.client, user_pool_id=pool_id) if with_pool else None
    return find(reader, text, pool)


def names(matches):
    return {one.username: one.how for one in matches.found}


def test_nobody_is_an_empty_answer(client):
    assert found("nobody-here") == found("nobody-here").__class__("nobody-here")


def test_the_exact_name_comes_first_and_another_in_other_capitals_beside_it(client):
    for name in ("maria", "Maria", "mario"):
        someone(client, name)
    matches = found("maria")
    assert [one.username for one in matches.found] == ["maria", "Maria"]
    assert names(matches) == {"maria": How.NAME, "Maria": How.CAPITALS}
    assert names(found("MARIA")) == {"maria": How.CAPITALS, "Maria": How.CAPITALS}


def test_an_address_finds_every_account_that_holds_it_verified_or_not(client):
    someone(client, "maria@example.com", email="maria@example.com", email_verified="true")
    someone(client, "Google_1", email="maria@example.com")
    assert names(found("maria@example.com")) == {
        "maria@example.com": How.NAME,
        "Google_1": How.CONTACT,
    }


@pytest.mark.parametrize("text", ["maria@ex", "maria", "mar", "maria@examp"])
def test_a_part_of_an_address_is_looked_up(text, client):
    someone(client, "u-1", email="maria@example.com")
    assert names(found(text)) == {"u-1": How.PART}
    assert names(found(text, with_pool=False)) == {"u-1": How.PART}


def test_a_part_is_not_looked_for_where_the_whole_is_found_or_where_it_is_too_short(client):
    someone(client, "maria")
    someone(client, "maria-2")
    assert names(found("maria")) == {"maria": How.NAME}
    assert names(found("ma")) == {}


def test_the_beginning_of_a_phone_number_is_looked_up(client):
    someone(client, "u-1", phone_number="+15551230199")
    assert names(found("+1555")) == {"u-1": How.PART}
    assert names(found("0015551230199")) == {"u-1": How.CONTACT}


def test_an_address_with_a_slip_of_the_keys_is_found_and_another_persons_is_not(client):
    someone(client, "u-1", email="maria@gmial.com")
    someone(client, "u-2", email="maria@another-company.example")
    assert names(found("maria@gmail.com")) == {"u-1": How.NEAR}
    assert "gmial" not in repr(found("maria@gmail.com"))


def test_an_account_is_told_from_another_by_what_shows_nobody(client):
    someone(client, "u-1", email="maria@example.com")
    (only,) = found("maria@example.com").found
    created = client.admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username="u-1")["UserCreateDate"]
    assert only.words == (
        f"e-mail address m***@e***; has a temporary password; created {created:%Y-%m-%d}"
    )


def test_that_there_may_be_more_is_said(client):
    for number in range(11):
        someone(client, f"maria-{number}")
    assert found("maria-").more
    assert len(found("maria-").found) == 10


def test_a_search_that_fails_keeps_what_was_found_and_says_what_failed(client, sandbox):
    someone(client, "maria")
    sandbox.fault("ListUsers", "throttle-before-commit")
    matches = found("maria")
    assert names(matches) == {"maria": How.NAME}
    assert isinstance(matches.error, Refused)
    nowhere = find(Reader(Target("http://127.0.0.1:9"), DEFAULT_POOL_ID), "maria")
    assert (nowhere.found, type(nowhere.error)) == ((), NotReached)


# --- in the runbook ---


def diagnosed(username):
    return DiagnoseUser(username=username, interactive="no").submit()


def test_a_diagnosis_offers_the_accounts_that_fit_as_typed_matches(client):
    for name in ("maria", "Maria"):
        someone(client, name, email="maria@example.com", email_verified="true")
    result = diagnosed("MARIA")
    assert result.verdict.problem == "several-accounts"
    assert {one.username for one in result.matches} == {"maria", "Maria"}
    assert "Accounts that fit" in repr(result.card())
    assert result.next_runbook.parameters["username"] == ""


def test_a_part_leads_to_the_account_that_begins_so(client):
    someone(client, "u-1", email="maria@example.com")
    result = diagnosed("maria@exam")
    assert (result.verdict.problem, result.next_runbook.name) == ("part-of-a-name", "diagnose-user")
    assert result.next_runbook.parameters["username"] == "u-1"

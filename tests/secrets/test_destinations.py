"""Where a generated secret goes: written once, readable by nobody else, taken back when it is not
in force.
"""

import os
import stat
import sys
import types

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from helpers.secrets.destinations import SCHEMES, Deposit, DepositError, fault_in, shown
from helpers.secrets.references import resolve
from helpers.secrets.secret import Secret

PLANTED = "Planted-password-1"


@pytest.fixture
def value():
    return Secret(PLANTED, "new password")


def nobody(*_):
    raise AssertionError("no service should have been asked")


class Service:
    """Stands where a boto3 client does, and keeps what it was asked."""

    def __init__(self, refusal=""):
        self.refusal, self.asked = refusal, []

    def _answer(self, **asked):
        self.asked.append(asked)
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": f"not {asked}"}}, "Put")

    put_secret_value = put_parameter = _answer


@pytest.fixture
def keyring(monkeypatch):
    held = {}
    fake = types.SimpleNamespace(
        get_password=lambda service, user: held.get((service, user)),
        set_password=lambda service, user, password: held.update({(service, user): password}),
        delete_password=lambda service, user: held.pop((service, user)),
    )
    monkeypatch.setitem(sys.modules, "keyring", fake)
    return held


# --- what can be written to ---


@pytest.mark.parametrize(
    "reference",
    ["keyring:mail/diego", "secretsmanager:handover/diego", "ssm:/handover/diego", "discard:"],
)
def test_a_place_is_good_before_anything_is_asked_of_it(reference):
    assert fault_in(reference, sandbox=True) is None


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "is not a place"),
        (PLANTED, "is not a place"),
        ("env:NAME", "is not a place"),
        ("literal:x", "is not a place"),
        ("secretmanager:x", "Did you mean secretsmanager:?"),
        ("file:", "must be written like file:PATH"),
        ("file:password.txt", "needs a whole path"),
        ("keyring:diego", "must be written like keyring:SERVICE/USER"),
        ("keyring:/diego", "must be written like"),
        ("secretsmanager:one#key", "must be written like"),
        ("ssm:no-slash", "must be written like ssm:/PATH"),
        ("ssm:/", "must be written like"),
    ],
)
def test_what_is_no_place_is_told_in_words_that_do_not_hold_it(reference, words):
    fault = fault_in(reference, sandbox=True)
    assert words in fault
    assert PLANTED not in fault


def test_to_throw_it_away_is_for_practice_alone_and_says_what_to_give_instead():
    fault = fault_in("discard:", sandbox=False)
    assert "works in the sandbox only" in fault
    assert all(f"{name}:" in fault for name in SCHEMES)


def test_what_is_shown_of_a_place_is_the_reference_and_never_a_value_given_by_mistake():
    assert shown("ssm:/handover/diego") == "ssm:/handover/diego"
    assert shown(PLANTED) == "[hidden]"


# --- a file ---


def test_a_file_is_new_readable_by_its_owner_alone_and_holds_exactly_the_secret(tmp_path, value):
    path = tmp_path / "diego.password"
    assert fault_in(f"file:{path}", sandbox=False) is None
    old = os.umask(0)
    try:
        Deposit(f"file:{path}", nobody).put(value)
    finally:
        os.umask(old)
    assert path.read_bytes() == PLANTED.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert resolve(f"file:{path}", label="", ask=nobody, mailbox=nobody, aws=nobody) == value


def test_a_file_that_is_there_is_never_overwritten_not_even_one_that_appears_late(
    tmp_path, value, monkeypatch
):
    path = tmp_path / "taken"
    path.write_text("mine")
    assert "none is overwritten" in fault_in(f"file:{path}", sandbox=False)
    monkeypatch.setattr("helpers.secrets.destinations._fault_in_file", lambda path: None)
    with pytest.raises(DepositError, match="FileExistsError"):
        Deposit(f"file:{path}", nobody).put(value)
    assert path.read_text() == "mine"


def test_a_link_is_not_followed(tmp_path, value):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DepositError, match="there is a file already"):
        Deposit(f"file:{tmp_path / 'link'}", nobody).put(value)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_missing_or_that_others_may_write_to_is_refused(tmp_path):
    assert "no such folder" in fault_in(f"file:{tmp_path / 'none' / 'x'}", sandbox=False)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    assert "other users may write" in fault_in(f"file:{shared / 'x'}", sandbox=False)


@pytest.mark.parametrize(
    "path",
    ["~nobody-of-this-name/x", "/a\0b", "/" + "x" * 300 + "/x", "/dev/null/x"],
    ids=["home-of-nobody", "null-character", "too-long", "in-a-file"],
)
def test_a_path_that_no_system_takes_is_refused_in_words(path):
    assert fault_in(f"file:{path}", sandbox=False).startswith("file: ")


def test_a_file_that_could_not_be_written_to_its_end_does_not_stay(tmp_path, value, monkeypatch):
    def full(_):
        raise OSError(28, f"No space left for {PLANTED}")

    monkeypatch.setattr("helpers.secrets.destinations.os.fsync", full)
    with pytest.raises(DepositError) as caught:
        Deposit(f"file:{tmp_path / 'x'}", nobody).put(value)
    assert PLANTED not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_taken_away_again(tmp_path, value):
    place = Deposit(f"file:{tmp_path / 'x'}", nobody)
    place.put(value)
    assert "was not set, and was removed from there" in place.take_back()
    assert list(tmp_path.iterdir()) == []


# --- the other places ---


def test_an_entry_of_the_keyring_is_new_and_is_taken_away_again(keyring, value):
    place = Deposit("keyring:mail/accounts/diego", nobody)
    place.put(value)
    assert keyring == {("mail/accounts", "diego"): PLANTED}
    with pytest.raises(DepositError, match="there is an entry already"):
        place.put(value)
    assert "was removed from there" in place.take_back()
    assert keyring == {}


def test_what_a_keyring_will_not_give_back_is_told(keyring, value):
    assert (
        "could not be removed (KeyError): remove it."
        in Deposit("keyring:mail/diego", nobody).take_back()
    )


def test_without_the_keyring_package_the_message_says_how_to_get_it(monkeypatch, value):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(DepositError, match=r"pip install 'cognito-reset-runbooks\[keyring\]'"):
        Deposit("keyring:mail/diego", nobody).put(value)


@pytest.mark.parametrize(
    ("reference", "service", "asked", "told"),
    [
        (
            "secretsmanager:handover/diego",
            "secretsmanager",
            {"SecretId": "handover/diego", "SecretString": PLANTED},
            "is AWSPREVIOUS",
        ),
        (
            "ssm:/handover/diego",
            "ssm",
            {
                "Name": "/handover/diego",
                "Value": PLANTED,
                "Type": "SecureString",
                "Overwrite": False,
            },
            "delete that parameter",
        ),
    ],
    ids=["secrets-manager", "parameter-store"],
)
def test_aws_keeps_it_and_what_is_not_in_force_is_said(reference, service, asked, told, value):
    store = Service()
    place = Deposit(reference, {service: store}.__getitem__)
    place.put(value)
    assert store.asked == [asked]
    assert told in place.take_back()
    assert store.asked == [asked]


@pytest.mark.parametrize("reference", ["secretsmanager:one", "ssm:/one"])
def test_a_store_that_refuses_is_named_by_its_error_and_nothing_of_its_message(reference, value):
    with pytest.raises(
        DepositError, match=r"could not be written \(AccessDeniedException\)"
    ) as caught:
        Deposit(reference, lambda service: Service("AccessDeniedException")).put(value)
    assert PLANTED not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_store_that_never_answered_may_hold_it_and_that_is_said(value):
    def lost(**_):
        raise ReadTimeoutError(endpoint_url="https://secretsmanager.example")

    store = Service()
    store.put_secret_value = lost
    with pytest.raises(
        DepositError, match=r"may lie there all the same; it was not set \(ReadTimeoutError\)"
    ):
        Deposit("secretsmanager:one", lambda service: store).put(value)


def test_what_is_thrown_away_goes_nowhere(value):
    place = Deposit("discard:", nobody)
    place.put(value)
    assert place.take_back() == ""
    assert "thrown away" in place.words()


def test_a_place_keeps_no_secret(tmp_path, value):
    place = Deposit(f"file:{tmp_path / 'x'}", nobody)
    place.put(value)
    assert PLANTED not in repr(vars(place))

"""What a secret is, where it comes from, and how it stays hidden."""

import copy
import json
import logging
import os
import pickle
import sys
import types

import pytest

from helpers.secrets.redaction import hide_in_logs
from helpers.secrets.references import SCHEMES, fault_in, fault_in_value, resolve, shown
from helpers.secrets.secret import Secret, SecretError

PLANTED = 'Planted "päss" \\ & <1>-Zz'


def nobody(*_):
    raise AssertionError("this should not have been asked")


def get(reference, **sources):
    return resolve(
        reference,
        label="new password",
        **({"ask": nobody, "mailbox": nobody, "aws": nobody} | sources),
    )


# --- the type ---


@pytest.mark.parametrize(
    "shape", [repr, str, "{}".format, "{:>40}".format, "%s".__mod__, lambda s: repr([s, {"a": s}])]
)
def test_no_way_of_writing_a_secret_shows_it(shape):
    text = shape(Secret(PLANTED, "new password"))
    assert "[hidden: new password]" in text
    assert "Planted" not in text


@pytest.mark.parametrize("store", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_cannot_be_stored_or_copied(store):
    with pytest.raises(TypeError) as caught:
        store(Secret(PLANTED))
    assert "Planted" not in str(caught.value)


def test_a_secret_is_compared_by_value_and_has_no_hash():
    assert Secret("same-value") == Secret("same-value")
    assert Secret("same-value") != Secret("other-value")
    assert Secret("same-value") != "same-value"
    with pytest.raises(TypeError):
        hash(Secret("012345"))


def test_revealing_is_the_one_way_to_the_value():
    assert Secret(PLANTED).reveal() == PLANTED


# --- references ---


def test_env_reads_an_environment_variable(monkeypatch):
    monkeypatch.setenv("A_CODE", "012345")
    assert get("env:A_CODE").reveal() == "012345"


def test_file_reads_a_file_without_its_last_line_end(tmp_path):
    path = tmp_path / "secret"
    path.write_text("  keep spaces \n")
    path.chmod(0o600)
    assert fault_in(f"file:{path}", sandbox=False, person=False) is None
    assert get(f"file:{path}").reveal() == "  keep spaces "


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"one\n", "one"),
        (b"one\r\n", "one"),
        (b"one\n\n", "one\n"),
        (b"one\ntwo\n", "one\ntwo"),
        (b"\xc3\xa4", "ä"),
    ],
)
def test_file_reads_all_of_a_file_but_one_line_end_as_its_help_says(content, value, tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_bytes(content)
    assert get(f"file:{path}").reveal() == value
    assert "without its last line end" in SCHEMES["file"]


def unusable_files(folder):
    (folder / "binary").write_bytes(b"\xff\xfe\x00")
    (folder / "large").write_bytes(b"x" * 70_000)
    for path in folder.iterdir():
        path.chmod(0o600)
    os.mkfifo(folder / "pipe", 0o600)
    return {
        "~nobody-at-all/x": "cannot be used",
        "a" * 300: "cannot be used",
        "a\0b": "cannot be used",
        str(folder): "leads to a folder",
        str(folder / "pipe"): "leads to a pipe or a device",
        "/dev/stdin": "leads to",
        "/dev/zero": "leads to a pipe or a device",
        str(folder / "large"): "more than 65,536 bytes",
        str(folder / "nothing"): "there is no file",
        str(folder / "binary" / "x"): "cannot be used",
    }


def test_a_file_that_holds_no_secret_is_refused_in_words_and_never_waited_for(tmp_path):
    for path, words in unusable_files(tmp_path).items():
        fault = fault_in(f"file:{path}", sandbox=False, person=False)
        assert words in fault, path
        assert fault.endswith(".")
        with pytest.raises(SecretError) as caught:
            get(f"file:{path}")
        assert str(caught.value) == fault


def test_a_binary_file_is_no_secret(tmp_path):
    unusable_files(tmp_path)
    with pytest.raises(SecretError, match="is no text in UTF-8"):
        get(f"file:{tmp_path}/binary")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("one\ntwo", "holds a line end"),
        ("Password-1\r", "holds a line end"),
        ("abc", "fewer than 4 characters"),
        ("abc\udcffdef", "holds a character that is none"),
        ("Password-1", None),
    ],
)
def test_what_can_be_no_password_is_refused_in_words_that_do_not_hold_it(value, words):
    fault = fault_in_value(Secret(value))
    assert fault == words or words in fault
    assert value not in str(fault)


def test_line_ends_around_a_pasted_code_do_not_matter():
    assert fault_in_value(Secret("123456\r\n"), pasted=True) is None
    assert "line end" in fault_in_value(Secret("123\n456"), pasted=True)


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path, mode):
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(mode)
    assert "chmod 600" in fault_in(f"file:{path}", sandbox=False, person=False)


def test_prompt_asks_a_person_and_needs_one():
    assert (
        get(
            "prompt:", ask=lambda question: "typed" if question == "new password: " else ""
        ).reveal()
        == "typed"
    )
    assert fault_in("prompt:", sandbox=True, person=True) is None
    assert "needs a person" in fault_in("prompt:", sandbox=True, person=False)


def test_keyring_asks_the_systems_keyring(monkeypatch):
    fake = types.SimpleNamespace(get_password=lambda service, user: f"{service}|{user}")
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert get("keyring:my/service/diego").reveal() == "my/service|diego"


def test_without_the_keyring_package_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match=r"pip install 'cognito-reset-runbooks\[keyring\]'"):
        get("keyring:a/b")


def test_secrets_manager_reads_a_secret_or_one_key_of_it():
    class Manager:
        def get_secret_value(self, SecretId):
            return {
                "SecretString": {"plain": "p1", "json": json.dumps({"password": "p2"})}[SecretId]
            }

    assert get("secretsmanager:plain", aws=lambda service: Manager()).reveal() == "p1"
    assert get("secretsmanager:json#password", aws=lambda service: Manager()).reveal() == "p2"


def test_ssm_reads_a_decrypted_parameter():
    class Ssm:
        def get_parameter(self, Name, WithDecryption):
            assert WithDecryption
            return {"Parameter": {"Value": f"value of {Name}"}}

    assert get("ssm:/a/b", aws=lambda service: Ssm()).reveal() == "value of /a/b"


def test_mailbox_and_literal_are_for_the_sandbox_alone():
    assert get("mailbox:", mailbox=lambda: "123456").reveal() == "123456"
    assert get("literal:a:b").reveal() == "a:b"
    for reference in ("mailbox:", "literal:x"):
        assert fault_in(reference, sandbox=True, person=False) is None
        assert "works in the sandbox only" in fault_in(reference, sandbox=False, person=False)


def test_a_store_that_fails_is_named_by_its_error_class_and_quotes_nothing():
    def broken(service):
        raise ValueError(PLANTED)

    with pytest.raises(SecretError) as caught:
        get("ssm:/a", aws=broken)
    assert str(caught.value) == "ssm: could not be read (ValueError)."
    assert caught.value.__suppress_context__


def test_a_reference_with_nothing_behind_it_is_an_error(monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    assert "not set" in fault_in("env:NOT_SET", sandbox=True, person=False)
    with pytest.raises(SecretError, match="nothing behind this env: reference"):
        get("env:NOT_SET")


@pytest.mark.parametrize("value", ["012345", PLANTED, "Env:NAME", "https://x", "a:b"])
def test_a_secret_given_by_value_is_refused_and_never_echoed(value):
    words = fault_in(value, sandbox=True, person=True)
    assert words.startswith("not a reference")
    assert value not in words


def test_a_misspelt_scheme_gets_a_did_you_mean():
    assert "Did you mean secretsmanager:?" in fault_in("secretmanager:x", sandbox=True, person=True)


@pytest.mark.parametrize("scheme", [s for s in SCHEMES if s not in ("prompt", "mailbox")])
def test_a_scheme_with_nothing_after_the_colon_is_refused(scheme):
    assert fault_in(f"{scheme}:", sandbox=True, person=True)


def test_what_may_be_shown_of_a_reference_is_all_but_a_literals_value():
    assert shown("env:NAME") == "env:NAME"
    assert shown("literal:abcdef") == "literal:[hidden]"
    assert shown("abcdef") == "[hidden]"


# --- logs ---


def test_a_log_record_is_redacted_as_soon_as_there_is_a_secret(caplog):
    logging.getLogger("anything").warning("the value %s", Secret("Log-planted-0").reveal())
    assert caplog.messages == ["the value [hidden]"]


@pytest.fixture
def log(caplog):
    hide_in_logs()
    hide_in_logs()
    caplog.set_level(logging.DEBUG)
    return caplog


def test_a_secret_in_a_log_record_is_hidden_from_every_handler(log):
    secret = Secret("Log-planted-1")
    logging.getLogger("anything").warning(
        "value %s and %r", secret.reveal(), {"a": secret.reveal()}
    )
    assert "Log-planted-1" not in log.text
    assert "[hidden]" in log.text


def test_a_secret_in_a_logged_exception_is_hidden(log):
    value = Secret("Log-planted-2").reveal()
    try:
        raise ValueError(value)
    except ValueError:
        logging.getLogger("anything").exception("failed")
    assert "ValueError: [hidden]" in log.text
    assert "Log-planted-2" not in log.text


def test_tokens_that_nobody_registered_are_hidden_in_botocores_log(log):
    body = json.dumps(
        {"AuthenticationResult": {"AccessToken": "abc.def", "IdToken": 'x"y', "RefreshToken": "r"}}
    )
    logging.getLogger("botocore.parsers").debug("Response body:\n%s", body.encode())
    logging.getLogger("botocore.parsers").debug("Response body:\n%s", body)
    assert "abc.def" not in log.text
    assert 'x"y' not in log.text
    assert log.text.count('"AccessToken": "[hidden]"') == 2


def test_a_log_record_without_a_secret_is_left_as_it_is(log):
    logging.getLogger("anything").info("hello %s", "world")
    assert log.records[0].args == ("world",)

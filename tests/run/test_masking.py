"""What a notebook in which a person works may keep of who the user is and what was said."""

import pytest

from helpers.cognito import reads
from helpers.cognito.errors import BadParameters
from helpers.display.card import Card
from helpers.run.masking import (
    mask_html,
    mask_record,
    output_masker,
    username_as,
    username_masker,
)
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.schemas import DiagnoseUserParameters, SetPasswordParameters

NAME = "maria@example.com"


@pytest.fixture(autouse=True)
def nobody_read(monkeypatch):
    monkeypatch.setattr(reads, "names", set())


@pytest.fixture
def way(monkeypatch):
    return lambda how: monkeypatch.setenv("COGNITO_RESET_USERNAME_AS", how)


def masked(text, model=DiagnoseUserParameters, **values):
    return output_masker(model, {"username": NAME, **values})(text)


def test_the_username_is_masked_by_default_and_in_clear_where_that_is_asked_for(way):
    assert masked(f"Done: {NAME}.") == "Done: m***@e***."
    way("")
    assert masked(f"Done: {NAME}.") == "Done: m***@e***."
    way("clear")
    assert masked(f"Done: {NAME}, {'cat'}.", symptom="cat") == f"Done: {NAME}, cat."


def test_a_pool_may_say_that_usernames_stand_in_clear(way, tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    path.write_text(
        '[open]\nuser_pool_id = "us-east-1_x"\n[open.asks]\nshow_usernames = true\n'
        '[shut]\nuser_pool_id = "us-east-1_x"\n'
    )
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))
    entry = RUNBOOKS["admin-reset"]

    def kept(pool, how=""):
        values = {"pool": pool, "username": NAME}
        return username_masker(entry, values, how, tmp_path)(NAME)

    assert (masked(NAME, pool="open"), kept("open")) == (NAME, NAME)
    assert (masked(NAME, pool="shut"), kept("shut")) == ("m***@e***", "m***@e***")
    assert kept("open", "masked") == "m***@e***", "somebody has chosen"
    way("masked")
    assert masked(NAME, pool="open") == "m***@e***"


def test_hashed_equal_users_stay_equal_and_different_ones_different(way):
    way("hashed")
    first, second = masked(NAME), masked("mario@example.com", username="mario@example.com")
    assert first.startswith("hmac-sha256:")
    assert masked(NAME) == first != second


def test_hashed_with_a_journal_it_is_the_journals_hash(way, tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_RESET_RUNS", str(tmp_path))
    way("hashed")
    first = masked(NAME)
    tmp_path.joinpath(".username-key").unlink()
    assert masked(NAME) != first


def test_every_name_and_contact_of_a_user_who_was_read_is_masked_too(sandbox):
    from helpers.target import Target

    user = reads.look_up(
        Target().client(signed=True),
        user_pool_id="us-east-1_Sandbox01",
        username="diego@example.com",
    )
    assert user.username in reads.names
    assert masked(f"{user.username} and diego@example.com") == "d***@e*** and d***@e***"


def test_what_was_said_is_not_kept_and_a_default_is(way):
    said = "my cat did it"
    for how in ("masked", "hashed"):
        way(how)
        assert masked(f"You said: {said}.", symptom=said) == "You said: [not kept]."
    assert masked("Agreed by Ana", SetPasswordParameters, agreed_by="Ana") == "Agreed by [not kept]"
    assert masked("", SetPasswordParameters, agreed_by="") == ""


def test_a_name_is_masked_as_a_whole_word():
    assert masked("sam has the same", username="sam") == "s*** has the same"
    assert masked("nothing to mask", username="") == "nothing to mask"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("o'neil", "<b>o&#x27;neil</b>", "<b>o***</b>"),
        ("table", "<table><td>table</td></table>", "<table><td>t***</td></table>"),
    ],
)
def test_in_html_the_text_alone_is_masked(name, before, after):
    mask = output_masker(DiagnoseUserParameters, {"username": name})
    assert mask_html(before, mask) == after


def test_in_a_record_words_of_the_format_stay_and_what_was_said_goes_however_it_is_written():
    said = 'she said "no"\\never'
    mask = output_masker(DiagnoseUserParameters, {"username": "confirmed", "symptom": said})
    record = {"outcome": "confirmed", "parameters": {"username": "confirmed", "symptom": said}}
    assert mask_record(record, mask) == {
        "outcome": "confirmed",
        "parameters": {"username": "c***", "symptom": "[not kept]"},
    }


def test_a_card_is_masked_in_all_it_says_and_keeps_its_labels():
    card = Card(f"Done: {NAME}", (("User", NAME),), ((NAME, NAME, NAME),))
    assert NAME not in repr(card.map(masked)) + card.map(masked)._repr_markdown_()
    assert "User" in repr(card.map(masked))


@pytest.mark.parametrize("how", ["plain", "CLEAR", " masked"])
def test_another_way_is_refused_in_a_sentence(how, way):
    way(how)
    with pytest.raises(
        BadParameters, match=r"COGNITO_RESET_USERNAME_AS: must be clear, masked or hashed, and is"
    ):
        username_as()

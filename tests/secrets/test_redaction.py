"""Redaction: no secret survives, in any encoding; and nothing but texts is changed."""

import ast
import base64
import csv
import html
import io
import json
import pprint
import re
import shlex
import shutil
import subprocess
import textwrap
import unicodedata
from functools import cache
from urllib.parse import quote, quote_plus

import markupsafe
import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from helpers.secrets import redaction
from helpers.secrets.redaction import Redactor, redact, redact_values
from helpers.secrets.secret import Secret
from helpers.secrets.spellings import Spellings, Way

PLANTED = "Planted \"päss\" \\ & <1>-'Zz'"


def lower_hex(text):
    return re.sub("%..", lambda match: match[0].lower(), quote(text, safe=""))


def numeric(text):
    return "".join(f"&#{ord(character)};" for character in text)


def numeric_hex(text):
    return "".join(f"&#x{ord(character):X};" for character in text)


def printf_q(text):
    done = subprocess.run(["bash", "-c", 'printf %q "$1"', "-", text], capture_output=True)
    return done.stdout.decode()


def as_csv(text):
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerow([text])
    return file.getvalue()


def deep(encode, times):
    def encoded(text):
        for _ in range(times):
            text = encode(text)
        return text

    return encoded


def pretty(data):
    return pprint.pformat(data, width=48)  # which is 24 and more between the quotes


def wrapped(text):
    return textwrap.fill(text, width=24, break_on_hyphens=False)


SPELLINGS = {
    "plain": lambda v: v,
    "nfc": lambda v: unicodedata.normalize("NFC", v),
    "nfd": lambda v: unicodedata.normalize("NFD", v),
    # JSON
    "json": lambda v: json.dumps({"Password": v}),
    "json-utf8": lambda v: json.dumps({"Password": v}, ensure_ascii=False),
    "json-two-deep": deep(json.dumps, 2),
    "json-three-deep": deep(json.dumps, 3),
    "json-utf8-three-deep": deep(lambda v: json.dumps(v, ensure_ascii=False), 3),
    "json-of-nfd": lambda v: json.dumps(unicodedata.normalize("NFD", v)),
    # Python
    "repr": repr,
    "repr-of-bytes": lambda v: repr(v.encode()),
    "repr-of-json-bytes": lambda v: repr(json.dumps({"Password": v}).encode()),
    "repr-of-dict": lambda v: repr({"Password": v}),
    "repr-of-repr": deep(repr, 2),
    "ascii": ascii,
    "unicode-escape": lambda v: v.encode("unicode_escape").decode(),
    "pprint": lambda v: pretty([v]),
    "pprint-of-bytes": lambda v: pretty(v.encode()),
    "textwrap": wrapped,
    "textwrap-in-json": lambda v: json.dumps(wrapped(v)),
    # URLs
    "url": quote,
    "url-form": quote_plus,
    "url-strict": lambda v: quote(v, safe=""),
    "encodeURIComponent": lambda v: quote(v, safe="!'()*"),
    "url-lower-hex": lower_hex,
    "url-twice": deep(lambda v: quote(v, safe=""), 2),
    "url-form-twice": deep(quote_plus, 2),
    "url-in-json": lambda v: json.dumps(quote(v)),
    "json-in-url": lambda v: quote(json.dumps(v)),
    # HTML
    "html": html.escape,
    "html-without-quotes": lambda v: html.escape(v, quote=False),
    "markupsafe": lambda v: str(markupsafe.escape(v)),
    "html-twice": deep(html.escape, 2),
    "html-numeric": numeric,
    "html-numeric-hex": numeric_hex,
    "html-numeric-twice": lambda v: html.escape(numeric(v)),
    "xml": lambda v: html.escape(v).replace("&#x27;", "&apos;"),
    "html-ascii": lambda v: v.encode("ascii", "xmlcharrefreplace").decode(),
    "html-in-json": lambda v: json.dumps(html.escape(v)),
    # shell, CSV, SQL, YAML
    "shlex": shlex.quote,
    "shlex-in-json": lambda v: json.dumps(shlex.quote(v)),
    "csv": as_csv,
    "sql": lambda v: "'" + v.replace("'", "''") + "'",
    "yaml": lambda v: yaml.dump({"Password": v}, width=1000),
    "yaml-unicode": lambda v: yaml.dump({"Password": v}, allow_unicode=True, width=1000),
    "yaml-single": lambda v: yaml.dump(v, default_style="'", width=1000),
    "yaml-double": lambda v: yaml.dump(v, default_style='"', width=30),
    # bytes
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64-url": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64-in-url": lambda v: quote(base64.b64encode(v.encode()).decode(), safe=""),
    "base64-inside-1": lambda v: base64.b64encode(f"u{v}".encode()).decode(),
    "base64-inside-2": lambda v: base64.b64encode(f"us:{v}:x".encode()).decode(),
    "base64-inside-3": lambda v: base64.b64encode(f"use:{v}".encode()).decode(),
    "base64-mime": lambda v: base64.encodebytes((50 * "x" + v).encode()).decode(),
    "base64-mime-in-json": lambda v: json.dumps(
        base64.encodebytes((50 * "x" + v).encode()).decode()
    ),
    "base64-utf16": lambda v: base64.b64encode(v.encode("utf-16")).decode(),
    "base64-utf16-le": lambda v: base64.b64encode(v.encode("utf-16-le")).decode(),
    "base64-utf16-be": lambda v: base64.b64encode(v.encode("utf-16-be")).decode(),
    "repr-utf16": lambda v: repr(v.encode("utf-16-le")),
    "hex": lambda v: v.encode().hex(),
    "hex-upper": lambda v: v.encode().hex().upper(),
    "hex-colons": lambda v: v.encode().hex(":"),
    "hex-upper-spaces": lambda v: v.encode().hex(" ").upper(),
}


@cache
def knowing(value):
    redactor = Redactor()
    redactor.add(value)
    return redactor


def left_of(value, text):
    """Return what is left of a value in a text: the longest piece of four letters or digits."""
    words = re.findall("[A-Za-z0-9]{4,}", value)
    return [word for word in words if word in text]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(
    "value", [PLANTED, unicodedata.normalize("NFD", PLANTED), "584708", "Pässwörter-😀-1"]
)
def test_a_secret_is_taken_out_of_text_in_every_spelling(spelling, value):
    redactor = knowing(value)
    text = spelling(value)
    clean = redactor(f"before {text} after")
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "[hidden]" in clean
    assert not left_of(value, clean)
    # Besides quotes, what is left is the frame of the encoding and, of base64, the outer characters.
    assert len(clean) < len("before [hidden] after") + 80
    assert redactor.finds_in_json(json.dumps({"text": text}, ensure_ascii=False))


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("value", [PLANTED, "tab\there-Zz", "line\nend-Zz", "a'b\"c$d`e-Zz"])
def test_printf_q_of_the_shell_hides_nothing(value):
    redactor = Redactor()
    redactor.add(value)
    assert re.fullmatch(r"<\$?'?\[hidden\]'?>", redactor(f"<{printf_q(value)}>"))


SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=20)
WORDS = st.text("abcXYZ0189'\"\\ &<>%+/=!()*$`äöé\n\t", min_size=8, max_size=24)


@example("00000'00", "repr-of-json-bytes")
@example('""abcd""', "json-three-deep")
@example("00000001\t\t8", "textwrap")
@given(st.one_of(SECRETS, WORDS), st.sampled_from(sorted(SPELLINGS)))
def test_no_secret_survives_in_any_spelling(value, name):
    assume(len(set(value)) > 3 and value not in "[hidden]" and value == value.strip())
    redactor = Redactor()
    redactor.add(value)
    text = SPELLINGS[name](value)
    clean = redactor(f"<<{text}>>")
    assert "[hidden]" in clean
    assert text == "[hidden]" or text not in clean
    if not name.startswith("base64"):
        middle = clean.replace("Password", "").strip("<>")
        assert len(middle) <= len("[hidden]") + 40


@given(st.one_of(SECRETS, WORDS), st.integers(0, 3))
def test_json_that_holds_a_secret_is_json_afterwards(value, more):
    assume(value not in "[hidden]")
    redactor = Redactor()
    redactor.add(value)
    text = json.dumps(["a" * more, value, {"b": value}], ensure_ascii=more % 2 == 0)
    left = json.loads(redactor(text))
    assert value not in left


@pytest.mark.parametrize(
    "text",
    [
        "nothing to see, 58 47 08",
        "5847 and 08",
        "the request id 58470f-8",
        '{"code": "58470"}',
        "&#53;8470",
        base64.b64encode(b"something else").decode(),
    ],
)
def test_text_without_a_secret_is_left_as_it_is(text):
    redactor = Redactor()
    redactor.add("584708")
    assert redactor(text) == text


def test_a_text_without_a_secret_is_searched_for_a_few_pieces_and_by_no_pattern(monkeypatch):
    def made(self):
        raise AssertionError("a pattern was made")

    redactor = Redactor()
    values = ["584708", "Practice-makes-perfect-1", PLANTED, "A" * 20 + "b" * 200]
    for value in values:
        redactor.add(value)
        assert sum(len(way.pieces) for way in Spellings(value).ways) <= 36
    monkeypatch.setattr(Way, "pattern", property(made))
    text = json.dumps(
        {"outputs": ["An ordinary text of 2026-11-25, it's &quot;long&quot;.\n"] * 500}
    )
    assert redactor(text) == text
    assert not redactor.finds_in_json(text)


def test_a_word_of_a_secret_costs_the_pattern_of_texts_alone():
    """Which is made in 2 ms; that of base64 takes three times as long."""
    redactor = Redactor()
    redactor.add("A-new-password-1")
    assert redactor("new_password") == "new_password"
    [spellings] = redactor._longest_first
    assert ["pattern" in vars(way) for way in spellings.ways] == [True, False, False]


def test_no_text_takes_long_however_it_is_made(monkeypatch):
    redactor = Redactor()
    redactor.add("Pa\"ss' wo\\rd-1")
    for part in ("\\", "\n", "'", " ", "P\\", "Pa'\n", "Pa\\\\n "):
        redactor("Pa" + part * 20_000 + " wo rd-1 584708")


def test_of_two_secrets_of_which_one_holds_the_other_nothing_is_left():
    redactor = Redactor()
    redactor.add("abcd")
    redactor.add("abcd-efgh")
    assert redactor("<abcd-efgh> <abcd>") == "<[hidden]> <[hidden]>"


@pytest.mark.parametrize("value", ["", "a", "123"])
def test_a_value_that_is_too_short_takes_no_harmless_text_with_it(value):
    redactor = Redactor()
    assert not redactor.add(value)
    assert redactor("a 123") == "a 123"


def test_a_value_with_half_a_character_breaks_nothing():
    redactor = Redactor()
    redactor.add("abcd\udcffefgh")
    assert redactor("<abcd\udcffefgh>") == "<[hidden]>"
    assert Secret("abcd\udcff") == Secret("abcd\udcff")


def test_what_cannot_be_promised_is_said():
    for words in ("shorter than SHORTEST", "coloured word by word", "split over two streams"):
        assert words in re.sub(r"\s+", " ", redaction.__doc__)


@pytest.mark.parametrize("name", ["plain", "json", "repr", "url", "html", "base64", "hex"])
def test_an_end_that_may_be_the_beginning_of_a_secret_is_held_back(name):
    text = SPELLINGS[name](PLANTED)
    redactor = knowing(PLANTED)
    held = redactor.hold_back(f"text {text[: len(text) // 2]}")
    assert held.startswith("text ")
    assert len(held) <= len('text {"Password": "')
    assert redactor.hold_back("nothing of it here") == "nothing of it here"


# --- texts, never structure ---

FORMAT_WORDS = ["confirmed", "completed", "outcome", "schema_version", "application", "cells"]


@pytest.mark.parametrize("word", FORMAT_WORDS)
def test_only_texts_are_redacted_and_never_names_nor_what_is_kept(word):
    Secret(word)
    data = {
        "outcome": "confirmed",
        "schema_version": 1,
        "texts": [f"the word {word}", {word: word, "state": "completed"}],
        "cells": [{"type": "application"}],
    }
    keep = {("outcome",), ("*", "*", "state"), ("cells", "*", "type")}
    assert redact_values(data, keep=keep) == {
        "outcome": "confirmed",
        "schema_version": 1,
        "texts": ["the word [hidden]", {word: "[hidden]", "state": "completed"}],
        "cells": [{"type": "application"}],
    }


def test_the_kinds_of_data_stay_what_they_are():
    class Node(dict):
        pass

    Secret("Planted-1")
    clean = redact_values(Node(a=(Node(b="Planted-1"), 1, None, True, 1.5)))
    assert type(clean) is Node
    assert type(clean["a"][0]) is Node
    assert clean == {"a": [{"b": "[hidden]"}, 1, None, True, 1.5]}


def test_any_function_of_a_text_will_do():
    assert redact_values({"a": "b"}, redactor=str.upper) == {"a": "B"}


def test_a_literal_of_python_with_a_secret_is_a_literal_afterwards():
    Secret(PLANTED)
    assert ast.literal_eval(redact(repr([PLANTED, "x"]))) == ["[hidden]", "x"]

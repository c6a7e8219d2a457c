"""Which rules a password breaks, in Cognito's own words and counting."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.cognito.policy import PasswordPolicy, is_well_formed

DEFAULT = PasswordPolicy()


@pytest.mark.parametrize(
    ("password", "first_text"),
    [
        pytest.param("Ab1-xyz", "Password not long enough", id="seven-characters"),
        pytest.param("abcdef1-", "Password must have uppercase characters", id="no-upper-case"),
        pytest.param("ABCDEF1-", "Password must have lowercase characters", id="no-lower-case"),
        pytest.param("Abcdefg-", "Password must have numeric characters", id="no-digit"),
        pytest.param("Abcdefg1", "Password must have symbol characters", id="no-symbol"),
    ],
)
def test_each_rule_has_cognitos_own_text(password, first_text):
    assert [rule.text for rule in DEFAULT.violations(password)] == [first_text]


def test_all_broken_rules_are_named_at_once_length_first():
    assert [rule.name for rule in DEFAULT.violations("")] == [
        "length",
        "uppercase",
        "lowercase",
        "numbers",
        "symbols",
    ]


@pytest.mark.parametrize("symbol", string.punctuation)
def test_each_of_the_32_ascii_punctuation_marks_is_a_symbol(symbol):
    assert not DEFAULT.violations(f"Abcdefg1{symbol}")


def test_a_space_inside_counts_as_a_symbol():
    assert not DEFAULT.violations("Abcd efg1")


@pytest.mark.parametrize("password", [" Abcdefg1", "Abcdefg1 "], ids=["leading", "trailing"])
def test_a_space_at_an_end_counts_as_none_and_no_pool_takes_it(password):
    assert [rule.name for rule in DEFAULT.violations(password)] == ["symbols"]
    assert not is_well_formed(password)


def test_other_letters_are_allowed_but_fulfil_no_rule():
    assert {rule.name for rule in DEFAULT.violations("éÉßÄ٣٣٣€")} == {
        "uppercase",
        "lowercase",
        "numbers",
        "symbols",
    }
    assert is_well_formed("éÉßÄ٣٣٣€")


@pytest.mark.parametrize(("length", "good"), [(1, False), (2, True), (256, True), (257, False)])
def test_a_password_has_2_to_256_characters(length, good):
    assert is_well_formed("a" * length) is good


def test_the_policy_is_read_from_describe_user_pools_answer():
    pool = {
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 12,
                "RequireNumbers": True,
                "PasswordHistorySize": 3,
            }
        }
    }
    policy = PasswordPolicy.from_pool(pool)
    assert [rule.name for rule in policy.rules()] == ["length", "numbers"]
    assert policy.rules()[0].words == "at least 12 characters"
    assert policy.history_size == 3


def test_a_pool_that_shows_no_policy_has_the_default():
    assert PasswordPolicy.from_pool({}) == DEFAULT


@given(st.text(max_size=40))
def test_a_password_breaks_exactly_the_rules_that_do_not_hold(password):
    broken = DEFAULT.violations(password)
    assert all(not rule.is_met(password) for rule in broken)
    assert all(rule.is_met(password) for rule in DEFAULT.rules() if rule not in broken)
    assert ("symbols" not in {r.name for r in broken}) == (
        any(c in string.punctuation for c in password) or " " in password[1:-1]
    )

"""Which passwords are taken, and how a refusal is worded."""

import pytest

from ..world import ANOTHER, EMAIL, PASSWORD, fact

PREFIX = "Password does not conform to policy: "
PATTERN = r"Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
SHAPE = f"1 validation error detected: Value at 'password' failed to satisfy constraint: {PATTERN}"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        pytest.param(
            "Ab1!",
            "Password not long enough",
            id="length",
            marks=fact("Too short: Password not long enough", "reported"),
        ),
        pytest.param(
            "lower-case-1",
            "Password must have uppercase characters",
            id="uppercase",
            marks=fact("No capital: Password must have uppercase characters", "reported"),
        ),
        pytest.param(
            "UPPER-CASE-1",
            "Password must have lowercase characters",
            id="lowercase",
            marks=fact("No small letter: Password must have lowercase characters", "reported"),
        ),
        pytest.param(
            "No-Number-Here",
            "Password must have numeric characters",
            id="numeric",
            marks=fact("No digit: Password must have numeric characters", "reported"),
        ),
        pytest.param(
            "NoSymbol123",
            "Password must have symbol characters",
            id="symbol",
            marks=fact("No symbol: Password must have symbol characters", "reported"),
        ),
        pytest.param(
            "ÄÖÜäöü-123",
            "Password must have uppercase characters",
            id="other letters",
            marks=fact(
                "Letters beyond basic Latin are allowed but count for no rule", "documented"
            ),
        ),
    ],
)
def test_rule(world, password, words):
    world.refuses(
        ("InvalidPasswordException", PREFIX + words), world.confirm, world.code(), password
    )


@fact("One broken rule is reported at a time, length first", "inferred")
def test_one_at_a_time(world):
    world.refuses(
        ("InvalidPasswordException", f"{PREFIX}Password not long enough"),
        world.confirm,
        world.code(),
        "aaa",
    )


@fact("SignUp words it Password did not conform with policy:", "reported")
def test_sign_up_prefix(world):
    world.pool()
    world.refuses(
        (
            "InvalidPasswordException",
            "Password did not conform with policy: Password not long enough",
        ),
        world.api.sign_up,
        ClientId=world.client_id,
        Username="ben",
        Password="Ab1!",
    )


@fact("Each of the 32 ASCII punctuation marks is a symbol", "documented")
def test_symbols(world):
    for symbol in "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-":
        world.set_password(f"Abcdef1{symbol}x")


@fact("A space inside counts as a symbol", "documented")
def test_inner_space(world):
    world.confirm(world.code(), "Two words 12")
    assert world.tokens("Two words 12")


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(
            " Leading-12",
            id="leading",
            marks=fact("A leading space is a constraint failure", "reported"),
        ),
        pytest.param(
            "Trailing-12 ",
            id="trailing",
            marks=fact("A trailing space is a constraint failure", "reported"),
        ),
        pytest.param(
            "", id="empty", marks=fact("An empty password is a constraint failure", "reported")
        ),
        pytest.param(
            "x",
            id="one character",
            marks=fact("One character does not match the pattern either", "inferred"),
        ),
    ],
)
def test_shape(world, password):
    world.refuses(("InvalidParameterException", SHAPE), world.confirm, world.code(), password)


@fact("A constraint failure spends neither an attempt nor the code", "inferred")
def test_shape_is_free(world):
    code = world.code()
    for _ in range(6):
        world.refuses(("InvalidParameterException", SHAPE), world.confirm, code, " x")
    world.confirm(code)


@fact("256 characters are the most", "documented")
def test_longest(world):
    longest = "Aa1!" + "x" * 252
    world.confirm(world.code(), longest)
    assert world.tokens(longest)
    text = (
        "1 validation error detected: Value at 'password' failed to satisfy constraint:"
        " Member must have length less than or equal to 256"
    )
    world.refuses(("InvalidParameterException", text), world.confirm, world.code(), longest + "x")


@fact("The default policy: 8 characters with all four classes", "inferred")
def test_default_policy(world):
    world.pool()
    policy = world.api.describe_user_pool(UserPoolId=world.pool_id)["UserPool"]["Policies"][
        "PasswordPolicy"
    ]
    assert policy["MinimumLength"] == 8
    assert all(
        policy[f"Require{name}"] for name in ("Uppercase", "Lowercase", "Numbers", "Symbols")
    )
    assert policy["TemporaryPasswordValidityDays"] == 7


@fact("A pool's own policy decides, class by class", "documented")
def test_own_policy(world):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 6, "RequireNumbers": True}})
    world.user(confirmed=False)
    world.set_password("abcde1")
    world.refuses(
        ("InvalidPasswordException", f"{PREFIX}Password must have numeric characters"),
        world.set_password,
        "abcdef",
    )


@fact("MinimumLength lies between 6 and 99", "documented")
def test_minimum_length_range(world):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="Member must have value less than or equal to 99"):
        world.pool(Policies={"PasswordPolicy": {"MinimumLength": 100}})


@fact(
    "A known-compromised password: Provided password cannot be used for security reasons.",
    "reported",
)
def test_compromised(world):
    world.sandbox.settings(compromised_passwords=[ANOTHER])
    code = world.code()
    world.refuses(
        ("InvalidPasswordException", "Provided password cannot be used for security reasons."),
        world.confirm,
        code,
        ANOTHER,
    )
    world.confirm(code, "Third-Password-3")


@fact("With PasswordHistorySize an earlier password is refused, the current one too", "documented")
def test_history(world):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    world.user(confirmed=False)
    world.set_password(PASSWORD)
    code = world.code()
    with pytest.raises(world.api.exceptions.PasswordHistoryPolicyViolationException):
        world.confirm(code, PASSWORD)
    world.confirm(code, ANOTHER)
    with pytest.raises(world.api.exceptions.PasswordHistoryPolicyViolationException):
        world.set_password(PASSWORD)
    world.set_password("Third-Password-3")
    world.set_password(PASSWORD)


@fact("Without a history size the old password may be used again", "documented")
def test_no_history(world):
    world.confirm(world.code(), world.password)
    assert world.tokens()


@fact("The history is checked after the policy", "inferred")
def test_history_after_policy(world):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    world.user(confirmed=False)
    world.set_password(PASSWORD)
    world.refuses(
        ("InvalidPasswordException", f"{PREFIX}Password not long enough"),
        world.confirm,
        world.code(),
        "x1",
    )


@fact("The text of PasswordHistoryPolicyViolationException is a setting", "open")
def test_history_text(world):
    world.pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 1}})
    world.user(confirmed=False)
    world.set_password(PASSWORD)
    world.sandbox.settings(history_message="used before")
    world.refuses(
        ("PasswordHistoryPolicyViolationException", "used before"), world.set_password, PASSWORD
    )


@fact("A migrated user's password is not checked against the policy", "documented")
def test_migrated_password(world):
    world.sandbox.on(
        "UserMigration",
        lambda event: (
            event
            | {
                "response": {
                    "userAttributes": {"email": EMAIL, "email_verified": "true"},
                    "finalUserStatus": "CONFIRMED",
                }
            }
        ),
    )
    assert world.sign_in("old", username="legacy")["AuthenticationResult"]
    assert world.sign_in("old", username="legacy")["AuthenticationResult"]

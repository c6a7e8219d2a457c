"""Would this pool accept this password? Asked before Cognito is, in Cognito's own words and
counting.

The rules and texts are those of the user pool's password policy (Amazon Cognito developer guide,
"Passwords, account recovery, and password policies"). Nothing here knows a user, a client or the
network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAXIMUM_LENGTH = 256
PATTERN = r"^[\S]+.*[\S]+$"
"""What the service enforces before any policy: no white space at either end, and so at least two
characters.
"""

# The service's patterns are Java's, where \S excludes ASCII white space alone and the dot excludes
# line ends.
_SHAPE = re.compile(r"[^ \t\n\x0b\f\r]+[^\n\r\u0085\u2028\u2029]*[^ \t\n\x0b\f\r]+")


def is_well_formed(password: str) -> bool:
    """Say whether any pool at all could take this password; use it before a policy is known.

    password: the whole password, as typed. Returns False for white space at either end, for fewer
    than two characters and for more than 256. Source: the pattern and maximum that
    ConfirmForgotPassword's errors quote.
    """
    return len(password) <= MAXIMUM_LENGTH and _SHAPE.fullmatch(password) is not None


@dataclass(frozen=True)
class Rule:
    """One rule of a password policy: Cognito's text when it is broken, and the same for a person
    beforehand.

    pattern: a regular expression that a password holding to the rule contains. It means the same to
    Python's re with DOTALL and to JavaScript's RegExp with flags "us", so that a form ticks rules
    as one types by the same truth.
    """

    name: str
    text: str
    words: str
    pattern: str

    def is_met(self, password: str) -> bool:
        """Say whether this password holds to the rule."""
        return re.search(self.pattern, password, re.DOTALL) is not None


UPPERCASE = Rule(
    "uppercase", "Password must have uppercase characters", "an upper-case letter (A to Z)", "[A-Z]"
)
LOWERCASE = Rule(
    "lowercase", "Password must have lowercase characters", "a lower-case letter (a to z)", "[a-z]"
)
NUMBERS = Rule("numbers", "Password must have numeric characters", "a digit (0 to 9)", "[0-9]")
SYMBOLS = Rule(
    "symbols",
    "Password must have symbol characters",
    "a symbol, such as ! or - (a space inside counts)",
    # The 32 ASCII punctuation marks, or a space with a character on either side: exactly what the
    # guide lists.
    r"[!-/:-@\[-`{-~]|. .",
)


@dataclass(frozen=True)
class PasswordPolicy:
    """A user pool's password policy. Without arguments it is the one that Cognito gives a pool that
    asks for none.

    minimum_length: characters, 6 to 99. require_*: whether one character of that class must be
    there; upper and lower case and digits are the basic Latin ones. history_size: how many earlier
    passwords (0 to 24, 0 is off) may not be used again; it is kept for the reader, since nobody
    outside Cognito can check it.
    """

    minimum_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    history_size: int = 0
    temporary_password_validity_days: int = 7

    @classmethod
    def from_pool(cls, pool: Mapping[str, Any]) -> "PasswordPolicy":
        """Read the policy out of DescribeUserPool's answer (its `UserPool` member).

        A pool that shows no policy has Cognito's default; a single missing requirement is not
        required.
        """
        shown = pool.get("Policies", {}).get("PasswordPolicy")
        if not shown:
            return cls()
        return cls(
            minimum_length=shown.get("MinimumLength", 8),
            require_uppercase=shown.get("RequireUppercase", False),
            require_lowercase=shown.get("RequireLowercase", False),
            require_numbers=shown.get("RequireNumbers", False),
            require_symbols=shown.get("RequireSymbols", False),
            history_size=shown.get("PasswordHistorySize", 0),
            temporary_password_validity_days=shown.get("TemporaryPasswordValidityDays", 7) or 7,
        )

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force, in the order in which Cognito is known to report them: length
        first.
        """
        n = self.minimum_length
        wanted = (
            (
                True,
                Rule("length", "Password not long enough", f"at least {n} characters", f".{{{n}}}"),
            ),
            (self.require_uppercase, UPPERCASE),
            (self.require_lowercase, LOWERCASE),
            (self.require_numbers, NUMBERS),
            (self.require_symbols, SYMBOLS),
        )
        return tuple(rule for required, rule in wanted if required)

    def violations(self, password: str) -> tuple[Rule, ...]:
        """Return every rule that this password breaks, in Cognito's order; empty when the policy
        accepts it.

        Cognito itself reports one at a time; the first here is the one that it would report.
        """
        return tuple(rule for rule in self.rules() if not rule.is_met(password))

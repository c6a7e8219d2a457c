"""Each way for a reset to go wrong, as a story: what leads to it, and which error Cognito answers.

They are entries of one table, played by `helpers.learn.trouble`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from helpers.learn.lesson import Lesson
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME

REQUEST, CONFIRM = "ForgotPassword", "ConfirmForgotPassword"
GOOD = "Good-Enough-2"


class Scenario:
    """A story in the making: a fresh Cognito; for a confirmation the user holds a code."""

    def __init__(self, operation: str, lesson: Lesson) -> None:
        self.lesson, self.box, self.admin = lesson, lesson.box, lesson.quiet
        self.client_id, self.username, self.password = DEFAULT_CLIENT_ID, DEFAULT_USERNAME, GOOD
        if operation == CONFIRM:
            self.ask()
        self.code = lesson.code().reveal() if operation == CONFIRM else ""

    def ask(self) -> object:
        """Have a code sent."""
        return self.admin.forgot_password(ClientId=self.client_id, Username=DEFAULT_USERNAME)

    def wrong_digits(self) -> str:
        """Return six digits that are not the code."""
        return self.code[:5] + str((int(self.code[5]) + 1) % 10)

    def enter(self, password: str = GOOD, code: str = "") -> None:
        """Enter the code with a password, as a try before the one that the story is about."""
        request: Any = {
            "ClientId": self.client_id,
            "Username": DEFAULT_USERNAME,
            "ConfirmationCode": code or self.code,
            "Password": password,
        }
        with suppress(self.admin.exceptions.CodeMismatchException):
            self.admin.confirm_forgot_password(**request)

    def another_client(self, **more: Any) -> None:
        """Go on with another app client of the same pool."""
        made = self.admin.create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID, ClientName="another", **more
        )
        self.client_id = made["UserPoolClient"]["ClientId"]

    def change_pool(self, **more: Any) -> None:
        """Set the pool up differently."""
        self.admin.update_user_pool(
            UserPoolId=DEFAULT_POOL_ID, AutoVerifiedAttributes=["email"], **more
        )

    def attributes(self, **values: str) -> None:
        """Change the user's attributes as an administrator."""
        listed: Any = [{"Name": name, "Value": value} for name, value in values.items()]
        self.admin.admin_update_user_attributes(
            UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME, UserAttributes=listed
        )


@dataclass(frozen=True)
class Case:
    """A way for an operation to fail, in a few words; set_up: what leads to it.

    instead: whether the answer is put in place, since the sandbox knows of no way to it.
    """

    family: str
    operation: str
    error: str
    name: str
    set_up: Callable[[Scenario], object]
    instead: bool = False


def _failing(trigger: str, error: Exception | None = None) -> Callable[[Scenario], object]:
    def fails(event: Any) -> None:
        if error:
            raise error

    return lambda play: play.box.on(trigger, fails)


def _set(**settings: Any) -> Callable[[Scenario], object]:
    return lambda play: play.box.settings(**settings)


def _fault(operation: str, fault: str) -> Callable[[Scenario], object]:
    return lambda play: play.box.fault(operation, fault)


def _many(times: int, act: Callable[[Scenario], object]) -> Callable[[Scenario], object]:
    return lambda play: [act(play) for _ in range(times)]


def _unconfirmed(play: Scenario) -> None:
    play.box.set_status(DEFAULT_USERNAME, "UNCONFIRMED")


def _history(play: Scenario) -> None:
    policy: Any = {"MinimumLength": 8, "PasswordHistorySize": 3}
    play.change_pool(Policies={"PasswordPolicy": policy})
    play.password = DEFAULT_PASSWORD


def _disable(play: Scenario) -> None:
    play.admin.admin_disable_user(UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME)


def _temporary(play: Scenario) -> None:
    play.admin.admin_set_user_password(
        UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME, Password=GOOD, Permanent=False
    )


def _admin_only(play: Scenario) -> None:
    play.change_pool(
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    )


def _name(**values: str) -> Callable[[Scenario], object]:
    return lambda play: vars(play).update(values)


CASES: tuple[Case, ...] = (
    Case(
        "code",
        CONFIRM,
        "CodeMismatchException",
        "a digit is wrong",
        lambda p: vars(p).update(code=p.wrong_digits()),
    ),
    Case(
        "code", CONFIRM, "CodeMismatchException", "the code of an older message", lambda p: p.ask()
    ),
    Case(
        "code",
        CONFIRM,
        "ExpiredCodeException",
        "the code is more than an hour old",
        lambda p: p.box.advance(3601),
    ),
    Case("code", CONFIRM, "ExpiredCodeException", "the code was used already", lambda p: p.enter()),
    Case(
        "code",
        CONFIRM,
        "ExpiredCodeException",
        "the code was asked for through another app client",
        lambda p: p.another_client(),
    ),
    Case(
        "password",
        CONFIRM,
        "InvalidPasswordException",
        "the password breaks a rule",
        _name(password="sunshine"),
    ),
    Case(
        "password",
        CONFIRM,
        "InvalidPasswordException",
        "the password is known from a leak",
        _set(compromised_passwords=[GOOD]),
    ),
    Case(
        "password",
        CONFIRM,
        "PasswordHistoryPolicyViolationException",
        "the password was used before",
        _history,
    ),
    Case(
        "password",
        CONFIRM,
        "InvalidParameterException",
        "a space came along with the password",
        _name(password=GOOD + " "),
    ),
    Case(
        "limit",
        REQUEST,
        "LimitExceededException",
        "the sixth request within an hour",
        _many(5, lambda p: p.ask()),
    ),
    Case(
        "limit",
        CONFIRM,
        "LimitExceededException",
        "the fifth try after one request",
        _many(4, lambda p: p.enter(code=p.wrong_digits())),
    ),
    Case(
        "limit",
        CONFIRM,
        "TooManyFailedAttemptsException",
        "too many wrong codes",
        lambda _: None,
        instead=True,
    ),
    Case(
        "limit",
        REQUEST,
        "LimitExceededException",
        "the account has sent its mails of the day",
        lambda p: [p.box.settings(daily_mail_limit=1), p.ask()],
    ),
    Case(
        "limit",
        REQUEST,
        "TooManyRequestsException",
        "everybody asks at once",
        _fault(REQUEST, "throttle-before-commit"),
    ),
    Case(
        "limit",
        CONFIRM,
        "TooManyRequestsException",
        "everybody confirms at once",
        _fault(CONFIRM, "throttle-before-commit"),
    ),
    Case(
        "user",
        REQUEST,
        "UserNotFoundException",
        "nobody has that name",
        _name(username="deigo@example.com"),
    ),
    Case(
        "user",
        CONFIRM,
        "UserNotFoundException",
        "nobody has that name",
        _name(username="deigo@example.com"),
    ),
    Case(
        "user",
        REQUEST,
        "InvalidParameterException",
        "the address was never verified",
        lambda p: p.attributes(email_verified="false"),
    ),
    Case(
        "user",
        REQUEST,
        "NotAuthorizedException",
        "the user still has a temporary password",
        _temporary,
    ),
    Case(
        "user",
        CONFIRM,
        "UserNotConfirmedException",
        "the user never finished signing up",
        _unconfirmed,
    ),
    Case("user", CONFIRM, "NotAuthorizedException", "the user is disabled", _disable),
    Case(
        "client",
        REQUEST,
        "ResourceNotFoundException",
        "the app client's id is wrong",
        _name(client_id="nosuchclient"),
    ),
    Case(
        "client",
        CONFIRM,
        "ResourceNotFoundException",
        "the app client's id is wrong",
        _name(client_id="nosuchclient"),
    ),
    Case(
        "client",
        REQUEST,
        "NotAuthorizedException",
        "the app client has a secret, and no hash of it was sent",
        lambda p: p.another_client(GenerateSecret=True),
    ),
    Case(
        "client",
        CONFIRM,
        "NotAuthorizedException",
        "the app client has a secret, and no hash of it was sent",
        lambda p: p.another_client(GenerateSecret=True),
    ),
    Case(
        "client",
        REQUEST,
        "NotAuthorizedException",
        "only administrators reset passwords here",
        _admin_only,
    ),
    Case(
        "client",
        REQUEST,
        "OperationNotEnabledException",
        "the region is a replica",
        lambda _: None,
        instead=True,
    ),
    Case(
        "client",
        CONFIRM,
        "OperationNotEnabledException",
        "the region is a replica",
        lambda _: None,
        instead=True,
    ),
    Case(
        "client",
        REQUEST,
        "InvalidParameterException",
        "the name has a space in it",
        _name(username="di ego@example.com"),
    ),
    Case(
        "client",
        REQUEST,
        "ForbiddenException",
        "a firewall is in front of the pool",
        _set(waf_block=True),
    ),
    Case(
        "client",
        CONFIRM,
        "ForbiddenException",
        "a firewall is in front of the pool",
        _set(waf_block=True),
    ),
    Case(
        "sending",
        REQUEST,
        "CodeDeliveryFailureException",
        "the sender was refused",
        _set(delivery_failure="code"),
    ),
    Case(
        "sending",
        REQUEST,
        "InvalidEmailRoleAccessPolicyException",
        "the sender's address is not verified in SES",
        _set(delivery_failure="email-access"),
    ),
    Case(
        "sending",
        REQUEST,
        "InvalidSmsRoleTrustRelationshipException",
        "the SMS role does not trust Cognito",
        _set(delivery_failure="sms-trust"),
    ),
    Case(
        "sending",
        REQUEST,
        "InvalidSmsRoleAccessPolicyException",
        "the SMS role may not publish",
        _set(delivery_failure="sms-access"),
    ),
    Case(
        "trigger",
        REQUEST,
        "UserLambdaValidationException",
        "the trigger that words the message raises an error",
        _failing("CustomMessage", KeyError("template")),
    ),
    Case(
        "trigger",
        REQUEST,
        "UnexpectedLambdaException",
        "the trigger that words the message is too slow",
        _failing("CustomMessage", TimeoutError()),
    ),
    Case(
        "trigger",
        REQUEST,
        "InvalidLambdaResponseException",
        "the trigger that words the message returns nothing",
        _failing("CustomMessage"),
    ),
    Case(
        "trigger",
        CONFIRM,
        "UserLambdaValidationException",
        "the trigger after the confirmation raises an error",
        _failing("PostConfirmation", KeyError("welcome")),
    ),
    Case(
        "trigger",
        CONFIRM,
        "UnexpectedLambdaException",
        "the trigger after the confirmation is too slow",
        _failing("PostConfirmation", TimeoutError()),
    ),
    Case(
        "trigger",
        CONFIRM,
        "InvalidLambdaResponseException",
        "the trigger after the confirmation returns nothing",
        _failing("PostConfirmation"),
    ),
    Case(
        "lost",
        REQUEST,
        "InternalErrorException",
        "the service fails before it did anything",
        _fault(REQUEST, "500-before-commit"),
    ),
    Case(
        "lost",
        CONFIRM,
        "InternalErrorException",
        "the service fails before it did anything",
        _fault(CONFIRM, "500-before-commit"),
    ),
    Case(
        "lost",
        CONFIRM,
        "InternalErrorException",
        "the service fails after it did the work",
        _fault(CONFIRM, "500-after-commit"),
    ),
    Case(
        "lost", CONFIRM, "", "the answer is lost on its way", _fault(CONFIRM, "drop-after-commit")
    ),
)

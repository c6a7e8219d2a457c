"""The hourly limit of a user, the mails of a day, the requests of a second."""

from ..world import EXPIRED, LIMIT, MISMATCH, fact

DAILY_TEXT = (
    "Exceeded daily email limit for the operation or the account. If a higher limit is required,"
    " please configure your user pool to use your own Amazon SES configuration for sending email."
)
BY_SES = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/shop.example",
}
DAILY = ("LimitExceededException", DAILY_TEXT)


@fact("ForgotPassword and ConfirmForgotPassword share one limit of 5 to 20 an hour", "documented")
def test_shared(world):
    world.forgot()
    world.forgot()
    for _ in range(3):
        world.refuses(MISMATCH, world.confirm, world.wrong())
    world.refuses(LIMIT, world.confirm, world.last_code())
    world.refuses(LIMIT, world.forgot)


@fact("An attempt counts whether it succeeds or not", "documented")
def test_success_counts(world):
    world.confirm(world.code())
    world.refuses(EXPIRED, world.confirm, "123456")
    world.forgot()
    world.refuses(MISMATCH, world.confirm, world.wrong())
    world.refuses(LIMIT, world.forgot)


@fact("A refused password spends an attempt", "documented")
def test_policy_failures_count(world):
    code = world.code()
    for _ in range(4):
        world.refuses(
            (
                "InvalidPasswordException",
                "Password does not conform to policy: Password not long enough",
            ),
            world.confirm,
            code,
            "Ab1!",
        )
    world.refuses(LIMIT, world.confirm, code)


@fact("The hour rolls: an attempt is free again an hour after it was made", "open")
def test_rolling(world):
    for _ in range(5):
        world.forgot()
        world.sandbox.advance(600)
    world.refuses(LIMIT, world.forgot)
    world.sandbox.advance(600)
    world.forgot()
    world.refuses(LIMIT, world.forgot)


@fact("The setting limit_window: attempts count by the hours of the clock", "open")
def test_fixed(world):
    world.sandbox.settings(limit_window="fixed")
    world.sandbox.advance(3000)
    for _ in range(5):
        world.forgot()
    world.refuses(LIMIT, world.forgot)
    world.sandbox.advance(600)
    world.forgot()


@fact("A try that the limit refuses does not prolong the wait", "open")
def test_refused_tries_are_free(world):
    for _ in range(5):
        world.forgot()
    world.sandbox.advance(3000)
    world.refuses(LIMIT, world.forgot)
    world.sandbox.advance(600)
    assert world.forgot()


@fact("The code survives the limit", "open")
def test_code_survives(world):
    world.sandbox.settings(reset_attempts=20)
    code = world.code()
    world.sandbox.advance(1800)
    world.sandbox.settings(reset_attempts=5)
    for _ in range(4):
        world.refuses(MISMATCH, world.confirm, world.wrong())
    world.refuses(LIMIT, world.confirm, code)
    world.sandbox.settings(reset_attempts=20)
    world.confirm(code)


@fact("The setting limit_kills_code: the limit ends the code", "open")
def test_code_dies_by_setting(world):
    world.sandbox.settings(limit_kills_code=True)
    code = world.code()
    for _ in range(4):
        world.refuses(MISMATCH, world.confirm, world.wrong())
    world.sandbox.advance(1)
    world.refuses(LIMIT, world.confirm, code)
    world.sandbox.settings(reset_attempts=20)
    world.refuses(EXPIRED, world.confirm, code)
    world.confirm(world.code())


@fact("The limit may lie anywhere from 5 to 20", "documented")
def test_configurable(world):
    world.sandbox.settings(reset_attempts=20)
    for _ in range(20):
        world.forgot()
    world.refuses(LIMIT, world.forgot)


@fact("The limit is a user's own", "documented")
def test_per_user(world):
    for _ in range(5):
        world.forgot()
    world.pool()
    world.user()
    assert world.forgot()


@fact("The 51st mail of a day from the default sender: Exceeded daily email limit", "reported")
def test_daily_mails(world):
    world.sandbox.settings(daily_mail_limit=2)
    world.forgot()
    world.forgot()
    world.refuses(DAILY, world.forgot)


@fact("The mails of a day are counted from zero again at 09:00 UTC", "documented")
def test_daily_mails_renewal(world):
    world.sandbox.settings(daily_mail_limit=1)
    world.sandbox.advance(23 * 3600 + 3599)
    world.forgot()
    world.refuses(DAILY, world.forgot)
    world.sandbox.advance(1)
    world.forgot()


@fact("A pool that sends by Amazon SES has no part in the mails of a day", "documented")
def test_daily_mails_by_ses(world):
    world.pool(EmailConfiguration=BY_SES)
    world.user(email="ana@shop.example")
    world.sandbox.settings(daily_mail_limit=1)
    for _ in range(3):
        world.forgot()
    assert len(world.sandbox.mailbox()) == 3


@fact("The daily limit may also drop mails in silence", "open")
def test_daily_mails_silent(world):
    world.sandbox.settings(daily_mail_limit=1, mail_limit_answer="silent")
    world.forgot()
    assert world.forgot()["CodeDeliveryDetails"]
    assert len(world.sandbox.mailbox()) == 1


@fact(
    "The limit is checked before the policy, and an unknown user spends nobody's attempts",
    "inferred",
)
def test_unknown_user_is_free(world):
    world.hiding()
    for _ in range(8):
        world.forgot(Username="nobody")
        world.refuses(MISMATCH, world.confirm, "123456", Username="nobody")


@fact("ConfirmForgotPassword within the limit works on the fifth attempt", "documented")
def test_fifth_attempt(world):
    code = world.code()
    for _ in range(3):
        world.refuses(MISMATCH, world.confirm, world.wrong())
    world.confirm(code)

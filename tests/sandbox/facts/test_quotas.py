"""The calls and the mails of a second, and pages that are shorter than they may be."""

import pytest

from helpers.cognito.quotas import QUOTAS
from helpers.sandbox import Sandbox, limits, quotas
from helpers.sandbox.settings import SETTINGS

from ..world import ANOTHER, fact
from .test_limits import BY_SES

THROTTLED = ("TooManyRequestsException", "Too many requests")


class _Second:
    """What really passes, for a sandbox whose own clock does not move."""

    now = 0.0


@pytest.fixture(autouse=True)
def second(monkeypatch):
    passing = _Second()
    monkeypatch.setattr(limits, "real_time", lambda: passing.now)
    return passing


def test_the_categories_are_those_of_the_project():
    ours = {one.category: (one.rate, frozenset(one.operations)) for one in QUOTAS}
    assert ours == quotas.QUOTAS
    assert {f"quota_{category}" for category in ours} <= set(SETTINGS)


@fact(
    "Beyond the calls a second of a category: TooManyRequestsException, HTTP 400",
    "documented",
)
def test_quota(world):
    world.sandbox.settings(quota_UserAccountRecovery=2)
    world.forgot()
    world.forgot()
    error = world.refuses(THROTTLED, world.forgot)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    world.sandbox.advance(1)
    assert world.forgot()


@fact("The operations of a category share its quota, whoever calls them", "documented")
def test_quota_is_shared(world):
    world.sandbox.settings(quota_UserAccountRecovery=1)
    world.admin("admin_set_user_password", Password=ANOTHER, Permanent=True)
    world.refuses(THROTTLED, world.forgot)
    assert world.tokens(ANOTHER), "sign-in is another category"


@fact("All user pools of the account share a category's quota", "documented")
def test_quota_is_the_accounts(world):
    world.sandbox.settings(quota_UserRead=1)
    world.admin("admin_get_user")
    world.pool()
    world.user()
    world.refuses(THROTTLED, world.admin, "admin_get_user")


@pytest.mark.parametrize("category", quotas.QUOTAS)
def test_each_category_has_a_setting_of_its_own(world, category):
    calls = {
        "UserAuthentication": world.tokens,
        "UserCreation": lambda: world.api.sign_up(
            ClientId=world.client_id, Username="new@example.com", Password=ANOTHER
        ),
        "UserRead": lambda: world.admin("admin_get_user"),
        "UserList": lambda: world.api.list_users(UserPoolId=world.pool_id),
        "UserUpdate": lambda: world.admin("admin_enable_user"),
        "UserResourceRead": lambda: world.admin("admin_list_user_auth_events"),
        "UserPoolRead": lambda: world.api.describe_user_pool(UserPoolId=world.pool_id),
        "UserPoolResourceRead": lambda: world.api.get_user_pool_mfa_config(
            UserPoolId=world.pool_id
        ),
        "UserPoolClientRead": lambda: world.api.list_user_pool_clients(
            UserPoolId=world.pool_id, MaxResults=5
        ),
        "UserAccountRecovery": world.forgot,
    }
    world.sandbox.settings(**{f"quota_{category}": 1})
    this = calls.pop(category)
    this()
    world.refuses(THROTTLED, this)
    for other in calls.values():
        other()


@fact("The text of TooManyRequestsException", "open")
def test_throttle_text(world):
    world.sandbox.settings(quota_UserAccountRecovery=1, throttle_message="Rate exceeded")
    world.forgot()
    world.refuses(("TooManyRequestsException", "Rate exceeded"), world.forgot)


@fact("A throttled call spends no attempt", "inferred")
def test_throttled_is_free(world):
    world.sandbox.settings(quota_UserAccountRecovery=1)
    world.forgot()
    for _ in range(6):
        world.refuses(THROTTLED, world.forgot)
    world.sandbox.settings(quota_UserAccountRecovery=0)
    world.confirm(world.last_code())


def test_where_the_clock_stands_still_a_second_that_really_passes_counts(world, second):
    world.sandbox.settings(quota_UserAccountRecovery=1)
    world.forgot()
    second.now += 0.9
    world.refuses(THROTTLED, world.forgot)
    second.now += 0.1
    assert world.forgot()


def test_a_sandbox_with_the_real_clock_goes_by_its_own(tmp_path, second):
    box = Sandbox(str(tmp_path / "box.sqlite"), None)
    now = box.now()
    box.settings(quota_UserList=1)
    request = {"UserPoolId": "us-east-1_Sandbox01"}
    assert "Users" in box.engine.call("ListUsers", request).result
    second.now += 5
    box.advance(1)
    assert "Users" in box.engine.call("ListUsers", request).result
    assert box.now() > now
    box.close()


@fact(
    "Beyond the mails a second of Amazon SES a mail is lost, and Cognito says nothing", "inferred"
)
def test_mail_rate(world):
    world.pool(EmailConfiguration=BY_SES)
    world.user(email="ana@shop.example")
    world.sandbox.settings(mail_rate=2)
    for _ in range(3):
        assert world.forgot()["CodeDeliveryDetails"]
    assert len(world.sandbox.mailbox()) == 2
    world.sandbox.advance(1)
    world.forgot()
    assert len(world.sandbox.mailbox()) == 3


def test_the_default_sender_knows_no_mails_a_second(world):
    world.sandbox.settings(mail_rate=1)
    world.forgot()
    world.forgot()
    assert len(world.sandbox.mailbox()) == 2


def pages(world, **options):
    token, found = None, []
    while True:
        more = {"PaginationToken": token} if token else {}
        page = world.api.list_users(UserPoolId=world.pool_id, **options, **more)
        found.append([one["Username"] for one in page["Users"]])
        token = page.get("PaginationToken")
        if token is None:
            return found


@fact("A page of ListUsers may be shorter than Limit although more users follow", "reported")
def test_short_pages(world):
    world.pool()
    for number in range(7):
        world.user(f"user{number}", confirmed=False)
    world.sandbox.settings(page_short=2)
    found = pages(world, Limit=5)
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(name for page in found for name in page) == [
        f"user{number}" for number in range(7)
    ]


@fact("With a filter, pages of ListUsers in a row may be empty", "documented")
def test_empty_pages(world):
    world.pool()
    for number in range(6):
        world.user(f"user{number}", confirmed=False)
    world.sandbox.settings(page_short=60)
    found = pages(world, Limit=60, Filter='username = "user4"')
    assert found == [[], [], [], [], ["user4"], []]

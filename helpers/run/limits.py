"""What an AWS account may send and call, as AWS itself says: for a plan, before anything is sent.

Each answer needs a permission of its own, which a caller may lack; what is not read is not known.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers.cognito.models import Pool
from helpers.target import Target
from helpers.target.target import on_loopback

_CONFIG = Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=10)


@dataclass(frozen=True)
class Limits:
    """What an account may do. None: not known, or not asked for.

    mails_a_day, mails_a_second, mails_sent: of Amazon SES in the pool's region; sent in the last 24
    hours. dollars: what text messages may cost a month. calls: a second, by category of quota.
    unknown: what AWS did not say, and why.
    """

    mails_a_day: float | None = None
    mails_a_second: float | None = None
    mails_sent: float | None = None
    dollars: float | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def mails_left(self) -> float | None:
        """How many more e-mails go out in these 24 hours; None where that is not known, or any."""
        if self.mails_a_day is None or self.mails_sent is None or self.mails_a_day < 0:
            return None
        return max(self.mails_a_day - self.mails_sent, 0.0)

    def lines(self) -> list[str]:
        """Say what is known, and what is not, a line each."""
        told = []
        if self.mails_a_day is not None:
            a_day = "any number" if self.mails_a_day < 0 else f"{self.mails_a_day:.0f}"
            told.append(
                f"Amazon SES sends {a_day} a day and {self.mails_a_second:g} a second;"
                f" {self.mails_sent:.0f} were sent in the last 24 hours."
            )
        if self.dollars is not None:
            told.append(f"Text messages stop when they have cost {self.dollars:g} USD in a month.")
        told += [
            f"{name}: {rate} calls a second are provisioned for the account."
            for name, rate in self.calls.items()
        ]
        return told + [f"Not known: {words}." for words in self.unknown]


def ask_limits(target: Target, pool: Pool, *, media: Iterable[str], calls: Iterable[str]) -> Limits:
    """Ask AWS what the account of this target may do; nothing where the target is not AWS.

    media: email or phone_number, where messages go out by it. calls: the categories of quota that
    are used. Sources: the API references of sesv2 GetAccount, of Amazon SNS GetSMSAttributes, of
    AWS End User Messaging DescribeSpendLimits and of Cognito's GetProvisionedLimit.
    """
    if target.name != "aws" or on_loopback(target.override()):
        return Limits()
    unknown: list[str] = []

    def ask(what: str, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except ClientError as exc:
            why = exc.response.get("Error", {}).get("Code", "")
        except (BotoCoreError, KeyError, ValueError, TypeError, AttributeError) as exc:
            why = type(exc).__name__
        unknown.append(f"{what} ({why})")
        return None

    found: dict[str, Any] = {}
    if "email" in media and pool.sender != "COGNITO_DEFAULT":
        quota = ask("what Amazon SES allows", lambda: _mails(target))
        found |= quota or {}
    if "phone_number" in media and pool.sms_service:
        where = Target("aws", pool.sms_region or target.region, target.profile)
        of_sns = pool.sms_service == "Amazon SNS"
        question = _dollars_of_sns if of_sns else _dollars_of_messaging
        words = f"what text messages may cost at {pool.sms_service}"
        found["dollars"] = ask(words, lambda: question(where))
    rates = {}
    for category in calls:
        words = f"how many calls of {category} the account has"
        rate = ask(words, lambda name=category: _rate(target, name))  # type: ignore[misc]
        if rate is not None:
            rates[category] = rate
    return Limits(**found, calls=rates, unknown=tuple(unknown))


def _mails(target: Target) -> dict[str, float]:
    quota = target.aws("sesv2", _CONFIG).get_account()["SendQuota"]
    return {
        "mails_a_day": float(quota["Max24HourSend"]),
        "mails_a_second": float(quota["MaxSendRate"]),
        "mails_sent": float(quota["SentLast24Hours"]),
    }


def _dollars_of_sns(target: Target) -> float:
    told = target.aws("sns", _CONFIG).get_sms_attributes(attributes=["MonthlySpendLimit"])
    return float(told["attributes"]["MonthlySpendLimit"])


def _dollars_of_messaging(target: Target) -> float:
    limits = target.aws("pinpoint-sms-voice-v2", _CONFIG).describe_spend_limits()["SpendLimits"]
    [texts] = [one for one in limits if one["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"]
    return float(texts["EnforcedLimit"])


def _rate(target: Target, category: str) -> int:
    client: Any = target.client(signed=True)
    which = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": category}}
    limit = client.get_provisioned_limit(LimitDefinition=which)["Limit"]
    return int(limit["ProvisionedLimitValue"])

"""What stands between a plan and its messages: what AWS lets the account send, read beforehand."""

import math
from dataclasses import replace

from helpers.campaign.ledger import Ledger
from helpers.campaign.plan import WHERE, Plan, is_planned
from helpers.cognito import reads
from helpers.cognito.errors import ResetError
from helpers.run.entry import RunbookEntry
from helpers.run.kept_pools import read_pool_once
from helpers.run.limits import Limits, ask_limits

_OF_THE_RATE = 0.7
"""The part of Amazon SES's rate that a campaign takes: others send too, and SES drops the rest."""


def with_limits(
    plan: Plan, ledger: Ledger, campaign: str, entry: RunbookEntry, paces: dict[str, float]
) -> Plan:
    """Return a plan with what AWS says that each of its accounts may do, and what that forbids."""
    if not is_planned(entry):
        return plan
    seen: set[tuple[str, ...]] = set()
    lines: list[str] = []
    warnings = list(plan.warnings)
    for row in ledger.rows(campaign):
        where = tuple(str(row.parameters.get(name, "")) for name in WHERE)
        if where in seen:
            continue
        seen.add(where)
        read, _ = entry.parameters.read(row.parameters, person=False)
        if read is None:
            continue
        target, pool_id = read.to_target(), read.user_pool_id
        try:
            pool = read_pool_once(
                target,
                pool_id,
                lambda target=target, pool_id=pool_id: reads.read_pool(  # type: ignore[misc]
                    target.client(signed=True), user_pool_id=pool_id
                ),
            )
        except ResetError:
            continue  # the plan has said so
        limits = ask_limits(target, pool, media=plan.messages, calls=paces)
        lines += limits.lines()
        warnings += warnings_of(plan, limits)
    return replace(plan, limits=tuple(dict.fromkeys(lines)), warnings=tuple(warnings))


def warnings_of(plan: Plan, limits: Limits) -> list[str]:
    """Return in words why a plan's e-mails would not all go out."""
    mails, left, rate = plan.mails_a_day, limits.mails_left, limits.mails_a_second
    told = []
    if left is not None and mails > left:
        told.append(
            f"{mails} e-mails would be sent on one day, and Amazon SES sends {left:.0f} more in"
            " these 24 hours. Users beyond that would be locked out without a mail: let fewer"
            " begin a day."
        )
    ours = plan.can / plan.seconds if plan.seconds else math.inf
    if mails > 1 and rate is not None and ours > rate * _OF_THE_RATE:
        told.append(
            f"Amazon SES drops e-mails above {rate:g} a second, and others of the account send"
            f" too: say --pace {rate * _OF_THE_RATE:g}."
        )
    return told

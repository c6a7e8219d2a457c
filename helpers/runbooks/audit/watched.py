"""Judges what can be seen and slowed down: message logs, sessions, and a firewall.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, well

_LOGS = "developer guide, Exporting user pool logs"
_SESSIONS = "API reference, SetUserPoolSessionConfiguration"
_FIREWALL = "developer guide, Associate an AWS WAF web ACL with a user pool"
_READS = {
    "logs": (
        "LogDeliveryConfiguration",
        "message log",
        "When a code does not arrive, this log may say why.",
        _LOGS,
        "cognito-idp:GetLogDeliveryConfiguration",
    ),
    "sessions": (
        "SessionConfiguration",
        "session tracking",
        "Whether a user's sessions can be listed is not known.",
        _SESSIONS,
        "cognito-idp:GetUserPoolSessionConfiguration",
    ),
    "firewall": (
        "AWS WAF",
        "firewall",
        "Rules of a firewall can block a reset (ForbiddenException), or slow a guesser down.",
        _FIREWALL,
        "wafv2:GetWebACLForResource, wafv2:GetWebACL and cognito-idp:GetWebACLForResource",
    ),
}


def watched(pool: Pool) -> Iterator[Finding]:
    """Judge what the pool records, and whether a firewall is before it."""
    for what in pool.unread:
        setting, title, risk, source, action = _READS[what]
        yield Finding(
            Level.NOT_KNOWN,
            Place.ASKS if what == "firewall" else Place.POOL,
            setting,
            f"{title} not read",
            risk,
            "it may not be read with these credentials",
            Sure.DOCUMENTED,
            source,
            f"To see it, allow {action}.",
        )
    if pool.logs is not None:
        yield _logs(pool.logs)
    if pool.tracks_sessions is not None:
        yield _sessions(pool, tracks=pool.tracks_sessions)
    if pool.firewall is not None:
        yield _firewall(pool.firewall)


def _logs(logs: tuple[str, ...]) -> Finding:
    setting = _READS["logs"][0]
    if "userNotification" in logs:
        return well(
            Place.SENDER,
            setting,
            "message log",
            "When a code does not arrive, look for the error in the log group.",
            "userNotification goes to a log group",
            _LOGS,
        )
    return Finding(
        Level.WORTH_KNOWING,
        Place.SENDER,
        setting,
        "lost messages leave no trace",
        "When Cognito cannot send a code, the reason is written nowhere.",
        f"logged: {', '.join(logs) or 'nothing'}",
        Sure.DOCUMENTED,
        _LOGS,
        "Send userNotification at the level ERROR to CloudWatch Logs (SetLogDeliveryConfiguration);"
        " every plan has it.",
        "CloudWatch bills what it stores, and usernames are in it.",
    )


def _sessions(pool: Pool, *, tracks: bool) -> Finding:
    setting = _READS["sessions"][0]
    if tracks:
        return well(
            Place.OPENS,
            setting,
            "session tracking",
            "A user's sessions can be listed and ended one by one (AdminListUserSessions).",
            "UserSessionTracking is ENABLED",
            _SESSIONS,
        )
    return Finding(
        Level.WORTH_KNOWING,
        Place.OPENS,
        setting,
        "sessions cannot be seen",
        "After a takeover nobody can see where the user is signed in; all sessions can be ended,"
        " and none can be looked at.",
        f"UserSessionTracking is DISABLED{f'; the plan is {pool.plan}' if pool.plan else ''}",
        Sure.DOCUMENTED,
        _SESSIONS,
        "Turn session tracking on (SetUserPoolSessionConfiguration).",
        "it needs the plan Essentials or Plus.",
    )


def _firewall(name: str) -> Finding:
    setting = _READS["firewall"][0]
    if name:
        return well(
            Place.ASKS,
            setting,
            "firewall",
            "Its rules can block a reset (ForbiddenException); look at its log then.",
            f"the web ACL {name} is before the pool",
            _FIREWALL,
        )
    return Finding(
        Level.WORTH_KNOWING,
        Place.ASKS,
        setting,
        "no firewall",
        "Only Cognito's own limits slow down a stranger who asks for the codes of many users.",
        "no web ACL is associated with the pool",
        Sure.DOCUMENTED,
        _FIREWALL,
        "Associate an AWS WAF web ACL with a rate-based rule.",
        "AWS WAF is billed, and a rule that is too strict blocks users.",
    )

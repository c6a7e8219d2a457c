"""What a user's sign-ins and password changes leave behind: AdminListUserAuthEvents."""

from .names import admin_user
from .work import Doc, Transaction

_PAGE = 60


def note(
    work: Transaction,
    pool: Doc,
    user: Doc,
    kind: str,
    response: str,
    challenge: str | None = None,
    result: str | None = None,
) -> None:
    """Record an event such as SignIn or PasswordChange; response: Pass or Fail.

    AWS records events only with threat protection; the sandbox always does, and assesses no risk.
    """
    work.note(pool["Id"], user["username"], kind, response, challenge, result)


def admin_list_user_auth_events(work: Transaction, request: Doc) -> Doc:
    """AdminListUserAuthEvents: newest first, in pages."""
    pool, user = admin_user(work, request)
    before = request.get("NextToken")
    limit = min(request.get("MaxResults") or _PAGE, _PAGE)
    upper = int(before) if before and before.isascii() and before.isdigit() else 1 << 62
    rows = work.db.execute(
        "SELECT id, event_id, at, kind, response, challenge, result FROM events"
        " WHERE pool_id = ? AND username = ? AND id < ? ORDER BY id DESC LIMIT ?",
        (pool["Id"], user["username"], min(upper, 1 << 62), limit + 1),
    ).fetchall()
    answer: Doc = {"AuthEvents": [_shown(*row[1:]) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["NextToken"] = str(rows[limit - 1][0])
    return answer


def _shown(
    event_id: str, at: float, kind: str, response: str, challenge: str | None, result: str | None
) -> Doc:
    return {
        "EventId": event_id,
        "EventType": kind,
        "CreationDate": at,
        "EventResponse": response,
        "EventRisk": {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False},
        "ChallengeResponses": (
            [{"ChallengeName": challenge, "ChallengeResponse": result}] if challenge else []
        ),
        "EventContextData": {},
    }

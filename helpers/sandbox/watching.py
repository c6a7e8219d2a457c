"""What a pool records of its messages and sessions.

No log is written here. Where session tracking is on, each sign-in is a token session.
"""

from .names import admin_user
from .refusal import ApiError
from .work import Doc, Transaction

_SESSIONS = {"UserSessionTracking": "DISABLED", "TokenSession": {"MaxPerUser": 20}}


def get_log_delivery_configuration(work: Transaction, request: Doc) -> Doc:
    """GetLogDeliveryConfiguration."""
    return _logs(work.pool(request["UserPoolId"]))


def set_log_delivery_configuration(work: Transaction, request: Doc) -> Doc:
    """SetLogDeliveryConfiguration: replaces all of it."""
    pool = work.pool(request["UserPoolId"])
    pool["logs"] = request["LogConfigurations"]
    work.keep_pool(pool)
    return _logs(pool)


def get_user_pool_session_configuration(work: Transaction, request: Doc) -> Doc:
    """GetUserPoolSessionConfiguration: off, and twenty a user, where nobody has set it."""
    return _tracking(work.pool(request["UserPoolId"]))


def set_user_pool_session_configuration(work: Transaction, request: Doc) -> Doc:
    """SetUserPoolSessionConfiguration; the plan Lite has no session tracking."""
    pool = work.pool(request["UserPoolId"])
    if pool["UserPoolTier"] == "LITE":
        # The rule is the API reference's; the wording is the sandbox's.
        raise ApiError(
            "FeatureUnavailableInTierException",
            "The following features need to be disabled for the LITE pricing tier configured:"
            " Session Tracking",
        )
    pool["sessions"] = {key: request[key] for key in _SESSIONS}
    work.keep_pool(pool)
    return _tracking(pool)


def admin_list_user_sessions(work: Transaction, request: Doc) -> Doc:
    """AdminListUserSessions: those that are not ended and not run out, the newest first."""
    pool, user = admin_user(work, request)
    if not tracks_sessions(pool):
        # What Cognito says here is not documented; the operation has this error.
        raise ApiError(
            "OperationNotEnabledException", "Session tracking is not enabled for this user pool."
        )
    alive = [one for one in user.get("sessions", []) if work.now < one["until"]]
    return {
        "Sessions": [
            {
                "SessionId": one["id"],
                "SessionType": "TOKEN",
                "ClientId": one["client"],
                "CreateDate": one["at"],
                "LastActiveDate": one["at"],
                "DeviceType": "unknown",
                "IsCurrentSession": False,
            }
            for one in reversed(alive)
        ]
    }


def tracks_sessions(pool: Doc) -> bool:
    """Whether a pool keeps a list of its users' sessions."""
    return bool(pool.get("sessions", _SESSIONS)["UserSessionTracking"] == "ENABLED")


def track(
    work: Transaction, pool: Doc, user: Doc, client_id: str, until: float, origin: str
) -> None:
    """Keep the token session of a sign-in; the least recent give way to what the pool allows."""
    most = pool["sessions"]["TokenSession"]["MaxPerUser"]
    began = {
        "id": f"tkn{work.source.bytes(13).hex()[:25]}",
        "client": client_id,
        "at": work.now,
        "until": until,
        "origin": origin,
    }
    user["sessions"] = [*user.get("sessions", []), began][-most:]
    work.keep_user(pool, user)


def _logs(pool: Doc) -> Doc:
    kept = {"UserPoolId": pool["Id"], "LogConfigurations": pool.get("logs", [])}
    return {"LogDeliveryConfiguration": kept}


def _tracking(pool: Doc) -> Doc:
    return {"UserPoolId": pool["Id"], **pool.get("sessions", _SESSIONS)}

"""What a pool records of its messages and sessions: settings that are kept and shown.

No log is written here, and no session is listed.
"""

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


def _logs(pool: Doc) -> Doc:
    kept = {"UserPoolId": pool["Id"], "LogConfigurations": pool.get("logs", [])}
    return {"LogDeliveryConfiguration": kept}


def _tracking(pool: Doc) -> Doc:
    return {"UserPoolId": pool["Id"], **pool.get("sessions", _SESSIONS)}

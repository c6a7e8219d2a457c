"""Lambda triggers as Python callables: their events, their answers, their errors.

A callable gets the event that a Lambda function would get and returns it, changed. Which pool it is
for it reads in `userPoolId`. Triggers run outside the transaction, so they may themselves call the
sandbox.
"""

import json
from collections.abc import Callable
from typing import Any

from .refusal import ApiError
from .settings import did_you_mean
from .work import Doc, Transaction

Trigger = Callable[[Doc], Any]
NAMES = ("CustomMessage", "PostConfirmation", "PreSignUp", "PreTokenGeneration", "UserMigration")
_TYPES = {
    "autoConfirmUser": bool,
    "autoVerifyEmail": bool,
    "autoVerifyPhone": bool,
    "claimsAndScopeOverrideDetails": dict,
    "claimsOverrideDetails": dict,
    "emailMessage": str,
    "emailSubject": str,
    "smsMessage": str,
    "userAttributes": dict,
}
NOT_APPLICABLE = "CLIENT_ID_NOT_APPLICABLE"


def check_name(name: str) -> None:
    """Raise ValueError for a trigger that the sandbox does not run."""
    if name not in NAMES:
        raise ValueError(f"the sandbox runs no trigger {name!r}.{did_you_mean(name, NAMES)}")


def run(name: str, trigger: Trigger, event: Doc) -> Any:
    """Call a trigger; return its response, or the Refusal that its failure becomes."""
    try:
        answer = trigger(json.loads(json.dumps(event)))
    except TimeoutError:
        return ApiError(
            "UnexpectedLambdaException",
            f"{name} invocation failed due to error Task timed out after 5.00 seconds.",
        )
    except Exception as error:  # noqa: BLE001, whatever a Lambda function raises becomes its error text
        return ApiError("UserLambdaValidationException", f"{name} failed with error {error}.")
    if not isinstance(answer, dict):
        return ApiError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    try:
        response = json.loads(json.dumps(answer, allow_nan=False)).get("response")
    except (TypeError, ValueError, RecursionError):
        return ApiError(
            "InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"
        )
    if response is None:
        return {}
    return (
        response
        if _fits(response)
        else ApiError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    )


def _fits(response: Any) -> bool:
    if not isinstance(response, dict):
        return False
    if not all(isinstance(response.get(name), kind | None) for name, kind in _TYPES.items()):
        return False
    return not any(
        isinstance(one, dict | list) for one in (response.get("userAttributes") or {}).values()
    )


def custom_message(
    work: Transaction,
    pool: Doc,
    user: Doc,
    source: str,
    client_id: str | None,
    metadata: Doc | None,
    username: str | None = None,
) -> Doc:
    """Return what the CustomMessage trigger made of a message; empty where it left it alone.

    The trigger sees the placeholder {####}, never the code (developer guide, "Custom message Lambda
    trigger"). username: the placeholder for the name, where the message is an invitation.
    """
    event = _event(
        pool,
        user["username"],
        source,
        client_id,
        {
            "userAttributes": seen_attributes(pool, user),
            "codeParameter": "{####}",
            "linkParameter": "{##Click Here##}",
            "usernameParameter": username,
            **_given(metadata),
        },
        {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    )
    answer: Doc = work.trigger("CustomMessage", source, event) or {}
    configured = (
        pool.get("EmailConfiguration", {}).get("EmailSendingAccount", "COGNITO_DEFAULT")
        == "DEVELOPER"
    )
    if (answer.get("emailMessage") or answer.get("emailSubject")) and not configured:
        raise ApiError(
            "InvalidLambdaResponseException",
            "Custom email messages need EmailSendingAccount DEVELOPER (wording of the sandbox)",
        )
    return answer


def user_migration(
    work: Transaction,
    pool: Doc,
    name: str,
    source: str,
    client_id: str,
    password: str | None,
    metadata: Doc | None,
    validation: Doc | None = None,
) -> Doc | None:
    """Return what UserMigration says of a name that the pool does not know, or None."""
    request: Doc = {"password": password} if password is not None else {}
    request |= {"validationData": validation, **_given(metadata)}
    event = _event(
        pool,
        name,
        source,
        client_id,
        request,
        {
            "userAttributes": None,
            "forceAliasCreation": None,
            "finalUserStatus": None,
            "messageAction": None,
            "desiredDeliveryMediums": None,
        },
    )
    answer: Doc | None = work.trigger("UserMigration", source, event)
    return answer if answer and answer.get("userAttributes") else None


def after_confirmation(
    work: Transaction, pool: Doc, user: Doc, source: str, client_id: str, metadata: Doc | None
) -> None:
    """Run PostConfirmation once the call is committed; its failure undoes nothing."""
    if "PostConfirmation" in work.triggers:
        event = _event(
            pool,
            user["username"],
            source,
            client_id,
            {"userAttributes": seen_attributes(pool, user), **_given(metadata)},
            {},
        )
        work.after.append(("PostConfirmation", event))


def pre_sign_up(
    work: Transaction, pool: Doc, user: Doc, source: str, client_id: str | None, request: Doc
) -> Doc:
    """Return what PreSignUp says of a user who is about to be made; empty where it says nothing.

    request: the call's own, whose ValidationData and ClientMetadata the trigger sees.
    """
    listed = request.get("ValidationData")
    event = _event(
        pool,
        user["username"],
        source,
        client_id,
        {
            "userAttributes": user["attributes"],
            "validationData": listed and {one["Name"]: one.get("Value", "") for one in listed},
            **_given(request.get("ClientMetadata")),
        },
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    )
    answer: Doc = work.trigger("PreSignUp", source, event) or {}
    return answer


def pre_token_generation(
    work: Transaction,
    pool: Doc,
    client: Doc,
    user: Doc,
    source: str,
    version: str,
    groups: Doc,
    scope: str,
    metadata: Doc | None,
) -> Doc:
    """Return what PreTokenGeneration says; version: "1", or a later one that sees scopes too."""
    request: Doc = {
        "userAttributes": seen_attributes(pool, user),
        "groupConfiguration": groups,
        **_given(metadata),
    }
    details = "claimsOverrideDetails"
    if version != "1":
        request["scopes"] = scope.split()
        details = "claimsAndScopeOverrideDetails"
    client_id = client["ClientId"]
    event = _event(pool, user["username"], source, client_id, request, {details: None})
    event["version"] = version
    answer: Doc = work.trigger("PreTokenGeneration", source, event) or {}
    return answer


def seen_attributes(pool: Doc, user: Doc) -> Doc:
    """Return a user's attributes as triggers see them; in an alias pool the address twice."""
    seen = {"sub": user["sub"], "cognito:user_status": user["status"], **user["attributes"]}
    if "email" in pool.get("AliasAttributes", ()) and user["attributes"].get("email"):
        seen["cognito:email_alias"] = user["attributes"]["email"]
    return seen


def _given(metadata: Doc | None) -> Doc:
    return {} if metadata is None else {"clientMetadata": metadata}


def _event(
    pool: Doc, username: str, source: str, client_id: str | None, request: Doc, response: Doc
) -> Doc:
    return {
        "version": "1",
        "region": pool["Id"].split("_")[0],
        "userPoolId": pool["Id"],
        "userName": username,
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": client_id or NOT_APPLICABLE,
        },
        "triggerSource": source,
        "request": request,
        "response": response,
    }

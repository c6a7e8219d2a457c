"""RespondToAuthChallenge: the SRP proof, a new password, a choice, a code."""

import base64
import hashlib
import hmac

from . import (
    attributes,
    authenticator,
    choice,
    events,
    factors,
    limits,
    passwords,
    signin,
    srp,
    tokens,
    users,
)
from .names import check_secret_hash, hides_users
from .refusal import ApiError, invalid, not_authorized
from .work import Doc, Transaction


def respond_to_auth_challenge(work: Transaction, request: Doc) -> Doc:
    """RespondToAuthChallenge."""
    client = work.client(request["ClientId"])
    return _respond(work, work.pool(client["UserPoolId"]), client, request)


def admin_respond_to_auth_challenge(work: Transaction, request: Doc) -> Doc:
    """AdminRespondToAuthChallenge."""
    pool = work.pool(request["UserPoolId"])
    client = work.client(request["ClientId"])
    if client["UserPoolId"] != pool["Id"]:
        raise ApiError(
            "ResourceNotFoundException", f"User pool client {request['ClientId']} does not exist."
        )
    return _respond(work, pool, client, request)


def begin_srp(
    work: Transaction, pool: Doc, client: Doc, user: Doc | None, name: str, public: str
) -> Doc:
    """Answer USER_SRP_AUTH with PASSWORD_VERIFIER; a hidden name gets a stable salt."""
    try:
        a = int(public, 16)
    except ValueError:
        a = 0
    if a % srp.N == 0 or len(public) > 2 * len(f"{srp.N:x}"):
        raise invalid("SRP_A is not a valid public value")
    if user is not None or not hides_users(client):
        user = signin.admitted(work, pool, client, user)
    digest = hashlib.sha256(f"{pool['Id']}\n{name}".encode("utf-8", "surrogatepass")).hexdigest()
    own_name = user["username"] if user else name
    stored = (user or {}).get("password") or {"salt": digest[:32], "verifier": digest}
    exponent = int.from_bytes(work.source.bytes(32), "big")
    b = srp.challenge(passwords.verifier(stored), exponent)
    block = base64.b64encode(work.source.bytes(64)).decode()
    text = work.keep_session(
        {
            "kind": "srp",
            "pool": pool["Id"],
            "client": client["ClientId"],
            "username": user["username"] if user else None,
            "a": f"{a:x}",
            "b": b,
            "exponent": f"{exponent:x}",
            "block": block,
            "until": signin.session_end(work, client),
        }
    )
    # The clients send only the block back, so the block itself leads to what is remembered.
    work.db.execute("UPDATE sessions SET name = ? WHERE name = ?", (block, text))
    return {
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "SALT": stored["salt"].lstrip("0") or "0",
            "SECRET_BLOCK": block,
            "SRP_B": b,
            "USERNAME": own_name,
            "USER_ID_FOR_SRP": own_name,
        },
    }


def begin_choice(work: Transaction, pool: Doc, client: Doc, user: Doc | None, given: Doc) -> Doc:
    """Answer USER_AUTH: with the challenge that was asked for, or with those to choose from."""
    user = signin.admitted(work, pool, client, user)
    available, wanted = choice.challenges(pool, user), given.get("PREFERRED_CHALLENGE")
    if wanted in available:
        return _chosen(work, pool, client, user, str(wanted), given)
    made = signin.challenge(work, pool, client, user, "SELECT_CHALLENGE", {})
    return made | {"AvailableChallenges": available}


def _chosen(work: Transaction, pool: Doc, client: Doc, user: Doc, factor: str, given: Doc) -> Doc:
    if factor not in choice.challenges(pool, user):
        raise invalid("Selected challenge is not available")  # the sandbox's own words
    if factor == "PASSWORD_SRP" and given.get("SRP_A"):
        return begin_srp(work, pool, client, user, user["username"], str(given["SRP_A"]))
    return choice.answered(work, pool, client, user, factor, given)


def _respond(work: Transaction, pool: Doc, client: Doc, request: Doc) -> Doc:
    name, given = request["ChallengeName"], request.get("ChallengeResponses") or {}
    answers = {
        "PASSWORD_VERIFIER": _prove,
        "NEW_PASSWORD_REQUIRED": _choose,
        "SMS_MFA": _second,
        "EMAIL_OTP": _second,
        "SMS_OTP": _second,
        "SELECT_CHALLENGE": _select,
        "PASSWORD": _password,
        "PASSWORD_SRP": _password,
        "SOFTWARE_TOKEN_MFA": _second,
        "SELECT_MFA_TYPE": _select_second,
        "MFA_SETUP": _set_up,
    }
    if name not in answers:
        raise invalid(f"The sandbox does not imitate the challenge {name}.")
    if not given.get("USERNAME"):
        raise invalid("Missing required parameter USERNAME")
    user = work.find(pool, given["USERNAME"])
    own = [user["username"]] if user else []
    check_secret_hash(client, given.get("SECRET_HASH"), given["USERNAME"], *own)
    return answers[name](work, pool, client, request, given)


def _prove(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    for needed in ("PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"):
        if not given.get(needed):
            raise invalid(f"Missing required parameter {needed}")
    kept = _taken(
        work, pool, client, given["PASSWORD_CLAIM_SECRET_BLOCK"], "srp", signin.incorrect()
    )
    user = work.user(pool["Id"], kept["username"]) if kept["username"] else None
    if user is None:
        raise signin.incorrect()
    user = signin.admitted(work, pool, client, user)
    stored = user.get("password")
    right = False
    if stored:
        a, b, exponent = (int(kept[name], 16) for name in ("a", "b", "exponent"))
        key = srp.session_key(a, b, passwords.verifier(stored), exponent)
        block = base64.b64decode(kept["block"])
        expected = srp.claim(key, pool["Id"], user["username"], block, given["TIMESTAMP"])
        proof = base64.b64encode(expected).decode()
        right = hmac.compare_digest(proof.encode(), given["PASSWORD_CLAIM_SIGNATURE"].encode())
    return signin.finish(work, pool, client, user, right, request.get("ClientMetadata"))


def _choose(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    if not given.get("NEW_PASSWORD"):
        raise invalid("Missing required parameter NEW_PASSWORD")
    user = _challenged(work, pool, client, request, "NEW_PASSWORD_REQUIRED")
    prefix = "userAttributes."
    listed = [
        {"Name": key[len(prefix) :], "Value": value}
        for key, value in given.items()
        if key.startswith(prefix)
    ]
    passwords.replace(work, pool, user, given["NEW_PASSWORD"])
    user["status"] = "CONFIRMED"
    users.change(work, pool, user, attributes.given(pool, listed, client))
    events.note(work, pool, user, "PasswordChange", "Pass")
    factor = signin.after_password(work, pool, client, user)
    return factor or {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.issue(
            work,
            pool,
            client,
            user,
            source="TokenGeneration_NewPasswordChallenge",
            metadata=request.get("ClientMetadata"),
        ),
    }


def _select(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    if not given.get("ANSWER"):
        raise invalid("Missing required parameter ANSWER")
    user = _challenged(work, pool, client, request, "SELECT_CHALLENGE")
    user = signin.admitted(work, pool, client, user)
    return _chosen(work, pool, client, user, given["ANSWER"], given)


def _password(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    name = request["ChallengeName"]
    needed = {"PASSWORD": "PASSWORD", "PASSWORD_SRP": "SRP_A"}[name]
    if not given.get(needed):
        raise invalid(f"Missing required parameter {needed}")
    user = _challenged(work, pool, client, request, name)
    user = signin.admitted(work, pool, client, user)
    return _chosen(work, pool, client, user, name, given)


def _second(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    name = request["ChallengeName"]
    needed = f"{name}_CODE"
    if not given.get(needed):
        raise invalid(f"Missing required parameter {needed}")
    kept = _taken(
        work,
        pool,
        client,
        request.get("Session") or "",
        name,
        not_authorized("Invalid session for the user."),
    )
    user = work.user(pool["Id"], kept["username"])
    if user is None:
        raise not_authorized("Invalid session for the user.")
    limits.check_lock(work, pool, user, "mfa")
    try:
        if name == "SOFTWARE_TOKEN_MFA":
            authenticator.judge(work, pool, user, given[needed])
        elif not hmac.compare_digest(kept["code"].encode(), given[needed].encode()):
            raise ApiError("CodeMismatchException", "Invalid code received for user")
    except ApiError:
        limits.sign_in_failed(work, pool, user, "mfa")
        raise
    limits.sign_in_succeeded(work, pool, user, "mfa")
    events.note(work, pool, user, "SignIn", "Pass", "Mfa", "Success")
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.issue(
            work, pool, client, user, metadata=request.get("ClientMetadata")
        ),
    }


def _select_second(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    wanted = {"EMAIL_MFA": "EMAIL_OTP"}.get(given.get("ANSWER", ""), given.get("ANSWER"))
    if not wanted:
        raise invalid("Missing required parameter ANSWER")
    user = _challenged(work, pool, client, request, "SELECT_MFA_TYPE")
    if wanted not in factors.due(pool, user):
        raise invalid("Selected challenge is not available")  # the sandbox's own words
    return signin.second(work, pool, client, user, wanted)


def _set_up(work: Transaction, pool: Doc, client: Doc, request: Doc, given: Doc) -> Doc:
    kept = _taken(
        work,
        pool,
        client,
        request.get("Session") or "",
        "MFA_SETUP",
        not_authorized("Invalid session for the user."),
    )
    user = work.user(pool["Id"], kept["username"])
    if user is None or not user["enabled"]:
        raise not_authorized("Invalid session for the user.")
    if not kept["code"]:
        raise invalid("No authenticator was verified.")  # the sandbox's own words
    events.note(work, pool, user, "SignIn", "Pass", "Mfa", "Success")
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.issue(
            work, pool, client, user, metadata=request.get("ClientMetadata")
        ),
    }


def _challenged(work: Transaction, pool: Doc, client: Doc, request: Doc, kind: str) -> Doc:
    unknown = not_authorized("Invalid session for the user.")
    kept = _taken(work, pool, client, request.get("Session") or "", kind, unknown)
    user = work.user(pool["Id"], kept["username"])
    if user is None or not user["enabled"]:
        raise unknown
    return user


def _taken(
    work: Transaction, pool: Doc, client: Doc, text: str, kind: str, otherwise: ApiError
) -> Doc:
    kept = work.take_session(text)
    if kept is None or (kept["kind"], kept["pool"], kept["client"]) != (
        kind,
        pool["Id"],
        client["ClientId"],
    ):
        raise otherwise
    if work.now >= kept["until"]:
        raise not_authorized("Invalid session for the user, session is expired.")
    return kept

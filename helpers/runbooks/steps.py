"""Calls as steps of a record: what the runbooks that read a pool, or try a sign-in, share."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from helpers.cognito import actions, reads
from helpers.cognito.actions import SignedIn
from helpers.cognito.errors import ResetError
from helpers.cognito.models import Pool
from helpers.display.card import Card
from helpers.run.kept_pools import read_pool_once
from helpers.run.parameters import Parameters
from helpers.run.record import Step, step_failed
from helpers.sandbox import open_sandbox, plant_case
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

T = TypeVar("T")
SIGNED_IN = "One sign-in with the new password worked; its tokens were dropped at once."


def plant(p: Parameters | None, case: str, username: str) -> Card:
    """In this process's sandbox, plant a training case as new, if the run is about its user."""
    if p is None or not p.to_target().embedded or getattr(p, "username", "") != username:
        return Card("There is nothing to prepare: this is about a user who is there.")
    planted = plant_case(open_sandbox(), case)
    return Card("A user calls.", (("Username", planted.username), ("The user says", planted.says)))


def step_done(operation: str, answer: Any, target: Target) -> Step:
    """Return the step that Cognito answered; answer: whatever was read from it."""
    request_id = str(getattr(answer, "request_id", ""))
    return Step(name=operation, status="done", at=target.now(), request_id=request_id)


class Reader:
    """Reads one user pool, by signed calls, and keeps a step for each."""

    def __init__(self, target: Target, user_pool_id: str) -> None:
        self.target, self.user_pool_id = target, user_pool_id
        self.client = target.client(signed=True)
        self.steps: list[Step] = []

    def read(self, operation: str, call: Callable[..., T], **members: Any) -> T:
        """Return what one reading answers. Raises its ResetError; that is a step too.

        A pool that a campaign keeps is not read, which is no step.
        """
        if call is reads.read_pool:
            ask = cast(Callable[[], Pool], partial(self._read, operation, call))
            return cast(T, read_pool_once(self.target, self.user_pool_id, ask))
        return self._read(operation, call, **members)

    def _read(self, operation: str, call: Callable[..., T], **members: Any) -> T:
        try:
            answer = call(self.client, user_pool_id=self.user_pool_id, **members)
        except ResetError as exc:
            self.steps.append(step_failed(operation, exc, self.target.now()))
            raise
        self.steps.append(step_done(operation, answer, self.target))
        return answer


def try_sign_in(
    client: "CognitoIdentityProviderClient",
    target: Target,
    *,
    client_id: str,
    username: str,
    password: Secret,
    client_secret: Secret | None,
) -> tuple[Step, SignedIn | ResetError]:
    """Sign in once, as the proof; return the step, and the answer or why there is none."""
    try:
        signed_in = actions.sign_in(
            client,
            client_id=client_id,
            username=username,
            password=password,
            client_secret=client_secret,
        )
    except ResetError as exc:
        return step_failed("InitiateAuth", exc, target.now()), exc
    return step_done("InitiateAuth", signed_in, target), signed_in

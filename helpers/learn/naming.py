"""Names: which ones a user answers to, and what a stranger learns by asking for one.

Each function makes real calls on a lesson's sandbox and returns what came back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from helpers.cognito import actions
from helpers.cognito.errors import Refused
from helpers.display.card import Table
from helpers.learn.lesson import Lesson
from helpers.secrets.secret import Secret

_WRONG_CODE, _PASSWORD = "000000", "First-Password-1"


def add_user(
    lesson: Lesson,
    pool_id: str,
    username: str,
    email: str,
    *,
    verified: bool = True,
    password: str = _PASSWORD,
) -> str:
    """Make a user with a password, as an administrator; return Cognito's own name, `sub`."""
    attributes: Any = [
        {"Name": "email", "Value": email},
        {"Name": "email_verified", "Value": str(verified).lower()},
    ]
    made = lesson.quiet.admin_create_user(
        UserPoolId=pool_id, Username=username, UserAttributes=attributes, MessageAction="SUPPRESS"
    )
    lesson.quiet.admin_set_user_password(
        UserPoolId=pool_id, Username=username, Password=password, Permanent=True
    )
    return next(one.get("Value", "") for one in made["User"]["Attributes"] if one["Name"] == "sub")


def answers_to(
    lesson: Lesson, client_id: str, names: Mapping[str, str], client_secret: Secret | None = None
) -> Table:
    """Ask for a code by each name, an hour apart; return the answers. names: what each is."""
    rows = []
    for what, name in names.items():
        lesson.box.advance(3600)
        try:
            sent = actions.request_code(
                lesson.quiet, client_id=client_id, username=name, client_secret=client_secret
            )
            said = f"✓ sent to {sent.destination}"
        except Refused as refusal:
            said = f"✗ {refusal.code}: {refusal.message}"
        rows.append((what, name, said))
    return Table("Who is meant?", ("The name is", "Sent as Username", "Cognito says"), tuple(rows))


def seen_by_a_stranger(lesson: Lesson, client_id: str, people: Mapping[str, str]) -> Table:
    """Return what Cognito says to a stranger of each of these people.

    people: what is true of each, which the stranger does not know. The wrong code is entered first,
    while none is out.
    """
    rows = []
    for what, name in people.items():
        who: Any = {"ClientId": client_id, "Username": name}
        client = lesson.quiet
        lesson.box.advance(3600)
        entered = _said(
            client.confirm_forgot_password,
            **who,
            ConfirmationCode=_WRONG_CODE,
            Password="Good-Enough-2",
        )
        asked = _said(client.forgot_password, **who)
        signed = _said(
            client.initiate_auth,
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": "a guess"},
        )
        rows.append((what, asked, entered, signed))
    return Table(
        "What a stranger learns",
        (
            "In truth the user",
            "asking for a code",
            "entering a wrong code",
            "signing in with a guess",
        ),
        tuple(rows),
    )


def needs_credentials(operations: Sequence[str]) -> dict[str, bool]:
    """Return for each operation whether AWS's own model wants it signed with AWS credentials."""
    model = botocore.session.get_session().get_service_model("cognito-idp")
    return {name: model.operation_model(name).auth_type != "none" for name in operations}


def _said(call: Any, **request: Any) -> str:
    try:
        answer = call(**request)
    except ClientError as error:
        return "✗ " + error.response["Error"]["Code"].removesuffix("Exception")
    return (
        f"✓ sent to {answer['CodeDeliveryDetails']['Destination']}"
        if "CodeDeliveryDetails" in answer
        else "✓ done"
    )

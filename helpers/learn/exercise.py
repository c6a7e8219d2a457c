"""Exercises: each check looks at what was really done, and says what is missing."""

import http.client
import json
import string
from contextlib import suppress
from typing import Any

from helpers.display.card import Card
from helpers.display.person import in_a_tab
from helpers.learn import tab
from helpers.learn.lesson import Lesson
from helpers.learn.measure import TAKEN, verdict
from helpers.learn.naming import add_user, seen_by_a_stranger
from helpers.learn.trouble import reproduce
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, serve


def checked(title: str, *points: tuple[str, bool]) -> Card:
    """Return a card that says of each point whether it is there; the title says whether all are."""
    missing = [words for words, there in points if not there]
    head = (
        f"{title}: all done."
        if not missing
        else f"{title}: {len(missing)} of {len(points)} still missing."
    )
    return Card(head, tuple(("✓ done" if there else "✗ missing", words) for words, there in points))


def a_reset(lesson: Lesson) -> Card:
    """Check a whole reset: requested, confirmed, and proved by a sign-in afterwards."""
    good = [call.operation for call in lesson.calls if call.good]
    confirmed = (
        good.index("ConfirmForgotPassword") if "ConfirmForgotPassword" in good else len(good)
    )
    return checked(
        "A reset from beginning to end",
        ("a code was requested (ForgotPassword)", "ForgotPassword" in good),
        (
            "the code was entered with a password that the pool takes (ConfirmForgotPassword)",
            confirmed < len(good),
        ),
        (
            "the new password signed in afterwards (InitiateAuth)",
            "InitiateAuth" in good[confirmed:],
        ),
    )


def _tried(function: Any, *given: Any) -> tuple[Any, str]:
    """Call a reader's function; return its answer, and in words what it raised."""
    try:
        return function(*given), ""
    # Whatever it is, the reader has written it and is to read of it
    except Exception as error:  # noqa: BLE001
        return None, f"it raised {type(error).__name__}: {error}"


def guessed(guess: Any, truth: Any, why: str) -> Card:
    """Check a prediction against what the sandbox really does. An answer of `...` is none yet."""
    if guess is ...:
        return Card("Your prediction is still missing: put it in place of the three dots.")
    if guess == truth or str(guess).strip().casefold() == str(truth).casefold():
        return Card("Right.", (("Why", why),))
    return Card(
        "Not what happens. Think again, or open the solution.", (("You predicted", str(guess)),)
    )


def which_code_works(guess: Any) -> Card:
    """Check a prediction: codes asked for at 09:00 and at 09:30, both tried at 10:15."""
    lesson = Lesson()
    for minutes in (30, 45):
        lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
        lesson.box.advance(60 * minutes)
    working = [
        name
        for name, mail in zip(("first", "second"), lesson.box.mailbox(), strict=True)
        if mail["live"]
    ]
    return guessed(
        guess,
        " and ".join(working),
        "The first code ran out at 10:00; the second is good until 10:30.",
    )


_ADVICE = {
    "a digit is wrong": ("same code",),
    "the password breaks a rule": ("same code",),
    "a space came along with the password": ("same code",),
    "the code is more than an hour old": ("new code",),
    "the fifth try after one request": ("wait",),
    "everybody confirms at once": ("wait",),
    "the trigger after the confirmation raises an error": ("sign in",),
    "the service fails after it did the work": ("sign in",),
    "the answer is lost on its way": ("sign in",),
    "nobody has that name": ("support",),
    "the user is disabled": ("support",),
    "the user never finished signing up": ("support",),
    "the app client's id is wrong": ("support",),
    "the app client has a secret, and no hash of it was sent": ("support",),
    "a firewall is in front of the pool": ("support",),
    "the region is a replica": ("support",),
    "the code was used already": ("new code", "sign in"),
}


def advice_for_every_story(advice: Any) -> Card:
    """Check a function from an error to advice, on stories that are really played."""
    points = []
    for name, right in _ADVICE.items():
        error = reproduce("ConfirmForgotPassword", name).error
        given, raised = _tried(advice, error)
        points.append(
            (
                f"{name}: {raised or ('no advice yet' if given is None else repr(given))}",
                given in right,
            )
        )
    return checked("Advice for every error", *points)


def a_password_without_punctuation(password: Any) -> Card:
    """Check a password without punctuation that Cognito, which is asked, accepts."""
    if password is ...:
        return Card(
            "Your password is still missing: put it in place of the three dots, in quotation marks."
        )
    if not isinstance(password, str):
        return Card(
            "A password is a text: put it in quotation marks.", (("You gave", repr(password)),)
        )
    said = verdict(Lesson(), password)
    return checked(
        "A password without punctuation",
        ("it has no punctuation", not set(password) & set(string.punctuation)),
        (f"Cognito takes it; it says: {said}", said == TAKEN),
    )


def tries_that_are_heard(guess: Any) -> Card:
    """Check a prediction: how many tries are heard, of six every 10 minutes and four at 61."""
    lesson, heard, before = Lesson(), 0, 0
    for minute in (0, 10, 20, 30, 40, 50, 61, 61, 61, 61):
        lesson.box.advance(60 * (minute - before))
        before = minute
        with suppress(lesson.quiet.exceptions.LimitExceededException):
            lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
            heard += 1
    return guessed(
        guess,
        heard,
        "Five, then none at minute 50. At minute 61 only the try of minute 0 is more than an hour"
        " old.",
    )


def a_secret_hash(function: Any) -> Card:
    """Check a function of (username, client_id, client_secret), by asking Cognito."""
    lesson, taken = Lesson(), False
    made = lesson.quiet.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID, ClientName="judge", GenerateSecret=True
    )
    client_id, secret = made["UserPoolClient"]["ClientId"], made["UserPoolClient"]["ClientSecret"]
    given, raised = _tried(function, DEFAULT_USERNAME, client_id, secret)
    text = given if isinstance(given, str) else ""
    if given is not None and not isinstance(given, str):
        raised = f"it returned {type(given).__name__}"
    with suppress(lesson.quiet.exceptions.ClientError):
        taken = bool(
            text
            and lesson.quiet.forgot_password(
                ClientId=client_id, Username=DEFAULT_USERNAME, SecretHash=text
            )
        )
    return checked(
        "Your SECRET_HASH",
        ("it returns a text" + (f"; {raised}" if raised else ""), isinstance(given, str)),
        ("the text is Base64 of 32 bytes, so 44 characters long", len(text) == 44),
        ("Cognito takes it", taken),
    )


def what_tells_them_apart(guess: Any) -> Card:
    """Check a prediction: which question tells an unverified user from nobody."""
    lesson = Lesson()
    made = lesson.quiet.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientName="hiding",
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    )
    add_user(lesson, DEFAULT_POOL_ID, "ben", "ben@example.com", verified=False)
    seen = seen_by_a_stranger(
        lesson, made["UserPoolClient"]["ClientId"], {"ben": "ben", "nobody": "nobody"}
    )
    told = [
        head
        for head, ben, nobody in zip(seen.headings, *seen.rows, strict=True)
        if ben[:1] == "✗" and ben != nobody
    ]
    return guessed(
        guess,
        " and ".join(told),
        "Only a user who exists can have no code; for all others any code is wrong.",
    )


def a_migration(handler: Any) -> Card:
    """Check a handler: `cem`, with the password Old-Shop-Pass-1, moves without noticing."""

    def played(name: str, password: str = "") -> tuple[str, bool]:
        lesson = Lesson()
        lesson.box.on("UserMigration", handler)
        said = "yes"
        try:
            if password:
                lesson.quiet.initiate_auth(
                    ClientId=DEFAULT_CLIENT_ID,
                    AuthFlow="USER_PASSWORD_AUTH",
                    AuthParameters={"USERNAME": name, "PASSWORD": password},
                )
            else:
                lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=name)
        except lesson.quiet.exceptions.ClientError as error:
            said = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        users = lesson.quiet.list_users(UserPoolId=DEFAULT_POOL_ID)["Users"]
        return said, name in [user["Username"] for user in users]

    old, _ = played("cem", "Old-Shop-Pass-1")
    wrong, over = played("cem", "Wrong-1-Pass")
    forgot, _ = played("cem")
    moves = old == "yes"  # without that, what is refused is no merit of the handler
    strangers = [said for said, _ in (played("nobody"), played("nobody", "Old-Shop-Pass-1"))]
    return checked(
        "Your migration",
        (
            f"cem signs in with his old password and notices nothing; Cognito says {old}",
            moves,
        ),
        (
            (
                "with a wrong password cem does not get in, and is not brought over; Cognito says"
                f" {wrong}"
            ),
            moves and wrong != "yes" and not over,
        ),
        (f'cem can click "forgot password" first; Cognito says {forgot}', forgot == "yes"),
        (
            f"nobody else is let in: there is no such user; Cognito says {strangers[0]}",
            forgot == "yes" and all(one.startswith("UserNotFoundException: ") for one in strangers),
        ),
    )


def a_message_in_two_languages(function: Any) -> Card:
    """Check a CustomMessage trigger: German for a locale of de, English for all others."""
    wanted = {"de-AT": "Ihr Code: ", "en-GB": "Your code: ", "": "Your code: "}
    points = []
    for locale, start in wanted.items():
        lesson = Lesson()
        lesson.quiet.update_user_pool(
            UserPoolId=DEFAULT_POOL_ID,
            AutoVerifiedAttributes=["email"],
            EmailConfiguration={
                "EmailSendingAccount": "DEVELOPER",
                "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/help@example.com",
            },
        )
        if locale:
            lesson.quiet.admin_update_user_attributes(
                UserPoolId=DEFAULT_POOL_ID,
                Username=DEFAULT_USERNAME,
                UserAttributes=[{"Name": "locale", "Value": locale}],
            )
        lesson.box.on("CustomMessage", function)
        said = ""
        try:
            lesson.quiet.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
            message = lesson.box.mailbox()[-1]
            said = str(message["body"])
            good = said == f"{start}{message['code']}"
            said = said.replace(str(message["code"]), "(the code)")
        except lesson.quiet.exceptions.ClientError as error:
            said, good = error.response["Error"]["Message"], False
        points.append((f"locale {locale or '(none)'}: {said}", good))
    return checked("A message in two languages", *points)


def a_request_by_hand(headers: Any, body: Any) -> Card:
    """Check a ForgotPassword in plain HTTP, as headers and body, on a sandbox."""
    lesson = Lesson()
    try:
        text = body if isinstance(body, str) else json.dumps(body)
        named = {str(name).lower(): str(value) for name, value in dict(headers).items()}
        names = set(json.loads(text))
        status, said = _posted(
            lesson, {name: value for name, value in named.items() if name != "content-length"}, text
        )
    except (TypeError, ValueError) as error:
        return Card(
            "This cannot be sent: headers and body are dictionaries of texts.",
            (("Python says", str(error)),),
        )
    return checked(
        "A request by hand",
        (
            "X-Amz-Target names the service and ForgotPassword",
            named.get("x-amz-target") == "AWSCognitoIdentityProviderService.ForgotPassword",
        ),
        (
            "Content-Type says that it is AWS's JSON",
            named.get("content-type", "").startswith("application/x-amz-json-1.1"),
        ),
        ("the body names the app client and the user", {"ClientId", "Username"} <= names),
        (f"Cognito answers with 200; it says {status}: {said[:120]}", status == 200),
        ("a message has come", bool(lesson.box.mailbox())),
    )


def _posted(lesson: Lesson, headers: dict[str, str], text: str) -> tuple[int, str]:
    if in_a_tab():
        return tab.post(lesson.box, headers, text.encode())
    with serve(lesson.box, port=0) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            connection.request("POST", "/", text.encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

"""The runbook request-code: have a code sent, once, and say honestly where it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from helpers.cognito import actions, reads
from helpers.cognito.actions import CodeDelivery
from helpers.cognito.errors import LimitReached, NotReached, Refused, ResetError, Unsettled
from helpers.cognito.models import Pool, User
from helpers.display.card import Card
from helpers.run.base import Runbook
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome, Step, step_failed
from helpers.run.result import Result, not_reached
from helpers.runbooks.diagnosis.diagnose import diagnose, route
from helpers.runbooks.registry import LOOK_FOR_MESSAGE
from helpers.runbooks.schemas import RequestCodeParameters
from helpers.runbooks.steps import Reader, step_done
from helpers.secrets.secret import Secret
from helpers.target import Target

HOUR = timedelta(hours=1)
PAUSE = timedelta(seconds=60)
BUDGET = "asking for a code and entering one count together: 5 to 20 an hour"
_WORDS = {"EMAIL": "e-mail", "SMS": "text message"}
_OPERATION = "ForgotPassword"


@dataclass
class Asked:
    """When codes were requested here for one user, and when Cognito said: too often."""

    times: list[datetime] = field(default_factory=list)
    limited: datetime | None = None

    def lately(self, now: datetime) -> list[datetime]:
        """Return the requests of the last hour."""
        return [time for time in self.times if now - time < HOUR]


_ASKED: dict[tuple[str, str, str], Asked] = {}


class RequestCode(Runbook[RequestCodeParameters]):
    """One run of request-code. See Runbook for the steps."""

    name: ClassVar[str] = "request-code"
    parameters_model: ClassVar[type[Parameters]] = RequestCodeParameters
    title: ClassVar[str] = "Have a confirmation code sent"
    button: ClassVar[str] = "Send the user a code"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "client_id",
        "user_pool_id",
        "again",
        "client_secret",
    )
    reads: ClassVar[str] = "the user and the pool"
    verify_hint: ClassVar[str] = LOOK_FOR_MESSAGE

    def _plan(self) -> Card:
        """Return what will be sent and what it changes. Reads user and pool if that is named."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        hashed = ", SecretHash" if p.client_secret else ""
        asked, now = self._asked(p), p.to_target().now()
        goes, password, against = "", "", self._too_soon(p, asked, now)
        if against is None:
            goes, password, against = self._foreseen(p)
        if against:
            return Card(
                "What will happen", (("What blocks it", against.headline), *against.card().rows)
            )
        return Card(
            "What will happen",
            (
                (
                    "Read first",
                    (
                        "AdminGetUser and DescribeUserPool; a user who is read counts as active"
                        " this month, which AWS bills"
                        if p.user_pool_id
                        else ""
                    ),
                ),
                ("Sent, once", f"{_OPERATION} (ClientId, Username{hashed})"),
                (
                    "Cannot be undone",
                    "a message that was sent, and one of the user's tries in this hour",
                ),
                ("Where it would go", goes),
            ),
            (
                (
                    "Confirmation code",
                    f"{_times(asked.lately(now))} requested here in the last hour",
                    "a new one, good for an hour",
                ),
                ("Tries in this hour", f"not known; {BUDGET}", "one fewer"),
                (
                    f"Password of {p.username}",
                    password,
                    f"{password.partition(',')[0]} until the code is confirmed",
                ),
            ),
        )

    def _act(
        self, parameters: RequestCodeParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        asked, now = self._asked(parameters), target.now()
        too_soon = self._too_soon(parameters, asked, now)
        if too_soon:
            return too_soon
        steps: tuple[Step, ...] = ()
        user = pool = None
        notes: tuple[str, ...] = ()
        if parameters.user_pool_id:
            try:
                user, pool, steps = self._look(parameters, target)
            except ResetError as exc:
                # The request itself needs no permission, so it need not wait for the reading.
                notes = (f"Where it would go could not be read beforehand: {exc}",)
            else:
                against = self._objection(parameters, user, pool)
                if against:
                    return replace(against, steps=steps)
        try:
            sent = actions.request_code(
                target.client(),
                client_id=parameters.client_id,
                username=parameters.username,
                client_secret=secrets.get("client_secret"),
            )
        except NotReached as exc:
            return not_reached(exc, *steps, step_failed(_OPERATION, exc, target.now()))
        except Unsettled as exc:
            asked.times.append(now)
            return Result(
                Outcome.UNKNOWN,
                8,
                f"Unknown: whether a code was sent to {parameters.username}.",
                happened=exc.message or exc.code,
                meaning=exc.meaning,
                say=exc.say,
                next=exc.next,
                notes=notes,
                steps=(*steps, step_failed(_OPERATION, exc, target.now())),
                decided_by=_OPERATION,
                next_runbook=self.follow("confirm-reset"),
            )
        except Refused as exc:
            asked.limited = now if isinstance(exc, LimitReached) else asked.limited
            return Result(
                Outcome.REFUSED,
                exc.exit_code,
                "Refused: no code was sent.",
                happened=str(exc),
                meaning=exc.meaning,
                say=exc.say,
                next=exc.next,
                notes=(*notes, f"What may be tried again: {exc.again}."),
                steps=(*steps, step_failed(_OPERATION, exc, target.now())),
                decided_by=_OPERATION,
                next_runbook=self.follow(exc.runbook, symptom=exc.code),
            )
        asked.times.append(now)
        step = step_done(_OPERATION, sent, target)
        honest = self._how_sure(sent, user, pool)
        count = (
            f"Requested here in the last hour: {_times(asked.lately(now))}. To Cognito, {BUDGET}."
        )
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Cognito says: a code was sent to {_where(sent)}.",
            happened="Cognito accepted the message for sending; that is not yet its arrival.",
            meaning=(
                "The newest code is the one to use; whether older ones still work AWS does not say."
                " It is good for an hour, and the password stays as it is until it is confirmed."
                f" {honest}"
            ),
            say=(
                f"You get a message at {_where(sent)} in a moment. Please look into the spam folder"
                " too. Type the newest code on the sign-in page, under Forgot password. Tell it to"
                " nobody, not to us either."
            ),
            next=(
                f"Stay on the line: the user types the code on {_page(parameters)}, under"
                " 'forgot password'. Only where there is no such page, call back on a number on"
                " file and run confirm-reset. If no message comes within a few minutes, do not ask"
                " again at once: run diagnose-user."
            ),
            proof="Cognito's own answer; nothing can prove that a message arrived.",
            notes=(*notes, count),
            steps=(*steps, step),
            decided_by=_OPERATION,
            next_runbook=self.follow("confirm-reset"),
        )

    # --- inner ---

    def _asked(self, p: RequestCodeParameters) -> Asked:
        target = p.to_target()
        # Names differ by case only in pools that tell it apart; asking once too little does no
        # harm.
        return _ASKED.setdefault((target.where(), p.client_id, p.username.casefold()), Asked())

    def _too_soon(self, p: RequestCodeParameters, asked: Asked, now: datetime) -> Result | None:
        if asked.limited and now - asked.limited < HOUR:
            return Result(
                Outcome.NOT_SENT,
                5,
                "Not sent: this user's tries are used up.",
                happened=f"Cognito said at {asked.limited:%H:%M} UTC that there were too many.",
                meaning=(
                    "Another request would only be refused; how long it lasts is never said, up to"
                    " an hour."
                ),
                say=(
                    "Please do not try again for now. Wait an hour, then we start over with a new"
                    " code."
                ),
                next=(
                    "Wait for up to an hour, then request one new code. Who cannot wait needs proof"
                    " of identity first (set-password)."
                ),
            )
        lately = asked.lately(now)
        if not lately or (p.again == "yes" and now - lately[-1] >= PAUSE):
            return None
        return Result(
            Outcome.NOT_SENT,
            5,
            "Not sent: a code was requested here not long ago.",
            happened=f"The last one was requested at {lately[-1]:%H:%M:%S} UTC.",
            meaning=(
                "It is good for an hour. Another one may end it, spends a try, and sets two"
                " messages against each other."
            ),
            say=(
                "Please look for the message again, also in the spam folder. It may take a few"
                " minutes."
            ),
            next=(
                "The user types the code of the newest message. If there is none after a look, run"
                " diagnose-user; or set 'Send another one?' (again) to yes, a minute after the last"
                " request at the earliest."
            ),
            next_runbook=self.follow("confirm-reset"),
        )

    def _look(
        self, p: RequestCodeParameters, target: Target
    ) -> tuple[User, Pool, tuple[Step, ...]]:
        reader = Reader(target, p.user_pool_id)
        user = reader.read("AdminGetUser", reads.look_up, username=p.username)
        pool = reader.read("DescribeUserPool", reads.read_pool)
        return user, pool, tuple(reader.steps)

    def _foreseen(self, p: RequestCodeParameters) -> tuple[str, str, Result | None]:
        """Return where a code would go, the password's state, and what blocks it."""
        works = "works, if it is remembered"
        if not p.user_pool_id:
            return "not looked up; name the user pool to know it beforehand", works, None
        try:
            user, pool, _ = self._look(p, p.to_target())
        except ResetError as exc:
            return f"could not be read: {exc}", works, None
        password = "taken away already" if user.status == "RESET_REQUIRED" else works
        return " ".join(route(user, pool).why), password, self._objection(p, user, pool)

    def _objection(self, p: RequestCodeParameters, user: User, pool: Pool) -> Result | None:
        """Return why no code can reach this user, to spare a try and a made-up answer."""
        able = user.enabled and user.status in ("CONFIRMED", "RESET_REQUIRED")
        if able and route(user, pool).contact:
            return None
        found = diagnose(username=p.username, user=user, pool=pool, client=None)
        known = {name: value for name, value in found.parameters.items() if name != "username"}
        return Result(
            Outcome.NOT_SENT,
            6,
            "Not sent: no code would reach this user.",
            happened=found.headline,
            meaning=found.meaning,
            say=found.say,
            next=found.next,
            notes=found.evidence,
            next_runbook=self.follow(found.runbook, **known),
        )

    def _how_sure(self, sent: CodeDelivery, user: User | None, pool: Pool | None) -> str:
        """Say how far the destination in Cognito's answer may be believed."""
        if user is not None:
            contact = route(user, pool).contact
            if contact and contact.shown == sent.destination:
                return "It is the verified contact that was read from the account."
            return (
                "The account, as it was read, would send it elsewhere; run diagnose-user before you"
                " rely on it."
            )
        if sent.destination and not sent.destination.endswith("***") and sent.medium != "SMS":
            return (
                "This destination does not look like a real one: an app client that hides which"
                " users exist makes one up. That is a rule of thumb; run diagnose-user to know."
            )
        return (
            "Where the app client hides which users exist, Cognito gives such an answer for a user"
            " who is unknown, disabled or without a verified contact too, and sends nothing. Run"
            " diagnose-user to know."
        )


def _page(p: RequestCodeParameters) -> str:
    page = p.named_pool.sign_in_page
    return f"the sign-in page, {page}" if page else "the application's sign-in page"


def _where(sent: CodeDelivery) -> str:
    return (
        f"{sent.destination or 'a place that it does not name'} by"
        f" {_WORDS.get(sent.medium, 'a message')}"
    )


def _times(asked: list[datetime]) -> str:
    return {0: "none", 1: "one"}.get(len(asked), str(len(asked)))

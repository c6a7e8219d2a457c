"""The runbook confirm-reset: set a new password with the code that the user was sent."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from helpers.cognito import actions, reads
from helpers.cognito.errors import (
    Answered,
    LimitReached,
    NotReached,
    PasswordRefused,
    Problem,
    Refused,
    ResetError,
    Unsettled,
)
from helpers.cognito.policy import MAXIMUM_LENGTH, PasswordPolicy, is_well_formed
from helpers.display.card import Card
from helpers.run.base import Runbook
from helpers.run.parameters import Parameters
from helpers.run.record import NextRunbook, Outcome, Step, step_failed
from helpers.run.result import Result, not_reached
from helpers.runbooks.schemas import ConfirmResetParameters
from helpers.runbooks.steps import SIGNED_IN, Reader, step_done, try_sign_in
from helpers.secrets.secret import Secret
from helpers.target import Target, TargetError

_NOT_CHANGED = "Refused: Cognito did not change the password."
_DONE = "Done: the password of {} is changed."
_SET_BEFORE = (
    "The new password signs in already: an earlier try has set it. There is nothing left to do."
)
_DEFAULT_POLICY = "Cognito's default; this pool's own may differ"
_SAY_DONE = "Your new password works from now on. Please sign in with it."
_SAY_AGAIN = (
    "It has most likely not gone through. Please keep your code and hold the line; I will try"
    " again."
)
_NEXT_DONE = (
    "Nothing more for the password. Devices that were signed in stay signed in: if somebody else"
    " may have had the old password, run sign-out-everywhere."
)


class ConfirmReset(Runbook[ConfirmResetParameters]):
    """One run of confirm-reset. See Runbook for the steps."""

    name: ClassVar[str] = "confirm-reset"
    parameters_model: ClassVar[type[Parameters]] = ConfirmResetParameters
    title: ClassVar[str] = "Set a new password"
    button: ClassVar[str] = "Set the new password"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "client_id",
        "code",
        "new_password",
        "client_secret",
    )
    verify_hint: ClassVar[str] = "Try one sign-in with the new password before anything else."
    reads: ClassVar[str] = "the password policy"
    requests_codes: ClassVar[bool] = True

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.policy = PasswordPolicy()
        self.policy_source = _DEFAULT_POLICY
        self._policy_known = False
        self._answer_lost = False

    def practice(self, username: str = "") -> Card:
        """In the sandbox, be the user: request a code, unless a live one is waiting already.

        Elsewhere the user has asked for the code, and nothing is sent. username: as typed in the
        form.
        """
        p = self.parameters
        if p is None or not p.to_target().may_be_sandbox:
            return Card(
                "Not in the sandbox: the user has requested the code, and nothing is sent here."
            )
        target = p.to_target()
        whom = username or p.username
        if not username and p.code != "mailbox:" and not target.private:
            return Card("The code comes from elsewhere, so none is requested here.")
        try:
            if any(message["live"] for message in target.mailbox(whom)):
                return Card("A code is waiting in the sandbox's mailbox already.")
        except TargetError as exc:
            return Card("There is no mailbox to look into.", (("What happened", str(exc)),))
        try:
            delivery = actions.request_code(target.client(), client_id=p.client_id, username=whom)
        except ResetError as exc:
            return Card(
                "No code could be requested.",
                (("What happened", str(exc)), ("What to do next", exc.next)),
            )
        return Card(
            "The user has requested a code.",
            (
                ("Sent to", f"{delivery.destination} ({delivery.medium})"),
                ("Request id", delivery.request_id),
            ),
        )

    def _plan(self) -> Card:
        """Return what will be sent and what it changes. Reads the policy of a named pool."""
        p = self.parameters
        if p is None:
            return self._incorrect()
        self._read_policy(p)
        proof = "InitiateAuth with the new password, as the proof; its tokens are dropped at once"
        members = "ClientId, Username, ConfirmationCode, Password"
        if p.client_secret:
            members += ", SecretHash"
        return Card(
            "What will happen",
            (
                ("First choice", self._first_choice(p)),
                ("Sent, once", f"ConfirmForgotPassword ({members})"),
                ("Then, once", proof),
                ("Cannot be undone", "the old password is gone"),
                ("Code", p.shown()["code"]),
                ("New password", f"{p.shown()['new_password']}; it needs {self.rules_in_words()}"),
                ("Password policy", self.policy_source),
            ),
            (
                (f"Password of {p.username}", "the one that was forgotten", "the new one"),
                ("Confirmation code", "good for an hour after it was sent", "used up"),
                ("Status", "CONFIRMED or RESET_REQUIRED; not looked up", "CONFIRMED"),
                ("Devices that are signed in", "signed in", "signed in"),
            ),
        )

    @staticmethod
    def _first_choice(p: ConfirmResetParameters) -> str:
        """Say what comes before typing a user's code here."""
        page = p.named_pool.sign_in_page
        where = f"the sign-in page, {page}" if page else "the application's sign-in page"
        return (
            f"the user types the code on {where}. Here only where there is no such page, and on the"
            " phone only after a call back to a number on file"
        )

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Show the password's rules as they are typed, and have the code typed as digits."""
        if self.parameters is not None and self.policy_source == _DEFAULT_POLICY:
            self._read_policy(self.parameters)
        return {
            **super().field_extras(),
            "code": {
                "help": "Six digits, from the newest message. Spaces and hyphens do not matter.",
                "numeric": True,
                "shown": True,
            },
            "new_password": {
                "help": f"Password policy: {self.policy_source}.",
                "rules": [
                    {"words": rule.words, "pattern": rule.pattern} for rule in self.policy.rules()
                ],
                "rules_known": self._policy_known,
            },
        }

    def rules_in_words(self) -> str:
        """Return the rules of the password policy, separated by commas."""
        return ", ".join(rule.words for rule in self.policy.rules())

    def _read_policy(self, p: ConfirmResetParameters) -> None:
        if not p.user_pool_id or self._policy_known:
            return
        try:
            self.policy = (
                Reader(p.to_target(), p.user_pool_id)
                .read("DescribeUserPool", reads.read_pool)
                .policy
            )
        except ResetError as exc:
            self.policy_source = (
                f"could not be read ({exc}); Cognito's default is assumed, and Cognito decides"
            )
        else:
            self._policy_known = True
            self.policy_source = f"read from {p.user_pool_id}"

    def _check(
        self, parameters: ConfirmResetParameters, secrets: dict[str, Secret]
    ) -> tuple[list[Problem], list[str]]:
        problems, notes = [], []
        pool = parameters.named_pool
        if self.person and pool.name and not (pool.is_practice or pool.asks.codes_by_phone):
            words = (
                f"is not typed here: the pool {pool.name} takes no codes by phone. Have the user"
                f" type it on {pool.sign_in_page or 'the sign-in page'}."
            )
            problems.append(Problem("code", words))
        secrets["code"], removed = clean_code(secrets["code"])
        if removed:
            notes.append(
                f"{removed} character(s) that belong to no code (spaces, hyphens, invisible ones)"
                " were removed from the code."
            )
        code, password = secrets["code"].reveal(), secrets["new_password"].reveal()
        if not (len(code) == 6 and code.isdigit()):
            words = (
                f"must be the six digits of the newest message; this has {len(code)} characters."
            )
            problems.append(Problem("code", words))
        if not is_well_formed(password):
            words = f"must not begin or end with a space, and has 2 to {MAXIMUM_LENGTH} characters."
            problems.append(Problem("new_password", words))
        elif self._policy_known:
            broken = [rule.words for rule in self.policy.violations(password)]
            if broken:
                problems.append(Problem("new_password", f"needs {', '.join(broken)}."))
        return problems, notes

    def _act(
        self, parameters: ConfirmResetParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        client = target.client()
        whom = {"client_id": parameters.client_id, "username": parameters.username}
        client_secret = secrets.get("client_secret")

        def sign_in() -> tuple[Step, str | ResetError]:
            password = secrets["new_password"]
            step, answer = try_sign_in(
                client, target, **whom, password=password, client_secret=client_secret
            )
            return step, answer if isinstance(answer, ResetError) else _proved_by(answer.challenge)

        confirming = "ConfirmForgotPassword"
        try:
            confirmed = actions.confirm(
                client,
                **whom,
                code=secrets["code"],
                new_password=secrets["new_password"],
                client_secret=client_secret,
            )
        except NotReached as exc:
            return not_reached(exc, step_failed(confirming, exc, target.now()))
        except Unsettled as exc:
            self._answer_lost = True
            return self._reconcile(exc, step_failed(confirming, exc, target.now()), sign_in())
        except Refused as exc:
            step = step_failed(confirming, exc, target.now())
            if exc.code != "ExpiredCodeException":
                return self._refused(exc, (step,))
            # An earlier try whose answer was lost has used the code up; one sign-in shows it, and
            # spends no reset attempt.
            proof = sign_in()
            if self._answer_lost:
                return self._reconcile(exc, step, proof)
            return self._refused(exc, (step, proof[0]), proof[1])
        return self._confirmed(
            parameters.username, step_done(confirming, confirmed, target), *sign_in()
        )

    def _reconcile(
        self, error: Answered, step: Step, proof: tuple[Step, str | ResetError]
    ) -> Result:
        """Decide by the new password what became of a confirm whose answer was lost."""
        signed_in = proof[1]
        if isinstance(signed_in, str):
            self._answer_lost = False
            return Result(
                Outcome.CONFIRMED,
                0,
                _DONE.format(error.username),
                happened=(
                    f"The answer was lost, but the change was made. ({error.message or error.code})"
                ),
                meaning="Cognito had done its work before the answer was lost.",
                say=_SAY_DONE,
                next=_NEXT_DONE,
                proof=signed_in,
                steps=(step, proof[0]),
            )
        failed = isinstance(error, Unsettled) and isinstance(signed_in, PasswordRefused)
        return Result(
            Outcome.UNKNOWN,
            8,
            f"Unknown: the password of {error.username} may have been changed.",
            happened=error.message or error.code,
            meaning=error.meaning,
            say=_SAY_AGAIN if failed else error.say,
            next=_after(error, signed_in),
            proof="",
            notes=(_why_unproved(signed_in),),
            steps=(step, proof[0]),
            next_runbook=self._follow_refusal(error) if isinstance(error, Refused) else None,
        )

    def _follow_refusal(self, error: Refused) -> NextRunbook | None:
        # request-code sends no second code within the hour unless told that this one is no use.
        return self.follow(error.runbook, symptom=error.code, again="yes")

    def _refused(
        self, error: Refused, steps: tuple[Step, ...], proof: str | ResetError = ""
    ) -> Result:
        if proof and isinstance(proof, str):
            return Result(
                Outcome.REFUSED,
                error.exit_code,
                _NOT_CHANGED,
                happened=str(error),
                meaning=error.meaning,
                say=_SAY_DONE,
                next="Nothing: the password is the one that was asked for.",
                steps=steps,
                notes=(_SET_BEFORE,),
            )
        return Result(
            Outcome.REFUSED,
            error.exit_code,
            _NOT_CHANGED,
            happened=str(error),
            meaning=error.meaning,
            say=error.say,
            next=_after(error, proof),
            notes=(f"What may be tried again: {error.again}.",),
            steps=steps,
            next_runbook=self._follow_refusal(error),
        )

    def _confirmed(
        self, username: str, step: Step, proof_step: Step, proof: str | ResetError
    ) -> Result:
        if isinstance(proof, PasswordRefused):
            return Result(
                Outcome.UNKNOWN,
                8,
                f"Unknown: Cognito said yes for {username}, but the new password does not sign in.",
                happened=str(proof),
                meaning="The change and the sign-in contradict each other.",
                say="Please try to sign in with the new password once.",
                next="Run diagnose-user, then start over with a new code.",
                steps=(step, proof_step),
                next_runbook=self.follow("diagnose-user"),
            )
        if isinstance(proof, ResetError):
            locked = isinstance(proof, LimitReached) and proof.code == "NotAuthorizedException"
            return Result(
                Outcome.CONFIRMED,
                0,
                _DONE.format(username),
                happened="Cognito accepted the code and the new password.",
                meaning="The user can sign in with the new password.",
                next=_NEXT_DONE,
                say=f"Your new password is set. {proof.say}" if locked else _SAY_DONE,
                proof="Cognito's own answer to the change.",
                notes=(f"It could not also be proved by a sign-in: {proof.meaning or proof}",),
                steps=(step, proof_step),
            )
        return Result(
            Outcome.CONFIRMED,
            0,
            _DONE.format(username),
            happened="Cognito accepted the code and the new password.",
            meaning="The user can sign in with the new password; the old one no longer works.",
            say=_SAY_DONE,
            next=_NEXT_DONE,
            proof=proof,
            steps=(step, proof_step),
        )


def clean_code(code: Secret) -> tuple[Secret, int]:
    """Return a code without spaces, hyphens and invisible characters, and how many those were."""
    # Z: spaces; C: control and invisible characters; Pd: hyphens and dashes.
    kept = [c for c in code.reveal() if not re.match("[ZC]|Pd", unicodedata.category(c))]
    return Secret("".join(kept), "code"), len(code.reveal()) - len(kept)


def _proved_by(challenge: str) -> str:
    if not challenge:
        return SIGNED_IN
    return f"Cognito accepted the new password and asks for the next factor ({challenge})."


def _after(error: Answered, proof: str | ResetError) -> str:
    """Return what to do next; a sign-in that was refused is not asked for again."""
    if not isinstance(proof, PasswordRefused):
        return error.next
    again = (
        "run this again with the same code, and with a new one only when Cognito says that the code"
        " is no longer good."
    )
    if isinstance(error, Refused):
        again = "request one new code through the same app client and use that."
    return f"One sign-in with the new password did not work, so most likely it was not set: {again}"


def _why_unproved(error: ResetError) -> str:
    if isinstance(error, PasswordRefused):
        return "One sign-in with the new password did not work, so it was most likely not changed."
    return f"A sign-in could not settle it: {error.meaning or error}"

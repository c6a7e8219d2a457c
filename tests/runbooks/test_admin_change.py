"""The runbooks of an administrator: stopped at the gate, refused at each call, cut off at each
call. The record is true.

Each case is one runbook on a user whom it changes, and how to see in the sandbox whether it has.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from helpers.cognito.errors import BadParameters
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.run.result import NotDone
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, plant_case
from helpers.target import Target

LOST = ["drop-after-commit", "delay-after-commit", "500-after-commit"]
NO_ANSWER = [*LOST, "500-before-commit"]


@dataclass(frozen=True)
class Case:
    """One runbook that changes a user: the call, and whether the user reads as changed.

    proofs: the calls that prove it, () where none can. elsewhere: what has to be given where it is
    no practice. typed: what only a person in the form has to type. after_lost: the runbook that goes on when nothing settles a lost answer.
    """

    runbook: str
    operation: str
    changed: Any
    values: dict[str, str] = field(default_factory=dict)
    proofs: tuple[str, ...] = ("AdminGetUser",)
    elsewhere: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    after_lost: str = "diagnose-user"

    def run(self, **more):
        proved = {"proof_of_identity": "called back on the number in the contract"}
        elsewhere = {**proved, **self.elsewhere} if more.get("target") == "aws" else {}
        return RUNBOOKS[self.runbook].runs(
            **{"interactive": "no", **self.values, **elsewhere, **more}
        )


def reset_required(user):
    return user["UserStatus"] == "RESET_REQUIRED"


def has_temporary_password(user):
    return user["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def is_verified(user):
    return {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]


CASES = [
    Case("admin-reset", "AdminResetUserPassword", reset_required),
    Case("lock-user", "AdminDisableUser", lambda user: not user["Enabled"]),
    Case(
        "fix-contact",
        "AdminUpdateUserAttributes",
        is_verified,
        {"username": "no-verified-contact@example.com"},
        typed={"contact_said": "No-Verified-Contact@example.com "},
    ),
    # No reading shows a session: what became of them is tested in test_sign_out_everywhere.
    Case(
        "sign-out-everywhere",
        "AdminUserGlobalSignOut",
        bool,
        proofs=(),
        after_lost="sign-out-everywhere",
    ),
    Case(
        "set-password",
        "AdminSetUserPassword",
        has_temporary_password,
        proofs=("InitiateAuth", "AdminGetUser"),
        elsewhere={"password_to": "ssm:/handover/diego", "client_id": ""},
        after_lost="set-password",
    ),
]
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)
PROVED = pytest.mark.parametrize(
    "case", [case for case in CASES if case.proofs], ids=lambda case: case.runbook
)


@pytest.fixture
def client(sandbox):
    sandbox.settings(delay_seconds=60)
    plant_case(sandbox, "no-verified-contact")
    return Target().client(signed=True)


def read(client, case):
    return client.admin_get_user(
        UserPoolId=DEFAULT_POOL_ID, Username=case.values.get("username", "diego@example.com")
    )


def sent(sandbox, case):
    return sum(sandbox.counts()["calls"].get(case.operation, {}).values())


@EVERY
def test_done_is_proved_and_the_record_holds_every_call_in_its_order(case, client, sandbox):
    run = case.run()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert sent(sandbox, case) == 1
    assert case.changed(read(client, case))
    names = [step.name for step in result.steps]
    assert names[0] == "AdminGetUser"
    assert case.operation in names
    assert result.request_id == next(
        step.request_id for step in result.steps if step.name == case.operation
    )
    assert result.say
    assert result.next
    assert run.prove()


@EVERY
@pytest.mark.parametrize("repeated", ["", "diego@example", "DIEGO@EXAMPLE.COM"])
def test_without_a_person_a_closed_gate_stops_everything(case, repeated, client, sandbox):
    with pytest.raises(BadParameters) as caught:
        case.run(confirm_username=repeated)
    assert [problem.field for problem in caught.value.problems] == ["confirm_username"]
    assert sandbox.counts()["calls"] == {}


@EVERY
def test_another_user_with_the_defaults_gate_is_stopped(case, sandbox):
    with pytest.raises(BadParameters, match="repeat the username"):
        case.run(username="maria@example.com")


@EVERY
def test_in_the_form_the_gate_starts_empty_and_stops_the_button(case, client, sandbox):
    shown = InteractiveRun(case.run(interactive="yes"))
    gate = next(field for field in shown.form.fields if field["name"] == "confirm_username")
    assert (gate["value"], gate["required"]) == ("", True)
    values = {field["name"]: field["value"] for field in shown.form.fields} | case.typed
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert "repeat the username" in shown.form.errors["confirm_username"]
    assert sent(sandbox, case) == 0
    values["confirm_username"] = values["username"]
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert shown.form.result["outcome"] == "confirmed"
    assert sent(sandbox, case) == 1


@EVERY
def test_the_plan_shows_now_and_after_and_changes_nothing(case, client, sandbox):
    run = case.run()
    run.practice()
    before = read(client, case)
    plan = run.plan()
    assert plan.changes
    assert all(all(change) for change in plan.changes)
    assert "Cannot be undone" in repr(plan)
    after = read(client, case)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}
    assert sent(sandbox, case) == 0


@EVERY
def test_a_plan_can_be_seen_for_the_user_in_the_form_before_the_gate(case, client, sandbox):
    shown = InteractiveRun(case.run(interactive="yes"))
    values = {field["name"]: field["value"] for field in shown.form.fields} | case.typed
    shown.form._handle_custom_msg({"kind": "plan", "turn": shown.form.turn, "values": values}, [])
    assert shown.form.result["outcome"] == "plan"
    assert shown.form.result["changes"]
    assert sent(sandbox, case) == 0


@EVERY
@pytest.mark.parametrize("fault", ["throttle-before-commit", *NO_ANSWER])
def test_where_the_user_cannot_be_read_nothing_is_changed(case, fault, client, sandbox):
    sandbox.fault("AdminGetUser", fault)
    run = case.run()
    result = run.submit()
    assert result.outcome in (Outcome.REFUSED, Outcome.NOT_SENT)
    assert result.exit_code
    assert sent(sandbox, case) == 0
    assert result.next
    with pytest.raises(NotDone):
        run.prove()


@EVERY
def test_a_throttled_change_is_refused_and_not_repeated(case, client, sandbox):
    before = read(client, case)
    sandbox.fault(case.operation, "throttle-before-commit")
    result = case.run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 5)
    assert sent(sandbox, case) == 1
    assert read(client, case)["UserStatus"] == before["UserStatus"]


@EVERY
@pytest.mark.parametrize("fault", NO_ANSWER)
def test_a_lost_answer_is_settled_by_what_proves_the_change_and_nothing_is_done_twice(
    case, fault, client, sandbox
):
    sandbox.fault(case.operation, fault)
    result = case.run().submit()
    assert sent(sandbox, case) == 1
    if fault in LOST and case.proofs:
        assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
        assert any("The answer was lost, but the change was made." in note for note in result.notes)
        assert case.changed(read(client, case))
    else:
        assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
        assert result.next
        assert result.next_runbook
    assert "no_answer" in [step.status for step in result.steps]


@PROVED
@pytest.mark.parametrize("fault", ["throttle-before-commit", *NO_ANSWER])
def test_a_change_whose_proof_cannot_be_read_is_done_all_the_same_and_says_so(
    case, fault, client, sandbox, monkeypatch
):
    run = case.run()
    make = run.make

    def then_fail(*args):
        done = make(*args)
        for proof in case.proofs:
            sandbox.fault(proof, fault)
        return done

    monkeypatch.setattr(run, "make", then_fail)
    result = run.submit()
    assert (result.outcome, sent(sandbox, case)) == (Outcome.CONFIRMED, 1)
    assert result.proof == "Cognito's own answer to the change."
    assert any("could not prove it" in note for note in result.notes)


@EVERY
@pytest.mark.parametrize("fault", NO_ANSWER)
def test_an_answer_lost_twice_stays_unknown(case, fault, client, sandbox, monkeypatch):
    run = case.run()
    make = run.make

    def then_fail(*args):
        for proof in case.proofs:
            sandbox.fault(proof, "drop-after-commit")
        return make(*args)

    monkeypatch.setattr(run, "make", then_fail)
    sandbox.fault(case.operation, fault)
    result = run.submit()
    assert (result.outcome, result.exit_code, sent(sandbox, case)) == (Outcome.UNKNOWN, 8, 1)
    assert result.next_runbook.name == case.after_lost


@EVERY
def test_in_a_plan_for_a_user_who_cannot_be_read_nothing_is_made_up(case, client, sandbox):
    plan = case.run(username="nobody@example.com", confirm_username="nobody@example.com").plan()
    rows = {what.lower(): now for what, now, _ in plan.changes}
    assert "There is no such user" in repr(plan) or "User does not exist" in repr(plan)
    assert {
        rows[what]
        for what in ("status", "old password", "password", "e-mail address")
        if what in rows
    } <= {"not known", "as it is"}


@EVERY
def test_an_unknown_user_leads_to_diagnosis(case, client, sandbox):
    result = case.run(username="nobody@example.com", confirm_username="nobody@example.com").submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 6)
    assert result.next_runbook.name == "diagnose-user"
    assert result.next_runbook.parameters["username"] == "nobody@example.com"
    assert sent(sandbox, case) == 0


@EVERY
def test_an_endpoint_that_nobody_answers_at_is_not_sent(case):
    result = case.run(target="http://127.0.0.1:9").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 7)


@EVERY
def test_on_aws_without_credentials_nothing_is_sent(case, monkeypatch):
    result = case.run(target="aws").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "Sign in to AWS" in result.next


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if RUNBOOKS[case.runbook].runs.reads_pool],
    ids=lambda case: case.runbook,
)
@pytest.mark.parametrize("fault", ["throttle-before-commit", *NO_ANSWER])
def test_where_the_pool_cannot_be_read_nothing_is_changed_and_the_record_has_both_readings(
    case, fault, client, sandbox
):
    sandbox.fault("DescribeUserPool", fault)
    result = case.run().submit()
    assert result.outcome in (Outcome.REFUSED, Outcome.NOT_SENT)
    assert [(step.name, step.status == "done") for step in result.steps] == [
        ("AdminGetUser", True),
        ("DescribeUserPool", False),
    ]
    assert sent(sandbox, case) == 0

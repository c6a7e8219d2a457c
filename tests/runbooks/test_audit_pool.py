"""The runbook audit-pool: it only reads, says what it could not read, and tells what it found."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from helpers import AuditPool
from helpers.form.act import act
from helpers.run.record import MIME, Outcome, Record
from helpers.run.result import NotDone
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.audit.audit_pool import CALLS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, Sandbox, serve
from helpers.target import Target
from tests.runbooks.test_audit_findings import FACTORS, LOGS, QUIET, SESSIONS, WELL_SET

POOL = {"UserPoolId": DEFAULT_POOL_ID}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def new_run(**changes):
    return AuditPool(**{"interactive": "no", **changes})


def called(sandbox):
    return {name: sum(by.values()) for name, by in sandbox.counts()["calls"].items()}


def cell(cell_id):
    return next(
        one.source
        for one in nbformat.read(RUNBOOKS["audit-pool"].path, as_version=4).cells
        if one.id == cell_id
    )


def blocks(cell_id, language):
    return re.findall(rf"```{language}\n(.*?)```", cell(cell_id), re.DOTALL)


# --- what it does ---


def test_the_plan_says_what_is_read_and_sends_nothing(sandbox):
    plan = repr(new_run().plan())
    assert all(call in plan for call in CALLS)
    assert re.search(r"Cannot be undone +nothing", plan)
    assert called(sandbox) == {}


def test_it_makes_the_calls_of_its_policy_and_no_others(sandbox, client):
    policy = json.loads(blocks("needs", "json")[0])
    new_run().submit()
    made = called(sandbox)
    assert {f"cognito-idp:{name}" for name in made} == set(policy["Statement"][0]["Action"])
    assert set(made) == set(CALLS)


def test_the_recorded_steps_are_the_calls_that_were_made(sandbox, client):
    run = new_run()
    run.submit()
    assert [step.name for step in run.record.steps] == list(CALLS)
    assert all(step.status == "done" for step in run.record.steps)


def test_it_changes_nothing(client):
    def everything():
        return [
            client.describe_user_pool(**POOL)["UserPool"],
            client.describe_user_pool_client(**POOL, ClientId=DEFAULT_CLIENT_ID)["UserPoolClient"],
            client.get_user_pool_mfa_config(**POOL)["MfaConfiguration"],
        ]

    before = everything()
    new_run().submit()
    assert everything() == before


def test_the_default_pool_is_read_and_its_weak_points_are_told(sandbox):
    run = new_run()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert result.headline == "11 of 19 settings need a look."
    assert "2. resets fail" in repr(result.card())
    assert (result.card().tone, result.card().title) == ("bad", f"Problem found: {result.headline}")
    assert run.prove().tone == "bad"
    assert "50 e-mails a day" in run.record.meaning
    assert "worst first" in result.next
    assert (result.next_runbook.name, result.next_runbook.parameters) == (
        "diagnose-user",
        {"user_pool_id": DEFAULT_POOL_ID, "username": ""},
    )


def test_a_well_set_pool_is_told_to_be_well(client):
    pool_id = client.create_user_pool(PoolName="well", **WELL_SET)["UserPool"]["Id"]
    client.set_user_pool_mfa_config(UserPoolId=pool_id, **FACTORS)
    client.set_log_delivery_configuration(UserPoolId=pool_id, LogConfigurations=LOGS)
    client.set_user_pool_session_configuration(UserPoolId=pool_id, **SESSIONS)
    client.create_user_pool_client(UserPoolId=pool_id, ClientName="web", **QUIET)
    run = new_run(user_pool_id=pool_id)
    result = run.submit()
    assert re.fullmatch(r"Done: all \d+ settings are well set\.", result.headline)
    assert (result.card().tone, result.card().title) == ("", result.headline)
    assert result.meaning.startswith("Nothing in these settings blocks a reset.")
    assert run.weak_points().rows == ()
    assert len(run.well_set().rows) >= 12


def test_a_fixed_setting_is_gone_at_the_next_run(client):
    client.update_user_pool_client(
        **POOL,
        ClientId=DEFAULT_CLIENT_ID,
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    assert "leaks who exists" not in new_run().submit().meaning


def test_all_app_clients_are_read_also_beyond_one_page(client, sandbox):
    for number in range(65):
        client.create_user_pool_client(**POOL, ClientName=f"app-{number}", **QUIET)
    before = called(sandbox)
    result = new_run().submit()
    assert called(sandbox)["DescribeUserPoolClient"] - before.get("DescribeUserPoolClient", 0) == 66
    assert "app clients (66)" in result.happened
    assert "LEGACY for sandbox" in repr(result.findings)


def test_where_the_calls_leave_the_machine_they_are_paced(monkeypatch):
    box, waits = Sandbox.in_memory(), []
    monkeypatch.setattr("helpers.runbooks.audit.audit_pool.time.sleep", waits.append)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "practice")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "practice")
    with serve(box, port=0) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.endpoint)
        for name in ("one", "two"):
            Target("aws").client(signed=True).create_user_pool_client(**POOL, ClientName=name)
        assert new_run(target="aws").submit().outcome is Outcome.CONFIRMED
    box.close()
    assert waits == [0.25, 0.25]


# --- what blocks it ---


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("fault", "outcome", "exit_code", "status"),
    [
        ("throttle-before-commit", Outcome.REFUSED, 5, "refused"),
        ("500-before-commit", Outcome.REFUSED, 5, "refused"),
        ("drop-after-commit", Outcome.NOT_SENT, 7, "no_answer"),
        ("delay-after-commit", Outcome.NOT_SENT, 7, "no_answer"),
    ],
)
def test_a_call_that_fails_is_named_and_never_green(
    call, fault, outcome, exit_code, status, sandbox
):
    sandbox.settings(delay_seconds=60)
    sandbox.fault(call, fault)
    run = new_run()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (outcome, exit_code)
    assert result.headline.startswith("Not complete: ")
    assert result.headline.endswith(" could not be read. Nothing has changed.")
    assert result.happened
    assert result.meaning
    assert result.next
    failed = [step.name for step in result.steps if step.status != "done"]
    assert failed == [call]
    assert [step.status for step in result.steps if step.name == call] == [status]
    assert "password" not in result.meaning
    with pytest.raises(NotDone):
        run.prove()


@pytest.mark.parametrize(
    ("call", "title"),
    [
        ("GetUserPoolMfaConfig", "second factors not read"),
        ("ListUserPoolClients", "app clients not read"),
        ("DescribeUserPoolClient", "app clients not read"),
    ],
)
def test_what_could_be_read_is_judged_all_the_same_and_the_rest_is_not_known(
    call, title, client, sandbox
):
    client.set_user_pool_mfa_config(**POOL, **FACTORS)
    sandbox.fault(call, "throttle-before-commit")
    run = new_run()
    result = run.submit()
    found = {one.title for one in result.findings if one.level == "not known"}
    assert found == {title}
    assert "50 e-mails a day" in {one.title for one in result.findings}
    assert "no app client" not in {one.title for one in result.findings}
    assert [row[0].split(". ")[1] for row in run.weak_points().rows].count("not known") == 1


def test_after_one_app_client_was_refused_the_others_are_named_and_not_tried(client, sandbox):
    for name in ("one", "two", "three"):
        client.create_user_pool_client(**POOL, ClientName=name)
    sandbox.fault("DescribeUserPoolClient", "throttle-before-commit")
    result = new_run().submit()
    assert called(sandbox)["DescribeUserPoolClient"] == 1
    assert "4 of 4 app clients were not read" in repr(result.findings)


def test_an_app_client_that_is_deleted_meanwhile_is_a_note_and_no_failure(client, monkeypatch):
    monkeypatch.setattr(
        "helpers.cognito.reads.list_clients", lambda *_, **__: ("gone0client0id", DEFAULT_CLIENT_ID)
    )
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert result.notes[0] == "The app client gone0client0id was deleted while the list was read."


def test_two_failures_are_both_told(sandbox):
    sandbox.fault("GetUserPoolMfaConfig", "throttle-before-commit")
    sandbox.fault("ListUserPoolClients", "drop-after-commit")
    result = new_run().submit()
    assert "the second factors could not be read" in result.headline
    assert result.notes[0].startswith("Not read either: the list of app clients.")


def test_an_unknown_pool_is_a_refusal_with_the_next_step(sandbox):
    result = new_run(user_pool_id="us-east-1_Unknown").submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 6)
    assert "Check the client id, the user pool id and the region." in result.next
    assert result.findings == ()


def test_after_a_run_that_read_nothing_the_views_say_so_and_send_nobody_to_the_button_for_the_first_time(
    sandbox,
):
    run = new_run(user_pool_id="us-east-1_Unknown")
    result = run.submit()
    for draw in (run.weak_points, run.well_set):
        assert repr(draw()).splitlines()[0] == "Nothing was read."
        assert result.next in repr(draw())


def test_a_call_that_is_not_permitted_is_named_with_the_permission(client, monkeypatch):
    def denied(*_, **__):
        raise ClientError(
            {
                "Error": {
                    "Code": "AccessDeniedException",
                    "Message": (
                        "User is not authorized to perform: cognito-idp:GetUserPoolMfaConfig"
                    ),
                }
            },
            "GetUserPoolMfaConfig",
        )

    # The sandbox has no IAM, so the client itself refuses.
    real = Target.client
    monkeypatch.setattr(
        Target,
        "client",
        lambda self, **more: _without(real(self, **more), "get_user_pool_mfa_config", denied),
    )
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 6)
    assert "cognito-idp:GetUserPoolMfaConfig" in result.happened
    assert "IAM policy that this runbook names" in result.next


def _without(client, name, instead):
    setattr(client, name, instead)
    return client


@pytest.mark.parametrize(
    ("name", "operation", "title"),
    [
        ("get_log_delivery_configuration", "GetLogDeliveryConfiguration", "message log not read"),
        (
            "get_user_pool_session_configuration",
            "GetUserPoolSessionConfiguration",
            "session tracking not read",
        ),
    ],
)
def test_what_may_be_left_out_of_the_policy_is_not_known_and_no_failure(
    name, operation, title, sandbox, monkeypatch
):
    def denied(**_):
        error = {"Code": "AccessDeniedException", "Message": "User is not authorized"}
        raise ClientError({"Error": error}, operation)

    real = Target.client
    monkeypatch.setattr(
        Target, "client", lambda self, **more: _without(real(self, **more), name, denied)
    )
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert [one.title for one in result.findings if one.level == "not known"] == [title]


class Firewall:
    """AWS WAF, as far as it is asked here."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def get_web_acl_for_resource(self, **request):
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "level", "title"),
    [
        ({"WebACL": {"Name": "shop"}}, "well set", "firewall"),
        ({}, "worth knowing", "no firewall"),
        (
            ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetWebACLForResource"),
            "not known",
            "firewall not read",
        ),
        (EndpointConnectionError(endpoint_url="x"), "not known", "firewall not read"),
    ],
    ids=["one", "none", "denied", "not reached"],
)
def test_on_aws_the_firewall_is_asked_for_and_unknown_where_it_may_not_be_read(
    answer, level, title, sandbox, monkeypatch
):
    firewall = Firewall(answer)
    monkeypatch.setattr(Target, "is_aws", True)
    monkeypatch.setattr(Target, "aws", lambda self, service: firewall)
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert (level, title) in [(str(one.level), one.title) for one in result.findings]
    (asked,) = firewall.asked
    assert asked["ResourceArn"].endswith(f":userpool/{DEFAULT_POOL_ID}")


def test_in_the_sandbox_nobody_asks_for_a_firewall(sandbox):
    assert "firewall" not in {one.title for one in new_run().submit().findings}


def test_without_a_way_to_cognito_nothing_was_sent():
    result = new_run(target="http://127.0.0.1:1").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 7)
    assert "Check the network" in result.next


def test_every_error_of_every_call_is_in_the_table_with_its_next_step():
    rows = {row[0]: row for row in AuditPool.refusals().rows}
    assert {
        "AccessDeniedException",
        "ResourceNotFoundException",
        "TooManyRequestsException",
        "NotAuthorizedException",
    } <= set(rows)
    assert all(all(row) for row in rows.values())


# --- the client secret ---


def test_the_client_secret_stands_nowhere(client, caplog):
    caplog.set_level("DEBUG")
    secret = client.create_user_pool_client(**POOL, ClientName="server", GenerateSecret=True)[
        "UserPoolClient"
    ]["ClientSecret"]
    run = new_run()
    done = act(run)
    run.result.card().to_html()
    shown = [
        repr(done.result),
        repr(done.record),
        json.dumps(run.record.to_json()),
        repr(run.weak_points()),
        repr(run.well_set()),
        run.result.card().to_html(),
        repr(vars(run)),
        caplog.text,
    ]
    assert secret not in "".join(shown)
    assert "with a secret: server" in repr(run.weak_points())
    assert "DescribeUserPoolClient" in caplog.text


def test_the_notebook_says_why_this_role_is_the_more_sensitive_one():
    assert "fewer people than may diagnose a user" in cell("needs")
    assert "client secret" in cell("needs")


# --- as it is shown ---


def test_before_the_button_is_pressed_nothing_is_read_and_the_views_say_so(sandbox):
    run = AuditPool(interactive="yes")
    shown = act(run)
    for draw in (run.weak_points, run.well_set):
        assert "Press the form's button." in repr(draw())
        assert "Nothing has been sent yet." in shown.view(draw).value
    assert called(sandbox) == {}


def test_the_form_shows_every_weak_point_and_fills_in_the_tables(sandbox):
    run = AuditPool(interactive="yes")
    shown = act(run)
    weak, well = (shown.view(draw) for draw in (run.weak_points, run.well_set))
    assert [field["name"] for field in shown.form.fields] == ["user_pool_id"]
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": 0, "values": {"user_pool_id": DEFAULT_POOL_ID}}, []
    )
    assert (shown.form.state, shown.form.result["outcome"]) == ("done", "confirmed")
    assert [row[0] for row in shown.form.result["rows"] if row[1].startswith("50 e-mails")] == [
        "2. resets fail"
    ]
    assert shown.form.result["next"] == "diagnose-user"
    assert "UpdateUserPool sets whatever the request leaves out back to its default" in weak.value
    assert "AutoVerifiedAttributes" in well.value


def test_a_view_without_a_person_is_the_thing_itself(sandbox):
    run = new_run()
    assert act(run).view(run.well_set) == run.well_set()


def test_the_form_refuses_what_is_no_user_pool_id(sandbox):
    shown = act(AuditPool(interactive="yes"))
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": 0, "values": {"user_pool_id": "sandbox"}}, []
    )
    assert "must be a user pool's id" in shown.form.errors["user_pool_id"]
    assert called(sandbox) == {}


def test_the_name_of_a_pool_is_shown_as_it_is(client):
    pool_id = client.create_user_pool(PoolName="a+b=c, @home")["UserPool"]["Id"]
    run = new_run(user_pool_id=pool_id)
    assert "a+b=c, @home" in run.submit().happened


def test_a_result_keeps_its_findings_when_it_is_changed(sandbox):
    result = new_run().submit()
    assert replace(result, notes=()).findings == result.findings


def test_the_record_holds_what_was_found_as_data_the_worst_first(client):
    other = client.create_user_pool_client(
        **POOL, ClientName="other", PreventUserExistenceErrors="LEGACY"
    )["UserPoolClient"]
    run = new_run()
    findings = run.submit().findings
    kept = run.record.to_json()["findings"]
    assert [(one["level"], one["setting"], one["title"]) for one in kept] == [
        (str(one.level), one.setting, one.title) for one in findings
    ]
    leak = next(one for one in kept if one["level"] == "leaks who exists")
    assert set(leak["concerns"]) == {DEFAULT_CLIENT_ID, other["ClientId"]}
    assert leak["evidence"].startswith("LEGACY for ")
    assert "Set it to ENABLED" in leak["fix"]
    mail = next(one for one in kept if one["title"] == "50 e-mails a day")
    assert (mail["setting"], mail["concerns"]) == ("EmailConfiguration", [DEFAULT_POOL_ID])
    assert len({(one["setting"], one["title"]) for one in kept}) == len(kept)
    assert Record.model_validate(run.record.to_json()) == run.record


def test_a_record_holds_what_was_found_also_where_not_everything_could_be_read(sandbox):
    sandbox.fault("ListUserPoolClients", "throttle-before-commit")
    run = new_run()
    run.submit()
    assert [one.title for one in run.record.findings if one.level == "not known"] == [
        "app clients not read"
    ]


def test_a_record_of_what_was_not_read_has_no_findings_and_is_as_short_as_any_other(sandbox):
    run = new_run(user_pool_id="us-east-1_Unknown")
    run.submit()
    assert "findings" not in run.record.to_json()


def test_the_record_is_found_by_its_type(sandbox):
    done = act(new_run())
    assert done.record._repr_mimebundle_()[MIME]["outcome"] == "confirmed"


# --- by hand ---


@pytest.fixture
def by_hand():
    """What the notebook shows by hand, made to talk to a sandbox on loopback."""
    box = Sandbox.in_memory()
    with serve(box, port=0) as server:
        yield lambda program, text: subprocess.run(
            [program, "-c", text.replace("us-east-1_AbCdEfGhI", DEFAULT_POOL_ID)],
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.endpoint,
                "AWS_ACCESS_KEY_ID": "practice",
                "AWS_SECRET_ACCESS_KEY": "practice",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
        )
    box.close()


def test_the_lines_for_the_aws_cli_do_what_they_say(by_hand):
    done = by_hand("bash", "set -e\n" + blocks("by-hand", "bash")[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert '"AccountRecoverySetting"' in done.stdout
    assert '"existence": "LEGACY"' in done.stdout


def test_the_program_for_boto3_does_what_it_says(by_hand):
    done = by_hand(sys.executable, blocks("by-hand", "python")[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert "sandbox LEGACY" in done.stdout

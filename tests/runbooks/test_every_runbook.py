"""The shelf as a whole: every runbook is built alike, leads on, and needs exactly the permissions
that it names.
"""

import ast
import json
import re
import shlex
from collections import Counter

import botocore
import botocore.session
import nbformat
import pytest

from helpers.cognito.catalogue import look_up
from helpers.cognito.catalogue_entries import CATALOGUE, UNKNOWN
from helpers.cognito.errors import BadParameters
from helpers.display.card import Card
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.run.refusals import refusals
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.diagnosis.verdicts import PROBLEMS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.secrets.redaction import redact
from helpers.secrets.secret import Secret
from tests import ROOT

EVERY = pytest.mark.parametrize("name", sorted(RUNBOOKS))
MODEL = botocore.session.get_session().get_service_model("cognito-idp")
PUBLIC = {"ForgotPassword", "ConfirmForgotPassword", "InitiateAuth"}
# What a run is given so that it makes every call that it can make.
FULL = {
    "confirm-reset": {"user_pool_id": DEFAULT_POOL_ID},
    "request-code": {"user_pool_id": DEFAULT_POOL_ID},
    "diagnose-user": {"client_id": DEFAULT_CLIENT_ID},
}
# The calls of a run beside those of the sandbox's preparation.
CHANGING = {
    "AdminCreateUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminResetUserPassword",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
}


def cells(name):
    return {cell.id: cell for cell in nbformat.read(RUNBOOKS[name].path, as_version=4).cells}


def made(name, **more):
    return RUNBOOKS[name].runs(**{"interactive": "no", **FULL.get(name, {}), **more})


def policies(name):
    blocks = re.findall(r"```json\n(.*?)```", cells(name)["needs"].source, re.DOTALL)
    return [json.loads(block) for block in blocks]


def actions(name):
    found = set()
    for policy in policies(name):
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            assert (
                statement["Resource"] == "arn:aws:cognito-idp:REGION:ACCOUNT:userpool/USER_POOL_ID"
            )
            action = statement["Action"]
            found |= set([action] if isinstance(action, str) else action)
    return found


def recorded(run, sandbox):
    """Do a whole run and return the operations that it called, without those that prepare the
    practice.
    """
    run.practice()
    before = {name: sum(by.values()) for name, by in sandbox.counts()["calls"].items()}
    run.plan()
    run.submit()
    after = {name: sum(by.values()) for name, by in sandbox.counts()["calls"].items()}
    return {name for name, count in after.items() if count > before.get(name, 0)}


def counted(sandbox):
    return Counter({name: sum(by.values()) for name, by in sandbox.counts()["calls"].items()})


@EVERY
def test_the_calls_of_a_run_are_exactly_the_actions_of_its_policy(name, sandbox):
    if name == "diagnose-user":
        # Events are only looked at where the pool records them, and what a user can begin a sign-in
        # with only where a pool offers more than a password.
        client = made(name).parameters.to_target().client(signed=True)
        client.update_user_pool(
            UserPoolId=DEFAULT_POOL_ID,
            UserPoolTier="PLUS",
            UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
        )
        calls = recorded(made(name, username="diego@example.com"), sandbox)
        calls |= recorded(made(name, username="Diego@Example.com"), sandbox)
    else:
        calls = recorded(made(name), sandbox)
    assert {f"cognito-idp:{call}" for call in calls - PUBLIC} == actions(name)


@EVERY
def test_a_run_makes_as_many_calls_as_its_entry_says_which_paces_a_table(name, sandbox):
    run = RUNBOOKS[name].runs(interactive="no")
    run.practice()
    before = counted(sandbox)
    run.plan()
    assert run.submit().outcome is Outcome.CONFIRMED
    assert dict(counted(sandbox) - before) == RUNBOOKS[name].calls


@EVERY
def test_every_error_of_every_call_leads_to_a_named_next_step(name, sandbox):
    for operation in recorded(made(name), sandbox):
        for shape in MODEL.operation_model(operation).error_shapes:
            entry = look_up(shape.name, "", operation)
            assert entry is not UNKNOWN, (operation, shape.name)
            assert entry.next.endswith(".")
            assert entry.say.endswith(".")
            assert entry.runbook in ("", *RUNBOOKS)


def test_every_entry_of_the_catalogue_names_a_runbook_that_there_is_or_goes_on_here():
    for entry in CATALOGUE:
        assert entry.runbook in ("", *RUNBOOKS), entry.code


def test_what_words_call_a_runbook_is_one():
    """A name in a next step, such as "run sign-out-everywhere", is the name of a runbook."""
    for entry in CATALOGUE:
        for name in re.findall(r"\brun ([a-z]+(?:-[a-z]+)+)", f"{entry.next} {entry.meaning}"):
            assert name in RUNBOOKS


@EVERY
def test_a_notebook_has_its_form_first_and_its_reference_below(name):
    ids = list(cells(name))
    steps = [
        "title",
        "parameters",
        "plan",
        "form",
        "result",
        "record",
        "when",
        "needs",
        "refusals",
        "headless",
        "by-hand",
        "proof",
    ]
    assert [one for one in ids if one in steps] == steps
    assert ids[: ids.index("form") + 1] == [
        "title",
        "parameters",
        "plan-about",
        "plan",
        "form-about",
        "form",
    ]
    found = cells(name)
    assert "Choose *Run → Run All Cells* to get the form.**" in found["title"].source
    for above in ("parameters", "plan", "form"):
        assert found[above].metadata["jupyter"] == {"source_hidden": True}


@EVERY
@pytest.mark.parametrize(
    "row",
    ["Owner", "Reviewed", "Expected duration", "Rollback", "Escalation", "AWS's own page"],
)
def test_a_notebooks_head_says_who_how_long_and_how_back(name, row):
    assert re.search(rf"^\| {row} \| .+ \|$", cells(name)["title"].source, re.MULTILINE)


@EVERY
def test_a_notebook_says_its_version_what_it_changes_and_when_it_was_last_verified(name):
    title = cells(name)["title"].source
    assert re.search(rf"^\| Runbook \| `{name}`, version \d+ \|$", title, re.MULTILINE)
    assert re.search(r"^\| It changes \| .+ \|$", title, re.MULTILINE)
    assert re.search(
        r"^\| Last verified \| \d{4}-\d\d-\d\d, on the sandbox; it has not been run against a real"
        r" AWS account \|$",
        title,
        re.MULTILINE,
    )
    assert "cannot be undone" in cells(name)["needs"].source or "changes nothing" in title


@EVERY
def test_a_notebook_shows_the_errors_of_the_calls_that_it_makes(name, sandbox):
    shown = set(re.findall(r'refusals\("(\w+)"\)', cells(name)["refusals"].source))
    calls = recorded(made(name), sandbox)
    assert shown <= calls
    assert shown & (CHANGING | {"ConfirmForgotPassword", "ForgotPassword"}) or not calls & CHANGING
    for operation in shown:
        assert refusals(operation).rows


@EVERY
def test_a_notebook_can_be_run_without_a_person_and_by_hand(name):
    headless, by_hand = cells(name)["headless"].source, cells(name)["by-hand"].source
    assert f"papermill notebooks/runbooks/{name}.ipynb" in headless
    assert "-r target aws" in headless
    assert "aws cognito-idp " in by_hand
    assert "boto3.client(" in by_hand
    given = set(re.findall(r"-r (\w+) ", headless))
    assert given <= set(RUNBOOKS[name].parameters.model_fields)


@EVERY
def test_the_command_for_aws_gives_every_parameter_that_is_needed_there(name, monkeypatch):
    monkeypatch.setenv("RESET_CODE", "012345")
    monkeypatch.setenv("RESET_PASSWORD", "Brand-new-1-password")
    command = re.search(
        r"^papermill .*?(?=^```)", cells(name)["headless"].source, re.MULTILINE | re.DOTALL
    )[0]
    words = shlex.split(command.replace("\\\n", " "))
    given = {words[place + 1]: words[place + 2] for place, word in enumerate(words) if word == "-r"}
    assert given["target"] == "aws"
    assert RUNBOOKS[name].parameters.read(given, person=False)[1] == []


@EVERY
def test_every_command_to_be_typed_by_hand_names_an_operation_and_its_members(name):
    source = cells(name)["by-hand"].source.replace("\\\n", " ")
    commands = re.findall(r"aws cognito-idp ([a-z-]+)([^\n|]*)", source)
    assert commands
    operations = {
        botocore.xform_name(one, "-"): MODEL.operation_model(one) for one in MODEL.operation_names
    }
    for operation, options in commands:
        members = {
            botocore.xform_name(member, "-") for member in operations[operation].input_shape.members
        }
        given = set(re.findall(r" --(?:no-)?([a-z-]+)", options)) - {
            "query",
            "output",
            "region",
            "profile",
        }
        assert given <= members, operation
        required = {
            botocore.xform_name(one, "-")
            for one in operations[operation].input_shape.required_members
        }
        assert required <= given, operation


@EVERY
def test_a_forms_fields_have_labels_and_help_and_are_the_schemas(name, sandbox):
    run = RUNBOOKS[name].runs(interactive="yes")
    run.practice()
    shown = InteractiveRun(run)
    names = [field["name"] for field in shown.form.fields]
    assert set(names) <= set(RUNBOOKS[name].parameters.model_fields)
    labels = [field["label"] for field in shown.form.fields]
    assert len(set(labels)) == len(labels)
    assert all(field["help"] for field in shown.form.fields)
    assert shown.form.title
    assert shown.form.button
    assert run.name == name


@EVERY
def test_a_runbook_says_where_it_is_what_it_will_do_and_what_there_is_to_say_to_the_user(
    name, sandbox
):
    run = made(name)
    run.practice()
    assert isinstance(run.where(), Card)
    assert run.plan().rows
    result = run.submit()
    assert result.headline
    assert result.next
    if "username" in RUNBOOKS[name].parameters.model_fields:
        assert result.say
    if result.next_runbook:
        given = result.next_runbook.parameters
        _, problems = RUNBOOKS[result.next_runbook.name].parameters.read(
            {**given, "interactive": "yes"}, person=True, gate=False
        )
        assert {problem.field for problem in problems} <= {
            name for name, value in given.items() if not value
        }


@EVERY
def test_bad_parameters_are_told_by_field_at_once_and_nothing_is_sent(name, sandbox):
    fields = RUNBOOKS[name].parameters.model_fields
    bad = {"region": "nowhere", "user_pool_id": "no pool"}
    if "username" in fields:
        bad["username"] = "two words"
    _, problems = RUNBOOKS[name].parameters.read(bad, person=False)
    assert {problem.field for problem in problems} >= set(bad)
    assert sandbox.counts()["calls"] == {}


# --- a secret that is given by value, whoever runs the notebook ---

SECRET_PARAMETERS = [
    (name, field) for name in sorted(RUNBOOKS) for field in RUNBOOKS[name].parameters.SECRETS
]
BY_VALUE = "Planted-by-value-1"


@pytest.mark.parametrize(("name", "field"), SECRET_PARAMETERS)
def test_a_secret_by_value_is_refused_by_the_runbook_itself(name, field):
    with pytest.raises(BadParameters) as caught:
        made(name, **{field: BY_VALUE})
    assert f"{field}: not a reference to a secret" in str(caught.value)
    assert BY_VALUE not in str(caught.value)


@pytest.mark.parametrize(("name", "field"), SECRET_PARAMETERS)
def test_the_form_refuses_a_secret_by_value_too_and_shows_it_nowhere(name, field):
    run = made(name, interactive="yes", **{field: BY_VALUE})
    assert [problem.field for problem in run.problems] == [field]
    form = InteractiveRun(run).form
    assert "not a reference to a secret" in form.errors[field]
    assert run.submit({}).outcome is Outcome.NOT_SENT
    shown = json.dumps([form.fields, form.errors, run.record.to_json()]) + repr(run.where())
    assert BY_VALUE not in shown
    assert redact(BY_VALUE) == "[hidden]"


def test_a_secret_by_value_is_no_longer_refused_once_it_is_typed(sandbox):
    run = made("confirm-reset", interactive="yes", new_password=BY_VALUE, code="mailbox:")
    made("confirm-reset", interactive="yes").practice()
    typed = {"new_password": Secret("Another-one-1")}
    assert run.submit({}, typed).outcome is Outcome.CONFIRMED


# --- what is read out to a caller ---


def read_out():
    """Yield every text that a runbook has for the caller, from its source."""
    for problem in PROBLEMS.values():
        yield problem.say
    for path in ROOT.joinpath("helpers", "runbooks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "say":
                yield from texts_in(node.value)
            elif isinstance(node, ast.Assign):
                names = {getattr(target, "id", "") for target in node.targets}
                if names & {"say", "sign_in", "onward", "_SAY_DONE", "_SAY_AGAIN"}:
                    yield from texts_in(node.value)


def texts_in(node):
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            getattr(part, "value", "it") if isinstance(part, ast.Constant) else "it"
            for part in node.values
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts_in(child)


def test_a_sentence_that_is_read_out_has_fifteen_words_at_most():
    sentences = [one for text in read_out() for one in re.split(r"(?<=[.?!])\s+", text)]
    assert len(sentences) > 150
    assert [one for one in sentences if len(one.split()) > 15] == []

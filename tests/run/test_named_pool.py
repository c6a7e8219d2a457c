"""A named pool fills in the parameters that are left out, and what contradicts it is refused."""

import pytest
from pydantic.fields import FieldInfo

from helpers import ConfirmReset, DiagnoseUser
from helpers.form.fields import fields_of
from helpers.run.entry import RUNBOOKS
from helpers.run.journal import Journal
from helpers.run.named_pool import fill_in
from helpers.run.recording import start_entry
from helpers.runbooks.schemas import (
    AdminResetParameters,
    AuditPoolParameters,
    ConfirmResetParameters,
    DiagnoseUserParameters,
    SetPasswordParameters,
)
from helpers.target.pools import PRACTICE
from helpers.target.pools_file import POOLS

POOLS_FILE = """
[prod]
production = true
user_pool_id = "eu-west-1_Prod1"
sign_in_page = "https://login.example.com"
[prod.clients.web]
client_id = "web1"
client_secret = "env:PATH"
[prod.clients.mobile]
client_id = "mobile2"
[prod.asks]
case_number = true

[lab]
target = "http://127.0.0.1:9229"
user_pool_id = "eu-west-1_Lab1"
"""
USER = {
    "username": "maria",
    "confirm_username": "maria",
    "proof_of_identity": "called back on the number on file",
}
SECRETS = {"code": "env:PATH", "new_password": "env:PATH"}


@pytest.fixture(autouse=True)
def file(monkeypatch, tmp_path):
    path = tmp_path / "pools.toml"
    path.write_text(POOLS_FILE)
    monkeypatch.setenv(POOLS, str(path))
    return path


def read(model, *, gate=True, given=(), **values):
    parameters, found = model.read(values, person=False, gate=gate, given=given)
    return parameters, {problem.field: problem.words for problem in found}


def defaults(model):
    return {name: about.default for name, about in model.model_fields.items()}


@pytest.mark.parametrize("left_out", [True, False], ids=["left out", "a notebook's own defaults"])
def test_a_pool_fills_in_what_is_left_out(left_out):
    own = {} if left_out else defaults(ConfirmResetParameters)
    values = {**own, "pool": "prod", "case_number": "INC-7", **SECRETS}
    parameters, found = read(ConfirmResetParameters, **values)
    assert found == {}
    assert parameters.to_target().name == "aws"
    assert (parameters.region, parameters.user_pool_id) == ("eu-west-1", "eu-west-1_Prod1")
    assert (parameters.client_id, parameters.client_secret) == ("web1", "env:PATH")
    assert parameters.named_pool.sign_in_page == "https://login.example.com"


@pytest.mark.parametrize("client", ["mobile", "mobile2"])
def test_another_client_of_the_pool_is_named_by_its_name_or_its_id(client):
    values = {"pool": "prod", "case_number": "INC-7", "client_id": client, **SECRETS}
    parameters, found = read(ConfirmResetParameters, **values)
    assert found == {}
    assert (parameters.client_id, parameters.client_secret) == ("mobile2", "")


def test_a_reference_that_is_given_is_the_place_of_the_same_secret():
    values = {"pool": "prod", "case_number": "7", "client_secret": "env:HOME", **SECRETS}
    assert read(ConfirmResetParameters, **values)[0].client_secret == "env:HOME"


def test_what_contradicts_the_pool_is_refused_and_all_of_it():
    _, found = read(
        ConfirmResetParameters,
        pool="prod",
        case_number="7",
        target="http://127.0.0.1:1",
        region="eu-west-2",
        user_pool_id="eu-west-2_Other",
        client_id="other",
        **SECRETS,
    )
    assert found["user_pool_id"] == "is eu-west-2_Other, but the pool prod is eu-west-1_Prod1."
    assert found["client_id"] == "is other, but the pool prod has web (web1), mobile (mobile2)."
    assert found["target"] == "is http://127.0.0.1:1, but the pool prod is aws."
    assert found["region"] == "is eu-west-2, but the pool prod is eu-west-1."
    assert len(found) == 4


def test_a_practice_value_that_somebody_has_given_contradicts_too():
    values = {"pool": "prod", "target": "sandbox", "region": "us-east-1"}
    assert set(read(AuditPoolParameters, **values)[1]) == set()
    assert set(read(AuditPoolParameters, given=values, **values)[1]) == {"target", "region"}


def test_an_empty_value_is_left_out_unless_it_has_a_meaning_of_its_own():
    values = {"pool": "prod", "case_number": "7", **USER, "client_id": "", "user_pool_id": ""}
    parameters, found = read(SetPasswordParameters, **values, password_to="ssm:/x")
    assert found == {}
    assert (parameters.client_id, parameters.user_pool_id) == ("", "eu-west-1_Prod1")
    parameters, _ = read(DiagnoseUserParameters, **values | {"confirm_username": "maria"})
    assert parameters is None  # confirm_username is no parameter of it
    del values["confirm_username"], values["proof_of_identity"]
    assert read(DiagnoseUserParameters, **values)[0].client_id == "web1"


def test_an_unknown_pool_is_told_with_the_names_there_are_and_so_is_a_bad_file(file):
    assert "There are practice, prod, lab" in read(AuditPoolParameters, pool="prd")[1]["pool"]
    file.write_text("[prod]\nuser_pool = 'x'\n")
    words = read(AuditPoolParameters, pool="prod")[1]["pool"]
    assert "prod.user_pool_id: is missing." in words
    assert "prod.user_pool: is no key of a pool. Did you mean user_pool_id?" in words


def test_without_a_name_no_file_is_read(file):
    file.write_text("nonsense")
    assert read(AuditPoolParameters)[1] == {}
    assert read(AuditPoolParameters, pool="practice")[1] == {}


def test_a_pool_of_another_region_is_refused_without_a_named_pool():
    values = {"target": "aws", "user_pool_id": "eu-west-1_x"}
    assert read(AuditPoolParameters, **values)[1] == {
        "user_pool_id": "is a pool of eu-west-1, but region is us-east-1."
    }
    assert read(AuditPoolParameters, **values, region="eu-west-1")[1] == {}


def test_a_case_number_is_asked_for_where_it_is_about_a_user_and_the_pool_says_so():
    assert read(AdminResetParameters, pool="prod", **USER)[1] == {
        "case_number": "is empty, and the pool prod asks for it: name the case or ticket."
    }
    assert read(AdminResetParameters, pool="prod", **USER, gate=False)[1] == {}
    assert read(AdminResetParameters, pool="prod", **USER, case_number="INC-7")[1] == {}
    assert read(AdminResetParameters, pool="lab", **USER)[1] == {}
    assert read(AuditPoolParameters, pool="prod")[1] == {}


@pytest.mark.parametrize("case", ["two\nlines", "\x07", "x" * 101])
def test_a_case_number_is_one_short_line(case):
    assert read(AuditPoolParameters, case_number=case)[1] == {
        "case_number": "must be one line of at most 100 characters."
    }


def test_where_a_second_person_agrees_nobody_has_to_be_named_as_told(file):
    values = {"pool": "prod", **USER, "case_number": "7", "password_to": "ssm:/x"}
    file.write_text(f"{POOLS_FILE}".replace("case_number = true", "second_person = true"))
    assert read(SetPasswordParameters, **values)[1] == {}
    assert set(read(SetPasswordParameters, **values, two_persons="yes")[1]) == {"agreed_by"}


def test_in_practice_a_runbook_keeps_to_the_pool_that_it_practises_on():
    fields = {
        **AuditPoolParameters.model_fields,
        "user_pool_id": FieldInfo(default="us-east-1_Sandbox02"),
    }
    for values in ({}, {"user_pool_id": "us-east-1_Sandbox02"}):
        filled = fill_in(fields, {"pool": "practice", **values}).values
        assert filled["user_pool_id"] == "us-east-1_Sandbox02"
    assert fill_in(fields, {"pool": "prod"}).values["user_pool_id"] == "eu-west-1_Prod1"


def test_the_pool_of_a_run_that_names_none():
    assert read(AuditPoolParameters)[0].named_pool is PRACTICE
    bare = read(AuditPoolParameters, target="aws", user_pool_id="us-east-1_x")[0].named_pool
    assert (bare.name, bare.user_pool_id, bare.asks.case_number) == ("", "us-east-1_x", False)


def test_the_journal_keeps_the_pool_the_case_and_what_the_pool_has_filled_in(tmp_path):
    values = {**defaults(AdminResetParameters), "pool": "prod", **USER, "case_number": "INC-7"}
    started = start_entry(
        RUNBOOKS["admin-reset"], "run", values, str, out=tmp_path, record=tmp_path
    )
    Journal(tmp_path).append(started)
    kept = Journal(tmp_path).runs()[0].started.parameters
    assert (kept["pool"], kept["case_number"]) == ("prod", "INC-7")
    assert (kept["target"], kept["user_pool_id"]) == ("aws", "eu-west-1_Prod1")


def test_the_next_runbook_is_told_the_pool_and_nothing_that_the_pool_knows():
    run = DiagnoseUser(pool="prod", username="maria", case_number="INC-7", client_id="mobile")
    assert run.follow("request-code").parameters == {
        "pool": "prod",
        "client_id": "mobile2",
        "username": "maria",
        "case_number": "INC-7",
    }
    run = DiagnoseUser(pool="prod", username="maria", case_number="INC-7")
    assert run.follow("admin-reset").parameters == {
        "pool": "prod",
        "username": "maria",
        "case_number": "INC-7",
    }


def test_a_form_asks_for_the_secrets_that_the_pool_cannot_use():
    run = ConfirmReset(pool="prod", interactive="yes", username="maria")
    assert run.problems == []
    assert (run.values["code"], run.parameters.client_secret) == ("prompt:", "env:PATH")


def test_a_pool_that_is_named_in_the_form_decides_which_secrets_are_asked_for():
    run = ConfirmReset(interactive="yes", username="maria")
    result = run.submit({"pool": "prod", "case_number": "INC-7"})
    assert {problem.field for problem in result.problems} == {"code", "new_password"}
    assert all("please enter" in problem.words for problem in result.problems)


def test_where_am_i_says_that_it_is_production():
    run = DiagnoseUser(pool="prod", username="maria", case_number="INC-7")
    assert "PRODUCTION: prod" in repr(run._where())


def test_a_form_shows_the_ids_of_its_pool_and_asks_for_the_case_number():
    run = ConfirmReset(pool="prod", interactive="yes", username="maria")
    shown = {field["name"]: field for field in fields_of(run)}
    assert shown["client_id"]["value"] == "web1"
    assert "env:PATH" in shown["client_secret"]["help"]
    assert "case_number" in shown
    assert "case_number" not in {
        field["name"] for field in fields_of(ConfirmReset(interactive="yes"))
    }


def test_a_run_may_be_about_another_pool_and_about_its_own_again():
    run = ConfirmReset(interactive="yes", username="maria", region="us-east-1", client_id="mine")
    before = dict(run.values)
    run.choose_pool("prod")
    assert (run.parameters.client_id, run.parameters.region) == ("web1", "eu-west-1")
    assert (run.parameters.username, run.values["code"]) == ("maria", "prompt:")
    run.choose_pool("practice")
    assert run.parameters.client_id == PRACTICE.default_client.client_id
    run.choose_pool("nowhere")
    assert [problem.field for problem in run.problems] == ["pool"]
    run.choose_pool("")
    assert run.values == before

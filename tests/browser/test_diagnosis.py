"""Diagnosis as a support agent meets it: choose a training case, read the verdict, go on to the
runbook that helps.
"""

from playwright.sync_api import expect

from helpers.sandbox import CASES
from tests.browser.access import cut_off, violations
from tests.browser.lab import another, keep, run_all, wait_for


def diagnose(form, case):
    form.get_by_label("Training case").select_option(case)
    form.get_by_text(f"{CASES[case].username} is in the sandbox now").wait_for()
    form.get_by_role("button", name="Diagnose", exact=True).click()


def test_a_training_case_is_planted_filled_in_diagnosed_and_solved_on_the_same_page_and_another_one_follows(
    page, lab
):
    run_all(page, lab, "runbooks/diagnose-user.ipynb")
    form = page.locator("form.reset-form", has_text="Find out why a user")
    case = CASES["made-up-answer"]
    choice = form.get_by_label("Training case")
    assert choice.locator("option").count() == len(CASES) + 1
    diagnose(form, case.name)
    assert form.get_by_label("Username").input_value() == case.username
    assert form.get_by_label("Symptom").input_value() == case.symptom
    assert form.get_by_label("User pool id").input_value() == case.pool_id
    assert form.get_by_label("App client id").input_value() == case.client_id
    said = wait_for(form, "Nothing was sent")
    assert "Tell the user" in said
    keep(page, "diagnosis-1-verdict")
    assert violations(page) == []
    assert cut_off(page) == []
    form.get_by_role("button", name="Go on with fix-contact, here").click()
    following = page.locator("form.reset-form", has_text="Mark a contact as verified")
    following.wait_for()
    ids = page.evaluate("[...document.querySelectorAll('.reset-page [id]')].map((each) => each.id)")
    assert len(set(ids)) == len(ids)
    assert following.get_by_label("Username", exact=True).input_value() == case.username
    following.get_by_label("The contact, as the caller says it").fill(case.username)
    following.get_by_label("Username, once more").fill(case.username)
    following.get_by_label("The contact, as the caller says it").fill(case.username)
    following.get_by_label("How the user proved who they are").fill(
        "a call back to the number on file"
    )
    following.get_by_role("button", name="Mark it as verified").click()
    wait_for(following, "Done:")
    keep(page, "diagnosis-2-fixed")
    lab.box.attach(lab.client)
    assert lab.client.forgot_password(ClientId=case.client_id, Username=case.username)
    assert lab.box.mailbox(case.username)

    another(form)
    following.wait_for(state="detached")
    page.wait_for_function("document.activeElement?.name === 'username'")
    expect(form.get_by_label("Username", exact=True)).to_be_in_viewport()
    assert case.username not in page.locator(".jp-Notebook").inner_text()
    assert form.get_by_label("Username", exact=True).input_value() == ""
    diagnose(form, "attempt-limit")
    wait_for(form, "has tried too often")

"""Every runbook as a person meets it: open, Run All, look at the plan, pass the gate, press, read;
and of each kind one to which they come back later.
"""

import pytest
from playwright.sync_api import expect

from helpers.runbooks import RUNBOOKS
from tests.browser.access import OURS, cut_off, violations
from tests.browser.lab import close_all, keep, open_notebook, press, run_all, save

GATE = "Username, once more"
OF_EACH_KIND = ("confirm-reset", "diagnose-user", "lock-user")
"""By the user's code, a reading, and an administrator's change."""


def outcome(form):
    """Wait for the end of the press under way; return the outcome that the form shows, and all that
    it says.
    """
    status = form.locator(".reset-status:not([data-outcome=''])")
    status.wait_for()
    return status.get_attribute("data-outcome"), status.inner_text()


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_is_walked_through_with_what_it_stands_filled_in_with(name, page, lab, fresh):
    lab.code()
    path = f"runbooks/{name}.ipynb"
    form = run_all(page, lab, path)
    keep(page, f"{name}-1-form")
    assert violations(page) == []
    assert cut_off(page) == []
    said = form.locator("[name=contact_said]")
    if said.count():
        said.fill(form.get_by_label("Username", exact=True).input_value())
    form.get_by_role("button", name="Show the plan").click()
    assert outcome(form)[0] == "plan"
    assert violations(page) == []
    keep(page, f"{name}-2-plan")
    gate = form.get_by_label(GATE)
    if gate.count():
        press(form)
        form.get_by_text("Error: is empty: repeat the username").wait_for()
        form.locator("[name=confirm_username]:focus").wait_for()
        gate.fill(form.get_by_label("Username", exact=True).input_value())
    press(form)
    form.locator("fieldset[disabled]").wait_for()
    form.get_by_role("button", name="Do another one").wait_for()
    ended, said = outcome(form)
    assert ended == "confirmed"
    assert "What to do next" in said
    assert violations(page) == []
    for part in (".reset-status > strong", ".reset-status tr >> nth=0"):
        expect(form.locator(part)).to_be_in_viewport()
    keep(page, f"{name}-3-result")

    if name not in OF_EACH_KIND:
        return
    save(page)
    close_all(page)
    open_notebook(page, lab, path)
    again = page.locator(OURS)
    again.get_by_role("button", name="Do another one").wait_for()
    outcome(again)  # the kernel sends it once the form is drawn
    assert said in again.inner_text()

"""A campaign as a person runs it, in JupyterLab: plan, gate, the first, the rest, the report."""

import re

import pytest
from playwright.sync_api import expect

from helpers.campaign.ledger import Ledger
from helpers.campaign.owner import folders
from helpers.campaign.seen import look
from helpers.sandbox import DEFAULT_POOL_ID
from tests import until
from tests.browser.access import cut_off, violations
from tests.browser.lab import close_all, command, keep, open_notebook, save

LONG = 120_000  # a process starts, and the machine may be busy
NAMES = [f"campaign{number}@example.com" for number in range(5)]


@pytest.fixture
def notebook(lab, fresh):
    """A copy of the notebook for a table of five users, one of whom a reset cannot help."""
    for number, name in enumerate(NAMES):
        lab.client.admin_create_user(
            UserPoolId=DEFAULT_POOL_ID,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": name},
                {"Name": "email_verified", "Value": "false" if number == 1 else "true"},
            ],
        )
        lab.client.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID, Username=name, Password="First-one-1", Permanent=True
        )
    table = lab.folder / "campaign.csv"
    rows = "".join(f"{name},{name}\n" for name in NAMES)
    table.write_text(f"username,confirm_username\n{rows}")
    return lab.with_parameters(
        "campaign.ipynb", table=str(table), out=str(lab.folder / "campaigns"), first="2"
    )


def panel(page, label):
    return page.get_by_role("region", name=label, exact=True)


def press(where, name):
    button = where.get_by_role("button", name=name)
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=LONG)
    button.click()


def show(page, lab, notebook):
    open_notebook(page, lab, notebook)
    command(page, "notebook:run-all-cells")
    expect(panel(page, "Counts in, counts out")).to_contain_text("in the table", timeout=LONG)


def seen(folder):
    with Ledger.in_folder(folder) as ledger:
        return look(ledger, folder)


def test_a_person_takes_a_table_from_the_plan_to_the_report(page, lab, notebook):
    show(page, lab, notebook)
    [folder] = folders(lab.folder / "campaigns")
    gate, first, go = (panel(page, name) for name in ("The gate", "The first rows", "The campaign"))
    number = gate.get_by_label("Repeat the number of users")
    expect(number).to_be_focused()
    expect(number).to_be_in_viewport()
    keep(page, "campaign-1-plan")
    expect(first.get_by_role("button")).to_have_attribute("aria-disabled", "true")
    gate.get_by_label("Repeat the number of users").fill("4")
    gate.get_by_role("button").click()
    expect(gate.get_by_role("status")).to_contain_text("stays closed")
    first.get_by_role("button").click(force=True)
    # By keyboard, and the key that opens is no command to the notebook.
    gate.get_by_label("Repeat the number of users").fill("5")
    page.keyboard.press("Enter")
    expect(gate.get_by_role("status")).to_contain_text("The gate is open")
    assert not seen(folder).campaign.begun
    press(first, "Run the first 2")
    expect(first).to_contain_text(re.compile("confirmed.*not_sent", re.DOTALL), timeout=LONG)
    bar = go.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "2", timeout=LONG)
    expect(bar).to_have_attribute(
        "aria-valuetext", re.compile("2 of 5 are over: 1 confirmed, 1 not_sent")
    )
    expect(first).to_contain_text(NAMES[0])
    assert violations(page, ".reset-panel") == []
    assert cut_off(page) == []
    go.scroll_into_view_if_needed()
    keep(page, "campaign-2-first")
    press(go, "Go on with the rest")
    expect(go.get_by_role("status")).to_contain_text("closing this page stops nothing")
    # The kernel ends, and the campaign goes on.
    page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    until(lambda: seen(folder).over == 5)
    close_all(page)
    show(page, lab, notebook)
    expect(go).to_contain_text("done", timeout=LONG)
    expect(bar).to_have_attribute("aria-valuenow", "5")
    failures, report = panel(page, "Not done"), panel(page, "The report")
    press(failures, "Make the table for fix-contact (1)")
    expect(failures.get_by_role("status")).to_contain_text("fix-contact.csv")
    press(report, "Write the report")
    expect(report.get_by_role("status")).to_contain_text("results.csv")
    report.scroll_into_view_if_needed()
    keep(page, "campaign-3-report")
    save(page)
    saved = lab.root.joinpath(notebook).read_text()
    assert "c***@e***" in saved
    assert not [name for name in NAMES if name in saved]
    resets = lab.box.counts()["calls"]["AdminResetUserPassword"]
    assert {name: resets.get(name, 0) for name in NAMES} == dict.fromkeys(NAMES, 1) | {NAMES[1]: 0}

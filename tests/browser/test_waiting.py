"""Calls that take long, answers that never come, kernels that go away, and two pages on one
notebook.
"""

import re
import socket
from contextlib import contextmanager

import psutil
from playwright.sync_api import expect

from tests import until
from tests.browser.access import violations
from tests.browser.lab import (
    RUNBOOK,
    another,
    command,
    fill,
    keep,
    open_notebook,
    press,
    press_weak,
    run_all,
    save,
    wait_for,
)

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"


@contextmanager
def deaf(lab):
    """Keep the kernels from listening. A busy cell would not do: JupyterLab may speak to widgets
    past it.
    """
    kernels = [
        each
        for each in psutil.Process(lab.process.pid).children(recursive=True)
        if any("ipykernel" in word for word in each.cmdline())
    ]
    assert kernels
    for kernel in kernels:
        kernel.suspend()
    try:
        yield
    finally:
        for kernel in kernels:
            kernel.resume()


def wait_longer(page, seconds):
    """Let the page's clock leap: the form's patience is as long as ever, and the test need not sit
    it out.
    """
    page.evaluate(
        "seconds => { const now = Date.now; Date.now = () => now() + seconds * 1000; }", seconds
    )


def test_a_slow_call_may_be_given_up_a_lost_answer_is_settled_and_a_deaf_kernel_is_told(page, lab):
    code, new = lab.code(), lab.plant("Planted-new-1-slow")
    form = run_all(page, lab)
    mailbox = page.get_by_role("region", name="Practice")
    mailbox.get_by_text(f"Your verification code is {code}").wait_for()
    assert mailbox.get_by_text("This code is good.").is_visible()
    keep(page, "10-mailbox")
    lab.box.settings(delay_seconds=6.0)
    lab.box.fault("ConfirmForgotPassword", "delay-after-commit")
    press(form, code=code, password=new)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert not form.get_by_role("button", name="Stop waiting").is_visible()
    wait_longer(page, 5)
    form.get_by_text(re.compile(r"Working: still waiting for an answer \([5-8] s\)…")).wait_for()
    form.get_by_role("button", name="Stop waiting").wait_for()
    form.get_by_text("interrupting the kernel may not reach this call.").wait_for()
    keep(page, "11-slow")
    form.get_by_role("button", name="Stop waiting").click()
    said = wait_for(form, "the call is still under way")
    assert "cannot be taken back" in said
    assert "Try one sign-in" in said
    assert form.locator("fieldset[disabled]").count() == 1
    assert violations(page) == []
    keep(page, "12-given-up")
    said = wait_for(form, "Done:")
    assert lab.signs_in(new)
    mailbox.get_by_text("This code is used up or too old.").wait_for()

    another(form)
    form.get_by_label("Username", exact=True).fill("diego@example.com")
    mailbox.get_by_role("button", name="Request a code, as the user").focus()
    page.keyboard.press("Enter")
    mailbox.get_by_text("The user has requested a code.").wait_for()
    lab.plant(lab.box.mailbox()[-1]["code"])
    lab.box.fault("ConfirmForgotPassword", "drop-after-commit")
    press(form, code=lab.planted[-1], password=lab.plant("Planted-new-1-lost"))
    assert "The answer was lost, but the change was made" in wait_for(form, "Done:")

    another(form)
    late = lab.plant("Planted-new-1-late")
    fill(form, code=lab.code(), password=late)
    with deaf(lab):
        press(form)
        wait_longer(page, 6)
        assert "Your press is queued: it may still be carried out" in wait_for(
            form, "No answer from the notebook's kernel."
        )
        expect(form.get_by_text("Wait a minute; the answer then shows here.")).to_be_in_viewport()
        keep(page, "16-not-taken-up")
    wait_for(form, "Done:")
    assert lab.signs_in(late)


def test_a_kernel_that_is_interrupted_while_it_waits_ends_in_a_form_that_tells_the_truth(page, lab):
    code, new = lab.code(), lab.plant("Planted-new-1-interrupted")
    form = run_all(page, lab)
    lab.box.settings(delay_seconds=4.0)
    lab.box.fault("ConfirmForgotPassword", "delay-after-commit")
    press(form, code=code, password=new)
    until(lambda: not lab.box.faults())  # it has struck when the call is committed
    command(page, "notebook:interrupt-kernel")
    # JupyterLab speaks to a widget in a thread of the kernel's own, once it has one, and no
    # interrupt gets in there.
    said = wait_for(
        form,
        re.compile(
            "^(Unknown: the run was interrupted.|Done: the password of diego@example.com is"
            " changed.)$"
        ),
    )
    if said.startswith("Unknown"):
        assert "The kernel was interrupted while it waited for Cognito." in said
        assert "Try one sign-in with the new password" in said
        assert form.locator("fieldset:not([disabled])").count() == 1
    assert violations(page) == []
    keep(page, "17-interrupted")
    assert lab.signs_in(new)


def test_an_endpoint_that_is_not_there_is_told_as_not_sent(page, lab):
    with socket.socket() as taken:  # and does not listen
        taken.bind(("127.0.0.1", 0))
        copy = lab.with_parameters(target=f"http://127.0.0.1:{taken.getsockname()[1]}")
        form = run_all(page, lab, copy)
        page.get_by_role("region", name="Practice").get_by_text("no sandbox answers").wait_for()
        press(form, code="123456", password=lab.plant("Planted-new-1-dead"))
        said = wait_for(form, "Not sent: nothing has changed.")
    assert "What to do next" in said
    keep(page, "13-dead-endpoint")


def test_two_tabs_show_one_form_and_send_once(page, lab):
    code, new = lab.code(), lab.plant("Planted-new-1-tabs")
    form = run_all(page, lab)
    save(page)
    other = page.context.new_page()
    try:
        open_notebook(other, lab, RUNBOOK)
        second = other.locator("form.reset-form")
        second.wait_for()
        before = lab.confirms()
        fill(second, code=code, password=new)
        press(form, code=code, password=new)
        second.evaluate("form => form.requestSubmit()")
        wait_for(form, "Done:")
        wait_for(second, "Done:")
        assert second.get_by_label("New password", exact=True).input_value() == ""
        assert lab.confirms() == before + 1
        keep(other, "14-second-tab")
        assert lab.leaks(other) == []
    finally:
        other.close()


def test_a_form_whose_kernel_is_gone_says_so_and_what_to_do(page, lab):
    code, new = lab.code(), lab.plant("Planted-new-1-restart")
    form = run_all(page, lab)
    press_weak(form, code=code, password=lab.plant("plantedweak"))
    wait_for(form, "Refused")
    fill(form, code=code, password=new)
    page.evaluate(f"{KERNEL}.restart()")
    said = wait_for(form, "This form is no longer alive.")
    assert "Run All Cells" in said
    assert "Refused: Cognito did not change the password." in said
    assert form.locator("fieldset[disabled]").count() == 1
    assert form.get_by_label("New password", exact=True).input_value() == ""
    assert violations(page) == []
    keep(page, "15-restarted")

    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    command(page, "notebook:run-all-cells")
    form.locator("fieldset:not([disabled])").wait_for()
    lab.box.settings(delay_seconds=15.0)
    lab.box.fault("ConfirmForgotPassword", "delay-after-commit")
    press(form, code=code, password=new)
    wait_longer(page, 3)
    form.get_by_text("still waiting").wait_for()
    page.evaluate(f"{KERNEL}.restart()")
    said = wait_for(form, "Unknown: the notebook's kernel stopped while it was working.")
    assert "Try one sign-in" in said
    assert lab.signs_in(new)

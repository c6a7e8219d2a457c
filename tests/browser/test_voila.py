"""The runbook as a page without code: Voila, each visitor with a kernel of their own."""

import random

import pytest

from helpers.sandbox import DEFAULT_PASSWORD
from tests.browser.access import violations
from tests.browser.lab import Served, fill, keep, press, wait_for


class Voila(Served):
    """Voila on the runbooks."""

    ALIVE = "voila/static/require.min.js"

    def command(self):
        return [
            "voila",
            str(self.root / "runbooks"),
            "--no-browser",
            f"--port={random.randrange(20_000, 30_000)}",  # or one near it, and it says which
            "--Voila.ip=127.0.0.1",
        ]

    def visit(self, page, name="confirm-reset"):
        page.goto(f"http://127.0.0.1:{self.port}/voila/render/{name}.ipynb")
        form = page.locator("form.reset-form")
        form.wait_for()
        return form


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    voila = Voila(tmp_path_factory.mktemp("voila"))
    yield voila
    voila.close()


def test_visitors_of_the_page_without_code_have_a_form_each_and_leave_no_secret(context, voila):
    page, other = context.new_page(), context.new_page()
    try:
        code, new = voila.code(), voila.plant("Planted-new-1-voila")
        form = voila.visit(page)
        assert voila.signs_in(DEFAULT_PASSWORD)  # opening the page has sent nothing
        assert not page.get_by_text("form = act(run)").count()
        second = voila.visit(other)
        fill(second, code=code, password=voila.plant("Planted-new-1-other"))
        press(form, code=code, password=new)
        assert "One sign-in with the new password worked" in wait_for(form, "Done:")
        keep(page, "30-voila")
        assert voila.signs_in(new)
        assert second.get_by_label("Confirmation code").input_value() == code
        assert second.get_by_role("status").inner_text() == ""
        press(second)
        assert "no live code" in wait_for(second, "Refused")
        assert violations(page) == []
        for each in (page, other):
            assert "?" not in each.url
            assert voila.leaks(each) == []
    finally:
        page.close()
        other.close()


@pytest.fixture(scope="module")
def visitor(context):
    page = context.new_page()
    yield page
    page.close()


# One of each kind: with training cases, with a gate and a choice, with a table and a picture. That
# the cells of every runbook run on such a page, and make its form, is held in process
# (tests/form/test_act.py).
@pytest.mark.parametrize("name", ["diagnose-user", "fix-contact", "audit-pool"])
def test_a_runbook_is_a_page_with_its_form_and_without_code(name, visitor, voila):
    form = voila.visit(visitor, name)
    keep(visitor, f"voila-{name}")
    form.get_by_role("button", name="Show the plan").click()
    form.locator(".reset-status[data-outcome=plan]").wait_for()
    assert not visitor.get_by_text("form = act(run)").count()
    assert not visitor.get_by_text("Traceback").count()
    assert not any(each.is_visible() for each in visitor.locator(".reset-kept").all())
    assert violations(visitor) == []

"""The pool is chosen in the form: the page shows another form in its place, in a red frame for
production.
"""

import pytest
from playwright.sync_api import expect

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from tests.browser.lab import keep, press, run_all, wait_for

FILE = f"""
[prod]
production = true
purpose = "Customers"
user_pool_id = "eu-west-1_Prod1"
[prod.clients.web]
client_id = "web1"
[prod.asks]
case_number = true

[stage]
target = "sandbox"
user_pool_id = "{DEFAULT_POOL_ID}"
[stage.clients.web]
client_id = "{DEFAULT_CLIENT_ID}"
[stage.asks]
codes_by_phone = true
"""


@pytest.fixture
def pools(lab):
    """Named pools, in the configuration folder of the person whose kernels these are."""
    path = lab.folder / ".config" / "cognito-reset" / "pools.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE)
    yield
    path.unlink()


def test_a_person_chooses_a_pool_and_the_form_follows(page, lab, pools, monkeypatch):
    code, new = lab.code(), lab.plant("Planted-new-1-stage")
    form = run_all(page, lab)
    choice = form.get_by_label("Pool", exact=True)
    expect(choice).to_have_value("practice")
    form.get_by_label("Username").fill("maria")
    choice.select_option("prod")
    expect(form.locator("fieldset.reset-production")).to_be_visible()
    expect(form.locator(".reset-where")).to_contain_text("PRODUCTION: prod")
    expect(form.get_by_label("App client id")).to_have_value("web1")
    expect(form.get_by_label("Username")).to_have_value("maria")
    expect(form.get_by_label("Case number")).to_have_value("")
    expect(choice).to_be_focused()
    expect(page.locator(".reset-practice")).to_have_count(0)
    keep(page, "pool-production")
    press(form)
    expect(form.locator(".reset-error", has_text="asks for it")).to_be_visible()
    choice.select_option("stage")
    expect(form.locator("fieldset.reset-production")).to_have_count(0)
    expect(form.locator(".reset-error", has_text="asks for it")).to_have_count(0)
    form.get_by_label("Username").fill("diego@example.com")
    press(form, code=code, password=new)
    wait_for(form, "Done:")
    assert lab.signs_in(new)

"""The desk: eight callers by keyboard alone, on the page without code; and the runbooks on such a
page, each visitor with a kernel of their own. In JupyterLab: test_desk_in_lab.py.
"""

import os
import random
import re

import pytest
from playwright.sync_api import expect

from helpers.runbooks import RUNBOOKS
from helpers.runner import headless
from helpers.sandbox import (
    CASES,
    DEFAULT_PASSWORD,
    DEFAULT_POOL_ID,
    open_sandbox,
    serve,
)
from helpers.target.pools_file import POOLS
from tests.browser.access import cut_off, violations
from tests.browser.lab import Served, fill, keep, press, wait_for
from tests.run.test_agreement import FIRST, GIVEN
from tests.sts import ARN, sts

CALLERS = (
    "made-up-answer",
    "no-verified-contact",
    "code-goes-to-phone",
    "temporary-password",
    "attempt-limit",
    "code-used-or-expired",
    "sms-never-arrives",
    "reset-required",
)
MOST_KEYS = 60
"""For one caller, from the filled-in head to done; what is typed counts as one."""
HEAD, NEXT = ".reset-head", ".reset-desk .reset-form > button:has-text('Go on')"


class Desk(Served):
    """The desk as `cognito-reset desk` serves it, with the runbooks beside it."""

    ALIVE = "login"
    BASE = "/team/"

    def command(self):
        return [
            "helpers",
            "desk",
            "--no-browser",
            f"--port={random.randrange(20_000, 30_000)}",
            f"--out={self.folder}",
            f"--base_url={self.BASE}",
        ]

    def _port(self):
        port = super()._port()
        said = self.folder.joinpath("server.log").read_text(encoding="utf-8")
        self.token = said.partition("?token=")[2].split()[0] if "?token=" in said else ""
        return self.token and port

    def url(self, name, **query):
        asked = "&".join(f"{key}={value}" for key, value in {"token": self.token, **query}.items())
        return f"http://127.0.0.1:{self.port}{self.BASE}{name}?{asked}"

    def visit(self, page, name="confirm-reset"):
        page.goto(self.url(f"voila/render/runbooks/{name}.ipynb"))
        form = page.locator("form.reset-form")
        form.wait_for()
        return form


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The desk, and what it takes for AWS: the same sandbox by HTTP, and who signs."""
    folder = tmp_path_factory.mktemp("desk")
    box = open_sandbox(str(folder / "sandbox.sqlite"))
    with sts() as told, serve(box, port=0) as cognito:
        served = Desk(
            folder,
            AWS_ACCESS_KEY_ID="AKIAEXAMPLE",
            AWS_SECRET_ACCESS_KEY="example-secret",
            AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=cognito.endpoint,
            AWS_ENDPOINT_URL_STS=told.endpoint,
        )
        yield served
        served.close()


@pytest.fixture
def pools(served):
    """Write the file of pools of the person whose desk it is."""
    path = served.folder / ".config" / "cognito-reset" / "pools.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path.write_text
    path.unlink()


@pytest.fixture
def visitor(context):
    page = context.new_page()
    yield page
    page.close()


class Keys:
    """A person with a keyboard and no mouse, who counts the keys."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, key):
        self.page.keyboard.press(key)
        self.count += 1

    def type(self, text):
        self.page.keyboard.type(text)
        self.count += 1

    def reach(self, selector, key="Tab"):
        for _ in range(25):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press(key)
        raise AssertionError(f"{selector} cannot be reached by {key}")

    def choose(self, selector, key="Tab"):
        self.reach(selector, key)
        self.press("Enter")


def at_the_head(page):
    page.wait_for_function("document.activeElement?.name === 'whom'")
    expect(page.locator(f"{HEAD} legend")).to_be_in_viewport()


def result(page):
    """Wait until the step at hand is done and its result is where the person stands."""
    page.locator(".reset-desk .reset-form:has(> fieldset[hidden])").wait_for()
    page.locator(".reset-desk .reset-status:focus").wait_for()
    expect(page.locator(".reset-desk .reset-status > strong").first).to_be_in_viewport()
    return page.locator(".reset-desk .reset-status").inner_text()


def work(page, keys, case, steps=1):
    """Do what the desk proposes for one training case, so many steps; return the results."""
    page.get_by_label("Training case").select_option(case.name)
    page.wait_for_function(f"document.querySelector('[name=whom]').value === '{case.username}'")
    page.get_by_label("Case number").fill("planted-4711")
    page.get_by_label("Who is calling?").focus()
    keys.press("Enter")
    said = [result(page)]
    for _ in range(steps):
        go_on = page.locator(NEXT)
        if not go_on.is_visible():
            break
        expect(go_on).to_be_in_viewport()
        title = go_on.inner_text()
        if "without a code" in title or "Find out" in title:
            break  # the last resort, or the name once more
        keys.choose(".reset-form > button:not(.reset-quiet)")
        page.locator(".reset-desk .reset-form fieldset:visible").last.wait_for()
        step = page.locator(".reset-desk form.reset-form").last
        if step.locator("[name=contact_said]").count():
            keys.reach("[name=contact_said]")
            keys.type(case.username)
        gate = step.locator("[name=confirm_username]")
        if gate.count():
            keys.reach("[name=confirm_username]")
            keys.type(case.username)
        keys.choose("button[type=submit]")
        ends = (f"[data-outcome={one}]" for one in ("confirmed", "refused", "not_sent"))
        step.locator(f".reset-status:is({', '.join(ends)})").wait_for()
        said.append(step.locator(".reset-status").inner_text())
        if step.locator("fieldset").first.is_visible():
            break  # refused, such as where something was asked that the case does not know
    return said


def test_eight_callers_are_served_by_keyboard_alone_and_the_next_one_finds_nothing_of_the_last(
    visitor, served
):
    page = visitor
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(served.url("voila/render/desk.ipynb"))
    at_the_head(page)
    assert "open_desk" not in page.content()
    assert page.title() == "Who is calling? · Desk"
    assert violations(page, HEAD) == []
    keep(page, "desk-1-who")
    for number, name in enumerate(CALLERS):
        case = CASES[name]
        if number == len(CALLERS) // 2:
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(served.url("voila/render/desk.ipynb", theme="dark"))
            at_the_head(page)
        keys = Keys(page)
        said = work(page, keys, case, steps=3 if number == 0 else 1)
        keep(page, f"desk-2-{name}")
        assert "Tell the user" in said[0], name
        if number % 4 == 0:  # once in each theme
            assert violations(page, ".reset-desk") == []
        assert cut_off(page) == []
        assert page.title().startswith(("Result: ", "Step: "))
        page.get_by_role("button", name="Next caller").focus()
        keys.press("Enter")
        at_the_head(page)
        assert keys.count <= MOST_KEYS, name
        page.locator("form.reset-form").nth(1).wait_for(state="detached")
        left = page.evaluate(
            "[document.body.innerText, ...[...document.querySelectorAll('input')].map("
            "(each) => each.value)].join(' ')"
        )
        for planted in (case.username, "planted-4711"):
            assert planted not in left, name
        if case.symptom:
            assert page.get_by_label("What do they say?").input_value() == ""
    assert served.leaks(page) == []


MARKUP = (
    "<img/src=x/onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    '"><svg/onload=window.pwned=1>',
    "{{window.pwned=1}}",
    "[x](javascript:window.pwned=1)",
)


def test_names_and_words_that_are_markup_stay_text_at_the_desk(visitor, served):
    page = visitor
    for markup in MARKUP:
        served.client.admin_create_user(
            UserPoolId=DEFAULT_POOL_ID,
            Username=markup,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": "x@example.com"}],
        )
    page.goto(served.url("voila/render/desk.ipynb"))
    for markup in MARKUP:
        at_the_head(page)
        page.get_by_label("Who is calling?").fill(markup)
        page.get_by_label("What do they say?").fill(markup)
        page.get_by_label("Case number").fill(markup)
        page.keyboard.press("Enter")
        said = result(page)
        assert said
        assert markup in page.locator(".reset-lines li").first.get_attribute("title")
        page.locator(".reset-status details summary").click()
        assert not page.locator(":is(.reset-desk, .reset-head) :is(img, script, svg, a)").count()
        page.get_by_role("button", name="Next caller").click()
    assert page.evaluate("window.pwned === undefined")


def test_the_desk_lets_nobody_in_who_has_not_its_address_and_its_index_is_the_start_page(
    visitor, served
):
    context = visitor.context.browser.new_context()
    try:
        stranger = context.new_page()
        answer = stranger.goto(
            f"http://127.0.0.1:{served.port}{served.BASE}voila/render/desk.ipynb"
        )
        assert "login" in answer.url
        assert not stranger.locator(HEAD).count()
    finally:
        context.close()
    visitor.goto(served.url(""))
    visitor.get_by_role("heading", name="Where do I start?").wait_for()
    visitor.get_by_role("link", name="The desk").first.click()
    at_the_head(visitor)


def test_visitors_of_the_page_without_code_have_a_form_each_and_leave_no_secret(context, served):
    page, other = context.new_page(), context.new_page()
    try:
        code, new = served.code(), served.plant("Planted-new-1-voila")
        form = served.visit(page)
        assert served.signs_in(DEFAULT_PASSWORD)  # opening the page has sent nothing
        assert not page.get_by_text("form = act(run)").count()
        second = served.visit(other)
        fill(second, code=code, password=served.plant("Planted-new-1-other"))
        press(form, code=code, password=new)
        assert "One sign-in with the new password worked" in wait_for(form, "Done:")
        assert served.signs_in(new)
        assert second.get_by_label("Confirmation code", exact=True).input_value() == code
        assert second.get_by_role("status").inner_text() == ""
        press(second)
        assert "no longer works" in wait_for(second, "Refused")
        assert not any(each.is_visible() for each in page.locator(".reset-kept").all())
        assert violations(page) == []
        for each in (page, other):
            assert served.leaks(each) == []
    finally:
        page.close()
        other.close()


GUARDED = f"""
[guarded]
production = true
target = "sandbox"
user_pool_id = "{DEFAULT_POOL_ID}"
[guarded.asks]
second_person = true
"""


def test_a_form_that_waits_for_a_second_person_has_the_command_to_copy(visitor, served, pools):
    pools(GUARDED)
    form = served.visit(visitor, "admin-reset")
    form.get_by_label("Pool", exact=True).select_option("guarded")
    expect(form.locator("fieldset.reset-production")).to_be_visible()  # another form by now
    for label in ("Username", "Username, once more"):
        form.get_by_label(label, exact=True).fill("diego@example.com")
    form.get_by_label("How the user proved who they are").fill("Called back")
    press(form)
    said = wait_for(form, "Waits for agreement: nothing has been sent.")
    run = max(served.folder.glob("*/record.json")).parent.name
    assert f"cognito-reset agree {run} --out {served.folder}" in said
    expect(form.get_by_label("Copy: To agree")).to_be_visible()
    keep(visitor, "waits-for-agreement")
    assert violations(visitor) == []
    assert "AdminResetUserPassword" not in served.box.counts()["calls"]


def test_a_second_person_agrees_at_their_desk_by_keyboard_alone(
    visitor, served, pools, monkeypatch
):
    page = visitor
    page.set_viewport_size({"width": 1024, "height": 768})
    pools(GUARDED)
    served.folder.chmod(0o2770)
    monkeypatch.setenv(POOLS, str(served.folder / ".config" / "cognito-reset" / "pools.toml"))
    with monkeypatch.context() as first:
        first.setattr(os, "getuid", lambda: FIRST)
        waits = headless.run(RUNBOOKS["admin-reset"], GIVEN, out=served.folder, notebooks="none")
    assert waits.exit_code == 10
    page.goto(served.url("voila/render/desk.ipynb"))
    at_the_head(page)
    keys = Keys(page)
    keys.choose(".reset-second", "Shift+Tab")
    keys.choose(".reset-matches button")
    page.locator("[name=username]:focus").wait_for()
    assert page.title() == "Do you agree to a colleague's change? · Desk"
    expect(page.get_by_role("button", name="Agree to this change")).to_be_in_viewport()
    expect(page.locator(".reset-form .reset-where")).to_have_text("PRODUCTION: guarded")
    keep(page, "desk-3-agree")
    assert violations(page, ".reset-desk") == []
    assert cut_off(page) == []
    keys.type("somebody@else.example")
    keys.press("Enter")
    page.get_by_text("is not the user of this plan. Nothing was agreed to.").wait_for()
    page.locator("[name=username]:focus").fill("diego@example.com")
    keys.press("Enter")
    page.get_by_text("Agreed, for one run, until").wait_for()
    keep(page, "desk-4-agreed")
    assert served.folder.joinpath(f"{waits.run}.agreed").stat().st_uid == os.getuid()


def test_production_looks_like_production_and_says_as_whom_it_asks(visitor, served, pools):
    page = visitor
    page.set_viewport_size({"width": 1024, "height": 768})
    pool = served.client.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    app = served.client.create_user_pool_client(UserPoolId=pool, ClientName="web")
    maria = {"UserPoolId": pool, "Username": "maria"}
    mail = [("email", "maria@example.com"), ("email_verified", "true")]
    served.client.admin_create_user(
        **maria,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in mail],
    )
    served.client.admin_set_user_password(**maria, Password="Known-to-nobody-1", Permanent=True)
    pools(
        f'[shop]\nproduction = true\npurpose = "customers"\nuser_pool_id = "{pool}"\n'
        f'clients.web.client_id = "{app["UserPoolClient"]["ClientId"]}"\n'
        "asks.case_number = true\n"
    )
    page.goto(served.url("voila/render/desk.ipynb"))
    at_the_head(page)
    bar = page.locator(".reset-bar")
    page.get_by_label("Pool", exact=True).select_option("shop")
    expect(page.locator(".reset-bar.reset-production")).to_contain_text("Pool PRODUCTION: shop")
    expect(page.get_by_label("Training case")).not_to_be_visible()
    page.get_by_label("Who is calling?").fill("maria")
    page.keyboard.press("Enter")
    page.get_by_text("Error: is empty").wait_for()
    page.get_by_label("Case number").fill("INC-7")
    keep(page, "desk-5-production")
    assert violations(page, ".reset-desk") == []
    page.keyboard.press("Enter")
    said = result(page)
    assert "Tell the user" in said
    expect(bar).to_contain_text(f"account {ARN.split(':')[4]} · {ARN}")
    expect(bar).to_have_class(re.compile("reset-production"))
    expect(page.locator(".reset-practice")).to_have_count(0)
    keep(page, "desk-6-production-verdict")
    page.locator(NEXT).click()
    page.locator(".reset-form fieldset.reset-production").wait_for()
    form = page.locator("form.reset-form")
    expect(form.locator(".reset-where")).to_contain_text("PRODUCTION: shop")
    expect(form.get_by_role("button", name="Send the user a code")).to_be_in_viewport()
    keep(page, "desk-7-production-step")
    assert violations(page, ".reset-desk") == []
    assert cut_off(page) == []

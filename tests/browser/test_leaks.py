"""What is typed into the form is kept nowhere, whatever JupyterLab is set to keep."""

import json

import pytest
from playwright.sync_api import expect

from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from tests.browser.lab import RUNBOOK, another, at, fill, press, run_all, save, wait_for

WITH_A_SECRET = [name for name, entry in RUNBOOKS.items() if entry.parameters.SECRETS]


def test_a_secret_in_any_file_or_store_would_be_found(page, lab):
    if not at(page, lab):
        page.goto(f"http://127.0.0.1:{lab.port}/api")
    planted = lab.plant("Planted-0-in-the-wrong-place")
    notebook, checkpoint = (
        lab.root / "leak.ipynb",
        lab.root / ".ipynb_checkpoints" / "leak-checkpoint.ipynb",
    )
    checkpoint.parent.mkdir(exist_ok=True)
    for file in (notebook, checkpoint):
        file.write_text(json.dumps({"value": planted}))
    page.evaluate(
        'secret => { localStorage.x = `{"v": "${secret}"}`; sessionStorage.y = secret; }', planted
    )
    found = [place for place, _ in lab.leaks(page)]
    assert sorted(found) == sorted(
        [
            "notebooks/leak.ipynb",
            "notebooks/.ipynb_checkpoints/leak-checkpoint.ipynb",
            "cookies, local storage, IndexedDB",
            "session storage",
        ]
    )
    notebook.unlink()
    checkpoint.unlink()
    page.evaluate("delete localStorage.x, delete sessionStorage.y")


def test_with_widget_state_saved_no_secret_is_in_the_notebook_or_its_checkpoint(page, lab):
    lab.save_widget_state(True)
    try:
        code, password = lab.code(), lab.plant("Planted-new-1-saved")
        notebook = lab.with_parameters(RUNBOOK)
        form = run_all(page, lab, notebook)
        fill(form, code=code, password=password)
        save(page)
        saved = lab.root.joinpath(notebook).read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget-state+json" in saved
        assert lab.leaks(page) == []
        press(form)
        wait_for(form, "Done:")
        save(page)
        name = notebook.removeprefix("runbooks/").removesuffix(".ipynb")
        assert lab.root.joinpath(f"runbooks/.ipynb_checkpoints/{name}-checkpoint.ipynb").exists()
        assert lab.leaks(page) == []
    finally:
        lab.save_widget_state(False)


@pytest.mark.parametrize("name", WITH_A_SECRET)
def test_a_secret_typed_into_any_form_is_found_nowhere_after_a_refusal_and_after_success(
    name, page, lab, fresh, tmp_path
):
    made = lab.client.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientName="with a secret",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]
    values = {"client_id": made["ClientId"], "client_secret": "prompt:"}
    place = tmp_path / "generated"
    if name == "set-password":
        values["password_to"] = f"file:{place}"
    form = run_all(page, lab, lab.with_parameters(f"runbooks/{name}.ipynb", **values))
    typed = {"Client secret": made["ClientSecret"]}
    if name == "confirm-reset":
        code = lab.code(client_id=made["ClientId"], client_secret=Secret(made["ClientSecret"]))
        typed |= {"Confirmation code": code, "New password": "Planted-new-1-form"}
    for secret in typed.values():
        lab.plant(secret)
    wrong = {**typed, "Client secret": lab.plant("plantedwrongclientsecret")}

    def walk(secrets):
        for label, secret in secrets.items():
            form.get_by_label(label, exact=True).fill(secret)
        gate = form.get_by_label("Username, once more")
        if gate.count():
            gate.fill(form.get_by_label("Username", exact=True).input_value())
        press(form)
        form.locator(":is([data-outcome=refused], [data-outcome=confirmed])").wait_for()
        ended = form.locator(".reset-status").get_attribute("data-outcome")
        for label, secret in secrets.items():
            field = form.get_by_label(label, exact=True)
            # What Cognito has not used up stays, and is hidden.
            expect(field).to_have_value(secret if ended == "refused" else "")
            assert ended == "confirmed" or field.get_attribute("type") == "password"
        if place.exists():
            lab.plant(place.read_text().strip())
        save(page)
        assert lab.leaks(page) == []
        return ended

    assert (name, walk(wrong)) == (name, "confirmed" if name == "set-password" else "refused")
    if (
        name == "set-password"
    ):  # a sign-in that is refused takes nothing back: it is the proof that is missing
        whom = form.get_by_label("Username", exact=True).input_value()
        another(form)
        form.get_by_label("Username", exact=True).fill(whom)
        form.get_by_label("How the user proved who they are").fill("practice")
        form.get_by_label("Where the password goes").fill(values["password_to"])
        place.unlink()
    assert walk(typed) == "confirmed"

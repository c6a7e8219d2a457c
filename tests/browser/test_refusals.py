"""Whatever Cognito, the network or the kernel may do: the form says what happened and what to do
next.
"""

from helpers.cognito import actions
from helpers.cognito.errors import LimitReached, ResetError
from helpers.secrets.secret import Secret
from tests.browser.lab import DIEGO, keep, press, press_weak, run_all, wait_for

REFUSED = "Refused: Cognito did not change the password."


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def answer(form, words):
    """Wait for the end of the press under way, then return what the form says."""
    form.locator("fieldset:not([disabled])").wait_for()
    return wait_for(form, words)


def test_every_refusal_is_told_in_words_and_the_form_goes_on(page, lab):
    code = lab.code()
    form = run_all(page, lab)

    press_weak(
        form, code="12", password="planted ", Username="two words", App_client_id="no-hyphen"
    )
    form.get_by_text("Error: must be 1 to 128 characters, without spaces").wait_for()
    form.get_by_text("Error: must be the app client's id").wait_for()
    form.locator("[name=username]:focus").wait_for()
    assert form.get_by_label("Username").get_attribute("aria-invalid") == "true"
    keep(page, "6-errors")

    press(
        form,
        code=wrong(code),
        password=lab.plant("Planted-1-wrong"),
        Username=DIEGO["username"],
        App_client_id=DIEGO["client_id"],
    )
    said = answer(form, "Invalid verification code provided")
    assert REFUSED in said
    assert "Have the code of the newest message typed" in said
    keep(page, "5-refused")

    tries = lab.confirms()
    press_weak(form, code=code, password=lab.plant("plantedweak"))
    said = answer(form, "Password does not conform to policy")
    assert "the same code" in said
    assert lab.confirms() == tries + 1
    field = form.get_by_label("Confirmation code", exact=True)
    assert (field.input_value(), field.get_attribute("type")) == (code, "password")
    assert form.get_by_label("New password", exact=True).input_value() == ""

    press(form, code=code, password=lab.plant("Planted-1-nobody"), Username="nobody@example.com")
    said = answer(form, "no such user")
    assert "Check spelling" in said

    lab.box.advance(3601)
    press(form, code=code, password=lab.plant("Planted-1-late"), Username=DIEGO["username"])
    said = answer(form, "already used, or came from another app")
    assert "I'll have a new one sent" in said

    for _ in range(20):
        try:
            actions.confirm(
                lab.client, **DIEGO, code=Secret("000000"), new_password=Secret("Planted-1-limit")
            )
        except LimitReached:
            break
        except ResetError:
            continue
    press(form, code=code, password=lab.plant("Planted-1-too-often"))
    said = answer(form, "Attempt limit exceeded")
    assert "Stop all tries for up to an hour" in said

    press(form, code=lab.code(), password=lab.plant("Planted-1-at-last"))
    wait_for(form, "Done:")
    assert lab.signs_in("Planted-1-at-last")

"""A picture: how a notebook shows it, what it hides, and how words are cut to fit it."""

from helpers import Secret
from helpers.display import picture

WAITS = picture.Picture("Waits", picture.Canvas("Waits", 40).svg(), ("5 failures: 1 second.",))


def test_a_long_word_is_cut_at_its_capitals_so_that_it_fits_its_column():
    assert picture.wrapped("1. ConfirmForgotPassword ✗", 10) == [
        "1. Confirm",
        "Forgot",
        "Password ✗",
    ]
    assert picture.wrapped("RESET_REQUIRED", 8) == ["RESET_", "REQUIRED"]


def test_a_picture_hides_what_is_a_secret():
    Secret("Painted-Secret-1")
    canvas = picture.Canvas("Painted-Secret-1", 40)
    drawn = picture.Picture("Painted-Secret-1", canvas.svg(), ("Painted-Secret-1",))
    assert "Painted-Secret-1" not in repr(drawn) + drawn._repr_svg_() + drawn.to_html()


def test_a_notebook_gets_the_drawing_and_the_words(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    WAITS._ipython_display_()
    drawing, words = shown
    assert drawing["image/svg+xml"].startswith("<svg ")
    assert words["text/markdown"].startswith(
        "<details><summary>The same in words: Waits</summary>\n\n1. "
    )
    assert "1. 5 failures: 1 second." in words["text/markdown"]
    assert "1. 5 failures: 1 second." in words["text/plain"]

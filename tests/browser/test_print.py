"""A runbook on paper: the page that nbconvert makes, printed on A4, is cut nowhere."""

import pytest
from nbconvert import HTMLExporter
from nbformat import read

from helpers.run.package_data import NOTEBOOKS
from tests.rebaseline import executed

A4 = {"width": round((210 - 2 * 14) / 25.4 * 96), "height": round((297 - 2 * 14) / 25.4 * 96)}
"""What A4 leaves between margins of 14 mm, in a page's own pixels."""
CUT = """() => [...document.querySelectorAll("table, pre, img, svg, details, h1, p")]
    .filter((each) => each.checkVisibility() && (each.getBoundingClientRect().right > innerWidth + 1
        || each.scrollWidth > each.clientWidth + 1 && !["inline", "table"].includes(getComputedStyle(each).display)))
    .map((each) => [each.tagName, Math.round(each.getBoundingClientRect().right), each.scrollWidth, each.textContent.slice(0, 60)])"""


@pytest.fixture
def paper(context):
    page = context.new_page()
    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    yield page
    page.close()


def put(page, notebook):
    """Put on the page what nbconvert makes of a notebook; its mathematics are left out, which would
    be fetched from the internet.
    """
    markup, _ = HTMLExporter(mathjax_url="", mermaid_js_url="").from_notebook_node(notebook)
    page.set_content(markup, wait_until="domcontentloaded")


@pytest.mark.parametrize(
    "path",
    [*sorted(NOTEBOOKS.joinpath("runbooks").glob("*.ipynb")), NOTEBOOKS / "desk.ipynb"],
    ids=lambda path: path.stem,
)
def test_nothing_of_a_runbook_is_cut_on_a4_and_what_is_folded_is_open(path, paper):
    put(paper, read(path, as_version=4))
    assert paper.evaluate(CUT) == []
    for folded in paper.locator("details:not([open])").all():
        assert folded.locator("table").first.bounding_box()["height"] > 10
    assert paper.pdf(format="A4")


def test_names_and_words_that_are_markup_stay_text_on_the_page_that_nbconvert_makes(
    paper, tmp_path
):
    markup = "<img/src=x/onerror=window.pwned=1>"
    source = NOTEBOOKS.joinpath("runbooks", "diagnose-user.ipynb").read_text(encoding="utf-8")
    for line in (
        'username: str = \\"no-verified-contact@example.com\\"',
        'symptom: str = \\"\\"',
    ):
        assert source.count(line) == 1
        source = source.replace(line, line.partition("=")[0] + f'= \\"{markup}\\"')
    copy = tmp_path / "markup.ipynb"
    copy.write_text(source, encoding="utf-8")
    copy.write_text(executed(copy), encoding="utf-8")
    put(paper, read(copy, as_version=4))
    assert markup in paper.locator(".jp-Cell-outputWrapper").all_inner_texts()[0]
    assert not paper.locator("img[src=x], img[src='x/onerror=window.pwned=1']").count()
    assert paper.evaluate("window.pwned === undefined")

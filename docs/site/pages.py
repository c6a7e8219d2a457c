"""The pages of the site that need no Python: the landing page, and every lesson to read."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

HERE = Path(__file__).parent
LINK = re.compile(r'href="([^":#]*)\.ipynb(#[^"]*)?"')
TABLE = re.compile(r"(<table.*?</table>)", re.DOTALL)
WIDE = r'<div class="wide" role="group" tabindex="0" aria-label="Table">\1</div>'
ROW = re.compile(r"^\| \[[\w-]+\]\(notebooks/([\w/-]+)\.ipynb\) \| (.*) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A notebook of the site. name: its path without the suffix. about: what README says of it."""

    name: str
    title: str
    about: str
    notebook: nbformat.NotebookNode

    @property
    def run(self) -> str:
        """Where it runs, seen from the landing page."""
        return f"lab/index.html?path={self.name}.ipynb"

    @property
    def is_lesson(self) -> bool:
        return self.name.startswith("learn/")


def pages(readme: str, folder: Path) -> list[Page]:
    """Return every notebook that the README's table lists, in its order."""
    found = []
    for name, about in ROW.findall(readme):
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        found.append(Page(name, title, about, notebook))
    return found


def landing(found: list[Page], megabytes: int) -> str:
    """Return the landing page."""
    lessons = "\n".join(
        f'<li><h3><a href="{page.run}">{html.escape(page.title)}</a></h3>'
        f'<p>It {html.escape(page.about)}. <a href="{page.name}.html">Read it'
        f' without running it<span class="heard">: {html.escape(page.title)}</span></a></p></li>'
        for page in found
        if page.is_lesson
    )
    return _filled("index.html", lessons=lessons, megabytes=str(megabytes))


def lesson(found: list[Page], page: Page) -> str:
    """Return a lesson as a page, with the outputs that are stored in it."""
    exporter = HTMLExporter(
        template_name="basic",
        config=Config({"HTMLExporter": {"exclude_anchor_links": True}}),
    )
    body, _ = exporter.from_notebook_node(page.notebook)
    body = LINK.sub(lambda link: f'href="{_target(page, link)}"', body)
    body = TABLE.sub(WIDE, body)
    lessons = [each for each in found if each.is_lesson]
    after = lessons[lessons.index(page) + 1 :]
    onward = (
        f'<a href="../{after[0].name}.html">Next: {html.escape(after[0].title)}</a>'
        if after
        else '<a href="../index.html">All lessons</a>'
    )
    return _filled(
        "lesson.html",
        title=html.escape(page.title),
        about=html.escape(page.about, quote=True),
        run=f"../{page.run}",
        body=body,
        onward=onward,
    )


def style() -> str:
    """Return the style of all pages, with the colours of code in a light and a dark theme."""
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    own = HERE.joinpath("style.css").read_text(encoding="utf-8")
    return f"{own}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _target(page: Page, link: re.Match[str]) -> str:
    """Return where a link from one notebook to another leads: to a page, or to where it runs."""
    path = Path("/", page.name).parent.joinpath(link[1]).resolve().relative_to("/").as_posix()
    if path.startswith("learn/"):
        return f"../{path}.html{link[2] or ''}"
    return f"../lab/index.html?path={path}.ipynb"


def _filled(template: str, **values: str) -> str:
    text = HERE.joinpath(template).read_text(encoding="utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda name: values[name[1]], text)

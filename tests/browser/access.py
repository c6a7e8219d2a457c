"""What keeps a person from using the form, as far as a machine can tell."""

from axe_playwright_python.base import AXE_SCRIPT

OURS = ".reset-page"
JUPYTERLABS_OWN = {
    "aria-allowed-attr": (
        "jp-button"
    ),  # the toolbar's buttons say that they are pressed or not, and are no toggles
    "aria-input-field-name": ".cm-content",  # a cell's editor has no name
    "aria-required-children": (
        ".jp-WindowedPanel-viewport"
    ),  # the notebook is a feed, and its cells are no articles
    "region": ".jp-skiplink-wrapper",  # the links that skip to the content are in no landmark
}
"""What axe-core finds on JupyterLab's page around a form, with JupyterLab 4.6: rule, and where."""


def violations(page, selector=OURS):
    """Return what axe-core finds in this part of the page, as (rule, where), worst first."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "selector => axe.run({include: [selector]}).then(result => result.violations)", selector
    )
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


def violations_around(page):
    """Return what axe-core finds on the whole page, but for what is known of JupyterLab itself."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(
        """known => axe.run(document).then(({violations}) => violations.flatMap(({id, nodes}) =>
        nodes.filter(({target}) => !(id in known && document.querySelector(target[0])?.matches(known[id])))
            .map(({html}) => [id, html.slice(0, 200)])))""",
        JUPYTERLABS_OWN,
    )


def cut_off(page):
    """Return what of the form sticks out of the column that the notebook leaves it, or is wider
    than it shows.
    """
    return page.evaluate(
        """selector => {
        const page = document.querySelector(selector);
        const room = page.closest(".jp-OutputArea-output, .voila-notebook, body").getBoundingClientRect();
        return [page, ...page.querySelectorAll("*")].filter((each) => each.checkVisibility()).filter((each) => {
            const box = each.getBoundingClientRect();
            const shortened = getComputedStyle(each).textOverflow === "ellipsis" && each.title; // and has the whole
            const wide = each.tagName !== "INPUT" && !shortened && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
            return box.left < room.left - 1 || box.right > Math.min(room.right, innerWidth) + 1 || wide;
        }).map((each) => `${each.tagName} ${each.className} ${Math.round(each.getBoundingClientRect().right)} of ${Math.round(room.right)}, ` +
            `${each.scrollWidth} in ${each.clientWidth}`);
    }""",
        OURS,
    )

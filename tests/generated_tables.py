"""The tables in the documents that are generated: python -m tests.generated_tables stores them.

Each is between the lines <!-- NAME:begin --> and <!-- NAME:end --> of its document.
"""

from collections.abc import Callable, Mapping

from tests import ROOT, runbook_tables
from tests.sandbox import facts_table

DOCUMENTS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/parameters.md": {
        "parameters": runbook_tables.parameters,
        "permissions": runbook_tables.permissions,
    },
    "helpers/sandbox/README.md": {
        "settings": facts_table.settings,
        "facts": facts_table.facts,
    },
}


def updated(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a document with fresh tables; ValueError where it has no marks for one."""
    for name, make in tables.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the document needs the lines {begin} and {end}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


def store() -> None:
    """Write fresh tables into every document that has any."""
    for name, tables in DOCUMENTS.items():
        path = ROOT / name
        path.write_text(updated(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
        print("stored the tables in", name)


if __name__ == "__main__":
    store()

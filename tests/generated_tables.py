"""What is generated, tables in documents and a schema: python -m tests.generated_tables stores it.

Each table is between the lines <!-- NAME:begin --> and <!-- NAME:end --> of its document.
"""

import json
from collections.abc import Callable, Mapping

from helpers.target.pools import schema
from tests import ROOT, runbook_tables
from tests.sandbox import facts_table

DOCUMENTS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/parameters.md": {
        "parameters": runbook_tables.parameters,
        "pools": runbook_tables.pools,
        "permissions": runbook_tables.permissions,
    },
    "helpers/sandbox/README.md": {
        "settings": facts_table.settings,
        "facts": facts_table.facts,
    },
}

SCHEMAS = ("helpers/target/pools.schema.json", "docs/pools.schema.json")
"""Where the schema of pools.toml is: for whoever has the package, and beside the example."""


def schema_text() -> str:
    """Return the schema of pools.toml as it is stored."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


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
    """Write fresh tables into every document that has any, and the schema."""
    for name, tables in DOCUMENTS.items():
        path = ROOT / name
        path.write_text(updated(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
        print("stored the tables in", name)
    for name in SCHEMAS:
        (ROOT / name).write_text(schema_text(), encoding="utf-8")
        print("stored", name)


if __name__ == "__main__":
    store()

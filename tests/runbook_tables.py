"""The tables of the runbooks, made from the schemas and from the notebooks' own policies."""

import json
import re

import nbformat

from helpers.runbooks import RUNBOOKS

ACTION = re.compile(r'"cognito-idp:(\w+)"')
HEAD = {
    "parameters": "| parameter | default | meaning | runbooks |\n|:---|:---|:---|:---|",
    "permissions": "| runbook | it | signed calls, which its policy allows |\n|:---|:---|:---|",
}


def parameters() -> str:
    """Return the table of the parameters. One that has several meanings has a row for each."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, entry in RUNBOOKS.items():
        for field, about in entry.parameters.model_fields.items():
            found.setdefault((field, str(about.default), str(about.description)), []).append(name)
    every = len(RUNBOOKS)
    order = list(dict.fromkeys(field for field, _, _ in found))
    rows = [
        f"| `{field}` | {f'`{default}`' if default else 'empty'} | {words} |"
        f" {'all' if len(names) == every else ', '.join(names)} |"
        for (field, default, words), names in sorted(
            found.items(), key=lambda row: order.index(row[0][0])
        )
    ]
    return "\n".join([HEAD["parameters"], *rows])


def permissions() -> str:
    """Return the table of what each runbook signs, by the policies in its notebook."""
    rows = []
    for name, entry in RUNBOOKS.items():
        cells = nbformat.read(entry.path, as_version=4).cells
        needs = next(cell.source for cell in cells if cell.id == "needs")
        policies = [
            json.loads(block) for block in re.findall(r"```json\n(.*?)```", needs, re.DOTALL)
        ]
        calls = sorted(set(ACTION.findall(json.dumps(policies))))
        rows.append(f"| {name} | {entry.effect} | {', '.join(calls)} |")
    return "\n".join([HEAD["permissions"], *rows])

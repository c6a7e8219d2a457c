"""The README's tables of the runbooks, made from the schemas and from the notebooks' own
policies.
"""

import json
import re

import nbformat

from helpers.runbooks import RUNBOOKS

ACTION = re.compile(r'"cognito-idp:(\w+)"')
HEAD = {
    "parameters": "| parameter | default | meaning | runbooks |\n|:---|:---|:---|:---|",
    "permissions": "| runbook | it | signed calls, which its policy allows |\n|:---|:---|:---|",
}


def parameters() -> list[str]:
    """Return a row for each parameter; one that means something else elsewhere has a row for each
    meaning.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, entry in RUNBOOKS.items():
        for field, about in entry.parameters.model_fields.items():
            found.setdefault((field, str(about.default), str(about.description)), []).append(name)
    every = len(RUNBOOKS)
    order = list(dict.fromkeys(field for field, _, _ in found))
    return [
        f"| `{field}` | {f'`{default}`' if default else 'empty'} | {words} |"
        f" {'all' if len(names) == every else ', '.join(names)} |"
        for (field, default, words), names in sorted(
            found.items(), key=lambda row: order.index(row[0][0])
        )
    ]


def permissions() -> list[str]:
    """Return a row for each runbook, with the actions of the policies in its notebook."""
    rows = []
    for name, entry in RUNBOOKS.items():
        cells = nbformat.read(entry.path, as_version=4).cells
        needs = next(cell.source for cell in cells if cell.id == "needs")
        policies = [
            json.loads(block) for block in re.findall(r"```json\n(.*?)```", needs, re.DOTALL)
        ]
        calls = sorted(set(ACTION.findall(json.dumps(policies))))
        rows.append(f"| {name} | {entry.effect} | {', '.join(calls)} |")
    return rows


def updated(readme: str) -> str:
    """Return the README with fresh tables; ValueError where it has no marks for one."""
    for name, make in {"parameters": parameters, "permissions": permissions}.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, found, rest = readme.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the README needs the lines {begin} and {end}")
        readme = before + "\n".join([begin, HEAD[name], *make(), end]) + after
    return readme

"""The tables of the runbooks, made from the schemas and from the notebooks' own policies."""

import json
import re

import nbformat
from pydantic.fields import FieldInfo

from helpers.runbooks import RUNBOOKS
from helpers.target.pools import Asks, Pool, PoolClient

ACTION = re.compile(r'"cognito-idp:(\w+)"')
HEAD = {
    "parameters": "| parameter | default | meaning | runbooks |\n|:---|:---|:---|:---|",
    "pools": "| key | default | meaning |\n|:---|:---|:---|",
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


def pools() -> str:
    """Return the table of the keys of a pool in pools.toml."""
    rows = [
        row(f"{prefix}{name}", about)
        for prefix, model in (("", Pool), ("clients.NAME.", PoolClient), ("asks.", Asks))
        for name, about in model.model_fields.items()
        if name not in ("name", "clients", "asks")
    ]
    return "\n".join([HEAD["pools"], *rows])


def row(name: str, about: FieldInfo) -> str:
    default = {"": "empty", False: "`false`"}.get(about.default, f"`{about.default}`")
    return f"| `{name}` | {'required' if about.is_required() else default} | {about.description} |"


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

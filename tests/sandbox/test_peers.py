"""The comparison in the sandbox's README: what it says of the sandbox is what the sandbox does."""

import re

from tests import ROOT

from .peers import QUESTIONS, answers


def test_the_readme_tells_of_the_sandbox_what_is_measured(server):
    text = ROOT.joinpath("helpers/sandbox/README.md").read_text(encoding="utf-8")
    section = text.partition("## Beside other emulators")[2].partition("\n## ")[0]
    told = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$", section, re.MULTILINE)
    cells = {question: cell.replace("\\_", "_") for question, cell in told}
    assert {name: cells.get(name) for name in QUESTIONS} == answers(server.endpoint)

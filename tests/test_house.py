"""The house: who may import whom, what is exported, and one truth about dependencies."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import helpers

ROOT = Path(__file__).parent.parent
HELPERS = ROOT / "helpers"
PACKAGES = ("learn", "shelf")
MODULES = sorted(path for folder in ("", *PACKAGES) for path in (HELPERS / folder).glob("*.py"))


def called(path):
    """Return a module's name below helpers, such as card or shelf.audit."""
    return ".".join(path.relative_to(HELPERS).with_suffix("").parts)


ANY_MODULE = pytest.mark.parametrize("path", MODULES, ids=called)

# Who may import whom. A module that is not here may import nothing of ours.
ARROWS = {
    "shelf.admin_reset": {"shelf.administrator", "shelf.diagnose", "errors", "facts", "parameters", "record", "reset", "runbook", "schemas",
                    "secret", "target"},
    "shelf.administrator": {"card", "errors", "facts", "parameters", "readings", "record", "reset", "runbook", "secret", "target"},
    "__main__": {"command", "first_run", "options", "sandbox", "show"},
    "shelf.audit": {"shelf.audit_opening", "shelf.audit_sending", "card", "facts", "shelf.finding"},
    "shelf.audit_opening": {"facts", "shelf.finding"},
    "shelf.audit_picture": {"shelf.finding", "picture"},
    "shelf.audit_pool": {"shelf.audit", "shelf.audit_picture", "card", "catalogue", "errors", "facts", "shelf.finding", "parameters", "picture",
                   "readings", "record", "runbook", "schemas", "secret", "target"},
    "shelf.audit_sending": {"facts", "shelf.finding"},
    "batch": {"errors", "headless", "runbooks"},
    "learn.byhand": {"card", "learn.lesson", "sandbox", "secret"},
    "card": {"secret"},
    "catalogue": {"card", "meanings"},
    "command": {"batch", "card", "errors", "headless", "options", "runbooks", "secret", "warm"},
    "shelf.confirm_reset": {"card", "errors", "parameters", "policy", "readings", "record", "reset", "runbook", "schemas", "secret", "target"},
    "deposit": {"secret"},
    "shelf.evidence": {"facts", "shelf.route"},
    "shelf.diagnose": {"shelf.evidence", "facts", "shelf.route", "shelf.spellings", "shelf.symptoms", "shelf.verdicts"},
    "shelf.diagnose_user": {"card", "catalogue", "shelf.diagnose", "errors", "facts", "parameters", "readings", "record", "runbook", "sandbox",
                      "shelf.spellings",
                      "schemas", "secret", "target", "shelf.verdicts"},
    "engine": {"errors", "executing", "saving", "secret", "strict"},
    "environment": {"card", "target"},
    "errors": {"catalogue", "meanings"},
    "learn.exercise": {"card", "learn.lesson", "learn.measure", "learn.naming", "sandbox", "learn.trouble"},
    "executing": {"handover", "link", "saving", "secret", "warm"},
    "facts": {"policy"},
    "first_run": {"headless", "reset", "runbooks", "sandbox", "target"},
    "shelf.fix_contact": {"shelf.administrator", "card", "shelf.diagnose", "facts", "parameters", "record", "reset", "runbook", "sandbox", "schemas", "secret",
                    "shelf.verdicts"},
    "forms": {"card", "noting", "record", "runbook", "runbooks", "secret", "target"},
    "handover": {"secret"},
    "headless": {"errors", "journal", "noting", "record", "runbooks"},
    "journal": {"held", "record", "secret"},
    "kernel": {"pipe", "secret"},
    "learn.lesson": {"card", "errors", "picture", "sandbox", "secret", "learn.story", "target"},
    "link": {"pipe", "warm"},
    "learn.measure": {"card", "learn.lesson", "picture", "policy", "sandbox"},
    "learn.naming": {"card", "errors", "learn.lesson", "reset", "secret"},
    "noting": {"journal", "record", "runbooks", "secret"},
    "parameters": {"errors", "secret", "target"},
    "picture": {"secret"},
    "learn.pieces": {"card", "learn.lesson", "learn.measure", "policy", "runbook", "sandbox", "learn.story"},
    "readings": {"errors", "facts", "policy"},
    "record": {"errors", "secret"},
    "shelf.request_code": {"card", "shelf.diagnose", "errors", "facts", "parameters", "readings", "record", "reset", "runbook", "schemas", "secret",
                     "target"},
    "reset": {"errors", "secret"},
    "shelf.route": {"facts"},
    "runbook": {"card", "errors", "parameters", "record", "runbooks", "secret", "target"},
    "runbooks": {"parameters"},
    "saving": {"secret"},
    "schemas": {"deposit", "errors", "parameters", "target"},
    "shelf.set_password": {"shelf.administrator", "deposit", "shelf.diagnose", "errors", "facts", "parameters", "policy", "record", "reset",
                     "runbook", "schemas", "secret", "target"},
    "show": {"journal", "options", "runbooks"},
    "shelf.sign_out_everywhere": {"shelf.administrator", "errors", "parameters", "record", "reset", "runbook", "schemas", "secret", "target"},
    "learn.story": {"picture", "secret"},
    "strict": {"errors", "runbooks", "secret"},
    "shelf.spellings": {"facts"},
    "shelf.symptoms": {"meanings", "shelf.verdicts"},
    "target": {"sandbox", "secret"},
    "learn.trouble": {"card", "errors", "learn.lesson", "reset", "sandbox", "secret"},
    "shelf.verdicts": {"catalogue"},
}
# The one home, or the few homes, of a package.
HOMES = {
    "boto3": {"target", "warm"},
    "ipywidgets": {"forms"},
    "anywidget": {"forms", "learn.pieces"},
    "papermill": {"engine", "executing", "headless", "saving", "strict"},
    "pydantic": {"journal", "parameters", "record", "schemas"},
    "click": {"__main__", "command", "engine", "options", "show"},
}


def imported_by(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            names |= {f"helpers.{node.module or alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def ours(names: set[str]) -> set[str]:
    parts = [name.split(".")[1:] for name in names if name.startswith("helpers.")]
    found = {".".join(part[:2]) if part[0] in PACKAGES else part[0] for part in parts}
    return {name for name in found if (HELPERS / f"{name.replace('.', '/')}.py").exists() or name == "sandbox"}


@ANY_MODULE
def test_a_module_imports_only_along_the_arrows(path):
    assert ours(imported_by(path)) <= ARROWS.get(called(path), set())


def test_no_arrow_leads_back_to_where_it_came_from():
    def reached(name, seen=()):
        for neighbour in ARROWS.get(name, ()):
            assert neighbour not in seen, f"a cycle through {neighbour}"
            reached(neighbour, (*seen, neighbour))

    for name in ARROWS:
        reached(name, (name,))


def test_the_sandbox_imports_nothing_of_ours_but_the_policy():
    for path in ROOT.joinpath("helpers", "sandbox").glob("*.py"):
        assert ours(imported_by(path)) <= {"policy", "sandbox"}, path


def test_nobody_reaches_into_the_sandbox():
    for path in MODULES:
        assert not [n for n in imported_by(path) if re.match(r"helpers\.sandbox\.[a-z_]+$", n) and
                    (ROOT / (n.replace(".", "/") + ".py")).exists() and n != "helpers.sandbox"], path


@ANY_MODULE
def test_a_package_is_imported_only_in_its_home(path):
    packages = {name.split(".")[0] for name in imported_by(path)}
    for package, homes in HOMES.items():
        assert package not in packages or called(path) in homes


@pytest.mark.parametrize("path", sorted(ROOT.joinpath("helpers").rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_has_one_job_and_so_few_lines(path):
    assert len(path.read_text().splitlines()) <= 330


def test_the_face_is_sorted_and_every_name_in_it_can_be_had():
    assert helpers.__all__ == sorted(helpers.__all__) == sorted(helpers._HOMES)
    for name in helpers.__all__:
        assert getattr(helpers, name).__name__ == name


def test_a_name_that_the_face_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'confrim'"):
        helpers.confrim  # noqa: B018


def test_calling_reset_alone_needs_boto3_and_nothing_heavier():
    code = (
        "import sys, helpers.reset, helpers.target\n"
        "print(sorted({'pydantic', 'ipywidgets', 'papermill', 'IPython', 'click'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# --- one truth about dependencies ---

PROJECT = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
LOCK = [Requirement(line) for line in ROOT.joinpath("requirements.lock").read_text().splitlines()]


def asked_for():
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for lines in (PROJECT["dependencies"], *extras) for line in lines]


def test_every_dependency_is_pinned_in_the_lock_within_what_is_asked_for():
    pinned = {}
    for requirement in LOCK:
        pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for need in asked_for():
        pins = pinned[canonicalize_name(need.name)]
        for pin in pins:
            assert need.specifier.contains(str(pin.specifier).removeprefix("=="), prereleases=True), f"{need} has {pin}"


def test_the_lock_pins_each_version_exactly_and_names_no_host():
    for requirement in LOCK:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None


def test_conda_hands_over_to_the_same_lock_and_the_same_pythons():
    environment = yaml.safe_load(ROOT.joinpath("environment.yml").read_text())
    python, pip = environment["dependencies"][0], environment["dependencies"][-1]["pip"]
    assert Requirement(python.replace("=", "==")).name == "python"
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert Requirement(f"x{PROJECT['requires-python']}").specifier.contains(python.removeprefix("python=") + ".0")
    assert pip[0] == "-r requirements.lock"
    extras = re.fullmatch(r"-e \.\[(.*)\]", pip[1]).group(1).split(",")
    assert sorted(extras) == sorted(PROJECT["optional-dependencies"])


def test_make_installs_under_the_lock():
    makefile = ROOT.joinpath("Makefile").read_text()
    assert makefile.count("-c requirements.lock -e ") == makefile.count("pip install --quiet") == 2


def test_continuous_integration_runs_every_python_that_is_supported():
    workflow = yaml.safe_load(ROOT.joinpath(".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert job["steps"][-1]["run"] == "bash .ci/run"


def test_make_alone_lists_every_target_with_a_line():
    answer = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^make (\w+) +\S", answer.stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", ROOT.joinpath("Makefile").read_text(), re.MULTILINE).group(1).split()
    assert sorted(listed) == sorted(phony)


def test_no_module_is_called_like_a_name_of_the_face():
    # Importing a submodule sets it as the package's attribute, and it would take the name's place.
    assert not {called(path) for path in MODULES} & set(helpers.__all__)

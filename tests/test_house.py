"""The house: who may import whom, what is exported, and one truth about dependencies."""

import ast
import functools
import graphlib
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
from tests import ROOT

HELPERS = ROOT / "helpers"
MODULES = sorted(HELPERS.rglob("*.py"))


def called(path):
    """Return a module's name below helpers, such as target or runbooks.audit.judge; "" for the
    face.
    """
    return (
        ".".join(path.relative_to(HELPERS).with_suffix("").parts)
        .removesuffix("__init__")
        .rstrip(".")
    )


ANY_MODULE = pytest.mark.parametrize("path", MODULES, ids=called)

# The rooms, from the ground up. A room imports only from floors below its own.
FLOORS = (
    {"secrets"},
    {"cognito"},
    {"sandbox", "display"},
    {"target"},
    {"run"},
    {"runbooks"},
    {"form", "runner", "learn"},
    {"campaign"},
    {"__main__"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# The one home, or the few homes, of a package: rooms or modules.
HOMES = {
    "boto3": {"target", "runner"},
    "ipywidgets": {"form"},
    "anywidget": {"form", "learn"},
    "papermill": {"runner"},
    "pydantic": {"target", "run", "runbooks"},
    "pytest": {"sandbox"},  # the fixture for other projects; nothing else imports it
    "click": {"__main__", "runner", "campaign"},
    "sqlalchemy": {"campaign"},
    "psycopg": set(),  # SQLAlchemy imports it
    "dask": set(),
    "distributed": {"campaign"},
}


@functools.cache
def imported_by(path: Path) -> frozenset[str]:
    """Return the modules that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            package = ("helpers", *called(path).split(".")[: 1 - node.level or None])
            names |= {".".join((*package, node.module or alias.name)) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if f"{node.module}.{alias.name}" in NAMES
            }
            names.add(node.module)
    return frozenset(names)


NAMES = frozenset(f"helpers.{called(path)}" for path in MODULES)


def room(name: str) -> str:
    return name.removeprefix("helpers.").split(".")[0]


def ours(path: Path) -> set[str]:
    return {name for name in imported_by(path) if name.startswith("helpers.")}


@ANY_MODULE
def test_a_room_imports_only_from_the_floors_below(path):
    here = room(called(path))
    if here:
        above = {
            name
            for name in ours(path)
            if room(name) != here and FLOOR_OF[room(name)] >= FLOOR_OF[here]
        }
        assert not above


def test_few_arrows_lead_from_room_to_room():
    """A newcomer can hold them in mind; a new one is worth a second thought."""
    rooms = ((room(called(path)), room(name)) for path in MODULES for name in ours(path))
    arrows = {(here, there) for here, there in rooms if here and there and here != there}
    assert len({there for _, there in arrows} | {here for here, _ in arrows}) <= 13
    assert len(arrows) < 40


def test_no_module_imports_its_way_back_to_itself():
    # A room's own __init__ may name its modules, and they each other's room.
    inner = {path: f"helpers.{called(path)}" for path in MODULES if path.stem != "__init__"}
    arrows = {name: ours(path) & set(inner.values()) for path, name in inner.items()}
    graphlib.TopologicalSorter(arrows).prepare()  # raises CycleError, and says which


def test_the_sandbox_imports_nothing_of_ours_but_the_policy():
    for path in HELPERS.joinpath("sandbox").glob("*.py"):
        assert {name for name in ours(path) if room(name) != "sandbox"} <= {
            "helpers.cognito.policy",
            "helpers.cognito",
        }, path


def test_nobody_reaches_into_the_sandbox():
    for path in MODULES:
        if room(called(path)) != "sandbox":
            assert not [name for name in ours(path) if name.startswith("helpers.sandbox.")], path


def test_the_engine_imports_nothing_of_ours():
    for path in HELPERS.joinpath("runner", "engine").glob("*.py"):
        assert not [name for name in ours(path) if not name.startswith("helpers.runner.engine")], (
            path
        )


@ANY_MODULE
def test_a_package_is_imported_only_in_its_home(path):
    packages = {name.split(".")[0] for name in imported_by(path)}
    for package, homes in HOMES.items():
        assert package not in packages or room(called(path)) in homes


# Data, one entry after another: these are read by looking up, not from top to bottom.
DATA = {
    "cognito.catalogue_entries",
    "learn.scenarios",
    "runbooks.diagnosis.verdicts",
    "sandbox.cases",
}


@ANY_MODULE
def test_a_module_has_one_job_and_so_few_lines(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400 or called(path) in DATA


def test_the_face_is_sorted_and_every_name_in_it_can_be_had():
    assert helpers.__all__ == sorted(helpers.__all__) == sorted(helpers.HOMES)
    for name in helpers.__all__:
        assert getattr(helpers, name).__name__ == name


def test_the_extras_are_for_a_person_and_for_speed_and_the_base_needs_neither():
    extras = PROJECT["optional-dependencies"]
    base = {Requirement(line).name for line in PROJECT["dependencies"]}
    lab = {Requirement(line).name for line in extras["lab"]}
    assert lab == {"anywidget", "ipywidgets", "jupyterlab", "voila"}
    assert {Requirement(line).name for line in extras["fast"]} == {"gmpy2"}
    assert not base & (lab | {"gmpy2", "keyring"})


def test_a_name_that_the_face_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'confrim'"):
        helpers.confrim  # noqa: B018


def test_calling_reset_alone_needs_boto3_and_nothing_heavier():
    code = (
        "import sys, helpers.cognito.actions, helpers.target\nprint(sorted({'pydantic',"
        " 'ipywidgets', 'papermill', 'IPython', 'click'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
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
            assert need.specifier.contains(
                str(pin.specifier).removeprefix("=="), prereleases=True
            ), f"{need} has {pin}"


def test_the_lock_pins_each_version_exactly_and_names_no_host():
    for requirement in LOCK:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None


SUPPORTED = [
    line.removeprefix("Programming Language :: Python :: ")
    for line in PROJECT["classifiers"]
    if line.startswith("Programming Language :: Python :: 3.")
]


def test_the_first_python_that_is_supported_is_the_first_that_is_allowed():
    # There is no upper bound: pip would not find this project there at all, and need not. make,
    # which installs the lock, has one.
    assert PROJECT["requires-python"] == f">={SUPPORTED[0]}"


def test_make_takes_the_pythons_that_are_supported():
    oldest, newest = (f"({each.replace('.', ', ')})" for each in (SUPPORTED[0], SUPPORTED[-1]))
    makefile = ROOT.joinpath("Makefile").read_text()
    assert f"if not {oldest} <= said[1:] <= {newest}:" in makefile
    assert makefile.count(f"{SUPPORTED[0]} to {SUPPORTED[-1]}") == 2, "in words"
    assert f"Python {SUPPORTED[0]} to {SUPPORTED[-1]}" in ROOT.joinpath("README.md").read_text()


def test_conda_hands_over_to_the_same_lock_and_the_same_pythons():
    environment = yaml.safe_load(ROOT.joinpath("environment.yml").read_text())
    python, pip = environment["dependencies"][0], environment["dependencies"][-1]["pip"]
    assert python.removeprefix("python=") in SUPPORTED
    assert pip[0] == "-r requirements.lock"
    extras = re.fullmatch(r"-e \.\[(.*)\]", pip[1]).group(1).split(",")
    assert sorted(extras) == sorted(PROJECT["optional-dependencies"])


def test_make_installs_under_the_lock():
    makefile = ROOT.joinpath("Makefile").read_text()
    installs = re.findall(r"pip install .*", makefile)
    assert [each.split()[-1] for each in installs if "-c requirements.lock -e " not in each] == [
        "uv"  # which makes the lock
    ]
    assert len(installs) == 4


def test_continuous_integration_runs_every_python_that_is_supported():
    workflow = yaml.safe_load(ROOT.joinpath(".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == SUPPORTED
    assert job["steps"][-1]["run"] == "bash .ci/run"
    assert f"for version in {' '.join(SUPPORTED)}; do" in ROOT.joinpath(".ci/run").read_text()


def test_a_tag_publishes_what_make_dist_builds_and_no_token_is_kept():
    text = ROOT.joinpath(".github/workflows/release.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert {"run": "make dist"} in jobs["build"]["steps"]
    assert jobs["publish"]["needs"] == "build"
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in text


def test_a_tag_publishes_the_site_that_make_builds_and_no_token_is_kept():
    text = ROOT.joinpath(".github/workflows/site.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert {"run": "make site"} in jobs["build"]["steps"]
    assert jobs["build"]["steps"][-1]["with"]["path"] == "build/site"
    assert jobs["publish"]["needs"] == "build"
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert "secrets." not in text


def test_make_alone_lists_every_target_with_a_line():
    answer = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = re.findall(r"^make ([\w-]+) +\S", answer.stdout, re.MULTILINE)
    phony = (
        re.search(r"^\.PHONY: (.*)$", ROOT.joinpath("Makefile").read_text(), re.MULTILINE)
        .group(1)
        .split()
    )
    assert sorted(listed) == sorted(phony)


def test_no_module_is_called_like_a_name_of_the_face():
    # Importing a submodule sets it as the package's attribute, and it would take the name's place.
    assert not {called(path) for path in MODULES} & set(helpers.__all__)

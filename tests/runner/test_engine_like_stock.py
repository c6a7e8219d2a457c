"""A forked kernel is what a new one would be: which interpreter it is, where it looks for modules,
and what it tells those who ask for the kernel's application.
"""

import ast
import copy
import importlib
import inspect
import json
import os
import re
import resource
import runpy
import sys
import textwrap
import tomllib
from pathlib import Path

import ipykernel
import papermill
import pytest
from papermill.engines import papermill_engines

from helpers.runner.engine import fresh, kernel
from helpers.runner.engine.kernelspec import can_fork
from helpers.runner.papermill_engine import CognitoResetEngine
from tests import ROOT
from tests.runner.test_engine import execute, notebook, ordinary, outputs, text


def installed(folder, monkeypatch, *argv, name="other", **more):
    """Install a kernel, as ipykernel does it, and return its name."""
    spec = folder / "kernels" / name / "kernel.json"
    spec.parent.mkdir(parents=True)
    told = {"argv": [*map(str, argv)], "display_name": name, "language": "python", **more}
    spec.write_text(json.dumps(told))
    monkeypatch.setenv("JUPYTER_PATH", str(folder))
    return name


AS_USUAL = ("-m", "ipykernel_launcher", "-f", "{connection_file}")


def environment(folder):
    """Make a virtual environment, whose python is a link to this one's."""
    folder.joinpath("bin").mkdir(parents=True)
    folder.joinpath("pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    program = folder / "bin" / "python"
    program.symlink_to(sys.executable)
    return program


def hard_link(folder):
    """Make a second name for this python's file, as conda does it for each environment."""
    program = folder / "bin" / "python"
    program.parent.mkdir(parents=True)
    try:
        os.link(os.path.realpath(sys.executable), program)
    except OSError:  # another file system
        program.write_bytes(Path(sys.executable).read_bytes())
    return program


@pytest.mark.parametrize("make", [environment, hard_link])
def test_the_python_of_another_environment_is_not_forked(make, tmp_path, monkeypatch):
    assert not can_fork(installed(tmp_path, monkeypatch, make(tmp_path / "env"), *AS_USUAL))


@pytest.mark.parametrize("program", [sys.executable, "python", "python3", "python3.{}"])
def test_this_very_python_is_forked_by_any_of_its_names(program, tmp_path, monkeypatch):
    program = program.format(sys.version_info.minor)
    assert can_fork(installed(tmp_path, monkeypatch, program, *AS_USUAL))
    frozen = (program, "-Xfrozen_modules=off", *AS_USUAL)
    assert can_fork(installed(tmp_path / "2", monkeypatch, *frozen))


OTHERWISE = {
    "options-of-python": {"argv": (sys.executable, "-O", *AS_USUAL)},
    "options": {"argv": (sys.executable, *AS_USUAL, "--IPKernelApp.exec_lines=import os")},
    "variables": {"argv": (sys.executable, *AS_USUAL), "env": {"A": "1"}},
    "another-machine": {
        "argv": (sys.executable, *AS_USUAL),
        "metadata": {"kernel_provisioner": {"provisioner_name": "yarn-provisioner"}},
    },
    "another-program": {"argv": ("/usr/bin/env", "python", *AS_USUAL)},
    "nothing": {"argv": ()},
}


@pytest.mark.parametrize("told", OTHERWISE.values(), ids=OTHERWISE)
def test_a_kernel_that_is_started_otherwise_is_not_forked(told, tmp_path, monkeypatch):
    told = dict(told)
    assert not can_fork(installed(tmp_path, monkeypatch, *told.pop("argv"), **told))


def test_a_kernel_that_is_installed_while_this_program_runs_is_seen(tmp_path, monkeypatch):
    assert not can_fork("later")
    assert can_fork(installed(tmp_path, monkeypatch, "python", *AS_USUAL, name="later"))


@pytest.mark.parametrize("module", ["helpers", "boto3", "packages/deep"])
def test_a_module_beside_the_notebook_is_imported_and_not_one_of_ours(
    module, tmp_path, monkeypatch
):
    """Also where this project's own, or what it preloads, has the name."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # which would come first
    path = tmp_path / f"{module}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine = 'mine'")
    name = module.replace("/", ".")
    cells = (f"import {name}\nprint({name}.mine)", f"import os; {name}.__file__")
    executed = execute(notebook(*cells), cwd=str(tmp_path))
    assert text(executed) == "mine\n"
    assert str(path) in outputs(executed)[1][0]["data"]["text/plain"]
    assert text(execute(notebook("import helpers; print(helpers.Secret)"))).startswith("<class")


def test_a_module_beside_the_notebook_does_not_hide_the_standard_library_nor_the_kernels(tmp_path):
    for name in ("statistics", "secrets", "traitlets", "zmq"):
        tmp_path.joinpath(f"{name}.py").write_text("raise ImportError('hidden')")
    tmp_path.joinpath("numbers.txt").write_text("")
    code = "import statistics, secrets, traitlets, zmq\nprint(statistics.mean([1, 3]))"
    assert text(execute(notebook(code), cwd=str(tmp_path))) == "2\n"


LOOK = (
    "import os, sys; print(sys.path)",
    "print(get_ipython().history_manager.hist_file)\nprint(os.environ['JPY_PARENT_PID'])",
)
PACKAGES = """
files = {name: str(getattr(module, '__file__', '')) for name, module in sys.modules.items()}
{name.partition('.')[0] for name in files if 'site-packages' in files[name] and 'debugpy' not in files[name]}
"""


def test_it_looks_for_modules_where_an_ordinary_kernel_does(tmp_path, monkeypatch):
    """And holds no package of an ordinary kernel for one that it has brought."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'given'}{os.pathsep}relative")
    monkeypatch.syspath_prepend(str(tmp_path / "of-the-asker"))
    mine = execute(notebook(*LOOK, PACKAGES), cwd=str(tmp_path))
    theirs = ordinary(notebook(*LOOK, PACKAGES), tmp_path)
    ours, stock = text(mine).splitlines(), text(theirs).splitlines()
    assert ours[0] == stock[0]
    assert ours[1:] == [":memory:", str(os.getpid())]
    loaded = set(eval(outputs(theirs)[2][0]["data"]["text/plain"]))
    assert loaded - fresh.KERNELS - {"_distutils_hack", "_virtualenv"} == set()


def test_it_has_the_magics_of_an_ordinary_kernel(tmp_path):
    look = notebook(
        "ip = get_ipython()\nprint(sorted(ip.extension_manager.loaded))",
        "print(ip.run_line_magic('lsmagic', ''))",
    )
    theirs = text(ordinary(copy.deepcopy(look), tmp_path))
    assert "%store" in theirs
    assert text(execute(look)) == theirs


def test_an_editable_installation_is_found_without_the_pythonpath_that_had_it_too(tmp_path):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "mine.pth").write_text("import site\n/of/mine\n\n/of/others\n")
    (packages / "unreadable.pth").mkdir()
    path = ["/of/mine", "/only/given", "/lib", str(packages), "/of/others"]
    gone = ["/of/mine", "/only/given"]
    left = ["/lib", str(packages), "/of/mine", "/of/others"]
    assert list(fresh._without(gone, path, now=[])) == left
    assert list(fresh._without(gone, path, now=["/of/mine"])) == [
        "/lib",
        str(packages),
        "/of/others",
    ]


def test_python_collects_in_it_as_often_as_anywhere(tmp_path):
    look = notebook("import gc\nprint(gc.isenabled(), gc.get_threshold())")
    assert text(execute(look)) == text(ordinary(copy.deepcopy(look), tmp_path))


def test_it_has_the_mask_and_the_limits_of_the_moment_it_starts(tmp_path):
    look = "import os, resource\nprint(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE))"
    execute(notebook("1"))
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    before = os.umask(0o027), resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
        assert text(execute(notebook(look))) == f"0o27 {(0, hard)}\n"
    finally:
        os.umask(before[0])
        resource.setrlimit(resource.RLIMIT_CORE, before[1])


ASKS_FOR_THE_APPLICATION = [
    ("%gui asyncio", ""),
    ("from ipykernel.kernelapp import IPKernelApp; print(IPKernelApp.initialized())", "True\n"),
    ("print(IPKernelApp.instance().kernel is get_ipython().kernel)", "True\n"),
    ("from ipykernel import get_connection_file, get_connection_info", ""),
    ("import os; print(os.path.isfile(get_connection_file()))", "True\n"),
    ("print(get_connection_info(unpack=True)['transport'])", "pipe\n"),
    ("print(get_ipython().config.HistoryManager.hist_file)", ":memory:\n"),
    ("import importlib.util; print(importlib.util.find_spec('ipykernel.debugger').name)", None),
    ("from ipykernel.debugger import VariableExplorer; print(VariableExplorer.__name__)", None),
    ("import asyncio; await asyncio.sleep(0.01); print('goes on')", "goes on\n"),
]


def test_who_asks_for_the_kernels_application_gets_it():
    """As %matplotlib does, and %pylab; the suites of `make peers` have them with plots."""
    executed = execute(notebook(*(cell for cell, _ in ASKS_FOR_THE_APPLICATION)))
    for (cell, told), found in zip(ASKS_FOR_THE_APPLICATION, outputs(executed), strict=True):
        said = "".join(each["text"] for each in found if each["name"] == "stdout")
        assert said == told or (told is None and said), cell
        assert told is None or [each for each in found if each["name"] != "stdout"] == [], cell


def test_the_file_that_says_nobody_can_connect_goes_with_the_run():
    code = "import ipykernel; print(ipykernel.get_connection_file())"
    assert not os.path.exists(text(execute(notebook(code))).strip())


def test_what_the_kernel_says_for_a_terminal_is_in_no_cell():
    loud = "import logging; logging.basicConfig(level=logging.DEBUG, force=True)"
    after = "logging.getLogger('mine').debug('said')"
    executed = execute(notebook(loud, after, "x = 1"))
    said = [output["text"] for group in outputs(executed) for output in group]
    assert [each for each in said if "kernel" in each] == []
    assert "DEBUG:mine:said\n" in said


def defined_in(source):
    """Return the names that the source of a class or a module gives to itself."""
    tree = ast.walk(ast.parse(textwrap.dedent(source)))
    return {
        getattr(node, "attr", getattr(node, "name", getattr(node, "id", "")))
        for node in tree
        if isinstance(getattr(node, "ctx", ast.Store()), ast.Store)
    }


@pytest.mark.parametrize("place", kernel.PRIVATE)
def test_ipykernel_has_each_private_part_that_the_kernel_relies_on(place):
    module, _, name = place.partition(":")
    found = importlib.import_module(f"ipykernel.{module}")
    found = getattr(found, name) if name else found
    missing = set(kernel.PRIVATE[place]) - defined_in(inspect.getsource(found))
    assert missing == set(), f"ipykernel {ipykernel.__version__}"


def test_the_list_of_private_parts_has_all_of_them():
    """What the kernel's classes override, and what it reads under a name that begins with _."""
    tree = ast.parse(Path(kernel.__file__).read_text())
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    over = {
        node.name
        for each in classes
        if ast.unparse(each.bases[0] if each.bases else each) in OF_IPYKERNEL
        for node in each.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    mine = {"__init__", "take", "_write_connection_file"}
    listed = {name for names in kernel.PRIVATE.values() for name in names}
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and ast.unparse(node.value) in ("kernel", "self", "stream", "each")
    }
    own = {"_streams", "_lock", "_ends", "_watch"}
    assert over - mine <= listed
    assert used - own <= listed


OF_IPYKERNEL = ("IOPubThread", "bases.OutStream", "bases.IPythonKernel", "bases.IPKernelApp")


def test_only_a_range_of_ipykernel_is_asked_for_that_was_tried():
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    [asked] = [one for one in project["dependencies"] if one.startswith("ipykernel")]
    assert "<" in asked


OF_THE_USER = {"module": "helpers.py", "package": "helpers/__init__.py"}


@pytest.mark.parametrize("path", OF_THE_USER.values(), ids=OF_THE_USER)
def test_papermill_works_beside_a_module_that_has_our_packages_name(path, tmp_path, monkeypatch):
    """papermill imports every engine that is installed, whichever it will use."""
    mine = tmp_path / path
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("raise RuntimeError('imported')")
    door = runpy.run_path(str(ROOT / "cognito_reset_papermill.py"))
    assert door["CognitoReset"] is CognitoResetEngine
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "helpers")
    door = runpy.run_path(str(ROOT / "cognito_reset_papermill.py"))
    monkeypatch.setitem(papermill_engines._engines, "instead", door["CognitoReset"])
    with pytest.raises(papermill.exceptions.PapermillException, match=re.escape(str(mine))):
        papermill.execute_notebook(notebook("1"), None, engine_name="instead")
    [named] = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]["entry-points"][
        "papermill.engine"
    ].values()
    assert named == "cognito_reset_papermill:CognitoReset"

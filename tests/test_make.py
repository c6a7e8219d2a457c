"""The Makefile and CI's script, where nothing else tries them: in a folder of their own, with
programs that end at once.
"""

import os
import shutil
import subprocess
import sys

import pytest

from tests import ROOT

# A Python that does as it is told below: another version, without a module, or one whose
# environments fail.
PYTHON = f"""#!{sys.executable}
import pathlib, sys
sys.version_info = (*map(int, "{{version}}".split(".")), 0, "final", 0)
if "{{lacks}}":
    sys.modules["{{lacks}}"] = None
sys.argv.pop(0)
if sys.argv[0] == "-c":
    exec(sys.argv[1])
else:
    assert sys.argv[:2] == ["-m", "venv"], sys.argv
    folder = pathlib.Path(sys.argv[2]) / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in {{programs!r}}.items():
        folder.joinpath(name).write_text("#!/bin/sh\\n" + script)
        folder.joinpath(name).chmod(0o755)
    sys.exit({{venv}})
"""


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def python(path, version="3.12", lacks="", venv=0, **programs):
    """Make a Python. lacks: a module that it does not have. venv: its exit code when it makes an
    environment. programs: what an environment has, as shell scripts.
    """
    programs = {"pip": "exit 0", **programs}
    return program(path, PYTHON.format(version=version, lacks=lacks, venv=venv, programs=programs))


@pytest.fixture
def folder(tmp_path):
    """What the Makefile needs of the project."""
    for name in ("pyproject.toml", "requirements.lock", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def made(folder):
    """The same, as `make run` leaves it, with a Python that only says how it was called."""
    program(folder / ".venv" / "bin" / "python", '#!/bin/sh\necho "$@"\n')
    folder.joinpath(".venv", "run").touch()
    return folder


def make(folder, *words):
    # Without what a `make test` around this hands down.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


def test_make_campaign_practice_is_the_command_with_so_many_users(made):
    assert make(made, "campaign-practice").stdout.strip().endswith("campaign-practice --users 500")
    fewer = make(made, "campaign-practice", "USERS=40").stdout.strip()
    assert fewer == "-m helpers campaign-practice --users 40"


def test_make_lab_is_the_command_and_passes_its_arguments_on(made):
    def lab(*arguments):
        return make(made, "--no-print-directory", "lab", *arguments).stdout.strip()

    assert lab() == "-m helpers lab"
    assert lab("ARGS=--port 8889 --no-browser") == "-m helpers lab --port 8889 --no-browser"


# --- on which Python ---


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_supported_python_makes_the_environment(folder, version):
    done = make(folder, ".venv/run", f"PYTHON={python(folder / 'python', version)}")
    assert (done.returncode, done.stderr) == (0, "")
    assert folder.joinpath(".venv", "run").exists()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"version": "2.7"}, "is Python 2.7, but 3.11 to 3.14 is needed: install one (on Debian:"),
        ({"version": "3.10"}, "is Python 3.10, but 3.11 to 3.14 is needed: install one"),
        ({"version": "3.15"}, "is Python 3.15, but 3.11 to 3.14 is needed: install one"),
        ({"lacks": "venv"}, "install its venv (on Debian: apt install python3.12-venv)"),
        ({"lacks": "ensurepip"}, "install its venv (on Debian: apt install python3.12-venv)"),
    ],
    ids=lambda how: "-".join(how.values()) if isinstance(how, dict) else "",
)
def test_a_python_that_will_not_do_is_refused_in_one_sentence(folder, how, words):
    done = make(folder, ".venv/run", f"PYTHON={python(folder / 'python', **how)}")
    assert done.returncode == 2
    sentence, error = done.stderr.splitlines()
    assert words in sentence
    assert error.startswith("make: *** ")
    assert not folder.joinpath(".venv").exists()


def test_a_python_that_is_not_there_is_refused_in_one_sentence(folder):
    done = make(folder, ".venv/run", "PYTHON=no-such-python")
    assert done.returncode == 2
    sentence, _ = done.stderr.splitlines()
    assert sentence.startswith("There is no no-such-python here: install Python 3.11 to 3.14 (on")
    assert not folder.joinpath(".venv").exists()


@pytest.mark.parametrize("how", [{"venv": 1}, {"pip": "exit 1"}], ids=["venv", "pip"])
def test_an_environment_that_comes_to_nothing_is_not_left_behind(folder, how):
    done = make(folder, ".venv/run", f"PYTHON={python(folder / 'python', **how)}")
    assert done.returncode == 2
    assert not folder.joinpath(".venv").exists()


def test_an_environment_that_was_there_before_stays_when_its_update_fails(made):
    made.joinpath("requirements.lock").touch()
    shell = python(made / "python", pip="exit 1")
    done = make(made, "--always-make", ".venv/run", f"PYTHON={shell}")
    assert done.returncode == 2
    assert made.joinpath(".venv", "bin", "python").exists()


# --- what CI runs ---


@pytest.fixture
def ci(folder):
    """Run CI's script with these programs first on the PATH; `make test` says that 7 passed."""
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    folder.joinpath("tmp").mkdir()
    bin_ = folder / "bin"
    program(bin_ / "chromium", "#!/bin/sh\n")
    program(bin_ / "make", "#!/bin/sh\necho 7 passed in 1s\n")
    python(folder / ".venv" / "bin" / "python", "3.11")
    # Whatever this machine has is not looked at.
    for version in ("3.11", "3.12", "3.13", "3.14"):
        program(bin_ / f"python{version}", "#!/bin/sh\nexit 127\n")

    def run():
        return subprocess.run(
            ["bash", str(folder / ".ci" / "run")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={
                "PATH": f"{bin_}:/usr/bin:/bin",
                "PYENV_ROOT": str(folder / "pyenv"),
                "TMPDIR": str(folder / "tmp"),
            },
        )

    return run


PYTEST = 'echo "$0 $@"; echo "== 5 passed in 1s =="'


def test_ci_runs_each_other_python_that_it_finds_and_says_which(ci, folder):
    python(folder / "bin" / "python3.11", "3.11", pytest=PYTEST)
    python(folder / "bin" / "python3.12", "3.12", pytest=PYTEST)
    of_pyenv = python(folder / "pyenv/versions/3.13.1/bin/python3", "3.13", pytest=PYTEST)
    python(folder / "bin" / "python3.14", "3.14", lacks="ensurepip", pytest=PYTEST)
    done = ci()
    assert (done.returncode, done.stderr) == (0, "")
    said = [line for line in done.stdout.splitlines() if line.startswith("Python ")]
    assert said == [
        "Python 3.11: make test has passed.",
        "Python 3.11: skipped, make test has run on it.",
        "Python 3.12: all tests but the browser's, by python3.12 ...",
        "Python 3.12: passed.",
        f"Python 3.13: all tests but the browser's, by {of_pyenv} ...",
        "Python 3.13: passed.",
        "Python 3.14: skipped, it is not on this machine.",
    ]
    assert "7 passed in 1s\nPython 3.11: make test has passed.\n7 passed in 1s\n" in done.stdout
    commands = [line for line in done.stdout.splitlines() if "/pytest " in line]
    assert len(commands) == 2
    assert all("--ignore tests/browser" in line for line in commands)
    assert list(folder.joinpath("tmp").iterdir()) == []


@pytest.mark.parametrize(
    "pytest_says",
    ["echo 0 passed", "echo no tests ran", "echo 5 passed, 1 failed; exit 1", "exit 3"],
)
@pytest.mark.parametrize("which", ["usual", "other"])
def test_ci_fails_where_tests_fail_or_none_ran(ci, folder, which, pytest_says):
    python(folder / "bin" / "python3.12", "3.12", pytest=pytest_says)
    if which == "usual":
        program(folder / "bin" / "make", f"#!/bin/sh\n{pytest_says}\n")
    done = ci()
    assert done.returncode == 1
    assert ("Python 3.11: make test has passed." in done.stdout) == (which == "other")
    assert "Python 3.12: passed." not in done.stdout
    assert list(folder.joinpath("tmp").iterdir()) == []


def test_ci_fails_where_an_environment_cannot_be_made(ci, folder):
    python(folder / "bin" / "python3.12", "3.12", pip="exit 1", pytest=PYTEST)
    done = ci()
    assert done.returncode == 1
    assert list(folder.joinpath("tmp").iterdir()) == []

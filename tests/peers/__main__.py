"""Run the suites, in an environment of their own: python -m tests.peers (make peers). With
--if-to-be-had it is fine where this machine cannot fetch them.

papermill's tests are in its wheel, nbclient's notebooks in its source distribution, and
jupyter_kernel_test is a package.
"""

import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

from tests import ROOT
from tests.environments import PEERS, programs

HERE = Path(__file__).parent
PAPERMILLS = ("execute", "engines", "autosave", "cli", "parameterize", "inspect", "clientwrap")
"""The tests of papermill that an engine can touch."""


def main() -> int:
    """Return 0 when all have passed."""
    try:
        bin = programs(PEERS)
        source = _source_of_nbclient(bin)
    except subprocess.CalledProcessError as exc:
        print(f"The peers' suites cannot be fetched: {exc}", file=sys.stderr)
        return 0 if "--if-to-be-had" in sys.argv else 1
    environment = {name: value for name, value in os.environ.items() if name != "COGNITO_SANDBOX"}
    environment |= {
        "COGNITO_RESET_STRICT": "",  # theirs give parameters that no cell has
        "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
        "PEERS_NOTEBOOKS": str(source / "tests" / "files"),
        "PYTHONPATH": str(ROOT),
    }
    theirs = [f"papermill.tests.test_{name}" for name in PAPERMILLS]
    suites = (
        ["-p", "tests.peers.default_engine", "--pyargs", *theirs],
        [str(HERE / "suites.py")],
    )
    pytest = [bin / "python", "-m", "pytest", "-q", "-c", HERE / "pytest.ini"]
    ends = [subprocess.run([*pytest, *suite], env=environment).returncode for suite in suites]
    return max(ends)


def _source_of_nbclient(bin: Path) -> Path:
    name = f"nbclient-{version('nbclient')}"
    folder = bin.parent / "src"
    if not (folder / name).exists():
        folder.mkdir(exist_ok=True)
        pip = [bin / "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        where = ["--no-build-isolation", "--no-binary", "nbclient", "-d", folder]
        subprocess.run([*pip, *where, name.replace("-", "==")], check=True)
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return folder / name


if __name__ == "__main__":
    sys.exit(main())

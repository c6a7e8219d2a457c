"""Environments of their own to measure and test in, made once in .venv/of with the lock's versions.

This project's own environment has JupyterLab, and with it a grammar that jsonschema builds whenever
papermill is imported: whatever is measured against papermill there looks too good.
"""

import subprocess
import sys
from pathlib import Path

from tests import ROOT

STOCK = ("papermill", "ipykernel")
"""All that papermill needs."""
WITH_BOTO3 = (*STOCK, "boto3")
"""papermill imports boto3, for s3:// paths, wherever it is installed."""
OURS = ("-e", str(ROOT))
"""This project without an extra."""
PEERS = (
    *OURS,
    "hatchling",
    "ipywidgets",
    "jupyter_kernel_test",
    "matplotlib",
    "pytest",
    "pytest-timeout",
)
"""Beside it what the peers' suites need, see tests.peers."""
_NAMES = {STOCK: "stock", WITH_BOTO3: "stock-boto3", OURS: "ours", PEERS: "peers"}


def programs(packages: tuple[str, ...]) -> Path:
    """Return the folder of the programs of an environment that has these packages."""
    folder = ROOT / ".venv" / "of" / _NAMES[packages]
    made, lock = folder / "made", ROOT / "requirements.lock"
    told = (
        f"{sys.version} {packages}\n{lock.read_text()}{ROOT.joinpath('pyproject.toml').read_text()}"
    )
    if not made.exists() or made.read_text() != told:
        print(f"making {folder.relative_to(ROOT)} with pip ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "-c", lock, *packages], check=True)
        made.write_text(told)
    return folder / "bin"

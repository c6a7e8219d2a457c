"""Build the site: every notebook in the reader's browser, with nothing to install.

    python docs/site/build.py

The site is a folder of files for any web server. JupyterLite is the front end, Pyodide the Python;
both, and all packages, lie in the site itself, so that it loads nothing from elsewhere. What is
fetched for it is kept in build/site-cache.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pages
import wheels
from jupyter_core.paths import jupyter_path
from jupyterlite_pyodide_kernel.constants import PYODIDE_KERNEL_PLUGIN_ID, PYODIDE_VERSION

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAME = "Cognito Reset Runbooks"
CORE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
KERNELSPEC = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
KEPT = ("contents", "settings", "workspaces")
"""What JupyterLite keeps in the reader's browser; forget.js knows the name of the databases."""

SETTINGS = {"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 5}}
"""What is set besides what `make lab` sets: a tab that is closed has lost little."""

NOT_SERVED = ("doc", "package.json", "rspack.config*.js")
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site", help="where it goes")
    parser.add_argument(
        "--cache",
        type=Path,
        default=ROOT / "build" / "site-cache",
        help="where what is fetched is kept",
    )
    given = parser.parse_args()
    faults = [*faults_in(given.out), *faults_around()]
    if faults:
        parser.error("\n".join(faults))
    try:
        with TemporaryDirectory() as stage:
            build(given.out.resolve(), given.cache.resolve(), Path(stage))
    except wheels.SiteError as exc:
        sys.exit(str(exc))


def faults_in(out: Path) -> Iterator[str]:
    """Yield why this folder cannot be where the site goes: what is in it is removed."""
    if out.exists() and not out.is_dir():
        yield f"--out: {out} is a file."
    elif out.exists() and any(out.iterdir()) and not out.joinpath("jupyter-lite.json").exists():
        yield f"--out: {out} is neither empty nor a site that was built before."


def faults_around() -> Iterator[str]:
    """Yield what is missing to build the site."""
    if not shutil.which("npm"):
        yield "npm is not installed, and Pyodide comes from there (on Debian: apt install npm)."
    for name in EXTENSIONS:
        if not _extension(name):
            yield f"JupyterLab's extension {name} is not installed: run make site."


def build(out: Path, cache: Path, stage: Path) -> None:
    """Build the site. stage: an empty folder for what it is made of."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = stage / "static" / "pyodide"
    folder.mkdir(parents=True)
    pyodide = wheels.Pyodide.read(_pyodide(cache))
    for name in CORE:
        shutil.copy(pyodide.folder / name, folder)
    kernel = _extension("@jupyterlite/pyodide-kernel-extension")
    own = sorted(Path(kernel, "static", "pypi").glob("*.whl"))
    wheels.put(wheels.gather(_own_wheel(stage), own, pyodide, cache), pyodide, folder)
    _notebooks(ROOT / "notebooks", stage / "files")
    _configure(stage)
    shutil.rmtree(out, ignore_errors=True)
    _lite(stage, out)
    _pages(out)


def _pyodide(cache: Path) -> Path:
    folder = cache / f"pyodide-{PYODIDE_VERSION}"
    if not folder.exists():
        _said(["npm", "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"], cwd=cache)
        with TemporaryDirectory(dir=cache) as unpacked:
            with tarfile.open(cache / f"pyodide-{PYODIDE_VERSION}.tgz") as archive:
                archive.extractall(unpacked, filter="data")
            Path(unpacked, "package").rename(folder)
    return folder


def _said(command: list[str], cwd: Path) -> None:
    """Run a program; SiteError with what it said if it fails."""
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise wheels.SiteError(f"{' '.join(command[:4])} failed:\n{said}")


def _own_wheel(stage: Path) -> Path:
    target = stage / "own"
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _said([*command, "--wheel-dir", str(target), str(ROOT)], cwd=stage)
    return next(target.glob("*.whl"))


def _notebooks(source: Path, target: Path) -> None:
    """Copy the notebooks, each text in one piece: JupyterLite hands them on as they are."""
    for path in sorted(source.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            notebook = nbformat.read(path, as_version=4)
            notebook.metadata["kernelspec"] = KERNELSPEC
            copy.write_text(json.dumps(notebook), encoding="utf-8")


def _extension(name: str) -> str:
    """Return the folder of one of JupyterLab's extensions, "" where it is not installed."""
    folders = (Path(folder, name) for folder in jupyter_path("labextensions"))
    return next((str(each) for each in folders if each.joinpath("package.json").exists()), "")


def _configure(stage: Path) -> None:
    lock = json.loads(stage.joinpath("static/pyodide/pyodide-lock.json").read_text())
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "lockFileURL": "./static/pyodide/pyodide-lock.json",
            "packages": sorted(lock["packages"]),
        },
    }
    data = {
        "appName": NAME,
        "exposeAppInBrowser": True,
        "faviconUrl": "./icon.svg",
        **{f"{kind}StorageName": f"{NAME} {kind}" for kind in KEPT},
        "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel},
    }
    stage.joinpath("jupyter-lite.json").write_text(
        json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": data})
    )
    overrides = json.loads(ROOT.joinpath(".jupyter", "overrides.json").read_text())
    stage.joinpath("overrides.json").write_text(json.dumps(overrides | SETTINGS))


def _lite(stage: Path, out: Path) -> None:
    config = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "lite_dir": str(stage),
            "output_dir": str(out),
            "cache_dir": str(stage / "cache"),
            "contents": [str(stage / "files")],
            "ignore_sys_prefix": True,
            "federated_extensions": [_extension(name) for name in EXTENSIONS],
            "settings_overrides": [str(stage / "overrides.json")],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
    }
    path = stage / "jupyter_lite_config.json"
    path.write_text(json.dumps(config))
    _said([sys.executable, "-m", "jupyterlite_core", "build", "--config", str(path)], cwd=stage)


def _pages(out: Path) -> None:
    """Put in the landing page, the lessons to read, and the line that says how far Python is."""
    for pattern in NOT_SERVED:
        for path in out.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = pages.pages(ROOT.joinpath("README.md").read_text(encoding="utf-8"), ROOT / "notebooks")
    megabytes = round(sum(path.stat().st_size for path in out.glob("static/pyodide/*")) / 1e6)
    out.joinpath("index.html").write_text(pages.landing(found, megabytes), encoding="utf-8")
    out.joinpath("style.css").write_text(pages.style(), encoding="utf-8")
    for page in found:
        if page.is_lesson:
            path = out / f"{page.name}.html"
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages.lesson(found, page), encoding="utf-8")
    for name in ("forget.js", "icon.svg", "progress.js"):
        shutil.copy(HERE / name, out)
    lab = out / "lab" / "index.html"
    text = lab.read_text(encoding="utf-8")
    line = f'<script type="module" src="../progress.js" data-megabytes="{megabytes}"></script>'
    text = text.replace("</head>", '<link rel="icon" href="../icon.svg"></head>')
    lab.write_text(text.replace("</body>", f"{line}</body>"), encoding="utf-8")


if __name__ == "__main__":
    main()

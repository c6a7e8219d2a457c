"""The Python packages of the site: wheels that lie beside Pyodide, and the lock that names them.

The versions are those of requirements.lock; what the lock does not have, which is Pyodide's own
installer, is taken in the version that Pyodide's lock names. What each package needs is read from
its metadata, as Pyodide would: that is where `sys_platform` is "emscripten".
"""

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

LOCK = Path(__file__).parents[2] / "requirements.lock"
PROJECT = "cognito-reset-runbooks"
KERNEL = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
"""What the kernel would install when it starts, if it were not there."""

FRONT_ENDS = {"jupyterlab-widgets", "widgetsnbextension"}
"""What ipywidgets asks for and a kernel has no use for: the site itself has them."""

LEFT_OUT = {
    "anywidget": r"anywidget/(labextension|nbextension)/|anywidget-[^/]+\.data/",
    "botocore": r"botocore/data/(?!cognito-idp/|sts/)[^/]+/",
    "boto3": r"boto3/(data|examples)/",
    "jedi": r"jedi/third_party/(django-stubs|typeshed/stubs)/",
}
"""What of a package is left out: front ends, the other services of AWS, and stubs of packages that
are not here, thousands of small files.
"""


class SiteError(Exception):
    """The site cannot be built; the message says why, and what to do."""


@dataclass(frozen=True)
class Wheel:
    """A wheel, and what its metadata says. needs: requirements, some for an extra alone."""

    path: Path
    name: str
    version: str
    needs: tuple[Requirement, ...]

    @classmethod
    def read(cls, path: Path) -> "Wheel":
        """Read a wheel's name, version and requirements."""
        name, version, *_ = parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as archive:
            metadata = next(
                each for each in archive.namelist() if each.endswith(".dist-info/METADATA")
            )
            headers = HeaderParser().parsestr(archive.read(metadata).decode())
        needs = tuple(map(Requirement, headers.get_all("Requires-Dist") or ()))
        return cls(path, name, str(version), needs)

    def asks(self, pyodide: "Pyodide", extras: Iterable[str] = ("",)) -> list[Requirement]:
        """Return what this wheel needs in a browser, for any of the extras."""
        return [
            need
            for need in self.needs
            if canonicalize_name(need.name) not in FRONT_ENDS
            and (
                need.marker is None
                or any(
                    need.marker.evaluate(pyodide.environment() | {"extra": extra})
                    for extra in extras
                )
            )
        ]

    def imports(self) -> list[str]:
        """Return the names by which the packages and modules of this wheel are imported."""
        with zipfile.ZipFile(self.path) as archive:
            tops = {each.split("/")[0] for each in archive.namelist() if ".dist-info" not in each}
        return sorted(top.split(".")[0] for top in tops if not top.endswith(".data"))


@dataclass(frozen=True)
class Pyodide:
    """A Pyodide: its folder, and what its own lock says of it."""

    folder: Path
    info: dict[str, str]
    versions: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Pyodide":
        """Read a Pyodide as npm has it."""
        lock = json.loads(folder.joinpath("pyodide-lock.json").read_text())
        versions = {name: package["version"] for name, package in lock["packages"].items()}
        return cls(folder, lock["info"], versions)

    def environment(self) -> dict[str, str]:
        """Return what a requirement's marker is compared with."""
        full = self.info["python"]
        return {
            **default_environment(),
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": "wasm32",
            "platform_system": "Emscripten",
            "python_full_version": full,
            "python_version": ".".join(full.split(".")[:2]),
            "sys_platform": "emscripten",
        }

    def pip_options(self) -> list[str]:
        """Return what has pip look for wheels that run here."""
        python = ".".join(self.info["python"].split(".")[:2])
        abi = f"cp{python.replace('.', '')}"
        platform = f"pyemscripten_{self.info['abi_version']}_wasm32"
        return [
            *("--python-version", python, "--implementation", "cp"),
            *("--abi", abi, "--abi", "abi3", "--abi", "none", "--platform", platform),
        ]


def gather(project: Path, kernel: Iterable[Path], pyodide: Pyodide, cache: Path) -> list[Wheel]:
    """Return every wheel that the site needs, fetching what is not in the cache.

    project: the project's own wheel. kernel: the wheels that come with the kernel, which go before
    those of the same name elsewhere.
    """
    pins = _pins(pyodide)
    given = {canonicalize_name(wheel.name): wheel for wheel in map(Wheel.read, (project, *kernel))}
    found: dict[str, Wheel] = {}
    wanted = {PROJECT: {"", "lab"}, **{name: {""} for name in KERNEL}}
    while missing := [name for name in wanted if name not in found]:
        fetched = [f"{name}=={pins[name]}" for name in missing if name not in given]
        _fetch(fetched, pyodide, cache)
        found |= {name: given.get(name) or _cached(name, pins[name], cache) for name in missing}
        for name in missing:
            for need in found[name].asks(pyodide, wanted[name]):
                other = canonicalize_name(need.name)
                if other not in given and other not in pins:
                    raise SiteError(f"{name} needs {need}, which requirements.lock lacks.")
                wanted.setdefault(other, {""}).update(need.extras)
    return [found[name] for name in sorted(found)]


def _pins(pyodide: Pyodide) -> dict[str, str]:
    pins = dict(pyodide.versions)
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate(pyodide.environment()):
            pins[canonicalize_name(need.name)] = str(need.specifier).removeprefix("==")
    return {canonicalize_name(name): version for name, version in pins.items()}


def _cached(name: str, version: str, cache: Path) -> Wheel:
    for path in cache.glob("*.whl"):
        found, its, *_ = parse_wheel_filename(path.name)
        if (found, str(its)) == (name, version):
            return Wheel.read(path)
    raise SiteError(f"{name} {version} has no wheel that runs in a browser.")


def _fetch(requirements: list[str], pyodide: Pyodide, cache: Path) -> None:
    here = {f"{name}=={version}" for name, version in _names(cache)}
    missing = [each for each in requirements if each not in here]
    if not missing:
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", *pyodide.pip_options(), "--dest", str(cache)]
    done = subprocess.run([*command, *missing], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SiteError(f"pip cannot fetch {', '.join(missing)}:\n{done.stderr.strip()}")


def _names(cache: Path) -> list[tuple[str, str]]:
    parsed = (parse_wheel_filename(path.name) for path in cache.glob("*.whl"))
    return [(name, str(version)) for name, version, *_ in parsed]


def put(wheels: list[Wheel], pyodide: Pyodide, folder: Path) -> None:
    """Put the wheels into a folder, without what is left out, and the lock that names them."""
    packages = {}
    for wheel in wheels:
        name = canonicalize_name(wheel.name)
        path = folder / wheel.path.name
        _without(LEFT_OUT.get(name), wheel.path, path)
        needs = {canonicalize_name(need.name) for need in wheel.asks(pyodide)}
        packages[name] = {
            "name": name,
            "version": wheel.version,
            "file_name": path.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": wheel.imports(),
            "depends": sorted(needs),
            "unvendored_tests": False,
        }
    lock = {"info": pyodide.info, "packages": packages}
    folder.joinpath("pyodide-lock.json").write_text(json.dumps(lock, indent=1))


def _without(pattern: str | None, source: Path, target: Path) -> None:
    if pattern is None:
        target.write_bytes(source.read_bytes())
        return
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for item in old.infolist():
            text = old.read(item)
            if item.filename.endswith(".dist-info/RECORD"):
                lines = text.splitlines(keepends=True)
                text = b"".join(line for line in lines if not re.match(pattern, line.decode()))
            if not re.match(pattern, item.filename):
                new.writestr(item, text, zipfile.ZIP_DEFLATED, 9)

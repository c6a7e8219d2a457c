"""What the site takes of the packages: which wheels, what of them, and the lock that names them."""

import hashlib
import importlib.util
import json
import sys
import zipfile

import pytest

from tests import ROOT

LOCK = {
    "info": {"python": "3.14.2", "abi_version": "2026_0"},
    "packages": {"micropip": {"version": "0.11.1"}},
}


@pytest.fixture(scope="module")
def wheels():
    spec = importlib.util.spec_from_file_location("wheels", ROOT / "docs" / "site" / "wheels.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["wheels"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["wheels"]


@pytest.fixture
def pyodide(wheels, tmp_path):
    folder = tmp_path / "pyodide"
    folder.mkdir()
    folder.joinpath("pyodide-lock.json").write_text(json.dumps(LOCK))
    return wheels.Pyodide.read(folder)


def wheel(folder, name, version, *needs, files=()):
    """Make a wheel."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    files = [f"{name}/__init__.py", *files]
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.writestr(file, "")
        archive.writestr(
            f"{about}/METADATA", "\n".join([*lines, *(f"Requires-Dist: {each}" for each in needs)])
        )
        archive.writestr(f"{about}/RECORD", "".join(f"{file},,\n" for file in files))
    return path


def test_what_a_package_needs_is_what_it_needs_in_a_browser(wheels, pyodide, tmp_path):
    path = wheel(
        tmp_path,
        "one",
        "1.0",
        "always",
        "elsewhere; sys_platform != 'emscripten'",
        "old; python_version < '3.14'",
        "drawn; extra == 'lab'",
        "widgetsnbextension",
    )
    one = wheels.Wheel.read(path)
    assert [need.name for need in one.asks(pyodide)] == ["always"]
    assert [need.name for need in one.asks(pyodide, ("", "lab"))] == ["always", "drawn"]
    assert one.imports() == ["one"]


def test_the_lock_names_each_wheel_as_it_is_there_and_what_it_depends_on(wheels, pyodide, tmp_path):
    gone = ["botocore/data/s3/2006/service-2.json", "botocore/data/ec2/x.json"]
    kept = ["botocore/data/cognito-idp/2016/service-2.json", "botocore/data/endpoints.json"]
    paths = [
        wheel(
            tmp_path, "botocore", "1.2", "one.dotted>=1; extra == 'crt'", "one", files=gone + kept
        ),
        wheel(tmp_path, "one", "1.0"),
    ]
    target = tmp_path / "out"
    target.mkdir()
    wheels.put([wheels.Wheel.read(path) for path in paths], pyodide, target)
    lock = json.loads(target.joinpath("pyodide-lock.json").read_text())
    assert lock["info"] == LOCK["info"]
    assert lock["packages"]["botocore"]["depends"] == ["one"]
    for package in lock["packages"].values():
        found = target.joinpath(package["file_name"]).read_bytes()
        assert package["sha256"] == hashlib.sha256(found).hexdigest()
    with zipfile.ZipFile(target / "botocore-1.2-py3-none-any.whl") as archive:
        names = archive.namelist()
        record = archive.read("botocore-1.2.dist-info/RECORD").decode()
    for path in kept:
        assert path in names
        assert path in record
    for path in gone:
        assert path not in names
        assert path not in record


def test_a_package_that_the_lock_lacks_is_said_before_anything_is_fetched_for_it(
    wheels, pyodide, tmp_path, monkeypatch
):
    monkeypatch.setattr(wheels, "KERNEL", ())
    own = wheel(tmp_path, "cognito_reset_runbooks", "0.1", "no-such-package>=1")
    with pytest.raises(
        wheels.SiteError, match=r"needs no-such-package>=1, which requirements\.lock"
    ):
        wheels.gather(own, (), pyodide, tmp_path)


def test_wheels_that_are_given_go_before_those_to_fetch(wheels, pyodide, tmp_path, monkeypatch):
    monkeypatch.setattr(wheels, "KERNEL", ("ipykernel",))
    own = wheel(tmp_path, "cognito_reset_runbooks", "0.1", "boto3", "drawn; extra == 'lab'")
    given = [wheel(tmp_path, name, "0.0.1") for name in ("ipykernel", "boto3", "drawn")]
    found = wheels.gather(own, given, pyodide, tmp_path)
    assert [one.path for one in found] == sorted([own, *given])


def test_what_cannot_be_fetched_is_said_with_what_pip_says(wheels, pyodide, tmp_path, monkeypatch):
    def pip(command, **options):
        assert "--platform pyemscripten_2026_0_wasm32" in " ".join(command)
        assert command[-1].startswith("micropip==0.11.1")
        return wheels.subprocess.CompletedProcess(command, 1, "", "no such host")

    monkeypatch.setattr(wheels, "KERNEL", ("micropip",))
    monkeypatch.setattr(wheels.subprocess, "run", pip)
    own = wheel(tmp_path, "cognito_reset_runbooks", "0.1")
    with pytest.raises(wheels.SiteError, match=r"micropip==0\.11\.1:\nno such host"):
        wheels.gather(own, (), pyodide, tmp_path)

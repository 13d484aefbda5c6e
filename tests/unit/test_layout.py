"""The house's outer rules: our top-level packages are ours alone, and nothing shadows a library."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "widgets", "render", "session", "sync", "inference", "imaging", "resources")
MAX_FILE_LINES = 700
MAX_FUNCTION_LINES = 80


def _python_files() -> list[Path]:
    files = [ROOT / "dev.py"]
    for folder in (*PACKAGES, "tests", "packaging"):
        files += sorted((ROOT / folder).rglob("*.py"))
    return files


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_package(package: str) -> None:
    # Another distribution with the same import name would silently overwrite our files.
    assert set(metadata.packages_distributions()[package]) == {"limner"}


@pytest.mark.parametrize("package", PACKAGES)
def test_our_package_is_no_standard_module(package: str) -> None:
    assert package not in sys.stdlib_module_names


def test_packaging_and_tests_are_no_packages() -> None:
    # packaging/__init__.py would shadow the library `packaging`, which pip and pytest need.
    assert not (ROOT / "packaging" / "__init__.py").exists()
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_files_and_functions_stay_short() -> None:
    files = _python_files()
    assert len(files) > 30
    too_long = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        if len(text.splitlines()) > MAX_FILE_LINES:
            too_long.append(str(file.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES:
                too_long.append(f"{file.relative_to(ROOT)}: {node.name}")
    assert too_long == []


def test_dev_py_needs_only_the_standard_library() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert names <= sys.stdlib_module_names


def test_lock_holds_exact_versions_and_no_addresses() -> None:
    for lock in ("requirements.lock", "requirements-ai.lock"):
        lines = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert lines
        for line in lines:
            name, version = line.split("==")
            assert name
            assert "+" not in version
            assert "/" not in line


def test_installed_versions_are_the_locked_ones() -> None:
    wrong = []
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, version = line.split("==")
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name}: {found}, locked {version}")
    assert wrong == []


def test_no_gpl_codec_is_locked() -> None:
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for package in ("pylibjpeg-libjpeg", "pymaxflow", "pyqt5", "pyqt6"):
        assert package not in locked


def test_lock_satisfies_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += project["project"]["optional-dependencies"]["ai"]
    locked = {}
    for lock in ("requirements.lock", "requirements-ai.lock"):
        for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                name, version = line.split("==")
                locked[canonicalize_name(name)] = version
    for text in wanted:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), text

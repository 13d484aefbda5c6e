"""What exactly ran: a hash over the source of a model that has no weights, versions of libraries."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import marshal
import pkgutil
from importlib.machinery import ModuleSpec
from typing import Any

HASH_LENGTH = 8
_OWN_PACKAGE = "inference"


def source_hash(module_name: str) -> str:
    """First 8 hex digits of SHA-256 over a module and all of ``inference`` that it imports, directly or not.

    Line ends do not matter. A frozen program without sources hashes its byte code instead: that names the build.
    """
    texts: dict[str, bytes] = {}
    waiting = [module_name]
    while waiting:
        name = waiting.pop()
        spec = None if name in texts else _found(name)
        if spec is None:
            continue
        texts[name] = _content(spec)
        waiting += [n for n in _imported(texts[name], spec) if n.split(".")[0] == _OWN_PACKAGE]
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name} {len(texts[name])} ".encode() + texts[name])
    return digest.hexdigest()[:HASH_LENGTH]


def package_source_hash(package_name: str) -> str:
    """The same over the modules of one package, and nothing that they import."""
    spec = importlib.util.find_spec(package_name)
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    names = sorted(f"{package_name}.{module.name}" for module in pkgutil.iter_modules(folders))
    digest = hashlib.sha256()
    for name in names:
        found = _found(name)
        if found is not None:
            content = _content(found)
            digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:HASH_LENGTH]


def version_of(library: str) -> str:
    """Of an installed library; empty where it is not there."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _found(name: str) -> ModuleSpec | None:
    """Where a module is; None when the name is a function or class inside one."""
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None


def _content(spec: ModuleSpec) -> bytes:
    loader: Any = spec.loader
    source = loader.get_source(spec.name)
    return marshal.dumps(loader.get_code(spec.name)) if source is None else source.encode()


def _imported(content: bytes, spec: ModuleSpec) -> list[str]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # byte code: the frozen program's own hash stands for the rest
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = spec.name if spec.submodule_search_locations else spec.parent
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names

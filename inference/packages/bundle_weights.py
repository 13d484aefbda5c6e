"""Which files of weights a MONAI bundle needs, and where it says that they come from."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from imaging.errors import UserError
from inference.packages.bundle_files import Bundle
from inference.packages.bundle_steps import bare
from inference.packages.config_files import text_of, walk
from inference.packages.description import WeightsFile
from inference.packages.weights_files import SUFFIXES

USUAL = "models/model.pt"
TORCHSCRIPT = "models/model.ts"
_LOADS = re.compile(r"torch(?:\.jit)?\.load\(([^,()]*)")
_HASHES = {"md5": 32, "sha1": 40, "sha256": 64}


def weights_of(bundle: Bundle) -> tuple[WeightsFile, ...]:
    """The files, those that a run needs first.

    Raises:
        UserError: the bundle names a file outside itself.
    """
    listed = {name: entry for entry in bundle.large_files if (name := _inside(text_of(entry.get("path"))))}
    if bundle.torchscript is not None:
        return (WeightsFile(bundle.torchscript.relative_to(bundle.root).as_posix(), True),)
    needed = _loaded(bundle) or [_only(listed) or USUAL]
    present = [name for name in needed if (bundle.root / name).is_file()]
    if not present and (bundle.root / TORCHSCRIPT).is_file():
        needed = [TORCHSCRIPT]
    others = [name for name in listed if name not in needed and name.lower().endswith(SUFFIXES)]
    return tuple(
        _file(bundle.root, name, listed.get(name, {}), name in needed) for name in (*dict.fromkeys(needed), *others)
    )


def checksum(kind: str, value: str) -> str:
    """``md5:…`` as we write it; empty when a model states none that can be used."""
    kind, value = kind.lower().replace("-", ""), value.lower()
    is_good = _HASHES.get(kind) == len(value) and all(c in "0123456789abcdef" for c in value)
    return f"{kind}:{value}" if is_good else ""


def _loaded(bundle: Bundle) -> list[str]:
    """Files that the configuration loads, as far as that is plain data; the network's own weights first."""
    paths: list[Any] = []
    others: list[Any] = []
    for _, value in walk(bundle.config):
        if isinstance(value, dict) and bare(text_of(value.get("_target_"))) == "CheckpointLoader":
            paths.append(bundle.resolver.value(value.get("load_path")))
        elif isinstance(value, str) and value.startswith("$"):
            others += [bundle.resolver.value(f"${argument}") for argument in _LOADS.findall(value)]
    names = [_relative(path) for path in (*paths, *others) if isinstance(path, str)]
    return list(dict.fromkeys(name for name in names if name.lower().endswith(SUFFIXES)))


def _relative(path: str) -> str:
    """A path of the configuration inside the bundle; absolute ones are of the machine where it was made."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    is_foreign = path.startswith("/") or ".." in parts or ":" in path
    return f"models/{parts[-1]}" if is_foreign and parts else PurePosixPath(*parts).as_posix()


def _inside(path: str) -> str:
    """A listed path, which must lie inside the bundle: it is where a download would go."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not path:
        return ""
    if path.startswith(("/", "\\")) or ".." in parts or ":" in path:
        raise UserError("The model's list of large files names a file outside the model.")
    return PurePosixPath(*parts).as_posix()


def _only(listed: dict[str, Any]) -> str:
    """The one PyTorch file of the list; empty when there are none or several."""
    names = [name for name in listed if name.lower().endswith((".pt", ".pth"))]
    return names[0] if len(names) == 1 else ""


def _file(root: Path, name: str, entry: dict[str, Any], is_needed: bool) -> WeightsFile:
    url = text_of(entry.get("url"), most=4000)
    return WeightsFile(
        path=name,
        is_present=(root / name).is_file(),
        url=url if url.lower().startswith(("https://", "http://")) else "",
        checksum=checksum(text_of(entry.get("hash_type")), text_of(entry.get("hash_val"))),
        is_needed=is_needed,
    )

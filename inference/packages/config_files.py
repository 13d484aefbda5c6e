"""Reads the JSON and YAML of foreign models within limits; whatever is wrong with it is a ``UserError``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imaging.errors import UserError

MAX_JSON_BYTES = 16 << 20
MAX_YAML_BYTES = 256 << 10  # a parser in Python, so that no depth can crash it; real ones have 10 kB
MAX_TEXT_BYTES = 1 << 20
MAX_NODES = 500_000  # YAML's aliases can make a small file endless to walk
YAML_SUFFIXES = (".yaml", ".yml")


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole file.

    Raises:
        UserError: it cannot be read, or is larger than ``limit`` bytes.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise UserError(f"The file {path.name} cannot be read.", str(error)) from error
    if len(data) > limit:
        raise UserError(f"The file {path.name} is larger than any real one of its kind.")
    return data


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """A text for people: lines without control characters, which could steer a terminal; bad UTF-8 is replaced.

    Raises:
        UserError: it cannot be read, or is larger than ``limit`` bytes.
    """
    lines = read_bytes(path, limit).decode("utf-8-sig", "replace").splitlines()
    return "\n".join(printable(line.expandtabs(4)).rstrip() for line in lines).strip()


def read_config(path: Path) -> dict[str, Any]:
    """A JSON or YAML file, by its ending, that holds a table.

    Raises:
        UserError: it cannot be read, is broken, too large or too deep, or holds no table.
    """
    if path.suffix.lower() in YAML_SUFFIXES:
        return parse_yaml(read_bytes(path, MAX_YAML_BYTES), path.name)
    return parse_json(read_bytes(path, MAX_JSON_BYTES), path.name)


def parse_json(data: bytes, name: str) -> dict[str, Any]:
    """A JSON text that holds a table.

    Raises:
        UserError: it is broken, too deep, or holds no table.
    """
    try:
        return _table(json.loads(data.decode("utf-8-sig")), name)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise UserError(f"The file {name} is no valid JSON.", str(error)) from error


def parse_yaml(data: bytes, name: str) -> dict[str, Any]:
    """A YAML text that holds a table; only plain values, no Python objects.

    Raises:
        UserError: it is broken, too deep, or holds no table.
    """
    import yaml

    try:
        return _table(yaml.safe_load(data.decode("utf-8-sig")), name)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"The file {name} is no valid YAML.", str(error)) from error


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"The file {name} does not hold a table of settings.")
    return value


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Each value in tables and lists at any depth, with the key under which it stands (items of lists: their list's).

    Raises:
        UserError: there are more than any real configuration has.
    """
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        key, value = waiting.pop()
        yield key, value
        if isinstance(value, dict):
            waiting += [(str(name), item) for name, item in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(key, item) for item in reversed(value)]
    raise UserError("The model's configuration is larger than any real one.")


def printable(text: str) -> str:
    """The text with spaces in place of control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def text_of(value: Any, default: str = "", most: int = 1000) -> str:
    """The value when it is a text or a number: on one line, without control characters, at most so long."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return default
    words = " ".join(printable(str(value)).split())
    return words if len(words) <= most else words[: most - 1] + "…"


def table_of(value: Any) -> dict[str, Any]:
    """The value when it is a table, else an empty one: fields that are missing, null or of another kind."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []

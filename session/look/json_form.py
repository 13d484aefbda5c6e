"""Frozen dataclasses to JSON and back, with every type checked on the way in."""

from __future__ import annotations

import math
import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> dict[str, Any]:
    """A JSON-able record of a dataclass."""
    return asdict(value)


def from_json(cls: type[T], record: Any) -> T:
    """The dataclass that ``to_json`` wrote; missing fields take their defaults, unknown ones are left out.

    Raises:
        ValueError: something has the wrong type or is out of range; the message names the place.
    """
    result = _read(cls, record, cls.__name__)
    assert isinstance(result, cls)
    return result


def _read(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        return _read(next(k for k in get_args(kind) if k is not type(None)), value, where)
    if origin is tuple:
        return _read_tuple(get_args(kind), value, where)
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    if issubclass(kind, StrEnum):
        if value not in [member.value for member in kind]:
            raise ValueError(f"{where}: {value!r} is none of {', '.join(kind)}")
        return kind(value)
    return _read_plain(kind, value, where)


def _read_plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"{where} is not finite")
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{where} must be {kind.__name__}, not {type(value).__name__}")
    return value


def _read_tuple(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where} must be a list")  # noqa: TRY004 (one kind of error for all that is wrong)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if len(kinds) != len(value):
        raise ValueError(f"{where} must have {len(kinds)} items")
    return tuple(_read(k, item, f"{where}[{n}]") for n, (k, item) in enumerate(zip(kinds, value, strict=True)))


def _read_dataclass(cls: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object")  # noqa: TRY004
    hints = get_type_hints(cls)
    known = {f.name for f in fields(cls)}
    needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}
    if missing := sorted(needed - value.keys()):
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    return cls(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in value.items() if name in known})

"""Works out plain values in a MONAI bundle's configuration: ``@name`` references and simple ``$`` expressions.

A bundle's expressions are Python. Nothing of them is run here: the text is parsed, and only what is listed below
(literals, references, sums, conditions, ``len`` and the like) is worked out. All else is ``UNKNOWN``.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

MAX_DEPTH = 40
MAX_EXPRESSION = 4000
MAX_TEXT = 10_000
_REFERENCE = re.compile(r"@([\w.:#]*\w)")
_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CALLS: Mapping[str, Callable[..., Any]] = {"len": len, "str": str, "int": int, "float": float, "bool": bool}


class Unknown(Enum):
    """The one value of what only running Python could tell."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class Resolver:
    """Works out values of one configuration.

    Args:
        config: as read from the file.
        given: values that stand in place of the configuration's own, such as ``bundle_root``.
    """

    def __init__(self, config: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> None:
        self._config = config
        self._given = dict(given or {})
        self._known: dict[str, Any] = {}  # UNKNOWN while a reference is being worked out: circles end there

    def at(self, path: str) -> Any:
        """The value at ``a#b#0`` (or ``a::b::0``), worked out; UNKNOWN when there is none."""
        return self._at(path, 0)

    def value(self, value: Any) -> Any:
        """The value with all references and expressions in it worked out; UNKNOWN where that is not possible."""
        return self._value(value, 0)

    def _at(self, path: str, depth: int) -> Any:
        if path in self._given:
            return self._given[path]
        if path not in self._known:
            self._known[path] = UNKNOWN
            self._known[path] = self._looked_up(path, depth)
        return self._known[path]

    def _looked_up(self, path: str, depth: int) -> Any:
        found: Any = self._config
        for step in path.replace("::", "#").split("#"):
            if isinstance(found, str):  # a reference to a part of what is itself a reference
                found = self._value(found, depth + 1)
            found = _item(found, step)
            if found is UNKNOWN:
                return UNKNOWN
        return self._value(found, depth + 1)

    def _value(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            return UNKNOWN
        if isinstance(value, dict):
            return {key: self._value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(item, depth + 1) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("$"):
            return self._expression(value[1:], depth)
        whole = _REFERENCE.fullmatch(value)
        return self._at(whole[1], depth + 1) if whole else value

    def _expression(self, text: str, depth: int) -> Any:
        if len(text) > MAX_EXPRESSION:
            return UNKNOWN
        names: dict[str, str] = {}

        def place(match: re.Match[str]) -> str:
            names[f"_reference_{len(names)}"] = match[1]
            return f"_reference_{len(names) - 1}"

        try:
            tree = ast.parse(_REFERENCE.sub(place, text).strip(), mode="eval")
            return self._node(tree.body, names, depth + 1)
        except (SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError):
            return UNKNOWN  # not an error: Python may make sense of it, or it stops the run, which says so

    def _node(self, node: ast.expr, names: dict[str, str], depth: int) -> Any:
        def part(inner: ast.expr) -> Any:
            return self._node(inner, names, depth)

        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name) if name in names:
                return self._at(names[name], depth)
            case ast.List(items) | ast.Tuple(items):
                return [part(item) for item in items]
            case ast.Dict(keys, values) if None not in keys:
                return {part(k): part(v) for k, v in zip(keys, values, strict=True) if k is not None}
            case ast.IfExp(test, body, orelse):
                chosen = part(test)
                return UNKNOWN if chosen is UNKNOWN else part(body if chosen else orelse)
            case ast.UnaryOp(ast.Not(), inner):
                return _known(operator.not_, part(inner))
            case ast.UnaryOp(ast.USub(), inner):
                return _known(operator.neg, part(inner))
            case ast.BinOp(left, ast.Add(), right):
                return _known(_sum, part(left), part(right))
            case ast.BinOp(left, ast.Sub(), right):
                return _known(operator.sub, part(left), part(right))
            case ast.Compare(left, [how], [right]) if type(how) in _COMPARE:
                return _known(_COMPARE[type(how)], part(left), part(right))
            case ast.Call(ast.Name(name), [inner], []) if name in _CALLS:
                return _known(_CALLS[name], part(inner))
            case ast.Call(func, parts, []) if ast.unparse(func) == "os.path.join":
                return _known(lambda *steps: "/".join(steps), *map(part, parts))
            case ast.Subscript(inner, index):
                return _known(_item, part(inner), part(index))
        return UNKNOWN


def _known(function: Callable[..., Any], *values: Any) -> Any:
    return UNKNOWN if any(value is UNKNOWN for value in values) else function(*values)


def _sum(left: Any, right: Any) -> Any:
    total = left + right
    return UNKNOWN if isinstance(total, (str, list)) and len(total) > MAX_TEXT else total


def _item(holder: Any, key: Any) -> Any:
    """One item of a table or list; UNKNOWN when there is none."""
    if isinstance(holder, dict):
        return holder.get(key, holder.get(str(key), UNKNOWN))
    if isinstance(holder, list) and str(key).lstrip("-").isdigit() and -len(holder) <= int(key) < len(holder):
        return holder[int(key)]
    return UNKNOWN

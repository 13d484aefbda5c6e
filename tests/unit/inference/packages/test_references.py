"""Plain values in bundles' configurations are worked out; everything else stays unknown, and nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inference.packages.references import UNKNOWN, Resolver

CONFIG: dict[str, Any] = {
    "bundle_root": "/elsewhere",
    "names": {"spleen": 1, "background": 0},
    "extra": 2,
    "sizes": [3, 5],
    "deep": {"list": [{"value": 7}]},
    "path": "$@bundle_root + '/models/' + @file",
    "file": "$'a.pt' if @deep#list#0#value > 5 else 'b.pt'",
    "alias": "@deep",
    "circle": "@circle2",
    "circle2": "$@circle + 'x'",
    "steps": "$@first + @second",
    "first": [{"_target_": "A", "keys": "@key"}],
    "second": [{"_target_": "B"}],
    "key": "image",
    "code": "$__import__('os').system('true')",
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("@extra", 2),
        ("$@extra", 2),
        ("$len(@names) + @extra", 4),
        ("$-@extra", -2),
        ("$not @extra", False),
        ("@deep#list#0#value", 7),
        ("@deep::list::0::value", 7),
        ("@alias#list#0#value", 7),
        ("$@sizes[1]", 5),
        ("@path", "./models/a.pt"),
        ("$os.path.join(@bundle_root, 'x')", "./x"),
        ("$[@extra, 'a', {'b': @key}]", [2, "a", {"b": "image"}]),
        ("@steps", [{"_target_": "A", "keys": "image"}, {"_target_": "B"}]),
        ("plain text with @extra inside", "plain text with @extra inside"),
        ({"a": ["@key", 1.5, None]}, {"a": ["image", 1.5, None]}),
    ],
)
def test_plain_values_are_worked_out(value: Any, expected: Any) -> None:
    assert Resolver(CONFIG, {"bundle_root": "."}).value(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "@nowhere",
        "@sizes#9",
        "@circle",
        "@code",
        "$glob.glob('*')",
        "$[i for i in range(9)]",
        "$lambda x: x",
        "$'x' * 10**9",
        "$open('/etc/passwd').read()",
        "$@key.upper()",
        "$(",
        "$" + "(" * 3000,
        "$'a' + 1",
        "$len(@extra)",
        "$" + "1+" * 5000 + "1",
    ],
)
def test_everything_else_is_unknown(value: str) -> None:
    assert Resolver(CONFIG).value(value) is UNKNOWN


def test_nothing_is_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    for text in (f"__import__('pathlib').Path({str(witness)!r}).touch()", f"open({str(witness)!r}, 'w')"):
        assert Resolver({"a": f"${text}"}).at("a") is UNKNOWN
    assert not witness.exists()


def test_growing_texts_and_wide_references_end() -> None:
    grows: dict[str, Any] = {"a0": "xxxxxxxxxx"} | {f"a{n}": f"$@a{n - 1} + @a{n - 1}" for n in range(1, 40)}
    assert Resolver(grows).at("a39") is UNKNOWN
    wide: dict[str, Any] = {"b0": 1} | {f"b{n}": [f"@b{n - 1}"] * 50 for n in range(1, 12)}
    assert isinstance(Resolver(wide).at("b11"), list)  # would never end if each were worked out anew

"""Collect what must be translated outside Qt's own ``tr``: sentences of the layers below the window, commands, presets.

    python docs/collect_strings.py           writes resources/translations/sentences.json and limner_template.ts
    python docs/collect_strings.py --check   exit status 1 when sentences.json is not up to date

The layers below the window know no Qt, so their sentences (errors, hints, news) are written in English where they are
raised. Each is found here as a template, ``The segment “{0}” is locked.``; `widgets/sentences.py` finds the template of
a sentence again when it is shown, and looks the translation up. What stands in ``tr`` is for pyside6-lupdate.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("imaging", "session", "inference", "render", "app")
FOLDER = ROOT / "resources" / "translations"
LEAST_WORDS = 3


def main() -> int:
    """Write or check."""
    found = json.dumps(sorted(sentences()), ensure_ascii=False, indent=0) + "\n"
    file = FOLDER / "sentences.json"
    if "--check" in sys.argv[1:]:
        if file.exists() and file.read_text("utf-8") == found:
            return 0
        print(f"{file.name} is not up to date: run `python docs/collect_strings.py`", file=sys.stderr)
        return 1
    file.write_text(found, "utf-8")
    (FOLDER / "limner_template.ts").write_text(template_file(), "utf-8")
    return 0


def sentences() -> set[str]:
    """Templates of all sentences in the code, docstrings left out."""
    found: set[str] = set()
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            documentation = {id(node) for node in _docstrings(tree)}
            inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
            for node in ast.walk(tree):
                template = None if id(node) in documentation | inner else _template(node)
                if template is not None and _is_sentence(template):
                    found.add(template)
    return found


def template_file() -> str:
    """An empty .ts file of the sentences and of the commands' titles and docs."""
    sys.path.insert(0, str(ROOT))
    from app.actions import declare_all
    from session.session import Session

    session = Session()
    declare_all(session)
    actions = sorted({text for action in session.actions for text in (action.title, action.doc) if text})
    contexts = {"Actions": actions, "Presets": preset_words(), "Sentences": sorted(sentences())}
    parts = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE TS>", '<TS version="2.1">']
    for name, texts in contexts.items():
        parts.append(f"<context><name>{name}</name>")
        parts += [f"<message><source>{escape(t)}</source><translation/></message>" for t in texts]
        parts.append("</context>")
    return "\n".join([*parts, "</TS>", ""])


def preset_words() -> list[str]:
    """Names and descriptions of the presets that ship with the program."""
    from session.look.presets import shipped_presets

    return sorted({text for preset in shipped_presets() for text in (preset.name, preset.description) if text})


def _template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, count = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            text += f"{{{count}}}"
            count += 1
    return text


def _is_sentence(text: str) -> bool:
    text = text.strip()
    return text[:1].isupper() and text[-1:] in ".?" and len(text.split()) >= LEAST_WORDS and "\n" not in text


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        is_owner = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if is_owner and node.body and isinstance(node.body[0], ast.Expr):
            yield node.body[0].value


if __name__ == "__main__":
    raise SystemExit(main())

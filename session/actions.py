"""Commands, declared once: menus, toolbar, palette, shortcuts, command line and tests read this registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from imaging.errors import UserError

Run = Callable[..., Any]


@dataclass(frozen=True)
class Action:
    """One command.

    Attributes:
        id: ``area.verb_object``, stable, used by shortcuts and scripts.
        title: what it is called everywhere.
        run: called with the session first, then keyword arguments from its own signature.
        doc: one sentence for tooltips and lists.
        shortcut: default keys in Qt's portable text, several separated by ``, ``.
        icon: name of an SVG in resources/icons.
        menu: path such as ``Edit`` or ``View/Layout``.
        enabled: called with the session.
        checked: for commands that switch something; called with the session.
        needs_window: it makes no sense on the command line.
    """

    id: str
    title: str
    run: Run
    doc: str = ""
    shortcut: str = ""
    icon: str = ""
    menu: str = ""
    enabled: Callable[[Any], bool] | None = None
    checked: Callable[[Any], bool] | None = None
    needs_window: bool = False

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The keyword arguments that ``run`` takes beside the session."""
        return dict(list(inspect.signature(self.run, eval_str=True).parameters.items())[1:])

    def is_enabled(self, session: Any) -> bool:
        """True when it can run now."""
        return self.enabled is None or self.enabled(session)


class ActionRegistry:
    """All actions by id, in the order in which they were declared."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}

    def add(self, *actions: Action) -> None:
        """Declare actions; an id that is taken is a ValueError."""
        for action in actions:
            if action.id in self._actions:
                raise ValueError(f"two actions have the id {action.id}")
            self._actions[action.id] = action

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __getitem__(self, action_id: str) -> Action:
        return self._actions[action_id]

    def __contains__(self, action_id: str) -> bool:
        return action_id in self._actions

    def run_with_texts(self, action_id: str, session: Any, texts: dict[str, str]) -> Any:
        """Run an action with arguments that were typed as text.

        Raises:
            UserError: no such action, an argument it does not take, a value that does not fit, or not possible now.
        """
        action = self._actions.get(action_id)
        if action is None:
            raise UserError(f"There is no action “{action_id}”.", "`limner actions` lists them.")
        if not action.is_enabled(session):
            raise UserError(f"“{action.title}” is not possible now.")
        arguments = {}
        for name, text in texts.items():
            parameter = action.parameters.get(name)
            if parameter is None:
                known = ", ".join(action.parameters) or "none"
                raise UserError(f"“{action_id}” has no argument “{name}”.", f"Its arguments: {known}.")
            arguments[name] = _converted(action_id, name, parameter.annotation, text)
        missing = [n for n, p in action.parameters.items() if p.default is p.empty and n not in arguments]
        if missing:
            raise UserError(f"“{action_id}” needs {', '.join(missing)}.", "Give them as key=value.")
        return action.run(session, **arguments)


def _converted(action_id: str, name: str, kind: Any, text: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if kind in (int, float, str):
            return kind(text)
    except (ValueError, KeyError):
        raise UserError(f"“{text}” does not fit the argument “{name}” of “{action_id}”.") from None
    raise TypeError(f"{action_id}: {name} has a type that cannot be typed as text: {kind}")

"""What the two sides of a comparison are called, in the window's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from session.comparison import THIS_CASE, Comparison


def side_titles(comparison: Comparison) -> tuple[str, str]:
    """Titles of A and B."""
    case = QCoreApplication.translate("Compare", "This case")
    a, b = (case if title == THIS_CASE else title for title in (comparison.title_a, comparison.title_b))
    return a, b

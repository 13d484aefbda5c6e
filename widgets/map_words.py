"""What maps of how sure a model was are called, and what is read from them under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from session.model_maps import MapKind, ModelMap

LEAST_SURE, MOST_SURE = 2, 253  # beyond these bytes whole percents would claim 0 % or 100 %


def map_title(shown: ModelMap) -> str:
    """Such as ``Probability of Liver``."""
    if shown.kind is MapKind.UNCERTAINTY:
        return QCoreApplication.translate("ModelMap", "Uncertainty")
    if shown.kind is MapKind.WINNER:
        return QCoreApplication.translate("ModelMap", "Probability of the label")
    return QCoreApplication.translate("ModelMap", "Probability of {0}").format(shown.structure)


def reading_text(shown: ModelMap, value: int) -> str:
    """What a map says at one voxel, such as ``Probability of Liver 43 %, in from 50 %``."""
    title = map_title(shown)
    if shown.kind is MapKind.WINNER and value == 0:
        return QCoreApplication.translate("ModelMap", "{0}: not known here").format(title)
    said = f"{title} {percent_text(value)}"
    if shown.kind is MapKind.STRUCTURE and shown.decided_from is not None:
        limit = f"{round(100 * shown.decided_from)} %"
        return QCoreApplication.translate("ModelMap", "{0}, in from {1}").format(said, limit)
    return said


def percent_text(value: int) -> str:
    """A byte as whole percents, which never claim more than the byte tells."""
    if value < LEAST_SURE:
        return "< 1 %"
    return "> 99 %" if value > MOST_SURE else f"{round(100 * value / 255)} %"

"""Every command of the program, declared once."""

from __future__ import annotations

from app.actions.application import ACTIONS as APPLICATION
from app.actions.clicks import ACTIONS as CLICKS
from app.actions.compare import ACTIONS as COMPARE
from app.actions.doubt import ACTIONS as DOUBT
from app.actions.edit import ACTIONS as EDIT
from app.actions.file import ACTIONS as FILE
from app.actions.hanging import ACTIONS as HANGING
from app.actions.look import ACTIONS as LOOK
from app.actions.look_segments import ACTIONS as LOOK_SEGMENTS
from app.actions.measure import ACTIONS as MEASURE
from app.actions.models import ACTIONS as MODELS
from app.actions.objects import ACTIONS as OBJECTS
from app.actions.pictures import ACTIONS as PICTURES
from app.actions.prior import ACTIONS as PRIOR
from app.actions.review import ACTIONS as REVIEW
from app.actions.runs import ACTIONS as RUNS
from app.actions.segment import ACTIONS as SEGMENT
from app.actions.segment_image import ACTIONS as SEGMENT_IMAGE
from app.actions.segmentation import ACTIONS as SEGMENTATION
from app.actions.sending import ACTIONS as SENDING
from app.actions.studies import ACTIONS as STUDIES
from app.actions.tools import ACTIONS as TOOLS
from app.actions.view import ACTIONS as VIEW
from session.session import Session


def declare_all(session: Session) -> None:
    """Add all actions to the session's registry."""
    for actions in (
        FILE, OBJECTS, STUDIES, SENDING, PICTURES, EDIT, TOOLS, MEASURE, SEGMENT, SEGMENT_IMAGE, CLICKS, SEGMENTATION,
        REVIEW, DOUBT, MODELS, RUNS, COMPARE, VIEW, HANGING, PRIOR, LOOK, LOOK_SEGMENTS, APPLICATION,
    ):  # fmt: skip
        session.actions.add(*actions)

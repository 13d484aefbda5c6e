"""Fields that follow a canvas and change its selected point."""

from __future__ import annotations

from widgets.transfer_function.curve_canvas import CurveCanvas
from widgets.transfer_function.curves import Handle, Kind
from widgets.transfer_function.point_fields import PointFields


def bind(canvas: CurveCanvas, fields: PointFields) -> None:
    """Typed numbers obey the same rules as dragged ones: a point never passes its neighbours."""

    def show(handle: Handle) -> None:
        fields.show_point(canvas.curves, handle, canvas.axis.decimals, canvas.axis.fine_step)

    def place(value: float) -> None:
        canvas.edit(canvas.curves.with_value(canvas.selected, value))
        show(canvas.selected)  # what was not allowed is shown as it is

    def lift(opacity: float) -> None:
        if canvas.selected.kind is Kind.OPACITY:
            canvas.edit(canvas.curves.with_opacity(canvas.selected.index, opacity))

    canvas.selection_changed.connect(show)
    canvas.axis_changed.connect(lambda: show(canvas.selected))  # it decides how many decimals are shown
    fields.value_typed.connect(place)
    fields.opacity_typed.connect(lift)
    show(canvas.selected)

"""Which part of the image is shown at all: everything, the body, the brain."""

from __future__ import annotations

from session.look import choosing
from session.look.inside import Region
from session.look.look import Look
from widgets.action_bridge import ActionBridge
from widgets.look_3d.live_slider import LiveSlider
from widgets.look_3d.part import LookPart, named_row
from widgets.quiet_combo import QuietCombo

LEAST_MM, MOST_MM = -20.0, 60.0


class InsideControls(LookPart):
    """A choice of regions, and how deep below the region's surface the picture begins."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        names = (self.tr("Everything"), self.tr("Only inside the body"), self.tr("Only the brain"))
        self.region = QuietCombo(self.tr("Shown region"), list(zip(Region, names, strict=True)))
        self.region.setToolTip(
            self.tr(
                "Found in the image itself. The brain is found in T1-weighted MR images. Segments are always shown."
            )
        )
        self.region.activated.connect(self._region_chosen)
        self.column.addWidget(named_row(self.tr("Show"), self.region))
        hint = self.tr("How far below the skin, or below the brain's surface, the picture begins")
        self.below = LiveSlider(self.tr("Depth"), LEAST_MM, MOST_MM, "mm", 0, hint=hint)
        self.below.moved.connect(lambda value, is_final: self._depth_moved(value, is_final))
        self.column.addWidget(self.below)

    def show_look(self, look: Look) -> None:
        """Show the region of a look."""
        self.region.choose(look.inside.region)
        self.below.setVisible(look.inside.region is not Region.EVERYTHING)
        self.below.set_value(look.inside.depth_mm)

    def _region_chosen(self, row: int) -> None:
        region = Region(self.region.itemData(row))
        self.session.looks.change(choosing.with_region(self.session.looks.current, region))
        self.show_look(self.session.looks.current)

    def _depth_moved(self, value: float, is_final: bool) -> None:
        look = choosing.with_part(self.session.looks.current, "inside", depth_mm=value)
        self.session.looks.change(look, "inside.depth", is_final=is_final)

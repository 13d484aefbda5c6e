"""The models of the catalogue: those that fit the open image, and why the others do not."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.labels import heading, label
from widgets.model_offer import ModelOffer


class ModelsPanel(QWidget):
    """The lower part of the left panel; hidden while no image is open."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        title = heading(self.tr("Models"))
        title.setContentsMargins(12, 0, 12, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 12)
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(self._rows)
        self.hide()

    def set_offers(self, offers: list[ModelOffer]) -> None:
        """Show these models; a click runs one."""
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for offer in offers:
            self._rows.addWidget(ModelRow(offer, self._bridge))
        self.setVisible(bool(offers))


class ModelRow(QWidget):
    """One model."""

    def __init__(self, offer: ModelOffer, bridge: ActionBridge) -> None:
        super().__init__()
        self.button = text_button(offer.name, lambda: bridge.run("segment_image.run", model=offer.id), "model")
        self.button.setEnabled(offer.fits)
        self.button.setToolTip(self.tr("Run {0} on this image").format(offer.name) if offer.fits else offer.detail)
        detail = label(offer.detail, "small", wraps=True)
        detail.setContentsMargins(theme.current().px(10) + 2, 0, 12, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.button)
        column.addWidget(detail)

"""Setting up another machine: how it is reached, how the way is protected, and what it may be sent."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from imaging.errors import UserError
from sync.destination import Destination, Login, Network, ObjectKind, Tls
from sync.secrets import of_proxy, secret_names
from widgets.buttons import text_button
from widgets.dialogs.form import Form, combo
from widgets.labels import label

WIDTH_PX = 620


class DestinationDialog(Form):
    """Fields of one machine; ``accepted`` only when they fit."""

    def __init__(self, known: Destination | None, quarantines: list[str], parent: QWidget | None = None) -> None:
        title = self.tr("Change {0}").format(known.name) if known else self.tr("Set up an archive")
        super().__init__(title, self.tr("Keep"), WIDTH_PX, parent)
        base = known or Destination("", ae_title="", host="")
        self._base = base
        self.name = _line(self.tr("Name"), base.name)
        self.name.setEnabled(known is None)
        self.network = combo(
            self.tr("Speaks"),
            [(Network.DIMSE, self.tr("DICOM (DIMSE)")), (Network.DICOMWEB, self.tr("DICOMweb (HTTP)"))],
            base.network,
        )
        self.host = _line(self.tr("Host"), base.host)
        self.port = _port(self.tr("Port"), base.port)
        self.title_there = _line(self.tr("Its AE title"), base.ae_title)
        self.title_here = _line(self.tr("Our AE title"), base.own_ae_title)
        self.own_port = _port(self.tr("Port for C-MOVE"), base.own_port)
        self.own_port.setPlaceholderText(self.tr("none: images come on our own connection (C-GET)"))
        self.tls = QCheckBox(self.tr("Encrypt (TLS)"))
        self.tls.setChecked(base.tls.is_on)
        self.url = _line(self.tr("Address"), base.url)
        self.url.setPlaceholderText("https://pacs.example/dicom-web")
        self.login = combo(
            self.tr("Login"),
            [
                (Login.NONE, self.tr("none")),
                (Login.PASSWORD, self.tr("by password")),
                (Login.TOKEN, self.tr("by token")),
            ],
            base.login,
        )
        self.user = _line(self.tr("User"), base.user)
        self.secret = self._secret(self.tr("Password or token"), known is not None)
        self.proxy = _line(self.tr("Proxy"), base.proxy)
        self.proxy.setPlaceholderText(self.tr("none; http://host:port, or http://user@host:port"))
        self.proxy_secret = self._secret(self.tr("Password of the proxy"), bool(base.proxy_user))
        self.ca = _line(self.tr("Trusted certificates"), base.tls.ca_file)
        self.ca.setPlaceholderText(self.tr("the system's"))
        self.certificate = _line(self.tr("Our certificate"), base.tls.certificate)
        self.key = _line(self.tr("Its key"), base.tls.key)
        self.is_inside = QCheckBox(self.tr("Inside the hospital: patients' names may go there"))
        self.is_inside.setChecked(base.is_inside)
        self.quarantine = combo(
            self.tr("Results go to"),
            [("", self.tr("this archive itself")), *((n, n) for n in quarantines)],
            base.quarantine,
        )
        self.problem = label("", "small", wraps=True)
        self._lay_out()
        self.network.currentIndexChanged.connect(lambda _place: self._show_fields())
        self.login.currentIndexChanged.connect(lambda _place: self._show_fields())
        self.proxy.textChanged.connect(lambda _text: self._show_fields())
        self.url.textChanged.connect(lambda _text: self._show_fields())
        self.tls.toggled.connect(lambda _on: self._show_fields())
        self._show_fields()

    def destination(self) -> Destination:
        """What the fields say, checked.

        Raises:
            UserError: a field does not fit.
        """
        files = Tls(
            self.tls.isChecked(), self.ca.text().strip(), self.certificate.text().strip(), self.key.text().strip()
        )
        return replace(
            self._base,
            name=self.name.text().strip(),
            network=Network(self.network.currentData()),
            host=self.host.text().strip(),
            port=int(self.port.text() or 0),
            ae_title=self.title_there.text().strip(),
            own_ae_title=self.title_here.text().strip(),
            own_port=int(self.own_port.text() or 0),
            url=self.url.text().strip(),
            login=Login(self.login.currentData()),
            user=self.user.text().strip(),
            tls=files,
            proxy=self.proxy.text().strip(),
            is_inside=self.is_inside.isChecked(),
            quarantine=self.quarantine.currentData(),
            kinds=tuple(kind for kind, check in self.kinds.items() if check.isChecked()),
        ).checked()

    def secrets(self) -> dict[str, str]:
        """The passwords or tokens that were typed, under the names under which they are kept; empty ones were not."""
        made = self.destination()
        typed = {made.name: self.secret.text(), of_proxy(made.name): self.proxy_secret.text()}
        return {name: typed[name] for name in secret_names(made)}

    def accept(self) -> None:
        """Close only when everything fits; else say what does not."""
        try:
            self.destination()
        except UserError as error:
            self.problem.setText(f"{error.message} {error.hint}".strip())
            self.problem.setVisible(True)
            return
        super().accept()

    def _show_fields(self) -> None:
        is_web = Network(self.network.currentData()) is Network.DICOMWEB  # Qt hands out plain texts
        login = Login(self.login.currentData())
        of_dimse: tuple[QWidget, ...] = (
            self.host,
            self.port,
            self.title_there,
            self.title_here,
            self.own_port,
            self.tls,
        )
        of_web: tuple[QWidget, ...] = (self.url, self.login, self.proxy)
        for field in of_dimse:
            self._show_row(field, not is_web)
        for field in of_web:
            self._show_row(field, is_web)
        self._show_row(self.user, is_web and login is Login.PASSWORD)
        self._show_row(self.secret, is_web and login is not Login.NONE)
        self._show_row(self.proxy_secret, is_web and "@" in self.proxy.text())
        is_encrypted = self.url.text().lower().startswith("https") if is_web else self.tls.isChecked()
        for holder in self.of_tls:
            self._show_row(holder, is_encrypted)
        self.problem.setVisible(bool(self.problem.text()))
        self.adjustSize()

    def _show_row(self, field: QWidget, is_shown: bool) -> None:
        place = self.rows.indexOf(field)
        row = self.rows.getItemPosition(place)[0]  # type: ignore[index]
        for column in range(2):
            item = self.rows.itemAtPosition(row, column)
            part = item.widget() if item is not None else None
            if part is not None:
                part.setVisible(is_shown)

    def _lay_out(self) -> None:
        for field in (
            self.name,
            self.network,
            self.host,
            self.port,
            self.title_there,
            self.title_here,
            self.own_port,
            self.url,
            self.login,
            self.user,
            self.secret,
            self.proxy,
            self.proxy_secret,
        ):
            self.add_row(field.accessibleName(), field)
        self.add_row("", self.tls)
        self.of_tls = [self._with_choice(field) for field in (self.ca, self.certificate, self.key)]
        for field, holder in zip((self.ca, self.certificate, self.key), self.of_tls, strict=True):
            self.add_row(field.accessibleName(), holder)
        self.add_row("", self.is_inside)
        self.add_row(self.quarantine.accessibleName(), self.quarantine)
        self.kinds = {kind: QCheckBox(name) for kind, name in kind_names().items()}
        takes = QWidget()
        grid = QGridLayout(takes)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        for n, (kind, check) in enumerate(self.kinds.items()):
            check.setChecked(kind in self._base.kinds)
            grid.addWidget(check, n // 2, n % 2)
        self.add_row(self.tr("It takes"), takes)
        self.column.addLayout(self.rows)
        self.column.addWidget(self.problem)
        self.add_buttons()

    def _secret(self, name: str, is_kept: bool) -> QLineEdit:
        field = _line(name, "")
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(self.tr("kept in the system's key store") if is_kept else "")
        return field

    def _with_choice(self, field: QLineEdit) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(field, 1)
        row.addWidget(text_button(self.tr("Choose…"), lambda: self._choose(field)))
        return holder

    def _choose(self, field: QLineEdit) -> None:
        name, _ = QFileDialog.getOpenFileName(self, field.accessibleName(), "", "PEM (*.pem *.crt *.cer *.key);;* (*)")
        if name:
            field.setText(name)


def _line(name: str, text: str) -> QLineEdit:
    made = QLineEdit(text)
    made.setAccessibleName(name)
    return made


def _port(name: str, value: int) -> QLineEdit:
    made = _line(name, str(value or ""))
    made.setValidator(QIntValidator(0, 65535, made))
    return made


def kind_names() -> dict[ObjectKind, str]:
    """What people call the kinds of objects."""
    return {
        ObjectKind.ORIGINAL: _tr("Images"),
        ObjectKind.SEG: _tr("Segmentation"),
        ObjectKind.SEG_LABELMAP: _tr("Label map segmentation"),
        ObjectKind.SEG_FRACTIONAL: _tr("Fractional segmentation"),
        ObjectKind.RTSTRUCT: _tr("RT structure set"),
        ObjectKind.SR: _tr("Structured report"),
        ObjectKind.PRESENTATION: _tr("Presentation state"),
        ObjectKind.SECONDARY_CAPTURE: _tr("Pictures"),
        ObjectKind.PARAMETRIC_MAP: _tr("Parametric map"),
        ObjectKind.PDF: _tr("PDF report"),
    }


def protection(there: Destination) -> str:
    """How the way to a destination is protected, and where it lies."""
    safe = _tr("encrypted") if there.is_encrypted else _tr("not encrypted")
    if there.is_this_machine and not there.is_encrypted:
        safe = _tr("not encrypted, on this computer")
    return f"{safe}, {_tr('inside the hospital') if there.is_inside else _tr('outside the hospital')}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("DestinationDialog", text)

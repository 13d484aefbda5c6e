"""The way back: which pseudonym and which UID stood for what. It stays in the hospital, beside the key."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.workspace.tables import use_write_ahead_log

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from sync.deidentification.engine import Deidentifier

FILE = "deidentified.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS patients (pseudonym TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uids (new TEXT PRIMARY KEY, old TEXT NOT NULL) WITHOUT ROWID;
"""


class Register:
    """What was renamed. Several programs may use it at once."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=20)
            use_write_ahead_log(self._connection)
            self._connection.executescript(TABLES)
            if os.name == "posix":
                path.chmod(0o600)
        except (OSError, sqlite3.Error) as error:
            raise UserError("The register of pseudonyms cannot be opened.", str(error)) from error

    def close(self) -> None:
        """Leave the file."""
        self._connection.close()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note(self, worker: Deidentifier) -> None:
        """Write down what a run renamed since the last time; before anything of it leaves."""
        renamed, uids = worker.take_renamed()
        patients = [(pseudonym, *identity) for pseudonym, identity in renamed.items()]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR IGNORE INTO patients VALUES (?,?,?)", patients)
        self._connection.executemany("INSERT OR IGNORE INTO uids VALUES (?,?)", list(uids.items()))
        self._connection.execute("COMMIT")

    def patient_of(self, pseudonym: str) -> tuple[str, str] | None:
        """(patient ID, issuer) behind a pseudonym, None when it is not ours."""
        find = "SELECT patient_id, issuer FROM patients WHERE pseudonym = ?"
        row = self._connection.execute(find, (pseudonym.strip(),)).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def uid_of(self, uid: str) -> str:
        """The UID that was replaced by this one, the UID itself when it is not ours."""
        row = self._connection.execute("SELECT old FROM uids WHERE new = ?", (uid.strip(),)).fetchone()
        return uid if row is None else str(row[0])

    def reidentify(self, found: Dataset) -> None:
        """Give an object that came back its patient's ID and the UIDs that it refers to; its own UID stays new.

        The name is not kept here: whoever stores the object takes it from the study that it belongs to.

        Raises:
            UserError: its pseudonym is not one of ours.
        """
        patient = self.patient_of(str(found.get("PatientID") or ""))
        if patient is None:
            hint = "It was made with the key of another workspace, or it is no answer to something that we sent."
            raise UserError("The object's pseudonym is not known here.", hint)
        self._restore(found)
        found.PatientID, found.PatientName = patient[0], ""
        if patient[1]:
            found.IssuerOfPatientID = patient[1]
        for keyword in ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"):
            if keyword in found:
                delattr(found, keyword)

    def _restore(self, found: Dataset) -> None:
        for element in found:
            if element.VR == "SQ":
                for item in element.value or ():
                    self._restore(item)
            elif element.VR == "UI" and element.value and element.keyword != "SOPInstanceUID":
                many = list(element.value) if element.VM > 1 else [element.value]
                old = [self.uid_of(str(value)) for value in many]
                element.value = old if len(old) > 1 else old[0]

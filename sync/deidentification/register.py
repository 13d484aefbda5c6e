"""The way back: which pseudonym and which UID stood for what. It stays in the hospital, beside the key."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.workspace.tables import transaction, use_write_ahead_log
from sync.deidentification.dates import moved
from sync.deidentification.key import REGISTER

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from sync.deidentification.engine import Deidentifier
    from sync.deidentification.key import HospitalKey

TABLES = """
CREATE TABLE IF NOT EXISTS patients (pseudonym TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uids (new TEXT PRIMARY KEY, old TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS studies (new TEXT, pseudonym TEXT, PRIMARY KEY (new, pseudonym)) WITHOUT ROWID;
"""


class Register:
    """What was renamed. Several programs may use it at once."""

    def __init__(self, folder: Path) -> None:
        path = folder / REGISTER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite's log beside it gets the same rights
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
        renamed, uids, studies = worker.take_renamed()
        patients = [(pseudonym, *identity) for pseudonym, identity in renamed.items()]
        with transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO patients VALUES (?,?,?)", patients)
            self._connection.executemany("INSERT OR IGNORE INTO uids VALUES (?,?)", list(uids.items()))
            self._connection.executemany("INSERT OR IGNORE INTO studies VALUES (?,?)", list(studies.items()))

    def identity_in_study(self, study: str, patient_id: str) -> tuple[str, str] | None:
        """(patient ID, issuer) that objects of a study got their pseudonym from, for the same patient ID.

        Args:
            study: its UID as it leaves.
        """
        find = "SELECT patient_id, issuer FROM studies JOIN patients USING (pseudonym) WHERE new = ? AND patient_id = ?"
        row = self._connection.execute(find, (study, patient_id)).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def _is_of_other(self, found: Dataset) -> bool:
        """True when the object's study left, but with other patients' pseudonyms."""
        find = "SELECT pseudonym FROM studies WHERE new = ?"
        rows = self._connection.execute(find, (str(found.get("StudyInstanceUID") or "").strip(),)).fetchall()
        return bool(rows) and str(found.PatientID).strip() not in {str(row[0]) for row in rows}

    def patient_of(self, pseudonym: str) -> tuple[str, str] | None:
        """(patient ID, issuer) behind a pseudonym, None when it is not ours."""
        find = "SELECT patient_id, issuer FROM patients WHERE pseudonym = ?"
        row = self._connection.execute(find, (pseudonym.strip(),)).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def uid_of(self, uid: str) -> str:
        """The UID that was replaced by this one, the UID itself when it is not ours."""
        row = self._connection.execute("SELECT old FROM uids WHERE new = ?", (uid.strip(),)).fetchone()
        return uid if row is None else str(row[0])

    def reidentify(self, found: Dataset, key: HospitalKey | None = None) -> None:
        """Give an object that came back its patient's ID and the UIDs that it refers to; its own UID stays new.

        The name is not kept here: whoever stores the object takes it from the study that it belongs to.

        Args:
            key: with it the study's date is shifted back; other dates may be those of whoever made the object.

        Raises:
            UserError: its pseudonym is not one of ours, or its study belongs to somebody else.
        """
        patient = self.patient_of(str(found.get("PatientID") or ""))
        if patient is None:
            hint = "It was made with the key of another workspace, or it is no answer to something that we sent."
            raise UserError("The object's pseudonym is not known here.", hint)
        if self._is_of_other(found):
            hint = "Pseudonym and study do not belong together: ask whoever made it, and do not store it."
            raise UserError("The object names one patient, and its study is another's.", hint)
        self._restore(found)
        was_shifted = found.get("LongitudinalTemporalInformationModified") == "MODIFIED"
        if key is not None and was_shifted and found.get("StudyDate"):
            found.StudyDate = moved(str(found.StudyDate), timedelta(days=-key.shift_days(*patient)))
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

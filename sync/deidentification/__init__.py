"""Taking out of DICOM objects what tells who the patient is (PS3.15 annex E), and finding back by the local key."""

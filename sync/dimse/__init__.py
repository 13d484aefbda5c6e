"""DICOM's own network protocol (PS3.7, PS3.8) as a user: verify, query, fetch, send. By pynetdicom."""

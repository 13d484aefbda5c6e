"""A document inside a DICOM object: Encapsulated PDF Storage (PS3.3 A.45.1), in the study of the images."""

from __future__ import annotations

from pathlib import Path

from imaging.objects.header import ObjectKind, new_object, put, reference_item
from imaging.objects.source_series import ObjectSource
from imaging.objects.writing import write_object
from imaging.objects.written import WrittenObject

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
KIND = ObjectKind(ENCAPSULATED_PDF, "DOC", "Report", 9960)


def write_document(pdf: bytes, title: str, source: ObjectSource, path: Path) -> WrittenObject:
    """Write a PDF as an object of the source's study, and read it back.

    Args:
        pdf: the document. It is taken to name the patient.
        title: of the document.
        source: the images that it is about.
        path: the file; one that was there is replaced.

    Raises:
        UserError: the file cannot be written.
        ValueError: it is no PDF.
    """
    if not pdf.startswith(b"%PDF-"):
        raise ValueError("no PDF")
    made = new_object(KIND, source)
    for keyword in ("FrameOfReferenceUID", "PositionReferenceIndicator"):  # of images
        if keyword in made:
            delattr(made, keyword)
    put(
        made,
        ConversionType="WSD",
        BurnedInAnnotation="YES",
        RecognizableVisualFeatures="YES",  # pictures of a head may be in it
        AcquisitionDateTime="",
        DocumentTitle=title[:1024],
        ConceptNameCodeSequence=[],
        MIMETypeOfEncapsulatedDocument="application/pdf",
        EncapsulatedDocumentLength=len(pdf),
        EncapsulatedDocument=pdf + b"\0" * (len(pdf) % 2),
    )
    images = source.unique_images()
    if images:
        put(made, SourceInstanceSequence=[reference_item(one) for one in images])
    write_object(made, path)
    return WrittenObject(str(made.SOPInstanceUID), None, source.filled_in)

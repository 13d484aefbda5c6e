"""What networks are computed with: torch in several precisions, ONNX Runtime, OpenVINO, and which is best here."""

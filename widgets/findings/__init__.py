"""What a model found beside structures: scores of a classification, boxes of a detection."""

"""Facewright: from a photo of a face to a skeleton-driven game head."""

__version__ = "0.1.0"

"""Operators: read properties, call the session, apply, report."""

from . import arrival, backend, batch, character, export, live, look, past, photo, presets, shape, variants

CLASSES = (
    *backend.CLASSES,
    *character.CLASSES,
    *arrival.CLASSES,
    *photo.CLASSES,
    *past.CLASSES,
    *shape.CLASSES,
    *variants.CLASSES,
    *presets.CLASSES,
    *look.CLASSES,
    *live.CLASSES,
    *export.CLASSES,
    *batch.CLASSES,
)
"""In the order of registration."""

"""Panels of the sidebar: they draw, and nothing else."""

from . import backend_panel, character_panel, look_panel, output_panel, photo_panel, shape_panel

CLASSES = (
    *backend_panel.CLASSES,
    *character_panel.CLASSES,
    *photo_panel.CLASSES,
    *shape_panel.CLASSES,
    *look_panel.CLASSES,
    *output_panel.CLASSES,
)
"""In the order of registration, which is that of the panels."""

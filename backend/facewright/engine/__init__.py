"""Draws heads: cameras, shading, the OpenGL engine and the portable software engine."""

from facewright.engine.opening import open_engine
from facewright.engine.shading import BACKGROUND, DEFAULT_LIGHTING

__all__ = ["BACKGROUND", "DEFAULT_LIGHTING", "open_engine"]

"""Draws heads: cameras, shading, the OpenGL engine and the portable software engine."""

from facewright.engine.lighting import BACKGROUND, DEFAULT_LIGHTING
from facewright.engine.opening import open_engine

__all__ = ["BACKGROUND", "DEFAULT_LIGHTING", "open_engine"]

"""Draws heads: cameras, shading, the OpenGL engine and the portable software engine."""

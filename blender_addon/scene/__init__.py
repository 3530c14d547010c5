"""Heads in a scene of Blender: built, posed, given an expression, recorded; no network."""

"""Builds the edits of a rig that let lids and lips close, and measures them."""

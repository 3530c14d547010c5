"""The inverse problem: which rig parameters and choices explain what was measured on a photo."""

"""Where rig meshes come from: one module per kind of source."""

"""Writes heads: glTF, OBJ, .blend and .fbx through Blender, rig.json, pictures; each file whole or not at all."""

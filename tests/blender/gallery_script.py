"""A script that Blender runs: opens a gallery and says what is in it. Arguments: the .blend, the JSON to write."""

import json
import os
import sys

import bpy


def main(arguments):
    """Describe each collection of the scene."""
    source, out = arguments
    bpy.ops.wm.open_mainfile(filepath=source)
    said = []
    for collection in bpy.context.scene.collection.children:
        by_kind = {}
        for made in collection.objects:
            by_kind.setdefault(made.type, []).append(made)
        (armature,), (label,), meshes = by_kind["ARMATURE"], by_kind["FONT"], by_kind["MESH"]
        head = max(meshes, key=lambda made: len(made.data.vertices))
        posed = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
        said.append({
            "name": collection.name,
            "armature": armature.name,
            "label": label.data.body,
            "location": list(armature.location),
            "keys": len(head.data.shape_keys.key_blocks),
            "size": round(sum(vertex.co.length for vertex in posed.data.vertices), 4),
        })  # fmt: skip
    with open(out, "w") as stream:
        json.dump(said, stream)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)

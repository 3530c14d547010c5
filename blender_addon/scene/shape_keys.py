"""Expressions: weights of the shape keys of all meshes of a head."""

from collections.abc import Mapping

from .bulk import read_all, write_all


def set_expression(armature, weights: Mapping[str, float]) -> list[str]:
    """Set shape keys by name on every mesh of a head that has them.

    Args:
        armature: the armature object.
        weights: 0 to 1; keys that are not named stay as they are.

    Returns:
        Names that no mesh has.
    """
    missing = set(weights)
    for keys in expression_keys(armature):
        blocks = keys.key_blocks
        values = read_all(blocks, "value", 1)
        for place, name in enumerate(blocks.keys()):
            if name in weights:
                values[place] = weights[name]
                missing.discard(name)
        write_all(blocks, "value", values)
        keys.update_tag()  # 4.2 does not see what foreach_set changes
    return [name for name in weights if name in missing]


def read_expression(armature) -> dict[str, float]:
    """Return the weights of a head's shape keys, without those of the bases; the head's own mesh has the last word."""
    weights = {}
    for keys in reversed(expression_keys(armature)):
        weights |= {block.name: block.value for block in keys.key_blocks if block != keys.reference_key}
    return weights


def expression_keys(armature) -> list:
    """Return the shape key data of all meshes of a head, each once."""
    found = [made.data.shape_keys for made in head_meshes(armature)]
    return list({keys.as_pointer(): keys for keys in found if keys is not None}.values())


def head_meshes(armature) -> list:
    """Return the mesh objects that are children of an armature, those of the head itself before what it wears."""
    meshes = [child for child in armature.children if child.type == "MESH"]
    return sorted(meshes, key=lambda made: not made.get(IS_HEAD, False))


IS_HEAD = "facewright_is_head"
"""Custom property of the mesh object that is the head itself; all others are worn."""

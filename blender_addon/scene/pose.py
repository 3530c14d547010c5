"""The pose of a head's bones: its shape by the sliders, and the turn of the whole head."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from mathutils import Euler, Matrix, Quaternion

from .bulk import read_all, write_all
from .rig_data import channels, rig_of

CHANNELS = (("location", slice(0, 3)), ("rotation_euler", slice(3, 6)), ("scale", slice(6, 9)))

WORLD_FROM_CAMERA = Matrix(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)))
"""From the axes of a camera that looks a head in the face (x right, y down, z forward) to Blender's."""


def apply_shape(armature, values: Mapping[str, float] | np.ndarray) -> list[str]:
    """Pose the bones of a head by values of its parameters.

    Channels that no parameter drives are left as they are: they belong to whoever animates the head.

    Args:
        armature: the armature object.
        values: physical values, as for `channels`.

    Returns:
        Names of bones of the rig that the armature lacks; none if it carries no rig.
    """
    rig = rig_of(armature)
    if rig is None:
        return []
    posed, bones = channels(rig, values), armature.pose.bones
    places = {name: place for place, name in enumerate(bones.keys())}
    found = np.array([places.get(bone.name, -1) for bone in rig.bones], np.int64)
    for kind, (name, columns) in enumerate(CHANNELS):
        rows = np.flatnonzero((found >= 0) & rig.driven[:, kind])
        present = read_all(bones, name, 3)
        present[found[rows]] = posed[rows, columns]
        write_all(bones, name, present)
    turned = [(int(found[row]), posed[row]) for row in np.flatnonzero((found >= 0) & rig.driven[:, 1])]
    _follow_rotation_modes(bones, turned)
    armature.update_tag(refresh={"DATA"})
    return [bone.name for bone, place in zip(rig.bones, found, strict=True) if place < 0]


def turn_head(armature, rotation_wxyz: Sequence[float]) -> bool:
    """Turn the whole head.

    Args:
        armature: the armature object.
        rotation_wxyz: what turns a head that faces the camera into its pose, in camera axes; (1, 0, 0, 0) faces it.

    Returns:
        Whether the armature has a bone for it.
    """
    bone = turning_bone(armature)
    if bone is None:
        return False
    turn = bone_turn(bone, rotation_wxyz)
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = turn
    elif bone.rotation_mode == "AXIS_ANGLE":
        bone.rotation_axis_angle = angle_and_axis(turn)
    else:
        bone.rotation_euler = turn.to_euler(bone.rotation_mode, bone.rotation_euler)
    return True


def turning_bone(armature):
    """Return the pose bone that turns the whole head, or None."""
    rig = rig_of(armature)
    return armature.pose.bones.get(rig.turning_bone) if rig is not None and rig.turning_bone else None


def bone_turn(bone, rotation_wxyz: Sequence[float]) -> Quaternion:
    """Return the rotation of a pose bone, in its own axes, that turns the head as a HeadPose says."""
    in_camera = Quaternion(rotation_wxyz).normalized().to_matrix()
    in_world = WORLD_FROM_CAMERA @ in_camera @ WORLD_FROM_CAMERA.transposed()
    rest = bone.bone.matrix_local.to_3x3()
    return (rest.transposed() @ in_world @ rest).to_quaternion()


def angle_and_axis(turn: Quaternion) -> tuple[float, float, float, float]:
    """Return the angle and the axis of a unit quaternion; Blender's own way loses small angles."""
    w, *across = turn
    length = math.hypot(*across)
    if length < 1e-12:
        return (0.0, 0.0, 1.0, 0.0)
    return (2.0 * math.atan2(length, w), *(part / length for part in across))


def _follow_rotation_modes(bones, turned: list[tuple[int, np.ndarray]]) -> None:
    """Give bones that somebody has set to another rotation mode the same rotation in that mode."""
    modes = np.empty(len(bones), np.int32)
    bones.foreach_get("rotation_mode", modes)
    if (modes == 1).all():
        return
    for place, row in turned:
        if bones[place].rotation_mode == "XYZ":
            continue
        bone, turn = bones[place], Euler(row[3:6], "XYZ").to_quaternion()
        if bone.rotation_mode == "QUATERNION":
            bone.rotation_quaternion = turn
        elif bone.rotation_mode == "AXIS_ANGLE":
            bone.rotation_axis_angle = angle_and_axis(turn)
        else:
            bone.rotation_euler = turn.to_euler(bone.rotation_mode)

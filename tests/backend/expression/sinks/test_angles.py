"""Tests of head and eye angles: signs by what a camera sees, sizes by the rig's own eyeballs."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.expression.sinks.faces import expression, seen_by_camera
from facewright.datatypes import ARKIT_52
from facewright.export.rig_json import head_pose
from facewright.expression.sinks.angles import EYE_TURN_RAD, eye_angles, head_angles, head_rotation


def test_a_frontal_head_and_one_not_seen_yet_have_no_angles():
    assert head_angles(seen_by_camera(Rotation.identity())) == pytest.approx([0, 0, 0])
    assert head_angles(None) == pytest.approx([0, 0, 0])
    assert np.array_equal(head_rotation(None), np.eye(3))


@pytest.mark.parametrize(
    ("axis", "degrees", "expected"),
    [
        ([0, 1, 0], -20.0, [20, 0, 0]),  # the nose, at -z, goes to +x: the image's right
        ([1, 0, 0], -12.0, [0, 12, 0]),  # the nose goes to -y: up
        ([0, 0, 1], 9.0, [0, 0, 9]),  # the top, at -y, goes to +x
    ],
)
def test_each_angle_has_its_sign(axis, degrees, expected):
    moved = Rotation.from_rotvec(np.radians(degrees) * np.array(axis))
    nose, top = moved.apply([[0, 0, -1], [0, -1, 0]])
    assert np.sign(np.round([nose[0], -nose[1], top[0]], 6)).tolist() == np.sign(expected).tolist()
    assert np.degrees(head_angles(seen_by_camera(moved))) == pytest.approx(expected)


def test_the_angles_are_those_of_rig_json():
    camera = seen_by_camera(Rotation.from_euler("yxz", [-25, 14, -8], degrees=True))
    described = head_pose(camera, np.zeros(3))
    expected = [described[name] for name in ("yaw_deg", "pitch_deg", "roll_deg")]
    assert np.degrees(head_angles(camera)) == pytest.approx(expected, abs=1e-4)


def test_eyes_turn_as_far_as_the_eyeballs_of_the_rig(rig):
    for row, (side, anchor) in enumerate((("Left", "eye_centre.L"), ("Right", "eye_centre.R"))):
        ball = rig.mesh.vertices_m[rig.anchors[anchor]]
        for direction, limit in EYE_TURN_RAD.items():
            name = f"eyeLook{direction}{side}"
            moved = ball + rig.blendshapes[ARKIT_52.index(name)][rig.anchors[anchor]]
            turn, _ = Rotation.align_vectors(moved - moved.mean(0), ball - ball.mean(0))
            ahead = turn.apply([0.0, -1.0, 0.0])
            seen = [np.arctan2(ahead[0], -ahead[1]), np.arcsin(ahead[2])]
            angles = eye_angles(expression({name: 1.0}).coefficients)
            assert angles[row] == pytest.approx(seen, abs=np.radians(0.4)), name
            assert abs(angles[row]).max() == pytest.approx(limit)
            assert angles[1 - row] == pytest.approx([0, 0])

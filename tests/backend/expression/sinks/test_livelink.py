"""Tests of the Live Link datagram: against golden bytes, a decoder from the layout, and an independent package."""

import socket
import struct

import numpy as np
import pytest
from pylivelinkface import FaceBlendShape, PyLiveLinkFace
from scipy.spatial.transform import Rotation

from backend.expression.sinks.faces import expression, seen_by_camera
from facewright.datatypes import ARKIT_52
from facewright.expression.sinks.angles import EYE_TURN_RAD
from facewright.expression.sinks.livelink import APPLE_ORDER, LiveLinkSink, livelink_datagram, livelink_values

DEVICE = "0d0c1b2a-3948-5766-8594-a3b2c1d0e0f1"


def decode(datagram: bytes) -> dict:
    """Take a datagram apart along the published layout."""
    version, length = struct.unpack_from(">Bi", datagram)
    device, place = datagram[5 : 5 + length].decode(), 5 + length
    (length,) = struct.unpack_from(">i", datagram, place)
    subject, place = datagram[place + 4 : place + 4 + length].decode(), place + 4 + length
    frame, subframe, numerator, denominator, count = struct.unpack_from(">ifiiB", datagram, place)
    values = struct.unpack_from(f">{count}f", datagram, place + 17)
    assert len(datagram) == place + 17 + 4 * count
    return locals()


def test_the_first_bytes_are_those_of_the_layout():
    datagram = livelink_datagram(expression({"jawOpen": 0.5}), 1.125, "Ann", "ab")
    golden = "06 00000002 6162 00000003 416e6e 00000043 3f000000 0000003c 00000001 3d"  # frame 67.5 at 60 fps
    assert datagram[: -4 * 61] == bytes.fromhex(golden)
    assert datagram[-4 * (61 - 17) :][:4].hex() == "3f000000"  # jawOpen is the eighteenth


def test_every_coefficient_lies_where_an_independent_package_looks_for_it():
    shown = expression()
    found, face = PyLiveLinkFace.decode(livelink_datagram(shown, 5.0, "Ann", DEVICE))
    assert found and face.name == "Ann" and face.uuid == "$" + DEVICE
    assert (face._version & 0xFF, face._frames, face._denominator, face.fps) == (6, 300, 1, 60)
    for name, value in zip(ARKIT_52, shown.coefficients, strict=True):
        assert face.get_blendshape(FaceBlendShape[name[0].upper() + name[1:]]) == pytest.approx(value)
    assert sorted(APPLE_ORDER) == sorted(ARKIT_52)
    assert [shape.name for shape in FaceBlendShape][:52] == [name[0].upper() + name[1:] for name in APPLE_ORDER]


def test_head_angles_follow_in_radians_to_the_persons_right():
    left_up = Rotation.from_euler("YXZ", [-30, -10, 5], degrees=True)  # camera axes: to the image's right, and up
    values = livelink_values(expression({}, seen_by_camera(left_up)))
    assert values.dtype == np.float32 and values.shape == (61,)
    assert np.degrees(values[52:55]) == pytest.approx([-30, 10, -5], abs=1e-4)


def test_eye_angles_follow_yaw_to_the_persons_right_and_pitch_down():
    looking = {"eyeLookInLeft": 0.5, "eyeLookOutRight": 1.0, "eyeLookUpLeft": 1.0, "eyeLookDownRight": 0.5}
    left, right = livelink_values(expression(looking))[55:].reshape(2, 3)
    assert left == pytest.approx([0.5 * EYE_TURN_RAD["In"], -EYE_TURN_RAD["Up"], 0.0])
    assert right == pytest.approx([EYE_TURN_RAD["Out"], 0.5 * EYE_TURN_RAD["Down"], 0.0])


def test_a_sink_sends_each_frame_with_the_time_of_day():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5.0)
        sink = LiveLinkSink("127.0.0.1", receiver.getsockname()[1], "Zoë", time_of_day_s=lambda: 86399.5)
        for time_s in (100.0, 100.25, 101.0):
            sink.send(expression({"tongueOut": time_s / 200.0}), time_s)
        sink.close()
        seen = [decode(receiver.recv(2048)) for _ in range(3)]
    assert [packet["frame"] for packet in seen] == [5183970, 5183985, 30]  # past midnight it begins again
    assert [packet["values"][51] for packet in seen] == pytest.approx([0.5, 0.50125, 0.505])
    assert {(packet["version"], packet["subject"], packet["numerator"]) for packet in seen} == {(6, "Zoë", 60)}
    assert len(seen[0]["device"]) == 36 and sink.unsent == 0


def test_nobody_listening_is_no_error():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    sink = LiveLinkSink("127.0.0.1", port)
    for number in range(5):
        sink.send(expression(), number)
    sink.close()

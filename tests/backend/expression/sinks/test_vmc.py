"""Tests of VMC bundles, as python-osc's own server and dispatcher receive them."""

import socket
import threading

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_server import BlockingOSCUDPServer
from scipy.spatial.transform import Rotation

from backend.expression.sinks.faces import expression, seen_by_camera
from facewright.datatypes import ARKIT_52
from facewright.expression.sinks.vmc import VmcSink, head_rotation_xyzw, vmc_bundle


def unity_turn(axis: list[float], degrees: float, point: list[float]) -> np.ndarray:
    """Turn a point as Unity does: left-handed, so clockwise when the axis points at the viewer."""
    x, y, z = axis
    angle = np.radians(degrees)
    left_handed = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return (np.eye(3) + np.sin(angle) * left_handed + (1 - np.cos(angle)) * left_handed @ left_handed) @ point


def test_a_server_receives_state_time_head_and_all_blendshapes_then_apply():
    received: list[tuple] = []
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda address, *arguments: received.append((address, *arguments)))
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.timeout = 5.0
        worker = threading.Thread(target=lambda: [server.handle_request() for _ in range(2)])
        worker.start()
        sink, shown = VmcSink(*server.server_address), expression()
        sink.send(shown, 70.0)
        sink.send(expression({}, state="lost"), 70.5)
        sink.close()
        worker.join(10.0)
    first, second = received[: len(received) // 2], received[len(received) // 2 :]
    assert [message[0] for message in first[:3]] == ["/VMC/Ext/OK", "/VMC/Ext/T", "/VMC/Ext/Bone/Pos"]
    assert first[0][1:] == (1, 3, 0, 1) and second[0][1:] == (1, 3, 0, 0)
    assert (first[1][1], second[1][1]) == (0.0, 0.5)
    assert first[2][1:] == ("Head", 0, 0, 0, 0, 0, 0, 1)
    assert [message[:2] for message in first[3:-1]] == [("/VMC/Ext/Blend/Val", name) for name in ARKIT_52]
    assert [message[2] for message in first[3:-1]] == pytest.approx(shown.coefficients.tolist())
    assert first[-1] == ("/VMC/Ext/Blend/Apply",)


def test_numbers_travel_as_the_types_of_the_specification():
    messages = list(OscBundle(vmc_bundle(expression(), 1.0)))
    tags = [message.dgram.split(b",")[1].split(b"\0")[0] for message in messages[:4]]
    assert tags == [b"iiii", b"f", b"sfffffff", b"sf"]


def test_a_bundle_fits_into_a_datagram():
    assert len(vmc_bundle(expression(), 1e5)) < 4096


@pytest.mark.parametrize(
    ("camera_euler_deg", "axis", "degrees"),
    [
        ([-20, 0, 0], [0, 1, 0], -20),  # to the person's left; Unity's y turns to the right
        ([0, -12, 0], [1, 0, 0], -12),  # up; Unity's x turns down
        ([0, 0, 9], [0, 0, 1], 9),  # the top to the person's left; Unity's z turns x, the right, up
    ],
)
def test_the_head_turns_in_unitys_left_handed_axes(camera_euler_deg, axis, degrees):
    camera = seen_by_camera(Rotation.from_euler("YXZ", camera_euler_deg, degrees=True))
    x, y, z, w = head_rotation_xyzw(expression({}, camera))
    half = np.radians(degrees) / 2
    assert [x, y, z, w] == pytest.approx([*(np.sin(half) * np.array(axis)), np.cos(half)])
    nose = unity_turn(axis, degrees, [0.0, 0.0, 1.0])
    seen = Rotation.from_euler("YXZ", camera_euler_deg, degrees=True).apply([0.0, 0.0, -1.0])
    assert nose == pytest.approx([-seen[0], -seen[1], -seen[2]])  # facing the camera: its right is the image's left


def test_names_can_begin_with_a_capital():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5.0)
        sink = VmcSink(*receiver.getsockname(), is_pascal_case=True)
        sink.send(expression(), 0.0)
        sink.close()
        content = receiver.recv(8192)
    assert b"JawOpen\0" in content and b"jawOpen" not in content

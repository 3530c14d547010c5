"""Sends expressions to Unity, VRM players and others by the VMC protocol: OSC bundles over UDP."""

import numpy as np
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.expression.sinks.angles import head_rotation
from facewright.expression.sinks.datagrams import Datagrams

DEFAULT_PORT = 39539
UNITY_FROM_WORLD = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Axes of a Unity character (x its right, y up, z ahead, left-handed) from ours (x its left, y back, z up)."""

CALIBRATED, NORMAL_MODE = 3, 0


def head_rotation_xyzw(expression: LiveExpression) -> np.ndarray:
    """Return the (4,) quaternion x, y, z, w that turns the bone Head in Unity's axes, local to its parent."""
    turn = UNITY_FROM_WORLD @ head_rotation(expression.camera) @ UNITY_FROM_WORLD.T
    return Rotation.from_matrix(turn).as_quat(canonical=True)


def vmc_bundle(expression: LiveExpression, time_s: float, names: tuple[str, ...] = ARKIT_52) -> bytes:
    """Encode one frame as an OSC bundle: available, time, head bone, each blendshape, apply.

    Args:
        expression: what the face does.
        time_s: the sender's time in s.
        names: (E,) names of the blendshapes, in the order of ARKIT_52.

    Source: VMC protocol 2.7, marionette specification (protocol.vmc.info/marionette-spec).
    """
    bundle = OscBundleBuilder(IMMEDIATELY)

    def add(address: str, *arguments: int | float | str) -> None:
        message = OscMessageBuilder(address)
        for argument in arguments:
            message.add_arg(argument)
        bundle.add_content(message.build())

    add("/VMC/Ext/OK", 1, CALIBRATED, NORMAL_MODE, int(expression.state == "tracked"))
    add("/VMC/Ext/T", float(time_s))
    add("/VMC/Ext/Bone/Pos", "Head", 0.0, 0.0, 0.0, *map(float, head_rotation_xyzw(expression)))
    for name, value in zip(names, expression.coefficients, strict=True):
        add("/VMC/Ext/Blend/Val", name, float(value))
    add("/VMC/Ext/Blend/Apply")
    return bundle.build().dgram


class VmcSink:
    """Sends to one receiver ("marionette").

    Args:
        host, port: where it listens.
        is_pascal_case: whether names begin with a capital, as the clips of "Perfect Sync" avatars do.

    Raises:
        ConfigInvalid: the host has no address.
    """

    def __init__(self, host: str, port: int = DEFAULT_PORT, is_pascal_case: bool = False) -> None:
        self._datagrams = Datagrams(host, port)
        self._names = tuple(name[0].upper() + name[1:] for name in ARKIT_52) if is_pascal_case else ARKIT_52
        self._begun_s: float | None = None

    def send(self, expression: LiveExpression, time_s: float) -> None:
        """Send what the face does.

        Args:
            expression: of the frame.
            time_s: when it was taken, in s of any clock that grows; the receiver gets it from the first frame on.
        """
        if self._begun_s is None:
            self._begun_s = time_s
        self._datagrams.send(vmc_bundle(expression, time_s - self._begun_s, self._names))

    @property
    def unsent(self) -> int:
        """How many datagrams the network refused."""
        return self._datagrams.unsent

    def close(self) -> None:
        """Give the socket back."""
        self._datagrams.close()

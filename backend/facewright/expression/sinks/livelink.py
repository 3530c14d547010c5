"""Sends expressions to Unreal Engine as the app Live Link Face does: one UDP datagram a frame, version 6."""

import struct
import uuid
from collections.abc import Callable
from datetime import datetime

import numpy as np

from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.expression.sinks.angles import eye_angles, head_angles
from facewright.expression.sinks.datagrams import Datagrams

DEFAULT_PORT = 11111
DEFAULT_SUBJECT = "Facewright"
VERSION = 6
TIMECODE_HZ = 60
"""Frames a second of the timecode, as the app has it; the stream itself comes as fast as the camera."""

DAY_S = 86400.0

APPLE_ORDER = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp",
    "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft",
    "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The blendshapes in the order of the datagram, that of Unreal's EARFaceBlendShape."""

_FROM_ARKIT_52 = [ARKIT_52.index(name) for name in APPLE_ORDER]


def livelink_values(expression: LiveExpression) -> np.ndarray:
    """Return the (61,) float32 values of a datagram: 52 coefficients, then head, left eye and right eye.

    Each of the three has yaw, pitch and roll in rad. Head: yaw positive to the person's right, pitch up, roll when the
    head leans to the person's right. Eyes: yaw positive to the person's right, pitch positive *down*, no roll.

    Source: the order is Unreal's enum EARFaceBlendShape; units and signs are those that open receivers of the app
    (LiveLinkVRCFaceTracking, llv) undo. Unreal's own ARKit plug-in divided by 180 degrees instead.
    """
    yaw, pitch, roll = head_angles(expression.camera)
    eyes = [(-eye_yaw, -eye_pitch, 0.0) for eye_yaw, eye_pitch in eye_angles(expression.coefficients)]
    turns = np.array([(-yaw, pitch, -roll), *eyes])
    return np.concatenate([expression.coefficients[_FROM_ARKIT_52], turns.ravel()]).astype(np.float32)


def livelink_datagram(expression: LiveExpression, day_s: float, subject: str, device: str) -> bytes:
    """Encode one frame, everything big-endian.

    Args:
        expression: what the face does.
        day_s: time of the day in s, for the timecode.
        subject: name under which Unreal lists the face.
        device: id of the sender.

    Returns:
        u8 version, i32 length and device, i32 length and subject, i32 frame, f32 subframe, i32 fps numerator and
        denominator, u8 61, 61 f32.
    """
    frame, subframe = divmod(day_s % DAY_S * TIMECODE_HZ, 1.0)
    names = b"".join(struct.pack(">i", len(name)) + name for name in (device.encode(), subject.encode()))
    values = livelink_values(expression)
    timecode = struct.pack(">ifii", int(frame), subframe, TIMECODE_HZ, 1)
    return struct.pack(">B", VERSION) + names + timecode + struct.pack(">B61f", len(values), *values)


def local_time_of_day_s() -> float:
    """Return the seconds since midnight on this machine's clock."""
    now = datetime.now()
    return (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


class LiveLinkSink:
    """Sends to one Live Link source.

    Args:
        host, port: of the machine with Unreal.
        subject: name under which Unreal lists the face.
        time_of_day_s: the clock of the timecode.

    Raises:
        ConfigInvalid: the host has no address.
    """

    def __init__(
        self,
        host: str,
        port: int = DEFAULT_PORT,
        subject: str = DEFAULT_SUBJECT,
        time_of_day_s: Callable[[], float] = local_time_of_day_s,
    ) -> None:
        self._datagrams, self._subject, self._time_of_day_s = Datagrams(host, port), subject, time_of_day_s
        self._device = str(uuid.uuid5(uuid.NAMESPACE_DNS, subject))  # the same at each start, so Unreal knows it again
        self._midnight_s: float | None = None

    def send(self, expression: LiveExpression, time_s: float) -> None:
        """Send what the face does.

        Args:
            expression: of the frame.
            time_s: when it was taken, in s of any clock that grows.
        """
        if self._midnight_s is None:
            self._midnight_s = time_s - self._time_of_day_s()
        self._datagrams.send(livelink_datagram(expression, time_s - self._midnight_s, self._subject, self._device))

    @property
    def unsent(self) -> int:
        """How many datagrams the network refused."""
        return self._datagrams.unsent

    def close(self) -> None:
        """Give the socket back."""
        self._datagrams.close()

"""A person is calibrated through the wire: in a stream, in a capture, kept for the next one."""

import time

import cv2
import grpc
import numpy as np
import pytest
from facewright_client import BackendError
from facewright_client.generated import expression_pb2

from facewright.datatypes import ARKIT_52
from facewright.perception.image import decode_image
from facewright.service.servicers import expression as servicer

NEUTRAL = expression_pb2.CALIBRATION_POSE_NEUTRAL
SMILES = [ARKIT_52.index(name) for name in ("mouthSmileLeft", "mouthSmileRight")]


@pytest.fixture
def videos(png, tmp_path) -> dict[str, str]:
    """Return paths of videos: a person who holds a smile, and nobody."""
    image = cv2.resize(decode_image(png), (320, 320))
    paths = {}
    for name, frame in (("smile", image), ("nobody", np.zeros_like(image))):
        paths[name] = str(tmp_path / f"{name}.avi")
        writer = cv2.VideoWriter(paths[name], cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (320, 320))
        for _ in range(10):
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
        writer.release()
    return paths


def settled(client, capture_id: str) -> np.ndarray:
    """Return the (E,) coefficients after the smoothing has come to rest."""
    seen, deadline = 0, time.monotonic() + 20.0
    for _ in range(12):
        while time.monotonic() < deadline:
            latest = client.latest_expression(capture_id, seen)
            if latest.HasField("expression"):
                break
            time.sleep(0.01)
        seen = latest.expression.frame_id
    return np.array(latest.expression.coefficients)


def test_a_capture_is_calibrated_and_the_next_one_begins_with_what_is_known(client, videos):
    started = client.start_capture(video_path=videos["smile"], loop=True)
    before = settled(client, started.capture_id)
    known = client.calibrate_capture(started.capture_id, NEUTRAL)
    after = settled(client, started.capture_id)
    client.stop_capture(started.capture_id)
    assert before[SMILES].min() > 0.5 and after[SMILES].max() < 0.25  # the held smile is her neutral now
    assert len(known.gains) == 52 and len(known.resting_features) > 52 and known.reader
    again = client.start_capture(
        video_path=videos["smile"], loop=True, settings=expression_pb2.TrackingSettings(calibration=known)
    )
    assert settled(client, again.capture_id)[SMILES].max() < 0.25
    client.stop_capture(again.capture_id)


def test_a_calibration_of_another_reader_is_refused(client, videos):
    strange = expression_pb2.Calibration(reader="of yesterday", resting_features=[0.0], gains=[1.0] * 52)
    settings = expression_pb2.TrackingSettings(calibration=strange)
    with pytest.raises(BackendError, match="another rig or version") as raised:
        client.start_capture(video_path=videos["smile"], settings=settings)
    assert raised.value.code is grpc.StatusCode.FAILED_PRECONDITION and raised.value.reason == "CALIBRATION_INVALID"
    strange.gains[0] = float("inf")
    with pytest.raises(BackendError, match="not finite"):
        client.start_capture(video_path=videos["smile"], settings=expression_pb2.TrackingSettings(calibration=strange))


def test_without_a_face_there_is_nothing_to_calibrate(client, videos, monkeypatch):
    monkeypatch.setattr(servicer, "CALIBRATION_WAIT_S", 0.6)
    started = client.start_capture(video_path=videos["nobody"], loop=True)
    with pytest.raises(BackendError, match="no face was seen"):
        client.calibrate_capture(started.capture_id, NEUTRAL)
    with pytest.raises(BackendError, match="pose"):
        client.calibrate_capture(started.capture_id, 99)
    client.stop_capture(started.capture_id)


def test_a_stream_is_told_how_its_calibrations_went(client, png):
    def asked():
        for number in range(1, 61):
            if number in (10, 40):
                yield NEUTRAL if number == 10 else expression_pb2.CALIBRATION_POSE_BLINK
            yield expression_pb2.Frame(frame_id=number, timestamp_us=number * 100_000, encoded=png)
            time.sleep(0.05)

    told = [answer.calibrated for answer in client.expressions(asked()) if answer.HasField("calibrated")]
    assert [one.pose for one in told] == [NEUTRAL, expression_pb2.CALIBRATION_POSE_BLINK]
    assert told[0].notice == "" and len(told[0].calibration.gains) == 52
    assert "hardly seen" in told[1].notice  # her eyes are open


def test_predicting_too_far_is_refused(client, videos):
    settings = expression_pb2.TrackingSettings(prediction_ms=101)
    with pytest.raises(BackendError, match="prediction_ms"):
        client.start_capture(video_path=videos["smile"], settings=settings)

"""Tests of a whole backend over the wire: every service, cancellation, retries, previews, limits, faults."""

import json
import threading
import time

import grpc
import numpy as np
import pytest
from facewright_client import BackendError, Client, open_channel, photo_specification
from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2, server_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from facewright.datatypes import ARKIT_52
from facewright.perception.image import decode_image
from facewright.pipelines.photo import PhotoPipeline
from facewright.service.convert.rig import unit_value

from .conftest import FEW

WAIT_S = 60.0


def specification(png: bytes, **options) -> fitting_pb2.FitSpecification:
    options["settings"] = FEW | options.get("settings", {})
    return photo_specification([png], **options)


def wait_for_end(client: Client, job_id: str) -> fitting_pb2.GetFitResponse:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        fit = client.get_fit(job_id)
        if fit.state not in (fitting_pb2.FIT_STATE_QUEUED, fitting_pb2.FIT_STATE_RUNNING):
            return fit
        time.sleep(0.05)
    raise AssertionError("the fit did not end")


def test_the_server_says_what_it_is(client):
    info = client.server_info()
    assert (info.state, info.device, info.default_rig_id) == (server_pb2.SERVER_STATE_READY, "cpu", "makehuman")
    assert info.rigs[0].parameter_count > 200 and len(info.rigs[0].sha256) == 64
    assert {"imitator", "embedder", "landmarker"} <= set(info.model_sha256)
    assert server_pb2.CAPABILITY_FIT in info.capabilities and info.limits.message_bytes == 64 * 2**20


def test_health_is_told_for_each_service_and_reflection_lists_them(running):
    with open_channel(f"127.0.0.1:{running[1]}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", "facewright.v1.FittingService", "facewright.v1.ExpressionService"):
            state = health.Check(health_pb2.HealthCheckRequest(service=name)).status
            assert state == health_pb2.HealthCheckResponse.SERVING
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = next(stub.ServerReflectionInfo(iter([asked])))
        names = {one.name for one in answer.list_services_response.service}
        assert {f"facewright.v1.{name}Service" for name in ("Server", "Rig", "Fitting", "Expression")} <= names


def test_a_fit_over_the_wire_is_the_fit_in_process(running, client, png):
    config = running[0].backend.workshop.config
    few = PhotoPipeline.from_config(config)
    from facewright.config import with_overrides

    local, _ = few.with_config(with_overrides(config, [f"{key}={value}" for key, value in FEW.items()]))(
        decode_image(png)
    )
    reports: list[fitting_pb2.FitProgress] = []
    result = client.fit(specification(png), reports.append)
    values = {one.name: one.value for one in result.character.parameters}
    sent = [unit_value(one, values[one.name]) for one in few.rig.parameters]
    np.testing.assert_allclose(sent, local.parameters, atol=1e-6)
    assert [one.name for one in result.expression] == list(ARKIT_52)
    np.testing.assert_allclose([one.weight for one in result.expression], local.expression, atol=1e-6)
    assert len(result.bones) == len(few.rig.bones) and not result.files
    np.testing.assert_allclose(
        np.reshape(result.camera.camera_from_world, (4, 4)), local.photo_camera.camera_from_world
    )
    assert result.losses == pytest.approx(local.losses)
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions) and 0 <= fractions[0] < fractions[-1] <= 1
    assert {"observe", "landmarks", "style", "detection", "imitator"} == {report.stage for report in reports}


def test_the_polling_form_gives_the_same_job_as_the_stream_and_a_retry_joins_it(client, png):
    started = client.start_fit(specification(png), request_id="retry-1")
    again = client.start_fit(specification(png), request_id="retry-1")
    assert again.job_id == started.job_id
    streamed = client.fit(specification(png), request_id="retry-1")
    polled = wait_for_end(client, started.job_id)
    assert polled.state == fitting_pb2.FIT_STATE_SUCCEEDED and polled.result == streamed
    with pytest.raises(BackendError, match="stands for another request") as raised:
        client.start_fit(specification(png, face_index=1), request_id="retry-1")
    assert raised.value.code is grpc.StatusCode.ALREADY_EXISTS


def test_files_and_skin_come_with_the_result_when_they_are_asked_for(client, png):
    files = [rig_pb2.RESULT_FILE_RIG_JSON, rig_pb2.RESULT_FILE_FRONT]
    result = client.fit(
        specification(
            png, files=files, include_photo_skin=True, settings={"skin.share": "1", "fitting.iterations": "0"}
        )
    )
    assert {file.name for file in result.files} == {"rig.json", "front.png"}
    assert result.character.look.photo_skin.share == 1.0
    exported = client.export(result.character, rig_pb2.EXPORT_FORMAT_GLB)
    assert [file.name for file in exported] == ["head.glb"] and exported[0].content.startswith(b"glTF")
    drawn = client.evaluate(result.character, picture=rig_pb2.PictureRequest(side_px=128))
    bare = rig_pb2.Character.FromString(result.character.SerializeToString())
    bare.look.ClearField("photo_skin")
    plain = client.evaluate(bare, picture=rig_pb2.PictureRequest(side_px=128))
    difference = np.abs(decode_image(drawn.picture.content).astype(int) - decode_image(plain.picture.content)).mean()
    assert difference > 1.0, "the photo skin is drawn"


def test_previews_are_pictures_of_the_asked_size_and_not_sent_twice(client, png):
    spec = specification(png, settings={"fitting.iterations": "20"})
    spec.preview.side_px, spec.preview.interval_ms = 96, 100
    reports: list[fitting_pb2.FitProgress] = []
    client.fit(spec, reports.append)
    shown = [report.preview.content for report in reports if report.HasField("preview")]
    assert len(shown) >= 2 and len(set(shown)) == len(shown)
    assert decode_image(shown[0]).shape == (96, 96, 3)


def test_a_stream_that_its_client_leaves_stops_the_work_within_a_step(running, client, png):
    spec = specification(png, settings={"fitting.iterations": "5000"})
    begun = threading.Event()

    def leave(report: fitting_pb2.FitProgress) -> None:
        if report.stage == "imitator":
            begun.set()

    with pytest.raises(BackendError) as raised:
        client.fit(spec, leave, is_cancelled=begun.is_set)
    assert raised.value.code is grpc.StatusCode.CANCELLED
    deadline = time.monotonic() + 5.0
    while not running[0].backend.schedule.is_idle() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert running[0].backend.schedule.is_idle()


def test_a_deadline_stops_the_work(running, client, png):
    with pytest.raises(BackendError) as raised:
        client.fit(specification(png, settings={"fitting.iterations": "5000"}), timeout_s=2.0)
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    deadline = time.monotonic() + 5.0
    while not running[0].backend.schedule.is_idle() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert running[0].backend.schedule.is_idle()


def test_cancelling_a_running_fit_keeps_its_best_head(client, png):
    started = client.start_fit(specification(png, settings={"fitting.iterations": "5000"}))
    while client.get_fit(started.job_id).progress.stage != "imitator":
        time.sleep(0.05)
    assert client.cancel_fit(started.job_id).state == fitting_pb2.FIT_STATE_RUNNING
    ended = wait_for_end(client, started.job_id)
    assert ended.state == fitting_pb2.FIT_STATE_CANCELLED
    assert len(ended.result.character.parameters) > 200 and ended.result.losses["total"] > 0


def test_cancelling_a_waiting_fit_ends_it_at_once_without_a_head(client, png):
    first = client.start_fit(specification(png, settings={"fitting.iterations": "5000"}))
    second = client.start_fit(specification(png))
    assert client.get_fit(second.job_id).state == fitting_pb2.FIT_STATE_QUEUED
    assert client.cancel_fit(second.job_id).state == fitting_pb2.FIT_STATE_CANCELLED
    ended = client.get_fit(second.job_id)
    assert ended.failure.reason == "CANCELLED" and not ended.HasField("result")
    client.cancel_fit(first.job_id)
    wait_for_end(client, first.job_id)


def test_short_calls_are_answered_between_the_steps_of_a_fit(client, png):
    started = client.start_fit(specification(png, settings={"fitting.iterations": "5000"}))
    while client.get_fit(started.job_id).progress.stage != "imitator":
        time.sleep(0.05)
    drawn = client.evaluate(rig_pb2.Character(), picture=rig_pb2.PictureRequest(side_px=64))
    assert drawn.picture.content
    assert client.get_fit(started.job_id).state == fitting_pb2.FIT_STATE_RUNNING
    client.cancel_fit(started.job_id)
    wait_for_end(client, started.job_id)


def test_a_photo_without_a_face_fails_alike_in_both_forms(client):
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 120, 60)).save(stream, "JPEG")
    with pytest.raises(BackendError, match="no face") as raised:
        client.fit(specification(stream.getvalue()))
    assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FACE_NOT_FOUND")
    polled = wait_for_end(client, client.start_fit(specification(stream.getvalue())).job_id)
    failure = polled.failure
    assert polled.state == fitting_pb2.FIT_STATE_FAILED and failure.reason == "FACE_NOT_FOUND"
    assert (failure.message, failure.remedy) == (str(raised.value), raised.value.remedy)
    assert failure.status_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


@pytest.mark.parametrize(
    ("call", "code", "reason"),
    [
        (lambda client: client.get_fit("nonsense"), grpc.StatusCode.NOT_FOUND, "JOB_UNKNOWN"),
        (lambda client: client.cancel_fit("../x"), grpc.StatusCode.NOT_FOUND, "JOB_UNKNOWN"),
        (lambda client: client.get_rig("../../etc"), grpc.StatusCode.NOT_FOUND, "RIG_UNKNOWN"),
        (lambda client: client.sample(0), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
        (lambda client: client.export(rig_pb2.Character(), 0), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
        (lambda client: client.latest_expression("x"), grpc.StatusCode.NOT_FOUND, "CAPTURE_UNKNOWN"),
        (lambda client: client.start_capture(), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
        (lambda client: client.start_capture(camera_index=9999), grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"),
        (
            lambda client: client.evaluate(rig_pb2.Character(), files=[rig_pb2.RESULT_FILE_AS_PHOTO]),
            grpc.StatusCode.INVALID_ARGUMENT,
            "REQUEST_INVALID",
        ),
        (
            lambda client: client.start_fit(fitting_pb2.FitSpecification(), request_id="a b"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "REQUEST_INVALID",
        ),
    ],
)
def test_bad_requests_have_their_status_reason_and_remedy(client, call, code, reason):
    with pytest.raises(BackendError) as raised:
        call(client)
    assert (raised.value.code, raised.value.reason) == (code, reason) and raised.value.remedy


def test_bytes_that_are_no_message_are_an_invalid_argument(running):
    with open_channel(f"127.0.0.1:{running[1]}") as channel:
        call = channel.unary_unary("/facewright.v1.RigService/GetRig")
        with pytest.raises(grpc.RpcError) as raised:
            call(b"\xff\xff\xff\xff\x01")
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary("/facewright.v1.RigService/Nothing")(b"")
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_sampled_characters_are_those_of_the_command_line_and_evaluate_to_their_bones(client):
    first, again = client.sample(3, seed=5), client.sample(2, seed=5)
    assert list(first[:2]) == list(again)
    assert first[0].parameters != first[1].parameters
    bones = {bone.bone: bone for bone in client.evaluate(first[0]).bones}
    neutral = {bone.bone: bone for bone in client.get_rig().neutral_pose}
    assert bones.keys() == neutral.keys() and bones != neutral
    worn = client.sample(1, seed=5, styles={"hair": "bob"})[0]
    assert {style.group: style.choice for style in worn.look.styles}["hair"] == "bob"


def test_files_of_a_character_are_those_of_a_random_head(client):
    character = client.sample(1, seed=2)[0]
    files = client.evaluate(character, files=[rig_pb2.RESULT_FILE_RIG_JSON, rig_pb2.RESULT_FILE_SHEET]).files
    assert {file.name for file in files} == {"rig.json", "sheet.png"}


def test_a_scene_for_blender_has_its_description_arrays_and_pictures(client):
    files = {file.name: file.content for file in client.export(rig_pb2.Character(), rig_pb2.EXPORT_FORMAT_SCENE)}
    assert {"scene.json", "arrays.npz"} < set(files)
    described = json.loads(files["scene.json"])
    assert {f"{name}.png" for name in described["pictures"]} < set(files) and len(described["bones"]) > 100


def test_a_posed_glb_starts_with_the_expression(client):
    import pygltflib

    response = client.evaluate(rig_pb2.Character(), {"jawOpen": 0.5}, include_glb=True)
    gltf = pygltflib.GLTF2.load_from_bytes(response.glb)
    weights = next(mesh.weights for mesh in gltf.meshes if mesh.weights)
    assert weights[ARKIT_52.index("jawOpen")] == 0.5


def frames(png: bytes, count: int, pause_s: float = 0.05):
    for number in range(1, count + 1):
        yield expression_pb2.Frame(frame_id=number, timestamp_us=number * 40_000, encoded=png)
        time.sleep(pause_s)


def test_a_stream_answers_frames_in_order_and_ends_with_a_status(client, png):
    answers = list(client.expressions(frames(png, 8)))
    assert list(answers[0].started.blendshapes) == list(ARKIT_52)
    expressions = [answer.expression for answer in answers if answer.HasField("expression")]
    ids = [one.frame_id for one in expressions]
    assert ids == sorted(ids) and ids[-1] == 8 and len(ids) >= 2
    last = expressions[-1]
    assert last.state == expression_pb2.TRACKING_STATE_TRACKED and last.timestamp_us == 320_000
    smiles = [last.coefficients[ARKIT_52.index(name)] for name in ("mouthSmileLeft", "mouthSmileRight")]
    assert min(smiles) > 0.2, "she smiles"
    assert abs(last.head_pose.yaw_deg) < 20 and 0.5 < last.head_pose.translation_m.z < 3
    status = answers[-1].status
    assert status.received_frames == 8
    assert status.answered_frames + status.dropped_frames == 8


def test_a_known_identity_is_taken_and_a_wrong_one_refused(client, png):
    character = client.sample(1, seed=1)[0]
    settings = expression_pb2.TrackingSettings(identity=character)
    assert any(answer.HasField("expression") for answer in client.expressions(frames(png, 2), settings))
    settings.identity.parameters[0].value = float("nan")
    with pytest.raises(BackendError, match="header.identity"):
        list(client.expressions(frames(png, 2), settings))


def test_a_damaged_frame_does_not_end_a_stream_but_a_frame_without_an_image_does(client, png):
    def some():
        yield expression_pb2.Frame(frame_id=1, encoded=b"no image")
        time.sleep(0.3)
        yield from frames(png, 2)

    answers = list(client.expressions(some()))
    assert answers[-1].status.damaged_frames == 1 and answers[-1].status.answered_frames >= 1
    with pytest.raises(BackendError, match="found none"):
        list(client.expressions(iter([expression_pb2.Frame(frame_id=1)])))


def test_a_stream_without_frames_is_ended_after_the_limit(client):
    still = threading.Event()

    def nothing():
        still.wait(WAIT_S)
        yield from ()

    with pytest.raises(BackendError, match="no frame came") as raised:
        list(client.expressions(nothing()))
    still.set()
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_stream_whose_first_message_is_no_header_is_refused(running):
    from facewright_client.generated import expression_pb2_grpc

    with open_channel(f"127.0.0.1:{running[1]}") as channel:
        stub = expression_pb2_grpc.ExpressionServiceStub(channel)
        for first in ([], [expression_pb2.StreamExpressionsRequest()]):
            with pytest.raises(grpc.RpcError) as raised:
                list(stub.StreamExpressions(iter(first)))
            assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_capture_of_a_video_is_polled_and_never_sends_the_same_expression_twice(client, png, tmp_path):
    import cv2

    path = tmp_path / "still.avi"
    image = cv2.resize(decode_image(png), (320, 320))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (320, 320))
    for _ in range(5):
        writer.write(image[..., ::-1])
    writer.release()
    started = client.start_capture(video_path=str(path), loop=True)
    assert (started.width_px, started.height_px, started.frames_hz) == (320, 320, 10.0)
    seen: list[int] = []
    deadline = time.monotonic() + WAIT_S
    while len(seen) < 4 and time.monotonic() < deadline:
        latest = client.latest_expression(started.capture_id, seen[-1] if seen else 0)
        if latest.HasField("expression"):
            seen.append(latest.expression.frame_id)
            assert latest.expression.state == expression_pb2.TRACKING_STATE_TRACKED
        time.sleep(0.01)
    assert len(seen) == 4 and len(set(seen)) == 4
    client.stop_capture(started.capture_id)
    with pytest.raises(BackendError, match="no capture of that id"):
        client.latest_expression(started.capture_id)

"""Tests of the border between messages and nouns: physical values there, [0, 1] here, and clear words for bad input."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from facewright_client.errors import error_from_call
from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2
from PIL import Image

from facewright.config import FacewrightConfig
from facewright.datatypes import ARKIT_52, FaceColours, Look, PhotoSkin, Progress, SkinDetail, SkinShares, Style
from facewright.errors import ConfigInvalid, ImageUnreadable, RequestInvalid
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.service.convert.expression import frame_from_message
from facewright.service.convert.fitting import done_share, order_from_message, stages_of
from facewright.service.convert.rig import (
    character_message,
    expression_from_message,
    head_from_message,
    rig_message,
    style_from_message,
    unit_value,
)
from facewright.service.rigs import RigShelf
from facewright.service.status import rich_status


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3)).save(stream, "PNG")
    return stream.getvalue()


def head(rig) -> tuple[np.ndarray, Look]:
    generator = np.random.default_rng(3)
    layer = generator.integers(0, 255, (64, 64, 4), np.uint8)
    skin = PhotoSkin(layer, np.zeros((64, 64, 3), np.uint8), True, False, SkinShares(0.5, 0.25, 0.25, 0.1))
    colours = FaceColours.from_vector(generator.uniform(size=18))
    look = Look(colours, SkinDetail(0.1, 0.2, 0.3, 0.4), Style(hair="bob", glasses="round"), skin, 0.6)
    return generator.uniform(size=len(rig.parameters)).astype(np.float32), look


def test_every_parameter_has_its_own_limits_on_the_wire_and_comes_back(rig):
    sent = {}
    for value in (0.0, 0.2, 0.5, 0.9, 1.0):
        message = character_message(rig, np.full(len(rig.parameters), value), Look(NEUTRAL_COLOURS))
        sent[value] = [parameter.value for parameter in message.parameters]
        back = [unit_value(*pair) for pair in zip(rig.parameters, sent[value], strict=True)]
        np.testing.assert_allclose(back, value, atol=1e-12)
    ends = [(parameter.minimum, parameter.neutral, parameter.maximum) for parameter in rig.parameters]
    np.testing.assert_allclose(np.transpose([sent[0.0], sent[0.5], sent[1.0]]), ends, atol=1e-12)


def test_a_character_comes_back_as_it_was_sent(rig):
    parameters, look = head(rig)
    sent = character_message(rig, parameters, look, {"hair": {"bob": 0.75, "bald": 0.25}}, with_skin=True)
    values, read = head_from_message(rig, rig_pb2.Character.FromString(sent.SerializeToString()), "character")
    np.testing.assert_allclose(values, parameters, atol=1e-6)
    np.testing.assert_allclose(read.colours.vector(), look.colours.vector(), atol=1e-6)
    np.testing.assert_allclose(read.skin.vector(), look.skin.vector(), atol=1e-6)
    assert (read.style.hair, read.style.glasses, read.photo_share) == ("bob", "round", 0.6)
    np.testing.assert_array_equal(read.photo_skin.layer, look.photo_skin.layer)
    assert (read.photo_skin.keeps_brows, read.photo_skin.keeps_beard) == (True, False)
    assert sent.look.styles[0].probabilities["bob"] == 0.75


def test_a_character_with_nothing_in_it_is_the_neutral_head(rig):
    values, look = head_from_message(rig, rig_pb2.Character(), "character")
    assert (values == 0.5).all() and look.skin == SkinDetail() and look.photo_skin is None


def test_offsets_of_a_rig_pose_it_as_the_backend_does(rig):
    shelf = RigShelf("makehuman")
    parameters, _ = head(rig)
    message = rig_message(rig, shelf.channels(rig, np.full(len(rig.parameters), 0.5)), with_offsets=True)
    posed = np.array([
        [*(getattr(part, axis) for part in (bone.location_m, bone.rotation_rad, bone.scale) for axis in "xyz")]
        for bone in message.neutral_pose
    ])  # fmt: skip
    flat = posed.reshape(-1)
    for value, described in zip(parameters.astype(float), message.parameters, strict=True):
        side = described.at_minimum if value < 0.5 else described.at_maximum
        flat[list(side.channels)] += 2 * abs(value - 0.5) * np.array(side.offsets)
    flat.reshape(-1, 9)[:, 6:] = np.maximum(flat.reshape(-1, 9)[:, 6:], 0.1)
    np.testing.assert_allclose(posed, shelf.channels(rig, parameters), atol=1e-5)


@pytest.mark.parametrize(
    ("character", "field", "message"),
    [
        ({"parameters": [{"name": "head_hight", "value": 0.0}]}, "head_hight", "did you mean"),
        ({"parameters": [{"name": "x" * 10_000, "value": 0.0}]}, "xxx...", "no parameter"),
        ({"rig_version": "0.0.1"}, "rig_version", "0.0.1"),
        ({"look": {"colours": {"skin": {"red": 1.5}}}}, "look.colours.skin.red", "found 1.5"),
        ({"look": {"colours": {"skin": {"blue": float("nan")}}}}, "look.colours.skin.blue", "found nan"),
        ({"look": {"skin": {"freckles": -0.1}}}, "look.skin.freckles", "found -0.1"),
        ({"look": {"styles": [{"group": "tail", "choice": "bob"}]}}, "styles.group", "tail"),
        ({"look": {"styles": [{"group": "hair", "choice": "../bob"}]}}, "styles[hair].choice", "../bob"),
        ({"look": {"styles": [{"group": "hair"}, {"group": "hair"}]}}, "styles", "twice"),
        ({"look": {"photo_skin": {"share": 0.5}}}, "photo_skin.layer_png", "0 bytes"),
        ({"look": {"photo_skin": {"share": 0.5, "layer_png": b"GIF89a"}}}, "layer_png", "cannot be decoded"),
        ({"look": {"photo_skin": {"share": 2.0, "layer_png": b"1"}}}, "photo_skin.share", "found 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_character_is_named_with_its_field(rig, character, field, message):
    with pytest.raises(RequestInvalid) as raised:
        head_from_message(rig, rig_pb2.Character(**character), "character")
    assert field in raised.value.field and message in str(raised.value) + raised.value.remedy
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e308])
def test_no_parameter_takes_a_value_outside_its_range(rig, value):
    first = rig.parameters[0]
    character = rig_pb2.Character(parameters=[rig_pb2.ParameterValue(name=first.name, value=value)])
    with pytest.raises(RequestInvalid, match="expected"):
        head_from_message(rig, character, "character")


def test_a_parameter_stands_once_and_there_are_no_more_than_the_rig_has(rig):
    twice = [rig_pb2.ParameterValue(name=rig.parameters[0].name)] * 2
    with pytest.raises(RequestInvalid, match="twice"):
        head_from_message(rig, rig_pb2.Character(parameters=twice), "character")
    with pytest.raises(RequestInvalid, match="at most"):
        head_from_message(rig, rig_pb2.Character(parameters=twice * 5000), "character")


def test_a_photo_skin_that_is_not_square_is_refused(rig):
    stream = io.BytesIO()
    Image.new("RGBA", (128, 64)).save(stream, "PNG")
    skin = rig_pb2.PhotoSkin(layer_png=stream.getvalue(), share=1.0)
    with pytest.raises(RequestInvalid, match="128 x 64"):
        head_from_message(rig, rig_pb2.Character(look=rig_pb2.Look(photo_skin=skin)), "character")


def test_an_expression_is_read_by_name(rig):
    weights = [rig_pb2.BlendshapeWeight(name="jawOpen", weight=0.25)]
    expression = expression_from_message(weights, "expression")
    assert expression[ARKIT_52.index("jawOpen")] == 0.25 and expression.sum() == 0.25
    with pytest.raises(RequestInvalid, match="jaw_open"):
        expression_from_message([rig_pb2.BlendshapeWeight(name="jaw_open", weight=0.25)], "expression")
    with pytest.raises(RequestInvalid, match="found 1.5"):
        expression_from_message([rig_pb2.BlendshapeWeight(name="jawOpen", weight=1.5)], "expression")


def test_an_open_style_stays_open(rig):
    assert style_from_message(rig, [rig_pb2.StyleChoice(group="hair")], "styles") == Style()


def test_a_specification_becomes_an_order(rig, png):
    spec = fitting_pb2.FitSpecification(
        photos=[fitting_pb2.Photo(content=png)] * 2,
        face_index=1,
        styles=[rig_pb2.StyleChoice(group="hair", choice="bob")],
        skin_share=0.25,
        settings={"fitting.iterations": "7", "skin.side_px": "2048"},
        preview=fitting_pb2.PreviewRequest(),
        files=[rig_pb2.RESULT_FILE_GLB, rig_pb2.RESULT_FILE_GLB],
    )
    order = order_from_message(rig, spec, FacewrightConfig(device="cpu"))
    assert [photo.shape for photo in order.photos] == [(48, 40, 3)] * 2
    assert (order.face_index, order.outputs, order.preview_px, order.preview_ms) == (1, ("glb",), 256, 1000)
    config = order.config
    assert (config.fitting.iterations, config.skin.share, config.skin.side_px, config.style.hair, config.device) == (
        7, 0.25, 2048, "bob", "cpu",
    )  # fmt: skip
    assert order_from_message(rig, fitting_pb2.FitSpecification(photos=spec.photos), config).preview_px == 0


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"photos": []}, RequestInvalid, "fit.photos"),
        ({"files": [0]}, RequestInvalid, "unknown value 0"),
        ({"files": [99]}, RequestInvalid, "unknown value 99"),
        ({"settings": {"device": "cuda"}}, RequestInvalid, r"fit.settings\[device\]"),
        ({"settings": {"cache_dir": "x"}}, RequestInvalid, "cache_dir"),
        ({"settings": {"fitting.nothing": "1"}}, ConfigInvalid, "fitting.nothing"),
        ({"settings": {"fitting.iterations": "nan"}}, ConfigInvalid, "whole number"),
        ({"settings": {"fitting.iterations": "1" * 1000}}, RequestInvalid, "fitting.iterations"),
        ({"settings": {f"fitting.{number}": "1" for number in range(100)}}, RequestInvalid, "at most 64"),
        ({"skin_share": float("nan")}, RequestInvalid, "fit.skin_share"),
        ({"preview": {"side_px": 5000}}, RequestInvalid, "fit.preview.side_px"),
        ({"preview": {"interval_ms": 1}}, RequestInvalid, "fit.preview.interval_ms"),
        ({"photos": [{"content": b"no image"}]}, ImageUnreadable, r"fit.photos\[0\]"),
    ],
)
def test_what_is_wrong_with_a_specification_is_named(rig, png, changes, error, message):
    fields = {"photos": [{"content": png}]} | changes
    with pytest.raises(error, match=message):
        order_from_message(rig, fitting_pb2.FitSpecification(**fields), FacewrightConfig())


def test_a_photo_that_is_to_blame_is_the_field_that_clients_are_told(rig, png):
    spec = fitting_pb2.FitSpecification(photos=[{"content": png}, {"content": b"no image"}])
    with pytest.raises(ImageUnreadable) as caught:
        order_from_message(rig, spec, FacewrightConfig())
    status = rich_status(caught.value)
    call = SimpleNamespace(
        code=lambda: status.code, details=lambda: status.details, trailing_metadata=lambda: status.trailing_metadata
    )
    assert error_from_call(call).fields == ("fit.photos[1]",)


def test_the_done_share_grows_through_the_stages_that_a_fit_has(rig, png):
    settings = {"fitting.imitator_stage": "off", "skin.share": "0"}
    spec = fitting_pb2.FitSpecification(photos=[{"content": png}], settings=settings)
    stages = stages_of(order_from_message(rig, spec, FacewrightConfig()))
    assert stages == ("observe", "landmarks", "style", "detection")
    shares = [done_share(Progress(name, 0, 1), stages) for name in stages]
    assert shares[0] == 0.0 and shares == sorted(shares) and shares[-1] < 1.0
    assert done_share(Progress("detection", 1, 1), stages) == pytest.approx(1.0)
    assert done_share(Progress("imitator", 1, 2), stages) == 0.0


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({}, "found none"),
        ({"encoded": b""}, "0 bytes"),
        ({"raw": {"format": 0, "width_px": 64, "height_px": 64, "content": b"1"}}, "unknown value 0"),
        ({"raw": {"format": 1, "width_px": 4, "height_px": 64, "content": b"1"}}, "4 x 64"),
        ({"raw": {"format": 1, "width_px": 2**31, "height_px": 64, "content": b"1"}}, "2147483648"),
    ],
)
def test_what_is_wrong_with_a_frame_is_named_before_it_is_worked_on(frame, message):
    with pytest.raises(RequestInvalid, match=message):
        frame_from_message(expression_pb2.Frame(**frame))


def test_an_encoded_frame_is_decoded_when_it_is_worked_on(png):
    waiting = frame_from_message(expression_pb2.Frame(frame_id=3, timestamp_us=5, encoded=png))
    assert (waiting.frame_id, waiting.timestamp_us, waiting.decode().shape) == (3, 5, (48, 40, 3))
    damaged = frame_from_message(expression_pb2.Frame(encoded=png[:60]))
    with pytest.raises(ImageUnreadable):
        damaged.decode()

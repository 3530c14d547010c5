"""Hostile requests of many kinds, drawn at random; each says how a sound server may answer it."""

import math
import struct
from collections.abc import Callable, Iterator
from random import Random

import grpc
from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2

from end_to_end.hostile_images import damaged
from end_to_end.hostile_material import EVALUATE, FIT, FITS, LIVE, RIGS, START, STREAM, Material, framed, header
from end_to_end.hostile_wire import Attack

Code = grpc.StatusCode
REFUSED = frozenset({Code.INVALID_ARGUMENT})
UNKNOWN = REFUSED | {Code.NOT_FOUND}
STREAMED = REFUSED | {Code.OK}
ANY_SANE = frozenset(
    {
        Code.OK, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS,
        Code.RESOURCE_EXHAUSTED,
    }
)  # fmt: skip
LATE = ANY_SANE | {Code.DEADLINE_EXCEEDED}
GIVEN_UP = ANY_SANE | {Code.CANCELLED}

SIZES_MB = (1, 1, 1, 1, 10)
NUMBERS = (math.nan, math.inf, -math.inf, 1e308, -1e308, 3.5e38)
NO_NUMBERS = ("nan", "inf", "-inf", "1e999", "", "0x10", "1_0", "9" * 250, "-1", "٣٣", "True", "null", "2**99")
PATHS = (
    "../../etc/passwd", "/etc/passwd", "..", ".", "/", "//", "~", "~nobody-of-that-name/x", "a\0b", "\0", "/dev/zero",
    "/dev/stdin", "/dev/null", "/proc/self/fd/0", "/proc/self/mem", "\\\\server\\share\\x.mp4", "C:\\Windows\\win.ini",
    "a/" * 3000, "x" * 5000, "%00", "%2e%2e%2f", "file:///etc/passwd", "http://127.0.0.1:1/x.mp4", "concat:a|b",
    "\u202e\ufeff", "\U0001f600" * 300, "\r\n\x1b[31m", "$(id)", "';--", "pattern_%05d.png", "-", "\n",
)  # fmt: skip
"""What is tried where a name is expected."""


def attacks(random: Random, material: Material, count: int, heavy_share: float = 0.02) -> Iterator[Attack]:
    """Draw requests; every kind comes about equally often, the heavy ones seldom."""
    for number in range(count):
        kinds = HEAVY if random.random() < heavy_share else KINDS
        kind = kinds[number % len(kinds)] if kinds is KINDS else random.choice(kinds)
        yield kind(random, material)


def random_bytes(random: Random, material: Material) -> Attack:
    """Send noise instead of a message."""
    content = random.randbytes(random.randrange(1, 4000))
    return Attack("random bytes", random.choice(sorted(material.valid)), (content,), ANY_SANE)


def truncated_message(random: Random, material: Material) -> Attack:
    """Send a sound message without its end."""
    method, messages = _valid(random, material)
    cut = tuple(one[: random.randrange(len(one) + 1)] for one in messages)
    return Attack("truncated message", method, cut, ANY_SANE)


def flipped_message(random: Random, material: Material) -> Attack:
    """Send a sound message with some wrong bits."""
    method, messages = _valid(random, material)
    changed = [bytearray(one) for one in messages]
    for one in changed:
        for _ in range(random.randrange(1, 8) if one else 0):
            one[random.randrange(min(len(one), 4000))] ^= 1 << random.randrange(8)
    return Attack("flipped bits", method, tuple(map(bytes, changed)), ANY_SANE)


def false_length(random: Random, material: Material) -> Attack:
    """Send a field that says that it is huge, or groups within groups."""
    tag = bytes([random.randrange(1, 16) << 3 | 2])
    lengths = (
        b"\xff\xff\xff\xff\x07",
        b"\xff\xff\xff\xff\x0f",
        b"\xff" * 9 + b"\x01",
        b"\xff" * 20,
        b"\x80\x80\x80\x01",
    )
    content = tag + random.choice(lengths) + b"abc" if random.random() < 0.7 else b"\x0b" * random.choice((90, 50_000))
    return Attack("false length", random.choice(sorted(material.valid)), (content,), REFUSED)


def damaged_photo(random: Random, material: Material) -> Attack:
    """Fit a photo that was damaged."""
    specification = _photos(damaged(random, random.choice(list(material.images.values()))))
    return _fit("damaged photo", specification, REFUSED)


def damaged_frames(random: Random, material: Material) -> Attack:
    """Stream frames that were damaged."""
    images = [damaged(random, random.choice(list(material.images.values()))) for _ in range(3)]
    frames = [expression_pb2.Frame(frame_id=number + 1, encoded=image) for number, image in enumerate(images)]
    return _stream("damaged frames", frames, frozenset({Code.OK}))


def damaged_layer(random: Random, material: Material) -> Attack:
    """Evaluate a head whose skin layer is damaged, or a bomb."""
    content = damaged(random, material.images["PNG"])
    if random.random() < 0.3:
        content = random.choice(list(material.bombs.values()))
    head = rig_pb2.Character(look=rig_pb2.Look(photo_skin=rig_pb2.PhotoSkin(layer_png=content)))
    return _evaluate("damaged skin layer", rig_pb2.EvaluateRigRequest(character=head), STREAMED)


def bomb(random: Random, material: Material) -> Attack:
    """Fit, or stream, a small file that becomes large."""
    name = random.choice(sorted(material.bombs))
    if random.random() < 0.7:
        return _fit(f"bomb: {name}", _photos(material.bombs[name]), REFUSED)
    frame = expression_pb2.Frame(frame_id=1, encoded=material.bombs[name])
    return _stream(f"bomb: {name}", [frame], frozenset({Code.OK}))


def false_raw_frame(random: Random, material: Material) -> Attack:
    """Stream raw frames of wrong sizes."""
    sizes = (0, 1, 15, 16, 64, 4096, 65_536, 2**20, 2**32 - 1)
    raws = []
    for _ in range(3):
        width, height = random.choice(sizes), random.choice(sizes)
        length = width * height * 3 if width * height <= 2**20 and random.random() < 0.5 else random.randrange(9000)
        form = random.choice((1, 2, 3, 3, 0, 99, -1))
        raws.append(expression_pb2.RawImage(format=form, width_px=width, height_px=height, content=bytes(length)))
    stamps = (0, -1, 2**63 - 1, -(2**63))
    frames = [
        expression_pb2.Frame(frame_id=random.choice((0, 1, 2**64 - 1)), timestamp_us=random.choice(stamps), raw=raw)
        for raw in raws
    ]
    return _stream("false raw frames", frames, STREAMED)


def odd_raw_frame(random: Random, material: Material) -> Attack:
    """Stream one raw frame that is as it says, and of a shape that no camera has."""
    width, height = random.choice(((16, 16), (16, 65_536), (65_536, 16), (17, 4000), (2**20, 16), (4096, 4096)))
    raw = expression_pb2.RawImage(format=1, width_px=width, height_px=height, content=bytes(3 * width * height))
    frames = [expression_pb2.Frame(frame_id=number, raw=raw) for number in (1, 2)]
    return _stream("odd raw frame", frames, STREAMED)


def extreme_stamps(random: Random, material: Material) -> Attack:
    """Stream sound frames whose ids and times make no sense."""
    stamps = (0, -1, 2**63 - 1, -(2**63), 5)
    frames = []
    for _ in range(3):
        frame = material.frame
        frame.frame_id, frame.timestamp_us = random.choice((0, 7, 2**64 - 1)), random.choice(stamps)
        frames.append(frame)
    return _stream("extreme stamps", frames, STREAMED)


def false_number(random: Random, material: Material) -> Attack:
    """Put a number that is none, or far out of range, where a number belongs."""
    value, request, spec = random.choice(NUMBERS), rig_pb2.EvaluateRigRequest(character=material.character), None
    place = random.randrange(10)
    if place == 0:
        random.choice(request.character.parameters).value = value
    elif place == 1:
        request.expression.add(name="jawOpen", weight=value)
    elif place == 2:
        request.picture.yaw_deg = value
    elif place == 3:
        request.picture.pitch_deg = value
    elif place == 4:
        request.character.look.colours.hair.green = value
    elif place == 5:
        request.character.look.skin.pores = value
    elif place == 6:
        request.character.look.photo_skin.share = value
    elif place == 7:
        request.picture.side_px = random.choice((1, 63, 2049, 2**32 - 1))
    else:
        spec = material.photo
        if place == 8:
            spec.skin_share = value
        else:
            name = random.choice(("fitting.iterations", "fitting.learning_rate", "skin.share", "output.front_px"))
            spec.settings[name] = random.choice(NO_NUMBERS)
    return _evaluate("false number", request, REFUSED) if spec is None else _fit("false number", spec, REFUSED)


def false_enum(random: Random, material: Material) -> Attack:
    """Send the number of an enum that stands for nothing."""
    number, place = random.choice((99, -1, 2**31 - 1, -(2**31))), random.randrange(5)
    if place == 0:
        picture = rig_pb2.PictureRequest(format=number)
        return _evaluate("false enum", rig_pb2.EvaluateRigRequest(picture=picture), REFUSED)
    if place == 1:
        return _evaluate("false enum", rig_pb2.EvaluateRigRequest(files=[number]), REFUSED)
    if place == 2:
        return _fit("false enum", _with(material.photo, files=[random.choice((0, number))]), REFUSED)
    request = rig_pb2.ExportCharacterRequest(format=random.choice((0, number)), pose=number)
    return Attack("false enum", f"{RIGS}ExportCharacter", (request.SerializeToString(),), REFUSED)


def huge_name(random: Random, material: Material) -> Attack:
    """Send a name of a million letters or more."""
    letter = random.choice(("a", "\U0001f600", "\n", "\0", "%n", "é", "\x1b[31m", "\U0010ffff"))
    text = letter * (random.choice(SIZES_MB) * 10**6 // len(letter.encode()))
    return _named("huge name", random, material, text)


def odd_name(random: Random, material: Material) -> Attack:
    """Send a path, or the like, where a name belongs."""
    return _named("path for a name", random, material, random.choice(PATHS))


def edge_name(random: Random, material: Material) -> Attack:
    """Send a name that is just short enough to be repeated in the error, of letters that are long on the wire."""
    letter = random.choice(("\U0010ffff", "\U0001f600", "\n", "\0"))
    return _named("long name", random, material, letter * random.choice((100, 128, 200, 240, 256)))


def too_many(random: Random, material: Material) -> Attack:
    """Send lists that are far too long, or that name something twice."""
    place = random.randrange(7)
    if place == 0:
        many = {f"fitting.setting_{number}": "1" for number in range(random.choice((65, 5000)))}
        return _fit("too many", _with(material.photo, settings=many), REFUSED)
    if place == 1:
        return _fit("too many", _photos(*[material.images["JPEG"]] * random.choice((9, 1000))), REFUSED)
    if place == 2:
        styles = [rig_pb2.StyleChoice(group="hair", choice="")] * random.choice((2, 10_000))
        return _fit("too many", _with(material.photo, styles=styles), REFUSED)
    head, request = material.character, rig_pb2.EvaluateRigRequest()
    if place == 3:
        first = head.parameters[0]
        request.character.parameters.extend([first] * random.choice((2, 10_000)))
    elif place == 4:
        named = [rig_pb2.ParameterValue(name=f"p{number}", value=0.0) for number in range(10_000)]
        request.character.parameters.extend(named)
    elif place == 5:
        request.expression.extend([rig_pb2.BlendshapeWeight(name="jawOpen")] * random.choice((2, 10_000)))
    else:
        request.files.extend([rig_pb2.RESULT_FILE_GLB] * 10_000)
    return _evaluate("too many", request, REFUSED)


def false_count(random: Random, material: Material) -> Attack:
    """Ask for a count, an index or an id that does not exist."""
    number = random.choice((0, 257, 2**32 - 1))
    if random.random() < 0.4:
        request = rig_pb2.SampleCharactersRequest(count=number, seed=2**64 - 1)
        return Attack("false count", f"{RIGS}SampleCharacters", (request.SerializeToString(),), REFUSED)
    if random.random() < 0.5:
        return _fit("false count", _with(material.photo, face_index=number), REFUSED)
    request = expression_pb2.StartCaptureRequest(camera_index=random.choice((63, 64, 2**32 - 1)))
    return Attack("false count", f"{LIVE}StartCapture", (request.SerializeToString(),), UNKNOWN)


def disorder(random: Random, material: Material) -> Attack:
    """Stream messages in an order that the protocol does not know."""
    first, frame = header().SerializeToString(), framed(material.frame).SerializeToString()
    empty = framed(expression_pb2.Frame(frame_id=1)).SerializeToString()
    orders = (
        (), (frame,), (b"",), (first, first), (first, b""), (first, b"\xff" * 9), (first, frame, first), (first, empty),
        (first, frame, frame, frame, b"\x12\x7f"), (frame, first), (b"\xff\xff",),
    )  # fmt: skip
    return Attack("stream in disorder", STREAM, random.choice(orders), REFUSED)


def half_closed(random: Random, material: Material) -> Attack:
    """Stream a header and nothing else."""
    return _stream("half-closed at once", [], frozenset({Code.OK}))


def unknown_method(random: Random, material: Material) -> Attack:
    """Call what does not exist."""
    paths = (
        f"{RIGS}Nope",
        "/nope.Nope/Nope",
        "/x",
        "//",
        "/facewright.v1.RigService/",
        f"{RIGS}getrig",
        "/" + "a" * 4000,
    )
    return Attack("unknown method", random.choice(paths), (random.randbytes(20),), frozenset({Code.UNIMPLEMENTED}))


def no_time(random: Random, material: Material) -> Attack:
    """Leave a millisecond for the answer."""
    method, messages = _valid(random, material)
    return Attack("1 ms deadline", method, messages, LATE, timeout_s=0.001)


def given_up(random: Random, material: Material) -> Attack:
    """Cancel a call somewhere."""
    method, messages = _valid(random, material)
    return Attack("cancelled", method, messages, GIVEN_UP, cancel_after_s=random.random() * 0.05)


def odd_metadata(random: Random, material: Material) -> Attack:
    """Send metadata that nobody expects."""
    values = ("", "a b", "../..", "x" * 5000, "x" * 30_000, "~" * 65, "Bearer", "0" * 64)
    metadata = [("x-facewright-client", random.choice(values)), ("authorization", random.choice(values))]
    metadata.append(("x-anything-bin", random.randbytes(300)))
    method, messages = _valid(random, material)
    return Attack("odd metadata", method, messages, ANY_SANE, metadata=tuple(metadata))


def no_message(random: Random, material: Material) -> Attack:
    """Call a method without a message, or with two where one is expected."""
    method = random.choice(sorted(set(material.valid) - {STREAM}))
    messages = tuple(one.SerializeToString() for one in material.valid[method] * random.choice((0, 2)))
    return Attack("none or two messages", method, messages, ANY_SANE | {Code.UNIMPLEMENTED})


def oversize(random: Random, material: Material) -> Attack:
    """Send more than a message may have."""
    content = struct.pack("<B", 0x0A) + b"\x80\x80\x80\x23" + bytes(70 * 2**20)
    return Attack(
        "70 MiB message",
        random.choice((FIT, f"{RIGS}GetRig", STREAM)),
        (content,),
        frozenset({Code.RESOURCE_EXHAUSTED}),
    )


KINDS: tuple[Callable[[Random, Material], Attack], ...] = (
    random_bytes, truncated_message, flipped_message, false_length, damaged_photo, damaged_frames, damaged_layer,
    false_raw_frame, odd_raw_frame, extreme_stamps, false_number, false_enum, odd_name, edge_name, too_many,
    false_count, disorder, half_closed, unknown_method, no_time, given_up, odd_metadata, no_message,
)  # fmt: skip
HEAVY = (bomb, bomb, bomb, huge_name, huge_name, huge_name, oversize)
"""Those that take more than a moment, here or in the server."""


def _valid(random: Random, material: Material) -> tuple[str, tuple[bytes, ...]]:
    method = random.choice(sorted(material.valid))
    return method, tuple(one.SerializeToString() for one in material.valid[method])


def _named(category: str, random: Random, material: Material, text: str) -> Attack:
    """Put a text where a name, an id or a path belongs."""
    place = random.randrange(12)
    if place < 4:
        head = rig_pb2.Character(
            rig_id=text if place == 0 else "",
            rig_version=text if place == 1 else "",
            parameters=[rig_pb2.ParameterValue(name=text)] if place == 2 else [],
        )
        weights = [rig_pb2.BlendshapeWeight(name=text)] if place == 3 else []
        return _evaluate(category, rig_pb2.EvaluateRigRequest(character=head, expression=weights), UNKNOWN)
    if place < 8:
        group, choice = (text, "short") if place == 4 else ("hair", text)
        changes = {"styles": [rig_pb2.StyleChoice(group=group, choice=choice)]} if place < 6 else {}
        setting = (random.choice((text, f"fitting.{text}")), "1") if place == 6 else ("style.hair", text)
        changes = changes or {"settings": dict([setting])}
        return _fit(category, _with(material.photo, **changes), UNKNOWN)
    if place == 8:
        request, method = fitting_pb2.StartFitRequest(request_id=text, fit=material.photo), START
    elif place == 9:
        request, method = fitting_pb2.GetFitRequest(job_id=text), f"{FITS}GetFit"
    elif place == 10:
        request, method = expression_pb2.StopCaptureRequest(capture_id=text), f"{LIVE}StopCapture"
    else:
        request, method = expression_pb2.StartCaptureRequest(video_path=text), f"{LIVE}StartCapture"
    expected = UNKNOWN | {Code.OK, Code.ALREADY_EXISTS} if place == 8 else UNKNOWN  # "-" is an id as good as any
    return Attack(category, method, (request.SerializeToString(),), expected)


def _fit(category: str, specification: fitting_pb2.FitSpecification, expected: frozenset[Code]) -> Attack:
    return Attack(category, FIT, (fitting_pb2.FitPhotoRequest(fit=specification).SerializeToString(),), expected)


def _evaluate(category: str, request: rig_pb2.EvaluateRigRequest, expected: frozenset[Code]) -> Attack:
    return Attack(category, EVALUATE, (request.SerializeToString(),), expected)


def _stream(category: str, frames: list[expression_pb2.Frame], expected: frozenset[Code]) -> Attack:
    messages = [header(), *map(framed, frames)]
    return Attack(category, STREAM, tuple(one.SerializeToString() for one in messages), expected)


def _photos(*contents: bytes) -> fitting_pb2.FitSpecification:
    return fitting_pb2.FitSpecification(photos=[fitting_pb2.Photo(content=content) for content in contents])


def _with(specification: fitting_pb2.FitSpecification, **changes) -> fitting_pb2.FitSpecification:
    specification.MergeFrom(fitting_pb2.FitSpecification(**changes))
    return specification

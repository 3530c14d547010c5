"""What faces do before a camera: random plausible expressions, and performances made of them, with known truth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facewright.datatypes import ARKIT_52
from facewright.engine.smoothstep import smoothstep

INDEX = {name: index for index, name in enumerate(ARKIT_52)}
REST_SHARE = {"mouth": 0.2, "brows": 0.45, "lids": 0.5}
"""How often a part of the face rests."""

BLINK_S = (0.07, 0.1)
"""Closing and opening time of a blink. Source: VanderWerf et al. 2003, J. Neurophysiology 89: 70 to 100 ms down, longer
up; both are short for a camera of 30 frames a second."""


def sample_performance(generator: np.random.Generator) -> np.ndarray:
    """Draw one moment of a performance: any mouth, lids, gaze and brows, at rest or on the way from one to another.

    Args:
        generator: source of randomness.

    Returns:
        (E,) coefficients in [0, 1].
    """
    values = _whole_face(generator)
    if generator.random() < 0.4:
        values = values + generator.random() * (_whole_face(generator) - values)
    return np.clip(values, 0.0, 1.0)


def _whole_face(generator: np.random.Generator) -> np.ndarray:
    gaze = draw_gaze(generator)
    return np.clip(draw_mouth(generator) + draw_brows(generator) + draw_lids(generator) + gaze, 0.0, 1.0)


def draw_mouth(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) a mouth: at rest, speaking, showing a feeling, or each muscle for itself."""
    if generator.random() < REST_SHARE["mouth"]:
        return np.zeros(len(ARKIT_52))
    return (draw_viseme, draw_feeling, draw_grimace)[generator.choice(3, p=(0.45, 0.3, 0.25))](generator)


def draw_viseme(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) the mouth of a spoken sound."""
    values, u = np.zeros(len(ARKIT_52)), generator.uniform
    sound = generator.choice(6)
    if sound == 0:  # open vowels
        _put(values, jawOpen=u(0.2, 0.8), mouthLowerDown=u(0, 0.4), mouthUpperUp=u(0, 0.3), mouthStretch=u(0, 0.3))
    elif sound == 1:  # rounded vowels
        _put(values, jawOpen=u(0.05, 0.45), mouthFunnel=u(0.2, 1.0), mouthPucker=u(0, 0.5))
    elif sound == 2:  # w, u, kiss
        _put(values, jawOpen=u(0, 0.2), mouthPucker=u(0.3, 1.0), mouthFunnel=u(0, 0.4))
    elif sound == 3:  # p, b, m: the lips meet although the jaw hangs
        jaw = u(0.0, 0.25)
        _put(values, jawOpen=jaw, mouthClose=jaw * u(0.8, 1.0), mouthPress=u(0, 0.6), mouthRollLower=u(0, 0.6))
        _put(values, mouthRollUpper=u(0, 0.6))
    elif sound == 4:  # f, v
        _put(values, jawOpen=u(0, 0.2), mouthRollLower=u(0.2, 0.9), mouthUpperUp=u(0, 0.4))
    else:  # e, i, s
        _put(values, jawOpen=u(0, 0.25), mouthStretch=u(0.1, 0.7), mouthSmile=u(0, 0.4), mouthUpperUp=u(0, 0.3))
        _put(values, mouthLowerDown=u(0, 0.6), mouthShrugLower=u(0, 0.4))
    return _uneven(generator, values, 0.12)


def draw_feeling(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) the mouth of a feeling: smile, laugh, grief, disgust, doubt."""
    values, u = np.zeros(len(ARKIT_52)), generator.uniform
    feeling = generator.choice(5)
    if feeling == 0:
        smile = u(0.2, 1.0)
        _put(values, mouthSmile=smile, cheekSquint=smile * u(0, 0.8), mouthDimple=u(0, 0.4), mouthUpperUp=u(0, 0.3))
    elif feeling == 1:
        _put(values, mouthSmile=u(0.4, 1.0), jawOpen=u(0.1, 0.7), cheekSquint=u(0.2, 0.8), mouthUpperUp=u(0.1, 0.6))
        _put(values, mouthLowerDown=u(0, 0.5))
    elif feeling == 2:
        _put(values, mouthFrown=u(0.2, 1.0), mouthShrugLower=u(0, 0.8), mouthPress=u(0, 0.4), mouthStretch=u(0, 0.3))
    elif feeling == 3:
        _put(values, noseSneer=u(0.3, 1.0), mouthUpperUp=u(0.1, 0.8), mouthFrown=u(0, 0.5), cheekSquint=u(0, 0.5))
    else:
        _put(values, mouthShrugLower=u(0.2, 0.9), mouthShrugUpper=u(0, 0.8), mouthPress=u(0, 0.7), mouthFrown=u(0, 0.6))
    return _uneven(generator, values, 0.5 if generator.random() < 0.25 else 0.1)


def draw_grimace(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) muscles of jaw, lips, cheeks and tongue each for itself, but no two that exclude each other."""
    values = np.zeros(len(ARKIT_52))
    for name in ARKIT_52:
        if name.startswith(("mouth", "jaw", "noseSneer", "cheekSquint")) and generator.random() < 0.15:
            values[INDEX[name]] = generator.uniform(0.1, 0.8)
    for first, second in (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")):
        values[INDEX[first if generator.random() < 0.5 else second]] = 0.0
    extra = generator.random()
    if extra < 0.15:
        values[[INDEX["mouthFunnel"], INDEX["jawOpen"], INDEX["mouthUpperUpLeft"], INDEX["mouthUpperUpRight"]]] = 0.0
        values[INDEX["cheekPuff"]] = generator.uniform(0.3, 1.0)
    elif extra < 0.3:
        values[INDEX["tongueOut"]] = generator.uniform(0.3, 1.0)
        values[INDEX["jawOpen"]] = generator.uniform(0.2, 0.7)
        values[INDEX["mouthRollLower"]] = 0.0
    values[INDEX["mouthClose"]] = min(values[INDEX["mouthClose"]], values[INDEX["jawOpen"]])
    return values


def draw_brows(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) brows: at rest, raised, knit, grieved, or one alone."""
    values, u = np.zeros(len(ARKIT_52)), generator.uniform
    if generator.random() < REST_SHARE["brows"]:
        return values
    kind = generator.choice(4)
    if kind == 0:
        _put(values, browInnerUp=u(0.1, 1.0), browOuterUp=u(0.1, 1.0))
    elif kind == 1:
        _put(values, browDown=u(0.1, 1.0))
    elif kind == 2:
        _put(values, browInnerUp=u(0.2, 1.0), browDown=u(0, 0.3))
    else:
        side = ("Left", "Right")[generator.integers(2)]
        _put(values, **{f"browOuterUp{side}": u(0.2, 1.0), "browInnerUp": u(0, 0.3)})
    return _uneven(generator, values, 0.15)


def draw_lids(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) lids: open, half or fully closed, one eye winking, wide or squinting."""
    values, u = np.zeros(len(ARKIT_52)), generator.uniform
    if generator.random() < REST_SHARE["lids"]:
        return values
    kind = generator.choice(5, p=(0.25, 0.2, 0.25, 0.15, 0.15))
    if kind == 0:
        _put(values, eyeBlink=u(0.0, 1.0))
    elif kind == 1:
        _put(values, eyeBlink=u(0.9, 1.0))
    elif kind == 2:
        side = ("Left", "Right")[generator.integers(2)]
        _put(values, **{f"eyeBlink{side}": u(0.4, 1.0), f"cheekSquint{side}": u(0, 0.6), f"eyeSquint{side}": u(0, 0.5)})
    elif kind == 3:
        _put(values, eyeWide=u(0.1, 1.0))
    else:
        _put(values, eyeSquint=u(0.1, 1.0), eyeBlink=u(0, 0.2))
    return _uneven(generator, values, 0.1)


def draw_gaze(generator: np.random.Generator) -> np.ndarray:
    """Draw (E,) where both eyes look; the lids follow a gaze downwards a little."""
    across, up = np.clip(generator.normal(0.0, (0.3, 0.22)), -1.0, 1.0)
    values = np.zeros(len(ARKIT_52))
    look_gaze(values, across, up)
    _put(values, eyeBlink=max(-up, 0.0) * generator.uniform(0.1, 0.4))
    return values


def look_gaze(values: np.ndarray, across: float, up: float) -> None:
    """Set the eyes of (E,) values: across in [-1, 1] to the person's left, up in [-1, 1]."""
    _put(values, eyeLookUp=max(up, 0.0), eyeLookDown=max(-up, 0.0))
    _put(values, eyeLookOutLeft=max(across, 0.0), eyeLookInRight=max(across, 0.0))
    _put(values, eyeLookInLeft=max(-across, 0.0), eyeLookOutRight=max(-across, 0.0))


def _put(values: np.ndarray, **coefficients: float) -> None:
    """Set coefficients by name; one without a side stands for both."""
    for name, value in coefficients.items():
        for full in (name,) if name in INDEX else (f"{name}Left", f"{name}Right"):
            values[INDEX[full]] = value


def _uneven(generator: np.random.Generator, values: np.ndarray, amount: float) -> np.ndarray:
    """Weaken one side of a face by up to `amount`, as no face is even."""
    weaker = ("Left", "Right")[generator.integers(2)]
    factors = np.array([1.0 - amount * generator.random() if name.endswith(weaker) else 1.0 for name in ARKIT_52])
    factors[[INDEX["jawLeft"], INDEX["jawRight"], INDEX["mouthLeft"], INDEX["mouthRight"]]] = 1.0
    return values * factors


@dataclass(frozen=True, eq=False)
class Performance:
    """What a head does over time.

    Attributes:
        coefficients: (N, E) in [0, 1].
        turn_deg: (N, 3) yaw, pitch, roll of the head.
        place: (N, 2) where the head is, as shares of the frame's height from its middle, x right, y down.
        frames_hz: frames a second.
    """

    coefficients: np.ndarray
    turn_deg: np.ndarray
    place: np.ndarray
    frames_hz: float


def speech(generator: np.random.Generator, count: int, frames_hz: float = 30.0) -> Performance:
    """Perform somebody who talks: five to eight sounds a second, pauses, blinks, glances, a head that moves gently.

    Args:
        generator: source of randomness.
        count: N, frames; the first half second rests.
        frames_hz: frames a second.
    """
    times = np.arange(count) / frames_hz

    def mouth(generator: np.random.Generator) -> np.ndarray:
        if generator.random() < 0.12:
            return draw_feeling(generator)
        return draw_viseme(generator) if generator.random() < 0.8 else np.zeros(len(ARKIT_52))

    values = _moves(generator, times, mouth, (0.12, 0.2))
    values += _moves(generator, times, draw_brows, (0.5, 1.6))
    values += _glances(generator, times, (0.5, 2.0), 0.5)
    values += _blinks(generator, times, (1.5, 4.0), winks=0.0)
    turn = _wander(generator, times, (10.0, 5.0, 4.0), (0.6, 1.4))
    place = _wander(generator, times, (0.05, 0.03), (0.8, 1.6))
    return _from_rest(values, turn, place, times, frames_hz)


def extremes(generator: np.random.Generator, count: int, frames_hz: float = 30.0) -> Performance:
    """Perform somebody who tries out everything: strong grimaces, winks, wide glances, a head that turns quickly.

    Args:
        generator: source of randomness.
        count: N, frames; the first half second rests.
        frames_hz: frames a second.
    """
    times = np.arange(count) / frames_hz
    values = _moves(generator, times, draw_mouth, (0.3, 0.8))
    values += _moves(generator, times, draw_brows, (0.4, 1.0))
    values += _glances(generator, times, (0.3, 0.9), 1.0)
    values += _blinks(generator, times, (0.8, 2.0), winks=0.5)
    turn = _wander(generator, times, (22.0, 12.0, 9.0), (0.4, 0.9))
    place = _wander(generator, times, (0.1, 0.06), (0.5, 1.0))
    return _from_rest(values, turn, place, times, frames_hz)


def _from_rest(
    values: np.ndarray, turn: np.ndarray, place: np.ndarray, times: np.ndarray, frames_hz: float
) -> Performance:
    """Let a performance begin with half a second of a face at rest that looks into the camera."""
    begun = smoothstep(0.5, 0.8, times)[:, None]
    return Performance(np.clip(values, 0.0, 1.0) * begun, turn * begun, place * begun, frames_hz)


def _moves(
    generator: np.random.Generator,
    times: np.ndarray,
    draw: Callable[[np.random.Generator], np.ndarray],
    pause_s: tuple[float, float],
) -> np.ndarray:
    """Return (N, E): one pose after the other, with smooth ways between them that take the whole pause."""
    keys = _key_times(generator, times, pause_s)
    return _between(times, keys, np.stack([draw(generator) for _ in keys]))


def _glances(
    generator: np.random.Generator, times: np.ndarray, pause_s: tuple[float, float], reach: float
) -> np.ndarray:
    """Return (N, E): eyes that rest on one place after another and jump within 50 ms."""
    keys = _key_times(generator, times, pause_s)
    places = reach * np.stack([draw_gaze(generator) for _ in keys])
    after = np.searchsorted(keys, times, side="right") - 1
    share = np.clip((times - keys[after]) / 0.05, 0.0, 1.0)[:, None]
    return places[np.maximum(after - 1, 0)] * (1 - share) + places[after] * share


def _blinks(
    generator: np.random.Generator, times: np.ndarray, pause_s: tuple[float, float], winks: float
) -> np.ndarray:
    """Return (N, E): blinks at random, a share of them winks of one eye that last longer."""
    values = np.zeros((len(times), len(ARKIT_52)))
    for begin_s in _key_times(generator, times, pause_s)[1:]:
        is_wink = generator.random() < winks
        hold_s = generator.uniform(0.15, 0.4) if is_wink else generator.uniform(0.0, 0.06)
        since = times - begin_s
        down, up = np.clip(since / BLINK_S[0], 0, 1), np.clip((since - BLINK_S[0] - hold_s) / BLINK_S[1], 0, 1)
        shut = (smoothstep(0.0, 1.0, down) * (1 - smoothstep(0.0, 1.0, up)))[:, None]
        pose = np.zeros(len(ARKIT_52))
        sides = (("Left", "Right")[generator.integers(2)],) if is_wink else ("Left", "Right")
        for side in sides:
            _put(pose, **{f"eyeBlink{side}": 1.0, f"cheekSquint{side}": 0.4 * is_wink})
        values = np.maximum(values, shut * pose)
    return values


def _wander(
    generator: np.random.Generator, times: np.ndarray, spread: tuple[float, ...], pause_s: tuple[float, float]
) -> np.ndarray:
    """Return (N, D): smooth ways between places at random, within twice the spread."""
    keys = _key_times(generator, times, pause_s)
    places = np.clip(generator.normal(0.0, 1.0, (len(keys), len(spread))), -2.0, 2.0) * spread
    return _between(times, keys, places)


def _key_times(generator: np.random.Generator, times: np.ndarray, pause_s: tuple[float, float]) -> np.ndarray:
    """Return times from 0 until after the end, pauses apart."""
    keys = [0.0]
    while keys[-1] <= times[-1]:
        keys.append(keys[-1] + generator.uniform(*pause_s))
    return np.array(keys)


def _between(times: np.ndarray, keys: np.ndarray, poses: np.ndarray) -> np.ndarray:
    before = np.clip(np.searchsorted(keys, times, side="right") - 1, 0, len(keys) - 2)
    share = smoothstep(0.0, 1.0, (times - keys[before]) / (keys[before + 1] - keys[before]))[:, None]
    return poses[before] * (1 - share) + poses[before + 1] * share

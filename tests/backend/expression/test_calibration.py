"""A person is learnt from frames at rest, never from a held expression, and what is known can be kept."""

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52
from facewright.errors import CalibrationInvalid
from facewright.expression.calibration import (
    ADAPTED_S,
    LARGEST_GAIN,
    LEARNT_S,
    NEUTRAL,
    PATIENCE_S,
    AskedPose,
    Calibration,
    PersonMemory,
    is_calm,
    is_quiet,
    load_calibration,
    save_calibration,
)

SIZE, STEP_S = 6, 1 / 30
REST = np.zeros(52)


def values(**named: float) -> np.ndarray:
    """Return (E,) coefficients of named ones."""
    return np.array([named.get(name, 0.0) for name in ARKIT_52])


SMILE = values(mouthSmileLeft=0.7, mouthSmileRight=0.7)


def watch(memory: PersonMemory, level: float, shown: np.ndarray, seconds: float, is_frontal: bool = True) -> None:
    """Show a face whose features are all `level` for a while."""
    for _ in range(round(seconds / STEP_S)):
        memory.watch(np.full(SIZE, level, np.float32), shown, shown, is_frontal, STEP_S)


def hold(pose: str, memory: PersonMemory, level: float, shown: np.ndarray) -> int:
    """Hold an asked pose until it was seen long enough; return the number of frames."""
    asked = AskedPose(pose)
    for count in range(1, 1000):
        if asked.watch(np.full(SIZE, level, np.float32), shown, STEP_S):
            asked.conclude(memory)
            return count
    raise AssertionError("it never ended")


def test_the_resting_face_is_learnt_from_the_first_frames_at_rest():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 9.0, SMILE, 2.0)
    watch(memory, 9.0, REST, 3.0, is_frontal=False)
    assert memory.rest is None and memory.calibration is None
    watch(memory, 2.0, REST, LEARNT_S + 0.1)
    np.testing.assert_allclose(memory.rest, 2.0)


def test_brows_that_a_person_is_born_with_do_not_hinder():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, values(browDownLeft=0.8, browDownRight=0.8), LEARNT_S + 0.1)
    np.testing.assert_allclose(memory.rest, 2.0)


def test_of_somebody_who_never_rests_the_calmest_frames_are_taken():
    memory = PersonMemory("reader", SIZE)
    for second in range(2):
        watch(memory, 9.0, values(jawOpen=0.7, mouthUpperUpLeft=0.5), 0.8)
        watch(memory, 3.0, values(jawOpen=0.2), 0.2)
        assert memory.rest is None, second
    watch(memory, 9.0, SMILE, PATIENCE_S - 2.0 + 0.1)
    np.testing.assert_allclose(memory.rest, 3.0)


def test_a_held_expression_never_becomes_the_rest_and_slow_change_does():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, REST, 1.0)
    watch(memory, 5.0, SMILE, 120.0)
    np.testing.assert_allclose(memory.rest, 2.0)
    watch(memory, 3.0, REST, 20.0)
    expected = 3.0 - np.exp(-20.0 / ADAPTED_S)
    np.testing.assert_allclose(memory.rest, expected, atol=0.03)
    assert memory.rest.dtype == np.float32  # the network takes nothing else


def test_short_rests_between_words_do_not_move_the_rest():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, REST, 1.0)
    for _ in range(50):
        watch(memory, 5.0, SMILE, 0.3)
        watch(memory, 4.0, REST, 0.3)
    np.testing.assert_allclose(memory.rest, 2.0)


def test_rest_does_not_depend_on_where_the_eyes_look():
    looking = values(eyeLookDownLeft=1.0, eyeLookDownRight=1.0, browInnerUp=0.1)
    assert is_quiet(looking) and is_calm(looking)
    assert not is_quiet(values(browInnerUp=0.5)) and is_calm(values(browInnerUp=0.5))
    assert not is_calm(values(jawOpen=0.2)) and not is_quiet(np.full(52, 0.1))


def test_a_held_brow_that_a_stranger_might_be_born_with_does_not_become_the_rest():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, REST, 1.0)
    watch(memory, 5.0, values(browInnerUp=0.6), 60.0)
    np.testing.assert_allclose(memory.rest, 2.0)


def test_an_asked_neutral_counts_whatever_it_shows_and_takes_a_second():
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, REST, 1.0)
    assert hold(NEUTRAL, memory, 7.0, SMILE) == pytest.approx(30, abs=1)
    np.testing.assert_allclose(memory.rest, 7.0)


def test_an_asked_expression_brings_its_coefficients_to_one():
    memory = PersonMemory("reader", SIZE)
    hold("blink", memory, 0.0, values(eyeBlinkLeft=0.8, eyeBlinkRight=0.64, jawOpen=0.3))
    gains = memory.gains
    np.testing.assert_allclose(gains[ARKIT_52.index("eyeBlinkLeft")], 1.25)
    np.testing.assert_allclose(gains[ARKIT_52.index("eyeBlinkRight")], 1.5625)
    assert (np.delete(gains, [ARKIT_52.index(f"eyeBlink{side}") for side in ("Left", "Right")]) == 1.0).all()
    hold("open_mouth", memory, 0.0, values(jawOpen=0.3))
    assert memory.gains[ARKIT_52.index("jawOpen")] == LARGEST_GAIN


def test_an_expression_that_is_not_made_is_refused_and_changes_nothing():
    memory = PersonMemory("reader", SIZE)
    with pytest.raises(CalibrationInvalid, match="mouthSmileLeft 0.10"):
        hold("smile", memory, 0.0, values(mouthSmileLeft=0.1, mouthSmileRight=0.9))
    assert (memory.gains == 1.0).all()
    with pytest.raises(CalibrationInvalid, match="yawn"):
        AskedPose("yawn")


def test_what_is_known_is_kept_in_a_file(tmp_path):
    memory = PersonMemory("reader", SIZE)
    watch(memory, 2.0, REST, 1.0)
    hold("open_mouth", memory, 0.0, values(jawOpen=0.8))
    save_calibration(tmp_path / "me.safetensors", memory.calibration)
    again = PersonMemory("reader", SIZE, load_calibration(tmp_path / "me.safetensors"))
    np.testing.assert_array_equal(again.rest, memory.rest)
    np.testing.assert_allclose(again.gains, memory.gains, rtol=1e-6)


@pytest.mark.parametrize(
    ("reader", "size", "gains"), [("another", SIZE, 52), ("reader", SIZE + 1, 52), ("reader", SIZE, 51)]
)
def test_what_was_kept_for_another_reader_is_refused(reader, size, gains):
    with pytest.raises(CalibrationInvalid, match="another rig or version"):
        PersonMemory("reader", SIZE, Calibration(reader, np.zeros(size), np.ones(gains)))


def test_gains_of_a_strange_file_are_kept_in_bounds():
    memory = PersonMemory("reader", SIZE, Calibration("reader", np.zeros(SIZE), np.array([0.0, 99.0] + [1.0] * 50)))
    assert memory.gains[0] == 1.0 and memory.gains[1] == LARGEST_GAIN


@pytest.mark.parametrize("content", [None, b"", b"not safetensors at all"])
def test_a_file_that_is_no_calibration_is_named(tmp_path, content):
    path = tmp_path / "me.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalibrationInvalid, match=r"me\.safetensors is no calibration"):
        load_calibration(path)

"""Recording a live session: samples with time stamps, then keyframes at the frames of the scene."""

from collections.abc import Mapping, Sequence

import numpy as np

from .animation import curves_of, ensure_bag, share_action, write_keys
from .pose import angle_and_axis, bone_turn, turning_bone
from .shape_keys import expression_keys

STEP_US = 33_333
"""Assumed between the end of a video that is played again and its beginning, where no step has been seen yet."""


class Recording:
    """Samples of a live session, on the clock of the camera or of the video.

    Args:
        start_frame: frame of the scene that the first sample belongs to.
    """

    def __init__(self, start_frame: int) -> None:
        self.start_frame = start_frame
        self._times_us: list[int] = []
        self._weights: list[dict[str, float]] = []
        self._rotations: list[tuple[float, ...] | None] = []
        self._newest_us: int | None = None
        self._shift_us = 0

    def __len__(self) -> int:
        """Number of samples."""
        return len(self._times_us)

    def add(
        self, timestamp_us: int, weights: Mapping[str, float], rotation_wxyz: Sequence[float] | None = None
    ) -> bool:
        """Keep one sample.

        Args:
            timestamp_us: when the frame was taken. The same time again is ignored; a clock that jumps back is that of
                a video that starts again: it goes on where it was.
            weights: of the shape keys.
            rotation_wxyz: as for `turn_head`; None to leave the head's turn out.

        Returns:
            Whether it was new.
        """
        if self._newest_us is not None and timestamp_us == self._newest_us:
            return False
        if self._newest_us is not None and timestamp_us < self._newest_us:
            steps = np.diff(self._times_us[-30:])
            step_us = int(np.median(steps)) if len(steps) else STEP_US
            self._shift_us = self._times_us[-1] + step_us - timestamp_us
        self._newest_us = timestamp_us
        self._times_us.append(timestamp_us + self._shift_us)
        self._weights.append(dict(weights))
        self._rotations.append(None if rotation_wxyz is None else tuple(rotation_wxyz))
        return True

    def seconds(self) -> np.ndarray:
        """Return (n,) seconds since the first sample."""
        return (np.array(self._times_us, np.int64) - self._times_us[0]) / 1e6

    def curves(self) -> dict[str, np.ndarray]:
        """Return (n,) weights by name; a name that a sample leaves out keeps its last weight, at first 0."""
        names = dict.fromkeys(name for sample in self._weights for name in sample)
        made = {name: np.zeros(len(self), np.float64) for name in names}
        for name, values in made.items():
            last = 0.0
            for place, sample in enumerate(self._weights):
                last = values[place] = sample.get(name, last)
        return made

    def rotations(self) -> tuple[np.ndarray, list[tuple[float, ...]]]:
        """Return seconds (m,) and quaternions of the samples that say how the head is turned."""
        turned = [place for place, rotation in enumerate(self._rotations) if rotation is not None]
        return self.seconds()[turned], [self._rotations[place] for place in turned]


def write_recording(armature, recording: Recording, scene) -> tuple[int, int, list[str]]:
    """Make keyframes of a recording; existing keyframes of the same frames give way.

    Every whole frame of the scene gets the expression of exactly its time, between the two nearest samples: nothing
    is rounded, so nothing drifts.

    Args:
        armature: the armature object.
        recording: at least one sample.
        scene: for its frames per second.

    Returns:
        First and last frame, and the names of blendshapes that no mesh of the head has.

    Raises:
        ValueError: the recording is empty.
    """
    if not len(recording):
        raise ValueError("nothing was recorded: no face was seen")
    fps = scene.render.fps / scene.render.fps_base
    seconds = recording.seconds()
    frames = recording.start_frame + np.arange(int(np.floor(seconds[-1] * fps + 1e-6)) + 1)  # (n,)
    times = (frames - recording.start_frame) / fps
    weights = {name: np.interp(times, seconds, values) for name, values in recording.curves().items()}
    missing = _write_expression(armature, frames, weights)
    _write_turns(armature, recording, frames, times)
    return int(frames[0]), int(frames[-1]), missing


def _write_expression(armature, frames: np.ndarray, weights: dict[str, np.ndarray]) -> list[str]:
    """Write the shape keys: one action for all meshes, unless they have actions of their own already."""
    found, first, written = set(), None, set()
    for keys in expression_keys(armature):
        bag = ensure_bag(keys, f"{armature.name} expression", first)
        first = first or keys.animation_data
        present = set(keys.key_blocks.keys()) & set(weights)
        found |= present
        for name in weights:
            if name in present and (bag.as_pointer(), name) not in written:
                written.add((bag.as_pointer(), name))
                write_keys(bag, f'key_blocks["{name}"].value', 0, frames, weights[name], "Expression")
        keys.update_tag()
    return [name for name in weights if name not in found]


def _write_turns(armature, recording: Recording, frames: np.ndarray, times: np.ndarray) -> None:
    """Write the turn of the head, if it was recorded, in the rotation mode of its bone."""
    seconds, rotations = recording.rotations()
    bone = turning_bone(armature)
    if bone is None or not rotations:
        return
    turns = _turns_at(times, seconds, [bone_turn(bone, rotation) for rotation in rotations])
    if bone.rotation_mode == "QUATERNION":
        path, rows = "rotation_quaternion", [tuple(turn) for turn in turns]
    elif bone.rotation_mode == "AXIS_ANGLE":
        path, rows = "rotation_axis_angle", [angle_and_axis(turn) for turn in turns]
    else:
        path, rows, last = "rotation_euler", [], bone.rotation_euler
        for turn in turns:
            last = turn.to_euler(bone.rotation_mode, last)
            rows.append(tuple(last))
    bag = ensure_bag(armature, f"{armature.name} head")
    for index, values in enumerate(np.array(rows).T):
        write_keys(bag, f'pose.bones["{bone.name}"].{path}', index, frames, values, bone.name)


def _turns_at(times: np.ndarray, seconds: np.ndarray, turns: list) -> list:
    """Return quaternions at the times, between those at the seconds, without jumps of their sign."""
    made = []
    for time in times:
        after = int(np.clip(np.searchsorted(seconds, time), 1, max(len(seconds) - 1, 1)))
        after = min(after, len(seconds) - 1)
        before = max(after - 1, 0)
        gap = seconds[after] - seconds[before]
        share = float(np.clip((time - seconds[before]) / gap, 0.0, 1.0)) if gap > 0 else 0.0
        turn = turns[before].slerp(turns[after], share)
        if made and made[-1].dot(turn) < 0:
            turn.negate()
        made.append(turn)
    return made


def follow_animation(keys, other) -> None:
    """Let the shape keys of a new mesh follow the expression of another, by the same action."""
    if curves_of(other.animation_data):
        share_action(keys.animation_data or keys.animation_data_create(), other.animation_data)

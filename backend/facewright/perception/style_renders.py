"""Draws a fitted head as in its photo with one choice after the other, and measures each as the photo was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facewright.datatypes import PART_NAMES, Camera, Lighting, Look, PosedPiece, RenderJob, Style
from facewright.engine.cameras import project
from facewright.engine.opening import Engine
from facewright.perception.alignment import face_from_photo
from facewright.perception.face_details import DETAIL_FRAME, SIDE_PX, FaceDetails, measure_details
from facewright.perception.hair import map_hair
from facewright.perception.person import BUST_FRAME, PersonCrop
from facewright.perception.style_cues import crop_camera, hair_cells
from facewright.rig.anchors import landmark_points
from facewright.rig.nouns import Rig

BUST_PX = 128
IDENTITY = np.eye(2, 3)
MARKED_HAIR = np.array([0.05, 0.75, 0.05], np.float32)
"""Colour of hair in the renders in which hair is only looked for: nothing else has it."""


@dataclass(frozen=True, eq=False)
class HeadInPhoto:
    """A fitted head as its photo shows it.

    Attributes:
        vertices_m: (V, 3) posed.
        camera: of the photo.
        landmarks_px: (K, 3) of the photo, which the crops are cut by.
        look: colours and what is known of the style.
        lighting: of the photo.
        dress: poses the pieces of a style on this head.
    """

    vertices_m: np.ndarray
    camera: Camera
    landmarks_px: np.ndarray
    look: Look
    lighting: Lighting
    dress: Callable[[Style], tuple[PosedPiece, ...]]


def candidate_cues(
    engine: Engine, rig: Rig, head: HeadInPhoto, style: Style, groups: Sequence[str]
) -> dict[str, np.ndarray]:
    """Draw every choice of some groups and measure it; one picture shows a choice of each group.

    Args:
        engine: draws the rig.
        rig: the rig.
        head: as the photo shows it.
        style: what the head wears of all other groups.
        groups: "hair" alone, or some of "brows", "beard", "glasses".

    Returns:
        (C, n) cues for each of the groups that the rig has.
    """
    names = {group.name: [choice.name for choice in group.choices] for group in rig.styles if group.name in groups}
    styles = []
    for index in range(max(map(len, names.values()), default=0)):
        worn = {group: choices[min(index, len(choices) - 1)] for group, choices in names.items()}
        styles.append(replace(style, **worn))
    if "hair" in names:
        return {"hair": _hair_cues(engine, rig, head, styles)}
    details = _details(engine, rig, head, styles)
    return {group: np.stack([getattr(one, group) for one in details[: len(names[group])]]) for group in names}


def cues_of_styles(engine: Engine, rig: Rig, head: HeadInPhoto, styles: Sequence[Style]) -> dict[str, np.ndarray]:
    """Draw and measure the head in some styles: (C, n) for each of hair, brows, beard, glasses."""
    details = _details(engine, rig, head, styles)
    cues = {group: np.stack([getattr(one, group) for one in details]) for group in ("brows", "beard", "glasses")}
    return {"hair": _hair_cues(engine, rig, head, styles)} | cues


def _hair_cues(engine: Engine, rig: Rig, head: HeadInPhoto, styles: Sequence[Style]) -> np.ndarray:
    """Return the hair cells (C, n) of the head in each of C styles."""
    camera = crop_camera(head.camera, face_from_photo(head.landmarks_px, BUST_FRAME, BUST_PX), BUST_PX)
    points = _landmarks(rig, head, camera)
    look = replace(head.look, colours=replace(head.look.colours, hair=MARKED_HAIR))
    cells = []
    for render in engine.render(_jobs(replace(head, look=look), camera, styles)):
        shown = (render.labels != PART_NAMES.index("background")).astype(np.float32)
        person = PersonCrop(render.image, shown, IDENTITY)
        cells.append(hair_cells(map_hair(person, points)))
    return np.stack(cells)


def _details(engine: Engine, rig: Rig, head: HeadInPhoto, styles: Sequence[Style]) -> list[FaceDetails]:
    """Return what the face shows in each style."""
    camera = crop_camera(head.camera, face_from_photo(head.landmarks_px, DETAIL_FRAME, SIDE_PX), SIDE_PX)
    points = _landmarks(rig, head, camera)
    return [measure_details(render.image, points) for render in engine.render(_jobs(head, camera, styles))]


def _landmarks(rig: Rig, head: HeadInPhoto, camera: Camera) -> np.ndarray:
    """Return the (K, 3) landmarks of the head in a crop, relative depth third."""
    places, depth = project(camera, landmark_points(rig, head.vertices_m))
    scale = camera.focal_px / depth.mean()
    return np.concatenate([places, scale * (depth - depth.mean())[:, None]], 1)


def _jobs(head: HeadInPhoto, camera: Camera, styles: Sequence[Style]) -> list[RenderJob]:
    return [
        RenderJob(head.vertices_m, camera, replace(head.look, style=style), head.lighting, head.dress(style))
        for style in styles
    ]

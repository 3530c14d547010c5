"""Says which part of the face every texel belongs to."""

import numpy as np

from facewright.datatypes import PART_NAMES
from facewright.training.appearance.features import JAWLINE_MM, lip_depth, nose_depth
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout
from facewright.training.appearance.texels import Texels, rim_distance


def label_texels(texels: Texels, layout: Layout, mask: dict[str, np.ndarray]) -> np.ndarray:
    """Return (S, S) uint8 labels: indices into PART_NAMES; hair and brows, which styles bring, are skin here."""
    part = {name: index for index, name in enumerate(PART_NAMES)}
    labels = np.full(texels.x.shape, part["skin"], np.uint8)
    face = texels.on("face")
    jaw = np.array(JAWLINE_MM, float)
    below = texels.up < np.interp(texels.forward, jaw[:, 0], jaw[:, 1])
    labels[face & below] = part["neck"]
    labels[face & (texels.ear > 0.5)] = part["ears"]
    labels[face & (nose_depth(texels) > 0)] = part["nose"]
    distance, nearest = rim_distance(layout, texels, "mouth")
    middle = np.interp(nearest[..., 0], *_rim_middle(layout.rims_mm["mouth"]))
    is_upper = np.where(texels.on("mouth"), _bag_is_upper(layout), texels.up > middle)
    lips = (face & (lip_depth(texels) > 0)) | (texels.on("mouth") & (distance < 3.0))
    labels[lips & is_upper] = part["upper_lip"]
    labels[lips & ~is_upper] = part["lower_lip"]
    labels[texels.on("mouth") & (distance >= 3.0)] = part["inner_mouth"]
    labels[texels.on("helper-tongue", "helper-upper-teeth", "helper-lower-teeth")] = part["inner_mouth"]
    for name in BOXES_PX:
        left, top, right, bottom = BOXES_PX[name]
        if name.endswith("-eye"):
            iris = mask["iris"][top:bottom, left:right] > 0.5
            labels[top:bottom, left:right] = np.where(iris, part["iris"], part["eyes"])
        if "eyelashes" in name:
            labels[top:bottom, left:right] = part["lashes"]
    return labels


def _bag_is_upper(layout: Layout) -> np.ndarray:
    """Return (S, S) whether the mouth bag's chart, whose border is the rim, lies beside the upper lip at a texel."""
    left, top, right, bottom = BOXES_PX["mouth"]
    rim = layout.rims_mm["mouth"]
    member = np.flatnonzero((layout.chart == list(BOXES_PX).index("mouth")) & (layout.depth_mm < 1e-6))
    uv = layout.uv[member] * SIDE - [(left + right) / 2, SIDE - (top + bottom) / 2]
    angle = np.arctan2(uv[:, 1], uv[:, 0])
    place = layout.place_mm[member]
    corners = angle[[np.argmin(place[:, 0]), np.argmax(place[:, 0])]]
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    at = np.arctan2((top + bottom) / 2 - y, x - (left + right) / 2)
    between = np.mod(at - corners[0], 2 * np.pi) < np.mod(corners[1] - corners[0], 2 * np.pi)
    on_arc = np.mod(angle - corners[0], 2 * np.pi) < np.mod(corners[1] - corners[0], 2 * np.pi)
    first_is_upper = place[on_arc, 2].mean() > place[~on_arc, 2].mean()
    assert len(member) == len(rim)
    return between if first_is_upper else ~between


def _rim_middle(rim: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and the height half way between the upper and the lower rim of the mouth."""
    x = np.linspace(rim[:, 0].min(), rim[:, 0].max(), 25)
    near = np.abs(rim[None, :, 0] - x[:, None]) < 4.0
    high = np.where(near, rim[None, :, 2], -np.inf).max(1)
    low = np.where(near, rim[None, :, 2], np.inf).min(1)
    return x, (high + low) / 2

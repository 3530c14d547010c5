"""The shapes that the default rig must reach: MakeHuman's face targets under artists' names, capped, and macro heads.

Each shape has a low and a high end. MakeHuman's targets are caricatures at full strength, so each is scaled down to its
region's budget in millimetres. Macro heads are aligned to the mean head first (translation, rotation, scale), because a
child's smaller body would otherwise carry the head away; towards the rim of the bust all shapes fade to nothing.
"""

from dataclasses import dataclass

import numpy as np

from facewright.rig.sources import makehuman

BUDGET_MM = {
    "nose": 5.5, "mouth": 5.0, "eyes": 4.5, "eyebrows": 6.0, "cheek": 8.0, "chin": 10.0, "forehead": 10.0, "head": 15.0,
    "ears": 12.0, "neck": 15.0,
}  # fmt: skip
"""Largest displacement that a target of each category may cause."""

GROUP_OF_CATEGORY = {"eyebrows": "brows", "cheek": "cheeks", "eyes": "eyes"}
"""Parameter groups that are called differently from MakeHuman's categories."""

ONE_SIDED_LOW = -0.5
"""A target without an opposite gets so much of its own negative as its low end."""

TARGETS = {
    # name: (category, stem, low, high); stems of eyes, ears and cheeks exist for both sides
    "nose_base_height": ("nose", "nose-base", "down", "up"),
    "nose_side_fullness": ("nose", "nose-compression", "compress", "uncompress"),
    "nose_bridge_curve": ("nose", "nose-curve", "concave", "convex"),
    "nostril_flare": ("nose", "nose-flaring", "decr", "incr"),
    "nose_root_height": ("nose", "nose-greek", "decr", "incr"),
    "nose_hump": ("nose", "nose-hump", "decr", "incr"),
    "nostril_angle": ("nose", "nose-nostrils-angle", "down", "up"),
    "nostril_width": ("nose", "nose-nostrils-width", "decr", "incr"),
    "nose_tip_height": ("nose", "nose-point", "down", "up"),
    "nose_tip_width": ("nose", "nose-point-width", "decr", "incr"),
    "nose_projection": ("nose", "nose-scale-depth", "decr", "incr"),
    "nose_width": ("nose", "nose-scale-horiz", "decr", "incr"),
    "nose_length": ("nose", "nose-scale-vert", "decr", "incr"),
    "nose_septum_angle": ("nose", "nose-septumangle", "decr", "incr"),
    "nose_position_forward": ("nose", "nose-trans", "backward", "forward"),
    "nose_position_height": ("nose", "nose-trans", "down", "up"),
    "nose_volume": ("nose", "nose-volume", "decr", "incr"),
    "nose_width_upper": ("nose", "nose-width1", "decr", "incr"),
    "nose_width_middle": ("nose", "nose-width2", "decr", "incr"),
    "nose_width_lower": ("nose", "nose-width3", "decr", "incr"),
    "mouth_corner_height": ("mouth", "mouth-angles", "down", "up"),
    "cupids_bow_depth": ("mouth", "mouth-cupidsbow", "decr", "incr"),
    "cupids_bow_width": ("mouth", "mouth-cupidsbow-width", "decr", "incr"),
    "mouth_dimples": ("mouth", "mouth-dimples", "in", "out"),
    "laugh_lines": ("mouth", "mouth-laugh-lines", "in", "out"),
    "lower_lip_outer_height": ("mouth", "mouth-lowerlip-ext", "down", "up"),
    "lower_lip_height": ("mouth", "mouth-lowerlip-height", "decr", "incr"),
    "lower_lip_middle_height": ("mouth", "mouth-lowerlip-middle", "down", "up"),
    "lower_lip_volume": ("mouth", "mouth-lowerlip-volume", "decr", "incr"),
    "lower_lip_width": ("mouth", "mouth-lowerlip-width", "decr", "incr"),
    "philtrum_volume": ("mouth", "mouth-philtrum-volume", "decr", "incr"),
    "mouth_depth": ("mouth", "mouth-scale-depth", "decr", "incr"),
    "mouth_width": ("mouth", "mouth-scale-horiz", "decr", "incr"),
    "mouth_height": ("mouth", "mouth-scale-vert", "decr", "incr"),
    "mouth_position_forward": ("mouth", "mouth-trans", "backward", "forward"),
    "mouth_position_height": ("mouth", "mouth-trans", "down", "up"),
    "upper_lip_outer_height": ("mouth", "mouth-upperlip-ext", "down", "up"),
    "upper_lip_height": ("mouth", "mouth-upperlip-height", "decr", "incr"),
    "upper_lip_middle_height": ("mouth", "mouth-upperlip-middle", "down", "up"),
    "upper_lip_volume": ("mouth", "mouth-upperlip-volume", "decr", "incr"),
    "upper_lip_width": ("mouth", "mouth-upperlip-width", "decr", "incr"),
    "eye_bag_volume": ("eyes", "eye-bag", "decr", "incr"),
    "eye_bag_height": ("eyes", "eye-bag-height", "decr", "incr"),
    "eye_bag_depth": ("eyes", "eye-bag", "in", "out"),
    "eye_corner_inner_height": ("eyes", "eye-corner1", "down", "up"),
    "eye_corner_outer_height": ("eyes", "eye-corner2", "down", "up"),
    "eye_epicanthus": ("eyes", "eye-epicanthus", "in", "out"),
    "eye_fold_angle": ("eyes", "eye-eyefold-angle", "down", "up"),
    "eye_fold_volume": ("eyes", "eye-eyefold", "concave", "convex"),
    "eye_fold_height": ("eyes", "eye-eyefold", "down", "up"),
    "eye_opening_inner": ("eyes", "eye-height1", "decr", "incr"),
    "eye_opening_middle": ("eyes", "eye-height2", "decr", "incr"),
    "eye_opening_outer": ("eyes", "eye-height3", "decr", "incr"),
    "eye_inner_width": ("eyes", "eye-push1", "in", "out"),
    "eye_outer_width": ("eyes", "eye-push2", "in", "out"),
    "eye_size": ("eyes", "eye-scale", "decr", "incr"),
    "eye_height": ("eyes", "eye-trans", "down", "up"),
    "eye_spacing": ("eyes", "eye-trans", "in", "out"),
    "brow_angle": ("eyebrows", "eyebrows-angle", "down", "up"),
    "brow_projection": ("eyebrows", "eyebrows-trans", "backward", "forward"),
    "brow_height": ("eyebrows", "eyebrows-trans", "down", "up"),
    "cheek_bone_volume": ("cheek", "cheek-bones", "decr", "incr"),
    "cheek_inner_volume": ("cheek", "cheek-inner", "decr", "incr"),
    "cheek_height": ("cheek", "cheek-trans", "down", "up"),
    "cheek_volume": ("cheek", "cheek-volume", "decr", "incr"),
    "chin_bone_width": ("chin", "chin-bones", "decr", "incr"),
    "chin_cleft": ("chin", "chin-cleft", "decr", "incr"),
    "chin_height": ("chin", "chin-height", "decr", "incr"),
    "jaw_drop": ("chin", "chin-jaw-drop", "decr", "incr"),
    "jaw_prognathism": ("chin", "chin-prognathism", "decr", "incr"),
    "chin_prominence": ("chin", "chin-prominent", "decr", "incr"),
    "chin_pointedness": ("chin", "chin-triangle", None, None),
    "chin_width": ("chin", "chin-width", "decr", "incr"),
    "forehead_roundness": ("forehead", "forehead-nubian", "decr", "incr"),
    "forehead_height": ("forehead", "forehead-scale-vert", "decr", "incr"),
    "temple_volume": ("forehead", "forehead-temple", "decr", "incr"),
    "forehead_projection": ("forehead", "forehead-trans", "backward", "forward"),
    "face_ageing": ("head", "head-age", "decr", "incr"),
    "head_angle": ("head", "head-angle", "in", "out"),
    "head_back_depth": ("head", "head-back-scale-depth", "decr", "incr"),
    "head_shape_diamond": ("head", "head-diamond", None, None),
    "face_fat": ("head", "head-fat", "decr", "incr"),
    "head_shape_inverted_triangle": ("head", "head-invertedtriangular", None, None),
    "head_shape_oval": ("head", "head-oval", None, None),
    "head_shape_rectangle": ("head", "head-rectangular", None, None),
    "head_shape_round": ("head", "head-round", None, None),
    "head_depth": ("head", "head-scale-depth", "decr", "incr"),
    "head_width": ("head", "head-scale-horiz", "decr", "incr"),
    "head_height": ("head", "head-scale-vert", "decr", "incr"),
    "head_shape_square": ("head", "head-square", None, None),
    "head_shape_triangle": ("head", "head-triangular", None, None),
    "ear_flap": ("ears", "ear-flap", "decr", "incr"),
    "ear_lobe_size": ("ears", "ear-lobe", "decr", "incr"),
    "ear_rotation": ("ears", "ear-rot", "backward", "forward"),
    "ear_size": ("ears", "ear-scale", "decr", "incr"),
    "ear_depth": ("ears", "ear-scale-depth", "decr", "incr"),
    "ear_length": ("ears", "ear-scale-vert", "decr", "incr"),
    "ear_pointedness": ("ears", "ear-shape", "round", "pointed"),
    "ear_shape_square": ("ears", "ear-shape-square", None, None),
    "ear_shape_triangle": ("ears", "ear-shape-triangle", None, None),
    "ear_position_forward": ("ears", "ear-trans", "backward", "forward"),
    "ear_position_height": ("ears", "ear-trans", "down", "up"),
    "ear_flare": ("ears", "ear-wing", "decr", "incr"),
    "neck_circumference": ("neck", "measure-neck-circ", "decr", "incr"),
    "neck_back_depth": ("neck", "neck-back-scale-depth", "decr", "incr"),
    "double_chin": ("neck", "neck-double", "decr", "incr"),
    "neck_depth": ("neck", "neck-scale-depth", "decr", "incr"),
    "neck_width": ("neck", "neck-scale-horiz", "decr", "incr"),
    "neck_position_forward": ("neck", "neck-trans", "backward", "forward"),
    "neck_position_height": ("neck", "neck-trans", "down", "up"),
}  # fmt: skip
"""Every symmetric MakeHuman face target but those that move the whole head: a camera would undo them."""

SIDEWAYS = {
    "nose_position_sideways": ("nose", "nose-trans", "in", "out"),
    "mouth_position_sideways": ("mouth", "mouth-trans", "in", "out"),
    "neck_position_sideways": ("neck", "neck-trans", "in", "out"),
}
"""Targets that move a middle part to one side."""

ASYMMETRIC = (
    "eye_height", "eye_spacing", "eye_size", "eye_opening_middle", "eye_opening_outer", "eye_corner_outer_height",
    "eye_bag_volume", "cheek_volume", "cheek_bone_volume", "cheek_height", "ear_size", "ear_flare",
    "ear_position_height", "ear_position_forward",
)  # fmt: skip
"""Two-sided shapes that also get a left-minus-right parameter, at half range."""

MACROS = {
    # name: (low, high) as (gender, age, muscle, weight, ancestry)
    "sex": ((0.0, 0.5, 0.5, 0.5, None), (1.0, 0.5, 0.5, 0.5, None)),
    "age": ((0.5, 0.25, 0.5, 0.5, None), (0.5, 1.0, 0.5, 0.5, None)),
    "ancestry_african": ((0.5, 0.5, 0.5, 0.5, (0, 0.5, 0.5)), (0.5, 0.5, 0.5, 0.5, (1, 0, 0))),
    "ancestry_asian": ((0.5, 0.5, 0.5, 0.5, (0.5, 0, 0.5)), (0.5, 0.5, 0.5, 0.5, (0, 1, 0))),
    "ancestry_caucasian": ((0.5, 0.5, 0.5, 0.5, (0.5, 0.5, 0)), (0.5, 0.5, 0.5, 0.5, (0, 0, 1))),
    "weight": ((0.5, 0.5, 0.5, 0.0, None), (0.5, 0.5, 0.5, 1.0, None)),
    "muscle": ((0.5, 0.5, 0.0, 0.5, None), (0.5, 0.5, 1.0, 0.5, None)),
}
"""Macro parameters: what kind of head lies at each end; None is the mean ancestry."""


@dataclass(frozen=True)
class Shape:
    """A shape that a parameter must reach.

    Attributes:
        name, group: of the parameter.
        unit: "mm" (minimum and maximum are then the largest displacements) or "amount".
        source: where it comes from, for the report.
        low_m, high_m: (V, 3) displacements of the whole mesh in world metres at the parameter's ends.
        asymmetric: whether the two sides differ.
    """

    name: str
    group: str
    unit: str
    source: str
    low_m: np.ndarray
    high_m: np.ndarray
    asymmetric: bool


def read_shapes(vertices_m: np.ndarray, moving: np.ndarray, aligned: np.ndarray) -> list[Shape]:
    """Read all shapes.

    Args:
        vertices_m: (V, 3) mean head.
        moving: (V,) share of each vertex that may move (0 at the rim of the bust).
        aligned: (V,) bool, the vertices by which macro heads are aligned.
    """
    shapes = []
    for name, (category, stem, low, high) in (TARGETS | SIDEWAYS).items():
        is_asymmetric = name in SIDEWAYS
        sides = ("l-", "r-") if category in ("eyes", "ears", "cheek") else ("",)
        lows, highs = [], []
        for side in sides:
            path = f"{category}/{side}{stem}"
            high_m = _capped(f"{path}-{high}" if high else path, category)
            highs.append(high_m * moving[:, None])
            lows.append((_capped(f"{path}-{low}", category) if low else ONE_SIDED_LOW * high_m) * moving[:, None])
        group = "asymmetry" if is_asymmetric else GROUP_OF_CATEGORY.get(category, category)
        source = f"{category}/{stem}"
        shapes.append(Shape(name, group, "mm", source, sum(lows), sum(highs), is_asymmetric))
        if name in ASYMMETRIC:  # the left side goes up where the right one goes down
            low_m, high_m = 0.5 * (lows[0] + highs[1]), 0.5 * (highs[0] + lows[1])
            shapes.append(Shape(f"{name}_asymmetry", "asymmetry", "mm", source, low_m, high_m, True))
    for name, ends in MACROS.items():
        low_m, high_m = (_macro(vertices_m, end, aligned) * moving[:, None] for end in ends)
        shapes.append(Shape(name, "character", "amount", "macro", low_m, high_m, False))
    return shapes


def example_shapes(shapes: list[Shape], mirror: np.ndarray) -> np.ndarray:
    """Return (T, V, 3) examples for the decomposition: both ends of every shape, asymmetric ones also mirrored."""
    examples = []
    for shape in shapes:
        for end in (shape.low_m, shape.high_m):
            examples.append(end)
            if shape.asymmetric:
                examples.append(end[mirror] * [-1, 1, 1])
    return np.stack(examples)


def _capped(name: str, category: str) -> np.ndarray:
    target = makehuman.read_target(name)
    largest_mm = np.linalg.norm(target, axis=1).max() * 1e3
    return target * min(1.0, BUDGET_MM[category] / max(largest_mm, 1e-9))


def _macro(vertices_m: np.ndarray, end: tuple, aligned: np.ndarray) -> np.ndarray:
    """Displacements of a macro head after it has been aligned to the mean head."""
    gender, age, muscle, weight, ancestry = end
    delta = makehuman.macro_delta(gender, age, muscle, weight, ancestry or makehuman.MEAN_ANCESTRY)
    return align_similarity(vertices_m + delta, vertices_m, aligned) - vertices_m


def align_similarity(moving_m: np.ndarray, still_m: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Move (V, 3) points onto others by the similarity that fits the chosen vertices best (Umeyama 1991)."""
    a, b = moving_m[chosen], still_m[chosen]
    a_mean, b_mean = a.mean(0), b.mean(0)
    u, size, vt = np.linalg.svd((b - b_mean).T @ (a - a_mean))
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (size * np.diag(flip)).sum() / ((a - a_mean) ** 2).sum()
    return (moving_m - a_mean) @ (scale * u @ flip @ vt).T + b_mean

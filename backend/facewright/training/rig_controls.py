"""The hand-made controls of the default rig: how far an artist may move, size and turn its named bones."""

REGION_GROUP = {
    "cranium": "head", "forehead": "forehead", "brow": "brows", "eye": "eyes", "nose": "nose", "cheek": "cheeks",
    "mouth": "mouth", "chin": "chin", "jaw": "jaw", "ear": "ears", "neck": "neck",
}  # fmt: skip
"""Parameter group of each region of the skeleton."""

DIRECT_RANGE_MM = {
    "cranium": 9.0, "forehead": 6.0, "brow": 4.0, "eye": 1.8, "nose": 3.0, "cheek": 6.0, "mouth": 2.2, "chin": 5.0,
    "jaw": 7.0, "ear": 5.0, "neck": 8.0,
    "lid_crease": 2.5, "eye_bag_mid": 3.0, "eye_bag_outer": 3.0, "lid_corner_inner": 2.0, "lid_corner_outer": 2.5,
    "nose_bridge_side": 2.0, "nose_side": 2.5, "nose_tip_side": 2.0, "nostril": 2.5, "nostril_crease": 2.5,
    "nose_tip": 4.0,
    "lip_corner": 4.0, "mouth_corner_fold": 4.0, "lip_lower_fold": 3.0, "glabella": 3.5, "ear_inner": 3.0,
    "lip_upper_line": 1.2, "lip_lower_line": 1.2, "nasolabial": 4.0,
    "laugh_line": 3.0, "laugh_line_lower": 4.0, "nose_root_side": 2.0, "nostril_upper": 2.0, "chin_inner": 3.0,
    "chin_base_side": 4.0, "throat_side": 5.0, "neck_front_upper": 6.0, "neck_side_upper": 6.0,
    "ear_bowl": 2.5, "ear_antihelix": 3.0, "ear_tragus": 2.5, "ear_helix_root": 3.0, "ear_helix_lower": 4.0,
    "ear_seat_front": 4.0, "ear_seat_top": 4.0, "ear_seat_back": 4.0, "ear_seat_lower": 4.0,
}  # fmt: skip
"""Reach of the forward, up and out parameters, by region and, where it differs, by bone."""

COMPOSITES: dict[str, tuple[str, dict[str, tuple[float, float, float]]]] = {
    # name: (group, {bone: (forward, up, out) in mm at the maximum})
    "jaw_width": ("jaw", {"jaw_angle": (0, 0, 7), "jaw_mid": (0, 0, 5), "jaw_back": (0, 0, 5),
        "jaw_rear": (0, 0, 4), "jaw_under_front": (0, 0, 2), "cheek_lower": (0, 0, 2)}),
    "jaw_height": (
        "jaw",
        {"jaw_angle": (0, -4, 0), "jaw_mid": (0, -6, 0), "jowl": (0, -6, 0), "jaw_under": (0, -5, 0), "chin": (0, -6,
        0),
         "chin_side": (0, -6, 0), "chin_lower": (0, -7, 0), "chin_under": (0, -5, 0), "lip_lower_fold": (0, -2, 0),
         "chin_inner": (0, -6, 0), "chin_base_side": (0, -6.5, 0),
         "jaw_under_front": (0, -6, 0), "jaw_rear": (0, -1.5, 0)},
    ),
    "jaw_angle_sharpness": ("jaw", {"jaw_angle": (-3, -3, 4), "jaw_mid": (0, 2, -2)}),
    "nose_bridge_height": (
        "nose", {"nose_root": (1.5, 0, 0), "nose_bridge": (3.5, 0, 0), "nose_bridge_lower": (3, 0, 0),
                 "nose_bridge_side": (1.5, 0, 0), "nose_side": (1.2, 0, 0),
                 "nose_root_side": (1, 0, 0), "nostril_upper": (0.8, 0, 0)},
    ),
    "nose_bridge_width": ("nose", {"nose_bridge_side": (0.5, 0, 2.5), "nose_side": (0, 0, 2),
        "nose_root_side": (0.2, 0, 1.5), "nostril_upper": (0, 0, 1)}),
    "nose_tip_projection": (
        "nose", {"nose_tip": (4, 0, 0), "nose_tip_side": (3, 0, 0), "nose_septum": (2, 0, 0),
            "nose_bridge_lower": (1.5, 0, 0)},
    ),
    "brow_ridge": ("brows", {"brow_inner": (3, 0, 0), "brow_mid": (3.5, 0, 0), "brow_outer": (3, 0, 0),
        "glabella": (2.5, 0, 0)}),
    "brow_arch": ("brows", {"brow_inner": (0, -1, 0), "brow_mid": (0, 3, 0), "brow_outer": (0, 1, 0)}),
    "brow_spacing": ("brows", {"brow_inner": (0, 0, 3), "brow_mid": (0, 0, 1.5)}),
    "eye_tilt": (
        "eyes", {"lid_corner_inner": (0, -1.2, 0), "lid_corner_outer": (0, 2, 0), "lid_upper_outer": (0, 1.2, 0),
                 "lid_lower_outer": (0, 1.2, 0), "lid_upper_inner": (0, -0.6, 0), "lid_lower_inner": (0, -0.6, 0)},
    ),
    "eye_opening": (
        "eyes", {"lid_upper_inner": (0, 0.7, 0), "lid_upper_mid": (0.2, 1.2, 0), "lid_upper_outer": (0, 0.9, 0),
                 "lid_lower_inner": (0, -0.3, 0), "lid_lower_mid": (0, -0.6, 0), "lid_lower_outer": (0, -0.4, 0)},
    ),
    "eye_bag_prominence": ("eyes", {"eye_bag_mid": (2.5, 0, 0), "eye_bag_outer": (2, 0, 0)}),
    "cheek_hollow": ("cheeks", {"cheek_mid": (-2, 0, -4), "cheek_lower": (0, 0, -5), "cheek_outer": (0, 0, -3)}),
    "cheek_bone_width": ("cheeks", {"cheek_bone": (0, 0, 5), "cheek_upper": (0, 0, 3), "cheek_outer": (0, 0, 2)}),
    "cheek_bone_projection": ("cheeks", {"cheek_upper": (5, 0, 0), "cheek_bone": (3, 0, 0), "cheek_inner": (2, 0, 0)}),
    "lip_projection": (
        "mouth", {"lip_upper_mid": (2.5, 0, 0), "lip_upper_inner": (2.5, 0, 0), "lip_upper_outer": (1.5, 0, 0),
                  "lip_lower_mid": (2.5, 0, 0), "lip_lower_inner": (2.5, 0, 0), "lip_lower_outer": (1.5, 0, 0),
                  "lip_upper_line": (2, 0, 0), "lip_lower_line": (2, 0, 0)},
    ),
    "upper_lip_projection": (
        "mouth", {"lip_upper_mid": (2.2, 0, 0), "lip_upper_inner": (2.2, 0, 0), "lip_upper_outer": (1.2, 0, 0),
                  "philtrum": (1.2, 0, 0)},
    ),
    "lower_lip_projection": (
        "mouth", {"lip_lower_mid": (2.2, 0, 0), "lip_lower_inner": (2.2, 0, 0), "lip_lower_outer": (1.2, 0, 0)},
    ),
    "philtrum_length": (
        "mouth", {"philtrum": (0, -1.2, 0), "lip_upper_mid": (0, -2, 0), "lip_upper_inner": (0, -2, 0),
                  "lip_upper_outer": (0, -1.5, 0), "lip_upper_line": (0, -2, 0), "lip_lower_line": (0, -2, 0),
                  "lip_lower_mid": (0, -2, 0), "lip_lower_inner": (0, -2, 0), "lip_lower_outer": (0, -1.8, 0),
                  "lip_corner": (0, -1.8, 0), "mouth_corner_fold": (0, -1, 0)},
    ),
    "chin_projection": (
        "chin", {"chin": (6, 0, 0), "chin_side": (5, 0, 0), "chin_lower": (6, 0, 0), "chin_under": (2, 0, 0),
                 "chin_inner": (6, 0, 0), "chin_base_side": (5, 0, 0),
                 "jaw_under_front": (2, 0, 0), "lip_lower_fold": (1.5, 0, 0)},
    ),
    "forehead_slope": ("forehead", {"forehead_upper": (-7, 0, 0), "forehead_mid": (-2, 0, 0),
        "forehead_outer": (-3, 0, 0)}),
    "forehead_width": ("forehead", {"forehead_outer": (0, 0, 5), "temple": (0, 0, 6), "parietal_front": (0, 0, 5)}),
    "temple_hollow": ("forehead", {"temple": (0, 0, -6), "forehead_outer": (0, 0, -2)}),
    "skull_width": (
        "head", {"parietal": (0, 0, 9), "parietal_front": (0, 0, 7), "parietal_back": (0, 0, 7),
                 "occiput_side": (0, 0, 5), "ear_seat_top": (0, 0, 4), "temple": (0, 0, 3), "mastoid": (0, 0, 4)},
    ),
    "skull_height": (
        "head", {"crown": (0, 12, 0), "crown_front": (0, 9, 0), "crown_back": (0, 10, 0), "parietal": (0, 6, 0),
                 "parietal_front": (0, 5, 0), "parietal_back": (0, 6, 0), "occiput_upper": (0, 4, 0),
                 "forehead_upper": (0, 3, 0)},
    ),
    "skull_length": (
        "head", {"occiput": (-12, 0, 0), "occiput_upper": (-10, 0, 0), "crown_back": (-7, 0, 0),
            "occiput_lower": (-8, 0, 0),
                 "occiput_side": (-9, 0, 0), "parietal_back": (-7, 0, 0), "mastoid": (-3, 0, 0)},
    ),
    "neck_thickness": (
        "neck", {"neck_side": (0, 0, 9), "neck_front": (3, 0, 5), "neck_back": (-4, 0, 6), "nape": (-7, 0, 0),
                 "throat": (4, 0, 0), "throat_side": (4, 0, 2), "neck_front_upper": (2, 0, 6),
                 "neck_side_upper": (-2, 0, 7), "nape_lower": (-6, 0, 0)},
    ),
    "neck_length": (
        "neck", {"head": (0, 14, 0), "throat": (0, 5, 0), "neck_front": (0, 4, 0), "neck_side": (0, 6, 0),
                 "neck_back": (0, 8, 0), "nape": (0, 9, 0), "throat_side": (0, 4.5, 0),
                 "neck_front_upper": (0, 7, 0), "neck_side_upper": (0, 10, 0), "nape_lower": (0, 4, 0)},
    ),
    "neck_posture": (
        "neck", {"head": (12, 0, 0), "throat": (4, 0, 0), "neck_front": (3, 0, 0), "neck_side": (5, 0, 0),
                 "neck_back": (6, 0, 0), "nape": (7, 0, 0), "throat_side": (4, 0, 0),
                 "neck_front_upper": (5, 0, 0), "neck_side_upper": (8, 0, 0), "nape_lower": (3, 0, 0)},
    ),
    "adams_apple": ("neck", {"throat": (5, 0, 0), "throat_side": (1.5, 0, 0)}),
    "ear_position_out": (
        "ears", {"ear_top": (0, 0, 4), "ear_back": (0, 0, 4), "ear_lobe": (0, 0, 3), "ear_inner": (0, 0, 2),
                 "ear_antihelix": (0, 0, 3.5), "ear_helix_lower": (0, 0, 4), "ear_helix_root": (0, 0, 1.5),
                 "ear_tragus": (0, 0, 1), "ear_bowl": (0, 0, 1)},
    ),
    "teeth_forward": ("mouth", {"teeth_upper": (1.5, 0, 0), "teeth_lower": (1.5, 0, 0)}),
    "teeth_height": ("mouth", {"teeth_upper": (0, 1.5, 0), "teeth_lower": (0, 1.5, 0)}),
}  # fmt: skip
"""Parameters that move several bones together."""

SIZES = (
    # name, group, bones, ratio
    ("head_size", "head", ("head",), 0.08),
    ("eyeball_size", "eyes", ("eye",), 0.03),
    ("nose_tip_size", "nose", ("nose_tip", "nose_tip_side"), 0.3),
    ("nostril_size", "nose", ("nostril", "nostril_crease"), 0.25),
    ("nose_bridge_size", "nose", ("nose_bridge", "nose_bridge_lower"), 0.3),
    ("upper_lip_fullness", "mouth", ("lip_upper_mid", "lip_upper_inner", "lip_upper_outer"), 0.3),
    ("lower_lip_fullness", "mouth", ("lip_lower_mid", "lip_lower_inner", "lip_lower_outer"), 0.3),
    ("lip_corner_size", "mouth", ("lip_corner",), 0.3),
    ("chin_size", "chin", ("chin", "chin_inner", "chin_side", "chin_lower"), 0.25),
    ("jaw_angle_size", "jaw", ("jaw_angle",), 0.2),
    ("cheek_fullness", "cheeks", ("cheek_mid", "cheek_lower", "cheek_inner"), 0.2),
    ("cheek_bone_size", "cheeks", ("cheek_bone", "cheek_upper"), 0.2),
    ("brow_thickness", "brows", ("brow_inner", "brow_mid", "brow_outer"), 0.2),
    ("eye_bag_size", "eyes", ("eye_bag_mid", "eye_bag_outer"), 0.25),
    ("ear_lobe_fullness", "ears", ("ear_lobe",), 0.3),
    ("ear_top_size", "ears", ("ear_top",), 0.25),
    ("teeth_size", "mouth", ("teeth_upper", "teeth_lower"), 0.05),
)
"""Parameters that scale bones about their heads."""

TURNS = (
    # name, group, bones, world axis for the left side, degrees
    ("brow_inner_tilt", "brows", ("brow_inner",), (0, -1, 0), 15.0),
    ("brow_mid_tilt", "brows", ("brow_mid",), (0, -1, 0), 12.0),
    ("brow_outer_tilt", "brows", ("brow_outer",), (0, -1, 0), 15.0),
    ("nose_tip_turn", "nose", ("nose_tip", "nose_tip_side", "nose_septum"), (1, 0, 0), 14.0),
    ("nostril_turn", "nose", ("nostril",), (0, -1, 0), 14.0),
    ("lip_corner_turn", "mouth", ("lip_corner",), (0, -1, 0), 14.0),
    ("chin_turn", "chin", ("chin", "chin_lower"), (1, 0, 0), 14.0),
    ("jaw_angle_turn", "jaw", ("jaw_angle",), (0, -1, 0), 12.0),
    ("ear_top_turn", "ears", ("ear_top", "ear_back"), (0, 0, 1), 14.0),
    ("ear_lobe_turn", "ears", ("ear_lobe",), (0, 0, 1), 16.0),
    ("cheek_bone_turn", "cheeks", ("cheek_bone",), (0, -1, 0), 12.0),
)
"""Parameters that turn bones about their heads."""

SIDEWAYS_BONES = {
    "nose_root": 1.5, "nose_bridge": 2.5, "nose_bridge_lower": 2.5, "nose_tip": 3.0, "nose_septum": 2.0,
    "philtrum": 1.5,
    "lip_upper_mid": 1.5, "lip_lower_mid": 1.5, "chin": 4.0, "chin_lower": 4.0, "glabella": 1.5, "crown": 5.0,
    "occiput": 5.0,
}  # fmt: skip
"""Middle bones that may move to the character's left (mm)."""

LEFT_MINUS_RIGHT = (
    ("brow_inner", "up", 2.0), ("brow_mid", "up", 2.5), ("brow_outer", "up", 2.5), ("brow_mid", "forward", 2.0),
    ("lid_upper_mid", "up", 0.8), ("lid_lower_mid", "up", 0.8), ("lid_corner_outer", "up", 1.5),
    ("eye_bag_mid", "forward", 1.5),
    ("nostril", "up", 1.5), ("nostril", "out", 1.5), ("nose_bridge_side", "forward", 1.0),
    ("lip_corner", "up", 2.0), ("lip_corner", "out", 2.0), ("lip_corner", "forward", 1.5),
    ("lip_upper_outer", "up", 1.0),
    ("lip_lower_outer", "up", 1.0), ("cheek_upper", "forward", 2.5), ("cheek_bone", "out", 2.5),
    ("cheek_lower", "out", 3.0),
    ("nasolabial", "forward", 2.0), ("jaw_angle", "out", 3.5), ("jaw_angle", "up", 3.0), ("jaw_mid", "out", 3.0),
    ("jaw_mid", "up", 3.0), ("jowl", "up", 2.5), ("temple", "out", 3.0), ("forehead_outer", "forward", 3.0),
    ("ear_top", "out", 3.0), ("ear_lobe", "up", 2.5),
)  # fmt: skip
"""Differences between the sides: bone, direction, and how far each side goes (mm), the right one the opposite way."""

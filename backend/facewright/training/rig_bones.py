"""Where the bones of the default rig lie: a table of anatomical names and places, snapped to MakeHuman's mean head.

A face bone's head is a skin vertex, its tail lies 1 cm outward along the surface normal, and its roll turns the local
z axis as far up as possible: local y is outward, z up, x completes them. A `.R` bone is the exact mirror of its `.L`
bone: x and the roll change sign, so that its axes are the mirrored ones with x reversed, and a mirrored pose has
location (-x, y, z), rotation (x, -y, -z) and the same scale (`MIRROR_SIGNS`).
"""

from dataclasses import dataclass

import numpy as np

from facewright.rig.nouns import Rig
from facewright.rig.skeleton import rest_matrix

BONE_LENGTH_M = 0.01
MIRROR_SIGNS = np.array([-1, 1, 1, 1, -1, -1, 1, 1, 1.0])
"""What a mirrored pose does to the nine bone channels."""

MIDDLE = {
    # name: (region, y, z) in mm on the middle plane
    "crown_front": ("cranium", -108, 1644),
    "crown": ("cranium", -50, 1659),
    "crown_back": ("cranium", 12, 1644),
    "occiput_upper": ("cranium", 38, 1615),
    "occiput": ("cranium", 47, 1580),
    "occiput_lower": ("cranium", 34, 1535),
    "forehead_upper": ("forehead", -132, 1618),
    "forehead_mid": ("forehead", -143, 1590),
    "glabella": ("brow", -143, 1567),
    "nose_root": ("nose", -141, 1554),
    "nose_bridge": ("nose", -147, 1541),
    "nose_bridge_lower": ("nose", -154, 1529),
    "nose_tip": ("nose", -160, 1518),
    "nose_septum": ("nose", -153, 1509),
    "philtrum": ("mouth", -151, 1503),
    "lip_upper_mid": ("mouth", -153, 1494),
    "lip_lower_mid": ("mouth", -149, 1479),
    "lip_lower_fold": ("mouth", -142, 1470),
    "chin": ("chin", -142, 1459),
    "chin_lower": ("chin", -134, 1448),
    "chin_under": ("jaw", -108, 1444),
    "throat": ("neck", -85, 1432),
    "nape": ("neck", 13, 1480),
    "nape_lower": ("neck", 21, 1430),
}

PAIRED = {
    # name: (region, x, y, z) in mm of the left bone
    "parietal_front": ("cranium", 50, -95, 1625),
    "parietal": ("cranium", 65, -40, 1615),
    "parietal_back": ("cranium", 48, 18, 1618),
    "occiput_side": ("cranium", 48, 28, 1570),
    "mastoid": ("cranium", 60, -15, 1520),
    "forehead_outer": ("forehead", 40, -126, 1595),
    "temple": ("forehead", 60, -100, 1572),
    "brow_inner": ("brow", 13, -141, 1565),
    "brow_mid": ("brow", 29, -138, 1567),
    "brow_outer": ("brow", 44, -129, 1564),
    "lid_crease": ("eye", 31, -136, 1561),
    "lid_corner_inner": ("eye", 16, -130, 1548),
    "lid_upper_inner": ("eye", 24, -134, 1554),
    "lid_upper_mid": ("eye", 31, -136, 1556),
    "lid_upper_outer": ("eye", 38, -133, 1555),
    "lid_corner_outer": ("eye", 44, -125, 1551),
    "lid_lower_inner": ("eye", 24, -132, 1548),
    "lid_lower_mid": ("eye", 31, -133, 1547),
    "lid_lower_outer": ("eye", 38, -131, 1548),
    "eye_bag_mid": ("eye", 31, -133, 1540),
    "eye_bag_outer": ("eye", 43, -126, 1542),
    "nose_bridge_side": ("nose", 9, -137, 1545),
    "nose_root_side": ("nose", 8, -138, 1553),
    "nose_side": ("nose", 12, -143, 1528),
    "nose_tip_side": ("nose", 6, -156, 1518),
    "nostril": ("nose", 16, -146, 1518),
    "nostril_upper": ("nose", 14, -143, 1523),
    "nostril_crease": ("nose", 18, -138, 1513),
    "cheek_inner": ("cheek", 23, -133, 1528),
    "cheek_upper": ("cheek", 38, -127, 1531),
    "cheek_bone": ("cheek", 54, -112, 1536),
    "cheek_mid": ("cheek", 38, -125, 1512),
    "cheek_outer": ("cheek", 57, -92, 1512),
    "cheek_lower": ("cheek", 40, -117, 1492),
    "nasolabial": ("cheek", 25, -135, 1508),
    "laugh_line": ("cheek", 29, -137, 1490),
    "laugh_line_lower": ("cheek", 36, -127, 1478),
    "lip_upper_inner": ("mouth", 8, -151, 1494),
    "lip_upper_outer": ("mouth", 16, -145, 1490),
    "lip_upper_line": ("mouth", 11, -144, 1487),
    "lip_corner": ("mouth", 23, -137, 1485),
    "lip_lower_line": ("mouth", 11, -144, 1485),
    "lip_lower_inner": ("mouth", 8, -147, 1479),
    "lip_lower_outer": ("mouth", 15, -142, 1480),
    "mouth_corner_fold": ("mouth", 29, -131, 1483),
    "chin_side": ("chin", 13, -139, 1459),
    "chin_inner": ("chin", 5, -142, 1459),
    "chin_base_side": ("chin", 8, -130, 1446),
    "jowl": ("jaw", 27, -126, 1463),
    "jaw_mid": ("jaw", 41, -103, 1463),
    "jaw_angle": ("jaw", 54, -70, 1482),
    "jaw_back": ("jaw", 63, -68, 1508),
    "jaw_rear": ("jaw", 56, -50, 1490),
    "jaw_under_front": ("jaw", 26, -116, 1452),
    "jaw_under": ("jaw", 25, -95, 1449),
    "ear_top": ("ear", 78, -43, 1557),
    "ear_back": ("ear", 81, -30, 1540),
    "ear_lobe": ("ear", 71, -50, 1508),
    "ear_inner": ("ear", 72, -42, 1535),
    "ear_bowl": ("ear", 68, -47, 1532),
    "ear_antihelix": ("ear", 74, -45, 1546),
    "ear_tragus": ("ear", 70, -56, 1525),
    "ear_helix_root": ("ear", 70, -53, 1555),
    "ear_helix_lower": ("ear", 76, -36, 1520),
    "ear_seat_front": ("ear", 68, -67, 1541),
    "ear_seat_top": ("ear", 70, -42, 1569),
    "ear_seat_back": ("ear", 67, -24, 1538),
    "ear_seat_lower": ("ear", 61, -31, 1514),
    "neck_front": ("neck", 25, -75, 1425),
    "neck_front_upper": ("neck", 36, -60, 1442),
    "throat_side": ("neck", 9, -80, 1428),
    "neck_side": ("neck", 50, -40, 1445),
    "neck_side_upper": ("neck", 48, -20, 1480),
    "neck_back": ("neck", 36, 2, 1465),
}


@dataclass(frozen=True)
class BoneTable:
    """The skeleton at rest.

    Attributes:
        names: J names; parents come before their children.
        regions: J region names.
        parents: (J,) int index of the parent, -1 for the root.
        heads_m, tails_m: (J, 3) world metres.
        rolls_rad: (J,).
        mirror: (J,) int index of the bone on the other side (itself in the middle).
        vertices: (J,) int skin vertex that a face bone stands on, -1 for the others.
    """

    names: tuple[str, ...]
    regions: tuple[str, ...]
    parents: np.ndarray
    heads_m: np.ndarray
    tails_m: np.ndarray
    rolls_rad: np.ndarray
    mirror: np.ndarray
    vertices: np.ndarray

    def index(self, name: str) -> int:
        """Return the index of the bone of that name."""
        return self.names.index(name)

    def rest_rotations(self) -> np.ndarray:
        """Return (J, 3, 3) world-from-bone rotations at rest."""
        return np.stack(
            [rest_rotation(t - h, r) for h, t, r in zip(self.heads_m, self.tails_m, self.rolls_rad, strict=True)]
        )


def rest_rotation(direction: np.ndarray, roll_rad: float) -> np.ndarray:
    """Return the (3, 3) rest rotation of a bone that points along (3,) `direction`, columns its x, y and z axes."""
    return rest_matrix(np.zeros(3), direction, roll_rad)[:3, :3]


def upright_roll(direction: np.ndarray) -> float:
    """Return the roll (rad) that turns the bone's z axis as far up as possible (bones that point up: z back)."""
    unit = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) if abs(unit[2]) < 0.95 else np.array([0.0, np.sign(unit[2]), 0.0])
    axes = rest_rotation(direction, 0.0)
    return float(np.arctan2(up @ axes[:, 0], up @ axes[:, 2]))


def place_bones(vertices_m: np.ndarray, normals: np.ndarray, mirror_vertices: np.ndarray, inner: dict) -> BoneTable:
    """Place all bones on the mean head.

    Args:
        vertices_m: (V, 3) skin vertices in world metres, exactly symmetric.
        normals: (V, 3) outward unit normals.
        mirror_vertices: (V,) index of each vertex's mirror image.
        inner: name -> (3,) centre in metres of `eye.L`, `teeth_upper` and `teeth_lower`.
    """
    rows = _stem(inner)
    middle = np.flatnonzero(mirror_vertices == np.arange(len(vertices_m)))
    left = np.flatnonzero(vertices_m[:, 0] > 1e-6)
    seeds = [(name, region, np.array([0.0, y, z]) * 1e-3) for name, (region, y, z) in MIDDLE.items()]
    seeds += [(name, region, np.array([x, y, z]) * 1e-3) for name, (region, x, y, z) in PAIRED.items()]
    taken: set[int] = set()
    for name, region, seed in seeds:
        among = middle if name in MIDDLE else left
        outward = normals[among] @ _outward(seed) > -0.2
        distance = np.linalg.norm(vertices_m[among] - seed, axis=1) + np.where(outward, 0.0, 0.01)
        vertex = next(int(v) for v in among[np.argsort(distance)] if int(v) not in taken)
        taken.add(vertex)
        normal = normals[vertex] * ([0, 1, 1] if name in MIDDLE else [1, 1, 1])
        direction = normal / np.linalg.norm(normal) * BONE_LENGTH_M
        parent = "neck" if region == "neck" else "head"
        if name in MIDDLE:
            rows.append((name, region, parent, vertices_m[vertex], direction, upright_roll(direction), vertex))
        else:
            roll = upright_roll(direction)
            flip = np.array([-1, 1, 1])
            rows.append((f"{name}.L", region, parent, vertices_m[vertex], direction, roll, vertex))
            other = int(mirror_vertices[vertex])
            rows.append((f"{name}.R", region, parent, vertices_m[vertex] * flip, direction * flip, -roll, other))
    return _table(rows)


def table_of_rig(rig: Rig) -> BoneTable:
    """Return the skeleton of a rig that has been written; no bone knows its vertex any more."""
    names = tuple(bone.name for bone in rig.bones)
    return BoneTable(
        names=names,
        regions=tuple(bone.region for bone in rig.bones),
        parents=np.array([bone.parent for bone in rig.bones]),
        heads_m=np.array([bone.head for bone in rig.bones], np.float64),
        tails_m=np.array([bone.tail for bone in rig.bones], np.float64),
        rolls_rad=np.array([bone.roll for bone in rig.bones], np.float64),
        mirror=np.array([names.index(mirrored_name(name)) for name in names]),
        vertices=np.full(len(names), -1),
    )


def mirrored_name(name: str) -> str:
    """Return the name of the bone on the other side."""
    if name.endswith(".L"):
        return name[:-2] + ".R"
    return name[:-2] + ".L" if name.endswith(".R") else name


def _outward(seed: np.ndarray) -> np.ndarray:
    """A rough outward direction at a place on the head, to keep seeds off the inside of mouth and nose."""
    offset = seed - np.array([0.0, -0.05, 1.54])
    return offset / np.linalg.norm(offset)


def _stem(inner: dict) -> list[tuple]:
    """Rows of the bones that carry no skin of the face: (name, region, parent, head, direction, roll, vertex)."""
    up, front = np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])
    root, neck, head = np.array([0, -0.005, 1.337]), np.array([0, -0.025, 1.40]), np.array([0, -0.045, 1.50])
    rows = [
        ("root", "root", "", root, neck - root, 0.0, -1),
        ("neck", "root", "root", neck, head - neck, 0.0, -1),
        ("head", "root", "neck", head, 0.1 * up, 0.0, -1),
    ]
    eye = inner["eye.L"]
    rows.append(("eye.L", "eye", "head", eye, front * BONE_LENGTH_M, 0.0, -1))
    rows.append(("eye.R", "eye", "head", eye * [-1, 1, 1], front * BONE_LENGTH_M, 0.0, -1))
    rows.append(("teeth_upper", "mouth", "head", inner["teeth_upper"], front * BONE_LENGTH_M, 0.0, -1))
    hinge, chin = np.array([0.0, -0.055, 1.53]), np.array([0.0, -0.135, 1.455])
    rows.append(("jaw", "jaw", "head", hinge, chin - hinge, upright_roll(chin - hinge), -1))
    rows.append(("teeth_lower", "mouth", "jaw", inner["teeth_lower"], front * BONE_LENGTH_M, 0.0, -1))
    return rows


def _table(rows: list[tuple]) -> BoneTable:
    names = [row[0] for row in rows]
    heads = np.stack([row[3] for row in rows])
    return BoneTable(
        names=tuple(names),
        regions=tuple(row[1] for row in rows),
        parents=np.array([names.index(row[2]) if row[2] else -1 for row in rows]),
        heads_m=heads,
        tails_m=heads + np.stack([row[4] for row in rows]),
        rolls_rad=np.array([row[5] for row in rows]),
        mirror=np.array([names.index(mirrored_name(name)) for name in names]),
        vertices=np.array([row[6] for row in rows]),
    )

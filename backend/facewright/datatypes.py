"""The nouns that flow between the stages: frozen, with shapes and units; letters as in docs/conventions.md."""

from dataclasses import dataclass, field

import numpy as np

BONE_CHANNELS = (
    "location_x",
    "location_y",
    "location_z",
    "rotation_x",
    "rotation_y",
    "rotation_z",
    "scale_x",
    "scale_y",
    "scale_z",
)
"""The nine channels of a pose bone, in array order: m, rad (Euler XYZ), ratios; in the bone's own rest frame."""

ARKIT_52 = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Blendshape names as Apple spells them, in alphabetical order; the order of every expression vector (E,)."""

PART_NAMES = (
    "background", "skin", "brows", "eyes", "iris", "upper_lip", "lower_lip", "inner_mouth", "nose", "ears", "hair",
    "neck", "lashes", "beard", "glasses",
)  # fmt: skip
"""Classes of label maps: a label is an index into this tuple."""

STYLE_GROUPS = ("hair", "brows", "beard", "lips", "eyes", "glasses")
"""Groups of choice parameters: a head has one choice of each. `lips` and `eyes` are make-up."""

TRACKING_STATES = ("tracked", "held", "lost")
"""How a live expression came about: seen in the frame; the last one seen; no face for a while, going neutral."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. Camera axes as in OpenCV: x right, y down, z forward.

    Attributes:
        camera_from_world: (4, 4) rigid transform, metres.
        focal_px: focal length in px.
        centre_px: (2,) principal point in px, x right, y down, measured from the image's top left corner.
        size_px: image width and height in px.
    """

    camera_from_world: np.ndarray
    focal_px: float
    centre_px: np.ndarray
    size_px: tuple[int, int]


@dataclass(frozen=True)
class FaceColours:
    """Albedo colours of a head, each (3,) float32 sRGB in [0, 1]."""

    skin: np.ndarray
    lip: np.ndarray
    brow: np.ndarray
    iris: np.ndarray
    hair: np.ndarray
    beard: np.ndarray

    def vector(self) -> np.ndarray:
        """Return the colours as one (18,) vector: skin, lip, brow, iris, hair, beard."""
        return np.concatenate([self.skin, self.lip, self.brow, self.iris, self.hair, self.beard]).astype(np.float32)

    @staticmethod
    def from_vector(values: np.ndarray) -> "FaceColours":
        """Build colours from an (18,) vector in the order of `vector`."""
        return FaceColours(*np.asarray(values, np.float32).reshape(6, 3))


@dataclass(frozen=True)
class SkinDetail:
    """What the skin is like, each in [0, 1].

    Attributes:
        pores: strength of pores and fine mottling.
        redness: strength of the blood in cheeks, nose and ears; 0.5 is the average.
        freckles: strength of freckles.
        wrinkles: strength of wrinkles and of the marks of age.
    """

    pores: float = 0.5
    redness: float = 0.5
    freckles: float = 0.0
    wrinkles: float = 0.0

    def vector(self) -> np.ndarray:
        """Return (4,) float32: pores, redness, freckles, wrinkles."""
        return np.array([self.pores, self.redness, self.freckles, self.wrinkles], np.float32)


@dataclass(frozen=True)
class Style:
    """The choice parameters of a head: one name of a choice for each of STYLE_GROUPS, "" for the rig's default."""

    hair: str = ""
    brows: str = ""
    beard: str = ""
    lips: str = ""
    eyes: str = ""
    glasses: str = ""

    def choice(self, group: str) -> str:
        """Return the choice of a group; `group` is one of STYLE_GROUPS."""
        return getattr(self, group)


@dataclass(frozen=True)
class SkinShares:
    """How much of the area that photos are believed in came from where; the first three sum to 1.

    Attributes:
        seen: a photo showed it.
        mirrored: the other side of the face stands in for it.
        filled: the rig's own skin goes on there, in a matching tone.
        rejected: share that was in sight and yet not believed: hair, glasses, hands, shadow.
    """

    seen: float
    mirrored: float
    filled: float
    rejected: float


@dataclass(frozen=True, eq=False)
class PhotoSkin:
    """The skin of one head as its photos show it, freed of light and completed; T is the side of the texture.

    Attributes:
        layer: (T, T, 4) uint8 sRGB albedo and how far it covers the rig's painted skin, row 0 at v = 1.
        origin: (T, T, 3) uint8 share seen in a photo, share mirrored from the other side, share seen but rejected.
        keeps_brows: whether the brows are part of the layer; the style's are not painted then.
        keeps_beard: likewise stubble and beard.
        shares: summary of `origin`.
    """

    layer: np.ndarray
    origin: np.ndarray
    keeps_brows: bool
    keeps_beard: bool
    shares: SkinShares


@dataclass(frozen=True)
class Look:
    """How a head is painted and what it wears.

    Attributes:
        colours: albedo colours.
        skin: pores, redness, freckles, wrinkles.
        style: hair, brows, beard, make-up, glasses.
        photo_skin: the skin that photos showed; None for a head that has the rig's own skin alone.
        photo_share: how much of it lies over the rig's own skin, from 0 to 1.
    """

    colours: FaceColours
    skin: SkinDetail = SkinDetail()
    style: Style = Style()
    photo_skin: PhotoSkin | None = None
    photo_share: float = 1.0


@dataclass(frozen=True, eq=False)
class PosedPiece:
    """A piece that a head wears (hair, beard, glasses), posed with the head.

    Attributes:
        group: one of STYLE_GROUPS.
        choice: name of the choice that the piece belongs to.
        vertices_m: (n, 3) float32 world space.
        normals: (n, 3) float32 unit, world space.
    """

    group: str
    choice: str
    vertices_m: np.ndarray
    normals: np.ndarray


@dataclass(frozen=True)
class Lighting:
    """A key light over a sky, in camera space, so that a head turned in front of the camera is lit the same.

    Attributes:
        direction: (3,) unit vector from the head towards the key light; x right, y down, z away from the camera.
        key: (3,) linear RGB radiance of the key light.
        ambient: (3,) linear RGB radiance of the sky.
    """

    direction: np.ndarray
    key: np.ndarray
    ambient: np.ndarray


@dataclass(frozen=True)
class RenderJob:
    """One head to draw.

    Attributes:
        vertices_m: (V, 3) posed vertices of the rig's mesh in world space.
        camera: where to draw it from.
        look: colours, skin and style.
        lighting: light.
        pieces: what the head wears, posed with it (`rig/dressing.py`); without them only the painted part of the style
            is drawn.
    """

    vertices_m: np.ndarray
    camera: Camera
    look: Look
    lighting: Lighting
    pieces: tuple[PosedPiece, ...] = ()


@dataclass(frozen=True)
class Render:
    """What the engine drew.

    Attributes:
        image: (H, W, 3) RGB uint8 on the plain background.
        labels: (H, W) uint8 indices into PART_NAMES.
        depth_m: (H, W) float32 distance along the camera's z axis, inf where nothing is.
        normals: (H, W, 3) float32 unit normals in camera space, zero where nothing is.
    """

    image: np.ndarray
    labels: np.ndarray
    depth_m: np.ndarray
    normals: np.ndarray


@dataclass(frozen=True)
class Detection:
    """A detected face.

    Attributes:
        box_px: (4,) left, top, right, bottom.
        keypoints_px: (6, 2) right eye, left eye, nose tip, mouth, right ear, left ear (the person's sides).
        score: in [0, 1].
    """

    box_px: np.ndarray
    keypoints_px: np.ndarray
    score: float


@dataclass(frozen=True)
class AlignedFace:
    """The canonical crop of a photo, in the frame that the imitator shares.

    Attributes:
        image: (S, S, 3) RGB uint8.
        crop_from_photo: (2, 3) similarity, px to px.
    """

    image: np.ndarray
    crop_from_photo: np.ndarray


@dataclass(frozen=True, eq=False)
class StyleCues:
    """What a picture shows of hair, brows, beard and glasses, as numbers to compare pictures by.

    Attributes:
        hair: (n,) float32 share of hair in the cells of a grid around the head, row by row.
        hair_seen: (n,) float32 share of each cell that lies within the picture.
        brows: (n,) float32.
        beard: (n,) float32.
        glasses: (n,) float32.
    """

    hair: np.ndarray
    hair_seen: np.ndarray
    brows: np.ndarray
    beard: np.ndarray
    glasses: np.ndarray


@dataclass(frozen=True, eq=False)
class FaceParse:
    """What each pixel of an upright crop around a face shows.

    Attributes:
        probabilities: (C, S, S) float32, in the order of `perception.parsing.PARSER_CLASSES`; sums to 1 over C.
        crop_from_photo: (2, 3) similarity, px to px.
    """

    probabilities: np.ndarray
    crop_from_photo: np.ndarray


@dataclass(frozen=True)
class Observations:
    """All that is measured on a photo, once.

    Attributes:
        photo: (H, W, 3) RGB uint8, upright.
        landmarks_px: (K, 3) float32 x right, y down, z away from the camera (px, relative), K = 468.
        aligned: the canonical crop.
        embedding: (D,) unit identity vector.
        part_maps: (N, S, S) float32 soft part maps of the canonical crop, in the order of PART_NAMES.
        colours: albedo estimates with light and white balance removed.
        lighting: the estimated light of the photo.
        style_cues: what the photo shows of hair, brows, beard and glasses.
        parse: what each pixel around the face shows; None without a parser.
    """

    photo: np.ndarray
    landmarks_px: np.ndarray
    aligned: AlignedFace
    embedding: np.ndarray
    part_maps: np.ndarray
    colours: FaceColours
    lighting: Lighting
    style_cues: StyleCues
    parse: FaceParse | None = None


@dataclass(frozen=True)
class FitResult:
    """The head that was fitted to a photo.

    Attributes:
        parameters: (P,) rig parameters in [0, 1].
        expression: (E,) ARKit-52 coefficients of the photo in [0, 1].
        photo_camera: the camera that shows the head as in the photo; its rotation is the head pose.
        look: colours, skin and style.
        lighting: light of the photo.
        losses: final loss terms by name.
        stage_ms: time per stage in ms, in order.
        choices: for each style group that was read off the photo, the probability of each choice; the groups' and the
            choices' names are those of the rig.
    """

    parameters: np.ndarray
    expression: np.ndarray
    photo_camera: Camera
    look: Look
    lighting: Lighting
    losses: dict[str, float]
    stage_ms: dict[str, float]
    choices: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveExpression:
    """What a face does in one frame of a stream.

    Attributes:
        coefficients: (E,) ARKit-52 coefficients in [0, 1].
        camera: shows the head as in the frame that it was last seen in; None while no face has been seen.
        state: one of TRACKING_STATES.
    """

    coefficients: np.ndarray
    camera: Camera | None
    state: str


@dataclass(frozen=True)
class Progress:
    """A sign of life from long work.

    Attributes:
        stage: name of the stage, as in FitResult.stage_ms.
        step: steps done in this stage.
        steps: steps that this stage has.
        loss: total loss of the best head so far, nan where there is none yet.
        head: (P,) parameters and look of the head at which the work is, None where there is none yet.
    """

    stage: str
    step: int
    steps: int
    loss: float = float("nan")
    head: tuple[np.ndarray, Look] | None = None

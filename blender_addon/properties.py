"""What a scene and a head remember, as real Blender properties; the sliders of a rig are made in `shape_properties`."""

from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import Object, PropertyGroup

BACKEND_STATES = (
    ("OFF", "Off", "No backend is connected"),
    ("STARTING", "Starting", "The backend is being started"),
    ("LOADING", "Loading", "The backend loads its models"),
    ("READY", "Ready", "The backend can work"),
    ("LOST", "Lost", "The backend does not answer any more"),
)
"""Phases of the connection; the panel shows them as a light."""

JOB_STATES = (
    ("NONE", "None", "Nothing is being fitted"),
    ("QUEUED", "Waiting", "The fit waits for its turn"),
    ("RUNNING", "Running", "The fit is worked on"),
    ("DONE", "Done", "The head is there"),
    ("FAILED", "Failed", "There is no head; the message says why"),
    ("CANCELLED", "Cancelled", "The fit was cancelled"),
)

LIVE_SOURCES = (
    ("CAMERA", "Camera", "A camera of the computer on which the backend runs"),
    ("VIDEO", "Video file", "A video file on the computer on which the backend runs"),
)

CALIBRATION_POSES = (
    ("NEUTRAL", "Neutral", "The face at rest becomes what counts as no expression; look into the camera"),
    ("OPEN_MOUTH", "Mouth", "The mouth as wide open as is comfortable becomes fully open"),
    ("BLINK", "Eyes", "Both eyes shut become fully shut"),
    ("SMILE", "Smile", "A broad smile becomes the full smile"),
)
"""What a live session is calibrated by; each has a button."""

GAMES = (
    ("UNITY", "Unity", "Axes and scale as Unity wants them"),
    ("UNREAL", "Unreal", "Axes and scale as Unreal Engine wants them"),
)

EXPORT_FORMS = (
    ("GLB", "glTF", "One .glb file: mesh, bones, expressions, textures"),
    ("FBX", "FBX", "One .fbx file with the textures in it"),
)

VARIANTS = 9
"""Heads that are drawn at once to choose from."""

LOOK_COLOURS = ("skin", "lip", "brow", "iris", "hair", "beard")
SKIN_AMOUNTS = ("pores", "redness", "freckles", "wrinkles")


class FACEWRIGHT_PG_photo(PropertyGroup):
    """One chosen photo."""

    path: StringProperty(name="Photo", description="A photo of the person", subtype="FILE_PATH")


class FACEWRIGHT_PG_preset(PropertyGroup):
    """One preset of the extension's own folder; its name is the group's own."""


class FACEWRIGHT_PG_snapshot(PropertyGroup):
    """One head of the history, whole: parameters and look as JSON."""

    head: StringProperty()
    label: StringProperty(name="Name")


class FACEWRIGHT_PG_job(PropertyGroup):
    """What is being fitted; changed by the timer, drawn by the panel, never saved as running."""

    state: EnumProperty(items=JOB_STATES)
    stage: StringProperty()
    fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    message: StringProperty(description="What went wrong")
    remedy: StringProperty(description="What to do about it")
    name: StringProperty(description="Name of the head that the result is for")


class FACEWRIGHT_PG_backend(PropertyGroup):
    """How the connection fares."""

    state: EnumProperty(items=BACKEND_STATES)
    message: StringProperty(description="What the backend says, or why it does not")
    remedy: StringProperty(description="What to do about it")
    device: StringProperty(description="Where the backend computes")
    version: StringProperty()
    notice: StringProperty(description="What went wrong last")
    notice_remedy: StringProperty(description="What to do about it")


class FACEWRIGHT_PG_live(PropertyGroup):
    """What the camera does."""

    source: EnumProperty(name="Source", description="Where the frames come from", items=LIVE_SOURCES)
    camera_index: IntProperty(name="Camera", description="Number of the camera, from 0", min=0, max=63)
    video_path: StringProperty(name="Video", description="Video file to play", subtype="FILE_PATH")
    loop: BoolProperty(name="Loop", description="Start the video again at its end", default=True)
    uses_identity: BoolProperty(
        name="Fitted person",
        description="The person in front of the camera is the one that the head was fitted to",
        default=False,
    )
    smoothing: BoolProperty(name="Smoothing", description="Take the jitter out of the expression", default=True)
    head_pose: BoolProperty(name="Head turns", description="Turn and lean the head with the person", default=True)
    record: BoolProperty(name="Record", description="Write keyframes while the face moves", default=False)
    start_frame: IntProperty(name="From frame", description="Frame at which the recording begins", default=1)
    is_running: BoolProperty()
    frames_hz: FloatProperty(description="Frames a second that reach the head")
    message: StringProperty()


class FACEWRIGHT_PG_export(PropertyGroup):
    """How a head is exported."""

    form: EnumProperty(name="Format", description="Kind of file", items=EXPORT_FORMS)
    game: EnumProperty(name="For", description="Program that the file is for", items=GAMES)
    animation: BoolProperty(name="Animation", description="Also write the keyframes", default=True)


class FACEWRIGHT_PG_batch(PropertyGroup):
    """Many photos at once."""

    folder: StringProperty(name="Folder", description="Folder with one photo for each head", subtype="DIR_PATH")
    spacing_m: FloatProperty(
        name="Spacing", description="Distance between two heads", min=0.1, max=10.0, default=0.5, unit="LENGTH"
    )
    columns: IntProperty(name="Columns", description="Heads in one row of the grid", min=1, max=100, default=5)
    is_running: BoolProperty()
    done: IntProperty()
    total: IntProperty()
    failures: StringProperty(description="Photos without a head, and why")


class FACEWRIGHT_PG_scene(PropertyGroup):
    """What the panels of a scene are set to."""

    photos: CollectionProperty(type=FACEWRIGHT_PG_photo)
    photo_index: IntProperty()
    face_index: IntProperty(name="Face", description="Which face of the photo: 0 is the largest", min=0, max=99)
    skin_share: FloatProperty(
        name="Photo skin",
        description="How much of the photo's skin lies over the painted skin",
        min=0.0,
        max=1.0,
        default=1.0,
        subtype="FACTOR",
    )
    uses_expression: BoolProperty(
        name="Photo's expression", description="Also take the expression of the photo", default=False
    )
    search: StringProperty(
        name="Search",
        description="Show only sliders whose name has this in it",
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
    )
    shows_variants: BoolProperty(name="Variants", description="Show the nine pictures", default=False)
    spread: FloatProperty(
        name="Variety",
        description="How far variants and random heads lie from the head",
        min=0.05,
        max=1.0,
        default=0.5,
        subtype="FACTOR",
    )
    mix_with: PointerProperty(
        name="Mix with",
        description="Another Facewright head",
        type=Object,
        poll=lambda _, made: made.type == "ARMATURE" and bool(made.facewright.rig_id),
    )
    mix_share: FloatProperty(
        name="Share", description="How much of the other head is taken", min=0.0, max=1.0, default=0.5, subtype="FACTOR"
    )
    steps: IntProperty(
        name="Steps",
        description="How long the shape is worked on; 0 takes the backend's own number, more is slower",
        min=0,
        max=2000,
        default=0,
    )
    job: PointerProperty(type=FACEWRIGHT_PG_job)
    live: PointerProperty(type=FACEWRIGHT_PG_live)
    export: PointerProperty(type=FACEWRIGHT_PG_export)
    batch: PointerProperty(type=FACEWRIGHT_PG_batch)


def _colour(name, default):
    """Return a property for a colour as the eye sees it."""
    return FloatVectorProperty(
        name=name, description=f"{name}: colour without light", subtype="COLOR_GAMMA", size=3, min=0.0, max=1.0,
        default=default,
    )  # fmt: skip


def _amount(name, description, default):
    """Return a property for a share."""
    return FloatProperty(name=name, description=description, min=0.0, max=1.0, default=default, subtype="FACTOR")


class FACEWRIGHT_PG_paint(PropertyGroup):
    """How a head shall be painted; the neutral values are those of the protocol's Look."""

    skin: _colour("Skin", (0.80, 0.63, 0.54))
    lip: _colour("Lips", (0.70, 0.44, 0.42))
    brow: _colour("Brows", (0.27, 0.20, 0.15))
    iris: _colour("Eyes", (0.32, 0.24, 0.16))
    hair: _colour("Hair", (0.27, 0.20, 0.15))
    beard: _colour("Beard", (0.27, 0.20, 0.15))
    pores: _amount("Pores", "Pores and fine mottling: 0 is smooth, 1 is strong", 0.5)
    redness: _amount("Redness", "Blood in cheeks, nose and ears: 0.5 is the average", 0.5)
    freckles: _amount("Freckles", "Freckles: 0 is none, 1 is many", 0.0)
    wrinkles: _amount("Wrinkles", "Wrinkles and marks of age: 0 is none, 1 is deep", 0.0)
    photo_share: _amount("Photo skin", "How much of the photo's skin lies over the painted skin", 1.0)
    photo_skin: StringProperty(description="Which skin layer of the armature's data; empty for painted skin alone")
    keeps_brows: BoolProperty(name="Brows of the photo", description="The brows are those of the photo's skin")
    keeps_beard: BoolProperty(name="Beard of the photo", description="The beard is that of the photo's skin")


class FACEWRIGHT_PG_head(PropertyGroup):
    """What makes an armature a head; its sliders are in the group that `shape_properties` makes for its rig."""

    rig_id: StringProperty(name="Rig", description="The rig that the head was made with")
    rig_version: StringProperty()
    calibration: StringProperty(description="What live tracking knows of the person: a Calibration message in Base64")
    look: StringProperty(description="What the meshes show: a Look message as JSON, the photo's skin by its key")
    paint: PointerProperty(type=FACEWRIGHT_PG_paint)
    history: CollectionProperty(type=FACEWRIGHT_PG_snapshot)
    history_index: IntProperty(default=-1)


CLASSES = (
    FACEWRIGHT_PG_photo,
    FACEWRIGHT_PG_preset,
    FACEWRIGHT_PG_snapshot,
    FACEWRIGHT_PG_job,
    FACEWRIGHT_PG_backend,
    FACEWRIGHT_PG_live,
    FACEWRIGHT_PG_export,
    FACEWRIGHT_PG_batch,
    FACEWRIGHT_PG_scene,
    FACEWRIGHT_PG_paint,
    FACEWRIGHT_PG_head,
)
"""In the order of registration: what is part of another comes first."""

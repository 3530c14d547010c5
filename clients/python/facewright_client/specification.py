"""What to fit, as a message made from plain values."""

from collections.abc import Mapping, Sequence

from .generated import fitting_pb2, rig_pb2


def photo_specification(
    photos: Sequence[bytes],
    files: Sequence[rig_pb2.ResultFile] = (),
    face_index: int = 0,
    rig_id: str = "",
    styles: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    skin_share: float | None = None,
    include_photo_skin: bool = False,
) -> fitting_pb2.FitSpecification:
    """Say what to fit.

    Args:
        photos: encoded images of one person; the first decides shape and tone.
        files: which RESULT_FILE_* to return.
        face_index: which face of the first photo, 0 is the largest.
        rig_id: "" for the backend's default.
        styles: what the head shall wear, choice by group.
        settings: further settings by name, as fitting.iterations.
        skin_share: how much of the photo's skin is used, 0 to 1.
        include_photo_skin: whether the result's look carries the photo skin.
    """
    return fitting_pb2.FitSpecification(
        rig_id=rig_id,
        photos=[fitting_pb2.Photo(content=content) for content in photos],
        face_index=face_index,
        styles=style_choices(styles),
        settings=settings,
        skin_share=skin_share,
        files=files,
        include_photo_skin=include_photo_skin,
    )


def style_choices(styles: Mapping[str, str] | None) -> list[rig_pb2.StyleChoice]:
    """Say what a head wears, choice by group; None for nothing in particular."""
    return [rig_pb2.StyleChoice(group=group, choice=choice) for group, choice in (styles or {}).items()]

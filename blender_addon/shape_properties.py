"""The sliders of a rig: one property group made from its description, which moves the bones at once."""

import re
from collections.abc import Iterable, Mapping

import bpy
import numpy as np
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import BoolProperty, EnumProperty, FloatProperty, PointerProperty
from bpy.types import Object, PropertyGroup

from .scene.animation import animated_paths
from .scene.head import build_head, heads
from .scene.pose import apply_shape
from .scene.rig_data import Parameter, RigData, StyleGroup, rig_of
from .scene.rig_data import slider_name as slider_name

LOCK, STYLE = "lock_", "style_"
"""What the names of a lock (before `Parameter.slider`) and of a choice begin with."""

BLENDER_UNITS = {"mm": "CAMERA"}
"""Blender's own unit where it counts as the rig does: that of a lens is in mm, whatever the scene is measured in."""

SIGNS = {"deg": " (°)"}
"""What stands behind the name where there is none: Blender's angles are in radians."""

UNITS = {"mm": "in mm", "deg": "in degrees", "ratio": "as a factor", "amount": "without a unit"}
_OVERRIDABLE = {"LIBRARY_OVERRIDABLE"}

_made: dict[str, tuple[type, dict[str, RigData]]] = {}
"""The classes that are registered in Blender, and the rigs that each serves, by the name of their property."""

_being_written: set[int] = set()
"""Pointers of armatures whose sliders are set one after the other: the bones follow once, at the end."""


def add_head(
    context,
    scene,
    files: Mapping[str, bytes],
    rig_response: bytes,
    name: str,
    values: Mapping[str, float],
    styles: Mapping[str, str],
):
    """Build a head as `build_head` does, with its sliders at the values and styles of a character.

    Args:
        context, scene, files, rig_response, name: as for `build_head`.
        values: physical values by parameter; neutral where left out.
        styles: choices by group; the default where left out.

    Returns:
        The armature object.

    Raises:
        ValueError: as `build_head`.
    """
    armature = build_head(context, scene, files, rig_response, name)
    ensure_sliders(rig_of(armature))
    write_values(armature, values)
    write_styles(armature, styles)
    return armature


def ensure_sliders(rig: RigData) -> str:
    """Register the sliders of a rig, unless they are.

    Rigs of the same id and major version share a class, which has the sliders of all that have been seen.

    Args:
        rig: the rig.

    Returns:
        Name of the property of every object that holds them.
    """
    name = property_name(rig)
    made, rigs = _made.get(name, (None, {}))
    if rig.key in rigs:
        return name
    if made is not None:
        _unregister(name)
    rigs = rigs | {rig.key: rig}
    made = _make_class(name, rigs.values())
    bpy.utils.register_class(made)
    pointer = PointerProperty(type=made, name="Facewright shape", override=_OVERRIDABLE)
    setattr(Object, name, pointer)
    _made[name] = made, rigs
    return name


def property_name(rig: RigData) -> str:
    """Return the name of the property that holds the sliders of a rig: of its id and its major version."""
    return re.sub(r"\W", "_", f"facewright_{rig.id}_{rig.version.split('.')[0]}")


def sliders_of(armature):
    """Return the property group of a head's sliders; None if it is no head, or they are not registered."""
    rig = rig_of(armature)
    return None if rig is None else getattr(armature, property_name(rig), None)


def read_values(armature) -> dict[str, float]:
    """Return the physical value of each parameter; none for what has no sliders."""
    rig, sliders = rig_of(armature), sliders_of(armature)
    return {} if sliders is None else _values(rig, sliders)


def write_values(armature, values: Mapping[str, float], respects_locks: bool = False) -> list[str]:
    """Set sliders and pose the bones once.

    Args:
        armature: the armature object of a head.
        values: physical values by name; those that the rig does not have are left out.
        respects_locks: whether locked sliders stay as they are.

    Returns:
        Names of bones of the rig that the armature lacks.
    """
    rig, sliders = rig_of(armature), sliders_of(armature)
    if sliders is None:
        return []
    pointer, kept = armature.as_pointer(), locked(armature) if respects_locks else ()
    _being_written.add(pointer)
    try:
        for one in rig.parameters:
            if one.name in values and one.name not in kept:
                setattr(sliders, one.slider, values[one.name])
    finally:
        _being_written.discard(pointer)
    return apply_sliders(armature)


def apply_sliders(armature) -> list[str]:
    """Pose the bones of a head by its sliders; returns the names of bones that the armature lacks."""
    values = read_values(armature)
    return apply_shape(armature, values) if values else []


def read_styles(armature) -> dict[str, str]:
    """Return the choice of each style group."""
    rig, sliders = rig_of(armature), sliders_of(armature)
    if sliders is None:
        return {}
    return {group.name: getattr(sliders, style_name(group.name)) for group in rig.styles}


def write_styles(armature, styles: Mapping[str, str]) -> None:
    """Set what a head wears, by group, without changing its meshes; unknown groups and choices are left out."""
    rig, sliders = rig_of(armature), sliders_of(armature)
    for group in rig.styles if sliders is not None else ():
        if styles.get(group.name) in dict(group.options):
            setattr(sliders, style_name(group.name), styles[group.name])


def region_name(group: str) -> str:
    """Return the heading of a group of sliders."""
    return group.replace("_", " ").capitalize()


def style_name(group: str) -> str:
    """Return the name of the property that holds the choice of a style group."""
    return STYLE + re.sub(r"\W", "_", group)


def locked(armature) -> set[str]:
    """Return the names of the parameters whose sliders are locked."""
    rig, sliders = rig_of(armature), sliders_of(armature)
    if sliders is None:
        return set()
    return {one.name for one in rig.parameters if getattr(sliders, LOCK + one.slider)}


def reset(armature, group: str | None = None) -> list[str]:
    """Set the unlocked sliders of a group, or all, to neutral; returns the names of missing bones."""
    rig = rig_of(armature)
    chosen = () if rig is None else [one for one in rig.parameters if group is None or one.group == group]
    return write_values(armature, {one.name: one.neutral for one in chosen}, respects_locks=True)


def mirror(armature) -> list[str]:
    """Give each side of the face the shape of the other, but for locked sliders; returns the names of missing bones."""
    rig, values = rig_of(armature), read_values(armature)
    if not values:
        return []
    turned = {one.name: _mirrored(one, values[one.name]) for one in rig.parameters if one.asymmetry}
    return write_values(armature, turned, respects_locks=True)


def unregister_all() -> None:
    """Take all sliders out of Blender; their values stay in the file."""
    for name in list(_made):
        _unregister(name)


@persistent
def on_load(*_) -> None:
    """Register the sliders of all heads of the file that has been opened."""
    for armature in bpy.data.objects:
        rig = rig_of(armature)
        if rig is not None:
            ensure_sliders(rig)


@persistent
def on_frame_change(scene, depsgraph=None) -> None:
    """Move the bones of heads whose sliders are animated.

    Args:
        scene: the scene whose frame has changed.
        depsgraph: what it is drawn or rendered by; while rendering only this one knows the animated values.
    """
    for armature in heads(scene):
        rig = rig_of(armature)
        if rig is None or not _has_animated_sliders(armature, property_name(rig)):
            continue
        shown = armature.evaluated_get(depsgraph) if depsgraph is not None else armature
        sliders = getattr(shown, property_name(rig), None)
        if sliders is not None:
            apply_shape(armature, _values(rig, sliders))


def _values(rig: RigData, sliders) -> dict[str, float]:
    """Return what sliders say; Blender's numbers are short ones, which may lie a hair outside of the range."""
    said = np.array([getattr(sliders, one.slider) for one in rig.parameters], np.float64)
    inside = np.clip(said, rig.limits[:, 0], rig.limits[:, 2])
    return dict(zip((one.name for one in rig.parameters), inside.tolist(), strict=True))


def _has_animated_sliders(armature, name: str) -> bool:
    return any(path.startswith(f"{name}.") for path in animated_paths(armature))


def _mirrored(parameter: Parameter, value: float) -> float:
    """Return the value as far on the other side of neutral, as a share of the range there."""
    minimum, neutral, maximum = parameter.minimum, parameter.neutral, parameter.maximum
    if value < neutral:
        return neutral + (neutral - value) / (neutral - minimum) * (maximum - neutral)
    return neutral - (value - neutral) / (maximum - neutral) * (neutral - minimum)


def _make_class(name: str, rigs: Iterable[RigData]) -> type:
    """Make the property group of a rig; of several versions the last one says what a slider is like."""
    parameters = {one.name: one for rig in rigs for one in rig.parameters}.values()
    styles = {group.name: group for rig in rigs for group in rig.styles}.values()
    properties = {one.slider: _slider(one) for one in parameters}
    properties |= {LOCK + one.slider: _lock(one) for one in parameters}
    properties |= {style_name(group.name): _choice(group) for group in styles}
    return type(f"FACEWRIGHT_PG_{name.removeprefix('facewright_')}", (PropertyGroup,), {"__annotations__": properties})


def _slider(parameter: Parameter):
    low, high = parameter.minimum, parameter.maximum
    return FloatProperty(
        name=parameter.label + SIGNS.get(parameter.unit, ""),
        unit=BLENDER_UNITS.get(parameter.unit, "NONE"),
        description=tip_("{label}, {unit}, from {low:g} to {high:g}; {neutral:g} is that of the neutral head").format(
            label=parameter.label, unit=tip_(UNITS[parameter.unit]), low=low, high=high, neutral=parameter.neutral
        ),
        min=low,
        max=high,
        default=parameter.neutral,
        step=max(round((high - low) * 0.5), 1),
        precision=2,
        update=_follow,
        override=_OVERRIDABLE,
    )


def _lock(parameter: Parameter):
    return BoolProperty(
        name=iface_("Lock {label}").format(label=parameter.label),
        description="Keep this slider when shapes are drawn at random, mixed, mirrored or reset",
        override=_OVERRIDABLE,
    )


def _choice(group: StyleGroup):
    items = [(name, label, f"{group.label}: {label}") for name, label in group.options]
    default = group.default if group.default in dict(group.options) else items[0][0]
    return EnumProperty(
        name=group.label,
        description=tip_("What the head wears of: {label}").format(label=tip_(group.label)),
        items=items,
        default=default,
        override=_OVERRIDABLE,
    )


def _follow(sliders, _context) -> None:
    """Move the bones when one slider has been moved."""
    armature = sliders.id_data
    if armature.as_pointer() not in _being_written and rig_of(armature) is not None:
        apply_sliders(armature)


def _unregister(name: str) -> None:
    made, _ = _made.pop(name)
    if hasattr(Object, name):
        delattr(Object, name)
    bpy.utils.unregister_class(made)

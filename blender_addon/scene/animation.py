"""Curves of actions, the same before and after the actions of Blender 4.4 with their layers and slots."""

import bpy
import numpy as np

LINEAR = 1
"""Number of linear interpolation among those of a keyframe."""


def curves_of(animation) -> list:
    """Return the curves that animate an ID through its own action; none for None."""
    if animation is None or animation.action is None:
        return []
    bag = _bag(animation.action, getattr(animation, "action_slot", None))
    return list(bag.fcurves) if bag is not None else []


def animated_paths(identity) -> list[str]:
    """Return the data paths of everything that animates an ID: action, drivers, strips of the NLA."""
    animation = identity.animation_data
    if animation is None:
        return []
    curves = [*curves_of(animation), *animation.drivers]
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None:
                bag = _bag(strip.action, getattr(strip, "action_slot", None))
                curves += bag.fcurves if bag is not None else ()
    return [curve.data_path for curve in curves]


def ensure_bag(identity, name: str, shared=None):
    """Return what holds the curves of an ID, with an action made for it if it has none.

    Args:
        identity: what shall be animated.
        name: of a new action.
        shared: animation data whose action a new action would repeat; it is taken instead.
    """
    animation = identity.animation_data or identity.animation_data_create()
    if animation.action is None:
        if shared is not None:
            share_action(animation, shared)
        else:
            animation.action = bpy.data.actions.new(name)
    action = animation.action
    if not hasattr(action, "layers"):
        return action
    if animation.action_slot is None:
        animation.action_slot = action.slots.new(id_type=identity.id_type, name=identity.name)
    layer = action.layers[0] if len(action.layers) else action.layers.new("Layer")
    strip = layer.strips[0] if len(layer.strips) else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(animation.action_slot, ensure=True)


def share_action(animation, other) -> None:
    """Animate by the action of other animation data of the same kind of ID."""
    animation.action = other.action
    if other.action is not None and hasattr(other, "action_slot"):
        animation.action_slot = other.action_slot


def write_keys(bag, path: str, index: int, frames: np.ndarray, values: np.ndarray, group: str) -> None:
    """Put linear keyframes into a curve, in place of those between the first and the last frame.

    Args:
        bag: as `ensure_bag` returns it.
        path: data path of the property.
        index: place in a vector; 0 for a number.
        frames: (n,) rising.
        values: (n,).
        group: heading of a new curve.
    """
    curve = bag.fcurves.find(path, index=index)
    if curve is None:
        curve = bag.fcurves.new(path, index=index)
        curve.group = bag.groups.get(group) or bag.groups.new(group)
    kept = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", kept)
    kept = kept.reshape(-1, 2)
    kept = kept[(kept[:, 0] < frames[0]) | (kept[:, 0] > frames[-1])]
    both = np.concatenate([kept, np.column_stack([frames, values])]).astype(np.float32)
    both = both[np.argsort(both[:, 0], kind="stable")]
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(both))
    curve.keyframe_points.foreach_set("co", both.ravel())
    curve.keyframe_points.foreach_set("interpolation", np.full(len(both), LINEAR, np.int32))
    curve.update()


def _bag(action, slot):
    """Return what holds the curves of an action for a slot, or None; before 4.4 the action itself."""
    if not hasattr(action, "layers"):
        return action
    if slot is None or not len(action.layers) or not len(action.layers[0].strips):
        return None
    return action.layers[0].strips[0].channelbag(slot)

"""Between a head in Blender and the messages of the protocol."""

import hashlib
import json

from google.protobuf import json_format

from .. import shape_properties
from ..client.generated import rig_pb2
from ..properties import LOOK_COLOURS, SKIN_AMOUNTS
from ..scene import rig_data

SKINS = "facewright_photo_skins"
"""Custom property of the armature's data: skin layers of photos (PNG) by their key."""

KEY_LENGTH = 16


def character_of(armature, has_skin=True, values=None):
    """Return a head as a Character.

    Args:
        armature: the head.
        has_skin: whether the photo's skin goes with it; without, the skin is a painted one.
        values: physical values by parameter in place of the sliders'.
    """
    rig = rig_data.rig_of(armature)
    values = shape_properties.read_values(armature) if values is None else values
    character = rig_pb2.Character(rig_id=rig.id, rig_version=rig.version, look=look_of(armature))
    if not has_skin:
        character.look.ClearField("photo_skin")
    for parameter in rig.parameters:
        if parameter.name in values:
            value = min(max(values[parameter.name], parameter.minimum), parameter.maximum)
            character.parameters.add(name=parameter.name, value=value)
    return character


def look_of(armature, has_layer=True):
    """Return how a head shall look, as a Look; without the layer itself it is for keeping, not for sending."""
    paint, look = armature.facewright.paint, rig_pb2.Look()
    for name in LOOK_COLOURS:
        red, green, blue = getattr(paint, name)
        getattr(look.colours, name).CopyFrom(rig_pb2.Colour(red=red, green=green, blue=blue))
    for name in SKIN_AMOUNTS:
        setattr(look.skin, name, getattr(paint, name))
    for group, choice in sorted(shape_properties.read_styles(armature).items()):
        look.styles.add(group=group, choice=choice)
    layer = armature.data.get(SKINS, {}).get(paint.photo_skin) if paint.photo_skin else None
    if layer is not None:
        skin = look.photo_skin
        skin.share, skin.keeps_brows, skin.keeps_beard = paint.photo_share, paint.keeps_brows, paint.keeps_beard
        if has_layer:
            skin.layer_png = bytes(layer)
    return look


def look_text(armature):
    """Return how a head shall look as text to compare: JSON with the photo's skin by its key."""
    text = json_format.MessageToDict(look_of(armature, has_layer=False))
    return json.dumps({**text, "skinKey": armature.facewright.paint.photo_skin}, sort_keys=True)


def write_look(armature, look):
    """Set colours, amounts, styles and skin layer of a head; a field that is left out becomes neutral."""
    paint = armature.facewright.paint
    for name in LOOK_COLOURS:
        if look.colours.HasField(name):
            colour = getattr(look.colours, name)
            setattr(paint, name, (colour.red, colour.green, colour.blue))
        else:
            paint.property_unset(name)
    for name in SKIN_AMOUNTS:
        if look.HasField("skin"):
            setattr(paint, name, getattr(look.skin, name))
        else:
            paint.property_unset(name)
    known = {group.name: group.default for group in rig_data.rig_of(armature).styles}
    chosen = {one.group: one.choice for one in look.styles if one.group in known and one.choice}
    shape_properties.write_styles(armature, {**known, **chosen})
    has_skin = look.HasField("photo_skin")
    paint.photo_skin = keep_skin(armature, look.photo_skin.layer_png) if has_skin and look.photo_skin.layer_png else ""
    if has_skin:
        paint.photo_share = look.photo_skin.share
        paint.keeps_brows, paint.keeps_beard = look.photo_skin.keeps_brows, look.photo_skin.keeps_beard


def keep_skin(armature, layer_png):
    """Keep a skin layer with the armature and return its key."""
    key = hashlib.sha256(layer_png).hexdigest()[:KEY_LENGTH]
    skins = dict(armature.data.get(SKINS, {}))
    if key not in skins:
        skins[key] = layer_png
        armature.data[SKINS] = skins
    return key


def forget_skins(armature, keys):
    """Keep only the skin layers of some keys."""
    skins = dict(armature.data.get(SKINS, {}))
    if set(skins) - set(keys):
        armature.data[SKINS] = {key: layer for key, layer in skins.items() if key in keys}


def head_text(armature):
    """Return a whole head as JSON, the photo's skin by its key."""
    character = character_of(armature, has_skin=False)
    character.look.CopyFrom(look_of(armature, has_layer=False))
    content = json_format.MessageToDict(character)
    return json.dumps({"character": content, "skinKey": armature.facewright.paint.photo_skin})


def restore_head(armature, text):
    """Set sliders and look from what `head_text` returned; returns the names of missing bones."""
    content = json.loads(text)
    character = json_format.ParseDict(content["character"], rig_pb2.Character(), ignore_unknown_fields=True)
    write_look(armature, character.look)
    paint = armature.facewright.paint
    paint.photo_skin = content["skinKey"]
    return shape_properties.write_values(armature, values_of(character, armature))


def values_of(character, armature):
    """Return physical values of all parameters of the head's rig; those that a Character leaves out are neutral."""
    sent = {one.name: one.value for one in character.parameters}
    return {one.name: sent.get(one.name, one.neutral) for one in rig_data.rig_of(armature).parameters}

"""Materials as exporters understand them: one picture for each input, for as long as an export takes."""

from contextlib import contextmanager

import bpy
import numpy as np

PHOTO_SKIN = "Photo skin"
"""Node of the skin's material that says how much of the photo's skin lies over the painted one."""


@contextmanager
def plain_materials(meshes):
    """Give meshes plain copies of their materials, and their own ones back afterwards."""
    slots = [(made.data, number) for made in meshes for number in range(len(made.data.materials))]
    before = [mesh.materials[number] for mesh, number in slots]
    copies, pictures = {}, []
    try:
        for (mesh, number), material in zip(slots, before, strict=True):
            if material is not None and material.use_nodes:
                if material not in copies:
                    copies[material] = _plain_copy(material, pictures)
                mesh.materials[number] = copies[material]
        yield
    finally:
        for (mesh, number), material in zip(slots, before, strict=True):
            mesh.materials[number] = material
        for made in copies.values():
            bpy.data.materials.remove(made)
        for picture in pictures:
            bpy.data.images.remove(picture)


def _plain_copy(material, pictures):
    """Copy a material and take out what no exporter understands; pictures that are made are added to the list."""
    made = material.copy()
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    if shader is None:
        return made
    texture = _texture_behind(shader.inputs["Base Color"])
    if texture is not None:
        amount = nodes.get(PHOTO_SKIN)
        if amount is not None:
            mix = shader.inputs["Base Color"].links[0].from_node
            under, over = (_texture_behind(mix.inputs[place]).image for place in (6, 7))
            texture.image = _lay_over(under, over, amount.outputs[0].default_value)
            pictures.append(texture.image)
        links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    for name, wanted, value in (("Alpha", "TEX_IMAGE", 1.0), ("Normal", "NORMAL_MAP", None)):
        for link in list(shader.inputs[name].links):
            if link.from_node.type != wanted:
                links.remove(link)
                if value is not None:
                    shader.inputs[name].default_value = value
    return made


def _texture_behind(socket):
    """Return the first picture node that a socket hangs from, None where there is none."""
    for link in socket.links:
        if link.from_node.type == "TEX_IMAGE":
            return link.from_node
        for one in link.from_node.inputs:
            found = _texture_behind(one)
            if found is not None:
                return found
    return None


def _lay_over(under, over, share):
    """Return a new picture: one laid over the other by its opacity and a share, mixed in linear light as the shader."""
    width, height = under.size
    below, above = _pixels(under), _pixels(over)
    rows = np.arange(height) * above.shape[0] // height
    columns = np.arange(width) * above.shape[1] // width
    above = above[rows[:, None], columns]  # (height, width, 4)
    amount = above[..., 3:] * share
    mixed = below.copy()
    mixed[..., :3] = _srgb(_linear(below[..., :3]) * (1 - amount) + _linear(above[..., :3]) * amount)
    made = bpy.data.images.new("skin", width, height, alpha=False)
    made.pixels.foreach_set(mixed.astype(np.float32).ravel())
    made.update()
    made.pack()
    return made


def _pixels(image):
    """Return (height, width, 4) as the file has them."""
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)


def _linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear):
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055)

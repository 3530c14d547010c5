"""Writes a head as a binary glTF file: skinned mesh, posed skeleton, 52 morph targets, baked colours."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygltflib
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52, FaceColours
from facewright.export.files import atomic_write
from facewright.export.gltf_buffer import GltfBuffer
from facewright.rig.appearance import bake_albedo
from facewright.rig.nouns import SURFACES, Rig
from facewright.rig.parameters import channels_from_parameters
from facewright.rig.skeleton import basis_matrices, rest_matrix
from facewright.rig.skinning import dense_skin_weights

GLTF_FROM_WORLD = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
"""World has Z up and the face along -Y; glTF has Y up and the face along +Z. Both in metres."""

LASH_CUTOFF = 0.4


@dataclass(frozen=True)
class _Finish:
    """How a surface is shaded outside: roughness, and whether its opacity is cut out."""

    roughness: float
    cut_out: bool = False


_FINISHES = {
    "skin": _Finish(0.5),
    "eye": _Finish(0.1),
    "teeth": _Finish(0.25),
    "tongue": _Finish(0.35),
    "lash": _Finish(0.8, cut_out=True),
}


def write_glb(
    path: Path, rig: Rig, parameters: np.ndarray, colours: FaceColours, expression: np.ndarray | None = None
) -> None:
    """Write a head as .glb.

    Args:
        path: The file.
        rig: The rig.
        parameters: (P,) in [0, 1]; the skeleton's nodes are posed by them, the mesh stays at rest under its skin.
        colours: Colours of the baked texture.
        expression: (E,) ARKit coefficients that the morph targets start with; neutral when None.

    Raises:
        OutputNotWritable: The file cannot be written.
        ValueError: A wrong shape.
    """
    if parameters.shape != (len(rig.parameters),):
        raise ValueError(f"parameters: expected ({len(rig.parameters)},), found {parameters.shape}")
    if expression is not None and expression.shape != (len(ARKIT_52),):
        raise ValueError(f"expression: expected ({len(ARKIT_52)},), found {expression.shape}")
    document = build_document(rig, parameters, colours, expression)
    atomic_write(path, lambda temporary: document.save_binary(str(temporary)))


def build_document(
    rig: Rig, parameters: np.ndarray, colours: FaceColours, expression: np.ndarray | None
) -> pygltflib.GLTF2:
    """Build the glTF document of a head; arguments as for `write_glb`."""
    buffer = GltfBuffer()
    nodes = _bone_nodes(rig, parameters)
    roots = [index for index, bone in enumerate(rig.bones) if bone.parent < 0]
    mesh_node, armature = len(nodes), len(nodes) + 1
    nodes.append(pygltflib.Node(name="head_mesh", mesh=0, skin=0))
    nodes.append(pygltflib.Node(name="armature", children=roots))
    materials, primitives = [], []
    for surface, name in enumerate(SURFACES):
        faces = np.flatnonzero(rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == surface)
        if len(faces):
            materials.append(_material(name, rig, colours))
            primitives.append(_primitive(buffer, rig, faces, len(materials) - 1))
    weights = np.zeros(len(ARKIT_52)) if expression is None else expression
    mesh = pygltflib.Mesh(
        name="head_mesh",
        primitives=primitives,
        weights=[float(weight) for weight in weights],
        extras={"targetNames": list(ARKIT_52)},
    )
    images, textures, samplers = [], [], []
    if rig.appearance is not None:
        view = buffer.add_bytes(_albedo_png(rig, colours))
        images.append(pygltflib.Image(name="albedo", mimeType="image/png", bufferView=view))
        samplers.append(pygltflib.Sampler(magFilter=9729, minFilter=9987, wrapS=33071, wrapT=33071))
        textures.append(pygltflib.Texture(name="albedo", source=0, sampler=0))
    skin = pygltflib.Skin(
        name="head_skin", joints=list(range(len(rig.bones))), skeleton=armature, inverseBindMatrices=_bind(buffer, rig)
    )
    document = pygltflib.GLTF2(
        asset=pygltflib.Asset(
            version="2.0", generator="Facewright", extras={"rig": rig.id, "rig_version": rig.version}
        ),
        scene=0,
        scenes=[pygltflib.Scene(name="head", nodes=[armature, mesh_node])],
        nodes=nodes,
        meshes=[mesh],
        skins=[skin],
        materials=materials,
        images=images,
        textures=textures,
        samplers=samplers,
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[pygltflib.Buffer(byteLength=len(buffer.data))],
    )
    document.set_binary_blob(bytes(buffer.data))
    return document


def _bone_nodes(rig: Rig, parameters: np.ndarray) -> list[pygltflib.Node]:
    """Return one node per bone.

    A node's matrix is rest_parent^-1 rest basis: a rotation and a shift, then shift, rotation and scale of the basis.
    That is again a shift, a rotation and a scale, so glTF's chain of nodes is exact for every pose.
    """
    with torch.no_grad():
        arrays = [rig.channel_neutral, rig.channel_minimum, rig.channel_maximum]
        tensors = [torch.as_tensor(np.asarray(array, np.float64)) for array in (parameters[None], *arrays)]
        channels = channels_from_parameters(*tensors)
        basis = basis_matrices(channels)[0].numpy()
    scales = channels[0, :, 6:9].numpy()
    rest = [rest_matrix(bone.head, bone.tail, bone.roll) for bone in rig.bones]
    nodes = []
    for index, bone in enumerate(rig.bones):
        offset = GLTF_FROM_WORLD @ rest[index] if bone.parent < 0 else np.linalg.inv(rest[bone.parent]) @ rest[index]
        rotation = offset[:3, :3] @ (basis[index, :3, :3] / scales[index])
        translation = offset[:3, :3] @ basis[index, :3, 3] + offset[:3, 3]
        node = pygltflib.Node(
            name=bone.name,
            translation=translation.tolist(),
            rotation=Rotation.from_matrix(rotation).as_quat().tolist(),
            scale=scales[index].tolist(),
        )
        children = [child for child, other in enumerate(rig.bones) if other.parent == index]
        if children:
            node.children = children
        nodes.append(node)
    return nodes


def _bind(buffer: GltfBuffer, rig: Rig) -> int:
    rest = np.stack([rest_matrix(bone.head, bone.tail, bone.roll) for bone in rig.bones])
    inverse = np.linalg.inv(GLTF_FROM_WORLD @ rest)
    inverse[:, 3] = [0.0, 0.0, 0.0, 1.0]
    return buffer.add(inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32), "MAT4")


def _primitive(buffer: GltfBuffer, rig: Rig, faces: np.ndarray, material: int) -> pygltflib.Primitive:
    """Add the triangles of one surface with vertices of their own."""
    look = rig.appearance
    corners = rig.mesh.triangles[faces] if look is None else look.render_triangles[faces]
    used, triangles = np.unique(corners, return_inverse=True)
    vertex = used if look is None else look.render_vertex[used]
    turn = GLTF_FROM_WORLD[:3, :3].astype(np.float32).T
    attributes = {
        "POSITION": buffer.add(rig.mesh.vertices_m[vertex] @ turn, "VEC3", bounds=True, target=34962),
        "NORMAL": buffer.add(_rest_normals(rig)[vertex] @ turn, "VEC3", target=34962),
    }
    if look is not None:
        attributes["TEXCOORD_0"] = buffer.add(look.uv[used] * [1, -1] + [0, 1], "VEC2", target=34962)
    joints, weights = _influences(rig, vertex)
    for group in range(joints.shape[1] // 4):
        four = np.s_[:, 4 * group : 4 * group + 4]
        attributes[f"JOINTS_{group}"] = buffer.add(joints[four], "VEC4", target=34962)
        attributes[f"WEIGHTS_{group}"] = buffer.add(weights[four], "VEC4", target=34962)
    kind = np.uint16 if len(used) < 65535 else np.uint32
    indices = buffer.add(triangles.ravel().astype(kind), "SCALAR", target=34963)
    targets = [{"POSITION": buffer.add_sparse(shape[vertex] @ turn)} for shape in rig.blendshapes]
    return pygltflib.Primitive(attributes=attributes, indices=indices, material=material, targets=targets)


def _influences(rig: Rig, vertex: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return joints and weights (n, 4 or 8): each bone once, the strongest first, joint 0 where the weight is 0."""
    columns = -(-rig.skin_indices.shape[1] // 4) * 4
    dense = dense_skin_weights(rig.skin_indices[vertex], rig.skin_weights[vertex], len(rig.bones))
    dense = np.pad(dense, ((0, 0), (0, max(0, columns - dense.shape[1]))))
    joints = np.argsort(-dense, axis=1, kind="stable")[:, :columns]
    weights = np.take_along_axis(dense, joints, axis=1)
    weights = weights / weights.sum(1, keepdims=True)
    joints = np.where(weights > 0, joints, 0)
    return joints.astype(np.uint8 if len(rig.bones) <= 255 else np.uint16), weights.astype(np.float32)


def _rest_normals(rig: Rig) -> np.ndarray:
    vertices, triangles = rig.mesh.vertices_m.astype(np.float64), rig.mesh.triangles
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, triangles[:, k], area)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 1e-14, normals / np.maximum(length, 1e-14), [0.0, 0.0, 1.0]).astype(np.float32)


def _material(name: str, rig: Rig, colours: FaceColours) -> pygltflib.Material:
    finish = _FINISHES[name]
    surface = pygltflib.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=finish.roughness)
    if rig.appearance is not None:
        surface.baseColorTexture = pygltflib.TextureInfo(index=0)
    else:
        srgb = np.asarray(colours.skin, np.float64)
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        surface.baseColorFactor = [*linear.tolist(), 1.0]
    material = pygltflib.Material(name=name, pbrMetallicRoughness=surface, doubleSided=finish.cut_out)
    if finish.cut_out:
        material.alphaMode, material.alphaCutoff = pygltflib.MASK, LASH_CUTOFF
    else:
        material.alphaMode, material.alphaCutoff = pygltflib.OPAQUE, None
    return material


def _albedo_png(rig: Rig, colours: FaceColours) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(bake_albedo(rig.appearance, colours, len(rig.appearance.masks)), "RGBA").save(stream, "PNG")
    return stream.getvalue()

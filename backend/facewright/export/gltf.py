"""Writes a character as a binary glTF file: skinned meshes, posed skeleton, 52 named morph targets, materials."""

import io
from pathlib import Path

import numpy as np
import pygltflib
import torch
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52
from facewright.export.character import Character, Part
from facewright.export.files import atomic_write
from facewright.export.gltf_buffer import GltfBuffer
from facewright.export.materials import Material
from facewright.export.png import save_png
from facewright.export.tangents import vertex_tangents
from facewright.rig.colours import linear_from_srgb
from facewright.rig.skeleton import basis_matrices, rest_matrix
from facewright.rig.skinning import dense_skin_weights

GLTF_FROM_WORLD = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
"""World has Z up and the face along -Y; glTF has Y up and the face along +Z. Both in metres."""

CLEARCOAT = "KHR_materials_clearcoat"
CLEARCOAT_ROUGHNESS = 0.03
VERTEX_DATA, INDEX_DATA = 34962, 34963


def write_glb(path: Path, character: Character, expression: np.ndarray | None = None) -> None:
    """Write a character as .glb.

    Args:
        path: The file.
        character: The character; the skeleton's nodes are posed, the meshes stay at rest under their skin.
        expression: (E,) ARKit coefficients that the morph targets start with; neutral when None.

    Raises:
        OutputNotWritable: The file cannot be written.
        ValueError: A wrong shape.
    """
    if expression is not None and expression.shape != (len(ARKIT_52),):
        raise ValueError(f"expression: expected ({len(ARKIT_52)},), found {expression.shape}")
    document = build_document(character, expression)
    atomic_write(path, lambda temporary: document.save_binary(str(temporary)))


def build_document(character: Character, expression: np.ndarray | None) -> pygltflib.GLTF2:
    """Build the glTF document of a character; arguments as for `write_glb`."""
    buffer = GltfBuffer()
    nodes = _bone_nodes(character)
    roots = [index for index, bone in enumerate(character.bones) if bone.parent < 0]
    armature = len(nodes)
    nodes.append(pygltflib.Node(name="armature", children=roots))
    meshes = []
    for part in character.parts:
        meshes.append(_mesh(buffer, character, part, expression))
        nodes.append(pygltflib.Node(name=part.name, mesh=len(meshes) - 1, skin=0))
    skin = pygltflib.Skin(
        name="head_skin",
        joints=list(range(len(character.bones))),
        skeleton=armature,
        inverseBindMatrices=_bind(buffer, character),
    )
    names = list(character.pictures)
    images = [_image(buffer, name, character.pictures[name]) for name in names]
    has_clearcoat = any(material.clearcoat for material in character.materials)
    document = pygltflib.GLTF2(
        asset=pygltflib.Asset(
            version="2.0",
            generator="Facewright",
            extras={"rig": character.rig_id, "rig_version": character.rig_version},
        ),
        extensionsUsed=[CLEARCOAT] if has_clearcoat else [],
        scene=0,
        scenes=[pygltflib.Scene(name="head", nodes=list(range(armature, len(nodes))))],
        nodes=nodes,
        meshes=meshes,
        skins=[skin],
        materials=[_material(material, names) for material in character.materials],
        images=images,
        textures=[pygltflib.Texture(name=name, source=index, sampler=0) for index, name in enumerate(names)],
        samplers=[pygltflib.Sampler(magFilter=9729, minFilter=9987, wrapS=33071, wrapT=33071)] if names else [],
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[pygltflib.Buffer(byteLength=len(buffer.data))],
    )
    document.set_binary_blob(bytes(buffer.data))
    return document


def _bone_nodes(character: Character) -> list[pygltflib.Node]:
    """Return one node per bone.

    A node's matrix is rest_parent^-1 rest basis: a rotation and a shift, then shift, rotation and scale of the basis.
    That is again a shift, a rotation and a scale, so glTF's chain of nodes is exact for every pose.
    """
    bones, scales = character.bones, character.channels[:, 6:9]
    basis = basis_matrices(torch.as_tensor(character.channels)[None])[0].numpy()
    rest = [rest_matrix(bone.head, bone.tail, bone.roll) for bone in bones]
    nodes = []
    for index, bone in enumerate(bones):
        offset = GLTF_FROM_WORLD @ rest[index] if bone.parent < 0 else np.linalg.inv(rest[bone.parent]) @ rest[index]
        rotation = offset[:3, :3] @ (basis[index, :3, :3] / scales[index])
        translation = offset[:3, :3] @ basis[index, :3, 3] + offset[:3, 3]
        node = pygltflib.Node(
            name=bone.name,
            translation=translation.tolist(),
            rotation=Rotation.from_matrix(rotation).as_quat().tolist(),
            scale=scales[index].tolist(),
        )
        children = [child for child, other in enumerate(bones) if other.parent == index]
        if children:
            node.children = children
        nodes.append(node)
    return nodes


def _bind(buffer: GltfBuffer, character: Character) -> int:
    rest = np.stack([rest_matrix(bone.head, bone.tail, bone.roll) for bone in character.bones])
    inverse = np.linalg.inv(GLTF_FROM_WORLD @ rest)
    inverse[:, 3] = [0.0, 0.0, 0.0, 1.0]
    return buffer.add(inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32), "MAT4")


def _mesh(buffer: GltfBuffer, character: Character, part: Part, expression: np.ndarray | None) -> pygltflib.Mesh:
    primitives = []
    for material in np.unique(part.material):
        needs_tangents = bool(character.materials[material].normal)
        faces = np.flatnonzero(part.material == material)
        primitive = _primitive(buffer, part, faces, len(character.bones), needs_tangents)
        primitive.material = int(material)
        primitives.append(primitive)
    mesh = pygltflib.Mesh(name=part.name, primitives=primitives)
    if part.blendshapes is not None:
        weights = np.zeros(len(ARKIT_52)) if expression is None else expression
        mesh.weights = [float(weight) for weight in weights]
        mesh.extras = {"targetNames": list(ARKIT_52)}
    return mesh


def _primitive(
    buffer: GltfBuffer, part: Part, faces: np.ndarray, bones: int, needs_tangents: bool
) -> pygltflib.Primitive:
    """Add the triangles of one material with vertices of their own."""
    used, triangles = np.unique(part.uv_triangles[faces], return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    vertex = part.uv_vertex[used]
    turn = GLTF_FROM_WORLD[:3, :3].astype(np.float32).T
    points, normals = part.vertices_m[vertex] @ turn, part.normals[vertex] @ turn
    attributes = {
        "POSITION": buffer.add(points, "VEC3", bounds=True, target=VERTEX_DATA),
        "NORMAL": buffer.add(normals, "VEC3", target=VERTEX_DATA),
    }
    if part.uv is not None:
        uv = part.uv[used] * np.array([1, -1], np.float32) + np.array([0, 1], np.float32)
        attributes["TEXCOORD_0"] = buffer.add(uv, "VEC2", target=VERTEX_DATA)
        if needs_tangents:
            tangents = vertex_tangents(points, normals, part.uv[used], triangles)
            attributes["TANGENT"] = buffer.add(tangents, "VEC4", target=VERTEX_DATA)
    if part.openness is not None:
        colours = np.repeat(part.openness[vertex, None], 3, axis=1)
        attributes["COLOR_0"] = buffer.add(colours, "VEC3", target=VERTEX_DATA)
    joints, weights = _influences(part.indices[vertex], part.weights[vertex], bones)
    for group in range(joints.shape[1] // 4):
        four = np.s_[:, 4 * group : 4 * group + 4]
        attributes[f"JOINTS_{group}"] = buffer.add(joints[four], "VEC4", target=VERTEX_DATA)
        attributes[f"WEIGHTS_{group}"] = buffer.add(weights[four], "VEC4", target=VERTEX_DATA)
    kind = np.uint16 if len(used) < 65535 else np.uint32
    indices = buffer.add(triangles.ravel().astype(kind), "SCALAR", target=INDEX_DATA)
    primitive = pygltflib.Primitive(attributes=attributes, indices=indices)
    if part.blendshapes is not None:
        primitive.targets = [{"POSITION": buffer.add_sparse(shape[vertex] @ turn)} for shape in part.blendshapes]
    return primitive


def _influences(indices: np.ndarray, shares: np.ndarray, bones: int) -> tuple[np.ndarray, np.ndarray]:
    """Return joints and weights (n, 4 or 8): each bone once, the strongest first, joint 0 where the weight is 0."""
    columns = -(-indices.shape[1] // 4) * 4
    dense = dense_skin_weights(indices, shares, bones)
    dense = np.pad(dense, ((0, 0), (0, max(0, columns - dense.shape[1]))))
    joints = np.argsort(-dense, axis=1, kind="stable")[:, :columns]
    weights = np.take_along_axis(dense, joints, axis=1)
    weights = weights / weights.sum(1, keepdims=True)
    joints = np.where(weights > 0, joints, 0)
    return joints.astype(np.uint8 if bones <= 255 else np.uint16), weights.astype(np.float32)


def _material(material: Material, pictures: list[str]) -> pygltflib.Material:
    def texture(name: str) -> pygltflib.TextureInfo | None:
        return pygltflib.TextureInfo(index=pictures.index(name)) if name else None

    surface = pygltflib.PbrMetallicRoughness(
        baseColorFactor=[*linear_from_srgb(np.asarray(material.colour, np.float64)).tolist(), material.opacity],
        baseColorTexture=texture(material.albedo),
        metallicFactor=0.0,
        roughnessFactor=material.roughness,
        metallicRoughnessTexture=texture(material.roughness_picture),
    )
    written = pygltflib.Material(
        name=material.name,
        pbrMetallicRoughness=surface,
        doubleSided=material.double_sided,
        alphaMode=pygltflib.MASK if material.cut_out else pygltflib.OPAQUE,
        alphaCutoff=material.cutoff if material.cut_out else None,
    )
    if material.normal:
        written.normalTexture = pygltflib.NormalMaterialTexture(index=pictures.index(material.normal))
    if material.opacity < 1.0:
        written.alphaMode = pygltflib.BLEND
    if material.clearcoat:
        coat = {"clearcoatFactor": material.clearcoat, "clearcoatRoughnessFactor": CLEARCOAT_ROUGHNESS}
        written.extensions = {CLEARCOAT: coat}
    return written


def _image(buffer: GltfBuffer, name: str, picture: np.ndarray) -> pygltflib.Image:
    """Add a picture; grey ones are roughness, which glTF reads from green."""
    if picture.ndim == 2:
        picture = np.stack([np.full_like(picture, 255), picture, np.zeros_like(picture)], axis=-1)
    stream = io.BytesIO()
    save_png(picture, stream)
    return pygltflib.Image(name=name, mimeType="image/png", bufferView=buffer.add_bytes(stream.getvalue()))

"""Makes the face atlas, masks and labels of the default rig from its geometry alone.

Run `python -m facewright.training.build_appearance rigs/makehuman`; the same seed writes the same files.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from facewright.datatypes import ARKIT_52
from facewright.rig.appearance import MASK_FILES
from facewright.rig.installed import RIGS_DIR
from facewright.rig.nouns import SURFACES, Mesh
from facewright.rig.shape_edits import edit_shapes
from facewright.rig.sources.makehuman import SourceMesh, read_mesh, read_target
from facewright.training.appearance.layout import lay_out
from facewright.training.appearance.paint import paint, paint_detail
from facewright.training.appearance.texels import rasterise_texels

SEED = 20
SHAPES = RIGS_DIR / "makehuman" / "shapes.safetensors"
"""Edits that the rig makes to the source's head: its lids have a margin."""


def build(folder: Path, seed: int = SEED) -> None:
    """Write appearance.safetensors, the mask files, labels.png, marks.png and relief.png into a rig folder.

    Args:
        folder: The rig's folder.
        seed: Seed of strokes, spots, lines and noise.
    """
    mesh = read_mesh()
    layout = lay_out(mesh)
    texels = rasterise_texels(layout, _ear_share(), lid_gap_mm(mesh, SHAPES))
    masks, labels = paint(layout, texels, seed)
    marks, relief = paint_detail(layout, texels, seed)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "uv": layout.uv.astype(np.float32),
        "render_vertex": layout.render_vertex.astype(np.int32),
        "render_triangles": layout.render_triangles.astype(np.int32),
    }
    save_file(tensors, folder / "appearance.safetensors")
    for index, name in enumerate(MASK_FILES):
        Image.fromarray(masks[..., 4 * index : 4 * index + 4], "RGBA").save(folder / name, optimize=True)
    for name, picture in (("labels.png", labels), ("marks.png", marks), ("relief.png", relief)):
        Image.fromarray(picture).save(folder / name, optimize=True)


def _ear_share() -> np.ndarray:
    """Return (V,) how much each vertex belongs to an ear, from what moves along when the ears move up."""
    moved = (np.linalg.norm(read_target(f"ears/{side}-ear-trans-up"), axis=1) for side in "lr")
    left, right = (np.clip((way / way.max() - 0.93) / 0.06, 0.0, 1.0) for way in moved)
    return left + right


def lid_gap_mm(mesh: SourceMesh, shapes: Path) -> np.ndarray:
    """Measure on the rig's own lids how far they lie in front of the eyes.

    Args:
        mesh: The source's head.
        shapes: The rig's edits of it.

    Returns:
        (V,) mm from the nearest eyeball's surface, negative inside it.
    """
    nothing = np.zeros((len(ARKIT_52), len(mesh.vertices_m), 3), np.float32)
    vertices = edit_shapes(shapes, Mesh(mesh.vertices_m, mesh.triangles, mesh.parts), nothing)[0].vertices_m
    gaps = []
    for side in (1, -1):
        eye = vertices[(mesh.parts == SURFACES.index("eye")) & (side * vertices[:, 0] > 0)]
        middle = (eye.min(0) + eye.max(0)) / 2
        radius = np.median(np.linalg.norm(eye - middle, axis=1))
        gaps.append(np.linalg.norm(vertices - middle, axis=1) - radius)
    return 1000.0 * np.minimum(*gaps)


def main() -> None:
    """Build into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="rig folder, e.g. rigs/makehuman")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    build(arguments.folder, arguments.seed)


if __name__ == "__main__":
    main()

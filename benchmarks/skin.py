"""Skin from the photo: against known albedo on renders, and by whose face the head has on real photos.

`python benchmarks/skin.py [--heads 24] [--photos FOLDER] [--sheets DIR] [--picture FILE] [--out skin.json]`

Renders: random dressed heads (yaw to 40 degrees, smiles, light, glasses) are fitted; in the face texture the albedo is
compared with the truth where the photo showed it and where it was filled, as is raw projection (every texel that the
camera sees takes the photo's colour, the rest their mean), and both are lit by a second light. Photos: FOLDER holds
manifest.csv as for `photos.py`; the front views of persons with two or more photos are compared with the *other* photos
of the person. The embedder also drives the fit.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from photos import LEFT_OUT, unit
from PIL import Image
from scipy.spatial.transform import Rotation
from skimage.data import astronaut

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import Camera, FitResult, Lighting, Look, Observations, PhotoSkin, RenderJob, SkinShares
from facewright.engine.cameras import PORTRAIT_FRAME, canonical_camera, orbit_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.engine.opening import Engine
from facewright.errors import FacewrightError
from facewright.perception.image import decode_image
from facewright.pipelines.outputs import photo_panel, render_front
from facewright.pipelines.photo import PhotoPipeline
from facewright.pipelines.skin import PosedPhoto
from facewright.rig.anchors import eye_centres
from facewright.rig.baking import bake_albedo
from facewright.rig.colours import srgb_from_linear
from facewright.rig.nouns import Rig
from facewright.texture.unwrap import unwrap
from facewright.training.style_scenes import SceneMaker, compose_scene
from facewright.training.synthetic_photos import PhotoRecipe

SEED = 20261125
RECIPE = PhotoRecipe(size_px=640, yaw_deg=0.0, pitch_deg=6.0, roll_deg=4.0)
LARGEST_YAW_DEG = 40.0
SECOND_LIGHT = Lighting(np.array([0.75, -0.25, -0.61]), np.array([1.1, 1.05, 1.0]), np.array([0.3, 0.31, 0.33]))
FACE_PARTS = (1, 2, 5, 6, 8)
"""Labels of skin, brows, lips and nose."""


def raw_layer(pipeline: PhotoPipeline, result: FitResult, observations: Observations) -> np.ndarray:
    """Return (T, T, 4) uint8: the photo projected onto the head, with nothing taken off it."""
    maker = pipeline.skin_maker
    view = maker.view(result.parameters, result.look, PosedPhoto(observations, result.expression, result.photo_camera))
    texels = unwrap(pipeline.rig, maker.atlas, view)
    colours, seen = srgb_from_linear(np.clip(texels.linear, 0, 1)), texels.seen > 0.05
    mean = colours[(texels.seen > 0.8) & (maker.atlas.trust > 0.5)].mean(0)
    filled = np.where(seen[..., None], colours, mean)
    cover = np.where(maker.atlas.is_skin, 255, 0)
    return np.dstack([np.rint(255 * filled), cover]).astype(np.uint8)


def as_skin(layer: np.ndarray) -> PhotoSkin:
    """Wrap a texture (T, T, 4) so that the engine draws it as it is."""
    return PhotoSkin(layer, np.zeros((*layer.shape[:2], 3), np.uint8), True, True, SkinShares(1, 0, 0, 0))


def bare(look: Look) -> Look:
    """Return a look without what hides the skin."""
    return replace(look, style=replace(look.style, hair="bald", glasses="none"))


def draw_scene(maker: SceneMaker, rig: Rig, engine: Engine, index: int) -> tuple[np.ndarray, Look]:
    """Return the photo and the look of head number `index`: every second smiles, yaw goes evenly to both sides."""
    generator = np.random.default_rng((SEED, index))
    head = maker.dressed_head(generator)
    yaw = np.radians(generator.uniform(-LARGEST_YAW_DEG, LARGEST_YAW_DEG))
    camera = head.job.camera
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("y", yaw).as_matrix()
    pivot = np.eye(4)
    eyes = eye_centres(rig, head.job.vertices_m).mean(0) + np.array([0.0, 0.02, -0.03])
    pivot[:3, 3] = (camera.camera_from_world @ np.append(eyes, 1.0))[:3]
    matrix = pivot @ turn @ np.linalg.inv(pivot) @ camera.camera_from_world
    camera = Camera(matrix, camera.focal_px, camera.centre_px, camera.size_px)
    render = engine.render([replace(head.job, camera=camera)])[0]
    return compose_scene(generator, render.image, render.labels), head.job.look


def measure_render(pipeline: PhotoPipeline, image: np.ndarray, truth: Look) -> dict[str, float]:
    """Fit a render and compare textures."""
    result, observations = pipeline(image)
    rig, maker = pipeline.rig, pipeline.skin_maker
    side = maker.atlas.side
    skin = result.look.photo_skin
    albedos = {
        "truth": bake_albedo(rig.appearance, bare(truth), rig.styles, side),
        "ours": bake_albedo(rig.appearance, bare(result.look), rig.styles, side),
        "procedural": bake_albedo(rig.appearance, bare(replace(result.look, photo_skin=None)), rig.styles, side),
        "raw": raw_layer(pipeline, result, observations),
    }
    inside = maker.atlas.trust > 0.5
    regions = {"visible": inside & (skin.origin[..., 0] > 127), "filled": inside & (skin.origin[..., 0] <= 127)}
    row = {"seconds": result.stage_ms["skin"] / 1000}
    for region, mask in regions.items():
        for name in ("ours", "raw", "procedural"):
            error = (albedos[name][mask][:, :3].astype(float) - albedos["truth"][mask][:, :3]) / 255
            row[f"{region} {name}"] = float(-10 * np.log10(max((error**2).mean(), 1e-10)))
    vertices = pipeline.vertices(result.parameters)
    camera = canonical_camera(eye_centres(rig, vertices), PORTRAIT_FRAME, 384)
    cover = np.where(maker.atlas.is_skin, 255, 0).astype(np.uint8)
    lit = {}
    for name, albedo in albedos.items():
        look = replace(bare(result.look), photo_skin=as_skin(np.dstack([albedo[..., :3], cover])), photo_share=1.0)
        lit[name] = pipeline.engine.render([RenderJob(vertices, camera, look, SECOND_LIGHT)])[0]
    shown = np.isin(lit["truth"].labels, FACE_PARTS)
    for name in ("ours", "raw", "procedural"):
        apart = np.abs(lit[name].image.astype(float) - lit["truth"].image)[shown]
        row[f"relit {name}"] = float(apart.mean() / 255)
    return row


def measure_renders(pipeline: PhotoPipeline, count: int, say: Callable[[str], None]) -> dict[str, float]:
    """Measure random heads; medians."""
    maker = SceneMaker(pipeline.rig, pipeline.engine, RECIPE)
    rows, failed = [], 0
    for index in range(count):
        image, truth = draw_scene(maker, pipeline.rig, pipeline.engine, index)
        try:
            rows.append(measure_render(pipeline, image, truth))
        except FacewrightError as error:
            failed += 1
            say(f"head {index}: {error}")
            continue
        say(f"head {index}: " + ", ".join(f"{name} {value:.3g}" for name, value in rows[-1].items()))
    table = {name: float(np.median([row[name] for row in rows])) for name in rows[0]}
    table["relit ours over raw"] = float(np.median([row["relit ours"] / row["relit raw"] for row in rows]))
    return table | {"heads": len(rows), "failed": failed}


def front_embeddings(pipeline: PhotoPipeline, looks: dict[str, Look], parameters: np.ndarray) -> dict[str, np.ndarray]:
    """Return the embedding of the front view in each look."""
    return {
        name: pipeline.observe(render_front(pipeline, parameters, look, 512)).embedding for name, look in looks.items()
    }


def sheet_row(
    pipeline: PhotoPipeline, result: FitResult, observations: Observations, looks: dict[str, Look]
) -> np.ndarray:
    """Return photo, every look from the front, the last one from the side without hair, as one (H, W, 3) picture."""
    side, vertices = 320, pipeline.vertices(result.parameters)
    eyes = eye_centres(pipeline.rig, vertices)
    front = canonical_camera(eyes, PORTRAIT_FRAME, side)
    panels = [photo_panel(observations, side)]
    jobs = [
        RenderJob(vertices, front, look, DEFAULT_LIGHTING, pipeline.pieces(result.parameters, look.style))
        for look in looks.values()
    ]
    last = list(looks.values())[-1]
    jobs.append(RenderJob(vertices, front, bare(last), DEFAULT_LIGHTING))
    jobs += [RenderJob(vertices, orbit_camera(eyes, np.radians(yaw), 0, side), bare(last), light)
             for yaw, light in ((-35, DEFAULT_LIGHTING), (35, SECOND_LIGHT))]  # fmt: skip
    return np.concatenate([*panels, *(render.image for render in pipeline.engine.render(jobs))], 1)


def sample_picture(pipeline: PhotoPipeline, path: Path) -> None:
    """Draw the sample photo, its head with painted and with photo skin, two views under another light, the texture."""
    side = 384
    result, observations = pipeline(astronaut())
    vertices, look = pipeline.vertices(result.parameters), result.look
    eyes, pieces = eye_centres(pipeline.rig, vertices), pipeline.pieces(result.parameters, look.style)
    front = canonical_camera(eyes, PORTRAIT_FRAME, side)
    jobs = [RenderJob(vertices, front, one, DEFAULT_LIGHTING, pieces) for one in (replace(look, photo_skin=None), look)]
    for yaw, light in ((-38, DEFAULT_LIGHTING), (38, SECOND_LIGHT)):
        jobs.append(RenderJob(vertices, orbit_camera(eyes, np.radians(yaw), 0.0, side), look, light, pieces))
    texture = Image.fromarray(look.photo_skin.layer[..., :3]).crop((212, 100, 812, 700)).resize((side, side))
    panels = [photo_panel(observations, side), *(render.image for render in pipeline.engine.render(jobs))]
    panels.append(np.asarray(texture))
    rows = [np.concatenate(panels[start : start + 3], 1) for start in (0, 3)]
    Image.fromarray(np.concatenate(rows, 0)).save(path, quality=88)


def measure_photos(
    pipeline: PhotoPipeline, folder: Path, sheets: Path | None, say: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Measure real photos: rank-1, mean reciprocal rank and distance to the other photos of the person."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        entries = list(csv.DictReader(stream))
    rows = []
    for entry in entries:
        try:
            result, observations = pipeline(decode_image(folder / entry["file"]))
            raw = replace(result.look, photo_skin=as_skin(raw_layer(pipeline, result, observations)))
            looks = {"procedural": replace(result.look, photo_skin=None), "raw": raw, "ours": result.look}
            if sheets:
                sheets.mkdir(parents=True, exist_ok=True)
                picture = Image.fromarray(sheet_row(pipeline, result, observations, looks))
                picture.save(sheets / f"{Path(entry['file']).stem}.jpg", quality=90)
            if entry["person"] and LEFT_OUT not in entry["note"]:
                seen = front_embeddings(pipeline, looks, result.parameters) | {"photo": observations.embedding}
                rows.append((entry["person"], seen))
        except FacewrightError as error:
            say(f"{entry['file']}: {error}")
            continue
        say(f"{entry['file']}: {result.look.photo_skin.shares}, {result.stage_ms['skin'] / 1000:.1f} s")
    return {name: retrieval(rows, name) for name in ("procedural", "raw", "ours", "photo")}


def retrieval(rows: list[tuple[str, dict[str, np.ndarray]]], name: str) -> dict[str, float]:
    """Rank the persons for each query; the query's own photo is left out of its person's mean."""
    people = [person for person, _ in rows]
    photos = np.stack([seen["photo"] for _, seen in rows])
    queries = np.stack([seen[name] for _, seen in rows])
    centre = photos.mean(0)
    ranks, distances, centred_ranks = [], [], []
    for index, person in enumerate(people):
        others = [k for k in range(len(people)) if k != index]
        if not any(people[k] == person for k in others):
            continue
        gallery = {one: photos[[k for k in others if people[k] == one]].mean(0) for one in {people[k] for k in others}}
        names = sorted(gallery)
        means = np.stack([gallery[one] for one in names])
        own = names.index(person)
        for centred, kept in ((False, ranks), (True, centred_ranks)):
            shift, offset = (centre, queries.mean(0)) if centred else (0.0, 0.0)
            scores = unit(means - shift) @ unit(queries[index] - offset)
            kept.append(1 + int((scores > scores[own]).sum()))
        same = [k for k in others if people[k] == person]
        distances.append(float(np.mean([np.linalg.norm(queries[index] - photos[k]) for k in same])))
    return {
        "rank_1": float(np.mean(np.array(ranks) == 1)),
        "mrr": float(np.mean(1 / np.array(ranks))),
        "centred rank_1": float(np.mean(np.array(centred_ranks) == 1)),
        "distance": float(np.mean(distances)),
        "queries": len(ranks),
        "persons": len(set(people)),
    }


def main() -> None:
    """Parse the command line, measure, print tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", type=int, default=24)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--sheets", type=Path, help="folder for a picture of every photo")
    parser.add_argument("--picture", type=Path, help="draw the sample photo's head into this file")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    start, found = time.perf_counter(), {}
    if options.picture:
        sample_picture(pipeline, options.picture)
    if options.heads:
        found["renders"] = measure_renders(pipeline, options.heads, print)
        print("\n| renders, medians | |\n|---|---|")
        print("\n".join(f"| {name} | {value:.4g} |" for name, value in found["renders"].items()))
    if options.photos:
        found["photos"] = measure_photos(pipeline, options.photos, options.sheets, print)
        columns = list(next(iter(found["photos"].values())))
        print(f"\n| photos | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
        for name, row in found["photos"].items():
            print(f"| {name} | {' | '.join(f'{row[column]:.3g}' for column in columns)} |")
    print(f"\n{time.perf_counter() - start:.0f} s")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

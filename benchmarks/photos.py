"""Real photos: landmark error of the fitted head in the photo's own pose, and whose face the frontal head is.

`python benchmarks/photos.py FOLDER [--sheets DIR] [--out photos.json] [--set key=value]`; FOLDER holds manifest.csv
with the columns file, person, note. Identity: the embedding of the frontal neutral render against the mean embedding of
every person's photos, plain and with the mean of each side taken out. Both nets also drive the fit; rows without a
person (groups) count for the landmarks alone.
"""

import argparse
import csv
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import FitResult, Observations
from facewright.errors import FacewrightError
from facewright.perception.image import decode_image
from facewright.pipelines.outputs import render_as_photo, render_front, write_outputs
from facewright.pipelines.photo import PhotoPipeline

INNER_51 = (
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144,
    362, 385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14,
    87,
)  # fmt: skip
"""Landmarks of the 468 that stand for the 51 inner points of the 68-point scheme."""

LEFT_OUT = "leave out of identity retrieval"


@dataclass(frozen=True)
class Row:
    """What was measured on one photo.

    Attributes:
        file, person: of the manifest.
        retrieved: whether the photo counts for identity.
        nme: mean landmark error over the interocular distance, of the fitted head in the photo's pose.
        photo_embedding: (D,) of the photo.
        front_embedding: (D,) of the fitted head's front view.
        mean_head_embedding: (D,) of the mean head's, painted alike.
        seconds: time of the fit.
    """

    file: str
    person: str
    retrieved: bool
    nme: float
    photo_embedding: np.ndarray
    front_embedding: np.ndarray
    mean_head_embedding: np.ndarray
    seconds: float


def nme_interocular(landmarks_px: np.ndarray, truth_px: np.ndarray) -> float:
    """Return the mean distance of the 51 inner landmarks over the distance of the outer eye corners."""
    chosen = list(INNER_51)
    distance = np.linalg.norm(landmarks_px[chosen, :2] - truth_px[chosen, :2], axis=1).mean()
    return float(distance / np.linalg.norm(truth_px[33, :2] - truth_px[263, :2]))


def measure(pipeline: PhotoPipeline, path: Path, entry: dict[str, str]) -> tuple[Row, FitResult, Observations]:
    """Fit one photo and measure its renders with the nets that measured the photo."""
    start = time.perf_counter()
    result, observed = pipeline(decode_image(path))
    seconds = time.perf_counter() - start
    as_photo = render_as_photo(pipeline, result)
    shown_px = pipeline.observe(as_photo).landmarks_px * (observed.photo.shape[1] / as_photo.shape[1])
    front = pipeline.observe(render_front(pipeline, result.parameters, result.look, 512))
    mean = pipeline.observe(render_front(pipeline, pipeline.rig.prior.mean, result.look, 512))
    row = Row(
        entry["file"],
        entry["person"],
        bool(entry["person"]) and LEFT_OUT not in entry["note"],
        nme_interocular(shown_px, observed.landmarks_px),
        observed.embedding,
        front.embedding,
        mean.embedding,
        seconds,
    )
    return row, result, observed


def retrieval(queries: np.ndarray, query_person: list[str], gallery: dict[str, np.ndarray]) -> dict[str, float]:
    """Rank every query (M, D) among the persons; return rank-1, mean reciprocal rank and mean matched cosine."""
    people = sorted(gallery)
    scores = queries @ np.stack([gallery[person] for person in people]).T  # (M, persons)
    own = np.array([people.index(person) for person in query_person])
    matched = scores[np.arange(len(queries)), own]
    rank = 1 + (scores > matched[:, None]).sum(1)
    return {
        "rank_1": float((rank == 1).mean()),
        "mrr": float((1 / rank).mean()),
        "cosine": float(matched.mean()),
    }


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (..., D) to length one."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def identity_table(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Score fitted and mean heads, plain and centred."""
    rows = [row for row in rows if row.retrieved]
    people = [row.person for row in rows]
    photos = np.stack([row.photo_embedding for row in rows])
    gallery = {
        person: unit(photos[[index for index, name in enumerate(people) if name == person]].mean(0))
        for person in people
    }
    centre = np.mean(list(gallery.values()), axis=0)
    centred_gallery = {person: unit(vector - centre) for person, vector in gallery.items()}
    table = {}
    for name in ("front_embedding", "mean_head_embedding"):
        queries = np.stack([vars(row)[name] for row in rows])
        table[name] = retrieval(queries, people, gallery)
        table[f"{name} centred"] = retrieval(unit(queries - queries.mean(0)), people, centred_gallery)
    return table


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("photos.json"))
    parser.add_argument("--sheets", type=Path, help="also write every head's files here (never commit them)")
    parser.add_argument("--set", action="append", default=[], help="settings, as for facewright fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    with (options.folder / "manifest.csv").open(newline="") as stream:
        entries = list(csv.DictReader(stream))
    rows, failures = [], []
    for entry in entries:
        try:
            row, result, observed = measure(pipeline, options.folder / entry["file"], entry)
        except FacewrightError as error:
            failures.append(f"{entry['file']}: {error.one_line()}")
            continue
        rows.append(row)
        print(f"{row.file:28} nme {row.nme:.4f}  {row.seconds:.1f} s", flush=True)
        if options.sheets:
            write_outputs(pipeline, result, observed, options.sheets / Path(row.file).stem)
    report = {
        "photos": len(rows),
        "failures": failures,
        "nme_interocular_median": float(np.median([row.nme for row in rows])),
        "nme_interocular_p90": float(np.percentile([row.nme for row in rows], 90)),
        "median_seconds": float(np.median([row.seconds for row in rows])),
        "persons": len({row.person for row in rows if row.retrieved}),
        "identity": identity_table(rows),
        "nme_by_photo": {row.file: row.nme for row in rows},
    }
    for name, value in report.items():
        if name not in ("identity", "nme_by_photo"):
            print(f"{name:26} {value}")
    print(f"{'identity of':32} {'rank-1':>8} {'MRR':>8} {'cosine':>8}")
    for name, scores in report["identity"].items():
        print(f"{name:32} {scores['rank_1']:8.3f} {scores['mrr']:8.3f} {scores['cosine']:8.3f}")
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

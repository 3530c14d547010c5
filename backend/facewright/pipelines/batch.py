"""Many photos: which ones, what is done already, the workers, and the summary at the end."""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

from tqdm import tqdm

from facewright.config import FacewrightConfig
from facewright.errors import Cancelled, ConfigInvalid, OutputNotWritable
from facewright.export.files import atomic_write, not_writable
from facewright.pipelines.overview import write_overview
from facewright.pipelines.plan import BatchItem, expand, plan
from facewright.pipelines.workers import Answer, Failure, Fit, fit_in_processes
from facewright.rig.installed import RIGS_DIR, load_rig

RECORD_NAME = ".facewright.json"
"""Written into a result folder after everything else: the photo and the config that the results belong to."""


@dataclass(frozen=True)
class Outcome:
    """What became of a photo.

    Attributes:
        item: the photo.
        status: "done", "skipped" (done in an earlier run) or "failed".
        failure: why it failed.
        seconds: time of the fit; that of the earlier run if skipped.
        losses: loss terms by name.
    """

    item: BatchItem
    status: str
    failure: Failure | None = None
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What became of all photos, in the order of the plan."""

    outcomes: tuple[Outcome, ...]

    def count(self, status: str) -> int:
        """Return how many photos have a status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        """How many photos have no result."""
        return self.count("failed")

    def one_line(self) -> str:
        """Return the counts as a sentence."""
        return f"{self.count('done')} fitted, {self.count('skipped')} skipped as done, {self.failed} failed"


def run(
    config: FacewrightConfig,
    inputs: Sequence[str],
    out_dir: Path,
    workers: int = 1,
    force: bool = False,
    show_bar: bool = True,
    open_fit: Callable[[FacewrightConfig], Fit] | None = None,
    rig_sha256: str | None = None,
) -> Summary:
    """Fit a head to each photo and write the results, summary.csv and overview.png.

    Args:
        config: one for all.
        inputs: files, folders and glob patterns.
        out_dir: gets one subfolder a photo.
        workers: processes.
        force: fit again what is done.
        show_bar: draw a progress bar on stderr.
        open_fit: what a worker runs; the photo pipeline when None.
        rig_sha256: stands for the rig and its networks; that of the installed rig when None.

    Returns:
        What became of each photo; a photo that fails does not raise.

    Raises:
        ConfigInvalid: no photo is found, or the number of workers is not positive.
        OutputNotWritable: the output folder cannot be written.
        FacewrightError: what every photo needs cannot be loaded.
        KeyboardInterrupt: Ctrl-C; what was finished is kept and in the summary.
    """
    if workers < 1:
        raise ConfigInvalid(f"--workers is {workers}.", "Give at least 1.")
    items = plan(expand(inputs), out_dir)
    rig_digest = rig_sha256 or digest_rig(config)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(out_dir, error) from error
    earlier = {} if force else {index: finished(item, config, rig_digest) for index, item in enumerate(items)}
    outcomes = {index: outcome for index, outcome in earlier.items() if outcome}
    todo = [index for index in range(len(items)) if index not in outcomes]
    tasks = [(items[index].photo, items[index].folder) for index in todo]
    try:
        with (
            closing(fit_in_processes(tasks, open_fit or open_photo_fit, config, workers)) as answers,
            tqdm(total=len(items), initial=len(outcomes), unit="photo", disable=not show_bar) as bar,
        ):
            for task, answer in answers:
                index = todo[task]
                outcomes[index] = conclude(items[index], answer, config, rig_digest)
                bar.update()
                if why := outcomes[index].failure:
                    bar.write(f"{items[index].photo}: {why.one_line()}", file=sys.stderr)
    finally:
        summary = Summary(tuple(outcomes[index] for index in sorted(outcomes)))
        if outcomes:
            write_summary(summary, out_dir / "summary.csv")
            write_overview([item.folder for item in items], out_dir / "overview.png")
    return summary


def open_photo_fit(config: FacewrightConfig) -> Fit:
    """Load the photo pipeline in a worker: one torch thread, since the workers share the cores."""
    import torch

    from facewright.perception.image import decode_image
    from facewright.pipelines.outputs import write_outputs
    from facewright.pipelines.photo import PhotoPipeline

    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(config)

    def fit(photo: Path, folder: Path, stop: Event) -> dict[str, float]:
        result, observations = pipeline(decode_image(photo), cancel=stop)
        if stop.is_set():  # a head that was not finished is not written: the next run makes it
            raise Cancelled(f"{photo} was stopped.", "Run the same command again.")
        return write_outputs(pipeline, result, observations, folder).losses

    return fit


def digest_rig(config: FacewrightConfig) -> str:
    """Return one hash of a rig and of what was trained for it.

    Raises:
        RigUnknown, RigInvalid: see `load_rig`.
    """
    parts = [load_rig(config.rig, cache_dir=config.compiled_rigs_dir()).digest]
    trained = sorted((RIGS_DIR / config.rig).glob("*.safetensors"))
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in trained]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def finished(item: BatchItem, config: FacewrightConfig, rig_digest: str) -> Outcome | None:
    """Return the outcome of an earlier run if its results are complete and belong to this photo, config and rig."""
    try:
        record = json.loads((item.folder / RECORD_NAME).read_text(encoding="utf-8"))
        json.loads((item.folder / "rig.json").read_text(encoding="utf-8"))
        is_complete = all((item.folder / name).is_file() for name in record["files"])
        if is_complete and record["made_from"] == _made_from(item, config, rig_digest):
            return Outcome(item, "skipped", None, record["seconds"], record["losses"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no results or damaged ones: they are made again
    return None


def conclude(item: BatchItem, answer: Answer, config: FacewrightConfig, rig_digest: str) -> Outcome:
    """Turn a worker's answer into an outcome and, if there are results, write the record that marks them as done."""
    failure = answer.failure
    if failure is None:
        try:
            record = {
                "made_from": _made_from(item, config, rig_digest),
                "files": sorted(path.name for path in item.folder.iterdir() if path.name != RECORD_NAME),
                "seconds": answer.seconds,
                "losses": answer.losses,
            }
            atomic_write(item.folder / RECORD_NAME, lambda part: part.write_text(json.dumps(record, indent=1)))
        except OutputNotWritable as error:
            failure = Failure(error.reason, str(error), error.remedy)
        except OSError as error:
            message = f"{item.photo} or its results went away during the fit: {error.strerror}"
            failure = Failure("IMAGE_UNREADABLE", message, "Run the same command again.")
    return Outcome(item, "failed" if failure else "done", failure, answer.seconds, answer.losses)


def _made_from(item: BatchItem, config: FacewrightConfig, rig_digest: str) -> dict[str, str]:
    with item.photo.open("rb") as stream:
        photo = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"photo_sha256": photo, "config_sha256": config.digest(), "rig_sha256": rig_digest}


def write_summary(summary: Summary, path: Path) -> None:
    """Write the table of all photos: file, folder, status, reason, message, remedy, seconds, one column a loss."""
    names = list(dict.fromkeys(name for outcome in summary.outcomes for name in outcome.losses))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["file", "folder", "status", "reason", "message", "remedy", "seconds", *(f"loss_{n}" for n in names)]
    )
    for outcome in summary.outcomes:
        why = outcome.failure or Failure("", "", "")
        losses = [f"{outcome.losses[name]:.6g}" if name in outcome.losses else "" for name in names]
        row = [outcome.item.photo, outcome.item.folder.name, outcome.status, why.reason, why.message, why.remedy]
        table.writerow([*row, f"{outcome.seconds:.2f}", *losses])
    atomic_write(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8"))

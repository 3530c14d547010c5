"""The models of a backend, one instance on one device: loaded, tried, and used by the device's thread alone."""

import dataclasses
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from facewright.config import FacewrightConfig
from facewright.datatypes import FitResult, Look, Observations, Progress, RenderJob
from facewright.engine.cameras import orbit_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.errors import OutOfMemory, OutputNotWritable
from facewright.pipelines.heartbeat import Heartbeat, Stopped, no_beat
from facewright.pipelines.live import LivePipeline
from facewright.pipelines.outputs import head_without_photo, render_front, write_outputs
from facewright.pipelines.photo import PhotoPipeline
from facewright.recent import Recent
from facewright.rig.anchors import eye_centres
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of

LOG = logging.getLogger(__name__)
T = TypeVar("T")

KEPT_SETTINGS = 8
"""So many sets of settings stay prepared."""

TRIAL_PX, TRIAL_STEPS, TRIAL_SEED = 384, 2, 7
"""The fit that is made before the server is ready: of a random head's own picture."""


@dataclass(frozen=True, eq=False)
class FitOrder:
    """What a fit shall do.

    Attributes:
        photos: (H, W, 3) RGB uint8 of one person, the first decides the shape.
        face_index: which face of the first photo.
        config: rig and settings.
        outputs: files to return, of `pipelines.outputs.OUTPUTS`.
        preview_px: side of the pictures on the way; 0 for none.
        preview_ms: shortest time between two of them.
        with_skin: whether the photo skin is part of the answer.
    """

    photos: tuple[np.ndarray, ...]
    face_index: int
    config: FacewrightConfig
    outputs: tuple[str, ...] = ()
    preview_px: int = 0
    preview_ms: int = 1000
    with_skin: bool = False


@dataclass(frozen=True, eq=False)
class FittedHead:
    """What a fit gave.

    Attributes:
        result: the head.
        files: names and bytes of the files that were asked for.
    """

    result: FitResult
    files: tuple[tuple[str, bytes], ...]


def try_fit(pipeline: PhotoPipeline) -> None:
    """Fit a random head's picture, a few steps, so that the first real fit is not slower and what is broken shows."""
    generator = np.random.default_rng(TRIAL_SEED)
    prior = prior_of(pipeline.rig)
    parameters = np.clip(prior.mean + 0.5 * prior.factors @ generator.normal(size=prior.factors.shape[1]), 0, 1)
    image = render_front(pipeline, parameters.astype(np.float32), Look(NEUTRAL_COLOURS), TRIAL_PX)
    few = dataclasses.replace(pipeline.config.fitting, iterations=TRIAL_STEPS)
    pipeline.with_config(dataclasses.replace(pipeline.config, fitting=few))(image)


class Workshop:
    """Holds the pipelines.

    Args:
        config: rig, device, engine and cache; its settings are the defaults of every request.
        open_pipeline: loads a pipeline.
        trial: what is done once with the default rig's pipeline before the server is ready.
    """

    def __init__(
        self,
        config: FacewrightConfig,
        open_pipeline: Callable[[FacewrightConfig], PhotoPipeline] = PhotoPipeline.from_config,
        trial: Callable[[PhotoPipeline], None] = try_fit,
    ) -> None:
        self.config, self.notice = config, ""
        self._open_pipeline, self._trial = open_pipeline, trial
        self._loaded: dict[str, PhotoPipeline] = {}
        self._prepared: Recent[str, PhotoPipeline] = Recent(KEPT_SETTINGS)
        self._live: dict[str, LivePipeline] = {}
        self._lock = threading.Lock()
        self._thread: int | None = None
        self.device = ""
        self.weight_hashes: dict[str, str] = {}

    def open(self) -> None:
        """Load the default rig's pipeline and try it.

        Raises:
            FacewrightError: something is missing or broken.
        """
        self._thread = threading.get_ident()
        started = time.perf_counter()
        self._survive(lambda: self._trial(self.pipeline(self.config)))
        LOG.info("loaded and warm after %.1f s", time.perf_counter() - started)

    def pipeline(self, config: FacewrightConfig) -> PhotoPipeline:
        """Return the pipeline for a config of which rig and settings may differ from the server's own.

        Raises:
            FacewrightError: the rig cannot be loaded, or does not have what is asked for.
        """
        if threading.get_ident() != self._thread:
            raise RuntimeError("the pipelines belong to the device's thread")
        return self._prepared.get(f"{config.rig} {config.digest()}", lambda: self._prepare(config))

    def live_pipeline(self, rig: Rig) -> LivePipeline:
        """Return what live tracking of a rig needs, with the networks of the default rig's pipeline; for any thread."""
        with self._lock:
            if rig.id not in self._live:
                default = self._live[self.config.rig]
                self._live[rig.id] = default.for_rig(rig)
            return self._live[rig.id]

    def fit(self, order: FitOrder, progress: Callable[[Progress], None], cancel: threading.Event) -> FittedHead:
        """Fit a head and make the files that are asked for.

        Raises:
            FacewrightError: the photo cannot be used, or the work was cancelled before there was a head.
            OutOfMemory: neither the device nor the CPU has enough memory.
        """

        def work() -> FittedHead:
            pipeline = self.pipeline(order.config)
            photo, *more = order.photos
            result, observations = pipeline(photo, order.face_index, progress, cancel, more)
            if not order.outputs or cancel.is_set():
                return FittedHead(result, ())
            beat = Heartbeat(progress, cancel)
            beat.show(result.parameters, result.look)
            beat.tell(Progress("write", 0, 1))
            with suppress(Stopped):
                return FittedHead(*_made(pipeline, result, observations, order.outputs, beat))
            return FittedHead(result, ())

        return self._survive(work)

    def draw_front(self, config: FacewrightConfig, parameters: np.ndarray, look: Look, side_px: int) -> np.ndarray:
        """Draw a neutral head from the front: (side_px, side_px, 3) RGB uint8."""
        return render_front(self.pipeline(config), parameters, look, side_px)

    def draw(
        self,
        rig_id: str,
        head: tuple[np.ndarray, Look, np.ndarray],
        side_px: int,
        yaw_rad: float,
        pitch_rad: float,
    ) -> np.ndarray:
        """Draw parameters (P,), look and expression (E,) from any side: (side_px, side_px, 3) RGB uint8."""
        pipeline = self.pipeline(dataclasses.replace(self.config, rig=rig_id))
        parameters, look, expression = head
        eyes = eye_centres(pipeline.rig, pipeline.vertices(parameters))
        camera = orbit_camera(eyes, yaw_rad, pitch_rad, side_px)
        pieces = pipeline.pieces(parameters, look.style, expression)
        job = RenderJob(pipeline.vertices(parameters, expression), camera, look, DEFAULT_LIGHTING, pieces)
        return pipeline.engine.render([job])[0].image

    def files(
        self, rig_id: str, parameters: np.ndarray, look: Look, outputs: tuple[str, ...]
    ) -> tuple[tuple[str, bytes], ...]:
        """Make files of a head without a photo.

        Args:
            rig_id: of the head.
            parameters: (P,) in [0, 1].
            look: colours, skin, style.
            outputs: which, of `pipelines.outputs.OUTPUTS`.

        Returns:
            Name and bytes of each.
        """
        pipeline = self.pipeline(dataclasses.replace(self.config, rig=rig_id))
        head = head_without_photo(pipeline, parameters, look)
        return _made(pipeline, head, None, outputs, no_beat)[1]

    def _prepare(self, config: FacewrightConfig) -> PhotoPipeline:
        if config.rig not in self._loaded:
            self._take_in(self._open_pipeline(dataclasses.replace(self.config, rig=config.rig)))
        return self._loaded[config.rig].with_config(config)

    def _take_in(self, pipeline: PhotoPipeline) -> None:
        """Keep a loaded pipeline; the default rig's one gives its networks to live tracking."""
        self._loaded[pipeline.config.rig] = pipeline
        if pipeline.config.rig == self.config.rig:
            with self._lock:
                self._live = {pipeline.config.rig: LivePipeline.from_photo_pipeline(pipeline)}
            self.device, self.weight_hashes = pipeline.device, dict(pipeline.weight_hashes)

    def _survive(self, work: Callable[[], T]) -> T:
        """Do work again on the CPU, for good, when the device runs out of memory.

        Raises:
            OutOfMemory: the CPU does as well.
        """
        try:
            return work()
        except (torch.OutOfMemoryError, MemoryError) as error:
            if self.config.device == "cpu" or not any(one.device != "cpu" for one in self._loaded.values()):
                raise OutOfMemory(
                    "there is too little memory for this work", "send a smaller photo, or end other programs"
                ) from error
            LOG.warning("the device is out of memory: the CPU takes over")
        self.notice = "The device ran out of memory: the CPU is used, which is slower. Restart the server to try again."
        self.config = dataclasses.replace(self.config, device="cpu")
        self._loaded.clear()
        self._prepared.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return self._survive(work)


def _made(
    pipeline: PhotoPipeline,
    result: FitResult,
    observations: Observations | None,
    outputs: tuple[str, ...],
    beat: Callable[[], None],
) -> tuple[FitResult, tuple[tuple[str, bytes], ...]]:
    """Write files into a temporary folder; return the result with the time of it, and name and bytes of each."""
    try:
        with tempfile.TemporaryDirectory(prefix="facewright-") as temporary:
            folder = Path(temporary) / "head"
            written = write_outputs(pipeline, result, observations, folder, outputs, beat)
            return written, tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))
    except (OSError, OutputNotWritable) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        why = getattr(cause, "strerror", None) or "no reason given"
        raise OutputNotWritable(
            f"the backend could not write its temporary files: {why}", "free disk space on the backend's machine"
        ) from error

"""From one photo to one head: composes perception and fitting, no maths."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from facewright import model_files, weights
from facewright.config import FacewrightConfig, choose_device
from facewright.datatypes import FitResult, Look, Observations, PosedPiece, Progress, Style
from facewright.engine.opening import Engine, open_engine
from facewright.errors import RigInvalid
from facewright.fitting.correction import LandmarkCorrection, correction_features, load_correction
from facewright.fitting.landmark_fit import LandmarkFit, LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.fitting.optimizer import optimise
from facewright.fitting.style_choice import CueMetric, read_metrics
from facewright.networks.imitator import Imitator
from facewright.perception.image import decode_image
from facewright.perception.observe import Observer
from facewright.perception.style_renders import HeadInPhoto
from facewright.pipelines.heartbeat import CancelEvent, Heartbeat, ProgressCallback, Stopped, timed
from facewright.pipelines.matching import match_detection
from facewright.pipelines.outputs import write_outputs
from facewright.pipelines.refinement import imitation_problem
from facewright.pipelines.skin import SkinMaker, add_photo_skin, observe_others
from facewright.pipelines.styling import STYLE_READER, Stylist, checked_style, merged
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.rig.styles import look_from_vector, look_size, look_vector

LOG = logging.getLogger(__name__)

PARSER = "parser"
"""Name of the file of the face parser in the rig's folder; a rig without one trusts landmarks alone."""


@dataclass(frozen=True, eq=False)
class _Head:
    """A head on its way: where it is and how it looks so far.

    Attributes:
        fit: shape, expression and place.
        look: colours and style.
        landmarks_px: (K, 3) of the photo, without the network's errors once they are known.
        choices: how probable each choice was that was read off the photo.
        losses: by name.
    """

    fit: LandmarkFit
    look: Look
    landmarks_px: np.ndarray
    choices: dict[str, dict[str, float]] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)


class PhotoPipeline:
    """Everything that a fit needs, loaded once.

    Args:
        rig: a rig with prior, landmark map and appearance.
        engine: draws the rig.
        observer: measures photos; its networks measure renders as well.
        imitator: imitates the engine; None leaves the imitator stage out.
        correction: learnt correction of the landmark fit; None leaves it out.
        config: all settings.
        device: torch device of the networks.
        weight_hashes: sha256 of every file of network weights by name, for the record.
        style_metrics: of the style groups that are read off photos; None reads none.

    Raises:
        RigInvalid: the rig lacks what a fit needs.
        ConfigInvalid: the rig has no choice that is asked for.
    """

    def __init__(
        self,
        rig: Rig,
        engine: Engine,
        observer: Observer,
        imitator: Imitator | None,
        correction: LandmarkCorrection | None,
        config: FacewrightConfig,
        device: str = "cpu",
        weight_hashes: dict[str, str] | None = None,
        style_metrics: dict[str, CueMetric] | None = None,
    ) -> None:
        if rig.prior is None or rig.landmarks is None or rig.appearance is None:
            raise RigInvalid(
                f"rig {rig.id} has no prior, landmark map or appearance, which a fit needs",
                "build them as rigs/README.md describes",
            )
        self.rig, self.engine, self.device = rig, engine, device
        self.weight_hashes = weight_hashes or {}
        self.decoder = RigDecoder(rig)
        self._wardrobe = Wardrobe(rig, self.decoder)
        self.model = LandmarkModel(rig)
        self.observer, self.detector = observer, observer.detector
        self.landmarker, self.embedder = observer.landmarker, observer.embedder
        self.imitator, self._correction, self._style_metrics = imitator, correction, style_metrics or {}
        self.skin_maker: SkinMaker | None = None
        self._set_up(config)

    def with_config(self, config: FacewrightConfig) -> "PhotoPipeline":
        """Return a pipeline with other settings of fitting, style, skin and output that shares rig, engine, networks.

        A stage whose network this pipeline was loaded without stays out.

        Raises:
            ConfigInvalid: the rig has no such choice.
        """
        other = copy(self)
        other._set_up(config)
        return other

    def _set_up(self, config: FacewrightConfig) -> None:
        self.config = config
        self.forced_style = checked_style(self.rig, Style(**vars(config.style)))
        metrics = self._style_metrics if config.fitting.choose_styles else {}
        self._stylist = Stylist(self.rig, self.engine, metrics, config.fitting, self.forced_style)
        atlas = self.skin_maker.atlas if self.skin_maker else None
        self.skin_maker = SkinMaker(self, config.skin, atlas) if config.skin.share > 0 else None

    @classmethod
    def from_config(cls, config: FacewrightConfig) -> "PhotoPipeline":
        """Load rig, engine and networks.

        Raises:
            FacewrightError: a rig, an engine or a model file is missing or broken.
        """
        device = choose_device(config.device)
        files = config.weights_dir()
        folder, imitating = RIGS_DIR / config.rig, config.fitting.imitator_stage
        rig = load_rig(config.rig, cache_dir=config.compiled_rigs_dir())
        hashes = {name: entry.sha256 for name, entry in model_files.catalogue().items()}
        for name in ("imitator", "correction", STYLE_READER, PARSER):
            if (folder / f"{name}.safetensors").is_file():
                hashes[name] = model_files.digest(folder / f"{name}.safetensors")
        if config.skin.share > 0 and PARSER not in hashes:
            LOG.warning("rig %s has no parser: hair and glasses of the photo may get onto the skin", config.rig)
        correction = None
        if config.fitting.learnt_correction and rig.prior is not None:
            correction = load_correction(folder / "correction.safetensors", rig.prior.factors.shape[1], rig.version)
        metrics = None
        if config.fitting.choose_styles and rig.styles:
            metrics = read_metrics(folder / f"{STYLE_READER}.safetensors", rig.version)
        observer = Observer(
            weights.load_detector(device, files),
            weights.load_landmarker(device, files),
            weights.load_iris_landmarker(device, files),
            weights.load_segmenter(device, files),
            weights.load_embedder(device, files),
            weights.load_parser(folder / f"{PARSER}.safetensors", device) if PARSER in hashes else None,
        )
        return cls(
            rig,
            open_engine(rig, config.engine),
            observer,
            _load_imitator(folder, rig, device) if imitating else None,
            correction,
            config,
            device,
            hashes,
            metrics,
        )

    def observe(self, photo: np.ndarray) -> Observations:
        """Measure the largest face of a photo (H, W, 3), RGB uint8, once.

        Raises:
            FacewrightError: the photo cannot be used.
        """
        return self.observer(photo)

    def __call__(
        self,
        photo: np.ndarray,
        face_index: int = 0,
        progress: ProgressCallback | None = None,
        cancel: CancelEvent | None = None,
        more_photos: Sequence[np.ndarray] = (),
    ) -> tuple[FitResult, Observations]:
        """Fit a head to a photo.

        Args:
            photo: (H, W, 3) RGB uint8, upright.
            face_index: which face, 0 is the largest.
            progress: told about every stage and step.
            cancel: once set, the work ends after the step; the best head so far is returned, without the photo's skin.
            more_photos: others of the same person, whose largest faces add to the skin.

        Returns:
            The head and what was measured on the photo.

        Raises:
            Cancelled: stopped before there was a head.
            FacewrightError: the photo cannot be used.
        """
        stage_ms: dict[str, float] = {}
        beat = Heartbeat(progress, cancel)
        with beat.stage(stage_ms, "observe"):
            observations = self.observer(photo, face_index)
            others = observe_others(self, observations, more_photos, beat)
        with beat.stage(stage_ms, "landmarks"):
            fit = self._fit_landmarks(observations)
        head = self._refined(
            _Head(fit, Look(observations.colours), observations.landmarks_px), observations, beat, stage_ms
        )
        with timed(stage_ms, "head pose"):
            posed = LandmarkFitConfig(solve_code=False)
            fit = fit_landmarks(self.model, head.landmarks_px, posed, head.fit.code)
        result = FitResult(
            parameters=self.model.parameters(fit.code),
            expression=fit.expression,
            photo_camera=fit.camera(observations.photo.shape[1::-1]),
            look=replace(head.look, style=merged(head.look.style, self.forced_style)),
            lighting=observations.lighting,
            losses=head.losses,
            stage_ms=stage_ms,
            choices=head.choices,
        )
        if self.skin_maker is not None:
            beat.show(result.parameters, result.look)
            with suppress(Stopped), beat.stage(stage_ms, "skin", len(others) + 1):
                result = add_photo_skin(self, self.skin_maker, result, fit.code, [observations, *others], beat)
        LOG.info("fit: rig %s, %s", self.rig.id, ", ".join(f"{name} {ms:.0f} ms" for name, ms in stage_ms.items()))
        return result, observations

    def _refined(
        self, head: "_Head", observations: Observations, beat: Heartbeat, stage_ms: dict[str, float]
    ) -> "_Head":
        """Read the style, match the detection and go through the imitator, as far as the time until a stop allows."""
        head = replace(head, losses={"landmarks": head.fit.residual_ratio})
        try:
            with beat.stage(stage_ms, "style"):
                look, choices = self._choose_style(head.fit, observations, beat)
            head = replace(head, look=look, choices=choices)
            with beat.stage(stage_ms, "detection"):
                fit, landmarks_px = match_detection(self, head.fit, observations, look)
            losses = {"landmarks": fit.residual_ratio}
            head = replace(head, fit=fit, landmarks_px=landmarks_px, losses=losses)
            settings = self.config.fitting
            if self.imitator is not None and settings.imitator_stage and settings.iterations > 0:
                beat.show(self.model.parameters(fit.code), look)
                with timed(stage_ms, "imitator"):
                    side = self.imitator.config.side_px
                    problem = imitation_problem(self, side, fit, observations, look, choices, beat)
                    best = optimise(
                        self.imitator,
                        problem,
                        settings,
                        lambda step, loss: beat.tell(Progress("imitator", step, settings.iterations, loss)),
                        lambda: beat.is_stopping,
                    )
                if problem.target.relaxed:
                    look = look_from_vector(best.look.cpu().numpy(), self.rig.styles)
                fit = replace(fit, code=best.code.double().numpy())
                head = replace(head, fit=fit, look=look, losses=losses | best.losses)
        except Stopped:
            LOG.info("stopped: the head stays as it is")
        return head

    def vertices(self, parameters: np.ndarray, expression: np.ndarray | None = None) -> np.ndarray:
        """Decode one head: (P,) parameters and (E,) expression, neutral when None, to (V, 3) metres."""
        shape = None if expression is None else torch.from_numpy(np.asarray(expression, np.float32))[None]
        with torch.no_grad():
            return self.decoder.vertices(torch.from_numpy(np.asarray(parameters, np.float32))[None], shape)[0].numpy()

    def pieces(
        self, parameters: np.ndarray, style: Style, expression: np.ndarray | None = None
    ) -> tuple[PosedPiece, ...]:
        """Pose what one head wears: (P,) parameters, its choices and (E,) expression, neutral when None."""
        return self._wardrobe.dress(parameters, style, expression)

    def imitate(self, parameters: np.ndarray, look: Look) -> np.ndarray | None:
        """Draw (S, S, 3) RGB uint8 of what the imitator makes of (P,) parameters; None without an imitator."""
        if self.imitator is None:
            return None
        inputs = (
            torch.from_numpy(np.asarray(part, np.float32))[None]
            for part in (parameters, look_vector(look, self.rig.styles))
        )
        with torch.no_grad():
            image, _ = self.imitator(*(part.to(self.device) for part in inputs))
        return (image[0].permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)

    def pose_matrices(self, parameters: np.ndarray) -> np.ndarray:
        """Return (J, 4, 4) world from bone of the skeleton posed by (P,) parameters."""
        with torch.no_grad():
            channels = self.decoder.channels(torch.from_numpy(np.asarray(parameters, np.float32))[None])
            return self.decoder.pose_matrices(channels)[0].numpy()

    def _fit_landmarks(self, observations: Observations) -> LandmarkFit:
        switches = self.config.fitting
        if not switches.landmark_stage:
            mean_head = LandmarkFitConfig(solve_code=False)
            return fit_landmarks(self.model, observations.landmarks_px, mean_head)
        fit = fit_landmarks(self.model, observations.landmarks_px, LandmarkFitConfig())
        if self._correction is None or not switches.learnt_correction:
            return fit
        code = self._correction.code(correction_features(self.model, fit, observations.landmarks_px))
        return fit_landmarks(self.model, observations.landmarks_px, LandmarkFitConfig(solve_code=False), code)

    def _choose_style(
        self, fit: LandmarkFit, observations: Observations, beat: Heartbeat
    ) -> tuple[Look, dict[str, dict[str, float]]]:
        """Return the look of the photo and how probable each choice that was read off it is."""
        parameters = self.model.parameters(fit.code)
        head = HeadInPhoto(
            self.vertices(parameters, fit.expression),
            fit.camera(observations.photo.shape[1::-1]),
            observations.landmarks_px,
            Look(observations.colours),
            observations.lighting,
            lambda style: self.pieces(parameters, style, fit.expression),
        )
        return self._stylist(head, parameters, observations, beat)


def _load_imitator(folder: Path, rig: Rig, device: str) -> Imitator:
    counts = (len(rig.parameters), look_size(rig.styles))
    return weights.load_imitator(folder / "imitator.safetensors", rig.version, *counts, device)


def fit_photo(
    pipeline: PhotoPipeline,
    photo_path: Path,
    out_dir: Path,
    face_index: int = 0,
    progress: ProgressCallback | None = None,
    more_paths: Sequence[Path] = (),
) -> FitResult:
    """Decode a photo, fit a head and write all results.

    Args:
        pipeline: loaded parts.
        photo_path: image file.
        out_dir: folder of the results, made when missing.
        face_index: which face, 0 is the largest.
        progress: told about every stage and step.
        more_paths: other photos of the same person, which add to the skin.

    Returns:
        The head, with the writing in its stage times.

    Raises:
        FacewrightError: the photo cannot be used or the results cannot be written; nothing is half-written then.
    """
    photo, *more = (decode_image(path) for path in (photo_path, *more_paths))
    result, observations = pipeline(photo, face_index, progress, more_photos=more)
    if progress:
        progress(Progress("write", 0, 1))
    return write_outputs(pipeline, result, observations, out_dir)

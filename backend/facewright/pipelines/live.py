"""From camera frames to expressions: follows one face through a stream; composes perception, fitting and expression."""

import numpy as np

from facewright import weights
from facewright.config import FacewrightConfig, choose_device
from facewright.datatypes import ARKIT_52, Camera, LiveExpression
from facewright.errors import CalibrationInvalid, RigInvalid
from facewright.expression.calibration import AskedPose, Calibration, PersonMemory
from facewright.expression.morphable_model import morphable_model
from facewright.expression.reading import FaceReading, shut_lids
from facewright.expression.smoothing import FrameClock, OneEuroFilter
from facewright.expression.solver import Expectation, ExpressionFit, ExpressionSolver, SolverConfig
from facewright.fitting.landmark_fit import LandmarkModel
from facewright.networks.detector import Detector
from facewright.networks.expression_reader import ExpressionReader
from facewright.networks.landmarker import FaceLandmarker
from facewright.perception.expression_crops import cut_crops, describe_shape, to_crops
from facewright.perception.following import find_face, follow_face
from facewright.perception.landmarks import LocatedFace
from facewright.pipelines.live_identity import IdentityLearner, is_good
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.head_pose import HeadPose, rotation_in_photo
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig

HOLD_S = 0.5
"""How long the last expression stands for a face that is not seen."""

EASE_S = 0.15
"""Time constant of the way to the neutral face after that."""

IS_EYE = np.array([name.startswith("eye") for name in ARKIT_52])
CUTOFF_HZ, SPEED_GAIN, SPEED_CUTOFF_HZ = np.where(IS_EYE, 2.0, 1.0), np.where(IS_EYE, 20.0, 5.0), 3.0
"""Of the filter of the coefficients (OneEuroFilter): lids are quick. On films with known truth (benchmarks/live.py) it
takes three quarters of the jitter out of a still face, delays moves by 8 ms and leaves the mean error as it is."""

POSE_CUTOFF_HZ, POSE_SPEED_GAIN = 2.0, 30.0
"""Of the filter of the head pose, in rad and fractions of the frame's longer side."""


BESIDE_A_READER = SolverConfig(sigma_ratio=0.14, first_iterations=3, iterations=1, landmark_step=3)
"""A reader has seen the landmarks already, so a third of them is enough, and together they count for a quarter of what
they do without one: the driven rig comes nearer to them on real faces, and on films with known truth all is as true as
by the reader alone (decision record 0013)."""

WATCH_PAUSE_S = 0.15
"""So often a known person is looked at as a stranger, to see whether the face rests."""

LARGEST_BASELINE = 0.9
"""Even a face that was calibrated with its mouth open can open it further."""

READER = "expression_reader"
"""Name of the file of a rig's expression reader, without its ending."""


class LivePipeline:
    """What all streams share, loaded once; several threads may use it.

    Args:
        rig: a rig with prior and landmark map.
        detector: finds faces.
        landmarker: locates 468 landmarks; a quick one is worth it.
        reader: the rig's expression reader; without one, expressions come from the landmarks alone.
        model: the rig's landmark points, if they are loaded already.

    Raises:
        RigInvalid: the rig lacks what tracking needs.
    """

    def __init__(
        self,
        rig: Rig,
        detector: Detector,
        landmarker: FaceLandmarker,
        reader: ExpressionReader | None = None,
        model: LandmarkModel | None = None,
    ) -> None:
        if rig.prior is None or rig.landmarks is None:
            raise RigInvalid(
                f"rig {rig.id} has no prior or landmark map, which tracking needs",
                "build them as rigs/README.md describes",
            )
        self.rig, self.detector, self.landmarker = rig, detector, landmarker
        self.reading = None if reader is None else FaceReading(reader)
        self.model = model or LandmarkModel(rig)

    @classmethod
    def from_config(cls, config: FacewrightConfig) -> "LivePipeline":
        """Load rig and networks.

        Raises:
            FacewrightError: the rig or a model file is missing or broken.
        """
        device, files = choose_device(config.device), config.weights_dir()
        rig = load_rig(config.rig, cache_dir=config.compiled_rigs_dir())
        networks = weights.load_detector(device, files), weights.load_quick_landmarker(device, files)
        return cls(rig, *networks, load_reader(rig))

    @classmethod
    def from_photo_pipeline(cls, loaded: PhotoPipeline) -> "LivePipeline":
        """Share rig, detector and landmark points with a photo pipeline.

        Raises:
            FacewrightError: a model file is missing or broken.
        """
        landmarker: FaceLandmarker = loaded.landmarker
        if loaded.device == "cpu":
            landmarker = weights.load_quick_landmarker("cpu", loaded.config.weights_dir())
        return cls(loaded.rig, loaded.detector, landmarker, load_reader(loaded.rig), loaded.model)

    def for_rig(self, rig: Rig) -> "LivePipeline":
        """Share the networks with another rig.

        Raises:
            FacewrightError: the rig lacks what tracking needs, or its expression reader is damaged.
        """
        return LivePipeline(rig, self.detector, self.landmarker, load_reader(rig))

    def open(
        self,
        identity: np.ndarray | None = None,
        smoothing: bool = True,
        calibration: Calibration | None = None,
        prediction_s: float = 0.0,
        learns_aside: bool = False,
    ) -> "LiveTracker":
        """Begin a stream.

        Args:
            identity: (P,) rig parameters of the person; estimated from the first good frames when None.
            smoothing: whether coefficients and head pose are freed of jitter.
            calibration: of the person, from an earlier stream.
            prediction_s: how far ahead expressions are predicted, to make up for delay; more means more overshoot.
            learns_aside: whether an unknown identity is learnt in a thread of its own.

        Returns:
            A tracker that has seen no face yet.

        Raises:
            ValueError: the identity has a wrong shape.
            CalibrationInvalid: the calibration is for another rig or version.
        """
        return LiveTracker(self, identity, smoothing, calibration, prediction_s, learns_aside)

    def solver(self, identity: np.ndarray) -> ExpressionSolver:
        """Return a solver for the head of (P,) rig parameters."""
        config = SolverConfig() if self.reading is None else BESIDE_A_READER
        return ExpressionSolver(morphable_model(self.model.landmark_points, identity), config)


def load_reader(rig: Rig) -> ExpressionReader | None:
    """Return the expression reader of a rig, None if it has none; on the CPU, as it is too small to move frames for.

    Raises:
        WeightsCorrupt: the file is damaged or of another version of the rig.
    """
    path = RIGS_DIR / rig.id / f"{READER}.safetensors"
    return weights.load_expression_reader(path, rig.version) if path.is_file() else None


class LiveTracker:
    """Follows one face through the frames of one stream; made by `LivePipeline.open`, for one thread at a time.

    Attributes:
        identity: (P,) rig parameters of the head that is fitted to the frames.
        landmarks_px: (K, 3) that were seen last, x right, y down, z away from the camera; None while no face is known.
        calibration_problem: why the last calibration came to nothing; None if it did not, or is under way.
    """

    def __init__(
        self,
        pipeline: LivePipeline,
        identity: np.ndarray | None,
        smoothing: bool,
        calibration: Calibration | None,
        prediction_s: float,
        learns_aside: bool,
    ) -> None:
        self._pipeline, self._is_smoothing, self._prediction_s = pipeline, smoothing, prediction_s
        self._fit: ExpressionFit | None = None
        self._learner = None if identity is not None else IdentityLearner(pipeline.model, learns_aside)
        self._set_identity(pipeline.model.parameters(np.zeros(pipeline.model.rank)) if identity is None else identity)
        self._person: PersonMemory | None = None
        if pipeline.reading is not None:
            self._person = PersonMemory(pipeline.reading.fingerprint, pipeline.reading.feature_size, calibration)
        self._based_on: np.ndarray | None = None
        self._at_rest = np.zeros(len(ARKIT_52))
        self._asked: AskedPose | None = None
        self._unwatched_s = 0.0
        self.calibration_problem: CalibrationInvalid | None = None
        self._clock, self._unseen_s = FrameClock(), np.inf
        self.landmarks_px: np.ndarray | None = None
        self._frame_shape: tuple[int, ...] = ()
        self._coefficients = np.zeros(len(ARKIT_52))
        self._camera: Camera | None = None
        self._expression_filter = OneEuroFilter(CUTOFF_HZ, SPEED_GAIN, SPEED_CUTOFF_HZ)
        self._pose_filter = OneEuroFilter(POSE_CUTOFF_HZ, POSE_SPEED_GAIN)

    @property
    def calibration(self) -> Calibration | None:
        """What is known of the person, to be kept for the next stream; None while the resting face is not known."""
        return None if self._person is None else self._person.calibration

    def calibrate(self, pose: str) -> None:
        """Watch the coming second of frames, in which the person holds an expression.

        Args:
            pose: "neutral", or "open_mouth", "blink", "smile" for how far those go.

        Raises:
            CalibrationInvalid: there is no such pose, or the rig has no expression reader.
        """
        if self._person is None:
            raise CalibrationInvalid(
                f"rig {self._pipeline.rig.id} has no expression reader to calibrate", "take another rig"
            )
        self._asked, self.calibration_problem = AskedPose(pose), None

    @property
    def is_calibrating(self) -> bool:
        """Whether a calibration is under way."""
        return self._asked is not None

    def __call__(self, frame: np.ndarray, time_s: float) -> LiveExpression:
        """Read the expression of the next frame.

        Args:
            frame: (H, W, 3) RGB uint8, upright.
            time_s: when it was taken, in seconds of any clock; one that does not grow is tolerated.

        Returns:
            The expression; while no face is seen the last one, after HOLD_S on its way to neutral.

        Raises:
            ValueError: the frame is no such array.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or not frame.size:
            raise ValueError(f"frame: expected (H, W, 3) uint8, found {frame.shape} {frame.dtype}")
        step_s = self._clock(time_s)
        face = self._locate(frame)
        if face is None:
            return self._without_face(step_s, time_s)
        self.landmarks_px, self._frame_shape, self._unseen_s = face.landmarks_px, frame.shape, 0.0
        if self._learner is not None:
            better = self._learner.watch(face.landmarks_px, step_s)
            if better is not None:
                self._set_identity(better)
        fit = self._fit = self._solver(face.landmarks_px, self._fit, self._read(face, step_s))
        self._coefficients, pose = fit.coefficients, fit.pose
        if self._person is not None:
            self._coefficients = np.minimum(self._coefficients * self._person.gains, 1.0)
        if self._is_smoothing:
            self._coefficients = self._expression_filter(self._coefficients, time_s, self._prediction_s).clip(0.0, 1.0)
            pose = self._smooth_pose(pose, max(frame.shape), time_s)
        self._camera = pose.camera(frame.shape[1::-1])
        return LiveExpression(self._coefficients.copy(), self._camera, "tracked")

    def _read(self, face: LocatedFace, step_s: float) -> Expectation | None:
        """Read the face off its pixels, if the rig has a reader, and learn what it looks like at rest."""
        reading, person = self._pipeline.reading, self._person
        if reading is None or person is None:
            return None
        eyes, mouth = cut_crops(face.crop, face.in_crop)
        shape = describe_shape(face.in_crop, reading.template)
        features = reading.look(to_crops(eyes[None], mouth[None], shape[None]))
        read, none = reading.read(features, person.rest), self._baseline(reading, person.rest)
        values = shut_lids(np.maximum(read.coefficients - none, 0.0) / (1.0 - none))
        self._unwatched_s += step_s
        if self._asked is not None:
            if self._asked.watch(features, values, step_s):
                self._conclude(self._asked, person)
        elif person.rest is None or self._unwatched_s >= WATCH_PAUSE_S:
            stranger = read if person.rest is None else reading.read(features, None)
            is_frontal = is_good(face.landmarks_px)
            person.watch(features, stranger.coefficients, values, is_frontal, self._unwatched_s)
            self._unwatched_s = 0.0
        rotation = rotation_in_photo(read.turn, face.crop_from_photo)
        return Expectation(values, read.sigma, rotation, read.turn_sigma_rad)

    def _baseline(self, reading: FaceReading, rest: np.ndarray | None) -> np.ndarray:
        """Return the (E,) coefficients that are read of the resting face: what counts as none."""
        if rest is not None and rest is not self._based_on:
            self._based_on = rest
            self._at_rest = np.minimum(reading.read(rest, rest).coefficients, LARGEST_BASELINE)
        return self._at_rest

    def _conclude(self, asked: AskedPose, person: PersonMemory) -> None:
        self._asked = None
        try:
            asked.conclude(person)
        except CalibrationInvalid as error:
            self.calibration_problem = error

    def _locate(self, frame: np.ndarray) -> LocatedFace | None:
        """Find the followed face again, or the largest one if none is followed."""
        detector, landmarker, last_px = self._pipeline.detector, self._pipeline.landmarker, self.landmarks_px
        if last_px is None or frame.shape != self._frame_shape:
            return find_face(detector, landmarker, frame)
        followed = follow_face(landmarker, frame, last_px)
        return find_face(detector, landmarker, frame, last_px) if followed is None else followed

    def _without_face(self, step_s: float, time_s: float) -> LiveExpression:
        """Hold the last expression for a while, then ease it to neutral and look for any face."""
        self._unseen_s += step_s
        self._fit = None
        if self._unseen_s <= HOLD_S:
            return LiveExpression(self._coefficients.copy(), self._camera, "held")
        self.landmarks_px = None
        self._coefficients = self._coefficients * np.exp(-step_s / EASE_S)
        self._expression_filter(self._coefficients, time_s)  # so that a face that comes back starts from here
        self._pose_filter = OneEuroFilter(POSE_CUTOFF_HZ, POSE_SPEED_GAIN)
        return LiveExpression(self._coefficients.copy(), self._camera, "lost")

    def _set_identity(self, identity: np.ndarray) -> None:
        self.identity = np.array(identity, np.float32)
        self._solver = self._pipeline.solver(self.identity)
        self._fit = None

    def _smooth_pose(self, pose: HeadPose, side_px: int, time_s: float) -> HeadPose:
        return HeadPose.from_vector(self._pose_filter(pose.vector(side_px), time_s), side_px, pose.pivot_m)

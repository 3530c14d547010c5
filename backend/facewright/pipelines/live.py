"""From camera frames to expressions: follows one face through a stream; composes perception, fitting and expression."""

import numpy as np

from facewright import weights
from facewright.config import FacewrightConfig, choose_device
from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.errors import RigInvalid
from facewright.expression.morphable_model import morphable_model
from facewright.expression.smoothing import FrameClock, OneEuroFilter
from facewright.expression.solver import ExpressionFit, ExpressionSolver
from facewright.fitting.landmark_fit import LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.networks.detector import Detector
from facewright.networks.landmarker import Landmarker
from facewright.perception.alignment import eye_centres
from facewright.perception.following import find_face, follow_face
from facewright.perception.landmarks import SMALLEST_EYE_DISTANCE_PX, estimate_yaw
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.head_pose import HeadPose
from facewright.rig.nouns import Rig
from facewright.rig.spec import load_rig

HOLD_S = 0.5
"""How long the last expression stands for a face that is not seen."""

EASE_S = 0.15
"""Time constant of the way to the neutral face after that."""

IDENTITY_FRAMES = 5
IDENTITY_PAUSE_S = 0.2
"""An unknown person's identity is the mean over so many good frames, so far apart."""

IDENTITY_FIT = LandmarkFitConfig(iterations=4)
"""Four steps come within a thousandth of where eight end."""

LARGEST_IDENTITY_YAW_RAD = np.radians(25.0)
"""A frame is good for the identity when the head is turned by less and the eyes are far enough apart."""

POSE_CUTOFF_HZ, POSE_SPEED_GAIN = 2.0, 30.0
"""Of the filter of the head pose, in rad and fractions of the frame's longer side."""


class LivePipeline:
    """What all streams share, loaded once; several threads may use it.

    Args:
        rig: a rig with prior and landmark map.
        detector: finds faces.
        landmarker: locates 468 landmarks.
        model: the rig's landmark points, if they are loaded already.

    Raises:
        RigInvalid: the rig lacks what tracking needs.
    """

    def __init__(
        self, rig: Rig, detector: Detector, landmarker: Landmarker, model: LandmarkModel | None = None
    ) -> None:
        if rig.prior is None or rig.landmarks is None:
            raise RigInvalid(
                f"rig {rig.id} has no prior or landmark map, which tracking needs",
                "build them as rigs/README.md describes",
            )
        self.rig, self.detector, self.landmarker = rig, detector, landmarker
        self.model = model or LandmarkModel(rig)
        rank = self.model.rank
        self.model.code_jacobian(np.zeros(rank), np.zeros(len(ARKIT_52)))  # the first in a process takes two seconds

    @classmethod
    def from_config(cls, config: FacewrightConfig) -> "LivePipeline":
        """Load rig and networks.

        Raises:
            FacewrightError: the rig or a model file is missing or broken.
        """
        device, files = choose_device(config.device), config.weights_dir()
        return cls(
            load_rig(config.rig, cache_dir=config.compiled_rigs_dir()),
            weights.load_detector(device, files),
            weights.load_landmarker(device, files),
        )

    @classmethod
    def from_photo_pipeline(cls, loaded: PhotoPipeline) -> "LivePipeline":
        """Share rig and networks with a photo pipeline."""
        return cls(loaded.rig, loaded.detector, loaded.landmarker, loaded.model)

    def open(self, identity: np.ndarray | None = None, smoothing: bool = True) -> "LiveTracker":
        """Begin a stream.

        Args:
            identity: (P,) rig parameters of the person; estimated from the first good frames when None.
            smoothing: whether coefficients and head pose are freed of jitter.

        Returns:
            A tracker that has seen no face yet.

        Raises:
            ValueError: the identity has a wrong shape.
        """
        return LiveTracker(self, identity, smoothing)

    def solver(self, identity: np.ndarray) -> ExpressionSolver:
        """Return a solver for the head of (P,) rig parameters."""
        return ExpressionSolver(morphable_model(self.model.landmark_points, identity))


class LiveTracker:
    """Follows one face through the frames of one stream; made by `LivePipeline.open`, for one thread at a time.

    Attributes:
        identity: (P,) rig parameters of the head that is fitted to the frames.
    """

    def __init__(self, pipeline: LivePipeline, identity: np.ndarray | None, smoothing: bool) -> None:
        self._pipeline, self._is_smoothing = pipeline, smoothing
        self._codes: list[np.ndarray] = []
        self._has_identity = identity is not None
        self._set_identity(pipeline.model.parameters(np.zeros(pipeline.model.rank)) if identity is None else identity)
        self._identity_pause_s = 0.0
        self._clock, self._unseen_s = FrameClock(), np.inf
        self._landmarks_px: np.ndarray | None = None
        self._frame_shape: tuple[int, ...] = ()
        self._coefficients, self._camera = np.zeros(len(ARKIT_52)), None
        self._expression_filter, self._pose_filter = OneEuroFilter(), OneEuroFilter(POSE_CUTOFF_HZ, POSE_SPEED_GAIN)

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
        landmarks_px = self._locate(frame)
        if landmarks_px is None:
            return self._without_face(step_s, time_s)
        self._landmarks_px, self._frame_shape, self._unseen_s = landmarks_px, frame.shape, 0.0
        self._learn_identity(landmarks_px, step_s)
        self._fit = self._solver(landmarks_px, self._fit)
        self._coefficients, pose = self._fit.coefficients, self._fit.pose
        if self._is_smoothing:
            self._coefficients = self._expression_filter(self._coefficients, time_s)
            pose = self._smooth_pose(pose, max(frame.shape), time_s)
        self._camera = pose.camera(frame.shape[1::-1])
        return LiveExpression(self._coefficients.copy(), self._camera, "tracked")

    def _locate(self, frame: np.ndarray) -> np.ndarray | None:
        """Return the (K, 3) landmarks of the followed face, or of the largest one if none is followed."""
        networks, last_px = (self._pipeline.detector, self._pipeline.landmarker), self._landmarks_px
        if last_px is None or frame.shape != self._frame_shape:
            return find_face(*networks, frame)
        followed = follow_face(networks[1], frame, last_px)
        return find_face(*networks, frame, last_px) if followed is None else followed

    def _without_face(self, step_s: float, time_s: float) -> LiveExpression:
        """Hold the last expression for a while, then ease it to neutral and look for any face."""
        self._unseen_s += step_s
        self._fit = None
        if self._unseen_s <= HOLD_S:
            return LiveExpression(self._coefficients.copy(), self._camera, "held")
        self._landmarks_px = None
        self._coefficients = self._coefficients * np.exp(-step_s / EASE_S)
        self._expression_filter(self._coefficients, time_s)  # so that a face that comes back starts from here
        self._pose_filter = OneEuroFilter(POSE_CUTOFF_HZ, POSE_SPEED_GAIN)
        return LiveExpression(self._coefficients.copy(), self._camera, "lost")

    def _learn_identity(self, landmarks_px: np.ndarray, step_s: float) -> None:
        """Add a good frame to the estimate of an unknown person's identity."""
        self._identity_pause_s -= step_s
        if self._has_identity or self._identity_pause_s > 0:
            return
        right, left = eye_centres(landmarks_px)[:, :2]
        is_turned = abs(estimate_yaw(landmarks_px)) > LARGEST_IDENTITY_YAW_RAD
        if is_turned or np.linalg.norm(left - right) < SMALLEST_EYE_DISTANCE_PX:
            return
        self._codes.append(fit_landmarks(self._pipeline.model, landmarks_px, IDENTITY_FIT).code)
        self._set_identity(self._pipeline.model.parameters(np.mean(self._codes, axis=0)))
        self._identity_pause_s = IDENTITY_PAUSE_S
        self._has_identity = len(self._codes) == IDENTITY_FRAMES

    def _set_identity(self, identity: np.ndarray) -> None:
        self.identity = np.array(identity, np.float32)
        self._solver = self._pipeline.solver(self.identity)
        self._fit: ExpressionFit | None = None

    def _smooth_pose(self, pose: HeadPose, side_px: int, time_s: float) -> HeadPose:
        return HeadPose.from_vector(self._pose_filter(pose.vector(side_px), time_s), side_px, pose.pivot_m)

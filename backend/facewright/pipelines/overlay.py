"""A video that shows how a face is followed: landmarks and head axes on the person, the rig beside it, bars below."""

import cv2
import numpy as np
import torch

from facewright.datatypes import ARKIT_52, Camera, LiveExpression, Look, RenderJob
from facewright.engine.cameras import project
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.engine.opening import Engine
from facewright.errors import OutputNotWritable
from facewright.export.files import PendingFile
from facewright.pipelines.live import LiveTracker
from facewright.rig.anchors import eye_centres
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.head_pose import CAMERA_DISTANCE_M
from facewright.rig.nouns import Rig

PANEL_AREA_PX = 640 * 480
"""Area of the picture of the person and of the one of the rig; larger frames are scaled down to it."""

HEAD_SHARE, LARGEST_ZOOM = 0.5, 5.0
"""Both pictures are enlarged around a head whose height is a smaller share of the frame's."""

VIEW_STEP, VIEW_JUMP = 0.15, 0.3
"""Share of the way that an enlarged view follows the head with each frame; it jumps beyond that share of its width."""

HEAD_M, AXIS_M = 0.25, 0.07
AXES = (((1.0, 0.0, 0.0), (235, 70, 60)), ((0.0, 0.0, 1.0), (80, 200, 80)), ((0.0, -1.0, 0.0), (70, 130, 255)))
"""Directions of the head in world axes and their RGB colours: to the person's left, up, ahead."""

STATE_COLOURS = {"tracked": (80, 220, 110), "held": (245, 190, 60), "lost": (240, 80, 70)}
LANDMARK, PAPER, INK, EMPTY = (120, 235, 255), (28, 30, 34), (205, 208, 214), (52, 55, 62)
BAR = (86, 156, 255)
BAR_ROW_PX, BAR_COLUMN_PX, BAR_NAME_PX, MARGIN_PX = 16, 220, 122, 8
FONT = cv2.FONT_HERSHEY_SIMPLEX


class Overlay:
    """Draws the frames of an overlay.

    Args:
        rig: what the expressions drive.
        look: how its head looks.
        engine: draws that rig.
        frame_size_px: width and height of the video.

    Attributes:
        size_px: width and height of what it draws, both even.
    """

    def __init__(self, rig: Rig, look: Look, engine: Engine, frame_size_px: tuple[int, int]) -> None:
        self._rig, self._look, self._engine = rig, look, engine
        self._decoder = RigDecoder(rig)
        self._wardrobe = Wardrobe(rig, self._decoder)
        width, height = frame_size_px
        scale = min(1.0, (PANEL_AREA_PX / (width * height)) ** 0.5)
        self._panel_px = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
        self._view: np.ndarray | None = None  # zoom, and its centre in px of the frame
        self._columns = max(1, 2 * self._panel_px[0] // BAR_COLUMN_PX)
        rows = -(-len(ARKIT_52) // self._columns)
        self.size_px = (2 * self._panel_px[0], self._panel_px[1] + 2 * (rows * BAR_ROW_PX // 2 + MARGIN_PX))

    def draw(self, image: np.ndarray, tracker: LiveTracker, expression: LiveExpression) -> np.ndarray:
        """Draw one frame.

        Args:
            image: (H, W, 3) RGB uint8 that the tracker has just seen.
            tracker: knows identity and landmarks.
            expression: what it said.

        Returns:
            RGB uint8 of `size_px`.
        """
        width, height = self._panel_px
        canvas = np.full((self.size_px[1], self.size_px[0], 3), PAPER, np.uint8)
        scale, shift_px = self._follow(image.shape[1::-1], expression)
        person = cv2.warpAffine(image, np.column_stack([scale * np.eye(2), shift_px]), self._panel_px)
        if expression.state == "tracked" and tracker.landmarks_px is not None:
            draw_landmarks(person, scale * tracker.landmarks_px[:, :2] + shift_px)
        if expression.camera is not None:
            seen = expression.camera
            place = (seen.focal_px * scale, scale * seen.centre_px + shift_px, self._panel_px)
            camera = Camera(seen.camera_from_world, *place)
            vertices = self._vertices(tracker.identity, expression.coefficients)
            if expression.state != "lost":
                draw_axes(person, camera, eye_centres(self._rig, vertices).mean(0))
            pieces = self._wardrobe.dress(tracker.identity, self._look.style, expression.coefficients)
            job = RenderJob(vertices, camera, self._look, DEFAULT_LIGHTING, pieces)
            canvas[:height, width:] = self._engine.render([job])[0].image
        label(person, expression.state, STATE_COLOURS[expression.state])
        canvas[:height, :width] = person
        draw_bars(canvas[height:], expression.coefficients, self._columns)
        return canvas

    def _follow(self, frame_px: tuple[int, int], expression: LiveExpression) -> tuple[float, np.ndarray]:
        """Return scale and (2,) shift in px from the frame to the pictures, which follow a small head softly."""
        size, panel = np.array(frame_px, np.float64), np.array(self._panel_px)
        wanted, camera = np.array([1.0, *size / 2]), expression.camera
        if camera is not None and expression.state != "lost":
            head_px = HEAD_M * camera.focal_px / CAMERA_DISTANCE_M
            wanted[0] = np.clip(HEAD_SHARE * size[1] / head_px, 1.0, LARGEST_ZOOM)
            wanted[1:] = camera.centre_px
        if self._view is None or abs(wanted - self._view)[1:].max() > VIEW_JUMP * size[0] / self._view[0]:
            self._view = wanted
        self._view = self._view + VIEW_STEP * (wanted - self._view)
        half = size / 2 / self._view[0]
        scale = float((panel / size).min() * self._view[0])
        return scale, panel / 2 - scale * np.clip(self._view[1:], half, size - half)

    def _vertices(self, identity: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        tensors = (torch.from_numpy(np.asarray(values, np.float32))[None] for values in (identity, coefficients))
        with torch.no_grad():
            return self._decoder.vertices(*tensors)[0].numpy()


class VideoFile:
    """Writes an MP4 under a temporary name; `close` makes it the file that was asked for.

    Args:
        pending: the file.
        size_px: width and height of the frames.
        hz: frames a second.

    Raises:
        OutputNotWritable: OpenCV cannot write there.
    """

    def __init__(self, pending: PendingFile, size_px: tuple[int, int], hz: float) -> None:
        self._pending, self.frames = pending, 0
        self._writer = cv2.VideoWriter(str(pending.path), cv2.VideoWriter.fourcc(*"mp4v"), hz, size_px)
        if not self._writer.isOpened():
            pending.discard()
            raise OutputNotWritable(f"{pending.target} cannot be written as a video", "choose another folder")

    def write(self, image: np.ndarray) -> None:
        """Add a frame, RGB uint8."""
        self._writer.write(image[..., ::-1])
        self.frames += 1

    def close(self) -> None:
        """Finish the file and put it in its place; without a frame nothing is left."""
        self._writer.release()
        try:
            if self.frames:
                self._pending.keep()
        finally:
            self._pending.discard()


def draw_landmarks(picture: np.ndarray, landmarks_px: np.ndarray) -> None:
    """Draw (K, 2) landmarks into a picture, finer on a small face."""
    radius = int(np.clip(np.ptp(landmarks_px[:, 0]) / 25, 4, 10))
    for point in np.round(landmarks_px * 8).astype(int):
        cv2.circle(picture, (int(point[0]), int(point[1])), radius, LANDMARK, -1, cv2.LINE_AA, 3)


def draw_axes(picture: np.ndarray, camera: Camera, origin_m: np.ndarray) -> None:
    """Draw the head's axes from a (3,) world point into a picture, the one towards the camera last."""
    ends_m = origin_m + AXIS_M * np.array([direction for direction, _ in AXES])
    pixels, depth = project(camera, np.vstack([origin_m, ends_m]))
    corners = [tuple(map(int, point)) for point in np.round(pixels)]
    for index in np.argsort(-depth[1:]):
        cv2.arrowedLine(picture, corners[0], corners[1 + index], AXES[index][1], 2, cv2.LINE_AA, tipLength=0.15)


def draw_bars(picture: np.ndarray, coefficients: np.ndarray, columns: int) -> None:
    """Draw (E,) coefficients as named bars in columns."""
    rows = -(-len(ARKIT_52) // columns)
    column_px = picture.shape[1] // columns
    for index, (name, value) in enumerate(zip(ARKIT_52, coefficients, strict=True)):
        left = index // rows * column_px + MARGIN_PX
        top = index % rows * BAR_ROW_PX + MARGIN_PX
        cv2.putText(picture, name, (left, top + 11), FONT, 0.36, INK, 1, cv2.LINE_AA)
        start, end = left + BAR_NAME_PX, left - MARGIN_PX + column_px - MARGIN_PX
        cv2.rectangle(picture, (start, top + 3), (end, top + 11), EMPTY, -1)
        filled = start + round((end - start) * float(value))
        if filled > start:
            cv2.rectangle(picture, (start, top + 3), (filled, top + 11), BAR, -1)


def label(picture: np.ndarray, text: str, colour: tuple[int, int, int]) -> None:
    """Write a word on a dark plate in the upper left corner."""
    (width, height), _ = cv2.getTextSize(text, FONT, 0.5, 1)
    cv2.rectangle(picture, (MARGIN_PX, MARGIN_PX), (3 * MARGIN_PX + width, 3 * MARGIN_PX + height), PAPER, -1)
    cv2.putText(picture, text, (2 * MARGIN_PX, 2 * MARGIN_PX + height), FONT, 0.5, colour, 1, cv2.LINE_AA)

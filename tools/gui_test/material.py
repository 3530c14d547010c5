"""Makes what the window test shows to Blender: a sample photo, and a clip of a talking face that we draw ourselves."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from facewright_client import Client
from facewright_client.generated import rig_pb2
from PIL import Image
from skimage.data import astronaut

SECONDS, FRAMES_HZ, SIDE_PX = 4, 20, 384
CHARACTER_SEED = 3
START_S = 60.0


def write_photo(path: Path) -> None:
    """Write the sample photo, which comes with scikit-image (NASA, public domain)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(astronaut()).save(path)


def write_photos(folder: Path) -> None:
    """Write a folder of two photos: the sample and its mirror image."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("first", astronaut()), ("second", astronaut()[:, ::-1])):
        Image.fromarray(picture).save(folder / f"{name}.png")


def expression_at(time_s: float) -> dict[str, float]:
    """Return the blendshape weights of the clip: the mouth opens and closes, smiles, and the eyes blink."""
    phase = 2 * math.pi * time_s / SECONDS
    smile = max(0.0, math.sin(phase))
    blink = max(0.0, 1 - abs((time_s % 2.0) - 1.5) / 0.15)
    return {
        "jawOpen": 0.35 * (1 - math.cos(3 * phase)) / 2 + 0.3 * max(0.0, -math.sin(phase)),
        "mouthSmileLeft": 0.8 * smile,
        "mouthSmileRight": 0.8 * smile,
        "browInnerUp": 0.7 * max(0.0, -math.sin(phase)),
        "eyeBlinkLeft": blink,
        "eyeBlinkRight": blink,
    }


def write_clip(path: Path) -> None:
    """Draw a random head through a backend of our own, frame by frame, and write it as a video; 4 s at 20 Hz."""
    port_file = path.with_suffix(".port")
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "facewright", "serve", "--port", "0", "--port-file", str(port_file)]
    log = path.with_suffix(".log").open("wb")
    backend = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_S
        while not port_file.exists() or not port_file.read_text().strip():
            if backend.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the backend did not start, see {log.name}")
            time.sleep(0.1)
        with Client(f"127.0.0.1:{port_file.read_text().strip()}") as client:
            client.wait_until_ready()
            _draw_clip(client, path)
    finally:
        backend.terminate()
        backend.wait()
        log.close()


def _draw_clip(client: Client, path: Path) -> None:
    character = client.sample(1, CHARACTER_SEED)[0]
    unfinished = path.with_stem(path.stem + "-unfinished")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter_fourcc(*"MJPG"), FRAMES_HZ, (SIDE_PX, SIDE_PX))
    for index in range(SECONDS * FRAMES_HZ):
        time_s = index / FRAMES_HZ
        yaw_deg = 12 * math.sin(2 * math.pi * time_s / SECONDS)
        picture = rig_pb2.PictureRequest(side_px=SIDE_PX, yaw_deg=yaw_deg, format=rig_pb2.PICTURE_FORMAT_PNG)
        answer = client.evaluate(character, expression_at(time_s), picture)
        encoded = np.frombuffer(answer.picture.content, np.uint8)
        writer.write(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    writer.release()
    unfinished.replace(path)


def make(folder: Path) -> tuple[Path, Path, Path]:
    """Make photo, clip and a folder of photos unless they are there.

    Returns:
        Their paths.
    """
    photo, clip, photos = folder / "astronaut.png", folder / "clip.avi", folder / "photos"
    if not photo.exists():
        write_photo(photo)
    if not clip.exists():
        write_clip(clip)
    if not photos.exists():
        write_photos(photos)
    return photo, clip, photos

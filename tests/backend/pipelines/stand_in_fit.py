"""A stand-in for the photo pipeline in worker processes: what it does is written in the photo file."""

import json
import os
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from PIL import Image

from facewright.config import FacewrightConfig
from facewright.errors import FaceNotFound, WeightsMissing
from facewright.pipelines.workers import Fit


def open_stand_in(config: FacewrightConfig) -> Fit:
    """Return a fit that obeys the photo's text: a number is the loss, a word is an accident."""

    def fit(photo: Path, folder: Path, stop: Event) -> dict[str, float]:
        order = photo.read_text()
        if order == "no face":
            raise FaceNotFound("There is no face in it.", "Take another photo.")
        if order == "surprise":
            raise ZeroDivisionError("nobody thought of this")
        if order == "die":
            os._exit(9)
        if order == "vanish":
            photo.unlink()
        if order == "wait":
            stop.wait(30.0)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 20, 3), 90, np.uint8)).save(folder / "front.png")
        (folder / "rig.json").write_text(json.dumps({"process": os.getpid()}))
        return {"total": float(order) if order[0].isdigit() else 0.0, "prior": config.fitting.prior_weight}

    return fit


def open_nothing(_config: FacewrightConfig) -> Fit:
    """Fail to load as a machine without model files does."""
    raise WeightsMissing("model file embedder is not there", "python3 build.py weights")


def open_and_die(_config: FacewrightConfig) -> Fit:
    """End the process while it loads."""
    os._exit(7)


def open_slowly(_config: FacewrightConfig) -> Fit:
    """Load for longer than any test lasts."""
    time.sleep(600.0)
    os._exit(7)


def open_if_deaf(config: FacewrightConfig) -> Fit:
    """Load in a process that Ctrl-C cannot reach, since it is held back from its start on."""
    if signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        raise WeightsMissing("Ctrl-C would interrupt the imports of a worker", "hold it back")
    return open_stand_in(config)

"""All parts of one running backend, as the servicers need them."""

import time
from dataclasses import dataclass, field
from threading import Semaphore

from facewright.config import FacewrightConfig, ServiceConfig
from facewright.service.device.schedule import Schedule
from facewright.service.device.worker import Worker
from facewright.service.device.workshop import Workshop
from facewright.service.live.captures import Captures
from facewright.service.live.hub import LiveHub
from facewright.service.rigs import RigShelf

AT_ONCE = 2
"""So many photos are decoded, and so many files built, at the same time."""


@dataclass(eq=False)
class Backend:
    """One running backend.

    Attributes:
        config: rig, device and default settings.
        limits: bounds of requests.
        shelf: the rigs.
        workshop: the models.
        schedule: what waits for them.
        worker: the device's thread.
        hub: live sessions.
        captures: cameras and video files.
        heavy: held while a handler itself does work that takes memory.
        started_s: when it was started, on the monotonic clock.
        is_stopping: whether it takes nothing new.
    """

    config: FacewrightConfig
    limits: ServiceConfig
    shelf: RigShelf
    workshop: Workshop
    schedule: Schedule
    worker: Worker
    hub: LiveHub
    captures: Captures
    heavy: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))
    started_s: float = field(default_factory=time.monotonic)
    is_stopping: bool = False

    @property
    def is_loaded(self) -> bool:
        """Whether the models are there."""
        return self.worker.is_open.is_set() and self.worker.failure is None

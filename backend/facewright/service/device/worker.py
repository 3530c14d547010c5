"""The device's thread: loads the models, fits one job after the other, and does short calls between the steps."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from facewright.config import ServiceConfig
from facewright.datatypes import Look, Progress
from facewright.errors import Cancelled, TimeLimitExceeded
from facewright.service.device.schedule import CANCELLED, FAILED, SUCCEEDED, Job, Schedule
from facewright.service.device.workshop import FitOrder, FittedHead, Workshop
from facewright.service.pictures import jpeg
from facewright.service.status import as_facewright_error, without_frames

LOG = logging.getLogger(__name__)

LIVE_PATIENCE_S = 0.05
"""So long a fit waits between two steps for a live frame that is worked on."""


class Worker:
    """Runs the workshop in a thread of its own.

    Args:
        workshop: the models.
        schedule: what waits for them.
        limits: how long a fit may run.
        pack: turns a fitted head and its order into the answer that is kept, and its size in bytes.
        wait_for_live: waits until no live frame is worked on, at most so many seconds.
    """

    def __init__(
        self,
        workshop: Workshop,
        schedule: Schedule,
        limits: ServiceConfig,
        pack: Callable[[FittedHead, FitOrder], tuple[Any, int]],
        wait_for_live: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._workshop, self._schedule, self._limits = workshop, schedule, limits
        self._pack, self._wait_for_live = pack, wait_for_live
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        self.is_open = threading.Event()
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the thread has ended; tell whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._workshop.open()
        except Exception as error:  # whoever waits for the server to be ready raises it
            self.failure = error
            return
        finally:
            self.is_open.set()
        while (job := self._schedule.next_job()) is not None:
            self._do(job)

    def _do(self, job: Job) -> None:
        started, order = time.monotonic(), job.order
        shown = _Previews(self._workshop, order)

        def is_late() -> bool:
            return time.monotonic() - started > self._limits.fit_seconds

        def progress(report: Progress) -> None:
            self._schedule.report(job, report, shown.take(report))
            self._schedule.do_calls()
            self._wait_for_live(LIVE_PATIENCE_S)
            if is_late():
                job.cancel.set()

        try:
            head = self._workshop.fit(order, progress, job.cancel)
            if is_late():
                raise self._too_late()
            answer, size = self._pack(head, order)
        except Exception as error:  # one bad job must not stop the rest
            is_cut_off = isinstance(error, Cancelled) and is_late()
            failure = self._too_late() if is_cut_off else without_frames(as_facewright_error(error))
            self._schedule.end(job, CANCELLED if isinstance(failure, Cancelled) else FAILED, failure=failure)
            return
        self._schedule.end(job, CANCELLED if job.cancel.is_set() else SUCCEEDED, answer, size)
        if self._limits.profile:
            stages = ", ".join(f"{name} {ms:.0f}" for name, ms in head.result.stage_ms.items())
            LOG.warning("profile of fit %s: %.0f ms: %s", job.id[:8], 1000 * (time.monotonic() - started), stages)

    def _too_late(self) -> TimeLimitExceeded:
        return TimeLimitExceeded(
            f"the fit took longer than {self._limits.fit_seconds:g} s",
            "ask for fewer iterations or smaller pictures, or start the server with a higher --fit-seconds",
        )


class _Previews:
    """Draws the head of a fit now and then."""

    def __init__(self, workshop: Workshop, order: FitOrder) -> None:
        self._workshop, self._order = workshop, order
        self._drawn_s = -np.inf
        self._head: tuple[np.ndarray, Look] | None = None

    def take(self, report: Progress) -> bytes | None:
        """Return a new picture of the head as JPEG, if one is wanted, due, and the head has changed."""
        if not self._order.preview_px or report.head is None or report.head is self._head:
            return None
        if time.monotonic() - self._drawn_s < self._order.preview_ms / 1000:
            return None
        self._drawn_s, self._head = time.monotonic(), report.head
        with torch.no_grad():
            return jpeg(self._workshop.draw_front(self._order.config, *report.head, self._order.preview_px))

"""What waits for the device: fits, fairly between clients, and short calls, which go between two steps of a fit."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any, TypeVar

from facewright.config import ServiceConfig
from facewright.datatypes import Progress
from facewright.errors import Cancelled, FacewrightError, JobUnknown, NotReady, QueueFull, RequestIdReused

T = TypeVar("T")

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
ENDED = (SUCCEEDED, FAILED, CANCELLED)

JOB_BYTES = 2048
"""What a job without a result counts for in the memory that is kept."""


@dataclass(eq=False)
class Job:
    """One fit; its changing fields are written under the lock of the schedule.

    Attributes:
        id: unguessable.
        client: who asked.
        order: what to do; dropped once it has ended.
        request_id: the client's own name for it, "" for none.
        digest: hash of what was asked for.
        order_bytes: memory that the order takes.
        cancel: set to end the work after its step.
        state: one of the five phases.
        sequence: counts the reports of progress.
        progress: the latest.
        preview: latest encoded picture of the head and the sequence from which it is there.
        result: what the work gave, with its size in bytes.
        failure: why there is none.
        watchers: streams that follow it.
        is_detached: whether it goes on when nobody follows it.
        ended_s: when it ended, on the schedule's clock.
    """

    id: str
    client: str
    order: Any
    request_id: str = ""
    digest: bytes = b""
    order_bytes: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)
    state: str = QUEUED
    sequence: int = 0
    progress: Progress | None = None
    preview: tuple[bytes, int] | None = None
    result: Any = None
    result_bytes: int = 0
    failure: FacewrightError | None = None
    watchers: int = 0
    is_detached: bool = False
    ended_s: float = 0.0


class Schedule:
    """Holds all jobs and calls; every method may be called from any thread.

    Args:
        limits: bounds of the queue and of what is kept.
        clock: seconds that never run backwards.
    """

    def __init__(self, limits: ServiceConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._change = threading.Condition()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._by_request: dict[str, Job] = {}
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()
        self._calls: deque[tuple[Callable[[], Any], Future]] = deque()
        self._is_stopping = False

    def submit(
        self, client: str, order: Any, request_id: str = "", digest: bytes = b"", order_bytes: int = 0
    ) -> tuple[Job, bool]:
        """Put a fit into the queue, or find the one that an earlier request with the same id has put there.

        Args:
            client: who asks, for fairness.
            order: what to do.
            request_id: the client's own name for the request, "" for none.
            digest: hash of the request's content, to tell a retry from a mistake.
            order_bytes: memory that the order takes while it waits.

        Returns:
            The job, and whether it was there already.

        Raises:
            NotReady: the server is stopping.
            QueueFull: too many fits wait.
            RequestIdReused: the id stands for another request.
        """
        with self._change:
            known = self._known(request_id, digest)
            if known is not None:
                return known, True
            if self._is_stopping:
                raise NotReady("the server is stopping", "connect to another one, or start it again")
            queue = self._waiting.get(client, ())
            total = sum(map(len, self._waiting.values()))
            if total >= self._limits.queued_fits or len(queue) >= self._limits.queued_fits_per_client:
                limit = f"{self._limits.queued_fits} in all, {self._limits.queued_fits_per_client} of one client"
                raise QueueFull(
                    f"{total} fits wait, {len(queue)} of them yours; the limit is {limit}", "wait for one to end"
                )
            waiting_bytes = sum(job.order_bytes for queue in self._waiting.values() for job in queue)
            if waiting_bytes + order_bytes > self._limits.queued_mib * 2**20:
                raise QueueFull(
                    f"the photos that wait take {waiting_bytes / 2**20:.0f} MiB of {self._limits.queued_mib}",
                    "wait for a fit to end",
                )
            job = Job(secrets.token_hex(16), client, order, request_id, digest, order_bytes)
            self._jobs[job.id] = job
            if request_id:
                self._by_request[request_id] = job
            self._waiting.setdefault(client, deque()).append(job)
            self._change.notify_all()
            return job, False

    def known(self, request_id: str, digest: bytes) -> Job | None:
        """Return the job that an earlier request of the same id has started; None if there is none to join.

        Raises:
            RequestIdReused: the id stands for another request.
        """
        with self._change:
            return self._known(request_id, digest)

    def find(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JobUnknown: there is none of that id.
        """
        with self._change:
            self._forget()
            job = self._jobs.get(job_id)
        if job is None:
            kept = f"{self._limits.result_seconds:g} s"
            raise JobUnknown(f"there is no fit of that id; results are kept for {kept}", "start the fit again")
        return job

    def position(self, job: Job) -> int:
        """Return how many fits are before a queued one: those that are worked on and those whose turn comes first."""
        with self._change:
            if job.state != QUEUED:
                return 0
            running = sum(one.state == RUNNING for one in self._jobs.values())
            own = self._waiting[job.client]
            rank, clients = own.index(job), list(self._waiting)
            before = clients.index(job.client)
            others = [
                min(len(queue), rank + (index < before))
                for index, (client, queue) in enumerate(self._waiting.items())
                if client != job.client
            ]
            return running + rank + sum(others)

    def cancel(self, job: Job) -> str:
        """Ask a job to stop; return its state: a queued one has ended by then, a running one ends at its next step."""
        with self._change:
            job.cancel.set()
            if job.state == QUEUED:
                self._waiting[job.client].remove(job)
                self._drop_empty(job.client)
                self._end(job, CANCELLED, failure=Cancelled("the fit was cancelled before it began", "start it again"))
            return job.state

    def follow(self, job: Job, is_detached: bool = False) -> None:
        """Count a stream that follows a job; a detached one goes on when nobody does."""
        with self._change:
            job.is_detached |= is_detached
            job.watchers += not is_detached

    def leave(self, job: Job) -> None:
        """Count a stream as gone; the last one takes a job with it that is not detached."""
        with self._change:
            job.watchers -= 1
            is_alone = job.watchers == 0 and not job.is_detached and job.state not in ENDED
        if is_alone:
            self.cancel(job)

    def wait(self, job: Job, seen: int, timeout_s: float) -> bool:
        """Wait until a job has a newer report than `seen` or has ended; False when the time is over before."""
        with self._change:
            return self._change.wait_for(lambda: job.sequence > seen or job.state in ENDED, timeout_s)

    def call(self, work: Callable[[], T], timeout_s: float | None) -> T:
        """Do short work on the device's thread, between two steps of a fit, and return what it returns.

        Raises:
            QueueFull: too many calls wait.
            NotReady: the server stops.
            Cancelled: the time is over before the work was done.
        """
        future: Future = Future()
        with self._change:
            if self._is_stopping:
                raise NotReady("the server is stopping", "connect to another one, or start it again")
            if len(self._calls) >= self._limits.queued_fits:
                raise QueueFull(f"{len(self._calls)} calls wait for the device", "ask again in a moment")
            self._calls.append((work, future))
            self._change.notify_all()
        try:
            return future.result(timeout_s)
        except FutureTimeout:
            future.cancel()
            raise Cancelled("the time was over before the device was free", "ask with a later deadline") from None
        except CancelledError:
            raise NotReady("the server is stopping", "connect to another one, or start it again") from None
        finally:
            del future  # an error in it holds this frame: a circle, which would keep its memory for long

    def next_job(self) -> Job | None:
        """Wait for a job, doing calls meanwhile; clients take turns. None when the server stops and none is left."""
        while True:
            self.do_calls()
            with self._change:
                if self._waiting:
                    client, queue = self._waiting.popitem(last=False)
                    job = queue.popleft()
                    if queue:
                        self._waiting[client] = queue  # at the end: the others come first
                    job.state = RUNNING
                    self._change.notify_all()
                    return job
                if self._is_stopping and not self._calls:
                    return None
                self._forget()
                self._change.wait_for(lambda: self._calls or self._waiting or self._is_stopping, 5.0)

    def do_calls(self) -> None:
        """Do the calls that wait; only the device's thread does this."""
        while True:
            with self._change:
                if not self._calls:
                    return
                work, future = self._calls.popleft()
            if future.set_running_or_notify_cancel():
                _run_into(future, work)

    def report(self, job: Job, progress: Progress, preview: bytes | None = None) -> None:
        """Publish how far a job is, with a new picture if there is one."""
        with self._change:
            job.sequence += 1
            job.progress = progress
            if preview is not None:
                job.preview = preview, job.sequence
            self._change.notify_all()

    def end(
        self,
        job: Job,
        state: str,
        result: Any = None,
        result_bytes: int = 0,
        failure: FacewrightError | None = None,
    ) -> None:
        """Publish what became of a job."""
        with self._change:
            self._end(job, state, result, result_bytes, failure)
            self._forget()

    def stop(self) -> None:
        """Take nothing new; what waits is cancelled, what runs goes on."""
        with self._change:
            self._is_stopping = True
            waiting = [job for queue in self._waiting.values() for job in queue]
            self._change.notify_all()
        for job in waiting:
            self.cancel(job)

    def cancel_running(self) -> None:
        """Ask the running job to stop."""
        with self._change:
            for job in self._jobs.values():
                if job.state not in ENDED:
                    job.cancel.set()

    def is_idle(self) -> bool:
        """Tell whether no job waits or runs."""
        with self._change:
            return all(job.state in ENDED for job in self._jobs.values())

    def is_followed(self) -> bool:
        """Tell whether a stream follows a job."""
        with self._change:
            return any(job.watchers for job in self._jobs.values())

    def counts(self) -> dict[str, int]:
        """Return how many jobs are in each state, of those that are kept."""
        with self._change:
            states = [job.state for job in self._jobs.values()]
        return {state: states.count(state) for state in (QUEUED, RUNNING, *ENDED)}

    def _known(self, request_id: str, digest: bytes) -> Job | None:
        self._forget()
        known = self._by_request.get(request_id) if request_id else None
        if known is None or known.state in (FAILED, CANCELLED) or known.cancel.is_set():
            return None
        if known.digest != digest:
            raise RequestIdReused(
                f"the request id {request_id!r} stands for another request", "use a new id for each request"
            )
        return known

    def _end(
        self,
        job: Job,
        state: str,
        result: Any = None,
        result_bytes: int = 0,
        failure: FacewrightError | None = None,
    ) -> None:
        job.state, job.result, job.result_bytes, job.failure = state, result, result_bytes, failure
        job.order, job.preview, job.ended_s = None, None, self._clock()
        if job.progress is not None:
            job.progress = Progress(job.progress.stage, job.progress.step, job.progress.steps, job.progress.loss)
        job.sequence += 1
        self._jobs.move_to_end(job.id)  # those that have ended stand in the order of their end
        self._change.notify_all()

    def _drop_empty(self, client: str) -> None:
        if not self._waiting[client]:
            del self._waiting[client]

    def _forget(self) -> None:
        """Drop results that are too old, and the oldest ones, but never the newest, when all are too large together."""
        ended = [job for job in self._jobs.values() if job.state in ENDED and not job.watchers]
        kept = sum(job.result_bytes + JOB_BYTES for job in ended)
        for job in ended:
            is_old = self._clock() - job.ended_s > self._limits.result_seconds
            if not is_old and (kept <= self._limits.result_mib * 2**20 or job is ended[-1]):
                break
            kept -= job.result_bytes + JOB_BYTES
            del self._jobs[job.id]
            if self._by_request.get(job.request_id) is job:
                del self._by_request[job.request_id]


def content_digest(content: bytes) -> bytes:
    """Return a hash that tells one request from another."""
    return hashlib.sha256(content).digest()


def _run_into(future: Future, work: Callable[[], Any]) -> None:
    """Do work and give its outcome, whatever it is, to whoever waits for it."""
    try:
        outcome = work()
    except BaseException as error:  # it is raised again where it is waited for
        future.set_exception(error)
        del future  # the error holds this frame
    else:
        future.set_result(outcome)

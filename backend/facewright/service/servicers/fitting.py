"""FittingService: one job, followed as a stream or polled."""

import time
from collections.abc import Iterator

import grpc
from facewright_client.generated import fitting_pb2, fitting_pb2_grpc

from facewright.errors import Cancelled, NotReady
from facewright.service.backend import Backend
from facewright.service.border import client_of
from facewright.service.convert.fitting import (
    STATES,
    checked_request_id,
    failure_message,
    order_from_message,
    progress_message,
)
from facewright.service.device.schedule import CANCELLED, ENDED, QUEUED, Job, content_digest
from facewright.service.status import without_frames

QUEUE_S = 1.0
"""While a fit waits, its stream tells the place in the queue so often."""

HEARTBEAT_S = 0.5
"""A stream looks so often whether its client is still there."""


class FittingServicer(fitting_pb2_grpc.FittingServiceServicer):
    """Puts fits into the queue and tells what becomes of them.

    Args:
        backend: the running backend.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def FitPhoto(
        self, request: fitting_pb2.FitPhotoRequest, context: grpc.ServicerContext
    ) -> Iterator[fitting_pb2.FitPhotoResponse]:
        """Fit a photo and tell how far it is."""
        schedule = self._backend.schedule
        job = self._submit(request, context)
        schedule.follow(job)
        try:
            seen, told_s = 0, -QUEUE_S
            while job.state not in ENDED and context.is_active():
                if seen == 0 and time.monotonic() - told_s >= QUEUE_S:
                    told_s = time.monotonic()
                    accepted = fitting_pb2.FitAccepted(job_id=job.id, queue_position=schedule.position(job))
                    yield fitting_pb2.FitPhotoResponse(accepted=accepted)
                if schedule.wait(job, seen, HEARTBEAT_S) and job.state not in ENDED:
                    message = progress_message(job, seen)
                    seen = job.sequence
                    if message is not None:
                        yield fitting_pb2.FitPhotoResponse(progress=message)
            if job.result is not None:
                yield fitting_pb2.FitPhotoResponse(result=job.result)
            if job.state == CANCELLED and self._backend.is_stopping:
                raise NotReady("the backend was stopped before the fit had ended", "start it, and the fit, again")
            if job.failure is not None:
                raise without_frames(job.failure)
            if job.state == CANCELLED:
                raise Cancelled("the fit was cancelled; the result is the best head so far", "start the fit again")
        finally:
            schedule.leave(job)

    def StartFit(
        self, request: fitting_pb2.StartFitRequest, context: grpc.ServicerContext
    ) -> fitting_pb2.StartFitResponse:
        """Put a fit into the queue."""
        job = self._submit(request, context)
        self._backend.schedule.follow(job, is_detached=True)
        position = self._backend.schedule.position(job)
        return fitting_pb2.StartFitResponse(job_id=job.id, state=STATES[job.state], queue_position=position)

    def GetFit(self, request: fitting_pb2.GetFitRequest, context: grpc.ServicerContext) -> fitting_pb2.GetFitResponse:
        """Tell how far a fit is."""
        job = self._backend.schedule.find(request.job_id)
        state = job.state
        response = fitting_pb2.GetFitResponse(
            state=STATES[state],
            queue_position=self._backend.schedule.position(job) if state == QUEUED else 0,
            progress=progress_message(job, request.seen_sequence),
        )
        if state in ENDED:
            if job.result is not None:
                response.result.CopyFrom(job.result)
            if job.failure is not None:
                response.failure.CopyFrom(failure_message(job.failure))
        return response

    def CancelFit(
        self, request: fitting_pb2.CancelFitRequest, context: grpc.ServicerContext
    ) -> fitting_pb2.CancelFitResponse:
        """Stop a fit."""
        job = self._backend.schedule.find(request.job_id)
        return fitting_pb2.CancelFitResponse(state=STATES[self._backend.schedule.cancel(job)])

    def _submit(
        self, request: fitting_pb2.FitPhotoRequest | fitting_pb2.StartFitRequest, context: grpc.ServicerContext
    ) -> Job:
        """Check a request, decode its photos and put it into the queue."""
        if self._backend.is_stopping or not self._backend.is_loaded:
            raise NotReady("the backend is loading or stopping", "wait until its health is SERVING")
        request_id = checked_request_id(request.request_id)
        digest = content_digest(request.fit.SerializeToString(deterministic=True)) if request_id else b""
        known = self._backend.schedule.known(request_id, digest)
        if known is not None:
            return known
        rig = self._backend.shelf.get(request.fit.rig_id)
        with self._backend.heavy:
            order = order_from_message(rig, request.fit, self._backend.workshop.config)
        size = sum(photo.nbytes for photo in order.photos)
        return self._backend.schedule.submit(client_of(context), order, request_id, digest, size)[0]

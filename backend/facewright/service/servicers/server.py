"""ServerService: what the backend is and what it can do."""

import time

import grpc
import torch
from facewright_client.generated import server_pb2, server_pb2_grpc

from facewright import __version__
from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender
from facewright.perception.image import MAX_FILE_BYTES, MAX_PIXELS
from facewright.service.backend import Backend
from facewright.service.convert.expression import FRAME_BYTES, FRAME_PIXELS
from facewright.service.convert.fitting import MAX_PHOTOS
from facewright.service.convert.rig import summary_message

MESSAGE_BYTES = 64 * 2**20


class ServerServicer(server_pb2_grpc.ServerServiceServicer):
    """Answers at any time.

    Args:
        backend: the running backend.
        may_open_videos: whether clients may open video files.
    """

    def __init__(self, backend: Backend, may_open_videos: bool) -> None:
        self._backend, self._may_open_videos = backend, may_open_videos

    def GetServerInfo(
        self, request: server_pb2.GetServerInfoRequest, context: grpc.ServicerContext
    ) -> server_pb2.GetServerInfoResponse:
        """Describe the backend."""
        backend = self._backend
        info = server_pb2.GetServerInfoResponse(
            version=__version__,
            state=self._state(),
            limits=self._limits(),
            default_rig_id=backend.shelf.default_id,
            uptime_s=time.monotonic() - backend.started_s,
            notice=backend.workshop.notice,
        )
        if backend.is_loaded:
            info.device = backend.workshop.device
            threads = torch.get_num_threads()
            on_cpu = f"CPU, {threads} thread{'s' if threads > 1 else ''}"
            info.device_name = torch.cuda.get_device_name() if info.device == "cuda" else on_cpu
            info.rigs.extend(summary_message(backend.shelf.get(rig_id)) for rig_id in backend.shelf.ids())
            info.model_sha256.update(backend.workshop.weight_hashes)
            info.capabilities.extend(self._capabilities())
        return info

    def _state(self) -> server_pb2.ServerState:
        if self._backend.is_stopping:
            return server_pb2.SERVER_STATE_STOPPING
        return server_pb2.SERVER_STATE_READY if self._backend.is_loaded else server_pb2.SERVER_STATE_LOADING

    def _capabilities(self) -> list[server_pb2.Capability]:
        found = [
            server_pb2.CAPABILITY_FIT,
            server_pb2.CAPABILITY_STREAM_EXPRESSIONS,
            server_pb2.CAPABILITY_CAPTURE_CAMERA,
        ]
        if self._may_open_videos:
            found.append(server_pb2.CAPABILITY_CAPTURE_VIDEO)
        try:
            find_blender()
        except BlenderUnavailable:
            return found
        return [*found, server_pb2.CAPABILITY_EXPORT_BLENDER]

    def _limits(self) -> server_pb2.Limits:
        limits = self._backend.limits
        return server_pb2.Limits(
            message_bytes=MESSAGE_BYTES,
            photo_bytes=min(MAX_FILE_BYTES, MESSAGE_BYTES - 2**20),
            photo_pixels=MAX_PIXELS,
            photos_per_fit=MAX_PHOTOS,
            frame_bytes=FRAME_BYTES,
            frame_pixels=FRAME_PIXELS,
            queued_fits=limits.queued_fits,
            queued_fits_per_client=limits.queued_fits_per_client,
            live_sessions=limits.live_sessions,
            fit_seconds=limits.fit_seconds,
            result_seconds=limits.result_seconds,
            result_bytes=limits.result_mib * 2**20,
            concurrent_requests=limits.requests,
        )

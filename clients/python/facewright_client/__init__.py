"""Client of a Facewright backend: heads from photos, rigs, live expressions. Needs grpcio and protobuf alone."""

from .client import Client, open_channel
from .errors import BackendError
from .pending import Pending
from .specification import photo_specification

__all__ = ["BackendError", "Client", "Pending", "open_channel", "photo_specification"]

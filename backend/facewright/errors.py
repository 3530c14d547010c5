"""The errors that a user can cause or mend, each with a stable reason and a remedy."""


class FacewrightError(Exception):
    """Something went wrong that the caller can understand and mend.

    Args:
        message: What was expected and what came, naming the file or argument.
        remedy: The command or step that mends it.
    """

    reason = "FACEWRIGHT_ERROR"
    field: str | None = None
    """Path of the one field of a request that is to blame, as in fit.photos[0]; None where there is none."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def one_line(self) -> str:
        """Return the whole error as the command line prints it."""
        return f"{self.reason}: {str(self).rstrip('.')}. Remedy: {self.remedy}"


class ImageUnreadable(FacewrightError):
    """The bytes are not an image that can be decoded."""

    reason = "IMAGE_UNREADABLE"


class ImageTooLarge(FacewrightError):
    """The file or the decoded image exceeds the limits."""

    reason = "IMAGE_TOO_LARGE"


class FaceNotFound(FacewrightError):
    """No face, or no face of the asked number, was found."""

    reason = "FACE_NOT_FOUND"


class FaceTooSmall(FacewrightError):
    """The face has too few pixels to measure."""

    reason = "FACE_TOO_SMALL"


class FaceNotFrontal(FacewrightError):
    """The head is turned too far to measure both halves of the face."""

    reason = "FACE_NOT_FRONTAL"


class RigUnknown(FacewrightError):
    """No rig of that id is installed."""

    reason = "RIG_UNKNOWN"


class RigInvalid(FacewrightError):
    """A rig's files contradict each other or their format."""

    reason = "RIG_INVALID"


class WeightsMissing(FacewrightError):
    """A model file is not in the cache and could not be fetched."""

    reason = "WEIGHTS_MISSING"


class WeightsCorrupt(FacewrightError):
    """A model file does not have the expected hash or layout."""

    reason = "WEIGHTS_CORRUPT"


class CalibrationInvalid(FacewrightError):
    """A person cannot be calibrated so, or a stored calibration does not fit."""

    reason = "CALIBRATION_INVALID"


class OutputNotWritable(FacewrightError):
    """The results cannot be written where they should go."""

    reason = "OUTPUT_NOT_WRITABLE"


class ConfigInvalid(FacewrightError):
    """An option has an unknown name or a value out of range."""

    reason = "CONFIG_INVALID"


class EngineUnavailable(FacewrightError):
    """The asked engine cannot draw on this machine."""

    reason = "ENGINE_UNAVAILABLE"


class BlenderUnavailable(FacewrightError):
    """Blender is needed and was not found."""

    reason = "BLENDER_UNAVAILABLE"


class BlenderFailed(FacewrightError):
    """Blender was started and did not do what it was asked for."""

    reason = "BLENDER_FAILED"


class Cancelled(FacewrightError):
    """The caller stopped the work before there was a result."""

    reason = "CANCELLED"


class RequestInvalid(FacewrightError):
    """A field of a request has no acceptable value.

    Args:
        field: path of the field, as in fit.photos[0].
        message: what was expected and what came.
        remedy: what to send instead.
    """

    reason = "REQUEST_INVALID"

    def __init__(self, field: str, message: str, remedy: str) -> None:
        super().__init__(f"{field}: {message}", remedy)
        self.field = field


class RequestIdReused(FacewrightError):
    """Two requests of different content have one request id."""

    reason = "REQUEST_ID_REUSED"


class NotAuthorised(FacewrightError):
    """The token is missing or wrong."""

    reason = "NOT_AUTHORISED"


class JobUnknown(FacewrightError):
    """There is no fit of that id, or not any more."""

    reason = "JOB_UNKNOWN"


class CaptureUnknown(FacewrightError):
    """There is no capture of that id, or not any more."""

    reason = "CAPTURE_UNKNOWN"


class QueueFull(FacewrightError):
    """More work is waiting than the limits allow."""

    reason = "QUEUE_FULL"


class NotReady(FacewrightError):
    """The backend is loading or stopping."""

    reason = "NOT_READY"


class TimeLimitExceeded(FacewrightError):
    """The work took longer than it may."""

    reason = "TIME_LIMIT_EXCEEDED"


class OutOfMemory(FacewrightError):
    """The device or the machine has too little memory for the work."""

    reason = "OUT_OF_MEMORY"


class SourceUnavailable(FacewrightError):
    """A camera or video file cannot be opened."""

    reason = "SOURCE_UNAVAILABLE"


class ServeFailed(FacewrightError):
    """The server cannot be started as asked for."""

    reason = "SERVE_FAILED"


class InternalFault(FacewrightError):
    """Something that nobody foresaw; the log has the rest under the same id."""

    reason = "INTERNAL"

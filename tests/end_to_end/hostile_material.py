"""What hostile requests are made from: paths of all methods, sound messages for each, and images."""

from dataclasses import dataclass, field

from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2, server_pb2
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from end_to_end.hostile_images import faceless_images, large_bombs, small_bombs

RIGS, FITS = "/facewright.v1.RigService/", "/facewright.v1.FittingService/"
LIVE, SERVER = "/facewright.v1.ExpressionService/", "/facewright.v1.ServerService/"
FIT, START, STREAM, EVALUATE = f"{FITS}FitPhoto", f"{FITS}StartFit", f"{LIVE}StreamExpressions", f"{RIGS}EvaluateRig"


@dataclass(frozen=True)
class Material:
    """What hostile requests are made from.

    Attributes:
        character: a sound head.
        images: encoded pictures without a face.
        bombs: files that become large.
        valid: sound messages of every method, by its path.
    """

    character: rig_pb2.Character
    images: dict[str, bytes]
    bombs: dict[str, bytes]
    valid: dict[str, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def photo(self) -> fitting_pb2.FitSpecification:
        """A fit that a sound server refuses at once, since its photo shows no face."""
        return fitting_pb2.FitSpecification(photos=[fitting_pb2.Photo(content=self.images["JPEG"])])

    @property
    def frame(self) -> expression_pb2.Frame:
        """A sound frame."""
        return expression_pb2.Frame(frame_id=1, timestamp_us=1, encoded=self.images["JPEG"])


def make_material(character: rig_pb2.Character, has_large_bombs: bool) -> Material:
    """Prepare what hostile requests are made from; large bombs take seconds each, here and in the server."""
    bombs = small_bombs() | (large_bombs() if has_large_bombs else {})
    material = Material(character, faceless_images(), bombs)
    neutral = rig_pb2.PictureRequest(side_px=64)
    material.valid.update(
        {
            f"{SERVER}GetServerInfo": (server_pb2.GetServerInfoRequest(),),
            f"{RIGS}ListRigs": (rig_pb2.ListRigsRequest(),),
            f"{RIGS}GetRig": (rig_pb2.GetRigRequest(include_offsets=True),),
            EVALUATE: (rig_pb2.EvaluateRigRequest(character=character, picture=neutral),),
            f"{RIGS}SampleCharacters": (rig_pb2.SampleCharactersRequest(count=2, seed=5),),
            f"{RIGS}ExportCharacter": (rig_pb2.ExportCharacterRequest(character=character),),
            FIT: (fitting_pb2.FitPhotoRequest(fit=material.photo),),
            START: (fitting_pb2.StartFitRequest(fit=material.photo, request_id="a-1"),),
            f"{FITS}GetFit": (fitting_pb2.GetFitRequest(job_id="0" * 32),),
            f"{FITS}CancelFit": (fitting_pb2.CancelFitRequest(job_id="0" * 32),),
            STREAM: (header(), framed(material.frame)),
            f"{LIVE}StartCapture": (expression_pb2.StartCaptureRequest(video_path="no-such-file.mp4"),),
            f"{LIVE}GetLatestExpression": (expression_pb2.GetLatestExpressionRequest(capture_id="0" * 32),),
            f"{LIVE}StopCapture": (expression_pb2.StopCaptureRequest(capture_id="0" * 32),),
            "/grpc.health.v1.Health/Check": (health_pb2.HealthCheckRequest(service="facewright.v1.RigService"),),
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": (
                reflection_pb2.ServerReflectionRequest(file_containing_symbol="facewright.v1.RigService"),
            ),
        }
    )
    return material


def header() -> expression_pb2.StreamExpressionsRequest:
    """Return the first message of a stream."""
    return expression_pb2.StreamExpressionsRequest(header=expression_pb2.TrackingSettings())


def framed(frame: expression_pb2.Frame) -> expression_pb2.StreamExpressionsRequest:
    """Return a later message of a stream."""
    return expression_pb2.StreamExpressionsRequest(frame=frame)

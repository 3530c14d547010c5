"""The commands `fit`, `batch`, `random` and `rig list` done by a server; files are written here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from facewright_client import BackendError, Client, photo_specification
from facewright_client.generated import fitting_pb2, rig_pb2, server_pb2

from facewright.config import FacewrightConfig, changed_settings
from facewright.datatypes import Progress
from facewright.errors import FacewrightError, ImageUnreadable, NotAuthorised
from facewright.export.files import write_folder

FIT_FILES = tuple(rig_pb2.ResultFile.values()[1:])
TOKEN_REMEDY = "give the server's token, ASCII and one word, with --token-file FILE, or set FACEWRIGHT_TOKEN"
HEAD_FILES = tuple(value for value in FIT_FILES if value != rig_pb2.RESULT_FILE_AS_PHOTO)


@dataclass(frozen=True)
class ServerAddress:
    """How a server is reached.

    Attributes:
        address: HOST:PORT.
        token: what it wants clients to send; None for nothing.
        root_certificates: PEM certificates to trust; implies TLS.
    """

    address: str
    token: str | None = None
    root_certificates: bytes | None = None

    def client(self) -> Client:
        """Open a client."""
        return Client(self.address, self.token, self.root_certificates)


def fit_remotely(
    server: ServerAddress,
    config: FacewrightConfig,
    photos: Sequence[Path],
    out_dir: Path,
    face_index: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> fitting_pb2.FitResult:
    """Fit a head on a server and write all its files.

    Raises:
        FacewrightError: the photo cannot be used, the server is gone, or the files cannot be written.
    """
    try:
        with server.client() as client:
            return _fit(client, config, photos, out_dir, face_index, progress)
    except BackendError as error:
        raise as_facewright_error(error) from error


class RemoteFit:
    """What a worker of `batch --server` runs: opens a client once, then sends one photo after the other.

    Args:
        server: how it is reached.
    """

    def __init__(self, server: ServerAddress) -> None:
        self._server = server

    def __call__(self, config: FacewrightConfig) -> Callable[[Path, Path, Event], dict[str, float]]:
        """Return the fit."""
        client = self._server.client()

        def fit(photo: Path, folder: Path, stop: Event) -> dict[str, float]:
            try:
                result = _fit(client, config, [photo], folder, 0, None, stop.is_set)
            except BackendError as error:
                raise as_facewright_error(error) from error
            return dict(result.losses)

        return fit


def rig_digest(server: ServerAddress, config: FacewrightConfig, say: Callable[[str], None]) -> str:
    """Return one text that stands for the rig and the models of a server, so that a batch knows what is done.

    Args:
        server: how it is reached.
        config: names the rig.
        say: told when the server still loads, which is waited for.

    Raises:
        FacewrightError: the server is gone, or has no such rig.
    """
    try:
        with server.client() as client:
            if client.server_info().state == server_pb2.SERVER_STATE_LOADING:  # one that is not there is not waited for
                say("waiting for the server, which loads its models")
            info, rig = client.wait_until_ready(), client.get_rig(config.rig)
    except BackendError as error:
        raise as_facewright_error(error) from error
    models = sorted(info.model_sha256.items())
    return " ".join([info.version, rig.summary.sha256, *(digest for _, digest in models)])


def random_remotely(
    server: ServerAddress,
    config: FacewrightConfig,
    count: int,
    seed: int,
    out_dir: Path,
    progress: Callable[[Progress], None],
) -> list[Path]:
    """Draw random heads on a server and write the files of each into a folder of its own.

    Raises:
        FacewrightError: the server is gone, or the files cannot be written.
    """
    styles = {group: choice for group, choice in vars(config.style).items() if choice}
    folders = []
    try:
        with server.client() as client:
            for index, character in enumerate(client.sample(count, seed, config.rig, styles)):
                folders.append(out_dir / f"{index + 1:04d}")
                write_files(folders[-1], client.evaluate(character, files=HEAD_FILES).files)
                progress(Progress("random", index + 1, count))
    except BackendError as error:
        raise as_facewright_error(error) from error
    return folders


def list_remotely(server: ServerAddress) -> list[str]:
    """Return a line for each rig of a server.

    Raises:
        FacewrightError: the server is gone.
    """
    try:
        with server.client() as client:
            rigs = client.list_rigs().rigs
    except BackendError as error:
        raise as_facewright_error(error) from error
    return [
        f"{rig.id} {rig.version}: {rig.parameter_count} parameters, {rig.bone_count} bones, {rig.vertex_count} vertices"
        for rig in rigs
    ]


def write_files(folder: Path, files: Iterable[rig_pb2.File]) -> None:
    """Write what a server sent, whole or not at all; names with folders in them are not written.

    Raises:
        OutputNotWritable: the folder cannot be written.
        FacewrightError: a name is none.
    """
    files = list(files)
    for file in files:
        if Path(file.name).name != file.name or file.name in ("", ".", ".."):
            raise FacewrightError(f"the server sent a file named {file.name!r}", "do not use this server")

    def write(temporary: Path) -> None:
        for file in files:
            (temporary / file.name).write_bytes(file.content)

    write_folder(folder, write)


def as_facewright_error(error: BackendError) -> FacewrightError:
    """Return an error of a server as one of our own, with its reason."""
    remedy = TOKEN_REMEDY if error.reason == NotAuthorised.reason else error.remedy
    ours = FacewrightError(str(error), remedy)
    ours.reason = error.reason
    return ours


def _fit(
    client: Client,
    config: FacewrightConfig,
    photos: Sequence[Path],
    out_dir: Path,
    face_index: int,
    progress: Callable[[Progress], None] | None,
    is_cancelled: Callable[[], bool] | None = None,
) -> fitting_pb2.FitResult:
    specification = photo_specification(
        [_read(path) for path in photos],
        files=FIT_FILES,
        face_index=face_index,
        rig_id=config.rig,
        settings=changed_settings(config),
    )
    told = None if progress is None else _telling(progress)
    result = client.fit(specification, told, is_cancelled=is_cancelled)
    write_files(out_dir, result.files)
    return result


def _telling(progress: Callable[[Progress], None]) -> Callable[[fitting_pb2.FitProgress], None]:
    def told(report: fitting_pb2.FitProgress) -> None:
        loss = report.loss if report.HasField("loss") else float("nan")
        progress(Progress(report.stage, report.step, report.steps, loss))

    return told


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"{path}: {error.strerror}", "check the path and its permissions") from error

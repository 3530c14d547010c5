"""What lives as long as Blender and is never saved: the client, the process of the backend, calls on their way."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import backend_process
from .client import BackendError, Client, Pending

logger = logging.getLogger(__name__)

ASK_AGAIN_S, ASK_AGAIN_WHILE_LOADING_S, ANSWER_S = 2.0, 0.3, 10.0
"""How often the backend is asked how it is, and how long it may take to answer: it is slow to while it computes."""

SILENCES_UNTIL_LOST = 3

WORDS_OF_TLS, CLOSED = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification", "SSL_ERROR", "handshake"), "Socket closed"
"""What gRPC says when a certificate does not fit, and when the other side speaks TLS and we do not."""

TOKEN_REMEDY = "set Token in the add-on's preferences to the one that the backend was started with"
CERTIFICATE_REMEDY = (
    "choose the backend's certificate under Certificate in the add-on's preferences, and a name under Address that "
    "stands in it"
)
ADDRESS_REMEDY = "check Address in the add-on's preferences, that the backend runs there, and the network"


@dataclass
class Call:
    """A call that is on its way and what becomes of it; the functions run in Blender's own thread.

    Attributes:
        undo: takes an answer that nobody wants any more, and takes back what the backend has begun with it.
    """

    pending: Pending
    done: Callable[[Any], None]
    failed: Callable[[BackendError], None]
    undo: Callable[[Any], None] | None = None


@dataclass
class Capture:
    """A running live session; the head and the scene are looked up at each tick, for they may be gone.

    Attributes:
        notice: what is wrong right now.
        calibration: how the last calibration goes or went; shown while nothing is wrong.
    """

    capture_id: str
    blendshapes: tuple[str, ...]
    head_uid: int
    head_name: str
    scene_name: str
    seen_frame_id: int = 0
    pending: Pending | None = None
    turns_head: bool = True
    recording: Any = None
    frames_hz: float = 0.0
    notice: str = ""
    calibration: str = ""


@dataclass
class Fit:
    """A running fit and what becomes of it; the functions run in Blender's own thread.

    Attributes:
        name: what the panel calls it.
        job_id: empty until the backend has accepted it.
        done: takes the FitResult.
        failed: takes a message and a remedy; empty ones when the fit was cancelled.
        ask_at: when it is asked about next, of the clock `time.monotonic`.
        is_building: whether the head is there and waits for its mesh.
    """

    name: str
    scene_name: str
    done: Callable[[Any], None]
    failed: Callable[[str, str], None]
    job_id: str = ""
    sequence: int = 0
    pending: Pending | None = None
    ask_at: float = 0.0
    is_building: bool = False


@dataclass
class Arrival:
    """A head whose mesh has come from the backend, on its way into the scene.

    Attributes:
        head_uid: the head that it is for; 0 for a new one.
        label: what undo and history call it.
        place: where a new head stands, metres.
        expression: blendshape weights to show; None leaves the face as it is.
        fit: the fit that it comes from; when that was cancelled, the head is not wanted any more.
    """

    character: Any
    files: dict[str, bytes]
    name: str
    label: str
    scene_name: str
    head_uid: int = 0
    place: tuple[float, float, float] | None = None
    expression: dict[str, float] | None = None
    fit: Fit | None = None


@dataclass
class Variants:
    """Heads to choose from."""

    head_uid: int
    values: list[dict[str, float]]


@dataclass
class Batch:
    """Photos that wait to become heads."""

    scene_name: str
    paths: list[Path]
    total: int
    failures: list[str] = field(default_factory=list)


class Session:
    """The connection with one backend and everything that waits for it.

    Attributes:
        state: OFF, STARTING, LOADING, READY or LOST.
        message: what the backend says, or why it does not.
        remedy: what to do about it.
        info: the last GetServerInfoResponse, None before the first.
        rigs: GetRigResponse with offsets as bytes, by the id of the rig.
        calls, fit, capture, arrival, variants, batch: what is going on.
        painting: look that was seen at the last comparison, as text: it is painted once it stays; paint_at: when to
            compare next; show_at: when the panels are written to next while a head is live.
        notice, notice_remedy: what went wrong last, apart from the backend itself.
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self.process: backend_process.BackendProcess | None = None
        self.state, self.message, self.remedy = "OFF", "", ""
        self.info = None
        self.calls: list[Call] = []
        self.rigs: dict[str, bytes] = {}
        self.fit: Fit | None = None
        self.capture: Capture | None = None
        self.is_opening_capture = False
        self.arrival: Arrival | None = None
        self.variants: Variants | None = None
        self.batch: Batch | None = None
        self.painting, self.paint_at, self.show_at = "", 0.0, 0.0
        self.notice, self.notice_remedy = "", ""
        self._leaving: list[backend_process.BackendProcess] = []
        self._asked: Pending | None = None
        self._ask_at, self._silences = 0.0, 0

    def start(self, command: list[str], folder: Path) -> None:
        """Start a backend on this computer; `watch` connects to it once its port is open."""
        self.stop()
        try:
            self.process = backend_process.start(command, folder)
        except OSError as error:
            self._lose(
                f"{command[0]} cannot be started: {error.strerror}", "check Backend Command in the add-on's preferences"
            )
            return
        self.state, self.message, self.remedy = "STARTING", "The backend is being started", ""

    def connect(self, address: str, token: str | None, root_certificates: bytes | None, is_tls: bool) -> None:
        """Connect to a backend that runs already."""
        self.stop()
        self._open(Client(address, token, root_certificates, is_tls))
        self.message = f"Connecting to {address}"

    def stop(self) -> None:
        """Leave the backend: cancel what is on its way, close the channel, end our own process."""
        self._leave()
        self.state, self.message, self.remedy = "OFF", "", ""

    def later(
        self,
        pending: Pending,
        done: Callable[[Any], None],
        failed: Callable[[BackendError], None],
        undo: Callable[[Any], None] | None = None,
    ) -> None:
        """Have one of two functions called by the timer when a call has ended; `undo` as in Call."""
        self.calls.append(Call(pending, done, failed, undo))

    def send(self, pending: Pending) -> None:
        """See a call through whose answer does not matter: gRPC cancels one that nobody holds."""
        self.later(pending, _ignore, _ignore)

    def tell(self, message: str, remedy: str = "") -> None:
        """Have the panel say what went wrong."""
        self.notice, self.notice_remedy = message, remedy

    def tell_error(self, error: BackendError) -> None:
        """Have the panel say why a call failed; a lost backend says so itself."""
        if self.client is not None:
            self.tell(f"{error.reason}: {error}", error.remedy)

    def forget_work(self) -> None:
        """Forget everything that concerns the open file; the backend stays."""
        calls, self.calls = self.calls, []
        for call in calls:
            if call.undo is not None:
                self.later(call.pending, call.undo, _ignore)
            elif call.done is _ignore:
                self.send(call.pending)
            else:
                call.pending.cancel()
        if self.client is not None and self.fit is not None and self.fit.job_id:
            self.send(self.client.cancel_fit_later(self.fit.job_id))
        if self.client is not None and self.capture is not None:
            self.send(self.client.stop_capture_later(self.capture.capture_id))
        self.painting, self.is_opening_capture = "", False
        self.fit = self.capture = self.arrival = self.variants = self.batch = None

    def take_finished(self) -> Call | None:
        """Return a call that has ended, None where there is none; it is forgotten here."""
        finished = next((call for call in self.calls if call.pending.done()), None)
        if finished is not None:
            self.calls.remove(finished)
        return finished

    def watch(self) -> None:
        """Look at process and connection and set `state`; takes microseconds."""
        self._leaving = [one for one in self._leaving if not one.is_gone()]
        if self.process is not None and self.process.poll() is not None:
            self._lose(*self.process.last_error())
        elif self.state == "STARTING" and (port := self.process.port()) is not None:
            self._open(Client(f"127.0.0.1:{port}"))
            self.message = "The backend loads its models"
        elif self.client is not None and self.state in ("LOADING", "READY"):
            self._ask()

    def _open(self, client: Client) -> None:
        client.stay_awake()
        self.client, self.state, self.remedy = client, "LOADING", ""
        self._asked, self._ask_at, self._silences = None, 0.0, 0

    def _ask(self) -> None:
        """Ask the backend how it is and read the last answer."""
        if self._asked is None:
            if time.monotonic() >= self._ask_at:
                self._asked = self.client.server_info_later(ANSWER_S)
            return
        if not self._asked.done():
            return
        asked, self._asked = self._asked, None
        try:
            self._read(asked.result())
        except BackendError as error:
            self._silences += 1
            is_silence = error.is_unreachable or error.reason == "DEADLINE_EXCEEDED"
            if not is_silence or self._silences >= SILENCES_UNTIL_LOST:
                self._lose(*self._why_lost(error))
            self._ask_at = time.monotonic() + ASK_AGAIN_WHILE_LOADING_S

    def _why_lost(self, error: BackendError) -> tuple[str, str]:
        """Return message and remedy; where the user has named a backend, the preference that may be wrong."""
        if self.process is not None:
            return f"{error.reason}: {error}", error.remedy
        address = self.client.address
        if error.reason == "NOT_AUTHORISED":
            return f"The backend at {address} wants another token", TOKEN_REMEDY
        if any(word in str(error) for word in WORDS_OF_TLS):
            return f"The certificate of the backend at {address} is not the one that is trusted", CERTIFICATE_REMEDY
        if CLOSED in str(error):
            return f"The backend at {address} closes the connection: it may speak TLS only", CERTIFICATE_REMEDY
        if error.is_unreachable or error.reason == "DEADLINE_EXCEEDED":
            return f"Nobody answers at {address}", ADDRESS_REMEDY
        return f"{error.reason}: {error}", error.remedy

    def _read(self, info: Any) -> None:
        """Take over what the backend says about itself."""
        self.info, self._silences = info, 0
        states = {1: "LOADING", 2: "READY", 3: "LOADING"}
        self.state = states.get(info.state, "LOADING")
        if info.state == 3:
            self.message = "The backend is being stopped"
        elif self.state == "READY":
            self.message = info.notice or f"Ready on {info.device_name or info.device}"
        else:
            self.message = "The backend loads its models"
        wait_s = ASK_AGAIN_S if self.state == "READY" else ASK_AGAIN_WHILE_LOADING_S
        self._ask_at = time.monotonic() + wait_s

    def _lose(self, message: str, remedy: str) -> None:
        """Say why the backend is gone and let go of everything that needs it."""
        logger.info("the backend is lost: %s", message)
        self._leave()
        self.state, self.message, self.remedy = "LOST", message, remedy

    def _leave(self) -> None:
        """Close what is open; what waits for an answer is told that there is none."""
        if self.client is not None:
            self.client.close()
        if self.process is not None:
            self.process.stop()
            self._leaving.append(self.process)
        self.client = self.process = self.info = self._asked = None
        self.rigs.clear()


def _ignore(_: Any) -> None:
    """Do nothing with an answer or an error."""


class Holder:
    """Keeps the one session; a module may not have a variable that changes."""

    session: Session | None = None


HOLDER = Holder()


def current() -> Session:
    """Return the session, made at the first call."""
    if HOLDER.session is None:
        HOLDER.session = Session()
    return HOLDER.session


def close() -> None:
    """Leave the backend and forget the session."""
    if HOLDER.session is not None:
        HOLDER.session.stop()
        HOLDER.session = None

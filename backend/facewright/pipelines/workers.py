"""Worker processes for many photos: a worker that dies costs its own task, never the rest."""

import logging
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from facewright.config import FacewrightConfig
from facewright.errors import FacewrightError

Fit = Callable[[Path, Path, Event], dict[str, float]]
"""(photo, result folder, stop event) -> losses by name."""

STOP_GRACE_S = 20.0
"""How long a worker may take to leave after Ctrl-C before it is ended."""


@dataclass(frozen=True)
class Failure:
    """Why a task has no result; the fields are those of a FacewrightError."""

    reason: str
    message: str
    remedy: str

    def one_line(self) -> str:
        """Return all of it as a line."""
        return f"{self.reason}: {self.message.rstrip('.')}. Remedy: {self.remedy}"


@dataclass(frozen=True)
class Answer:
    """What came of a task.

    Attributes:
        seconds: time that it took.
        losses: final loss terms by name; empty if it failed.
        failure: why it failed.
    """

    seconds: float
    losses: dict[str, float] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass
class Worker:
    """One process, our end of its pipe, and the task that it is at; None while it loads."""

    process: BaseProcess
    connection: Connection
    task: int | None = None


def fit_in_processes(
    tasks: Sequence[tuple[Path, Path]],
    open_fit: Callable[[FacewrightConfig], Fit],
    config: FacewrightConfig,
    workers: int,
) -> Generator[tuple[int, Answer], None, None]:
    """Fit many photos in parallel; leaving the iterator early lets the workers stop at their next step.

    Args:
        tasks: photo and result folder of each.
        open_fit: importable function that loads once a process what every task needs, and returns the fit.
        config: handed to `open_fit`.
        workers: number of processes.

    Yields:
        Index of a task and its answer, in the order of completion.

    Raises:
        FacewrightError: a worker could not load.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    waiting = list(reversed(range(len(tasks))))
    team: dict[Connection, Worker] = {}
    try:
        for _ in range(min(workers, len(tasks))):
            _add_worker(team, context, open_fit, config, stop)
        while team:
            ready: list[Any] = wait(list(team))  # some of the team, which the annotation does not tell
            for connection in ready:
                worker = team[connection]
                answer = _receive(worker)
                if worker.task is not None:
                    yield worker.task, answer
                elif answer.failure:
                    raise _as_error(answer.failure)
                if waiting and not connection.closed:
                    _assign(worker, waiting.pop(), tasks)
                else:
                    _retire(team.pop(connection))
                    if waiting:
                        _add_worker(team, context, open_fit, config, stop)
    finally:
        stop.set()
        for worker in team.values():
            if worker.task is None:  # it still loads, which nothing can interrupt, and there is nothing to lose
                worker.process.kill()
            _retire(worker)


def _add_worker(
    team: dict[Connection, Worker],
    context: SpawnContext,
    open_fit: Callable[[FacewrightConfig], Fit],
    config: FacewrightConfig,
    stop: Event,
) -> None:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, open_fit, config, stop), daemon=True)
    with _interrupts_held():
        process.start()
    theirs.close()  # so that the pipe ends when the process does
    team[ours] = Worker(process, ours)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for the block; processes that start in it never see one, not even while they import."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _assign(worker: Worker, task: int, tasks: Sequence[tuple[Path, Path]]) -> None:
    worker.task = task
    with suppress(OSError):  # it has just died: the next receive says so
        worker.connection.send(tasks[task])


def _receive(worker: Worker) -> Answer:
    """Return a worker's answer; its first one says that it has loaded. The connection is closed if it is dead."""
    try:
        return worker.connection.recv()
    except (EOFError, OSError):
        worker.connection.close()
        worker.process.join(STOP_GRACE_S)
        failure = Failure(
            "WORKER_DIED",
            f"The worker process ended with exit code {worker.process.exitcode}.",
            "Often memory: use fewer --workers, then run the same command again.",
        )
        return Answer(0.0, failure=failure)


def _retire(worker: Worker) -> None:
    """Let a worker leave: it ends when its pipe does; one that does not is ended."""
    worker.connection.close()
    worker.process.join(STOP_GRACE_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _as_error(failure: Failure) -> FacewrightError:
    error = FacewrightError(failure.message, failure.remedy)
    error.reason = failure.reason
    return error


def _serve(
    connection: Connection, open_fit: Callable[[FacewrightConfig], Fit], config: FacewrightConfig, stop: Event
) -> None:
    """Load, say so, then answer tasks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which sets the stop event
    start = time.perf_counter()
    with suppress(EOFError, OSError):
        try:
            fit = open_fit(config)
        except FacewrightError as error:
            connection.send(Answer(0.0, failure=Failure(error.reason, str(error), error.remedy)))
            return
        connection.send(Answer(time.perf_counter() - start))
        while True:
            photo, folder = connection.recv()
            connection.send(_answer(fit, photo, folder, stop))


def _answer(fit: Fit, photo: Path, folder: Path, stop: Event) -> Answer:
    """Run one task; whatever it raises becomes its failure, since one bad photo must not stop the rest."""
    start = time.perf_counter()
    losses: dict[str, float] = {}
    failure = None
    try:
        losses = fit(photo, folder, stop)
    except FacewrightError as error:
        failure = Failure(error.reason, str(error), error.remedy)
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        place = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        failure = Failure("UNEXPECTED", message, "Report this with the photo's size and format.")
    return Answer(time.perf_counter() - start, losses, failure)

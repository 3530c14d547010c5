"""Tests of live sessions with a stand-in for the tracker: the latest frame wins, sessions take turns."""

import threading
import time

import numpy as np
import pytest

from facewright.config import ServiceConfig
from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.errors import ImageUnreadable, QueueFull
from facewright.service.live.hub import KEPT_ANSWERS, LiveFrame, LiveHub, LiveSession, raw_frame

WAIT_S = 10.0


class StandIn:
    """A tracker that works as long as a test lets it, and puts the first pixel into the first coefficient."""

    identity = np.zeros(3, np.float32)

    def __init__(self) -> None:
        self.may_work = threading.Event()
        self.may_work.set()
        self.has_begun = threading.Event()

    def __call__(self, frame: np.ndarray, time_s: float) -> LiveExpression:
        self.has_begun.set()
        assert self.may_work.wait(WAIT_S)
        coefficients = np.zeros(len(ARKIT_52), np.float32)
        coefficients[0] = frame[0, 0, 0] / 255.0
        return LiveExpression(coefficients, None, "lost")


@pytest.fixture
def hub():
    made = LiveHub(ServiceConfig(live_sessions=3))
    yield made
    made.stop()


def frame(number: int) -> LiveFrame:
    return LiveFrame(number, 1000 * number, lambda: np.full((2, 2, 3), number, np.uint8))


def open_session(hub: LiveHub, tracker: StandIn, keeps_all: bool = True) -> LiveSession:
    return hub.open(tracker, lambda parameters: parameters, keeps_all)


def test_frames_that_come_during_work_replace_each_other_and_are_counted(hub):
    tracker = StandIn()
    session = open_session(hub, tracker)
    tracker.may_work.clear()
    session.put(frame(1))
    assert tracker.has_begun.wait(WAIT_S)
    for number in range(2, 6):
        session.put(frame(number))
    session.end()
    tracker.may_work.set()
    answers = [session.next_answer(WAIT_S) for _ in range(2)]
    assert [answer.frame.frame_id for answer in answers] == [1, 5]
    assert answers[1].dropped == 3 and answers[1].expression.coefficients[0] == pytest.approx(5 / 255)
    assert session.next_answer(WAIT_S) is None and session.is_done()
    assert (session.counts.received, session.counts.answered, session.counts.dropped) == (5, 2, 3)


def test_sessions_take_turns(hub):
    order, tracker = [], StandIn()
    sessions = [open_session(hub, tracker, keeps_all=False) for _ in range(3)]
    tracker.may_work.clear()
    sessions[0].put(frame(1))
    assert tracker.has_begun.wait(WAIT_S)
    for number, session in enumerate(sessions):
        session.put(LiveFrame(9, 0, lambda number=number: order.append(number) or np.zeros((2, 2, 3), np.uint8)))
    tracker.may_work.set()
    deadline = time.monotonic() + WAIT_S
    while len(order) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert order == [1, 2, 0], "the one that had its turn comes last"


def test_a_reader_that_does_not_take_its_answers_gets_no_more_frames_worked_on(hub):
    session, other = open_session(hub, StandIn()), open_session(hub, StandIn())
    for number in range(1, KEPT_ANSWERS + 1):
        session.put(frame(number))
        while session.counts.answered < number:
            time.sleep(0.001)
    session.put(frame(99))
    other.put(frame(7))
    assert other.next_answer(WAIT_S).frame.frame_id == 7, "the others go on"
    assert session.counts.answered == KEPT_ANSWERS
    assert session.next_answer(WAIT_S).frame.frame_id == 1
    while session.counts.answered <= KEPT_ANSWERS:
        time.sleep(0.001)


def test_a_capture_keeps_only_its_newest_answer(hub):
    session = open_session(hub, StandIn(), keeps_all=False)
    for number in (1, 2):
        session.put(frame(number))
        while session.counts.answered < number:
            time.sleep(0.001)
    assert session.newest().frame.frame_id == 2 and session.newest().frame.frame_id == 2


def test_a_damaged_frame_is_counted_and_named_and_the_next_one_is_answered(hub):
    def damaged() -> np.ndarray:
        raise ImageUnreadable("the image is damaged", "send another")

    def surprising() -> np.ndarray:
        raise ZeroDivisionError("nobody thought of this")

    session = open_session(hub, StandIn())
    for number, decode in enumerate((damaged, surprising), 1):
        session.put(LiveFrame(number, 0, decode))
        while session.counts.damaged < number:
            time.sleep(0.001)
    assert "log" in session.counts.notice and "nobody" not in session.counts.notice
    session.put(frame(3))
    assert session.next_answer(WAIT_S).frame.frame_id == 3
    assert session.counts.damaged == 2 and session.counts.notice == ""


def test_there_are_no_more_sessions_than_the_limit_and_a_closed_one_makes_room(hub):
    sessions = [open_session(hub, StandIn()) for _ in range(3)]
    with pytest.raises(QueueFull, match="3 live sessions"):
        open_session(hub, StandIn())
    hub.close(sessions[1])
    assert sessions[1].next_answer(WAIT_S) is None
    open_session(hub, StandIn())
    assert hub.count() == 3


def test_waiting_for_idleness_ends_with_the_frame_and_at_latest_with_the_time(hub):
    tracker = StandIn()
    session = open_session(hub, tracker)
    tracker.may_work.clear()
    session.put(frame(1))
    assert tracker.has_begun.wait(WAIT_S)
    begun = time.monotonic()
    hub.wait_until_idle(0.05)
    assert time.monotonic() - begun >= 0.05
    tracker.may_work.set()
    hub.wait_until_idle(WAIT_S)
    assert session.counts.answered == 1


@pytest.mark.parametrize(("layout", "pixel"), [("rgb", (1, 2, 3)), ("bgr", (3, 2, 1)), ("rgbx", (1, 2, 3))])
def test_raw_pixels_of_each_layout_become_the_same_picture(layout, pixel):
    content = bytes({"rgb": (1, 2, 3), "bgr": (1, 2, 3), "rgbx": (1, 2, 3, 9)}[layout]) * 6
    image = raw_frame(content, 3, 2, layout)
    assert image.shape == (2, 3, 3) and (image == pixel).all()
    with pytest.raises(ImageUnreadable, match="bytes"):
        raw_frame(content[:-1], 3, 2, layout)

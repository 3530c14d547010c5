"""Tests of the queue: clients take turns, bounds hold, a retry joins, results stay a while, calls go between."""

import threading

import pytest

from facewright.config import ServiceConfig
from facewright.datatypes import Progress
from facewright.errors import Cancelled, FaceNotFound, JobUnknown, NotReady, QueueFull, RequestIdReused
from facewright.service.device.schedule import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Schedule


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedule(clock) -> Schedule:
    return Schedule(ServiceConfig(queued_fits=5, queued_fits_per_client=3, result_seconds=100.0, result_mib=1), clock)


def test_clients_take_turns_however_many_fits_one_of_them_has(schedule):
    greedy = [schedule.submit("greedy", number)[0] for number in range(3)]
    modest = schedule.submit("modest", 9)[0]
    order = [schedule.next_job() for _ in range(4)]
    assert order == [greedy[0], modest, greedy[1], greedy[2]]


def test_the_position_is_the_number_of_fits_that_come_before(schedule):
    greedy = [schedule.submit("greedy", number)[0] for number in range(3)]
    modest = [schedule.submit("modest", number)[0] for number in range(2)]
    expected = [greedy[0], modest[0], greedy[1], modest[1], greedy[2]]
    assert [schedule.position(job) for job in expected] == [0, 1, 2, 3, 4]
    assert schedule.next_job() is greedy[0]
    assert [schedule.position(job) for job in (modest[0], greedy[1], modest[1], greedy[2])] == [1, 2, 3, 4]


def test_a_client_that_has_too_many_fits_waiting_is_told_so_and_others_are_not(schedule):
    for number in range(3):
        schedule.submit("greedy", number)
    with pytest.raises(QueueFull, match="3 of them yours"):
        schedule.submit("greedy", 4)
    schedule.submit("modest", 1)
    schedule.submit("third", 1)
    with pytest.raises(QueueFull, match="5 fits wait"):
        schedule.submit("fourth", 1)


def test_a_retry_joins_the_first_request_and_another_content_under_its_id_is_an_error(schedule):
    job, was_there = schedule.submit("one", "order", "id-1", b"digest")
    assert not was_there
    assert schedule.submit("two", "order", "id-1", b"digest") == (job, True)
    with pytest.raises(RequestIdReused, match="id-1"):
        schedule.submit("one", "other order", "id-1", b"other")
    schedule.next_job()
    schedule.end(job, SUCCEEDED, "head", 10)
    assert schedule.submit("one", "order", "id-1", b"digest") == (job, True)


@pytest.mark.parametrize("state", [FAILED, CANCELLED])
def test_a_retry_of_a_fit_without_a_result_begins_again(schedule, state):
    job, _ = schedule.submit("one", "order", "id-1", b"digest")
    schedule.next_job()
    schedule.end(job, state, failure=FaceNotFound("no face", "another photo"))
    again, was_there = schedule.submit("one", "order", "id-1", b"digest")
    assert again is not job and not was_there


def test_a_cancelled_fit_that_waits_ends_at_once_and_a_running_one_is_asked_to(schedule):
    running, waiting = (schedule.submit("one", number)[0] for number in range(2))
    assert schedule.next_job() is running
    assert schedule.cancel(waiting) == CANCELLED and isinstance(waiting.failure, Cancelled)
    assert schedule.cancel(running) == RUNNING and running.cancel.is_set()
    assert schedule.position(waiting) == 0
    assert schedule.counts() == {QUEUED: 0, RUNNING: 1, SUCCEEDED: 0, FAILED: 0, CANCELLED: 1}


def test_results_are_forgotten_after_their_time(schedule, clock):
    job = schedule.submit("one", "order", "id-1", b"d")[0]
    schedule.next_job()
    schedule.end(job, SUCCEEDED, "head", 10)
    clock.now = 99.0
    assert schedule.find(job.id) is job
    clock.now = 101.0
    with pytest.raises(JobUnknown, match="100 s"):
        schedule.find(job.id)
    assert schedule.submit("one", "order", "id-1", b"d")[0] is not job


def test_the_oldest_results_go_first_when_all_are_too_large_and_the_newest_stays(schedule):
    jobs = []
    for number in range(3):
        jobs.append(schedule.submit("one", number)[0])
        assert schedule.next_job() is jobs[-1]
        schedule.end(jobs[-1], SUCCEEDED, "head", 600_000)
    with pytest.raises(JobUnknown):
        schedule.find(jobs[0].id)
    with pytest.raises(JobUnknown):
        schedule.find(jobs[1].id)
    assert schedule.find(jobs[2].id) is jobs[2]


def test_a_result_that_a_stream_still_follows_is_not_forgotten(schedule, clock):
    job = schedule.submit("one", "order")[0]
    schedule.follow(job)
    schedule.next_job()
    schedule.end(job, SUCCEEDED, "head", 10)
    clock.now = 1000.0
    assert schedule.find(job.id) is job
    schedule.leave(job)
    with pytest.raises(JobUnknown):
        schedule.find(job.id)


def test_the_last_stream_that_leaves_takes_the_fit_with_it_unless_it_was_started_to_go_on(schedule):
    followed, detached = (schedule.submit("one", number)[0] for number in range(2))
    for job in (followed, detached):
        schedule.follow(job)
        schedule.follow(job)
    schedule.follow(detached, is_detached=True)
    for job in (followed, detached):
        schedule.leave(job)
        assert job.state == QUEUED
        schedule.leave(job)
    assert (followed.state, detached.state) == (CANCELLED, QUEUED)


def test_calls_are_done_by_the_device_thread_between_jobs_and_their_errors_reach_the_caller(schedule):
    seen = []
    device = threading.Thread(target=schedule.next_job)
    device.start()
    assert schedule.call(lambda: seen.append(threading.get_ident()) or 7, 5.0) == 7
    assert seen == [device.ident]
    with pytest.raises(ZeroDivisionError):
        schedule.call(lambda: 1 / 0, 5.0)
    schedule.submit("one", "order")
    device.join(5.0)
    assert not device.is_alive()


def test_a_call_that_nobody_takes_ends_with_its_deadline_and_is_not_done_later(schedule):
    done = []
    with pytest.raises(Cancelled, match="time was over"):
        schedule.call(lambda: done.append(1), 0.01)
    schedule.do_calls()
    assert done == []


def test_waiting_ends_with_a_report_with_the_end_or_with_the_time(schedule):
    job = schedule.submit("one", "order")[0]
    assert not schedule.wait(job, 0, 0.01)
    schedule.next_job()
    schedule.report(job, Progress("observe", 0, 1), b"picture")
    assert schedule.wait(job, 0, 0.01) and job.preview == (b"picture", 1)
    assert not schedule.wait(job, job.sequence, 0.01)
    schedule.end(job, SUCCEEDED, "head", 1)
    assert schedule.wait(job, job.sequence, 0.01)
    assert job.order is None and job.preview is None


def test_a_stopping_schedule_takes_nothing_cancels_what_waits_and_lets_the_device_go(schedule):
    job = schedule.submit("one", "order")[0]
    schedule.stop()
    assert job.state == CANCELLED
    with pytest.raises(NotReady):
        schedule.submit("one", "order")
    with pytest.raises(NotReady):
        schedule.call(lambda: 1, 1.0)
    assert schedule.next_job() is None and schedule.is_idle()

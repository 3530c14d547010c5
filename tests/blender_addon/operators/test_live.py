"""Live sessions with a real backend, in each Blender: recording, two heads, another file, and the pace of the timer."""

BLENDERS_LOOP_S = 0.005
ASKED_HZ = 60


def test_a_video_moves_and_records_the_head_until_it_is_stopped_or_the_head_is_deleted(run, address):
    said = run("cases_live", "live", address)
    assert "Keyframes from 10" in said["message"] and not said["running"] and said["has_action"]
    assert said["rest"] == [True, 0.0], "Neutral takes the expression away"
    assert said["uses_calibration"]
    assert said["after_delete"] == "The head was deleted"


def test_of_two_heads_the_one_that_was_started_moves_until_another_file_is_opened(run, address):
    said = run("cases_live", "two_heads", address)
    assert not said["grey"]
    assert said["moved"] > 0.0 and said["other"] == 0.0
    assert said["after_load"] == [True, False, "READY"]
    assert said["heads"] == ["Head", "Head.001"] and said["again"] > 0.0
    assert said["after_new"] == [True, False]


def test_a_source_that_is_opened_while_the_file_is_left_does_not_stay_open(run, address):
    said = run("cases_live", "open_while_opening", address)
    assert said["state"] == [True, False]
    assert not said["is_open"]


def test_while_a_head_is_live_the_timer_asks_for_more_turns_than_are_wanted_and_every_one_ends(run, address):
    said = run("cases_live", "pace", address)
    assert said["interval_s"] + BLENDERS_LOOP_S < 1 / ASKED_HZ, "Blender comes up to one turn of its loop late"
    assert said["calm_s"] == 0.1
    assert said["moved_ms"] and len(said["took_ms"]) > len(said["moved_ms"])

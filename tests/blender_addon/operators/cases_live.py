"""Cases of live sessions: recording, deletion, two heads, another file, and the pace of the timer."""

import time

import bpy
from cases_backend import STAGE, add, connect, idle
from facewright.scene import head, shape_keys
from runner import wait_for

from facewright import session, tick

LOOP_S = 0.005
"""What Blender's own loop sleeps while nothing happens: a timer's function is called at the first turn after its time.

Source: wm_window_events_process in Blender's wm_window.cc, BLI_timer_execute in BLI_timer.cc.
"""

SHORT_S, LONG_S = 2.0, 30.0


def start(armature, **options):
    """Select a head and let the video move it; returns the capture once there is one."""
    own = bpy.context.scene.facewright.live
    own.source, own.video_path = "VIDEO", str(STAGE / "video.avi")
    for name, value in options.items():
        setattr(own, name, value)
    bpy.ops.facewright.select_head(name=armature.name)
    bpy.ops.facewright.start_live()
    wait_for(lambda: session.current().capture is not None, "the capture", 60)
    return session.current().capture


def wait_for_change(armature):
    """Wait until the expression of a head is another one; returns it."""
    before = shape_keys.read_expression(armature)
    wait_for(lambda: shape_keys.read_expression(armature) != before, "another expression", 120)
    return shape_keys.read_expression(armature)


def case_live(out):
    """Let a video move the head, record it, stop."""
    connect()
    armature = add()
    own = bpy.context.scene.facewright.live
    start(armature, record=True, start_frame=10)
    wait_for_change(armature)
    wait_for_change(armature)
    samples = len(session.current().capture.recording)
    wait_for(lambda: len(session.current().capture.recording) > samples + 5, "more samples", 120)
    bpy.ops.facewright.stop_live()
    keys = shape_keys.head_meshes(armature)[0].data.shape_keys
    said = {"message": own.message, "running": own.is_running, "has_action": keys.animation_data is not None}
    moved = max(shape_keys.read_expression(armature).values())
    bpy.ops.facewright.rest()
    said["rest"] = [moved > 0.0, max(shape_keys.read_expression(armature).values())]
    start(armature)
    wait_for_change(armature)
    bpy.ops.facewright.calibrate(pose="NEUTRAL")
    wait_for(lambda: bool(armature.facewright.calibration), "the calibration", 60)
    wait_for(lambda: own.message == "Calibrated", "the word in the panel", 20)
    bpy.ops.facewright.stop_live()
    start(armature)  # with what is known of the person
    said["uses_calibration"] = wait_for_change(armature) != {}
    bpy.data.objects.remove(armature)
    wait_for(lambda: session.current().capture is None, "the end", 60)
    said["after_delete"] = own.message
    return said


def case_two_heads(out):
    """Two heads and one session: it stays with its head, whichever is active; names change; then a file is opened."""
    connect()
    first, second = add(), add()
    blend = str(out / "two.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    own = bpy.context.scene.facewright.live
    capture = start(first)
    bpy.ops.facewright.select_head(name=second.name)
    first.name, second.name = "Anna", "Head"
    said = {"grey": bpy.ops.facewright.start_live.poll()}
    wait_for_change(first)
    said["other"] = max(shape_keys.read_expression(second).values())
    said["moved"] = max(shape_keys.read_expression(first).values())
    slider = shape_keys.head_meshes(first)[0].data.shape_keys
    bpy.ops.wm.open_mainfile(filepath=blend)
    del first, second, slider
    own = bpy.context.scene.facewright.live
    said["after_load"] = [session.current().capture is None, own.is_running, session.current().state]
    wait_for(lambda: not capture_is_open(capture.capture_id), "the end of the capture there", 20)
    heads = head.heads(bpy.context.scene)
    said["heads"] = [one.name for one in heads]
    start(heads[1])
    wait_for_change(heads[1])
    said["again"] = max(shape_keys.read_expression(heads[1]).values())
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    tick.tick()
    said["after_new"] = [session.current().capture is None, bpy.context.scene.facewright.live.is_running]
    return said


def capture_is_open(capture_id):
    """Ask the backend whether it still follows a source."""
    from facewright.client import BackendError

    try:
        session.current().client.latest_expression(capture_id)
    except BackendError as error:
        assert error.reason == "CAPTURE_UNKNOWN", error
        return False
    return True


def case_open_while_opening(out):
    """Open another file between Start and the backend's answer: nobody may be left with an open source."""
    connect()
    add()
    blend = str(out / "one.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    own = bpy.context.scene.facewright.live
    own.source, own.video_path = "VIDEO", str(STAGE / "video.avi")
    bpy.ops.facewright.start_live()
    time.sleep(1.0)  # the answer is there, the timer has not looked
    opened = session.current().calls[0].pending.result().capture_id
    bpy.ops.wm.open_mainfile(filepath=blend)
    idle()
    return {
        "state": [session.current().capture is None, session.current().is_opening_capture],
        "is_open": capture_is_open(opened),
    }


def case_pace(out):
    """Follow a video for a short time."""
    return follow(SHORT_S)


def case_long_pace(out):
    """Follow a video for as long as a benchmark wants."""
    return follow(LONG_S)


def follow(seconds):
    """Follow a video as Blender's window does; say how often the timer's function was called and how long it took.

    Returns:
        interval_s that the function asks for, and ms of each call: `took_ms` of all, `worked_ms` without the time in
        which other programs had the processor, `moved_ms` of those that brought an expression, `update_ms` of Blender's
        own update after such a call, which the window would draw.
    """
    connect()
    armature = add()
    capture = start(armature, loop=True)
    wait_for_change(armature)
    took_ms, worked_ms, moved_ms, update_ms, seen = [], [], [], [], capture.seen_frame_id
    begun = time.perf_counter()
    due = ended = begun
    while ended < begun + seconds:
        now = time.perf_counter()
        if now >= due:
            worked = time.thread_time()
            interval_s = tick.tick()
            worked_ms.append(1000 * (time.thread_time() - worked))
            took_ms.append(1000 * (time.perf_counter() - now))
            due = now + interval_s
            if capture.seen_frame_id != seen:
                seen = capture.seen_frame_id
                moved_ms.append(took_ms[-1])
                before = time.perf_counter()
                bpy.context.view_layer.update()
                update_ms.append(1000 * (time.perf_counter() - before))
        time.sleep(LOOP_S)
        ended = time.perf_counter()
    bpy.ops.facewright.stop_live()
    return {
        "interval_s": interval_s,
        "calm_s": tick.tick(),
        "seconds": ended - begun,
        "took_ms": took_ms,
        "worked_ms": worked_ms,
        "moved_ms": moved_ms,
        "update_ms": update_ms,
    }

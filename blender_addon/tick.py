"""The one timer: looks at backend, answers, fit and capture, writes what the panels show, and never waits.

Blender calls it in the context of the first window, and no operator is ever called within `temp_override`: Blender lets
go of Python's lock while an operator runs, and with an override it asks Python for members of the context all the same.
With Python 3.11, in Blender up to 5.0, it does so without the lock if another thread has it just then, as one of gRPC
may, and crashes.

Source: BPY_context_member_get in bpy_interface.cc, wm_event_timers_execute in wm_event_system.cc.
"""

import logging
import time

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from . import icons, session
from .client import BackendError
from .client.generated import expression_pb2, fitting_pb2
from .lookup import find_head
from .scene import pose, shape_keys

logger = logging.getLogger(__name__)

CALM_S, LIVE_S = 0.1, 1 / 120
"""Time between two looks; while a head is live at least 60 a second, though Blender's loop comes some 5 ms late."""

ASK_ABOUT_FIT_S, POLL_S, FIT_POLL_S = 0.2, 5.0, 30.0
"""How often a fit is asked about; how long answers about captures and fits may take on their way."""

COMPARE_LOOK_S = 0.5
"""How long colours and styles must be left alone before the head is painted."""

JOB_STATES = {fitting_pb2.FIT_STATE_QUEUED: "QUEUED", fitting_pb2.FIT_STATE_RUNNING: "RUNNING"}


def tick():
    """Look at everything once; whatever goes wrong in one part is logged and the next look comes all the same.

    Returns:
        Seconds until the next look.
    """
    live = session.current()
    for look in (_watch, _finish_calls, _follow_fit, _follow_capture, _paint, _show):
        try:
            look(live)
        except Exception:  # the border: a timer that raises would be removed by Blender
            logger.exception("a look of the timer failed")
    return LIVE_S if live.capture is not None else CALM_S


def _watch(live):
    """Look at process and connection."""
    live.watch()


def _finish_calls(live):
    """Hand out the answers that have come; where one raises, the others follow at the next look."""
    if any(call.pending.done() for call in live.calls):
        redraw()  # pictures of variants and presets are no properties: nothing else draws the panels again
    while (call := live.take_finished()) is not None:
        try:
            answer = call.pending.result()
        except BackendError as error:
            call.failed(error)
            continue
        call.done(answer)


def _follow_fit(live):
    """Ask about the running fit and hand out its end."""
    fit = live.fit
    if fit is None or fit.is_building:
        return
    if live.client is None:
        live.fit = None
        fit.failed(
            rpt_("The fit was lost with the backend. {why}").format(why=live.message),
            live.remedy or "start the backend, fit again",
        )
        return
    if not fit.job_id:
        return
    if fit.pending is None:
        if time.monotonic() >= fit.ask_at:
            fit.pending = live.client.get_fit_later(fit.job_id, fit.sequence, FIT_POLL_S)
        return
    if not fit.pending.done():
        return
    pending, fit.pending = fit.pending, None
    fit.ask_at = time.monotonic() + ASK_ABOUT_FIT_S
    try:
        answer = pending.result()
    except BackendError as error:
        if not error.is_unreachable and error.reason != "DEADLINE_EXCEEDED":
            live.fit = None
            fit.failed(f"{error.reason}: {error}", error.remedy)
        return
    _read_fit(live, fit, answer)


def _read_fit(live, fit, answer):
    """Take over what the backend says about a fit."""
    job = _job(fit.scene_name)
    if answer.HasField("progress"):
        fit.sequence = answer.progress.sequence
        if answer.progress.preview.content:
            icons.show(icons.FIT_PREVIEW, answer.progress.preview.content)
    if answer.HasField("result"):
        fit.is_building = True
        if job is not None:
            job.state, job.stage, job.fraction = "RUNNING", "mesh", 1.0
        fit.done(answer.result)
    elif answer.state in JOB_STATES:
        if job is not None:
            job.state = JOB_STATES[answer.state]
            job.stage, job.fraction = answer.progress.stage, answer.progress.fraction
            if job.state == "QUEUED":
                job.stage = str(answer.queue_position)
    else:
        live.fit = None
        is_cancelled = answer.state == fitting_pb2.FIT_STATE_CANCELLED
        failure = answer.failure
        fit.failed("" if is_cancelled else f"{failure.reason}: {failure.message}", failure.remedy)


def _follow_capture(live):
    """Move the head by the newest expression."""
    capture = live.capture
    if capture is None:
        return
    armature = find_head(capture.head_uid, capture.head_name)
    if live.client is None or armature is None:
        live.capture.notice = "The head was deleted" if armature is None else "The backend is gone"
        _end_capture(live, capture)
        return
    if capture.pending is not None and capture.pending.done():
        pending, capture.pending = capture.pending, None
        try:
            answer = pending.result()
        except BackendError as error:
            if error.reason != "DEADLINE_EXCEEDED":
                capture.notice = f"{error.reason}: {error}"
                _end_capture(live, capture)
                return
        else:
            _read_expression(capture, armature, answer)
            if answer.state == expression_pb2.CAPTURE_STATE_ENDED and not answer.HasField("expression"):
                capture.notice = answer.notice or "The video has come to its end"
                _end_capture(live, capture)
                return
    if capture.pending is None:
        capture.pending = live.client.latest_expression_later(capture.capture_id, capture.seen_frame_id, POLL_S)


def _read_expression(capture, armature, answer):
    """Show and record one expression."""
    capture.frames_hz, capture.notice = answer.frames_hz, answer.notice
    if not answer.HasField("expression"):
        return
    expression = answer.expression
    capture.seen_frame_id = expression.frame_id
    if expression.state == expression_pb2.TRACKING_STATE_LOST:
        capture.notice = answer.notice or "No face is seen"
    weights = dict(zip(capture.blendshapes, expression.coefficients, strict=True))
    missing = shape_keys.set_expression(armature, weights)
    if missing:
        capture.notice = rpt_("The head has no {what} {names}").format(
            what=rpt_("shape key"), names=", ".join(missing[:4])
        )
    rotation = None
    if capture.turns_head and expression.HasField("head_pose"):
        turn = expression.head_pose
        rotation = (turn.rotation_w, turn.rotation_x, turn.rotation_y, turn.rotation_z)
        if not pose.turn_head(armature, rotation):
            capture.notice = "The head has no bone that turns it"
    if capture.recording is not None and expression.state != expression_pb2.TRACKING_STATE_LOST:
        capture.recording.add(expression.timestamp_us, weights, rotation)


def _end_capture(live, capture):
    """Stop by the operator, so that what was recorded becomes one undo step; without it if it cannot run."""
    try:
        bpy.ops.facewright.stop_live("EXEC_DEFAULT", True)
    except RuntimeError as error:
        capture.notice = str(error).strip()
    live.capture = None
    show_capture(live, capture)


def _paint(live):
    """Have the operator repaint the active head when its colours or styles were changed and left alone since."""
    is_idle = live.fit is None and live.capture is None and live.batch is None and not live.calls
    if live.state == "READY" and is_idle and time.monotonic() >= live.paint_at:
        live.paint_at = time.monotonic() + COMPARE_LOOK_S
        bpy.ops.facewright.repaint("EXEC_DEFAULT")


def _show(live):
    """Write what the panels show; only what has changed, for each writing draws the panels again.

    While a head is live that is done as often as at other times, not with every frame.
    """
    if live.capture is not None and time.monotonic() < live.show_at:
        return
    live.show_at = time.monotonic() + CALM_S
    manager = bpy.context.window_manager
    shown = manager.facewright_backend
    info = live.info
    wanted = {
        "state": live.state,
        "message": live.message,
        "remedy": live.remedy,
        "device": (info.device_name or info.device) if info is not None else "",
        "version": info.version if info is not None else "",
        "notice": live.notice,
        "notice_remedy": live.notice_remedy,
    }
    is_new = _write(shown, wanted)
    if live.capture is not None:
        is_new |= show_capture(live, live.capture)
    for scene in bpy.data.scenes:
        job = scene.facewright.job
        is_own = live.fit is not None and live.fit.scene_name == scene.name
        if job.state in ("QUEUED", "RUNNING") and not is_own:
            is_new |= _write(job, {"state": "NONE", "stage": "", "fraction": 0.0})
        elif is_own:
            state = job.state if job.state in ("QUEUED", "RUNNING") else "QUEUED"
            is_new |= _write(job, {"state": state, "name": live.fit.name}) or True
        is_running = live.capture is not None and live.capture.scene_name == scene.name
        is_new |= _write(scene.facewright.live, {"is_running": is_running})
        is_batch = live.batch is not None and live.batch.scene_name == scene.name
        is_new |= _write(scene.facewright.batch, {"is_running": is_batch})
    if is_new:
        redraw()


def show_capture(live, capture):
    """Write what the panel says about a live session; returns whether anything is new."""
    scene = bpy.data.scenes.get(capture.scene_name)
    if scene is None:
        return False
    wanted = {
        "is_running": live.capture is not None,
        "frames_hz": round(capture.frames_hz, 1),
        "message": capture.notice or capture.calibration,
    }
    return _write(scene.facewright.live, wanted)


def redraw():
    """Have the sidebars drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _write(group, wanted):
    """Set properties that differ and return whether any did."""
    is_new = False
    for name, value in wanted.items():
        old = getattr(group, name)
        if abs(old - value) > 1e-4 if isinstance(value, float) else old != value:
            setattr(group, name, value)
            is_new = True
    return is_new


def _job(scene_name):
    scene = bpy.data.scenes.get(scene_name)
    return None if scene is None else scene.facewright.job

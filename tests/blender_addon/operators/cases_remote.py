"""Cases of a backend that runs already: token, certificate and address of the preferences, right and wrong."""

import json

import bpy
from cases_backend import STAGE, add
from runner import wait_for

from facewright import preferences, session, tick

LOSS_S = 60


def connect(address, token="", certificate=""):
    """Write the preferences, press Start, and wait for an outcome; returns what the panel then says."""
    wanted, own = preferences.get(), bpy.context.window_manager.facewright_backend
    wanted.address, wanted.token, wanted.certificate = address, token, str(certificate)
    session.current().tell("")
    try:
        bpy.ops.facewright.start_backend()
    except RuntimeError as error:
        return ["OFF", str(error).strip(), ""]
    tick.tick()  # the panel forgets how the last one ended
    assert own.state == "LOADING"
    wait_for(lambda: own.state in ("READY", "LOST"), f"an answer of {address}", LOSS_S)
    said = [own.state, own.message, own.remedy]
    if own.state == "READY":
        bpy.ops.facewright.stop_backend()
        wait_for(lambda: own.state == "OFF", "the end", 10)
    return said


def case_remote(out):
    """Connect in every way that the test has laid down in remote.json."""
    return {name: connect(*words) for name, words in json.loads((STAGE / "remote.json").read_text()).items()}


def case_works(out):
    """Work with a backend that wants token and TLS; then connect by Check in the preferences."""
    address, token, certificate = json.loads((STAGE / "remote.json").read_text())["right"]
    wanted, own = preferences.get(), bpy.context.window_manager.facewright_backend
    wanted.address, wanted.token, wanted.certificate = address, token, certificate
    bpy.ops.facewright.check()
    wait_for(lambda: own.state in ("READY", "LOST"), "the backend", LOSS_S)
    made = add("RANDOM")
    bpy.ops.facewright.check()
    said = {"state": own.state, "rig": made.facewright.rig_id, "secret": token in own.message + own.notice}
    bpy.ops.facewright.stop_backend()
    wait_for(lambda: own.state == "OFF", "the end", 10)
    return said

"""Start, stop and check the backend."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Operator

from .. import backend_process, preferences, session
from . import common

LAST_PORT = 65535
CERTIFICATE_MARK = b"-----BEGIN CERTIFICATE-----"


def connect(operator):
    """Connect as the preferences say; returns whether that could be begun, the operator reports why not."""
    wanted, live = preferences.get(), session.current()
    address = wanted.address.strip()
    if not address:
        command = backend_process.find_command(wanted.command)
        if command is None:
            operator.report({"ERROR"}, "No backend was found: set Backend Command in the add-on's preferences")
            return False
        live.start(command, preferences.user_folder("backend"))
        return True
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LAST_PORT:
        operator.report({"ERROR"}, rpt_("The address {address} is not of the form HOST:PORT").format(address=address))
        return False
    if not preferences.is_local(address) and not bpy.app.online_access:
        operator.report({"ERROR"}, "Blender may not go online: allow Online Access in Preferences, System, Network")
        return False
    certificate = None
    if wanted.certificate:
        try:
            certificate = Path(bpy.path.abspath(wanted.certificate)).read_bytes()
        except OSError as error:
            operator.report({"ERROR"}, rpt_("The certificate cannot be read: {why}").format(why=error.strerror))
            return False
        if CERTIFICATE_MARK not in certificate:
            operator.report({"ERROR"}, "The file under Certificate holds no certificate in PEM form")
            return False
    token = wanted.token.strip()
    if not (token.isascii() and token.isprintable()):
        operator.report({"ERROR"}, "The token has letters in it that cannot be sent: copy it again")
        return False
    is_tls = certificate is not None or not preferences.is_local(address)
    live.connect(address, token or None, certificate, is_tls)
    return True


class FACEWRIGHT_OT_start_backend(Operator):
    """Start or connect"""

    bl_idname = "facewright.start_backend"
    bl_label = "Start"
    bl_description = "Start the backend on this computer, or connect to the one that the preferences name"

    @classmethod
    def poll(cls, context):
        """Return whether there is something to start."""
        is_off = session.current().state in ("OFF", "LOST")
        return common.needs(cls, is_off, "The backend runs already, or is being started")

    def execute(self, context):
        """Begin; the light shows how it goes on."""
        session.current().tell("")
        return {"FINISHED"} if connect(self) else {"CANCELLED"}


class FACEWRIGHT_OT_stop_backend(Operator):
    """Stop or leave"""

    bl_idname = "facewright.stop_backend"
    bl_label = "Stop"
    bl_description = "Leave the backend; one that this Blender has started is stopped"

    @classmethod
    def poll(cls, context):
        """Return whether there is something to stop."""
        return common.needs(cls, session.current().state not in ("OFF", "LOST"), "No backend runs")

    def execute(self, context):
        """Stop a live session, keep what it recorded, and leave."""
        live = session.current()
        if live.capture is not None:
            bpy.ops.facewright.stop_live("EXEC_DEFAULT")
        live.stop()
        return {"FINISHED"}


class FACEWRIGHT_OT_check(Operator):
    """Say whether the backend can be found"""

    bl_idname = "facewright.check"
    bl_label = "Check"
    bl_description = "Look whether the backend can be found with these settings, and connect to it"

    def execute(self, context):
        """Report what is there; connect where an address is given."""
        wanted, live = preferences.get(), session.current()
        if live.state == "READY":
            self.report({"INFO"}, live.message)
            return {"FINISHED"}
        if wanted.address.strip():
            if not connect(self):
                return {"CANCELLED"}
            text = rpt_("Connecting to {address}: the panel Backend in the 3D view says how it goes")
            self.report({"INFO"}, text.format(address=wanted.address))
            return {"FINISHED"}
        command = backend_process.find_command(wanted.command)
        if command is None:
            self.report({"ERROR"}, "No backend was found: set Backend Command to the program or folder of Facewright")
            return {"CANCELLED"}
        text = rpt_("Found {command}; Start in the panel Backend runs it")
        self.report({"INFO"}, text.format(command=" ".join(command)))
        return {"FINISHED"}


class FACEWRIGHT_OT_dismiss(Operator):
    """Take a message away"""

    bl_idname = "facewright.dismiss"
    bl_label = "Dismiss"
    bl_description = "Take this message away"

    def execute(self, context):
        """Forget the message."""
        session.current().tell("")
        context.window_manager.facewright_backend.notice = ""
        return {"FINISHED"}


CLASSES = (
    FACEWRIGHT_OT_start_backend,
    FACEWRIGHT_OT_stop_backend,
    FACEWRIGHT_OT_check,
    FACEWRIGHT_OT_dismiss,
)
"""In the order of registration."""

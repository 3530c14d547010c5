"""What a user sets once: how the backend is started, or where it is."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import StringProperty
from bpy.types import AddonPreferences

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")


class FACEWRIGHT_preferences(AddonPreferences):
    """Backend command, address, token, certificate."""

    bl_idname = __package__

    command: StringProperty(
        name="Backend command",
        description="The program facewright, or the folder where Facewright is installed; "
        "empty looks for it around this add-on",
        subtype="FILE_PATH",
    )
    address: StringProperty(
        name="Address",
        description="HOST:PORT of a backend that runs already; empty starts one on this computer",
    )
    token: StringProperty(
        name="Token",
        description="The secret that the backend asks for; it is kept in Blender's preferences, readable by your user",
        subtype="PASSWORD",
    )
    certificate: StringProperty(
        name="Certificate",
        description="File with the certificate (PEM) to trust; "
        "empty trusts the authorities that the system does, or needs none on this computer",
        subtype="FILE_PATH",
    )

    def draw(self, context):
        """Draw the page in Blender's preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "command")
        layout.prop(self, "address")
        if self.address and not is_local(self.address) and not bpy.app.online_access:
            layout.label(text="Another computer needs Online Access: Preferences, System, Network", icon="ERROR")
        column = layout.column()
        column.active = bool(self.address)
        column.prop(self, "token")
        column.prop(self, "certificate")
        layout.operator("facewright.check", icon="CHECKMARK")
        shown = context.window_manager.facewright_backend
        if shown.version:
            text = iface_("Connected to Facewright {version} on {device}")
            layout.label(text=text.format(version=shown.version, device=shown.device), icon="INFO")


def get() -> FACEWRIGHT_preferences:
    """Return the preferences of this add-on."""
    return bpy.context.preferences.addons[__package__].preferences


def is_local(address: str) -> bool:
    """Return whether an address HOST:PORT lies on this computer."""
    return address.rpartition(":")[0].lower() in LOCAL_HOSTS


def user_folder(name: str = "") -> Path:
    """Return the extension's own folder, or a folder in it; makes it if need be."""
    try:
        return Path(bpy.utils.extension_path_user(__package__, path=name, create=True))
    except ValueError:  # not installed as an extension, as in tests
        folder = Path(bpy.app.tempdir) / "facewright" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


CLASSES = (FACEWRIGHT_preferences,)
"""In the order of registration."""

"""Facewright in Blender: heads from photos, sliders for every shape, live expressions from a camera."""


def register():
    """Add everything to Blender."""
    from . import registration

    registration.register()


def unregister():
    """Take everything out of Blender again."""
    from . import registration

    registration.unregister()

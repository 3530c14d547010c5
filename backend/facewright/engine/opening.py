"""Picks the engine that this machine can run."""

import logging
from typing import TYPE_CHECKING

from facewright.engine.mesh import engine_mesh
from facewright.engine.opengl import OpenGLEngine
from facewright.engine.software import SoftwareEngine
from facewright.errors import ConfigInvalid, EngineUnavailable

if TYPE_CHECKING:
    from facewright.rig.nouns import Rig

_LOG = logging.getLogger(__name__)

ENGINES = ("auto", "opengl", "software")
"""What can be asked for."""

Engine = OpenGLEngine | SoftwareEngine
"""What draws one rig: `render(jobs)`, `close()`, and `name`, which is one of ENGINES."""


def open_engine(rig: "Rig", prefer: str = "auto", samples: int = 2) -> Engine:
    """Open an engine on a rig; close it, or use it in a `with` statement.

    Args:
        rig: What it shall draw.
        prefer: One of ENGINES; "auto" takes OpenGL where there is one, else software.
        samples: Colour samples per pixel along each side, 1 or 2.

    Returns:
        The engine.

    Raises:
        ConfigInvalid: `prefer` is none of ENGINES.
        EngineUnavailable: "opengl" was asked for and cannot be had.
        RigInvalid: The rig has no appearance.
    """
    if prefer not in ENGINES:
        raise ConfigInvalid(f"unknown engine {prefer!r}", f"use one of {', '.join(ENGINES)}")
    mesh = engine_mesh(rig)
    if prefer == "software":
        return SoftwareEngine(mesh, samples)
    try:
        return OpenGLEngine(mesh, samples)
    except EngineUnavailable as error:
        if prefer == "opengl":
            raise
        _LOG.warning("drawing in software, which is slower: %s", error)
        return SoftwareEngine(mesh, samples)

"""The constants of the shading formulas as GLSL, so that shaders and NumPy cannot differ."""

from types import ModuleType

from facewright.datatypes import PART_NAMES
from facewright.engine import shading, strands
from facewright.engine.mesh import BEARD, EYE, FRAME, HAIR, LASH, SKIN, TEETH, TONGUE
from facewright.rig import appearance

SURFACE_NUMBERS = {
    "SKIN": SKIN,
    "EYE": EYE,
    "TEETH": TEETH,
    "TONGUE": TONGUE,
    "LASH": LASH,
    "HAIR": HAIR,
    "BEARD": BEARD,
    "FRAME": FRAME,
}
"""Surfaces of mesh and pieces by the name that the shaders use."""


def shader_constants() -> str:
    """Return the numbers of the formulas, the materials, the surfaces and the labels as GLSL."""
    own = {name: value for module in (shading, strands, appearance) for name, value in _numbers(module).items()}
    lines = [f"const {_type(value)} {name} = {_glsl(value)};" for name, value in own.items()]
    lines.append("struct Material { vec3 wrap; float roughness; float reflectance; float sheen; float window; };")
    for name, one in shading.MATERIALS.items():
        numbers = ", ".join(_glsl(value) for value in (one.wrap, one.roughness, one.reflectance, one.sheen, one.window))
        lines.append(f"const Material {name}_MATERIAL = Material({numbers});")
    lines += [f"const int {name} = {index};" for name, index in SURFACE_NUMBERS.items()]
    lines += [f"const uint {name.upper()}_LABEL = {index}u;" for index, name in enumerate(PART_NAMES)]
    return "\n".join(lines) + "\n"


def _numbers(module: ModuleType) -> dict[str, float | tuple[float, ...]]:
    """Return the constants of a module that are fractions or tuples of them."""
    return {name: value for name, value in vars(module).items() if name.isupper() and _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, tuple) and all(isinstance(one, float) for one in value))


def _type(value: float | tuple[float, ...]) -> str:
    return f"vec{len(value)}" if isinstance(value, tuple) else "float"


def _glsl(value: float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return f"vec{len(value)}({', '.join(_glsl(one) for one in value)})"
    return f"{value:.6f}"

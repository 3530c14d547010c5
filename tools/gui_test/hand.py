"""A hand and an eye for Blender's window: finds buttons by what they do, clicks, drags, scrolls, takes pictures.

Blender tells nobody where it draws a button. So the mouse goes over the sidebar, and the button under it is asked to
copy its Python command or data path, as a user can with Ctrl-C. Everything that takes time is a generator: what it
yields is the delay in seconds until it goes on, since Blender handles the events in between.
"""

import itertools
import os
import subprocess
import time
import traceback

import bpy

ROW_PX, HOVER_S, CLICK_S, REDRAW_S = 12, 0.04, 0.1, 0.8
COLUMNS = (0.5, 0.2, 0.8, 0.35, 0.65, 0.1, 0.9)
TABS_PX = 24
"""Width of the column of tabs at the edge of the sidebar."""

TOP_PX = 40
"""Where the wheel is turned: below the last panel it would turn the 3D view's."""

START = time.monotonic()


class Unexpected(Exception):
    """What the window shows is not what should be there."""


def say(message):
    """Tell what happens, on a line that the program outside passes on."""
    print(f"GUI {time.monotonic() - START:6.1f} s  {message}", flush=True)


def window():
    """Return the only window."""
    return bpy.context.window_manager.windows[0]


def area(kind="VIEW_3D"):
    """Return the 3D view, or the area of another kind; None while there is none."""
    return next((area for area in window().screen.areas if area.type == kind), None)


def sidebar():
    """Return the sidebar's region."""
    return next(region for region in area().regions if region.type == "UI")


def take_picture(out, name):
    """Photograph the whole screen."""
    subprocess.run(["import", "-window", "root", os.path.join(out, f"{name}.png")], timeout=60, check=True)
    say(f"picture {name}")


def move(x, y):
    """Put the mouse somewhere in the window."""
    window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=int(x), y=int(y))


def click(x, y, ctrl=False):
    """Click with the left button."""
    move(x, y)
    yield 0.3
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type="LEFTMOUSE", value=value, x=int(x), y=int(y), ctrl=ctrl)
        yield CLICK_S
    yield REDRAW_S


def press(key, x, y):
    """Press a key while the mouse is somewhere."""
    move(x, y)
    yield 0.3
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=int(x), y=int(y))
        yield CLICK_S
    yield REDRAW_S


def drag(x, y, by_px):
    """Drag from a place to the right, as one moves a slider."""
    move(x, y)
    yield 0.3
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=int(x), y=int(y))
    yield CLICK_S
    for step in range(1, 9):
        move(x + by_px * step / 8, y)
        yield CLICK_S
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=int(x + by_px), y=int(y))
    yield REDRAW_S


def under_mouse():
    """Return the Python command or the data path of the button under the mouse, empty where there is none."""
    manager = bpy.context.window_manager
    with bpy.context.temp_override(window=window(), area=area(), region=sidebar()):
        manager.clipboard = ""
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
        elif bpy.ops.ui.copy_data_path_button.poll():
            bpy.ops.ui.copy_data_path_button(full_path=True)
        return manager.clipboard


def scroll(notches):
    """Turn the wheel over the sidebar, downwards if positive."""
    region = sidebar()
    x, y = region.x + region.width // 2, region.y + region.height - TOP_PX
    move(x, y)
    yield HOVER_S
    for _ in range(abs(notches)):
        window().event_simulate(type="WHEELDOWNMOUSE" if notches > 0 else "WHEELUPMOUSE", value="PRESS", x=x, y=y)
        yield HOVER_S
    yield REDRAW_S


def look_for(text, columns):
    """Look for a button in the visible part of the sidebar; returns its place, None where there is none."""
    region = sidebar()
    for row, column in itertools.product(range(ROW_PX, region.height - ROW_PX, ROW_PX), columns):
        x, y = region.x + column * (region.width - TABS_PX), region.y + region.height - row
        move(x, y + 1)  # the first movement leaves the button above, the second enters the one below
        move(x, y)
        yield HOVER_S
        if text in under_mouse():
            return x, y - 3
    return None


def find(text, pages=4, across=None):
    """Find a button in the sidebar: where it stands, then scrolling down, then from the top, then in all columns.

    Args:
        text: part of its Python command or data path.
        pages: how often to scroll on.
        across: where in the sidebar's width it stands, as a share; without it looks in the middle first.

    Raises:
        Unexpected: it is nowhere.
    """
    first = COLUMNS[:1] if across is None else (across,)
    for columns in (first, first, COLUMNS[1:]):
        for _ in range(pages):
            place = yield from look_for(text, columns)
            if place:
                return place
            yield from scroll(8)
        yield from scroll(-60)
    raise Unexpected(f"no button in the sidebar does {text}")


def wait_for(what, condition, limit_s):
    """Wait until a condition holds.

    Raises:
        Unexpected: it did not within the limit.
    """
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise Unexpected(f"{what}: not after {limit_s:.0f} s")
        yield 0.2
    say(what)


def show_view(kind="SOLID"):
    """Draw the 3D view with the textures of the head, and put the active object in its middle, seen from the front."""
    space = area().spaces.active
    space.shading.type, space.shading.color_type, space.overlay.show_overlays = kind, "TEXTURE", False
    region = next(region for region in area().regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window(), area=area(), region=region):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()


def run(steps, out):
    """Run steps from a timer; one that fails leaves a picture and ends Blender with exit code 3.

    Args:
        steps: generator whose values are the delay before it goes on, in seconds.
        out: folder for the picture.
    """

    def tick():
        try:
            return next(steps)
        except StopIteration:
            bpy.ops.wm.quit_blender()
        except Exception:
            say(traceback.format_exc())
            take_picture(out, "99-failed")
            os._exit(3)
        return None

    bpy.context.preferences.view.show_splash = False
    bpy.app.timers.register(tick, first_interval=1.0)

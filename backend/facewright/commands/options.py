"""Options of the commands that make heads."""

import argparse
import dataclasses
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from facewright.config import (
    DEVICES,
    ENGINES,
    EXPORT_FORMATS,
    EXPORT_POSES,
    FacewrightConfig,
    StyleConfig,
    settings_of_parts,
)

STYLE_WORDS = tuple(field.name for field in dataclasses.fields(StyleConfig))

Run = Callable[[argparse.Namespace], int]


def server_options() -> argparse.ArgumentParser:
    """Return the options that name a server, for commands that it can do."""
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument("--server", metavar="HOST:PORT", help="let a running `facewright serve` do the work")
    server.add_argument("--token-file", type=Path, metavar="FILE", help="token of the server")
    server.add_argument("--tls-ca", type=Path, metavar="PEM", help="certificates to trust: the server uses TLS")
    return server


def add_making_commands(
    commands: argparse._SubParsersAction, server: argparse.ArgumentParser, runs: Mapping[str, Run]
) -> None:
    """Describe `fit`, `batch` and `random`.

    Args:
        commands: of the whole program.
        server: options that name a server.
        runs: what each command calls.
    """
    shared = _shared_options(server)
    skin = argparse.ArgumentParser(add_help=False)
    skin.add_argument(
        "--skin",
        metavar="SHARE",
        help="photo: the skin is made from the photo; procedural: the rig's own; or a number between, as 0.5",
    )
    _add_fit(commands, [shared, skin], runs["fit"])
    _add_batch(commands, [shared, skin], runs["batch"])
    _add_random(commands, [shared], runs["random"])


def _add_fit(commands: argparse._SubParsersAction, parents: list[argparse.ArgumentParser], run: Run) -> None:
    fit = commands.add_parser(
        "fit",
        parents=parents,
        help="fit a head to a photo, or to several of one person",
        description="Fit a head to a photo, or to several of one person. Results of an earlier run are replaced.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_table(),
    )
    fit.add_argument("photo", type=Path, metavar="PHOTO", help="the photo that decides the shape and the tone")
    fit.add_argument(
        "more",
        type=Path,
        nargs="*",
        default=[],
        metavar="MORE",
        help="other photos of the person: they add to the skin",
    )
    fit.add_argument("--face", type=int, default=0, metavar="N", help="which face, 0 is the largest (default: 0)")
    fit.set_defaults(command=run)


def _add_batch(commands: argparse._SubParsersAction, parents: list[argparse.ArgumentParser], run: Run) -> None:
    batch = commands.add_parser(
        "batch",
        parents=parents,
        help="fit a head to each of many photos",
        description="Fit a head to each of many photos, into a folder each, with summary.csv and\n"
        "overview.png. Run again, it skips what is done with the same photo and settings.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_table(),
    )
    batch.add_argument("photos", nargs="+", metavar="PHOTOS", help="files, folders and glob patterns")
    batch.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: %(default)s)")
    batch.add_argument("--force", action="store_true", help="fit again what is already done")
    batch.add_argument("--blend", type=Path, metavar="FILE", help="also put all heads into one .blend, in a grid")
    batch.add_argument("--blend-each", action="store_true", help="also write head.blend into each result folder")
    batch.add_argument(
        "--blender", type=Path, metavar="PATH", help="your own Blender, or a Python that has the module bpy"
    )
    batch.set_defaults(command=run)


def _add_random(commands: argparse._SubParsersAction, parents: list[argparse.ArgumentParser], run: Run) -> None:
    random = commands.add_parser(
        "random",
        parents=parents,
        help="make random heads from the rig's prior",
        description="Make random heads from the rig's prior, a folder each. Results of an earlier run are replaced.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_table(),
    )
    random.add_argument("--count", type=int, required=True, metavar="N", help="how many heads")
    random.add_argument("--seed", type=int, default=0, metavar="S", help="the same seed, the same heads (default: 0)")
    random.add_argument(
        "--sheet", action="store_true", help="draw all heads into one picture, characters.png, and write nothing else"
    )
    random.set_defaults(command=run)


def add_export_command(actions: argparse._SubParsersAction, run: Run) -> None:
    """Describe `rig export`.

    Args:
        actions: of the command `rig`.
        run: called with the options.
    """
    meaning = "write a head as a file for Blender, a game engine or a viewer"
    export = actions.add_parser("export", help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
    export.add_argument("--format", choices=EXPORT_FORMATS, required=True, help="blend and fbx are written by Blender")
    export.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the file, replaced when there; obj adds .mtl and pictures",
    )
    export.add_argument(
        "--rig", metavar="ID", help=f"rig to export (default: that of --from, or {FacewrightConfig().rig})"
    )
    head = export.add_mutually_exclusive_group()
    head.add_argument(
        "--from", type=Path, dest="source", metavar="RIG_JSON", help="a fitted head instead of the neutral"
    )
    head.add_argument("--random", type=int, metavar="SEED", help="a random head instead of the neutral one")
    export.add_argument(
        "--pose",
        choices=EXPORT_POSES,
        default=EXPORT_POSES[0],
        help="the head's shape in the pose of its bones, or baked into mesh and rest skeleton (default: %(default)s)",
    )
    for option, form, meaning in (
        ("--style", "GROUP=CHOICE", "wear something else, as in hair=bob"),
        ("--colour", "NAME=RRGGBB", "another colour of skin, lip, brow, iris, hair or beard"),
        ("--skin", "NAME=AMOUNT", "pores, redness, freckles or wrinkles from 0 to 1; or photo, procedural or a share"),
    ):
        export.add_argument(option, action="append", default=[], metavar=form, help=f"{meaning}; may be repeated")
    export.add_argument(
        "--blender", type=Path, metavar="PATH", help="your own Blender, or a Python that has the module bpy"
    )
    export.set_defaults(command=run)


def settings_table() -> str:
    """Return every setting of `--set` with its default, its limits and its meaning, a paragraph each."""
    lines = ["settings for --set, with their defaults:"]
    for setting in settings_of_parts():
        default = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
        limits = f" ({setting.limits})" if setting.limits else ""
        lines.append(f"  {setting.name}={default}{limits}")
        lines += textwrap.wrap(setting.meaning, 72, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)


def _shared_options(server: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return the options that `fit`, `batch` and `random` have in common."""
    shared = argparse.ArgumentParser(add_help=False, parents=[server])
    shared.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the results; made when missing, files of an earlier run are replaced",
    )
    shared.add_argument(
        "--rig", default=FacewrightConfig().rig, metavar="ID", help="rig to shape (default: %(default)s)"
    )
    shared.add_argument("--device", choices=DEVICES, default="auto", help="where the networks run (%(default)s)")
    shared.add_argument("--engine", choices=ENGINES, default="auto", help="what draws the head (%(default)s)")
    shared.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting, may be repeated; the settings are listed below",
    )
    shared.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="GROUP=CHOICE",
        help="what the heads shall wear, as hair=bob, may be repeated; groups: " + ", ".join(STYLE_WORDS),
    )
    shared.add_argument("--quiet", action="store_true", help="print errors only")
    return shared

"""The `facewright` command: parse, build the config, call one function; the only place that reads the environment."""

import argparse
import dataclasses
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from facewright.config import (
    DEVICES,
    ENGINES,
    EXPORT_FORMATS,
    EXPORT_POSES,
    FacewrightConfig,
    StyleConfig,
    photo_share,
    setting_names,
    with_overrides,
)
from facewright.errors import ConfigInvalid, FacewrightError, OutputNotWritable

EXIT_FAILED, EXIT_ERROR, EXIT_INTERRUPTED = 1, 2, 130
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
STYLE_WORDS = tuple(field.name for field in dataclasses.fields(StyleConfig))
LOG_LEVELS = ("debug", "info", "warning", "error")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: words after the program's name; those of the process when None.

    Returns:
        0 when all went well, 1 when a check or some photos failed, 2 for an error of use or input, 130 after Ctrl-C.
    """
    # Many small solves: more BLAS threads only fight each other. Has to stand before numpy is imported.
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    options = build_parser().parse_args(arguments)
    try:
        set_up_logging(os.environ.get("FACEWRIGHT_LOG", "warning"))
        return options.command(options)
    except FacewrightError as error:
        print(f"error: {error.one_line()}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return EXIT_INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Describe every command and option."""
    parser = argparse.ArgumentParser(
        prog="facewright",
        description="Turn photos of faces into skeleton-driven game heads.",
        epilog="Environment: FACEWRIGHT_CACHE is the folder of model files and compiled rigs; "
        f"FACEWRIGHT_LOG is one of {', '.join(LOG_LEVELS)}.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_making_commands(commands)

    rig = commands.add_parser("rig", help="list, compile or export the installed rigs")
    actions = rig.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="print id, version and size of each rig").set_defaults(command=run_rig_list)
    compiling = actions.add_parser("compile", help="compile all rigs into the cache, or one")
    compiling.add_argument("--rig", help="id of the only rig to compile")
    compiling.set_defaults(command=run_rig_compile)
    _add_export_command(actions)

    weights = commands.add_parser("weights", help="fetch and verify the third-party model files")
    weights.set_defaults(command=run_weights)
    doctor = commands.add_parser("doctor", help="check what a fit needs, with a remedy for each failing line")
    doctor.set_defaults(command=run_doctor)
    return parser


def _add_making_commands(commands: argparse._SubParsersAction) -> None:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    shared.add_argument("--rig", default="makehuman", metavar="ID", help="rig to shape (default: %(default)s)")
    shared.add_argument("--device", choices=DEVICES, default="auto", help="where the networks run (%(default)s)")
    shared.add_argument("--engine", choices=ENGINES, default="auto", help="what draws the head (%(default)s)")
    shared.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting, may be repeated; settings: " + ", ".join(setting_names()),
    )
    shared.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="GROUP=CHOICE",
        help="what the heads shall wear, as hair=bob, may be repeated; groups: " + ", ".join(STYLE_WORDS),
    )
    shared.add_argument("--quiet", action="store_true", help="print errors only")

    skin = argparse.ArgumentParser(add_help=False)
    skin.add_argument(
        "--skin",
        metavar="SHARE",
        help="photo: the skin is made from the photo; procedural: the rig's own; or a number between, as 0.5",
    )

    fit = commands.add_parser("fit", parents=[shared, skin], help="fit a head to a photo, or to several of one person")
    fit.add_argument("photo", type=Path, metavar="PHOTO", help="the photo that decides the shape and the tone")
    fit.add_argument(
        "more", type=Path, nargs="*", metavar="MORE", help="other photos of the person: they add to the skin"
    )
    fit.add_argument("--face", type=int, default=0, metavar="N", help="which face, 0 is the largest (default: 0)")
    fit.set_defaults(command=run_fit)

    batch = commands.add_parser("batch", parents=[shared, skin], help="fit a head to each of many photos")
    batch.add_argument("photos", nargs="+", metavar="PHOTOS", help="files, folders and glob patterns")
    batch.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: %(default)s)")
    batch.add_argument("--force", action="store_true", help="fit again what is already done")
    batch.set_defaults(command=run_batch)

    random = commands.add_parser("random", parents=[shared], help="make random heads from the rig's prior")
    random.add_argument("--count", type=int, required=True, metavar="N", help="how many heads")
    random.add_argument("--seed", type=int, default=0, metavar="S", help="the same seed, the same heads (default: 0)")
    random.add_argument(
        "--sheet", action="store_true", help="draw all heads into one picture, characters.png, and write nothing else"
    )
    random.set_defaults(command=run_random)


def _add_export_command(actions: argparse._SubParsersAction) -> None:
    export = actions.add_parser("export", help="write a head as a file for Blender, a game engine or a viewer")
    export.add_argument("--format", choices=EXPORT_FORMATS, required=True, help="blend and fbx are written by Blender")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file; obj adds .mtl and pictures")
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
    export.set_defaults(command=run_rig_export)


def environment_config() -> FacewrightConfig:
    """Build the config from the environment alone."""
    folder = os.environ.get("FACEWRIGHT_CACHE")
    return FacewrightConfig(cache_dir=Path(folder).expanduser().absolute() if folder else None)


def build_config(options: argparse.Namespace) -> FacewrightConfig:
    """Build the config from the environment and the options; an explicit `--set` wins."""
    config = dataclasses.replace(environment_config(), rig=options.rig, device=options.device, engine=options.engine)
    share = getattr(options, "skin", None)
    skin = [] if share is None else [f"skin.share={photo_share(share)}"]
    return with_overrides(config, [*skin, *options.set, *map(style_setting, options.style)])


def style_setting(text: str) -> str:
    """Turn GROUP=CHOICE into the assignment of a setting.

    Raises:
        ConfigInvalid: There is no `=`, or no such group.
    """
    group, equals, _ = text.partition("=")
    if not equals or group not in STYLE_WORDS:
        raise ConfigInvalid(
            f"--style is {text!r}.", f"Write --style GROUP=CHOICE with one of the groups {', '.join(STYLE_WORDS)}."
        )
    return f"style.{text}"


def set_up_logging(level: str) -> None:
    """Send log lines to stderr.

    Raises:
        ConfigInvalid: The level is not one of LOG_LEVELS.
    """
    if level.lower() not in LOG_LEVELS:
        raise ConfigInvalid(f"FACEWRIGHT_LOG is {level!r}.", f"Set it to one of {', '.join(LOG_LEVELS)}.")
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")


def run_fit(options: argparse.Namespace) -> int:
    """Fit a head to one photo."""
    config = build_config(options)
    say = silent if options.quiet else tell
    start = time.perf_counter()
    say("loading rig and networks")
    from facewright.pipelines.photo import PhotoPipeline, fit_photo

    pipeline = PhotoPipeline.from_config(config)
    say(f"loaded in {time.perf_counter() - start:.1f} s")
    result = fit_photo(pipeline, options.photo, options.out, options.face, StageLines(say), more_paths=options.more)
    say("time per stage:")
    for name, milliseconds in result.stage_ms.items():
        say(f"  {name:<24} {milliseconds / 1000:7.2f} s")
    say("losses of the head:")
    for name, loss in result.losses.items():
        say(f"  {name:<24} {loss:7.4f}")
    if result.look.photo_skin is not None:
        shares = dataclasses.asdict(result.look.photo_skin.shares).items()
        say("skin: " + ", ".join(f"{100 * share:.0f} % {name}" for name, share in shares))
    say(f"done in {time.perf_counter() - start:.1f} s: {options.out}")
    return 0


def run_batch(options: argparse.Namespace) -> int:
    """Fit a head to each of many photos."""
    from facewright.pipelines.batch import run

    summary = run(
        build_config(options), options.photos, options.out, options.workers, options.force, show_bar=not options.quiet
    )
    if not options.quiet:
        tell(summary.one_line())
    return EXIT_FAILED if summary.failed else 0


def run_random(options: argparse.Namespace) -> int:
    """Make random heads from the rig's prior."""
    if options.count < 1:
        raise ConfigInvalid(f"--count is {options.count}.", "Give at least 1.")
    config = build_config(options)
    say = silent if options.quiet else tell
    from facewright.pipelines.outputs import random_heads
    from facewright.pipelines.overview import write_characters, write_overview
    from facewright.pipelines.photo import PhotoPipeline

    pipeline = PhotoPipeline.from_config(config)
    if options.sheet:
        write_characters(pipeline, options.count, options.seed, options.out / "characters.png", StageLines(say))
        say(f"{options.count} heads: {options.out / 'characters.png'}")
        return 0
    folders = random_heads(pipeline, options.count, options.seed, options.out, StageLines(say))
    write_overview(folders, options.out / "overview.png")
    say(f"{options.count} heads: {options.out}")
    return 0


def run_rig_list(_options: argparse.Namespace) -> int:
    """Print the installed rigs."""
    from facewright.rig.spec import list_rigs, load_rig

    for rig_id in list_rigs():
        rig = load_rig(rig_id, cache_dir=environment_config().compiled_rigs_dir())
        counts = f"{len(rig.parameters)} parameters, {len(rig.bones)} bones, {len(rig.mesh.vertices_m)} vertices"
        print(f"{rig.id} {rig.version}: {counts}")
    return 0


def run_rig_compile(options: argparse.Namespace) -> int:
    """Compile rigs into the cache."""
    from facewright.rig.spec import list_rigs, load_rig

    for rig_id in [options.rig] if options.rig else list_rigs():
        start = time.perf_counter()
        rig = load_rig(rig_id, cache_dir=environment_config().compiled_rigs_dir())
        tell(f"{rig.id} {rig.version}: ready in {time.perf_counter() - start:.1f} s")
    return 0


def run_rig_export(options: argparse.Namespace) -> int:
    """Write a head in another program's format."""
    from facewright.pipelines.rig_export import ExportRequest, export_rig

    start = time.perf_counter()
    config = with_overrides(environment_config(), [style_setting(word) for word in options.style])
    request = ExportRequest(
        out=options.out,
        format=options.format,
        rig=options.rig,
        source=options.source,
        seed=options.random,
        pose=options.pose,
        style=config.style,
        colours=tuple(options.colour),
        skin=tuple(options.skin),
        blender=options.blender,
    )
    files = export_rig(request, config.compiled_rigs_dir())
    tell(f"written in {time.perf_counter() - start:.1f} s: {', '.join(str(path) for path in files)}")
    return 0


def run_weights(_options: argparse.Namespace) -> int:
    """Fetch and verify the third-party model files."""
    from facewright import weights

    try:
        weights.fetch_all(tell, environment_config().weights_dir())
    except OSError as error:
        raise OutputNotWritable(
            f"the cache cannot be written: {error}.", "Set FACEWRIGHT_CACHE to a folder that you may write."
        ) from error
    tell("all model files are present")
    return 0


def run_doctor(_options: argparse.Namespace) -> int:
    """Print the checklist."""
    from facewright.doctor import examine

    findings = examine(environment_config())
    for finding in findings:
        print(f"[{finding.mark}] {finding.subject}: {finding.detail}")
        if finding.remedy:
            print(f"       remedy: {finding.remedy}")
    return EXIT_FAILED if any(finding.is_failure for finding in findings) else 0


class StageLines:
    """Prints a line when the work enters a new stage or passes a tenth of one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._shown: tuple[str, int] | None = None

    def __call__(self, progress) -> None:
        """Show one progress report."""
        tenth = 10 * progress.step // max(progress.steps, 1)
        if self._shown != (progress.stage, tenth):
            self._shown = (progress.stage, tenth)
            count = f" {progress.step}/{progress.steps}" if progress.steps > 1 else ""
            loss = "" if math.isnan(progress.loss) else f", loss {progress.loss:.4f}"
            self._say(f"{progress.stage}{count}{loss}")


def tell(message: str) -> None:
    """Print a line of progress."""
    print(message, file=sys.stderr, flush=True)


def silent(_message: str) -> None:
    """Print nothing."""

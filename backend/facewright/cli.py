"""The `facewright` command: parse, build the config, call one function; the only place that reads the environment."""

import argparse
import dataclasses
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import facewright
from facewright.commands.checks import check_batch, check_export, check_fit, check_random, chosen_server
from facewright.commands.following import add_following_commands
from facewright.commands.options import STYLE_WORDS, add_export_command, add_making_commands, server_options
from facewright.commands.progress import StageLines, StatusLine, stopping_on_interrupt
from facewright.commands.serving import add_serve_command, service_config
from facewright.config import (
    FacewrightConfig,
    photo_share,
    with_overrides,
)
from facewright.errors import ConfigInvalid, FacewrightError, OutputNotWritable

if TYPE_CHECKING:
    from facewright.commands.remote import ServerAddress

EXIT_FAILED, EXIT_ERROR, EXIT_INTERRUPTED = 1, 2, 130
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
QUIET = {"OPENCV_FFMPEG_LOGLEVEL": "-8", "GRPC_VERBOSITY": "NONE"}
"""What FFmpeg says about a broken file, and gRPC about a port or a connection, an error says already."""
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
    for variable, level in QUIET.items():
        os.environ.setdefault(variable, level)
    try:
        options = build_parser().parse_args(arguments)
        set_up_logging(os.environ.get("FACEWRIGHT_LOG", "warning"))
        return options.command(options)
    except FacewrightError as error:
        print(f"error: {error.one_line()}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return stopped()


def build_parser() -> argparse.ArgumentParser:
    """Describe every command and option."""
    parser = argparse.ArgumentParser(
        prog="facewright",
        description="Turn photos of faces into skeleton-driven game heads.",
        epilog="Environment: FACEWRIGHT_CACHE is the folder of model files and compiled rigs; "
        f"FACEWRIGHT_LOG is one of {', '.join(LOG_LEVELS)}; FACEWRIGHT_TOKEN is the token of `serve` and --server. "
        "Exit codes: 0 when all went well, 1 when some photos of a batch or lines of the doctor failed, 2 for wrong "
        "use or bad input, 130 after Ctrl-C or SIGTERM (but 0 when SIGTERM ends `serve`).",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {facewright.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    server = server_options()
    add_making_commands(commands, server, {"fit": run_fit, "batch": run_batch, "random": run_random})
    add_following_commands(commands, {"live": run_live, "track": run_track})
    add_serve_command(commands, run_serve)

    rig = commands.add_parser("rig", help="list, compile or export the installed rigs")
    actions = rig.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[server], help="print id, version and size of each rig")
    listing.set_defaults(command=run_rig_list)
    compiling = actions.add_parser("compile", help="compile all rigs into the cache, or one")
    compiling.add_argument("--rig", metavar="ID", help="the only rig to compile (default: all)")
    compiling.set_defaults(command=run_rig_compile)
    add_export_command(actions, run_rig_export)

    weights = commands.add_parser("weights", help="fetch and verify the third-party model files")
    weights.set_defaults(command=run_weights)
    doctor = commands.add_parser("doctor", help="check what a fit needs, with a remedy for each failing line")
    doctor.set_defaults(command=run_doctor)
    return parser


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
    config, server = build_config(options), server_of(options)
    say = silent if options.quiet else tell
    start = time.perf_counter()
    photos = [options.photo, *options.more]
    from facewright.pipelines.plan import check_photos

    check_fit(photos, options.face, options.out)
    check_photos(photos)
    if server:
        from facewright.commands.remote import fit_remotely

        fitted = fit_remotely(server, config, photos, options.out, options.face, StageLines(say))
        tell_fit(say, fitted.stage_ms, fitted.losses)
        say(f"done in {time.perf_counter() - start:.1f} s by {options.server}: {options.out}")
        return 0
    say("loading rig and networks")
    from facewright.pipelines.photo import PhotoPipeline, fit_photo

    pipeline = PhotoPipeline.from_config(config)
    say(f"loaded in {time.perf_counter() - start:.1f} s")
    result = fit_photo(pipeline, options.photo, options.out, options.face, StageLines(say), more_paths=options.more)
    tell_fit(say, result.stage_ms, result.losses)
    if result.look.photo_skin is not None:
        shares = dataclasses.asdict(result.look.photo_skin.shares).items()
        say("skin: " + ", ".join(f"{100 * share:.0f} % {name}" for name, share in shares))
    say(f"done in {time.perf_counter() - start:.1f} s: {options.out}")
    return 0


def tell_fit(say: Callable[[str], None], stage_ms: Mapping[str, float], losses: Mapping[str, float]) -> None:
    """Print the time of each stage and the losses of a head."""
    say("time per stage:")
    for name, milliseconds in stage_ms.items():
        say(f"  {name:<24} {milliseconds / 1000:7.2f} s")
    say("losses of the head:")
    for name, loss in losses.items():
        say(f"  {name:<24} {loss:7.4f}")


def run_batch(options: argparse.Namespace) -> int:
    """Fit a head to each of many photos."""
    from facewright.pipelines.batch import run

    config, server = build_config(options), server_of(options)
    remote: dict[str, Any] = {}
    say = silent if options.quiet else tell
    check_batch(options)
    wants_blender = options.blend is not None or options.blend_each
    if wants_blender:
        from facewright.export.blender import find_blender

        blender = find_blender(options.blender)  # before the work, not after it
    if server:
        from facewright.commands.remote import RemoteFit, rig_digest

        remote = {"open_fit": RemoteFit(server), "rig_sha256": rig_digest(server, config, say)}
    summary = run(
        config, options.photos, options.out, options.workers, options.force, show_bar=not options.quiet, **remote
    )
    say(summary.one_line() + (f"; why stands in {options.out / 'summary.csv'}" if summary.failed else ""))
    folders = [outcome.item.folder for outcome in summary.outcomes if outcome.status != "failed"]
    if wants_blender and folders:
        from facewright.pipelines.gallery import write_gallery, write_heads

        if options.blend_each:
            count = write_heads(folders, blender, StageLines(say), config.compiled_rigs_dir())
            say(f"{count} of {len(folders)} head.blend written, the others were there")
        if options.blend is not None:
            write_gallery(folders, options.blend, blender, StageLines(say), config.compiled_rigs_dir())
            say(f"all heads: {options.blend}")
    return EXIT_FAILED if summary.failed else 0


def run_random(options: argparse.Namespace) -> int:
    """Make random heads from the rig's prior."""
    config, server = build_config(options), server_of(options)
    check_random(options, config, server)
    say = silent if options.quiet else tell
    if not server:
        say("loading rig and networks")
    from facewright.pipelines.overview import write_characters, write_overview

    if server:
        from facewright.commands.remote import random_remotely

        folders = random_remotely(server, config, options.count, options.seed, options.out, StageLines(say))
        write_overview(folders, options.out / "overview.png")
        say(f"{options.count} heads by {options.server}: {options.out}")
        return 0
    from facewright.pipelines.outputs import random_heads
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


def run_live(options: argparse.Namespace) -> int:
    """Follow a face as a source plays, and send its expression on."""
    from facewright.pipelines.streaming import LiveRequest, stream_live
    from facewright.pipelines.video import parse_source

    request = LiveRequest(
        source=parse_source(options.source, options.loop),
        targets=tuple(options.send),
        out=options.out,
        rig_json=options.identity,
        is_smoothed=not options.no_smoothing,
        calibration=options.calibration,
        prediction_s=prediction(options.predict),
    )
    say = silent if options.quiet else tell
    line = StatusLine(say)
    with stopping_on_interrupt() as stop:
        try:
            show = silent if options.quiet else line.show
            summary = stream_live(following_config(options), request, stop, say, lambda now: show(now.one_line()))
        finally:
            line.end()
    say(summary.one_line())
    return stopped() if stop.is_set() else 0


def prediction(milliseconds: float) -> float:
    """Return --predict in seconds."""
    if not 0 <= milliseconds <= 100:
        raise ConfigInvalid(f"--predict {milliseconds:g} is not from 0 to 100", "give fewer milliseconds, or none")
    return milliseconds * 1e-3


def run_track(options: argparse.Namespace) -> int:
    """Write the expression in every frame of a video."""
    from facewright.pipelines.recording import TrackRequest, track_video

    request = TrackRequest(options.video, options.out, options.overlay, options.identity, not options.no_smoothing)
    say = silent if options.quiet else tell
    with stopping_on_interrupt() as stop:
        summary = track_video(following_config(options), request, stop, show_bar=not options.quiet)
    say(summary.one_line())
    say("written: " + ", ".join(str(path) for path in (options.out, options.overlay) if path))
    return stopped() if summary.is_stopped else 0


def following_config(options: argparse.Namespace) -> FacewrightConfig:
    """Build the config of `live` and `track`."""
    return dataclasses.replace(environment_config(), rig=options.rig, device=options.device, engine=options.engine)


def stopped() -> int:
    """Say that Ctrl-C ended the work, and return the exit code for it."""
    print("stopped", file=sys.stderr)
    return EXIT_INTERRUPTED


def run_rig_list(options: argparse.Namespace) -> int:
    """Print the installed rigs."""
    server = server_of(options)
    if server:
        from facewright.commands.remote import list_remotely

        print("\n".join(list_remotely(server)))
        return 0
    from facewright.rig.installed import list_rigs, load_rig

    for rig_id in list_rigs():
        rig = load_rig(rig_id, cache_dir=environment_config().compiled_rigs_dir())
        counts = f"{len(rig.parameters)} parameters, {len(rig.bones)} bones, {len(rig.mesh.vertices_m)} vertices"
        print(f"{rig.id} {rig.version}: {counts}")
    return 0


def run_rig_compile(options: argparse.Namespace) -> int:
    """Compile rigs into the cache."""
    from facewright.rig.installed import list_rigs, load_rig

    for rig_id in [options.rig] if options.rig else list_rigs():
        start = time.perf_counter()
        rig = load_rig(rig_id, cache_dir=environment_config().compiled_rigs_dir())
        tell(f"{rig.id} {rig.version}: ready in {time.perf_counter() - start:.1f} s")
    return 0


def run_rig_export(options: argparse.Namespace) -> int:
    """Write a head in another program's format."""
    from facewright.pipelines.rig_export import ExportRequest, export_rig

    check_export(options)
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


def run_serve(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    service = service_config(options, os.environ.get("FACEWRIGHT_TOKEN"))
    config = dataclasses.replace(environment_config(), rig=options.rig, device=options.device, engine=options.engine)
    logging.getLogger().setLevel(os.environ.get("FACEWRIGHT_LOG", "info").upper())
    from facewright.service.server import serve

    return stopped() if serve(service, config, tell) else 0


def server_of(options: argparse.Namespace) -> "ServerAddress | None":
    """Return how the server of --server is reached, None without that option; see `chosen_server`."""
    return chosen_server(options, os.environ.get("FACEWRIGHT_TOKEN"))


def run_weights(_options: argparse.Namespace) -> int:
    """Fetch and verify the third-party model files."""
    from facewright import model_files

    try:
        model_files.fetch_all(tell, environment_config().weights_dir())
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


def tell(message: str) -> None:
    """Print a line of progress."""
    print(message, file=sys.stderr, flush=True)


def silent(_message: str) -> None:
    """Print nothing."""

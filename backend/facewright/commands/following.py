"""The commands `live` and `track`: their options."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from facewright.commands.options import Run
from facewright.config import DEVICES, ENGINES, SINK_FORMS, FacewrightConfig


def add_following_commands(commands: argparse._SubParsersAction, runs: Mapping[str, Run]) -> None:
    """Describe `live` and `track`.

    Args:
        commands: of the whole program.
        runs: what each command calls.
    """
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--identity", type=Path, metavar="RIG_JSON", help="rig.json of the person's fitted head (default: it is learnt)"
    )
    shared.add_argument("--no-smoothing", action="store_true", help="leave the jitter in")
    shared.add_argument("--rig", default=FacewrightConfig().rig, metavar="ID", help="rig of a stranger (%(default)s)")
    shared.add_argument("--device", choices=DEVICES, default="auto", help="where the networks run (%(default)s)")
    shared.add_argument("--quiet", action="store_true", help="print errors only")
    _add_live(commands, shared, runs["live"])
    _add_track(commands, shared, runs["track"])


def _add_live(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser, run: Run) -> None:
    live = commands.add_parser(
        "live",
        parents=[shared],
        help="follow a face as a camera or video plays, and send its expression on",
        description="Follow a face as a camera or video plays, and send its expression on, until Ctrl-C or the video's "
        "end. At least one of --send and --out is needed.",
    )
    live.add_argument(
        "--source", required=True, metavar="camera:N|FILE", help="camera:0 is the first camera; or a video file"
    )
    live.add_argument(
        "--send",
        action="append",
        default=[],
        metavar="TARGET",
        help=f"{', '.join(f'{form} for {whom}' for form, whom in SINK_FORMS.items())}; may be repeated",
    )
    live.add_argument(
        "--out", type=Path, metavar="FILE", help="write a table, .csv or .json; one of that name is replaced"
    )
    live.add_argument("--loop", action="store_true", help="start a video again at its end")
    live.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="keep here what the person looks like at rest: read when it is there, written at the end",
    )
    live.add_argument(
        "--predict",
        type=float,
        default=0.0,
        metavar="MS",
        help="predict so many milliseconds ahead, at most 100, to make up for delay (%(default)g)",
    )
    live.set_defaults(command=run, engine="auto")


def _add_track(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser, run: Run) -> None:
    track = commands.add_parser(
        "track",
        parents=[shared],
        help="write the expression in every frame of a video",
        description="Write the expression in every frame of a video. Ctrl-C keeps the frames so far.",
    )
    track.add_argument("video", type=Path, metavar="VIDEO", help="MP4, MOV, AVI, MKV or WebM")
    track.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the table, .csv or .json; one of that name is replaced"
    )
    track.add_argument(
        "--overlay", type=Path, metavar="MP4", help="also write a video with landmarks, bars and the driven rig"
    )
    track.add_argument("--engine", choices=ENGINES, default="auto", help="what draws the rig (%(default)s)")
    track.set_defaults(command=run)

"""Builds the styles of the default rig: hair, brows, beard, glasses and make-up, as painted layers and light meshes.

Run `python -m facewright.training.build_styles rigs/makehuman`; the same rig gives the same files.
"""

import argparse
from pathlib import Path

from facewright.rig.installed import load_rig
from facewright.training.styles import beard, brows, glasses, hair, make_up

GROUPS = ("hair", "brows", "beard", "glasses", "make_up")


def build(folder: Path, group: str | None = None, choice: str | None = None) -> None:
    """Write the files of styles into a rig's folder.

    Args:
        folder: the rig's folder.
        group: one of GROUPS; all of them when None.
        choice: the only hair style to build; all of them when None.
    """
    rig = load_rig(folder.name, folder.resolve().parent)
    if group in (None, "hair"):
        hair.build(rig, folder, choice)
    for name, one in (("brows", brows), ("beard", beard), ("glasses", glasses), ("make_up", make_up)):
        if group in (None, name):
            one.build(rig, folder)


def main() -> None:
    """Build into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="rig folder, e.g. rigs/makehuman")
    parser.add_argument("--group", choices=GROUPS)
    parser.add_argument("--choice", help="build this hair style only")
    arguments = parser.parse_args()
    if arguments.choice is not None and arguments.group != "hair":
        parser.error("--choice goes with --group hair")
    build(arguments.folder, arguments.group, arguments.choice)


if __name__ == "__main__":
    main()

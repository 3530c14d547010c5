"""One picture with the front view of many heads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from facewright.export.files import atomic_write
from facewright.export.sheet import compose_sheet

TILE_PX, COLUMNS = 160, 8


def write_overview(folders: Sequence[Path], path: Path) -> None:
    """Write the front views of result folders as one sheet.

    Args:
        folders: in the order of the sheet; one without front.png is left out, and without any nothing is written.
        path: a PNG file.

    Raises:
        OutputNotWritable: the file cannot be written.
    """
    panels = []
    for folder in folders:
        if (folder / "front.png").is_file():
            with Image.open(folder / "front.png") as front:
                small = front.convert("RGB").resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
            panels.append((folder.name, np.asarray(small)))
    if panels:
        sheet = Image.fromarray(compose_sheet(panels, min(COLUMNS, len(panels)), TILE_PX))
        atomic_write(path, sheet.save)

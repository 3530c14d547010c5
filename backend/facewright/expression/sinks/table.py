"""Writes expressions into a table, CSV or JSON: time, state, head pose, coefficients."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.errors import ConfigInvalid
from facewright.export.files import PendingFile
from facewright.expression.sinks.angles import head_angles

FORMATS = (".csv", ".json")
HEAD_COLUMNS = ("head_yaw_deg", "head_pitch_deg", "head_roll_deg")
COLUMNS = ("time_s", "state", *HEAD_COLUMNS, *ARKIT_52)
JSON_FORMAT = "facewright.expressions/1"


class TableSink:
    """Writes one row a frame under a temporary name; `close` makes it the file that was asked for.

    The angles are those of `head_angles`, empty (CSV) or null (JSON) while no face has been seen.

    Args:
        path: a .csv or .json file.

    Raises:
        ConfigInvalid: the path has another ending.
        OutputNotWritable: it cannot be written to; also from `send` and `close`.
    """

    unsent = 0  # a row that cannot be written is an error

    def __init__(self, path: Path) -> None:
        self._is_json = table_suffix(path) == ".json"
        self._pending = PendingFile(path)
        self.rows = 0
        with self._pending.guard():
            self._stream = self._pending.path.open("w", encoding="utf-8", newline="")
            self._stream.write(_json_head() if self._is_json else _csv_line(COLUMNS))

    def send(self, expression: LiveExpression, time_s: float) -> None:
        """Add a row.

        Args:
            expression: of the frame.
            time_s: when it was taken, in s.
        """
        camera = expression.camera
        angles = [None] * 3 if camera is None else [round(float(x), 3) for x in np.degrees(head_angles(camera))]
        weights = [round(float(weight), 5) for weight in expression.coefficients]
        row = [round(float(time_s), 6), expression.state, *angles, *weights]
        with self._pending.guard():
            if self._is_json:
                self._stream.write(("\n" if self.rows == 0 else ",\n") + json.dumps(row, allow_nan=False))
            else:
                self._stream.write(_csv_line("" if cell is None else cell for cell in row))
        self.rows += 1

    def close(self) -> None:
        """Finish the file and put it in its place; without a row nothing is left."""
        try:
            with self._pending.guard():
                if self._is_json:
                    self._stream.write("\n]}\n")
                self._stream.close()
            if self.rows:
                self._pending.keep()
        finally:
            self._pending.discard()


def table_suffix(path: Path) -> str:
    """Return the ending of a table's path.

    Raises:
        ConfigInvalid: it is none of FORMATS.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ConfigInvalid(f"{path} does not end in {' or '.join(FORMATS)}", "write the format as the file's ending")
    return suffix


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _json_head() -> str:
    return f'{{"format": "{JSON_FORMAT}", "columns": {json.dumps(COLUMNS)}, "rows": ['

"""Photos that the end-to-end tests start from, and one finished fit that several of them look at."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from facewright.cli import main


@pytest.fixture(scope="session")
def photo(tmp_path_factory) -> Path:
    """Return a real photo with one face."""
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(astronaut()).save(path)
    return path


@pytest.fixture(scope="session")
def fitted(photo, tmp_path_factory) -> Path:
    """Return the results of fitting that photo with every setting at its default."""
    out = tmp_path_factory.mktemp("fitted") / "head"
    assert main(["fit", str(photo), "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture
def fail(capsys, tmp_path) -> Callable[..., str]:
    """Return a call that runs a fit which must fail, checks how, and returns its one line."""

    def run(photo: Path, *options: str, out: Path | None = None) -> str:
        out = out or tmp_path / "results" / "head"
        before = sorted(path.name for path in tmp_path.rglob("*"))
        code = main(["fit", str(photo), "--out", str(out), "--quiet", *options])
        captured = capsys.readouterr()
        assert code == 2
        assert captured.out == ""
        assert captured.err.startswith("error: ") and " Remedy: " in captured.err
        assert captured.err.count("\n") == 1, "an error is one line"
        left = [path for path in tmp_path.rglob("*") if path.name not in before and path.is_file()]
        assert left == [], "nothing may be half-written"
        return captured.err

    return run


@pytest.fixture
def save(tmp_path) -> Callable[[str, np.ndarray], Path]:
    """Return a call that saves a picture."""

    def write(name: str, image: np.ndarray) -> Path:
        Image.fromarray(image).save(tmp_path / name)
        return tmp_path / name

    return write

"""PNG files hold what they were given."""

import numpy as np
from PIL import Image

from facewright.export.png import save_png


def test_a_png_holds_every_texel_of_grey_colour_and_opacity(tmp_path):
    generator = np.random.default_rng(2)
    for channels in ((), (3,), (4,)):
        picture = generator.integers(0, 256, (19, 23, *channels), np.uint8)
        save_png(picture, tmp_path / "picture.part")
        with Image.open(tmp_path / "picture.part") as found:
            assert found.format == "PNG"
            np.testing.assert_array_equal(np.asarray(found), picture)

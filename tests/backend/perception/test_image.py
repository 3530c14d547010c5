"""Any image of any format becomes upright RGB, and what is no image becomes an error with a remedy."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from facewright.errors import ImageTooLarge, ImageUnreadable
from facewright.perception import image as image_module
from facewright.perception.image import SUFFIXES, decode_image


def encode(picture: Image.Image, kind: str, **options) -> bytes:
    """Return the bytes of a picture."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def gradient() -> np.ndarray:
    """Return a (24, 40, 3) picture without any symmetry."""
    rows, columns = np.mgrid[:24, :40]
    return np.stack([rows * 10, columns * 6, rows + columns], -1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "TGA", "WEBP"])
def test_lossless_formats_come_back_unchanged(gradient, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(gradient), kind, **options)), gradient)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "JPEG2000"])
def test_lossy_formats_come_back_nearly_unchanged(gradient, kind):
    decoded = decode_image(encode(Image.fromarray(gradient), kind))
    assert np.abs(decoded.astype(int) - gradient).mean() < 6


@pytest.mark.parametrize(
    ("orientation", "turned"), [(3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)), (2, lambda a: a[:, ::-1])]
)
def test_the_orientation_of_the_camera_is_undone(gradient, orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(gradient), "PNG", exif=exif)
    np.testing.assert_array_equal(decode_image(data), turned(gradient))


def test_transparent_pixels_show_grey_and_half_transparent_ones_half_of_it(gradient):
    alpha = np.full(gradient.shape[:2], 255, np.uint8)
    alpha[:, :10], alpha[:, 10:20] = 0, 128
    decoded = decode_image(encode(Image.fromarray(np.dstack([gradient, alpha])), "PNG")).astype(int)
    assert (decoded[:, :10] == 128).all()
    half = gradient[:, 10:20] * (128 / 255) + 128 * (127 / 255)
    assert np.abs(decoded[:, 10:20] - half).max() <= 1
    np.testing.assert_array_equal(decoded[:, 20:], gradient[:, 20:])


def test_a_transparent_palette_colour_shows_grey():
    picture = Image.new("P", (6, 4), 1)
    picture.putpalette([255, 0, 0, 0, 40, 200])
    picture.paste(0, (0, 0, 3, 4))
    decoded = decode_image(encode(picture, "PNG", transparency=0))
    assert (decoded[:, :3] == 128).all() and (decoded[:, 3:] == (0, 40, 200)).all()


def test_sixteen_bit_grey_keeps_its_range():
    wide = (np.arange(1200).reshape(30, 40) * 54).astype(np.uint16)
    decoded = decode_image(encode(Image.fromarray(wide), "PNG"))
    assert decoded.shape == (30, 40, 3)
    assert np.abs(decoded[..., 1] - wide / 257.0).max() <= 1


def test_unit_floats_become_bytes():
    unit = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30)
    assert np.abs(decode_image(encode(Image.fromarray(unit), "TIFF"))[..., 2] - unit * 255).max() <= 1


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_every_mode_becomes_rgb(gradient, mode):
    picture = Image.fromarray(gradient).convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    expected = np.asarray(picture.convert("RGB"), int)
    decoded = decode_image(encode(picture, kind))
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - expected).max() <= 1


def test_an_animation_shows_its_first_frame(gradient):
    frames = [Image.fromarray(frame) for frame in (gradient, 255 - gradient)]
    decoded = decode_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert np.abs(decoded.astype(int) - gradient).mean() < 6


def test_colours_of_another_space_are_converted():
    lab = Image.merge("LAB", [Image.new("L", (6, 4), value) for value in (137, 208, 195)])  # L 53.7, a 80, b 67
    np.testing.assert_allclose(decode_image(encode(lab, "TIFF")), np.tile([255, 0, 0], (4, 6, 1)), atol=12)


def test_an_unreadable_colour_profile_is_ignored(gradient):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"junk"):
        data = encode(Image.fromarray(gradient), "PNG", icc_profile=profile)
        np.testing.assert_allclose(decode_image(data), gradient, atol=1)


def test_large_photos_are_scaled_down_without_aliasing():
    stripes = np.zeros((300, 4000, 3), np.uint8)
    stripes[:, ::2] = 255
    decoded = decode_image(encode(Image.fromarray(stripes), "PNG"))
    assert decoded.shape == (120, 1600, 3)
    assert np.abs(decoded[:, 10:-10].astype(int) - 127).max() < 40


def test_a_missing_file_is_named():
    with pytest.raises(ImageUnreadable, match=r"nowhere\.png: No such file"):
        decode_image(Path("nowhere.png"))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ImageUnreadable, match="is a folder"):
        decode_image(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(ImageUnreadable, match=r"empty\.jpg is empty"):
        decode_image(tmp_path / "empty.jpg")


def test_text_is_no_image(tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    with pytest.raises(ImageUnreadable, match="not an image of a known format") as caught:
        decode_image(tmp_path / "notes.png")
    assert "PNG or JPEG" in caught.value.remedy


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_truncated_files_are_refused(kind):
    noise = np.random.default_rng(4).integers(0, 256, (64, 64, 3), np.uint8)
    data = encode(Image.fromarray(noise), kind)
    with pytest.raises(ImageUnreadable, match="damaged|not an image"):
        decode_image(data[: len(data) // 2])


def test_bytes_flipped_at_random_never_escape_as_another_error(gradient):
    generator = np.random.default_rng(7)
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"):
        data = encode(Image.fromarray(gradient), kind)
        for _ in range(40):
            broken = bytearray(data)
            for place in generator.integers(4, len(data), 6):
                broken[place] = generator.integers(256)
            try:
                decode_image(bytes(broken))
            except (ImageUnreadable, ImageTooLarge):
                continue


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(ImageTooLarge, match="pixels"):
        decode_image(data)


def test_pictures_over_the_pixel_limit_are_refused(gradient, monkeypatch):
    monkeypatch.setattr(image_module, "MAX_PIXELS", 900)
    with pytest.raises(ImageTooLarge, match="40 x 24 pixels") as caught:
        decode_image(encode(Image.fromarray(gradient), "PNG"))
    assert "scale the photo down" in caught.value.remedy


def test_files_over_the_byte_limit_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(image_module, "MAX_FILE_BYTES", 2**20)
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(3 * 2**20)
    with pytest.raises(ImageTooLarge, match=r"huge\.png has 3 MiB, the limit is 1 MiB"):
        decode_image(tmp_path / "huge.png")
    with pytest.raises(ImageTooLarge, match="the image has 2 MiB"):
        decode_image(bytes(2 * 2**20))


@pytest.mark.parametrize("kind", SUFFIXES)
def test_endings_are_those_of_their_format(kind):
    known = Image.registered_extensions()
    assert {known[suffix] for suffix in SUFFIXES[kind]} == {kind}

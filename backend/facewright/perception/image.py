"""Decoding: bytes of any image format become an upright RGB picture of bounded size, or an error that says why not."""

import io
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from facewright.errors import ImageTooLarge, ImageUnreadable

MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 80_000_000
MAX_SOURCE_SIDE_PX = 30_000
"""No camera makes longer pictures, and decoders need very long for a strip of one pixel's width."""

MAX_SIDE_PX = 1600
"""Longer sides are scaled down to this: a face that fills such a picture has more pixels than anything here can use."""

SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm"),
    "TGA": (".tga",),
    "JPEG2000": (".jp2",),
    "AVIF": (".avif",),
    "PSD": (".psd",),
}
"""Formats of pictures by Pillow's names, none that runs another program, as EPS does; with their files' endings."""

FORMATS = tuple(SUFFIXES)
PHOTO_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
"""What is taken from a folder; a file that is named itself may have any ending."""

NEUTRAL_GREY = (128, 128, 128)
"""What transparent pixels are laid over."""

CONVERT_REMEDY = "open it in an image viewer and save it again as PNG or JPEG"
SHRINK_REMEDY = "scale the photo down, for example to 2000 pixels"
DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, OverflowError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's readers let escape on damaged files."""


def decode_image(
    source: Path | bytes,
    max_side_px: int = MAX_SIDE_PX,
    max_pixels: int | None = None,
    formats: Sequence[str] = FORMATS,
) -> np.ndarray:
    """Decode the first frame of an image.

    Orientation (EXIF) and colour profile (ICC) are applied, alpha is laid over grey, 16 bits become 8, greyscale,
    palette and CMYK become RGB, and a picture whose longer side exceeds the limit is scaled down.

    Args:
        source: a file or its bytes.
        max_side_px: limit of the longer side of the result.
        max_pixels: limit of width times height of the source; MAX_PIXELS when None.
        formats: that are taken, by Pillow's names.

    Returns:
        (H, W, 3) RGB uint8, upright.

    Raises:
        ImageUnreadable: there is no such file, or it is not an image, or it is damaged.
        ImageTooLarge: the file or the picture exceeds MAX_FILE_BYTES or `max_pixels`.
    """
    data, name = _read(source)
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd files; what matters is raised below
            image = Image.open(io.BytesIO(data), formats=tuple(formats))
            if max(image.size) > MAX_SOURCE_SIDE_PX:
                raise ImageTooLarge(
                    f"{name} is {image.width} x {image.height} pixels, the longest side is {MAX_SOURCE_SIDE_PX}",
                    SHRINK_REMEDY,
                )
            if image.width * image.height > limit:
                raise ImageTooLarge(
                    f"{name} has {image.width} x {image.height} pixels, the limit is {limit / 1e6:.0f} million",
                    SHRINK_REMEDY,
                )
            image.draft("RGB", (max_side_px, max_side_px))
            image.load()
            rgb = _to_rgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"{name} has too many pixels: {error}", SHRINK_REMEDY) from error
    except UnidentifiedImageError as error:
        raise ImageUnreadable(f"{name} is not an image of a known format", CONVERT_REMEDY) from error
    except DECODER_ERRORS as error:
        raise ImageUnreadable(f"{name} is damaged: {error}", CONVERT_REMEDY) from error
    if max(rgb.size) > max_side_px:
        scale = max_side_px / max(rgb.size)
        width, height = (max(1, round(side * scale)) for side in rgb.size)
        rgb = rgb.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(rgb)


def _read(source: Path | bytes) -> tuple[bytes, str]:
    """Return the bytes and what to call them in an error."""
    limit = f"the limit is {MAX_FILE_BYTES // 2**20} MiB"
    if isinstance(source, bytes):
        data, name = source, "the image"
    else:
        name = str(source)
        try:
            size = source.stat().st_size
            if size > MAX_FILE_BYTES:
                raise ImageTooLarge(f"{name} has {size / 2**20:.0f} MiB, {limit}", SHRINK_REMEDY)
            data = source.read_bytes()
        except IsADirectoryError as error:
            remedy = "give a photo; for all photos of a folder use `facewright batch`"
            raise ImageUnreadable(f"{name} is a folder", remedy) from error
        except OSError as error:
            raise ImageUnreadable(f"{name}: {error.strerror}", "check the path and its permissions") from error
    if not data:
        raise ImageUnreadable(f"{name} is empty", "check where the file comes from")
    if len(data) > MAX_FILE_BYTES:
        raise ImageTooLarge(f"{name} has {len(data) / 2**20:.0f} MiB, {limit}", SHRINK_REMEDY)
    return data, name


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB with 8 bits."""
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_wide_grey_to_byte(np.asarray(image, np.float64))).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        rgba = image.convert("RGBA")
        backdrop = Image.new("RGBA", rgba.size, (*NEUTRAL_GREY, 255))
        flat = Image.alpha_composite(backdrop, rgba).convert("RGB")
        return _to_srgb(flat, image.info.get("icc_profile") if image.mode == "RGBA" else None)
    return _to_srgb(image, image.info.get("icc_profile"))


def _wide_grey_to_byte(grey: np.ndarray) -> np.ndarray:
    """Scale 16-bit integers or unit floats to 8 bits; values already within a byte stay."""
    finite = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
    peak = finite.max()
    scale = 255.0 if peak <= 1.0 else 1.0 if peak <= 255.0 else 255.0 / 65535.0
    return np.clip(np.rint(finite * scale), 0, 255).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply an embedded colour profile; one that cannot be read is ignored, as viewers do."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")

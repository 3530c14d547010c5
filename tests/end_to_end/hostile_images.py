"""Images that nobody should send: damaged ones, and small files that become large when they are opened."""

import io
import struct
import zlib
from random import Random

import numpy as np
from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"
RGB8, GREY1 = (8, 2), (1, 0)
"""Bits and colour type of a PNG."""


def faceless_images(width_px: int = 160, height_px: int = 120) -> dict[str, bytes]:
    """Return one picture without a face in three formats, by Pillow's name of the format."""
    generator = np.random.default_rng(3)
    ramp = np.linspace(0, 200, width_px)[None, :, None] + np.linspace(0, 40, 3)
    image = np.clip(ramp + generator.normal(0, 8, (height_px, width_px, 3)), 0, 255).astype(np.uint8)
    encoded = {}
    for form in ("PNG", "JPEG", "WEBP"):
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, form)
        encoded[form] = stream.getvalue()
    return encoded


def damaged(random: Random, content: bytes) -> bytes:
    """Return bytes that were cut short, or of which some bits are wrong."""
    if random.random() < 0.4:
        return content[: random.randrange(1, len(content))]
    changed = bytearray(content)
    for _ in range(random.randrange(1, 40)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def small_bombs() -> dict[str, bytes]:
    """Return files that are refused by their header, or soon after, by what is wrong with them."""
    scan, grey = zlib.compress(bytes(1000)), zlib.compress(bytes(1626 * 13_000), 9)
    tags = b"".join(struct.pack("<HHII", tag, 4, 2**32 - 1, 2**32 - 16) for tag in range(256, 256 + 200))
    return {
        "PNG of 20,000 x 20,000 px, little data": png(20_000, 20_000, RGB8, scan),
        "PNG of 2^31 - 1 px a side": png(2**31 - 1, 2**31 - 1, RGB8, scan),
        "PNG of 0 px": png(0, 0, RGB8, scan),
        "PNG with 30 MB of zeros behind 64 x 64 px": png(64, 64, RGB8, zlib.compress(bytes(30_000_000), 9)),
        "PNG with a zTXt of 100 MB": png(64, 64, RGB8, scan, _text(b"zTXt", 100_000_000)),
        "PNG with an iCCP of 100 MB": png(64, 64, RGB8, scan, _text(b"iCCP", 100_000_000)),
        "PNG with 2,000 texts": png(64, 64, RGB8, scan, _text(b"zTXt", 60_000) * 2000),
        "GIF of 65,535 x 65,535 px": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0xF7, 0, 0) + bytes(900),
        "TIFF with absurd tags": b"II*\0" + struct.pack("<IH", 8, 200) + tags + bytes(4),
        "TIFF whose directory is itself": b"II*\0" + struct.pack("<IHI", 8, 0, 8) + bytes(8),
        "BMP of 2^31 - 1 px a side": b"BM" + struct.pack("<IIIIiiHH", 200, 0, 54, 40, 2**31 - 1, -(2**31) + 1, 1, 24)
        + bytes(60),
        "WebP of 16,384 x 16,384 px": _webp(16_383, 16_383),
        "ICO with a PNG of 13,000 x 13,000 px": icon(png(13_000, 13_000, GREY1, grey)),
        "JPEG of 65,500 x 65,500 px": _jpeg(65_500, 65_500),
        "PPM of a billion px": b"P6 1000000 1000000 255\n" + bytes(500),
        "TGA of 65,535 x 65,535 px": struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 65_535, 65_535, 24, 0),
        "PSD of 300,000 x 300,000 px": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3)
        + bytes(40),
    }  # fmt: skip


def large_bombs() -> dict[str, bytes]:
    """Return files that are as large as they say, or take as long: above the limit, just below, and as a frame."""
    return {
        "PNG of 1 x 70,000,000 px, little data": png(1, 70_000_000, RGB8, zlib.compress(bytes(1000))),
        "PNG of 9,000 x 9,000 px, all zero": _zero_png(9_000, 9_000),
        "PNG of 8,900 x 8,900 px, all zero": _zero_png(8_900, 8_900),
        "PNG of 40 x 1,900,000 px, all zero": _zero_png(40, 1_900_000),
        "PNG of 4,096 x 4,096 px, all zero": _zero_png(4_096, 4_096),
    }


def png(width_px: int, height_px: int, kind: tuple[int, int], scan: bytes, before: bytes = b"") -> bytes:
    """Put a PNG together from its compressed rows, whatever its header says."""
    header = struct.pack(">IIBBBBB", width_px, height_px, *kind, 0, 0, 0)
    return PNG_START + _chunk(b"IHDR", header) + before + _chunk(b"IDAT", scan) + _chunk(b"IEND", b"")


def icon(content: bytes) -> bytes:
    """Put a PNG into an ICO that says that it has 16 x 16 px."""
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(content), 22) + content


def _zero_png(width_px: int, height_px: int) -> bytes:
    packer, row = zlib.compressobj(9), bytes(1 + 3 * width_px)
    rows = b"".join(packer.compress(row) for _ in range(height_px))
    return png(width_px, height_px, RGB8, rows + packer.flush())


def _text(kind: bytes, size: int) -> bytes:
    return _chunk(kind, b"a\0\0" + zlib.compress(bytes(size), 9))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _webp(width_px: int, height_px: int) -> bytes:
    """Return a lossless WebP of that size without its pixels."""
    stream = struct.pack("<BI", 0x2F, (width_px - 1) | (height_px - 1) << 14) + bytes(51)
    chunk = b"WEBP" + b"VP8L" + struct.pack("<I", len(stream)) + stream
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def _jpeg(width_px: int, height_px: int) -> bytes:
    """Return a small JPEG whose header says another size."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, "JPEG")
    content = bytearray(stream.getvalue())
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", height_px, width_px)
    return bytes(content)

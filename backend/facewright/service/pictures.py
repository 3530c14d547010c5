"""Encodes pictures for the wire."""

import io

import numpy as np
from PIL import Image

from facewright.export.png import save_png

JPEG_QUALITY = 90


def jpeg(image: np.ndarray) -> bytes:
    """Encode (H, W, 3) RGB uint8 as JPEG."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()


def png(image: np.ndarray) -> bytes:
    """Encode (H, W, 3) or (H, W, 4) uint8 as PNG."""
    stream = io.BytesIO()
    save_png(image, stream)
    return stream.getvalue()

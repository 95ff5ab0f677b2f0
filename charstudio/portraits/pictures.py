"""Takes the writer's own pictures: checks them, makes them small, makes a PNG of them; never trusts them."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageOps, UnidentifiedImageError

from charstudio.errors import StudioError
from charstudio.i18n import _

MOST_PIXELS = 100_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own guard; it would warn a little below our limit
LARGEST_SIDE = 4096  # of a thumbnail
HEAD_ROOM = 0.15  # how far down a tall picture is cut: heads are near the top
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what telephones write: a JPEG with a second picture behind it
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
# What Pillow raises on broken files, format by format.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
    zlib.error, AssertionError,
)  # fmt: skip


def check_picture(body: bytes) -> str:
    """The media type of a picture that can be shown (PNG, JPEG, WebP, GIF); raises `StudioError` if not."""
    with _opened(body) as picture:
        return MEDIA_TYPES[str(picture.format)]


def thumbnail(body: bytes, size: int) -> bytes:
    """A square PNG of `size` pixels, cut from the middle, of tall pictures from near the top."""
    size = max(1, min(LARGEST_SIDE, size))
    with _opened(body, least=2 * size) as picture:
        picture = _upright(picture)
        side = min(picture.size)
        left = (picture.width - side) / 2
        top = (picture.height - side) * HEAD_ROOM
        box = (left, top, left + side, top + side)
        return _png(picture.resize((size, size), Image.Resampling.LANCZOS, box, reducing_gap=3.0))


def as_png(body: bytes) -> bytes:
    """The picture as a PNG: a PNG unchanged, of another the (first) image without camera and place."""
    with _opened(body) as picture:
        return body if picture.format == "PNG" else _png(_upright(picture))


@contextlib.contextmanager
def _opened(body: bytes, least: int = 0) -> Iterator[Image.Image]:
    """The picture, read to its end; whatever is wrong with it becomes one sentence.

    With `least`, a large JPEG is read at a half, quarter or eighth of its size, but no smaller than that.
    """
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            if least:
                picture.draft(None, (least, least))
            picture.load()
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as exc:
        raise StudioError(
            _("This picture is too large to open; make it smaller than 100 million pixels.")
        ) from exc
    except UnidentifiedImageError as exc:
        raise StudioError(
            _("This is no picture that can be shown here; use PNG, JPEG, WebP or GIF.")
        ) from exc
    except _BROKEN as exc:
        raise StudioError(_("This picture is damaged or cut short and cannot be opened.")) from exc


def _upright(picture: Image.Image) -> Image.Image:
    """The picture turned as the camera was held, in plain colours."""
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):  # 16 bits of grey, which a plain conversion would make white
        picture = picture.convert("I").point(lambda grey: grey / 256).convert("L")
    plain = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == plain else picture.convert(plain)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.info = {}
    picture.save(out, "PNG")
    return out.getvalue()

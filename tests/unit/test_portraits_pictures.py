import io
import random
import struct
import warnings
import zlib

import pytest
from PIL import Image

from charstudio.errors import StudioError
from charstudio.portraits import as_png, check_picture, thumbnail

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


def encoded(image, form="PNG", **kwargs):
    out = io.BytesIO()
    image.save(out, form, **kwargs)
    return out.getvalue()


def opened(body):
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return image.copy()


def photo():
    return Image.effect_noise((60, 90), 60).convert("RGB")


def flag():
    """Tall, in ten stripes that get darker from top to bottom."""
    image = Image.new("RGB", (50, 100))
    for stripe in range(10):
        image.paste((250 - 25 * stripe,) * 3, (0, stripe * 10, 50, stripe * 10 + 10))
    return image


@pytest.mark.parametrize(("form", "media_type"), FORMATS.items())
def test_four_formats_are_accepted_and_named(form, media_type):
    body = encoded(photo(), form)
    assert check_picture(body) == media_type
    assert opened(thumbnail(body, 32)).size == (32, 32)
    assert opened(as_png(body)).size == (60, 90)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Jane",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        encoded(photo(), "BMP"),
        encoded(photo(), "TIFF"),
    ],
)
def test_what_is_no_picture_of_these_is_refused_in_one_sentence(body):
    for use in (check_picture, as_png, lambda b: thumbnail(b, 32)):
        with pytest.raises(StudioError, match="use PNG, JPEG, WebP or GIF"):
            use(body)


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_that_was_cut_short_is_refused(form):
    body = encoded(photo(), form)
    for use in (check_picture, as_png, lambda b: thumbnail(b, 32)):
        with pytest.raises(StudioError, match=r"damaged or cut short|no picture"):
            use(body[: len(body) // 2])


def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused_before_it_is_read():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for width, height in ((10_001, 10_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
        with pytest.raises(StudioError, match=r"too large|damaged"):
            thumbnail(bomb, 32)


def test_a_tall_picture_is_cut_near_the_top_and_a_wide_one_in_the_middle():
    tall = opened(thumbnail(encoded(flag()), 50))
    assert tall.getpixel((25, 0))[0] > 220
    assert tall.getpixel((25, 49))[0] > 90
    wide = opened(thumbnail(encoded(flag().rotate(90, expand=True)), 50))
    left, right = wide.getpixel((0, 25))[0], wide.getpixel((49, 25))[0]
    assert abs((left + right) / 2 - 137) < 10


def test_shapes_are_not_stretched():
    image = Image.new("RGB", (300, 100), "white")
    image.paste("black", (125, 25, 175, 75))
    small = opened(thumbnail(encoded(image), 100)).convert("L").point(lambda grey: 255 if grey < 128 else 0)
    left, top, right, bottom = small.getbbox()
    assert (right - left, bottom - top) == (50, 50)


def test_a_photograph_is_turned_as_the_camera_was_held_and_tells_no_place():
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    notes = Image.Exif()
    notes[0x0112] = 6
    notes[0x010F] = "SECRETCAMERA"
    body = encoded(image, "JPEG", exif=notes)
    for made in (as_png(body), thumbnail(body, 20)):
        assert b"SECRETCAMERA" not in made
        assert b"eXIf" not in made
    turned = opened(as_png(body))
    assert turned.size == (20, 40)
    assert turned.getpixel((10, 5))[2] > 200
    assert turned.getpixel((10, 35))[0] > 200


def test_a_png_passes_unchanged_with_all_it_carries():
    body = encoded(photo()) + b"trailing words"
    assert as_png(body) is body


def test_see_through_pictures_stay_see_through():
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    for body in (encoded(image), encoded(image, "WEBP"), encoded(image, "GIF")):
        assert opened(thumbnail(body, 20)).getpixel((10, 10))[3] == 0
        assert opened(as_png(body)).convert("RGBA").getpixel((10, 10))[3] == 0


def test_grey_of_sixteen_bits_print_colours_and_one_bit_are_read_rightly():
    grey = opened(thumbnail(encoded(Image.new("I;16", (20, 20), 30_000)), 8))
    assert grey.getpixel((4, 4)) == (117, 117, 117)
    print_colours = opened(as_png(encoded(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG")))
    assert print_colours.mode == "RGB"
    assert print_colours.getpixel((4, 4))[0] > 200
    assert opened(thumbnail(encoded(Image.new("1", (20, 20), 1)), 8)).getpixel((4, 4)) == (255, 255, 255)


def test_of_a_moving_picture_the_first_image_counts():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for form in ("GIF", "WEBP"):
        body = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
        assert opened(thumbnail(body, 8)).convert("RGB").getpixel((4, 4))[0] > 200


@pytest.mark.parametrize("size", [-3, 0, 1, 7, 300])
def test_any_size_of_any_shape_can_be_asked_for(size):
    for shape in ((1, 1), (1, 5000), (5000, 1), (33, 34)):
        made = opened(thumbnail(encoded(Image.new("RGB", shape, "red")), size))
        assert made.size == (max(1, size),) * 2


def test_damaged_pictures_end_in_a_sentence_and_nothing_else():
    chance = random.Random(4)
    seeds = [encoded(photo(), form) for form in FORMATS] + [
        encoded(photo().convert("P")),
        encoded(photo(), "JPEG", progressive=True),
        encoded(photo(), "GIF", save_all=True, append_images=[photo().rotate(90)]),
    ]
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on damaged camera notes
        for _turn in range(1500):
            body = bytearray(chance.choice(seeds))
            for _wound in range(chance.choice([1, 2, 5, 20])):
                body[chance.randrange(min(len(body), chance.choice([60, 400, 100_000])))] = chance.randrange(
                    256
                )
            try:
                assert thumbnail(bytes(body), 16).startswith(b"\x89PNG")
            except StudioError:
                refused += 1
    assert 100 < refused < 1500

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from charstudio.portraits import colour_for, colour_names, letter_plate, tones


def drawn(name, **kwargs):
    png = letter_plate(name, "teal", 64, **kwargs)
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        assert image.size == (64, 64)
        return image.convert("RGB")


def test_a_plate_shows_a_letter_in_ink_on_the_plate_of_its_colour():
    image = drawn("Jane")
    shades = {"#{:02X}{:02X}{:02X}".format(*colour) for _count, colour in image.getcolors(4096)}
    assert {tones("teal").ink, tones("teal").plate} <= shades
    assert image.getpixel((0, 0)) == image.getpixel((63, 63))


def test_the_plate_of_the_dark_theme_has_its_own_tones():
    assert (
        "#{:02X}{:02X}{:02X}".format(*drawn("Jane", dark=True).getpixel((0, 0)))
        == tones("teal", dark=True).plate
    )


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("jane holloway", "J"),
        ("  “Doc”", "D"),
        ("n\u0303andu", "Ñ"),
        ("<svg onload=alert(1)>", "S"),
        ("</text><rect width='100' height='100'/>", "T"),
        ("&amp;", "A"),
        ("\ud800\x00Xe", "X"),
        ("", "?"),
        ("   ", "?"),
        ("\x00\u200b", "?"),
        ("7 of 9", "7"),
    ],
)
def test_the_first_letter_of_a_name_is_drawn(name, letter):
    assert drawn(name).tobytes() == drawn(letter).tobytes()


def test_different_letters_give_different_plates():
    plates = {letter_plate(letter, "rust", 64) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZÄЖאم?"}
    assert len(plates) == 31


def test_a_script_that_no_font_here_has_is_passed_over():
    linear_a = "\U00010600"
    assert drawn(f"{linear_a} Bob").tobytes() in (drawn("B").tobytes(), drawn(linear_a).tobytes())
    assert drawn("\U0010fffd").tobytes() == drawn("?").tobytes()


def test_letters_stay_inside_the_plate():
    for name in ("W", "﷽", "Ǆ", "م", "Q\u0323\u0301"):
        image = drawn(name)
        edge = [image.getpixel((x, y)) for x in range(64) for y in (0, 63)]
        edge += [image.getpixel((x, y)) for y in range(64) for x in (0, 63)]
        assert len(set(edge)) == 1, name


@given(st.text(max_size=40), st.text(max_size=10), st.integers(-5, 70))
@settings(max_examples=100, deadline=None)
def test_any_name_in_any_colour_gives_a_plate(name, colour, size):
    with Image.open(io.BytesIO(letter_plate(name, colour, size))) as image:
        assert image.size == (max(8, size),) * 2
        assert image.convert("RGB").getcolors(1) is None


def test_a_name_of_a_million_letters_or_accents_is_no_trouble():
    assert drawn("A" * 1_000_000).tobytes() == drawn("A").tobytes()
    drawn("A" + "\u0301" * 100_000)


def test_there_are_twelve_colours_and_neighbours_in_number_differ():
    assert len(colour_names()) == 12
    assert {colour_for(n) for n in range(12)} == set(colour_names())
    assert colour_for(3) == colour_for(15)
    assert all(colour_for(n) in colour_names() for n in (-7, 10**30, "", "Jane", "\ud800"))


def test_a_name_always_gets_the_same_colour():
    assert [colour_for(name) for name in ("Jane", "Ikenna Obi", "مريم")] == ["plum", "iris", "amber"]


def test_an_unknown_colour_stands_for_one_of_the_twelve():
    assert tones("'/><script>") == tones(colour_for("'/><script>"))

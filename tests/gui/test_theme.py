import json

import pytest
from PySide6.QtGui import QFontInfo, QRawFont

from charstudio import paths
from charstudio.gui.icons import Icons
from charstudio.gui.theme import Choice


def test_the_serif_that_ships_is_used_in_all_four_cuts(theme):
    for weight, italic, cut in ((400, False, "Regular"), (600, False, "SemiBold"), (400, True, "Italic")):
        font = theme.prose(16, weight=weight, italic=italic)
        assert QFontInfo(font).family() == "Literata"
        assert QRawFont.fromFont(font).styleName() == cut


def test_the_interface_is_in_inter(theme):
    assert QFontInfo(theme.sans(13)).family() == "Inter"


def test_both_fonts_have_the_letters_of_european_names(theme):
    for font in (theme.prose(16), theme.sans(13)):
        raw = QRawFont.fromFont(font)
        assert all(raw.supportsCharacter(ord(sign)) for sign in "ŘřŁłŐőŞşāßÆœ“”’–…")


def test_light_and_dark_have_other_colours_and_tell(theme, qtbot):
    light = theme.colour("page").name()
    with qtbot.waitSignal(theme.changed):
        theme.toggle()
    assert theme.dark
    assert theme.colour("page").name() != light


def test_text_grows_in_steps_and_stops_at_the_largest(theme):
    for _ in range(20):
        theme.step_text(1)
    assert theme.scale == 2.0
    assert theme.font("ui").pixelSize() == 26
    theme.step_text(0)
    assert theme.scale == 1.0


def test_less_motion_sets_all_to_zero(theme):
    theme.choose(Choice(scheme="light", less_motion=True))
    assert theme.motion("panel") == 0


def test_an_unknown_character_colour_is_slate(theme):
    assert theme.character("mauve").ink == theme.character("slate").ink


def test_the_application_has_one_style_sheet_with_colours_of_the_tokens_only(theme, qapp):
    tokens = json.loads(paths.resource("theme", "tokens.json").read_text(encoding="utf-8"))
    known = {colour.lower() for colour in tokens["color"]["light"].values()}
    import re

    used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}", qapp.styleSheet())}
    assert used
    assert used <= known


@pytest.mark.parametrize("name", Icons(paths.resource("icons")).names())
def test_every_icon_draws_something(theme, name):
    image = theme.icon_pixmap(name, theme.colour("text"), 16, 2.0).toImage()
    assert any(image.pixelColor(x, y).alpha() > 100 for x in range(32) for y in range(32))

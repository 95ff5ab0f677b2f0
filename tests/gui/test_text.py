import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument

from charstudio.gui.text import Label, ProseLabel, ProseView, isolated, one_line, plain_tip, to_markdown

HOSTILE = "<img src='file:///etc/passwd'><b>x</b>"


def shown(view: ProseView) -> str:
    return view.document().toPlainText()


def italics(view: ProseView) -> list[str]:
    found = []
    block = view.document().begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            if pieces.fragment().charFormat().fontItalic():
                found.append(pieces.fragment().text())
            pieces += 1
        block = block.next()
    return found


@pytest.mark.parametrize(
    "body",
    [
        HOSTILE,
        "# not a heading",
        "- not a list",
        "1. not a list",
        "12) nor this",
        "> no quotation",
        "words\n---\nmore",
        "words\n===\nmore",
        "![picture](file:///etc/passwd)",
        "[link](http://example.org)",
        "`code` and ~~struck~~ | cell |",
        "&lt; stays &amp; so",
        "a\\b",
        "    four spaces are no code".strip(),
        "***",
        "* * *",
        "2 * 3 * 4",
        "+ plus",
        "= equals",
        "http://example.org/ is no link",
        "<script>alert(1)</script>",
    ],
)
def test_nothing_but_emphasis_is_markup(theme, qtbot, body):
    view = ProseView(theme, body)
    qtbot.addWidget(view)
    assert shown(view) == body
    assert "href" not in view.toHtml()


def test_gestures_are_italic_and_line_breaks_stay(theme, qtbot):
    view = ProseView(theme, "*She turns.* “No.\nNever.”\n\nThen she goes.")
    qtbot.addWidget(view)
    assert italics(view) == ["She turns."]
    assert shown(view) == "She turns. “No.\nNever.”\nThen she goes."


def test_words_that_stream_look_like_the_whole_text_in_the_end(theme, qtbot):
    body = "*She turns.* “No.\nNever.”\n\nThen *nothing* at all."
    streamed, whole = ProseView(theme), ProseView(theme, body)
    for view in (streamed, whole):
        qtbot.addWidget(view)
        view.resize(300, 50)
        view.show()
    for sign in body:
        streamed.add_words(sign)
    assert shown(streamed) == shown(whole)
    assert italics(streamed) == italics(whole)
    assert streamed.text() == body
    qtbot.waitUntil(lambda: streamed.height() == whole.height())


def test_no_resource_is_ever_loaded(theme, qtbot):
    view = ProseView(theme, "x")
    qtbot.addWidget(view)
    kind = QTextDocument.ResourceType.ImageResource.value
    assert view.loadResource(kind, QUrl("file:///etc/passwd")) is None


def test_prose_is_as_high_as_its_lines(theme, qtbot):
    view = ProseView(theme, "one\ntwo\nthree")
    qtbot.addWidget(view)
    view.resize(400, 10)
    view.show()
    assert view.height() == 3 * theme.line("prose")
    label = ProseLabel(theme, "one\ntwo")
    qtbot.addWidget(label)
    assert label.heightForWidth(400) == 2 * theme.line("prose")


def test_a_label_shows_markup_as_it_is(theme, qtbot):
    label = Label(theme, "name", HOSTILE, elide=True)
    qtbot.addWidget(label)
    assert label.text() == HOSTILE
    assert "<img" not in label.toolTip()


def test_a_name_of_ten_thousand_signs_is_elided_in_display_only(theme, qtbot):
    name = "n" * 10_000
    label = Label(theme, "name", name, elide=True)
    qtbot.addWidget(label)
    label.resize(100, 30)
    label.show()
    assert label.whole() == name
    assert label.minimumSizeHint().width() < 100
    assert len(one_line(name)) < 400


def test_tooltips_are_plain():
    assert "<img" not in plain_tip("<img src=x>")


def test_a_name_that_turns_the_writing_direction_is_isolated():
    assert isolated("\u202eevil").startswith("\u2068")


def test_a_million_signs_are_shown_in_part_but_kept(theme, qtbot):
    label = ProseLabel(theme, "x " * 500_000)
    qtbot.addWidget(label)
    assert len(label.text()) == 1_000_000


def test_markdown_of_windows_line_ends():
    assert to_markdown("a\r\nb") == to_markdown("a\nb")


def test_text_is_shown_in_the_new_colour_after_the_theme_changed(theme, qtbot):
    label = Label(theme, "page_title", "MMMM")
    qtbot.addWidget(label)
    label.show()
    theme.toggle()
    qtbot.wait(10)
    image = label.grab().toImage()
    wanted = theme.colour("text")
    assert any(
        abs(image.pixelColor(x, y).lightness() - wanted.lightness()) < 12
        for x in range(image.width())
        for y in range(image.height())
    )

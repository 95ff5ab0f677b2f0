import pytest
from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from charstudio.errors import StudioError
from charstudio.gui.about import AboutDialog
from charstudio.gui.faces import Faces, decode, letter
from charstudio.gui.settings_dialog import SettingsDialog
from charstudio.gui.widgets import Chip, FlowLayout, ProseView
from charstudio.model import Character
from charstudio.settings import Settings


def button(widget, words):
    return next(b for b in widget.findChildren(QAbstractButton) if words in (b.text(), b.accessibleName()))


def png(colour, width=40, height=30):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def test_settings_take_effect_at_once_and_keep_the_rest(theme, qtbot):
    dialog = SettingsDialog(theme, Settings(library="/x", rest={"later": 1}))
    qtbot.addWidget(dialog)
    dialog.show()
    told = []
    dialog.settings_changed.connect(told.append)
    qtbot.mouseClick(button(dialog, "Dark"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(dialog, "8,192"), Qt.MouseButton.LeftButton)
    line = dialog.findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "Inspector Vale")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert told[-1] == Settings(
        library="/x", rest={"later": 1}, theme="dark", context=8192, persona="Inspector Vale"
    )


def test_about_shows_the_terms(theme, qtbot):
    dialog = AboutDialog(theme, "0.1.0", (("The starter model", "Gemma Terms of Use"),))
    qtbot.addWidget(dialog)
    assert any("Gemma Terms of Use" in view.toPlainText() for view in dialog.findChildren(ProseView))


def test_a_picture_becomes_the_face(theme):
    faces = Faces(theme)
    jane = Character(1, "Jane", "storm")
    faces.give(1, decode(png("#ff0000")))
    canvas = QImage(60, 60, QImage.Format.Format_ARGB32)
    painter = QPainter(canvas)
    faces.paint(painter, QRectF(0, 0, 60, 60), jane)
    painter.end()
    assert canvas.pixelColor(30, 30).name() == "#ff0000"


@pytest.mark.parametrize(
    "body", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", png("#fff")[:40]]
)
def test_what_is_no_picture_is_refused_with_a_sentence(qapp, body):
    with pytest.raises(StudioError):
        decode(body)


def test_huge_pictures_are_made_small(qapp):
    assert max(decode(png("#00ff00", 3000, 2000)).size().toTuple()) <= 720


@pytest.mark.parametrize(
    ("name", "sign"), [("Jane", "J"), ("  ‘ella", "E"), ("", "?"), ("…", "?"), ("ß", "S"), ("نادية", "ن")]
)
def test_the_letter_of_a_name(name, sign):
    assert letter(name) == sign


def test_chips_flow_to_the_next_line(theme, qtbot):
    holder, flow = QWidget(), FlowLayout()
    holder.setLayout(flow)
    qtbot.addWidget(holder)
    for i in range(6):
        flow.addWidget(Chip(theme, f"A value of some length {i}", number=i + 1, value=True))
    holder.resize(400, 300)
    holder.show()
    tops = {chip.y() for chip in holder.findChildren(Chip)}
    assert len(tops) > 2
    assert flow.heightForWidth(400) > flow.heightForWidth(2000)
    flow.clear()
    assert flow.count() == 0


def test_a_focused_chip_is_taken_with_enter(theme, qtbot):
    chip = Chip(theme, "Fog", number=1, value=True)
    qtbot.addWidget(chip)
    chip.show()
    qtbot.waitExposed(chip)
    with qtbot.waitSignal(chip.clicked):
        qtbot.keyClick(chip, Qt.Key.Key_Return)


def test_arrows_move_among_choices(theme, qtbot):
    dialog = SettingsDialog(theme, Settings(theme="light"))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    light = button(dialog, "Light")
    light.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        qtbot.keyClick(light, Qt.Key.Key_Right)
    assert changed.args[0].theme == "dark"

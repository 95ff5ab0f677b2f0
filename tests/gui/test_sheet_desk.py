"""The sheet by keys: stages, relations, margin notes, history, renaming; and one undo for each of them."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from charstudio import paths, settings
from charstudio.gui.app import Window
from charstudio.gui.cast_graph import CastGraph, GraphCanvas, Tie, apart, shape
from charstudio.gui.export_dialog import ExportDialog
from charstudio.gui.faces import Faces
from charstudio.gui.history_popup import HistoryPopup
from charstudio.gui.page_rows import ValueRow
from charstudio.gui.relations import Bond, RelationsFan, bond_words
from charstudio.gui.rename_dialog import RenameDialog
from charstudio.gui.stage_bar import StageChip
from charstudio.model import Change, Character
from charstudio.store import open_library

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qapp, home, schema, qtbot):
    path = paths.default_library()
    library = open_library(path)
    jane = library.cast.new(schema, "Jane Marlow").id
    tom = library.cast.new(schema, "Tobias Renn").id
    library.cast.change(jane, [Change("home", "Leith"), Change("traits", "patient", "add")], schema, "guided")
    library.cast.change(tom, [Change("fear", "Jane’s silence", "add")], schema, "form")
    library.close()
    opened = Window(qapp, path, settings.Settings(engine="echo", theme="light"))
    qtbot.addWidget(opened.window)
    opened.window.resize(1280, 800)
    opened.window.show()
    qtbot.waitExposed(opened.window)
    opened.desk.open(jane)
    opened.window.show_tab("sheet")
    opened.window.activateWindow()
    settled(opened, qtbot)
    yield opened
    opened.close()


def settled(opened, qtbot):
    qtbot.waitUntil(lambda: not opened.bridge.busy("checks"), timeout=20_000)
    qtbot.wait(30)


def library(opened):
    return opened.studio.library


def press(qtbot, key, modifiers=NONE):
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def write(qtbot, text):
    qtbot.keyClicks(QApplication.focusWidget(), text)


def shown(opened, attribute):
    rows = [
        r for r in opened.views.page.findChildren(ValueRow) if r.isVisible() and r.attribute.id == attribute
    ]
    return [r.value.text for r in rows if r.value]


def notes(opened):
    return [note.finding.title for note in opened.views.margin.notes()]


def add(qtbot, opened, attribute, text):
    opened.views.page.add_value(attribute)
    qtbot.wait(10)
    write(qtbot, text)
    press(qtbot, KEY.Key_Return)
    settled(opened, qtbot)


# Stages


def stage(qtbot, opened, name):
    opened.views.page.setFocus()
    press(qtbot, KEY.Key_W, CTRL | SHIFT)
    write(qtbot, name)
    press(qtbot, KEY.Key_Return)
    settled(opened, qtbot)


def test_a_stage_is_made_by_keys_and_what_is_written_there_holds_from_there_on(window, qtbot):
    stage(qtbot, window, "The trial")
    assert library(window).stages.current(1).name == "The trial"
    page = window.views.page
    page.show_attribute("home")
    press(qtbot, KEY.Key_Return)
    QApplication.focusWidget().selectAll()
    write(qtbot, "a cell")
    press(qtbot, KEY.Key_Return)
    settled(window, qtbot)
    assert shown(window, "home") == ["a cell"]
    row = next(r for r in page.findChildren(ValueRow) if r.isVisible() and r.attribute.id == "home")
    assert "Always: Leith · The trial: a cell" in row._staged.toolTip()
    page.setFocus()
    press(qtbot, KEY.Key_PageUp, CTRL)
    settled(window, qtbot)
    assert shown(window, "home") == ["Leith"]
    assert library(window).stages.current(1) is None
    chips = [c for c in page.findChildren(StageChip) if c.isVisible()]
    assert [(c.words(), c.isChecked()) for c in chips] == [("Always", True), ("The trial", False)]


def test_making_a_stage_is_undone_and_escape_makes_none(window, qtbot):
    stage(qtbot, window, "The trial")
    window.desk.undo()
    settled(window, qtbot)
    assert library(window).stages.of(1) == []
    window.views.page.setFocus()
    press(qtbot, KEY.Key_W, CTRL | SHIFT)
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    write(qtbot, "Never")
    press(qtbot, KEY.Key_Escape)
    assert library(window).stages.of(1) == []
    assert not window.views.page.stages._name.isVisible()


# Margin notes and relations


def test_a_note_says_why_shows_both_and_is_silenced_and_undone_by_keys(window, qtbot):
    add(qtbot, window, "traits", "impulsive")
    assert notes(window) == ["Patient and impulsive"]
    note = window.views.margin.notes()[0]
    assert "Both stand on the sheet" in note.accessibleName()
    note.setFocus(Qt.FocusReason.TabFocusReason)
    underlined = [r.value.text for r in window.views.page.findChildren(ValueRow) if r._underlined]
    assert underlined == ["patient", "impulsive"]
    press(qtbot, KEY.Key_Return)
    assert isinstance(QApplication.focusWidget(), ValueRow)
    note.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, KEY.Key_Delete)
    settled(window, qtbot)
    assert notes(window) == []
    window.desk.undo()
    settled(window, qtbot)
    assert notes(window) == ["Patient and impulsive"]


def test_a_brother_is_offered_at_the_other_end_and_one_undo_takes_it_back(window, qtbot):
    add(qtbot, window, "siblings", "Tobias Renn")
    assert notes(window) == ["Tobias does not say it back"]
    note = window.views.margin.notes()[0]
    link = next(iter(note._offers))
    assert link.words() == "Add to Tobias: Brothers and sisters"
    link.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, KEY.Key_Return)
    settled(window, qtbot)
    (back,) = library(window).cast.sheet(2).of("siblings")
    assert (back.text, back.other_id) == ("Jane Marlow", 1)
    assert notes(window) == []
    window.desk.undo()
    settled(window, qtbot)
    assert library(window).cast.sheet(2).of("siblings") == ()
    assert library(window).cast.sheet(1).of("siblings") != ()


def test_beside_the_guide_a_bond_is_offered_back_in_the_notice(window, qtbot):
    window.window.show_tab("guide")
    library(window).cast.change(1, [Change("siblings", "Tobias Renn", "add")], window.studio.schema, "guided")
    window.desk.show_change({"siblings"})
    settled(window, qtbot)
    assert window.window.notice.isVisible()
    assert "Tobias" in window.window.notice.accessibleName()
    window.window.notice_link_chosen.emit()
    assert library(window).cast.sheet(2).of("siblings")[0].other_id == 1


def test_what_is_felt_is_written_below_the_value_and_stands_at_the_face(window, qtbot):
    add(qtbot, window, "rival", "Tobias Renn")
    window.views.page.show_attribute("rival")
    press(qtbot, KEY.Key_U, CTRL | SHIFT)
    write(qtbot, "I owe him a life")
    press(qtbot, KEY.Key_Return)
    settled(window, qtbot)
    assert library(window).cast.sheet(1).of("rival")[0].feeling == "I owe him a life"
    fan = window.views.margin.findChild(RelationsFan)
    assert "I owe him a life" in fan.accessibleName()
    assert "against each other" in fan.accessibleName()
    fan.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, KEY.Key_Return)
    assert window.desk.who.id == 2


def test_the_storys_year_is_written_in_the_margin(window, qtbot):
    add(qtbot, window, "age", "34")
    add(qtbot, window, "birth_date", "1987")
    assert notes(window) == []
    window.views.margin._year_link.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, KEY.Key_Return)
    write(qtbot, "2026")
    press(qtbot, KEY.Key_Return)
    settled(window, qtbot)
    assert notes(window) == ["Two ages"]


# Values


def test_lock_and_know_and_history_by_their_keys(window, qtbot):
    window.views.page.show_attribute("home")
    press(qtbot, KEY.Key_L, CTRL)
    assert library(window).cast.sheet(1).of("home")[0].locked
    window.views.page.show_attribute("home")
    press(qtbot, KEY.Key_L, CTRL)
    assert not library(window).cast.sheet(1).of("home")[0].locked
    window.views.page.show_attribute("home")
    press(qtbot, KEY.Key_Return)
    QApplication.focusWidget().selectAll()
    write(qtbot, "Perth")
    press(qtbot, KEY.Key_Return)
    window.views.page.show_attribute("home")
    press(qtbot, KEY.Key_H, CTRL)
    popup = window.window.findChild(HistoryPopup)
    told = [w.accessibleName() for w in popup.findChildren(object) if getattr(w, "_past", None)]
    assert [words.split(".")[0] for words in told] == ["Perth", "Leith", "Leith", "Leith"]
    assert "Unlock" in told[1]
    assert "Asked in Guide" in told[-1]
    back = [
        b for b in popup.findChildren(object) if getattr(b, "words", None) and b.words() == "Restore this"
    ]
    back[-1].click()
    settled(window, qtbot)
    assert shown(window, "home") == ["Leith"]
    assert library(window).cast.sheet(1).of("home")[0].source == "guided"
    window.desk.undo()
    assert library(window).cast.sheet(1).text("home") == "Perth"


def test_a_value_from_a_talk_leads_back_to_its_message(window, qtbot):
    talk = library(window).talks.new(1)
    said = library(window).talks.add(talk.id, "character", "I live in a lighthouse.")
    change = Change("home", "a lighthouse", source_ref=f"message:{said.id}")
    library(window).cast.change(1, [change], window.studio.schema, "talk")
    window.desk.show_change({"home"})
    settled(window, qtbot)
    window.views.page.show_attribute("home")
    press(qtbot, KEY.Key_H, CTRL)
    popup = window.window.findChild(HistoryPopup)
    jump = next(
        b for b in popup.findChildren(object) if getattr(b, "words", None) and b.words() == "Show the message"
    )
    with qtbot.waitSignal(window.sheet.message_wanted) as wanted:
        jump.click()
    assert wanted.args == [said.id]
    assert window.window.tab == "talk"


# Out


def test_what_goes_out_is_chosen_and_the_authors_never_goes_into_a_card(window, qtbot, tmp_path, monkeypatch):
    schema = window.studio.schema
    changes = [Change("secret", "I slept", know="private"), Change("arc_end", "She dies", know="author")]
    library(window).cast.change(1, changes, schema, "form")
    made = library(window).stages.add(1, "Spring")
    library(window).cast.change(1, [Change("home", "Perth", stage_id=made.id)], schema, "form")
    library(window).stages.stand_at(1, made.id)
    out = tmp_path / "jane.md"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(out), ""))
    window.window.actions_by_name["export"].trigger()
    dialog = window.window.findChild(ExportDialog)
    assert not dialog._levels["author"].isEnabled()
    assert "What stays here: 1 private, 1 author only" in dialog._told.text()
    dialog._kinds[".md"].click()
    assert dialog._levels["private"].isChecked()
    assert not dialog._levels["author"].isChecked()
    dialog._levels["private"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(dialog._levels["private"], KEY.Key_Space)
    dialog._stages[None].click()
    qtbot.keyClick(dialog._next, KEY.Key_Return)
    text = out.read_text(encoding="utf-8")
    assert "Leith" in text
    assert "I slept" not in text
    assert "She dies" not in text


# Renaming and the cast


def test_renaming_shows_every_place_and_one_undo_takes_all_back(window, qtbot):
    window.window.actions_by_name["rename"].trigger()
    dialog = window.window.findChild(RenameDialog)
    field = dialog.findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "Joan Reed")
    qtbot.waitUntil(lambda: len(dialog.rows()) == 2)
    assert [(r.mention.whose, r.mention.after) for r in dialog.rows()] == [
        ("Jane Marlow", "Joan Reed"),
        ("Tobias Renn", "Joan’s silence"),
    ]
    qtbot.keyClick(field, KEY.Key_Return)
    settled(window, qtbot)
    assert library(window).cast.get(1).name == "Joan Reed"
    assert library(window).cast.sheet(2).text("fear") == "Joan’s silence"
    window.desk.undo()
    assert library(window).cast.get(1).name == "Jane Marlow"
    assert library(window).cast.sheet(2).text("fear") == "Jane’s silence"


def test_a_place_that_is_unticked_keeps_the_old_name(window, qtbot):
    window.window.actions_by_name["rename"].trigger()
    dialog = window.window.findChild(RenameDialog)
    field = dialog.findChild(QLineEdit)
    field.setText("Joan Reed")
    qtbot.waitUntil(lambda: len(dialog.rows()) == 2)
    qtbot.keyClick(dialog.rows()[1]._box, KEY.Key_Space)
    qtbot.keyClick(field, KEY.Key_Return)
    assert library(window).cast.sheet(2).text("fear") == "Jane’s silence"
    assert library(window).cast.get(1).name == "Joan Reed"


def people(count):
    return [Character(n, f"Person {n}", "teal") for n in range(1, count + 1)]


def test_sixty_characters_stand_in_the_graph_at_once_and_apart(theme, qtbot):
    cast = people(60)
    ties = [
        Tie(cast[n], Bond(cast[(n * 7 + 3) % 60], "Rival", against=True))
        for n in range(60)
        if (n * 7 + 3) % 60 != n
    ]
    canvas = GraphCanvas(theme, Faces(theme))
    qtbot.addWidget(canvas)
    canvas.resize(700, 640)
    start = time.process_time()
    canvas.show_ties(cast, ties, 1)
    canvas.grab()
    assert time.process_time() - start < 1.0
    places = canvas.places()
    near = min(
        ((a.x() - b.x()) ** 2 + (a.y() - b.y()) ** 2) ** 0.5 for i, a in enumerate(places) for b in places[:i]
    )
    assert near > 26


def test_the_graph_is_walked_by_arrows_and_its_list_says_every_bond(theme, qtbot):
    jane, tom, ada = people(3)
    ties = [
        Tie(jane, Bond(tom, "Brothers and sisters", "owes her a life")),
        Tie(tom, Bond(ada, "Rival", know="private")),
    ]
    graph = CastGraph(theme, Faces(theme), None)
    qtbot.addWidget(graph)
    graph.show()
    graph.show_cast([jane, tom, ada], ties, 1)
    told = [graph.list.item(n).text() for n in range(graph.list.count())]
    assert told == [
        "Person 1 → Person 2, Brothers and sisters, owes her a life",
        "Person 2 → Person 3, Rival, a secret",
        "Person 3 says nothing of anybody",
    ]
    reached = set()
    for key in (KEY.Key_Left, KEY.Key_Right, KEY.Key_Up, KEY.Key_Down) * 2:
        qtbot.keyClick(graph.canvas, key)
        reached.add(graph.canvas.accessibleName().split(".")[0])
    assert len(reached) > 1
    with qtbot.waitSignal(graph.person_chosen):
        qtbot.keyClick(graph.canvas, KEY.Key_Return)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_any_number_of_people_has_a_shape_within_the_square(count):
    ties = [(n, (n + 1) % count) for n in range(count)] if count > 1 else []
    points = shape(count, ties)
    assert points == shape(count, ties)
    assert all(-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9 for x, y in points)
    assert len(apart([(5.0, 5.0)] * count, 10, (0, 0, 100, 100))) == count


def test_a_bond_says_more_than_its_line(schema):
    other = Character(2, "<b>Tom</b>", "teal")
    assert (
        bond_words(Bond(other, "Rival", "", "private", against=True))
        == "<b>Tom</b>, Rival, a secret, against each other"
    )

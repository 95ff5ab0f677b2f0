"""What the talk says of itself: its name, the list of talks, the sentences where nothing is said yet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import QMenu, QWidget

from charstudio.gui.text import isolated, menu_text, one_line
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import Talk

TALKS_IN_MENU = 20


def talk_name(talk: Talk) -> str:
    """What a talk is called: its title, or the day on which it began."""
    if talk.title.strip():
        return one_line(talk.title, 80)
    began = QDateTime.fromString(talk.created, Qt.DateFormat.ISODate).toLocalTime()
    if not began.isValid():
        return _("Talk {number}", number=talk.id)
    day = QLocale().toString(began.date(), QLocale.FormatType.ShortFormat)
    return _("Talk of {day}, {hour}", day=day, hour=began.time().toString("HH:mm"))


def empty_words(called: str) -> tuple[str, str]:
    """An empty talk: what one can do, and how."""
    name = isolated(called) if called else _("this voice")
    return (
        _("Say something to {name}.", name=name),
        _("Enter sends. Gestures stand between *asterisks*."),
    )


def mute_words(called: str) -> tuple[str, str, str, str]:
    """A talk without a model: what is missing, why, and two ways on."""
    return (
        _("{name} cannot answer yet.", name=isolated(called)) if called else _("Nobody can answer yet."),
        _("Open talk needs a language model on this computer. The guide works without one."),
        _("Choose a model"),
        _("Go to the guide"),
    )


def talk_menu(theme: Theme, parent: QWidget, talks: Sequence[Talk], current: Talk | None) -> QMenu:
    """The talks of a character to choose from; each action carries its id, the one for a new talk 0."""
    menu = QMenu(parent)
    for talk in talks[:TALKS_IN_MENU]:
        action = menu.addAction(menu_text(talk_name(talk)))
        action.setData(talk.id)
        action.setCheckable(True)
        action.setChecked(current is not None and talk.id == current.id)
    menu.addSeparator()
    menu.addAction(theme.icon("plus"), _("New talk")).setData(0)
    return menu

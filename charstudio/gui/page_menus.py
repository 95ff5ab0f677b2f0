"""The menus of a value on the page: who knows it, from which stage it holds."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu

from charstudio.gui.page_rows import know_words
from charstudio.gui.text import menu_text
from charstudio.gui.theme import Theme
from charstudio.i18n import _
from charstudio.model import KNOW_LEVELS, Stage, Value


def fill_know(menu: QMenu, theme: Theme, value: Value | None) -> None:
    """The four levels with their sentences; the one in force cannot be chosen again."""
    for know in KNOW_LEVELS:
        icon, word, sentence = know_words(know)
        colour = know if know != "open" else "text_2"
        action = menu.addAction(theme.icon(icon, colour), f"{word.capitalize()} – {sentence}")
        action.setData(know)
        action.setEnabled(value is None or know != value.know)


def fill_stages(menu: QMenu, stages: Sequence[Stage], value: Value) -> None:
    """From when a value holds: always, or from one of the stages on."""
    for stage in (None, *stages):
        words = _("From “{stage}” on", stage=stage.name) if stage else _("Always")
        action = menu.addAction(menu_text(words))
        action.setData(stage.id if stage else None)
        action.setCheckable(True)
        action.setChecked((stage.id if stage else None) == value.stage_id)


def stage_words(values: Sequence[Value], stages: Sequence[Stage]) -> dict[str, str]:
    """What attributes that differ by stage are at each of them, in a sentence for each attribute."""
    names = {stage.id: stage.name for stage in stages}
    told: dict[str, dict[int | None, list[str]]] = {}
    for value in values:
        text = value.text if value.state == "set" else _("nothing")
        told.setdefault(value.attribute, {}).setdefault(value.stage_id, []).append(text[:80])
    order = [None, *names]
    return {
        attribute: " · ".join(
            f"{names[at] if at else _('Always')}: {'; '.join(by_stage[at])}" for at in order if at in by_stage
        )
        for attribute, by_stage in told.items()
        if any(by_stage.keys() - {None})
    }

"""What was odd about a card, gathered while it is read: one sentence each, none said twice."""

from __future__ import annotations

from collections import Counter

from charstudio.i18n import _

MOST_SAID = 60


class Notes:
    """A list of oddities that grows while a card is read."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self._entries: Counter[str] = Counter()

    def say(self, sentence: str) -> None:
        """Note one sentence, once."""
        self._said.setdefault(sentence)

    def wrong(self, field: str) -> None:
        """Note that a field of the card held something of the wrong kind."""
        self.say(_("The card's “{field}” had the wrong form; it was put right.", field=field))

    def wrong_in_entry(self, field: str) -> None:
        """Count a wrong field of a lore entry; thousands of them become one sentence."""
        self._entries[field] += 1

    def all(self) -> tuple[str, ...]:
        """Every sentence in the order it was noted, shortened when there are far too many."""
        counted = [
            _("Lore entries whose “{field}” had to be put right: {count}.", field=field, count=count)
            for field, count in self._entries.items()
        ]
        told = [*self._said, *counted]
        if len(told) <= MOST_SAID:
            return tuple(told)
        rest = len(told) - MOST_SAID
        return (*told[:MOST_SAID], _("Further oddities not listed: {count}.", count=rest))

"""Which world knowledge a talk wakes, why, and where it goes: one pure function.

The rules are those of SillyTavern's world info, without its known faults, and the decorators of card V3. Some
points are ours: a book's own depth, budget and recursion count; over budget the lowest priority (else the
lowest order) goes first; tokens are counted entry by entry; an entry may be in several groups and loses once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from charstudio.talk.lore_effects import lasting, with_new
from charstudio.talk.lore_entry import NO_WISHES, LoreEntry
from charstudio.talk.lore_groups import losers
from charstudio.talk.lore_text import FAR, Key, Texts
from charstudio.talk.lore_values import RANKS, Active, Kept, LoreSettings, Outcome, Said, Skipped, Woken

MOST_MESSAGES = 1000
MOST_PASSES = 1000
_State = Literal["initial", "recursion", "min_activations", "none"]


def activate(
    entries: Sequence[LoreEntry],
    messages: Sequence[Said],
    settings: LoreSettings,
    rng: random.Random,
    count: Callable[[str], int],
) -> Outcome:
    """Scan a talk (oldest message first) for these entries (in the order of serving, see `gathered`).

    `count` measures a text in tokens; `rng` draws for groups and probability, in the order of serving.
    """
    return _Scan(entries, messages, settings, rng, count).run()


class _Scan:
    """One scan; its fields are what changes from pass to pass."""

    def __init__(
        self,
        entries: Sequence[LoreEntry],
        messages: Sequence[Said],
        settings: LoreSettings,
        rng: random.Random,
        count: Callable[[str], int],
    ) -> None:
        self._entries, self._settings, self._rng, self._count = entries, settings, rng, count
        heard = [m for m in messages if not m.hidden and m.role != "system"]
        self._length = len(heard)
        self._replies = sum(m.role == "assistant" for m in heard)
        names = settings.include_names
        lines = [f"{m.name}: {m.text}" if names and m.name else m.text for m in heard]
        self._texts = Texts(lines[: -MOST_MESSAGES - 1 : -1], settings.injections)
        self._effects, self._sticky, self._resting = lasting(entries, settings.effects, self._length)
        self._meant = _by_meaning(entries, settings)
        self._forced = (
            {i for i, e in enumerate(entries) if e.id in settings.forced} if settings.forced else set()
        )
        self._by_words = settings.whole_words and not settings.case_sensitive
        self._looked = False
        self._deepened = False
        self._odd: set[int] = set()
        self._recursive = settings.recursive or any(e.book.recursive for e in entries)
        self._state: _State = "initial"
        self._skew = 0
        self._levels = sorted({e.delay_until_recursion for e in entries if e.delay_until_recursion > 0})
        self._level = self._levels.pop(0) if self._levels else 0
        self._active: dict[int, Active] = {}
        self._failed: set[int] = set()
        self._why: dict[int, Kept] = {}
        self._again: set[int] = set()  # woken, but turned away for what may change
        self._index: dict[str, list[int]] | None = None
        self._always: list[int] = []
        self._fresh = ""
        self._used = 0
        self._budget = max(1, round(settings.budget_percent * settings.context / 100))
        if settings.budget_cap > 0:
            self._budget = min(self._budget, settings.budget_cap)
        self._overflow = False
        self._book_used: dict[str, int] = {}
        self._full_books: set[str] = set()

    def run(self) -> Outcome:
        passes = 0
        while self._state != "none" and passes < (self._settings.max_steps or MOST_PASSES):
            passes += 1
            woken = self._woken()
            accepted = self._accepted(woken)
            self._again = set(woken) - accepted - self._failed
            self._step([i for i in woken if i in accepted])
        return self._outcome()

    # Which entries wake

    def _woken(self) -> dict[int, tuple[Woken, str]]:
        found: dict[int, tuple[Woken, str]] = {}
        quickly = self._state != "recursion" and self._by_words
        for i in self._look_quickly(found) if quickly else self._candidates():
            if i in self._active or i in self._failed:
                continue
            told = self._verdict(i, self._entries[i])
            if isinstance(told, tuple):
                found[i] = told
            else:
                self._note(i, told)
        return found

    def _look_quickly(self, found: dict[int, tuple[Woken, str]]) -> list[int]:
        """Find the entries that plain words wake; returns those that must be judged by all rules."""
        first, depth = self._texts.first(), self._settings.scan_depth + self._skew
        odd = self._odd = self._sticky | self._resting | self._forced
        left = []
        for i, entry in enumerate(self._entries):
            if not entry.words or i in odd:
                left.append(i)
                continue
            for n, word in enumerate(entry.words):
                if first.get(word, FAR) < depth:
                    if i not in self._active and i not in self._failed:
                        found[i] = ("key", entry.keys[n].text)
                    break
        self._looked = True
        return left

    def _note(self, i: int, reason: Kept) -> None:
        """Remember the last rule that stood in the way of an entry in any pass."""
        known: Kept | None = self._why.get(i)
        if known is None and self._looked and self._entries[i].words and i not in self._odd:
            known = "no_match"
        if known is None or RANKS[reason] > RANKS[known]:
            self._why[i] = reason

    def _candidates(self) -> Iterable[int]:
        """All entries; in a recursive pass only those that the new text can wake, unless the depth is new."""
        if self._state != "recursion" or self._deepened:
            return range(len(self._entries))
        if self._index is None:
            self._index = self._indexed()
        fresh = self._texts.fresh_words(self._fresh, folded=True)
        hits = {i for word in fresh for i in self._index.get(word, ())}
        return sorted(hits | self._again | set(self._always))

    def _indexed(self) -> dict[str, list[int]]:
        """Entries by the words that alone can wake them; the others are asked in every pass."""
        index: dict[str, list[int]] = {}
        for i, entry in enumerate(self._entries):
            plain = not (entry.secondary or entry.reads or entry.delay_until_recursion or entry.wishes.also)
            if plain and self._by_word(entry) and all(key.word for key in entry.keys):
                for key in entry.keys:
                    index.setdefault(key.folded, []).append(i)
            elif entry.keys or entry.delay_until_recursion or entry.wishes.also:
                self._always.append(i)
        return index

    def _by_word(self, entry: LoreEntry) -> bool:
        whole = self._settings.whole_words if entry.whole_words is None else entry.whole_words
        case = self._settings.case_sensitive if entry.case_sensitive is None else entry.case_sensitive
        return whole and not case

    def _verdict(self, i: int, entry: LoreEntry) -> tuple[Woken, str] | Kept:
        """The first rule that applies to an entry in this pass."""
        sticky = i in self._sticky
        barred = self._barred(i, entry, sticky=sticky)
        if barred is not None:
            return barred
        wishes = entry.wishes
        if wishes is not NO_WISHES:
            if wishes.activate:
                return "activate", ""
            if wishes.dont_activate:
                return "dont_activate"
            if wishes.not_after_match and entry.id in self._settings.before:
                return "matched_before"
            if wishes.keep_after_match and entry.id in self._settings.before:
                return "kept", ""
            if not self._granted(entry):
                return "condition"
        if i in self._forced:
            return "forced", ""
        if i in self._meant:
            return "meaning", ""
        if entry.constant:
            return "constant", ""
        if sticky:
            return "sticky", ""
        return self._by_keys(entry)

    def _barred(self, i: int, entry: LoreEntry, *, sticky: bool) -> Kept | None:
        settings = self._settings
        if not entry.enabled:
            return "disabled"
        if entry.triggers and settings.generation not in entry.triggers:
            return "trigger"
        if (entry.only_for or entry.only_tags) and not _for_this(entry, settings):
            return "filter"
        if entry.delay > self._length:
            return "delay"
        if i in self._resting and not sticky:
            return "cooldown"
        if sticky:
            return None
        if entry.delay_until_recursion > 0:
            if self._state != "recursion":
                return "before_recursion"
            if entry.delay_until_recursion > self._level:
                return "level"
        if self._state == "recursion" and self._recursive and not self._may_recurse(entry):
            return "no_recursion"
        return None

    def _may_recurse(self, entry: LoreEntry) -> bool:
        own = self._settings.recursive if entry.book.recursive is None else entry.book.recursive
        return own and not entry.exclude_recursion

    def _granted(self, entry: LoreEntry) -> bool:
        """Whether all conditions hold that decorators set."""
        wishes, settings = entry.wishes, self._settings
        if self._replies < wishes.only_after or self._replies % wishes.only_every:
            return False
        if (
            wishes.greeting is not None
            and settings.greeting is not None
            and wishes.greeting != settings.greeting
        ):
            return False
        if wishes.last_in_budget and settings.context_full:
            return False
        if any(not any(self._holds(entry, key) for key in keys) for keys in wishes.also):
            return False
        return not any(self._holds(entry, key) for key in wishes.never)

    def _by_keys(self, entry: LoreEntry) -> tuple[Woken, str] | Kept:
        if not entry.keys:
            return "no_keys"
        found = next((key for key in entry.keys if self._holds(entry, key)), None)
        if found is None:
            return "no_match"
        if not entry.secondary:
            return "key", found.text
        held = [self._holds(entry, key) for key in entry.secondary]
        fits = {
            "and_any": any(held),
            "not_all": not all(held),
            "not_any": not any(held),
            "and_all": all(held),
        }
        return ("key", found.text) if fits[entry.logic] else "secondary"

    def _holds(self, entry: LoreEntry, key: Key) -> bool:
        settings = self._settings
        if "{{" in key.text:
            key = Key.of(settings.expand(key.text), pattern=key.flags == "?")
        depth = entry.scan_depth
        if depth is None:
            depth = entry.book.scan_depth
        if depth is None:
            depth = settings.scan_depth + self._skew
        return self._texts.holds(
            key,
            depth,
            case=settings.case_sensitive if entry.case_sensitive is None else entry.case_sensitive,
            whole=settings.whole_words if entry.whole_words is None else entry.whole_words,
            more=self._state != "min_activations",
            reads=tuple(text for source in entry.reads if (text := settings.beside.get(source))),
        )

    # Which of them stay

    def _accepted(self, woken: dict[int, tuple[Woken, str]]) -> set[int]:
        order = sorted(woken, key=self._rank)
        lost: set[int] = set()
        if any(self._entries[i].groups for i in order):
            lost = losers(
                self._entries, order, self._sticky, self._active, self._score, self._scored, self._rng
            )
        for i in lost:
            self._note(i, "group")
        accepted = set()
        for i in order:
            if i in lost:
                continue
            if self._overflow and not self._entries[i].ignore_budget:
                self._note(i, "budget")
            elif self._lucky(i) and self._affordable(i, woken[i]):
                accepted.add(i)
        return accepted

    def _rank(self, i: int) -> tuple[bool, bool, float, int]:
        """Sticky ones first, those that give way last; between them by priority, else by order."""
        entry = self._entries[i]
        worth = entry.order if entry.priority is None else entry.priority
        return i not in self._sticky, entry.wishes.last_in_budget, -worth, i

    def _scored(self, i: int) -> bool:
        own = self._entries[i].group_scoring
        return self._settings.group_scoring if own is None else own

    def _score(self, i: int) -> int:
        entry = self._entries[i]
        score = sum(self._holds(entry, key) for key in entry.keys)
        second = sum(self._holds(entry, key) for key in entry.secondary)
        if entry.logic == "and_any" or (entry.logic == "and_all" and second == len(entry.secondary)):
            score += second
        return score if entry.keys else 0

    def _lucky(self, i: int) -> bool:
        entry = self._entries[i]
        if entry.probability >= 100 or i in self._sticky:
            return True
        if self._rng.random() * 100 < entry.probability:
            return True
        self._failed.add(i)
        self._note(i, "probability")
        return False

    def _affordable(self, i: int, woken: tuple[Woken, str]) -> bool:
        entry = self._entries[i]
        text = self._settings.expand(entry.content)
        tokens = self._count(text + "\n") if text else 0
        book, limit = entry.book.id, entry.book.token_budget
        spent = self._book_used.get(book, 0)
        if not entry.ignore_budget:
            if limit is not None and (book in self._full_books or spent + tokens > limit):
                self._full_books.add(book)
                self._note(i, "budget")
                return False
            if self._used + tokens >= self._budget:
                self._overflow = True
                self._note(i, "budget")
                return False
        self._used += tokens
        self._book_used[book] = spent + tokens
        self._active[i] = Active(entry, woken[0], entry.place, text, tokens, woken[1])
        return True

    # What comes next

    def _step(self, fresh: list[int]) -> None:
        settings = self._settings
        feeding = [self._revealed(i) for i in fresh if not self._entries[i].prevent_recursion]
        state: _State = "none"
        going_on = self._recursive and not self._overflow
        if going_on and (feeding or (self._state == "min_activations" and self._texts.has_more())):
            state = "recursion"
        elif not self._overflow and len(self._active) < settings.min_activations and self._deeper():
            self._skew += 1
            state = "min_activations"
        elif self._levels:
            self._level = self._levels.pop(0)
            state = "recursion"
        self._fresh = "\n".join(feeding) if self._recursive and state != "none" else ""
        if self._fresh:
            self._texts.add(self._fresh)
        self._deepened = self._state == "min_activations"
        self._state = state

    def _revealed(self, i: int) -> str:
        content, reveal = self._entries[i].content, self._settings.reveal
        hides = reveal is not None and "hidden_key" in content.casefold()
        return reveal(content) if reveal is not None and hides else self._active[i].text

    def _deeper(self) -> bool:
        depth = self._settings.scan_depth + self._skew
        return depth <= self._length and not (0 < self._settings.max_depth < depth)

    def _outcome(self) -> Outcome:
        active = tuple(self._active.values())
        skipped = tuple(
            Skipped(entry, self._why.get(i, "no_match"))
            for i, entry in enumerate(self._entries)
            if i not in self._active
        )
        effects = tuple(self._effects)
        if not self._settings.dry:
            effects = with_new(effects, active, self._length)
        before = self._settings.before
        if not self._settings.dry:
            before |= {one.entry.id for one in active}
        return Outcome(
            active, skipped, effects, before, self._used, self._budget, tuple(sorted(self._texts.slow))
        )


def _by_meaning(entries: Sequence[LoreEntry], settings: LoreSettings) -> set[int]:
    """The entries that are closest in meaning to what was said, best first, at most so many."""
    if not settings.scores:
        return set()
    near = [
        (-settings.scores.get(e.id, -1.0), i)
        for i, e in enumerate(entries)
        if e.vectorized and settings.scores.get(e.id, -1.0) >= settings.min_score
    ]
    return {i for _score, i in sorted(near)[: settings.most_by_meaning]}


def _for_this(entry: LoreEntry, settings: LoreSettings) -> bool:
    """Whether the filter of an entry lets this character in: first by name, then by tags."""
    if entry.only_for and (settings.character in entry.only_for) == entry.filter_excludes:
        return False
    shared = any(tag in entry.only_tags for tag in settings.tags)
    return not entry.only_tags or shared != entry.filter_excludes

"""The fast scan and the literal one agree on every talk and every book that chance can make."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from charstudio.talk.lore import activate
from charstudio.talk.lore_entry import NO_WISHES, Book, LoreEntry, Wishes
from charstudio.talk.lore_text import Key
from charstudio.talk.lore_values import Effect, LoreSettings, Said
from tests.unit.lore_literal import comparable, slow_activate

WORDS = (
    "lamp",
    "Sea",
    "straße",
    "сад",
    "灯",
    "C++",
    "sea wall",
    "oil",
    "{{char}}",
    "don't",
    "",
    "é",
    "storm",
)
MORE_WORDS = (*WORDS, "LAMP", "lamps", "STRASSE", "sea  wall", ".")
PATTERNS = ("/lam[pb]/i", "/^\\x01Ilse:/m", "/(oil|sea)/", "/(/", "/a/b/", "/storm\\s+sea/s")
BOOKS = (Book("a"), Book("b", scan_depth=1, recursive=False), Book("c", token_budget=6, recursive=True))
LOGICS = ("and_any", "not_all", "not_any", "and_all")
RARE = (*[False] * 9, True)
MAYBE = (None, None, None, True, False)
SMALL = (0, 0, 0, 0, 1, 2, 3)

Pick = Callable[[Sequence[Any]], Any]


def text(pick: Pick) -> str:
    return " ".join(pick(MORE_WORDS) for _ in range(pick(range(6))))


def keys(pick: Pick) -> tuple[Key, ...]:
    made = [Key.of(pick((*WORDS, *WORDS, *PATTERNS)), pattern=pick(RARE)) for _ in range(pick(range(4)))]
    return tuple(key for key in made if key.text)


def wishes(pick: Pick) -> Wishes:
    if pick((True, True, False)):
        return NO_WISHES
    also = (keys(pick),) if pick(RARE) else ()
    flags = [pick(RARE) for _ in range(5)]
    return Wishes(
        *flags,
        pick(SMALL),
        pick((1, 1, 2, 3)),
        pick((None, None, 0, 1)),
        also,
        keys(pick) if pick(RARE) else (),
    )


def some_entries(pick: Pick) -> list[LoreEntry]:
    plain = [
        LoreEntry(
            f"p{n}",
            tuple(Key.of(pick(WORDS[:5])) for _ in range(pick(range(3)))),
            text(pick),
            order=pick((1, 50, 100)),
            groups=pick(((), (), ("g",))),
            sticky=pick(SMALL),
            cooldown=pick(SMALL),
            probability=pick((100, 100, 50)),
            exclude_recursion=pick(RARE),
            mark="m",
        )
        for n in range(pick(range(5)))
    ]
    return plain + [
        LoreEntry(
            f"e{n}",
            keys(pick),
            text(pick),
            keys(pick) if pick(MAYBE) else (),
            pick(LOGICS),
            enabled=not pick(RARE),
            constant=pick(RARE),
            order=pick((1, 50, 100, 100)),
            priority=pick((None, None, 10, 200)),
            scan_depth=pick((None, None, None, 0, 1, 3)),
            case_sensitive=pick(MAYBE),
            whole_words=pick(MAYBE),
            probability=pick((100, 100, 100, 50, 0)),
            groups=pick(((), (), (), ("g",), ("h",), ("g", "h"))),
            group_override=pick(RARE),
            group_weight=pick((100, 100, 1, 0)),
            group_scoring=pick(MAYBE),
            exclude_recursion=pick(RARE),
            prevent_recursion=pick(RARE),
            delay_until_recursion=pick(SMALL),
            sticky=pick(SMALL),
            cooldown=pick(SMALL),
            delay=pick(SMALL),
            ignore_budget=pick(RARE),
            vectorized=pick(RARE),
            triggers=pick(((), (), (), ("normal",), ("swipe",))),
            only_for=pick(((), (), (), ("Ilse",), ("Bo",))),
            only_tags=pick(((), (), (), ("sea",))),
            filter_excludes=pick(RARE),
            reads=pick(((), (), (), ("scenario",), ("persona", "scenario"))),
            wishes=wishes(pick),
            mark=pick(("m", "m", "m", "other")),
            book=pick(BOOKS),
        )
        for n in range(pick(range(7)))
    ]


def some_settings(pick: Pick, entries: list[LoreEntry]) -> LoreSettings:
    ids = [e.id for e in entries] or ["none"]
    effects = {
        (kind, i): Effect(kind, i, "m", pick(SMALL), pick(range(6)), pick(RARE))
        for kind in ("sticky", "cooldown")
        for i in ids
        if pick(RARE)
    }
    return LoreSettings(
        scan_depth=pick((2, 2, 0, 1, 5)),
        include_names=pick(MAYBE) is None,
        recursive=pick((True, False)),
        max_steps=pick((0, 0, 0, 1, 2)),
        min_activations=pick((0, 0, 2, 4)),
        max_depth=pick((0, 0, 3)),
        context=pick((8192, 8192, 40, 4)),
        budget_cap=pick((0, 0, 9)),
        case_sensitive=pick(RARE),
        whole_words=pick((True, False)),
        group_scoring=pick(RARE),
        generation=pick(("normal", "swipe")),
        character=pick(("Ilse", "Bo")),
        tags=pick(((), ("sea",))),
        greeting=pick((None, 0, 1)),
        context_full=pick(RARE),
        beside={"scenario": text(pick), "persona": text(pick)},
        injections=(text(pick),) if pick(RARE) else (),
        scores={i: 0.5 for i in ids if pick(RARE)},
        most_by_meaning=pick((5, 1)),
        forced=frozenset(i for i in ids if pick(RARE)),
        effects=tuple(effects.values()),
        before=frozenset(i for i in ids if pick(RARE)),
        dry=pick(RARE),
        expand=lambda told: told.replace("{{char}}", "Ilse"),
    )


def some_talk(pick: Pick) -> list[Said]:
    roles, names = ("user", "assistant", "assistant", "system"), ("", "Ilse", "Ada")
    return [Said(text(pick), pick(names), pick(roles), pick(RARE)) for _ in range(pick(range(7)))]


def tokens(text: str) -> int:
    return len(text.split())


def agree(entries, talk, how, seed):
    fast = activate(entries, talk, how, random.Random(seed), tokens)
    slow = slow_activate(entries, talk, how, random.Random(seed), tokens)
    assert comparable(fast) == comparable(slow)


@settings(
    max_examples=150,
    deadline=None,
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_both_scans_agree(data):
    def pick(options):
        return data.draw(st.sampled_from(options))

    entries = some_entries(pick)
    agree(entries, some_talk(pick), some_settings(pick, entries), pick(range(5)))


@pytest.mark.parametrize("part", range(4))
def test_both_scans_agree_on_a_thousand_books_of_chance(part):
    for seed in range(part * 1000, part * 1000 + 1000):
        pick = random.Random(seed).choice
        entries = some_entries(pick)
        agree(entries, some_talk(pick), some_settings(pick, entries), seed)


def test_both_scans_agree_on_a_whole_talk_in_which_each_turn_goes_on_from_the_last():
    chance = random.Random(7)
    for round_ in range(60):
        entries = [
            LoreEntry(
                f"e{n}",
                tuple(Key.of(chance.choice(WORDS[:9])) for _ in range(2)),
                " ".join(chance.choices(WORDS, k=3)),
                order=chance.choice((1, 2, 100)),
                probability=chance.choice((100, 60)),
                groups=chance.choice(((), ("g",))),
                sticky=chance.choice((0, 2, 3)),
                cooldown=chance.choice((0, 2)),
                delay=chance.choice((0, 0, 3)),
                mark="m",
            )
            for n in range(12)
        ]
        how, talk = LoreSettings(scan_depth=2), []
        for turn in range(10):
            talk.append(Said(" ".join(chance.choices(WORDS, k=3)), "Ada", ("user", "assistant")[turn % 2]))
            agree(entries, talk, how, round_)
            told = activate(entries, talk, how, random.Random(round_), tokens)
            how = replace(how, effects=told.effects, before=told.before)
            if chance.random() < 0.15:
                talk = talk[:-1]

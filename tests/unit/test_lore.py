"""World knowledge wakes by the rules of SillyTavern without its faults; each rule on its own, and why it did not."""

import random
from dataclasses import replace

import pytest

from charstudio.talk.lore import activate
from charstudio.talk.lore_entry import Book, LoreEntry, Place, Wishes, entries_of
from charstudio.talk.lore_places import gathered, placed
from charstudio.talk.lore_text import Key, needed
from charstudio.talk.lore_values import Effect, LoreSettings, Said, sentence
from tests.unit.lore_literal import said


def e(name="e", *keys, content="Text.", second=(), **how):
    return LoreEntry(name, tuple(map(Key.of, keys)), content, tuple(map(Key.of, second)), **how)


def scan(entries, *texts, rng=None, **how):
    return activate(
        entries, said(*texts), LoreSettings(**how), rng or random.Random(0), lambda t: len(t.split())
    )


def awake(entries, *texts, **how):
    return [one.entry.id for one in scan(entries, *texts, **how).active]


def reason(entries, *texts, of="e", **how):
    return {one.entry.id: one.reason for one in scan(entries, *texts, **how).skipped}.get(of)


# Step 1 and 2: texts and keys


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("lamp", "The LAMP.", True),
        ("lamp", "lamps", False),
        ("ice cream", "nice creamy", True),
        ("C++", "in C++, yes", True),
        ("C++", "C++x", False),
        ("сад", "садовник", False),
        ("straße", "STRASSE", True),
        ("/lamps?/", "lamps", True),
        ("/LAMP/", "lamp", False),
        ("/LAMP/i", "lamp", True),
        ("/a/b/", "a/b", False),
        ("/a/b/", "see /a/b/ here", True),
        ("/(/", "(", False),
        ("/^\\x01Ilse:/m", "x", True),
        ("  lamp ", "lamp", True),
    ],
)
def test_a_key_is_found_or_not(key, text, found):
    assert bool(awake([e("e", key)], "before", text)) == found


def test_case_and_whole_words_are_the_entry_s_own_before_the_setting():
    assert awake([e("e", "Lamp", case_sensitive=True)], "lamp") == []
    assert awake([e("e", "lamp", whole_words=False)], "lamps") == ["e"]
    assert awake([e("e", "Lamp", case_sensitive=False)], "lamp", case_sensitive=True) == ["e"]


def test_the_newest_messages_are_searched_as_deep_as_is_set():
    talk = ("lamp", "b", "c")
    assert awake([e("e", "lamp")], *talk, scan_depth=2) == []
    assert awake([e("e", "lamp")], *talk, scan_depth=3) == ["e"]
    assert awake([e("e", "lamp", scan_depth=3)], *talk, scan_depth=1) == ["e"]
    assert awake([e("e", "lamp", book=Book("b", scan_depth=3))], *talk, scan_depth=1) == ["e"]
    assert awake([e("e", "lamp", scan_depth=0)], "lamp") == []


def test_no_key_reaches_from_one_message_into_the_next():
    assert awake([e("e", "b a")], "a", "b", include_names=False) == []


def test_hidden_messages_and_those_of_the_system_are_not_read():
    messages = [Said("lamp", hidden=True), Said("lamp", role="system")]
    assert activate([e("e", "lamp")], messages, LoreSettings(), random.Random(0), len).active == ()


def test_a_slow_pattern_is_given_up_and_named():
    outcome = scan([e("e", "/(a+)+$/")], "a" * 5000 + "!")
    assert outcome.active == ()
    assert outcome.slow == ("/(a+)+$/",)


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        (r"\bcats?\b", "cat"), ("a|b", ""), (r"[\]x]yz", "yz"), ("(?i)abc", ""), ("(?:abc)?de", "de"), (r"x\u0041bc", ""),
        ("colou?r", "colo"), ("a{2}bcd", "bcd"), ("(abc)?", ""), (r"\(abc", "abc"), ("[", ""),
    ],
)  # fmt: skip
def test_letters_that_every_match_must_hold_are_never_too_many(pattern, letters):
    assert needed(pattern) == letters


# Step 3: rules in their order


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"enabled": False, "constant": True}, "disabled"),
        ({"triggers": ("swipe",)}, "trigger"),
        ({"only_for": ("Bo",)}, "filter"),
        ({"only_for": ("Ilse",), "filter_excludes": True}, "filter"),
        ({"only_tags": ("sky",)}, "filter"),
        ({"delay": 5}, "delay"),
        ({"delay_until_recursion": 1}, "before_recursion"),
        ({"wishes": Wishes(dont_activate=True)}, "dont_activate"),
        ({"wishes": Wishes(only_after=3)}, "condition"),
        ({"wishes": Wishes(only_every=2)}, "condition"),
        ({"wishes": Wishes(greeting=1)}, "condition"),
        ({"wishes": Wishes(never=(Key.of("oil"),))}, "condition"),
        ({"wishes": Wishes(also=((Key.of("sun"),),))}, "condition"),
        ({"probability": 0}, "probability"),
    ],
)
def test_every_rule_that_stands_in_the_way_is_named(how, told):
    talk = {"character": "Ilse", "tags": ("sea",), "greeting": 0}
    assert reason([e("e", "lamp", **how)], "lamp", "oil", **talk) == told
    assert sentence(told).endswith(".")


def test_an_entry_without_keys_or_whose_keys_are_not_said_is_named():
    assert reason([e()], "lamp") == "no_keys"
    assert reason([e("e", "sun")], "lamp") == "no_match"


@pytest.mark.parametrize(
    ("logic", "text", "found"),
    [
        ("and_any", "lamp oil", True), ("and_any", "lamp", False), ("not_all", "lamp oil", True), ("not_all", "lamp oil wick", False),
        ("not_any", "lamp", True), ("not_any", "lamp oil", False), ("and_all", "lamp oil wick", True), ("and_all", "lamp oil", False),
    ],
)  # fmt: skip
def test_the_four_logics_of_second_keys(logic, text, found):
    entry = e("e", "lamp", second=("oil", "wick"), logic=logic)
    assert bool(awake([entry], text)) == found
    if not found:
        assert reason([entry], text) == "secondary"


def test_constant_forced_and_meant_entries_need_no_key():
    entries = [e("a", constant=True), e("b"), e("c", vectorized=True), e("d", vectorized=True)]
    outcome = scan(entries, "x", forced=frozenset("b"), scores={"c": 0.3, "d": 0.2})
    assert [(one.entry.id, one.reason) for one in outcome.active] == [
        ("a", "constant"),
        ("b", "forced"),
        ("c", "meaning"),
    ]


def test_only_so_many_wake_by_meaning_the_closest_first():
    entries = [e(f"e{n}", vectorized=True) for n in range(9)]
    scores = {f"e{n}": n / 10 for n in range(9)}
    assert sorted(awake(entries, "x", scores=scores)) == ["e4", "e5", "e6", "e7", "e8"]


# Recursion


def test_what_one_entry_says_wakes_another_at_any_depth():
    chain = [e("a", "lamp", content="oil"), e("b", "oil", content="whale"), e("c", "whale", scan_depth=1)]
    assert awake(chain, "lamp") == ["a", "b", "c"]
    assert awake(chain, "lamp", recursive=False) == ["a"]
    assert awake(chain, "lamp", max_steps=2) == ["a", "b"]


def test_recursion_is_kept_out_by_the_entry_and_by_the_book():
    first = e("a", "lamp", content="oil")
    assert reason([first, e("e", "oil", exclude_recursion=True)], "lamp") == "no_match"
    assert awake([first, e("e", "oil", book=Book("b", recursive=False))], "lamp") == ["a"]
    assert awake([replace(first, prevent_recursion=True), e("e", "oil")], "lamp") == ["a"]
    assert awake([first, e("e", "oil", book=Book("b", recursive=True))], "lamp", recursive=False) == [
        "a",
        "e",
    ]


def test_levels_of_delayed_recursion_come_one_after_another():
    entries = [
        e("a", "lamp", delay_until_recursion=2),
        e("b", "lamp", delay_until_recursion=1),
        e("c", "lamp"),
    ]
    assert awake(entries, "lamp") == ["c", "b", "a"]


def test_more_messages_are_searched_until_enough_entries_are_awake():
    talk = ("sun", "moon", "x", "lamp")
    entries = [e("a", "lamp"), e("b", "moon"), e("c", "sun")]
    assert awake(entries, *talk, scan_depth=1) == ["a"]
    assert awake(entries, *talk, scan_depth=1, min_activations=2) == ["a", "b"]
    assert awake(entries, *talk, scan_depth=1, min_activations=9) == ["a", "b", "c"]
    assert awake(entries, *talk, scan_depth=1, min_activations=9, max_depth=2) == ["a", "b"]


# Groups, chance, budget


def test_one_of_a_group_comes_through_by_override_score_or_chance():
    a, b = e("a", "lamp", groups=("g",)), e("b", "lamp", "oil", groups=("g",))
    assert awake([a, replace(b, group_override=True)], "lamp oil") == ["b"]
    assert awake([replace(a, group_override=True, order=1), replace(b, group_override=True)], "lamp oil") == [
        "b"
    ]
    assert awake([a, b], "lamp oil", group_scoring=True) == ["b"]
    assert reason([a, b], "lamp oil", of="a", group_scoring=True) == "group"
    drawn = [awake([a, replace(b, group_weight=300)], "lamp", rng=random.Random(n))[0] for n in range(400)]
    assert 240 < drawn.count("b") < 360


def test_who_loses_in_two_groups_takes_no_other_entry_along():
    entries = [
        e("a", "lamp", groups=("g", "h")), e("b", "lamp", groups=("g",), group_override=True),
        e("c", "lamp", groups=("h",), group_override=True), e("d", "lamp"),
    ]  # fmt: skip
    assert sorted(awake(entries, "lamp")) == ["b", "c", "d"]


def test_an_awake_entry_of_several_groups_blocks_all_of_them():
    entries = [e("a", "lamp", content="oil", groups=("g", "h")), e("b", "oil", groups=("h",))]
    assert awake(entries, "lamp") == ["a"]


def test_a_chance_of_zero_never_comes_and_one_of_a_hundred_always():
    never, always = e("n", "lamp", probability=0), e("a", "lamp", probability=100)
    for seed in range(200):
        assert awake([never, always], "lamp", rng=random.Random(seed)) == ["a"]


def test_over_budget_the_lowest_order_goes_first_unless_priorities_say_otherwise():
    entries = [
        e("a", "lamp", content="one two three", order=10),
        e("b", "lamp", content="one two three", order=90),
    ]
    assert awake(entries, "lamp", context=20) == ["b"]
    assert awake([replace(entries[0], priority=95), entries[1]], "lamp", context=20) == ["a"]
    assert reason(entries, "lamp", of="a", context=20) == "budget"


def test_some_entries_ignore_the_budget_and_some_give_way_first():
    free = e("f", "lamp", content="one two three four", ignore_budget=True)
    assert awake([e("a", "lamp", content="one two three"), free], "lamp", context=12) == ["f"]
    last = e("a", "lamp", content="one two", order=900, wishes=Wishes(last_in_budget=True))
    assert awake([last, e("b", "lamp", content="one two", order=1)], "lamp", context=16) == ["b"]


def test_a_book_s_own_budget_holds_for_that_book_alone():
    small = Book("s", token_budget=2)
    entries = [
        e("a", "lamp", content="one two", book=small),
        e("b", "lamp", content="one", order=1, book=small),
        e("c", "lamp"),
    ]
    assert awake(entries, "lamp") == ["a", "c"]


def test_what_the_budget_turned_away_wakes_nothing():
    entries = [
        e("a", "lamp", content="oil " * 20),
        e("b", "oil", content="x", delay_until_recursion=1),
        e("c", "oil", content="y"),
    ]
    assert awake(entries, "lamp", context=40) == []


def test_text_that_feeds_no_recursion_still_counts_in_the_budget():
    entries = [
        e("a", "lamp", content="one two three four", prevent_recursion=True), e("b", "lamp", content="oil", order=50),
        e("c", "oil", content="one two three four"),
    ]  # fmt: skip
    assert awake(entries, "lamp", context=32) == ["a", "b"]


# Timed effects


def after(outcome, how=None):
    return {"effects": outcome.effects, "before": outcome.before, **(how or {})}


def test_a_sticky_entry_stays_and_then_rests():
    entry = e("e", "lamp", sticky=2, cooldown=2, mark="m")
    first = scan([entry], "lamp")
    second = scan([entry], "lamp", "x", scan_depth=1, **after(first))
    assert [one.reason for one in second.active] == ["sticky"]
    third = scan([entry], "lamp", "x", "lamp", scan_depth=1, **after(second))
    assert [one.reason for one in third.skipped] == ["cooldown"]
    fourth = scan([entry], "lamp", "x", "lamp", "lamp", scan_depth=1, **after(third))
    assert [one.reason for one in fourth.skipped] == ["cooldown"]
    assert awake([entry], "lamp", "x", "lamp", "lamp", "lamp", scan_depth=1, **after(fourth)) == ["e"]


def test_going_back_in_the_talk_takes_the_effect_away_and_so_does_an_edit():
    entry = e("e", "lamp", sticky=3, mark="m")
    first = scan([entry], "lamp", "x", scan_depth=2)
    assert first.effects[0].start == 2
    assert awake([entry], "x", "x", scan_depth=1, **after(first)) == []
    assert awake([replace(entry, mark="edited")], "x", "x", "x", scan_depth=1, **after(first)) == []


def test_looking_alone_changes_nothing():
    outcome = scan([e("e", "lamp", sticky=3)], "lamp", dry=True)
    assert (outcome.effects, outcome.before) == ((), frozenset())


def test_a_resting_entry_does_not_wake():
    effect = Effect("cooldown", "e", "m", 0, 9)
    assert reason([e("e", "lamp", mark="m")], "lamp", effects=(effect,)) == "cooldown"


# Decorators


def book_entry(content, **changes):
    raw = {
        "keys": ["lamp"],
        "content": content,
        "extensions": {},
        "enabled": True,
        "insertion_order": 1,
        "use_regex": False,
    }
    return entries_of({"entries": [{**raw, **changes}], "extensions": {}}, "b")[0]


def test_l8_decorators_are_read_and_taken_off_the_text():
    entry = book_entry(
        "@@depth 2\n@@role assistant\n@@scan_depth 5\n@@activate_only_after 3\n@@additional_keys oil, wick\n\nText."
    )
    assert (entry.content, entry.place, entry.scan_depth) == ("Text.", Place("at_depth", 2, "assistant"), 5)
    assert (entry.wishes.only_after, [k.text for k in entry.wishes.also[0]]) == (3, ["oil", "wick"])


def test_l8_an_unknown_decorator_falls_back_and_the_first_of_a_name_wins():
    entry = book_entry(
        "@@risu_only 4\n@@@agn_only 4\n@@@x\n@@@y\n@@@z\n@@@depth 3\n@@@depth 9\n@@depth 5\nText."
    )
    assert entry.place.depth == 3
    assert book_entry("@@depth 1\n@@@depth 2\n@@depth 3\nT").place.depth == 1
    assert book_entry("@@depth x\n@@@role user\nT").place == Place("before_char", 4, "user")


def test_l8_position_comes_before_depth():
    assert book_entry("@@depth 1\n@@position scenario\nT").place.where == "scenario"
    assert book_entry("@@position nowhere\n@@@depth 1\nT").place.where == "at_depth"


def test_l8_activate_wins_over_dont_activate():
    outcome = scan([book_entry("@@dont_activate\n@@activate\nT", keys=[])], "x")
    assert [one.reason for one in outcome.active] == ["activate"]


def test_l8_entries_that_come_once_or_stay_for_good():
    once, stay = book_entry("@@dont_activate_after_match\nT"), book_entry("@@keep_activate_after_match\nT")
    assert awake([once], "lamp", before=frozenset({once.id})) == []
    assert awake([stay], "x", before=frozenset({stay.id})) == [stay.id]


# Books


def test_l7_a_pattern_entry_ignores_constant_and_second_keys_but_not_sillytavern_s():
    entry = book_entry(
        "T", use_regex=True, constant=True, selective=True, secondary_keys=["x"], keys=["la.p"]
    )
    assert awake([entry], "a LAMP") == [entry.id]
    assert awake([entry], "x") == []
    theirs = book_entry("T", use_regex=True, constant=True, keys=["la.p"], extensions={"selectiveLogic": 0})
    assert scan([theirs], "x").active[0].reason == "constant"


def test_l5_l6_a_disabled_entry_never_wakes_and_an_empty_text_stands_nowhere():
    assert awake([book_entry("T", enabled=False, constant=True)], "lamp") == []
    outcome = scan([book_entry("@@depth 1\n")], "lamp")
    assert len(outcome.active) == 1
    assert placed(outcome.active) == ()


def test_sillytavern_s_extensions_are_read_by_their_names():
    more = {
        "position": 4, "depth": 3, "role": 1, "probability": 40, "useProbability": True, "selectiveLogic": 3, "group": "a, b",
        "sticky": 2, "delay_until_recursion": True, "match_scenario": True, "vectorized": True,
        "character_filter": {"isExclude": True, "names": ["Bo"], "tags": []},
    }  # fmt: skip
    entry = book_entry("T", extensions=more, selective=True, secondary_keys=["x"])
    assert (entry.place, entry.probability, entry.logic) == (Place("at_depth", 3, "user"), 40, "and_all")
    assert (entry.groups, entry.sticky, entry.delay_until_recursion, entry.reads) == (
        ("a", "b"),
        2,
        1,
        ("scenario",),
    )
    assert (entry.only_for, entry.filter_excludes, entry.vectorized) == (("Bo",), True, True)


def test_texts_beside_the_talk_are_read_where_an_entry_asks_for_them():
    entry = book_entry("T", extensions={"match_scenario": True})
    assert awake([entry], "x", beside={"scenario": "A lamp."}) == [entry.id]
    assert awake([book_entry("T")], "x", beside={"scenario": "A lamp."}) == []


def test_l6_the_highest_order_stands_last_and_first_in_an_outlet():
    entries = [
        e("a", constant=True, content="A", order=5), e("b", constant=True, content="B", order=9),
        e("c", constant=True, content="C", order=1, place=Place("outlet", 4, "system", "o")),
        e("d", constant=True, content="D", order=2, place=Place("outlet", 4, "system", "o")),
        e("f", constant=True, content="F", place=Place("at_depth", 0, "user")),
    ]  # fmt: skip
    texts = {(one.place.where, one.place.depth): one.text for one in placed(scan(entries, "x").active)}
    assert texts == {("before_char", 0): "A\nB", ("outlet", 0): "D\nC", ("at_depth", 0): "F"}


def test_books_are_asked_in_their_order_and_none_twice():
    def of(book, *orders):
        return [e(f"{book}{n}", order=n, book=Book(book)) for n in orders]

    books = [
        ("global", of("g", 1, 5)),
        ("character", of("c", 2)),
        ("chat", of("t", 0)),
        ("persona", of("p", 9)),
        ("character", of("g", 1, 5)),
    ]
    assert [x.id for x in gathered(books)] == ["t0", "p9", "c2", "g5", "g1"]
    assert [x.id for x in gathered(books, "global")] == ["t0", "p9", "g5", "g1", "c2"]
    assert [x.id for x in gathered(books, "mixed")] == ["t0", "p9", "g5", "c2", "g1"]

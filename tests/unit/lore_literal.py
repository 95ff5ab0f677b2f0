"""A second scan for world knowledge: slow, literal, and written rule by rule; the fast one must agree with it."""

from __future__ import annotations

import re
from dataclasses import replace

import regex

from charstudio.talk.lore_entry import LoreEntry
from charstudio.talk.lore_values import Active, Effect, LoreSettings, Outcome, Said, Skipped

ORDER = [
    "disabled", "trigger", "filter", "delay", "cooldown", "before_recursion", "level", "no_recursion",
    "dont_activate", "matched_before", "condition", "no_keys", "no_match", "secondary", "group",
    "probability", "budget",
]  # fmt: skip


def tests_true(key: str, pattern: bool, hay: str, *, case: bool, whole: bool) -> bool:
    """Step 2, one key on one haystack."""
    key = key.strip()
    if not key:
        return False
    slashed = re.fullmatch(r"/((?:[^/\\]|\\.)+)/([gimsuy]*)", key, re.DOTALL)
    if slashed or pattern:
        body, flags = (slashed[1], slashed[2]) if slashed else (key, "")
        options = 0
        options |= regex.IGNORECASE if "i" in flags or (not slashed and not case) else 0
        options |= regex.MULTILINE if "m" in flags else 0
        options |= regex.DOTALL if "s" in flags else 0
        try:
            return regex.compile(body, options).search(hay, timeout=2) is not None
        except (regex.error, TimeoutError):
            return False
    if not case:
        key, hay = key.casefold(), hay.casefold()
    if not whole or len(key.split()) > 1:
        return key in hay
    return re.search(rf"(?:^|\W){re.escape(key)}(?:$|\W)", hay) is not None


def haystack(entry, heard, settings, skew, recursed, state):
    """Step 1, the text for one entry."""
    depth = entry.scan_depth
    if depth is None:
        depth = entry.book.scan_depth
    if depth is None:
        depth = settings.scan_depth + skew
    if depth <= 0:
        return ""
    newest = [f"{m.name}: {m.text}" if settings.include_names and m.name else m.text for m in reversed(heard)]
    parts = newest[:1000][:depth]
    parts += [settings.beside[s] for s in entry.reads if settings.beside.get(s)]
    parts += settings.injections
    if state != "min":
        parts += recursed
    return "\x01" + "\n\x01".join(part.replace("\x01", " ") for part in parts)


def slow_activate(entries, messages, settings: LoreSettings, rng, count) -> Outcome:
    heard = [m for m in messages if not m.hidden and m.role != "system"]
    now = len(heard)
    replies = len([m for m in heard if m.role == "assistant"])

    # Step 7, at the start
    effects: list[Effect] = []
    ended: list[Effect] = []
    sticky, resting = set(), set()
    by_id = {e.id: e for e in entries}
    for effect in settings.effects:
        entry = by_id.get(effect.entry)
        if now <= effect.start and not effect.protected:
            continue
        if entry is None or entry.mark != effect.mark:
            if now < effect.end:
                effects.append(effect)
        elif now < effect.end:
            effects.append(effect)
        elif effect.kind == "sticky":
            ended.append(effect)
    for effect in ended:
        entry = by_id[effect.entry]
        if entry.cooldown > 0:
            effects = [e for e in effects if (e.kind, e.entry) != ("cooldown", entry.id)]
            effects.append(Effect("cooldown", entry.id, entry.mark, now, now + entry.cooldown, True))
    for effect in effects:
        entry = by_id.get(effect.entry)
        if entry is not None and entry.mark == effect.mark:
            (sticky if effect.kind == "sticky" else resting).add(effect.entry)

    near = [e for e in entries if e.vectorized and settings.scores.get(e.id, -1) >= settings.min_score]
    near.sort(key=lambda e: (-settings.scores[e.id], entries.index(e)))
    meant = {e.id for e in near[: settings.most_by_meaning]}

    recursion_on = settings.recursive or any(e.book.recursive for e in entries)
    budget = max(1, round(settings.budget_percent * settings.context / 100))
    if settings.budget_cap > 0:
        budget = min(budget, settings.budget_cap)
    levels = sorted({e.delay_until_recursion for e in entries if e.delay_until_recursion > 0})
    level = levels.pop(0) if levels else 0
    state, skew, recursed = "initial", 0, []
    active: dict[str, Active] = {}
    failed: set[str] = set()
    why: dict[str, str] = {}
    overflow, used, book_used, full = False, 0, {}, set()

    def note(entry, reason):
        if ORDER.index(reason) >= ORDER.index(why.get(entry.id, "disabled")):
            why[entry.id] = reason

    def true(entry: LoreEntry, key) -> bool:
        hay = haystack(entry, heard, settings, skew, recursed, state)
        if not hay:
            return False
        case = settings.case_sensitive if entry.case_sensitive is None else entry.case_sensitive
        whole = settings.whole_words if entry.whole_words is None else entry.whole_words
        return tests_true(settings.expand(key.text), key.flags == "?", hay, case=case, whole=whole)

    def verdict(e: LoreEntry):
        """Step 3 for one entry."""
        if not e.enabled:
            return "disabled"
        if e.triggers and settings.generation not in e.triggers:
            return "trigger"
        if e.only_for:
            named = settings.character in e.only_for
            if named if e.filter_excludes else not named:
                return "filter"
        if e.only_tags:
            tagged = bool(set(settings.tags) & set(e.only_tags))
            if tagged if e.filter_excludes else not tagged:
                return "filter"
        if now < e.delay:
            return "delay"
        if e.id in resting and e.id not in sticky:
            return "cooldown"
        if e.delay_until_recursion > 0 and e.id not in sticky:
            if state != "recursion":
                return "before_recursion"
            if e.delay_until_recursion > level:
                return "level"
        own = settings.recursive if e.book.recursive is None else e.book.recursive
        if state == "recursion" and recursion_on and (e.exclude_recursion or not own) and e.id not in sticky:
            return "no_recursion"
        w = e.wishes
        if w.activate:
            return ("activate", "")
        if w.dont_activate:
            return "dont_activate"
        if w.not_after_match and e.id in settings.before:
            return "matched_before"
        if w.keep_after_match and e.id in settings.before:
            return ("kept", "")
        held = [replies >= w.only_after, replies % w.only_every == 0]
        held.append(w.greeting is None or settings.greeting is None or w.greeting == settings.greeting)
        held.append(not (w.last_in_budget and settings.context_full))
        held += [any(true(e, key) for key in keys) for keys in w.also]
        held += [not true(e, key) for key in w.never]
        if not all(held):
            return "condition"
        if e.id in settings.forced:
            return ("forced", "")
        if e.id in meant:
            return ("meaning", "")
        if e.constant:
            return ("constant", "")
        if e.id in sticky:
            return ("sticky", "")
        if not e.keys:
            return "no_keys"
        found = [key.text for key in e.keys if true(e, key)]
        if not found:
            return "no_match"
        if not e.secondary:
            return ("key", found[0])
        second = [true(e, key) for key in e.secondary]
        fits = {
            "and_any": any(second),
            "not_all": not all(second),
            "not_any": not any(second),
            "and_all": all(second),
        }[e.logic]
        return ("key", found[0]) if fits else "secondary"

    def score(e: LoreEntry) -> int:
        if not e.keys:
            return 0
        first = len([key for key in e.keys if true(e, key)])
        second = len([key for key in e.secondary if true(e, key)])
        if e.logic == "and_any":
            return first + second
        if e.logic == "and_all" and second == len(e.secondary):
            return first + second
        return first

    passes = 0
    while state != "none":
        if settings.max_steps and passes >= settings.max_steps:
            break
        passes += 1
        woken = []
        for e in entries:
            if e.id in active or e.id in failed:
                continue
            told = verdict(e)
            if isinstance(told, tuple):
                woken.append((e, told))
            else:
                note(e, told)

        # Step 4
        place = {e.id: n for n, e in enumerate(entries)}
        woken.sort(
            key=lambda one: (
                one[0].id not in sticky,
                one[0].wishes.last_in_budget,
                -(one[0].order if one[0].priority is None else one[0].priority),
                place[one[0].id],
            )
        )
        names = []
        for e, _told in woken:
            names += [g for g in e.groups if g not in names]
        lost: set[str] = set()
        for group in names:
            members = [e for e, _told in woken if group in e.groups and e.id not in lost]
            staying = [e for e in members if e.id in sticky]
            if staying:
                keep = staying
            else:
                scored = {
                    e.id: settings.group_scoring if e.group_scoring is None else e.group_scoring
                    for e in members
                }
                keep = list(members)
                if any(scored.values()):
                    best = max(score(e) for e in members)
                    keep = [e for e in keep if not scored[e.id] or score(e) == best]
                if any(group in one.entry.groups for one in active.values()):
                    keep = []
                elif len(keep) > 1:
                    urgent = [e for e in keep if e.group_override]
                    if urgent:
                        top = max(e.order for e in urgent)
                        keep = [next(e for e in urgent_in_place(urgent, place) if e.order == top)]
                    else:
                        weights = [max(0.0, e.group_weight) for e in keep]
                        mark, at = rng.random() * sum(weights), 0
                        while at < len(keep) - 1 and mark >= weights[at]:
                            mark -= weights[at]
                            at += 1
                        keep = [keep[at]]
            lost |= {e.id for e in members if e not in keep}
        accepted = []
        for e, told in woken:
            if e.id in lost:
                note(e, "group")
                continue
            if overflow and not e.ignore_budget:
                note(e, "budget")
                continue
            if e.probability < 100 and e.id not in sticky and not rng.random() * 100 < e.probability:
                failed.add(e.id)
                note(e, "probability")
                continue
            text = settings.expand(e.content)
            tokens = count(text + "\n") if text else 0
            spent = book_used.get(e.book.id, 0)
            if not e.ignore_budget:
                limit = e.book.token_budget
                if limit is not None and (e.book.id in full or spent + tokens > limit):
                    full.add(e.book.id)
                    note(e, "budget")
                    continue
                if used + tokens >= budget:
                    overflow = True
                    note(e, "budget")
                    continue
            used += tokens
            book_used[e.book.id] = spent + tokens
            active[e.id] = Active(e, told[0], e.place, text, tokens, told[1])
            accepted.append(active[e.id])

        # Step 5
        feeding = [one.text for one in accepted if not one.entry.prevent_recursion]
        depth = settings.scan_depth + skew
        if recursion_on and not overflow and (feeding or (state == "min" and recursed)):
            following = "recursion"
        elif (
            len(active) < settings.min_activations
            and not overflow
            and depth <= now
            and not (settings.max_depth > 0 and depth > settings.max_depth)
        ):
            following, skew = "min", skew + 1
        elif levels:
            level, following = levels.pop(0), "recursion"
        else:
            following = "none"
        if recursion_on and following != "none" and "\n".join(feeding):
            recursed = [*recursed, "\n".join(feeding)]
        state = following

    # Step 7, at the end
    before = settings.before
    if not settings.dry:
        before |= set(active)
        for e_id, one in active.items():
            for kind, turns in (("sticky", one.entry.sticky), ("cooldown", one.entry.cooldown)):
                if turns > 0 and not any((x.kind, x.entry) == (kind, e_id) for x in effects):
                    effects.append(Effect(kind, e_id, one.entry.mark, now, now + turns))
    skipped = tuple(Skipped(e, why.get(e.id, "no_match")) for e in entries if e.id not in active)
    return Outcome(tuple(active.values()), skipped, tuple(effects), frozenset(before), used, budget)


def urgent_in_place(urgent, place):
    return sorted(urgent, key=lambda e: place[e.id])


def said(*texts: str) -> list[Said]:
    """Messages that come in turn from the writer and from the character."""
    roles = ("user", "assistant")
    return [Said(text, ("Ada", "Ilse")[n % 2], roles[n % 2]) for n, text in enumerate(texts)]


def comparable(outcome: Outcome) -> Outcome:
    """An outcome without what may differ in order alone."""
    effects = tuple(sorted(outcome.effects, key=lambda e: (e.kind, e.entry)))
    return replace(outcome, effects=effects, slow=())

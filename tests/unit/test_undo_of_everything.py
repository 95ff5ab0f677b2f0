"""Whatever is done to a sheet and around it, undo comes back to the exact earlier state, also after a restart."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio import paths
from charstudio.cards import card_of
from charstudio.errors import SheetError, StoreError
from charstudio.exports import GOES_OUT, as_markdown, card_for, page_of
from charstudio.model import ALWAYS, KNOW_LEVELS, Change, Value
from charstudio.renaming import mentions, rename
from charstudio.sheet import Sheet
from charstudio.store import open_library
from charstudio.talk import Persona

ATTRIBUTES = ("full_name", "home", "fear", "siblings", "secret")
WORDS = st.sampled_from(["Jane Marlow", "Tom", "Jane’s hat", "a cell", "Leith"])
VALUE = st.integers(0, 6)
STEP = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(ATTRIBUTES), st.sampled_from(["set", "add", "remove", "clear"]), WORDS,
              st.sampled_from([None, ALWAYS, 1]), st.sampled_from([None, *KNOW_LEVELS])),
    st.tuples(st.just("many"), st.sampled_from(ATTRIBUTES), WORDS),
    st.tuples(st.just("reword"), VALUE, WORDS),
    st.tuples(st.just("know"), VALUE, st.sampled_from(KNOW_LEVELS), st.booleans()),
    st.tuples(st.just("feel"), VALUE, WORDS),
    st.tuples(st.just("hold"), VALUE, st.sampled_from([None, 1])),
    st.tuples(st.just("rename"), st.sampled_from(["Joan Reed", "Ann", "Jane Marlow"])),
    st.tuples(st.just("meant"), st.sampled_from(["a", "b"])),
    st.tuples(st.just("year"), st.sampled_from([None, 1925, 2026])),
    st.tuples(st.just("finish"), st.booleans()),
    st.tuples(st.just("stage"),),
    st.tuples(st.just("unstage"),),
    st.tuples(st.just("note"), WORDS),
)  # fmt: skip


def state(library):
    cast = library.cast.all()
    return (
        [(c.name, c.called, c.finished) for c in cast],
        [library.cast.whole_sheet(c.id) for c in cast],
        [library.stages.of(c.id) for c in cast],
        [[m.text for m in library.memories.of(c.id)] for c in cast],
        sorted(library.findings.meant()),
        library.findings.story_year(),
    )


def do(library, schema, step):
    values = library.cast.whole_sheet(1).values
    stages = library.stages.of(1)

    def value(n):
        return values[n % len(values)] if values else None

    def stage(n):
        return stages[0].id if n == 1 and stages else n if n != 1 else None

    match step:
        case ("change", attribute, op, text, at, know):
            change = Change(attribute, text, op, know=know, stage_id=stage(at))
            library.cast.change(1, [change], schema, "guided")
        case ("many", attribute, text):
            both = [(who, Change(attribute, text)) for who in (1, 2)]
            library.cast.change_many(1, both, schema, "suggested", "both")
        case ("reword", n, text) if value(n):
            library.cast.reword(1, replace(value(n), text=text, state="set"), schema)
        case ("know", n, know, locked) if value(n):
            library.cast.adjust(1, replace(value(n), know=know, locked=locked), "know")
        case ("feel", n, text) if value(n):
            library.cast.adjust(1, replace(value(n), feeling=text), "felt")
        case ("hold", n, at) if value(n):
            library.cast.adjust(1, replace(value(n), stage_id=stage(at)), "holds")
        case ("rename", name):
            who = library.cast.get(1)
            rename(library, who, name, mentions(library, schema, who, name, lambda _raw: False))
        case ("meant", mark):
            library.findings.is_meant(1, mark, mark)
        case ("year", year):
            library.findings.set_story_year(year)
        case ("finish", finished):
            library.cast.finish(1, finished=finished)
        case ("stage",):
            library.stages.add(1, f"stage {len(stages)}")
        case ("unstage",) if stages:
            library.stages.delete(stages[0].id)
        case ("note", text):
            library.memories.note(1, text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=14))
def test_undo_comes_back_to_every_earlier_state_and_redo_to_every_later_one(home, schema, steps):
    path = paths.default_library()
    path.unlink(missing_ok=True)
    library = open_library(path)
    library.cast.new(schema, "Jane Marlow")
    library.cast.new(schema, "Tom")
    states = [state(library)]
    done = 0
    for step in steps:
        before = library.next_undo()
        try:
            do(library, schema, step)
        except (SheetError, StoreError):
            assert state(library) == states[-1]
        if state(library) != states[-1]:
            states.append(state(library))
            assert library.next_undo() is not None
            done += 1
        else:
            assert before is not None
    library.close()
    library = open_library(path)
    for earlier in reversed(states[:-1]):
        while state(library) != earlier:
            assert library.undo() is not None
    for later in states[1:]:
        while state(library) != later:
            assert library.redo() is not None
    library.close()


SECRET = "zzz-for-the-author-alone"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 132), st.sampled_from(KNOW_LEVELS), st.sampled_from(["set", "none"]), st.booleans()
        ),
        max_size=12,
    ),
    st.lists(st.sampled_from(KNOW_LEVELS), min_size=1, unique=True),
    st.sampled_from([None, 1, 2]),
)
def test_what_is_for_the_author_alone_reaches_no_card_no_export_and_no_model(
    schema, decided, levels, stage_id
):
    from charstudio.model import Stage

    stages = (Stage(1, 1, "before", 1), Stage(2, 1, "after", 2))
    ids = list(schema.attributes)
    values = tuple(
        Value(
            ids[n],
            (SECRET if know == "author" else "said") if state == "set" else "",
            know=know,
            state=state,
            feeling=SECRET if know == "author" else "",
            stage_id=2 if late else None,
        )
        for n, know, state, late in decided
    )
    sheet = Sheet(values).as_of(stage_id, stages)
    card = card_for(sheet, schema, None, know=levels)
    assert SECRET not in json.dumps(card.as_v3(), ensure_ascii=False)
    again = card_for(sheet, schema, card_of(card.as_v3(), picture=None), know=levels)
    assert SECRET not in json.dumps(again.as_v3(), ensure_ascii=False)
    assert SECRET not in as_markdown(page_of(sheet, schema, GOES_OUT))
    persona = Persona.of(sheet, schema)
    assert SECRET not in repr(persona.sheet) + persona.full_name + persona.called
    assert all(SECRET not in told.ask + told.echo for told in (*persona.told(), *persona.dodged()))
    if "private" not in levels and "blind" not in levels:
        carried = card.extensions["charstudio"]["values"]
        assert all(row["know"] == "open" for row in carried)

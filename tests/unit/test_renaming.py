"""A character is renamed wherever it is named, and nowhere else; one undo takes all of it back."""

from __future__ import annotations

import pytest

from charstudio import paths
from charstudio.errors import SheetError
from charstudio.model import Change
from charstudio.renaming import forms_of, mentions, rename, renamed
from charstudio.store import open_library
from charstudio.store.cast import KeptCard


def of(text, old="Jane Marlow", new="Joan Reed", others=()):
    return renamed(text, forms_of(old, new), others).text


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Jane Marlow came. Jane left.", "Joan Reed came. Joan left."),
        ("Jane's hat, Jane’s coat, Marlow's boat", "Joan's hat, Joan’s coat, Reed's boat"),
        ("Jane’ll come; “Jane!”", "Joan’ll come; “Joan!”"),
        ("JANE! JANE MARLOW!", "JOAN! JOAN REED!"),
        ("Janet and Mary-Jane and jane", "Janet and Mary-Jane and jane"),
        ("the Marlows and Marlowe", "the Marlows and Marlowe"),
        ("(Jane) *Jane* Jane, Jane.", "(Joan) *Joan* Joan, Joan."),
        ("", ""),
    ],
)
def test_whole_words_are_renamed_and_possessives_stay_ones(text, becomes):
    assert of(text) == becomes


def test_a_mere_apostrophe_after_s_becomes_what_the_new_name_needs():
    assert (
        of("James’ hat. James’s hat. That was James’", "James", "Jane")
        == "Jane’s hat. Jane’s hat. That was Jane’"
    )
    assert of("Jane’s hat", "Jane", "James") == "James’s hat"
    assert of("‘call me James’ said he", "James", "Jane") == "‘call me Jane’ said he"
    assert of("Chris' hat", "Chris", "Max") == "Max' hat"


def test_names_of_others_stay_what_they_are():
    assert of("Jane Grey met Jane.", others=["Jane Grey"]) == "Jane Grey met Joan."
    assert of("Jane Marlow Smith", others=["Jane Marlow Smith"]) == "Jane Marlow Smith"


def test_names_of_other_lengths_and_scripts():
    assert of("Marta of the Low Ferry; Marta", "Marta of the Low Ferry", "Ada") == "Ada; Ada"
    assert of("the of Low", "Marta of the Low Ferry", "Ada of an Old Ferry") == "the of Old"
    assert of("昨日、美月は海へ", "美月", "春香") == "昨日、春香は海へ"
    assert of("Миры нет, Мира есть", "Мира", "Вера") == "Миры нет, Вера есть"
    assert of("a.b (x) a+b", "a+b (x)", "c\\1") == "a.b (x) a+b"


def test_a_name_that_is_a_word_is_doubted_only_where_a_sentence_begins():
    forms = forms_of("Will Stone", "Bob Stone")
    assert renamed("Will you come?", forms).word
    assert not renamed("I asked Will.", forms).word


# In a library


@pytest.fixture
def cast(library, schema):
    jane = library.cast.new(schema, "Jane Marlow")
    tom = library.cast.new(schema, "Tom Marlow")
    library.cast.change(
        jane.id,
        [
            Change("home", "Marlow’s Yard, where every Jane Marlow was born"),
            Change("siblings", "Tom", "add", feeling="Tom owes Jane a life"),
            Change("secret", "They call me Jane in the log", "add", locked=True),
        ],
        schema,
        "form",
    )
    library.cast.change(
        tom.id, [Change("siblings", "Jane Marlow"), Change("fear", "Jane’s silence")], schema, "form"
    )
    library.memories.note(tom.id, "Jane laughed at the wake.")
    talk = library.talks.new(tom.id)
    library.talks.set_note(talk.id, "Keep Jane offstage.")
    said = library.talks.add(talk.id, "writer", "Where is Jane?")
    library.memories.said(tom.id, talk.id, said.id, said.body)
    raw = {
        "spec": "chara_card_v2",
        "data": {
            "name": "Tom Marlow",
            "description": "Jane’s brother. {{char}} misses Jane.",
            "extensions": {"other": "Jane"},
            "character_book": {"entries": [{"keys": ["Jane"], "content": "Jane keeps the light."}]},
        },
    }
    library.cast.keep_card(tom.id, KeptCard(raw, b"{}", "tom.json", "v2"))
    return jane, tom


def found(library, schema, jane, new="Joan Reed"):
    return mentions(library, schema, library.cast.get(jane.id), new, lambda _raw: False)


def everything(library):
    return (
        [library.cast.whole_sheet(c.id) for c in library.cast.all()],
        [(c.name, c.called, c.line) for c in library.cast.all()],
        [m.text for c in library.cast.all() for m in library.memories.of(c.id)],
        [t.note for c in library.cast.all() for t in library.talks.of(c.id)],
        [card.raw if (card := library.cast.card(c.id)) else None for c in library.cast.all()],
        [m.text for m, _score in library.memories.by_words(2, "laughed Jane Joan")],
    )


def test_every_place_is_shown_before_anything_is_written(library, schema, cast):
    before = everything(library)
    places = [(m.whose, m.label, bool(m.doubt)) for m in found(library, schema, cast[0])]
    assert places == [
        ("Jane Marlow", "Full name", False),
        ("Jane Marlow", "Where I live", False),
        ("Jane Marlow", "Secret", True),
        ("Jane Marlow", "What is felt: Brothers and sisters", False),
        ("Tom Marlow", "Brothers and sisters", False),
        ("Tom Marlow", "Fear", False),
        ("Tom Marlow", "A note in memory", False),
        ("Tom Marlow", "The author’s note of a talk", False),
        ("Tom Marlow", "The card’s prose", False),
    ]
    assert everything(library) == before


def test_renaming_reaches_all_that_was_chosen_and_one_undo_takes_it_back(library, schema, cast):
    jane, tom = cast
    before = everything(library)
    rename(library, jane, "Joan Reed", [m for m in found(library, schema, jane) if m.taken])
    assert library.cast.get(jane.id).name == "Joan Reed"
    tom_sheet = library.cast.sheet(tom.id)
    assert tom_sheet.text("full_name") == "Tom Marlow"
    assert (tom_sheet.text("siblings"), tom_sheet.text("fear")) == ("Joan Reed", "Joan’s silence")
    assert tom_sheet.of("siblings")[0].other_id == jane.id
    assert library.cast.sheet(jane.id).of("siblings")[0].feeling == "Tom owes Joan a life"
    assert "Jane" in library.cast.sheet(jane.id).text("secret")
    assert library.memories.of(tom.id)[0].text == "Joan laughed at the wake."
    assert library.memories.of(tom.id)[1].text == "Where is Jane?"
    data = library.cast.card(tom.id).raw["data"]
    assert data["description"] == "Joan’s brother. {{char}} misses Joan."
    assert data["character_book"]["entries"] == [{"keys": ["Joan"], "content": "Joan keeps the light."}]
    assert (data["extensions"], data["name"]) == ({"other": "Jane"}, "Tom Marlow")
    assert [m.text for m, _score in library.memories.by_words(tom.id, "Joan")] == [
        "Joan laughed at the wake."
    ]
    after = everything(library)
    library.close()
    library = open_library(paths.default_library())
    assert library.undo(jane.id).label == "Renamed to Joan Reed"
    assert everything(library) == before
    library.redo(jane.id)
    assert everything(library) == after
    library.close()


def test_only_what_was_chosen_is_renamed(library, schema, cast):
    jane, tom = cast
    rename(library, jane, "Joan Reed", found(library, schema, jane)[:1])
    assert library.cast.get(jane.id).name == "Joan Reed"
    assert library.cast.sheet(tom.id).text("fear") == "Jane’s silence"


def test_a_shared_first_name_is_doubted_in_the_texts_of_others(library, schema, cast):
    library.cast.new(schema, "Jane Grey")
    doubted = {m.label: m.doubt for m in found(library, schema, cast[0]) if m.whose == "Tom Marlow"}
    assert "Somebody else" in doubted["Fear"]
    assert doubted["Brothers and sisters"] == ""


def test_a_card_made_from_the_sheet_needs_no_renaming(library, schema, cast):
    shown = mentions(library, schema, library.cast.get(cast[0].id), "Joan", lambda _raw: True)
    assert "The card’s prose" not in [m.label for m in shown]


@pytest.mark.parametrize("new", ["", "  "])
def test_a_new_name_is_needed(library, schema, cast, new):
    with pytest.raises(SheetError, match="needs a name"):
        found(library, schema, cast[0], new)


@pytest.mark.parametrize("old", ["a.b*", "(((", "\\", "🧜‍♀️", "x" * 5000, "O'Neil", "a\nb"])
def test_any_name_can_be_renamed(library, schema, old):
    who = library.cast.new(schema, old)
    shown = found(library, schema, who, "New\\1 Name")
    rename(library, who, "New\\1 Name", shown)
    assert library.cast.get(who.id).name == "New\\1 Name"

"""The lorebook of an imported card is heard in the talk: what a message wakes stands in the prompt, once."""

import json

import pytest

from charstudio import paths, settings
from charstudio.errors import Cancel
from charstudio.studio import Studio
from charstudio.talk.lore_telling import told_by_lore
from charstudio.talk.macros import Names
from tests.unit.cards_corpus import book, dump, entry, v3

BOOK = book(
    entry(use_regex=False, content="The lamp burns {{random:whale}} oil. {{char}} fills it."),
    entry(use_regex=False, keys=["harbour"], content="The harbour is full of ice.", insertion_order=5),
    entry(use_regex=False, keys=["door"], content="Never.", enabled=False),
)


@pytest.fixture
def studio(home):
    settings.save(settings.Settings(engine="echo"))
    opened = Studio(paths.default_library(), settings.load())
    yield opened
    opened.close()


def test_only_what_is_said_wakes_lore_and_the_lowest_order_comes_first():
    names = Names("Ilse", "Ada")
    assert told_by_lore(BOOK, names, (), "Hello") == ()
    assert told_by_lore(BOOK, names, (), "The lamp, the harbour, the door?") == (
        "The harbour is full of ice.",
        "The lamp burns whale oil. Ilse fills it.",
    )


def test_lore_stands_in_the_prompt_of_the_message_that_woke_it(studio, tmp_path):
    file = tmp_path / "ilse.json"
    file.write_bytes(dump(v3(character_book=BOOK)))
    (_progress, imported) = studio.import_files([file], Cancel())
    who = imported.character.id
    woken = json.dumps(studio.conversation.prompt(who, "Light the lamp!").flat)
    assert "The lamp burns whale oil. Ilse fills it." in woken
    assert "harbour" not in woken
    assert "whale" not in studio.conversation.prompt(who, "Good evening.").flat


def test_lore_that_the_model_still_reads_is_not_told_again(studio, tmp_path):
    file = tmp_path / "ilse.json"
    file.write_bytes(dump(v3(character_book=BOOK)))
    (_progress, imported) = studio.import_files([file], Cancel())
    talk = studio.conversation.open(imported.character.id)
    for text in ("Light the lamp!", "Is the lamp lit?"):
        list(studio.conversation.reply(talk.id, text, Cancel()))
    asked = [m for m in studio.library.talks.messages(talk.id) if m.role == "writer"]
    assert ["whale oil" in message.moment for message in asked] == [True, False]

"""The library keeps what was decided and said, takes back any of it, and is never lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charstudio import paths
from charstudio.errors import SheetError, StoreError
from charstudio.model import Change
from charstudio.store import open_library, safety_copy
from charstudio.store.cast import KeptCard


def texts(library, character):
    return [(v.attribute, v.text) for v in library.cast.sheet(character.id).values]


def test_what_was_decided_is_there_after_opening_again(library, schema):
    jane = library.cast.new(schema, "Jane Marlow")
    library.cast.change(jane.id, [Change("age", "34")], schema, "guided")
    library.close()
    again = open_library(paths.default_library())
    assert again.cast.get(jane.id).name == "Jane Marlow"
    assert texts(again, jane) == [("full_name", "Jane Marlow"), ("age", "34")]
    again.close()


def test_undo_and_redo_go_on_after_a_restart(library, schema):
    jane = library.cast.new(schema, "Jane")
    for age in ("30", "31", "32"):
        library.cast.change(jane.id, [Change("age", age)], schema, "form")
    library.undo(jane.id)
    library.close()
    again = open_library(paths.default_library())
    again.undo(jane.id)
    assert again.cast.sheet(jane.id).text("age") == "30"
    again.redo(jane.id)
    again.redo(jane.id)
    assert again.cast.sheet(jane.id).text("age") == "32"
    assert again.redo(jane.id) is None
    again.close()


def test_undo_inside_a_character_never_makes_the_character_vanish(library, schema):
    jane = library.cast.new(schema, "Jane")
    assert library.undo(jane.id) is None
    assert library.undo() is not None
    assert library.cast.all() == []
    library.redo()
    assert [c.name for c in library.cast.all()] == ["Jane"]


def test_a_new_change_ends_what_could_be_redone(library, schema):
    jane = library.cast.new(schema, "Jane")
    library.cast.change(jane.id, [Change("age", "30")], schema, "form")
    library.undo(jane.id)
    library.cast.change(jane.id, [Change("age", "40")], schema, "form")
    assert library.redo(jane.id) is None
    assert library.cast.sheet(jane.id).text("age") == "40"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["age", "fear", "traits", "home"]), st.text("abc", min_size=1)), max_size=12
    )
)
def test_undoing_everything_and_redoing_it_comes_back_to_the_same_sheets(library, schema, steps):
    jane = library.cast.new(schema, "Jane")
    sheets = [library.cast.sheet(jane.id)]
    for attribute, text in steps:
        op = "add" if schema.attributes[attribute].many else "set"
        before = sheets[-1]
        after = library.cast.change(jane.id, [Change(attribute, text, op)], schema, "form")
        if after != before:
            sheets.append(after)
    for sheet in reversed(sheets[:-1]):
        library.undo(jane.id)
        assert library.cast.sheet(jane.id) == sheet
    for sheet in sheets[1:]:
        library.redo(jane.id)
        assert library.cast.sheet(jane.id) == sheet


def test_a_change_that_fails_half_way_changes_nothing(library, schema):
    jane = library.cast.new(schema, "Jane")
    library.cast.change(jane.id, [Change("full_name", "Jane", locked=True)], schema, "form")
    with pytest.raises(SheetError, match="locked"):
        library.cast.change(jane.id, [Change("age", "3"), Change("full_name", "Joan")], schema, "form")
    assert library.cast.sheet(jane.id).text("age") == ""


def test_the_history_of_a_value_tells_where_each_state_came_from(library, schema):
    jane = library.cast.new(schema, "Jane")
    library.cast.change(jane.id, [Change("full_name", "Joan")], schema, "guided")
    assert [(p.text, p.source) for p in library.cast.past(jane.id, "full_name")] == [
        ("Joan", "guided"),
        ("Jane", "form"),
    ]


@pytest.mark.parametrize(
    "name",
    ["a/b\\c", "🧜‍♀️", "مريم", "x" * 10_000, "<b>", "  two  spaces ", "a\nb", "'; drop table characters"],
)
def test_any_name_is_kept_as_it_is(library, schema, name):
    made = library.cast.new(schema, name)
    assert library.cast.get(made.id).name == name
    assert library.cast.find(str(made.id)).name == name


def test_an_id_wins_over_a_name_and_a_doubtful_name_lists_the_ids(library, schema):
    library.cast.new(schema, "2")
    second = library.cast.new(schema, "Jane Marlow")
    library.cast.new(schema, "Jane Grey")
    assert library.cast.find("2") == second
    assert library.cast.find("jane marlow") == second
    with pytest.raises(StoreError, match=r"2 \(Jane Marlow\), 3 \(Jane Grey\)"):
        library.cast.find("Jane")
    with pytest.raises(StoreError, match="no character"):
        library.cast.find("Tom")


def test_a_deleted_character_comes_back_with_everything(library, schema):
    jane = library.cast.new(schema, "Jane")
    talk = library.talks.new(jane.id)
    library.talks.add(talk.id, "writer", "Hello there")
    library.cast.delete(jane.id)
    assert library.cast.all() == []
    library.undo(jane.id)
    assert [c.name for c in library.cast.all()] == ["Jane"]
    assert [m.body for m in library.talks.messages(talk.id)] == ["Hello there"]


def test_a_copy_has_the_sheet_the_voice_and_the_card_but_no_talks(library, schema):
    jane = library.cast.new(schema, "Jane")
    library.cast.keep_card(jane.id, KeptCard({"name": "Jane"}, b"{}", "jane.json", "v1"))
    library.cast.dress(jane.id, "Voice", voice={"rate": 120})
    library.talks.new(jane.id)
    copy = library.cast.duplicate(jane.id, schema)
    assert copy.id != jane.id
    assert texts(library, copy) == texts(library, jane)
    assert copy.voice == {"rate": 120}
    assert library.cast.card(copy.id).raw == {"name": "Jane"}
    assert library.talks.of(copy.id) == []


def test_a_value_that_names_another_character_is_a_relation_to_it(library, schema):
    jane, tom = library.cast.new(schema, "Jane Marlow"), library.cast.new(schema, "Tom Marlow")
    library.cast.change(jane.id, [Change("siblings", "Tom"), Change("rival", "a stranger")], schema, "form")
    assert [(v.text, v.other_id) for v in library.cast.sheet(jane.id).values[1:]] == [
        ("Tom", tom.id),
        ("a stranger", None),
    ]
    assert [(who, v.attribute) for who, v in library.cast.relations_to(tom.id)] == [(jane.id, "siblings")]
    library.undo(jane.id)
    assert library.cast.relations_to(tom.id) == []


class TestTalks:
    @pytest.fixture
    def talk(self, library, schema):
        return library.talks.new(library.cast.new(schema, "Jane").id)

    def bodies(self, library, talk):
        return [m.body for m in library.talks.messages(talk.id)]

    def test_swipes_are_siblings_and_the_branch_follows_the_one_in_view(self, library, talk):
        library.talks.add(talk.id, "writer", "Hello")
        first = library.talks.add(talk.id, "character", "One")
        second = library.talks.add(talk.id, "character", "Two", beside=first.id)
        assert (second.swipe, second.swipes) == (2, 2)
        library.talks.add(talk.id, "writer", "After two")
        library.talks.swipe(second.id, -1)
        assert self.bodies(library, talk) == ["Hello", "One"]
        library.talks.swipe(first.id, 1)
        assert self.bodies(library, talk) == ["Hello", "Two", "After two"]
        assert library.talks.swipe(second.id, 1) is None

    def test_a_deleted_message_leaves_the_later_ones_and_comes_back(self, library, talk):
        for n in range(4):
            last = library.talks.add(talk.id, "writer" if n % 2 == 0 else "character", str(n))
        middle = library.talks.messages(talk.id)[1]
        library.talks.delete_message(middle.id)
        assert self.bodies(library, talk) == ["0", "2", "3"]
        library.talks.delete_message(last.id)
        assert self.bodies(library, talk) == ["0", "2"]
        library.undo(talk.character_id)
        library.undo(talk.character_id)
        assert self.bodies(library, talk) == ["0", "1", "2", "3"]

    def test_deleting_one_swipe_shows_its_neighbour(self, library, talk):
        library.talks.add(talk.id, "writer", "Hello")
        first = library.talks.add(talk.id, "character", "One")
        second = library.talks.add(talk.id, "character", "Two", beside=first.id)
        library.talks.delete_message(second.id)
        assert self.bodies(library, talk) == ["Hello", "One"]
        assert library.talks.message(first.id).swipes == 1

    def test_an_edit_is_undone_to_the_letter(self, library, talk):
        message = library.talks.add(talk.id, "writer", "Helo")
        library.talks.edit(message.id, "Hello")
        assert self.bodies(library, talk) == ["Hello"]
        library.undo(talk.character_id)
        assert self.bodies(library, talk) == ["Helo"]

    def test_pages_go_back_to_the_beginning_without_a_gap(self, library, talk):
        for n in range(150):
            library.talks.add(talk.id, "writer", str(n))
        seen = library.talks.messages(talk.id, limit=60)
        while page := library.talks.messages(talk.id, before=seen[0].id, limit=60):
            seen = page + seen
        assert [m.body for m in seen] == [str(n) for n in range(150)]

    def test_a_reply_cut_off_by_a_crash_is_shown_as_stopped(self, library, talk):
        library.talks.add(talk.id, "character", "Half a sen", state="writing")
        library.close()
        again = open_library(paths.default_library())
        (message,) = again.talks.messages(talk.id)
        assert (message.body, message.state) == ("Half a sen", "stopped")
        again.close()

    def test_a_memory_of_a_deleted_message_is_out_of_sight(self, library, talk):
        message = library.talks.add(talk.id, "writer", "The lamp broke on the ninth")
        library.memories.said(talk.character_id, talk.id, message.id, message.body)
        assert library.memories.by_words(talk.character_id, "lamp")
        library.talks.delete_message(message.id)
        assert library.memories.by_words(talk.character_id, "lamp") == []


class TestOpening:
    def test_a_file_that_is_no_library_is_refused_and_left_alone(self, tmp_path):
        file = tmp_path / "notes.txt"
        file.write_text("Chapter one")
        with pytest.raises(StoreError, match="no charstudio library"):
            open_library(file)
        assert file.read_text() == "Chapter one"

    def test_somebody_elses_database_is_refused_and_left_alone(self, tmp_path):
        file = tmp_path / "other.db"
        connection = sqlite3.connect(file)
        connection.execute("create table songs (name text)")
        connection.commit()
        connection.close()
        before = file.read_bytes()
        with pytest.raises(StoreError, match="no charstudio library"):
            open_library(file)
        tables = sqlite3.connect(file).execute("select name from sqlite_master").fetchall()
        assert tables == [("songs",)]
        assert len(file.read_bytes()) == len(before)

    def test_a_library_from_a_newer_version_is_refused_politely(self, library, schema):
        library.cast.new(schema, "Jane")
        library.close()
        connection = sqlite3.connect(paths.default_library())
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('charstudio', 'm999_x', '')"
        )
        connection.commit()
        connection.close()
        with pytest.raises(StoreError, match="newer charstudio"):
            open_library(paths.default_library())

    def test_a_damaged_library_names_the_safety_copies(self, library, schema):
        for n in range(50):
            library.cast.new(schema, f"Jane {n}")
        library.close()
        path = paths.default_library()
        body = bytearray(path.read_bytes())
        body[4096:] = b"\xff" * (len(body) - 4096)
        path.write_bytes(bytes(body))
        with pytest.raises(StoreError, match="damaged"):
            opened = open_library(path)
            try:
                opened.cast.all()
            finally:
                opened.close()

    def test_a_read_only_library_is_refused_even_for_root(self, library):
        library.close()
        paths.default_library().chmod(0o444)
        with pytest.raises(StoreError, match="read-only"):
            open_library(paths.default_library())

    def test_a_locked_library_says_so(self, library, schema, monkeypatch):
        monkeypatch.setattr("charstudio.store.connections.BUSY_SECONDS", 0.2)
        library.close()
        path = paths.default_library()
        holder = sqlite3.connect(path)
        holder.execute("pragma locking_mode = exclusive")
        holder.execute("begin exclusive")
        try:
            with pytest.raises(StoreError, match="in use by another program"):
                open_library(path)
        finally:
            holder.close()

    def test_a_folder_or_a_missing_folder_is_told(self, tmp_path):
        with pytest.raises(StoreError, match="folder"):
            open_library(tmp_path)
        with pytest.raises(StoreError, match="does not exist"):
            open_library(tmp_path / "nowhere" / "a.charstudio")

    def test_a_safety_copy_is_made_once_a_day_and_opens(self, library, schema):
        library.cast.new(schema, "Jane")
        copy = safety_copy(library.path)
        assert copy is not None
        assert safety_copy(library.path) is None
        opened = open_library(copy)
        assert [c.name for c in opened.cast.all()] == ["Jane"]
        opened.close()

    def test_a_library_is_copied_before_it_is_changed_by_an_update(self, library, schema, monkeypatch):
        library.cast.new(schema, "Jane")
        library.close()
        from charstudio.store import migrations as grown

        step = type(grown.migrations._migrations[0])
        late = [
            *grown.migrations._migrations,
            step("m999_test", lambda db: db.conn.execute("create table x (y)")),
        ]
        monkeypatch.setattr(grown.migrations, "_migrations", late)
        again = open_library(paths.default_library())
        again.close()
        (copy,) = (paths.data() / "safety copies").rglob("*before*")
        assert sqlite3.connect(copy).execute("select name from characters").fetchall() == [("Jane",)]


def test_a_full_disk_is_told_and_nothing_is_lost(library, schema):
    jane = library.cast.new(schema, "Jane")
    connection = library._connections.here().conn
    pages = connection.execute("pragma page_count").fetchone()[0]
    connection.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        library.cast.change(jane.id, [Change("upbringing", "x" * 900_000)], schema, "form")
    connection.execute("pragma max_page_count = 1000000")
    assert texts(library, jane) == [("full_name", "Jane")]
    library.cast.change(jane.id, [Change("age", "34")], schema, "form")
    assert library.cast.sheet(jane.id).text("age") == "34"


def test_two_threads_write_without_losing_anything(library, schema):
    jane = library.cast.new(schema, "Jane")
    talk = library.talks.new(jane.id)

    def say(who: str) -> None:
        for n in range(30):
            library.talks.add(talk.id, "writer", f"{who}{n}")

    threads = [threading.Thread(target=say, args=(who,)) for who in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.talks.messages(talk.id, limit=100)) == 60


def test_a_killed_process_leaves_what_it_had_acknowledged(tmp_path: Path):
    path = tmp_path / "killed.charstudio"
    code = (
        "import sys; from charstudio.store import open_library; from charstudio.sheet import load_schema;"
        "from charstudio import paths; from pathlib import Path; s = load_schema(paths.resource('attributes.yaml'));"
        "library = open_library(Path(sys.argv[1]))\n"
        "for n in range(10000): library.cast.new(s, f'C{n}'); print(n, flush=True)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, env={**os.environ}
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _n in range(25)][-1]
    child.kill()
    acknowledged = max([acknowledged, *(int(line) for line in child.stdout.read().split())])
    child.stdout.close()
    child.wait()
    opened = open_library(path)
    assert len(opened.cast.all()) in (acknowledged + 1, acknowledged + 2)
    opened.close()

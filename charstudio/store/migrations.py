"""How a library grew: one small step after another, each applied together with its record."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("charstudio")

APPLICATION_ID = 0x43485354  # "CHST": says that this SQLite file is a library of ours


@migrations()
def m001_characters_and_sheets(db: Database) -> None:
    """Characters, what is decided about them, their pictures and cards, and the journal of changes."""
    db.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    for statement in (
        """create table pictures (
            id integer primary key, sha256 text not null unique, media_type text not null, body blob not null
        )""",
        """create table characters (
            id integer primary key, name text not null default '', called text not null default '',
            line text not null default '', colour text not null, picture_id integer references pictures(id),
            voice text not null default '{}', finished integer not null default 0,
            created text not null, updated text not null, deleted integer not null default 0
        )""",
        """create table sheet_values (
            id integer primary key, character_id integer not null references characters(id),
            attribute text not null, position integer not null, text text not null,
            state text not null default 'set' check (state in ('set', 'none', 'na')),
            know text not null check (know in ('open', 'private', 'blind', 'author')),
            locked integer not null default 0, source text not null, source_ref text not null default '',
            other_id integer references characters(id), feeling text not null default '',
            created text not null
        )""",
        "create index sheet_values_of on sheet_values (character_id, position)",
        "create index relations_to on sheet_values (other_id) where other_id is not null",
        """create table cards (
            id integer primary key, character_id integer not null references characters(id),
            raw text not null, original blob not null, file_name text not null, spec text not null,
            warnings text not null default '[]', created text not null
        )""",
        "create index cards_of on cards (character_id)",
        """create table journal (
            id integer primary key, at text not null, character_id integer references characters(id),
            label text not null, source text not null, rows text not null,
            state text not null default 'done' check (state in ('done', 'undone', 'dropped'))
        )""",
        "create index journal_of on journal (character_id, state)",
    ):
        db.conn.execute(statement)


@migrations()
def m002_talks_and_messages(db: Database) -> None:
    """Conversations as trees of messages: swipes are siblings."""
    for statement in (
        """create table talks (
            id integer primary key, character_id integer not null references characters(id),
            title text not null default '', head_id integer, from_id integer, note text not null default '',
            draft text not null default '', created text not null, updated text not null,
            deleted integer not null default 0
        )""",
        "create index talks_of on talks (character_id, updated)",
        """create table messages (
            id integer primary key, talk_id integer not null references talks(id),
            parent_id integer references messages(id),
            role text not null check (role in ('writer', 'character', 'narrator')),
            name text not null default '', body text not null,
            state text not null default 'done' check (state in ('writing', 'done', 'stopped', 'failed')),
            moment text not null default '', figures text not null default '{}',
            created text not null, deleted integer not null default 0
        )""",
        "create index messages_under on messages (parent_id)",
        "create index messages_in on messages (talk_id)",
        "create index messages_unfinished on messages (state) where state = 'writing'",
    ):
        db.conn.execute(statement)


@migrations()
def m003_memories(db: Database) -> None:
    """What was experienced, with words and meaning to find it by; the store writes the word index itself."""
    for statement in (
        """create table memories (
            id integer primary key, character_id integer not null references characters(id),
            talk_id integer references talks(id), message_id integer references messages(id),
            kind text not null check (kind in ('said', 'note')), text text not null,
            created text not null, deleted integer not null default 0
        )""",
        "create index memories_of on memories (character_id)",
        "create index memories_from on memories (message_id) where message_id is not null",
        """create table vectors (
            memory_id integer not null references memories(id), embedder text not null,
            dimension integer not null, body blob not null, text_sha256 text not null,
            primary key (memory_id, embedder)
        ) without rowid""",
        "create virtual table memory_words using fts5 (text, tokenize = 'porter unicode61')",
    ):
        db.conn.execute(statement)


@migrations()
def m004_token_ids_and_adapters(db: Database) -> None:
    """The tokens replies were written with, so that nothing is read twice; a character's adapters."""
    for statement in (
        "alter table messages add column ids text not null default ''",
        "alter table messages add column ids_of text not null default ''",
        "alter table characters add column adapters text not null default '[]'",
    ):
        db.conn.execute(statement)


@migrations()
def m005_stages(db: Database) -> None:
    """Points in a character's arc; values, talks and memories can belong to one."""
    for statement in (
        """create table stages (
            id integer primary key, character_id integer not null references characters(id),
            name text not null, position integer not null, created text not null
        )""",
        "create index stages_of on stages (character_id, position)",
        "alter table sheet_values add column stage_id integer references stages(id)",
        # The next three may outlive their stage (its making can be undone) and then count for none.
        "alter table characters add column current_stage integer",
        "alter table talks add column stage_id integer",
        "alter table memories add column stage_id integer",
    ):
        db.conn.execute(statement)


@migrations()
def m006_proposals(db: Database) -> None:
    """What may be true of a character and waits for a click; how far replies were looked through; the
    strict talks.
    """
    for statement in (
        """create table proposals (
            id integer primary key, character_id integer not null references characters(id),
            talk_id integer references talks(id), message_id integer references messages(id),
            origin text not null check (origin in ('kept', 'noticed', 'card')),
            attributes text not null, text text not null, key text not null, evidence text not null,
            state text not null default 'set' check (state in ('set', 'none', 'na')),
            decision text not null default 'waiting'
                check (decision in ('waiting', 'later', 'kept', 'refused')),
            created text not null
        )""",
        "create index proposals_of on proposals (character_id, decision)",
        "alter table messages add column looked text not null default ''",
        "alter table talks add column strict integer not null default 0",
    ):
        db.conn.execute(statement)


@migrations()
def m007_own_questions_and_refusals(db: Database) -> None:
    """What the writer adds to the schema and hides of it; the suggestions that were refused."""
    for statement in (
        """create table own_schema (
            id integer primary key,
            kind text not null check (
                kind in ('group', 'attribute', 'question', 'pack', 'hidden', 'edge', 'value_link')
            ),
            key text not null, body text not null default '{}', created text not null,
            deleted integer not null default 0
        )""",
        "create unique index own_schema_once on own_schema (kind, key) where deleted = 0",
        """create table refusals (
            character_id integer not null references characters(id),
            attribute text not null, value text not null,
            primary key (character_id, attribute, value)
        ) without rowid""",
        "create index sheet_values_about on sheet_values (attribute, character_id)",
    ):
        db.conn.execute(statement)


@migrations()
def m008_memories_with_speaker_time_and_mood(db: Database) -> None:
    """Memories of every kind, each with who said it, when and how it felt; words with their neighbours.

    Vectors are dropped: they were kept under names that two embedders could share, and are worked out anew.
    """
    for statement in (
        "drop table vectors",
        "drop table memory_words",
        """create table memory_sources (
            id integer primary key, character_id integer not null references characters(id),
            name text not null, created text not null, deleted integer not null default 0
        )""",
        """create table memories_now (
            id integer primary key, character_id integer not null references characters(id),
            talk_id integer references talks(id), message_id integer references messages(id),
            source_id integer references memory_sources(id), stage_id integer,
            kind text not null check (kind in ('said', 'note', 'fact', 'reflection', 'summary', 'told')),
            text text not null, speaker text not null default '', ref not null default '',
            time text not null default '', moment real, importance real not null default 0.5,
            emotion text not null default '', emotion_by text not null default '',
            pinned integer not null default 0, muted integer not null default 0,
            supersedes integer references memories_now(id),
            valid_from text not null default '', valid_to text not null default '',
            created text not null, deleted integer not null default 0,
            hidden integer not null default 0, stale integer not null default 0,
            touched integer not null default 0
        )""",
        """insert into memories_now (id, character_id, talk_id, message_id, stage_id, kind, text, speaker,
                time, moment, created, deleted, stale, touched)
            select m.id, m.character_id, m.talk_id, m.message_id, m.stage_id, m.kind, m.text,
                coalesce(s.name, ''), m.created, (julianday(m.created) - 2440587.5) * 86400, m.created,
                m.deleted, 1, m.id
            from memories m left join messages s on s.id = m.message_id""",
        "drop table memories",
        "alter table memories_now rename to memories",
        "create index memories_of on memories (character_id, touched)",
        "create index memories_each on memories (character_id)",
        "create index memories_unfelt on memories (character_id) where emotion_by = ''",
        "create index memories_from on memories (message_id) where message_id is not null",
        "create index memories_in on memories (talk_id) where talk_id is not null",
        "create index memories_by on memories (source_id) where source_id is not null",
        "create index memories_called on memories (character_id, ref) where ref != ''",
        "create index memories_stale on memories (character_id) where stale",
        "create index memories_touched on memories (touched)",
        """create table vectors (
            id integer primary key, memory_id integer not null references memories(id),
            character_id integer not null references characters(id), embedder text not null,
            dimension integer not null, body blob not null, unique (memory_id, embedder)
        )""",
        "create index vectors_of on vectors (character_id, embedder)",
        "create index vectors_by on vectors (embedder)",
        "create virtual table memory_words using fts5 (text, before, after, tokenize = 'porter unicode61')",
        # Whatever changes a memory or what it hangs on, an undo too, leaves a mark to repair the index by.
        """create trigger memory_changed after update of text, deleted on memories
            begin update memories set stale = 1 where id = new.id; end""",
        """create trigger memory_marked after update of speaker, stage_id, time, moment, importance, emotion,
                pinned, muted, supersedes, valid_from, valid_to on memories
            begin update memories set stale = 2 where id = new.id and stale = 0; end""",
        """create trigger message_changed after update of body, deleted on messages
            when old.body is not new.body or old.deleted is not new.deleted
            begin update memories set stale = 1 where message_id = new.id; end""",
        """create trigger talk_changed after update of deleted on talks when old.deleted is not new.deleted
            begin update memories set stale = 2 where talk_id = new.id and stale = 0; end""",
        """create trigger memory_source_changed after update of deleted on memory_sources
            when old.deleted is not new.deleted
            begin update memories set stale = 2 where source_id = new.id and stale = 0; end""",
    ):
        db.conn.execute(statement)


@migrations()
def m010_checks(db: Database) -> None:
    """What is meant although a check noticed it, and facts of the whole library (the story's year)."""
    for statement in (
        """create table meant (
            id integer primary key, character_id integer not null references characters(id),
            mark text not null, created text not null
        )""",
        "create index meant_by on meant (mark)",
        "create table facts (id integer primary key, name text not null unique, text text not null)",
    ):
        db.conn.execute(statement)

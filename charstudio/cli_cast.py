"""The command line's verbs about one character: page, exports, stages, checks, renaming, history."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charstudio.errors import StoreError
from charstudio.i18n import _
from charstudio.model import ALWAYS, KNOW_LEVELS, Character, Know, Stage

if TYPE_CHECKING:
    from charstudio.renaming import Mention
    from charstudio.studio import Studio

Act = Callable[["Studio", Character, argparse.Namespace], int]
FORMATS = (
    "auto", "json-v2", "json-v3", "png", "png-v2", "charx", "markdown", "folder",
    "talk-jsonl", "talk-markdown",
)  # fmt: skip


def show(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """Print the page of a character, or all its values as JSON."""
    stage = _stage(studio, who, options.stage)
    if not options.json:
        print(studio.page(who.id, options.know or KNOW_LEVELS, stage), end="")
        return 0
    at = stage or studio.library.stages.current(who.id)
    sheet = studio.library.cast.sheet_as_of(who.id, at.id or None if at else None).known(
        *(options.know or KNOW_LEVELS)
    )
    values = [{**asdict(v), "label": studio.schema.attributes[v.attribute].label} for v in sheet.values]
    return _json({**describe(who), "stage": at.name or None if at else None, "values": values})


def export(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """Write a character to a file."""
    stage = _stage(studio, who, options.stage)
    print(studio.export(who.id, Path(options.out), options.format, know=options.know, stage=stage))
    return 0


def stages(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """List or change the stages of a character's arc."""
    there = studio.library.stages
    words = options.words
    match options.what, words:
        case ("list", []):
            return _list_stages(studio, who, as_json=options.json)
        case ("add", [name]):
            there.add(who.id, name, _place(options.at))
        case ("rename", [old, new]):
            there.rename(there.find(who.id, old).id, new)
        case ("move", [name, place]) if place.isdecimal() and int(place):
            there.move(there.find(who.id, name).id, int(place) - 1)
        case ("remove", [name]):
            there.delete(there.find(who.id, name).id)
        case ("stand", []):
            there.stand_at(who.id, None)
        case ("stand", [name]):
            there.stand_at(who.id, there.find(who.id, name).id)
        case _:
            raise StoreError(
                _("Say list, add STAGE, rename OLD NEW, move STAGE PLACE, remove STAGE or stand [STAGE].")
            )
    return _list_stages(studio, who, as_json=options.json)


def check(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """Print what the checks notice about a character."""
    if options.story_year is not None:
        studio.library.findings.set_story_year(options.story_year or None)
    found = studio.check(who.id)
    if options.meant:
        for finding in [f for f in found if f.mark == options.meant]:
            studio.library.findings.is_meant(who.id, finding.mark, finding.title)
        found = studio.check(who.id)
    if options.json:
        return _json([{**asdict(f), "mark": f.mark} for f in found])
    for finding in found:
        print(f"{finding.level}\t{finding.title}\t{finding.sentence}\t{finding.mark}")
    if not found:
        print(_("Nothing to notice."))
    return 0


def rename(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """Rename a character wherever its name stands, or show where that is."""
    from charstudio.renaming import rename as rename_everywhere

    found = studio.mentions(who.id, options.new)
    chosen = [m for m in found if m.taken]
    if options.only is not None:
        wanted = {int(n) for n in options.only.split(",") if n.strip().isdecimal()}
        chosen = [m for n, m in enumerate(found, 1) if n in wanted]
    if options.json:
        _json([_mention(n, m, m in chosen) for n, m in enumerate(found, 1)])
    else:
        for n, m in enumerate(found, 1):
            mark = "✓" if m in chosen else "–"
            print(f"{n}\t{mark}\t{m.whose}\t{m.label}\t{m.before} → {m.after}\t{m.doubt}".rstrip())
    if not options.preview:
        rename_everywhere(studio.library, who, options.new, chosen)
    return 0


def history(studio: Studio, who: Character, options: argparse.Namespace) -> int:
    """Print where a value comes from: its states, newest first."""
    attribute = studio.schema.attribute(options.attribute)
    past = studio.library.cast.past(who.id, attribute.id)
    if options.json:
        return _json([asdict(p) for p in past])
    for state in past:
        words = _("(removed)") if state.text is None else state.text
        print(f"{state.at[:16]}\t{state.source}\t{words}\t{state.source_ref}".rstrip())
    return 0


def describe(who: Character) -> dict[str, Any]:
    """A character in JSON."""
    return {
        "id": who.id,
        "name": who.name,
        "called": who.called,
        "line": who.line,
        "values_decided": who.values,
        "colour": who.colour,
        "created": who.created,
        "updated": who.updated,
    }


def levels(text: str) -> tuple[Know, ...]:
    """Know levels as an option has them: "open,private"."""
    wanted = [word.strip() for word in text.split(",")]
    found = tuple(level for level in KNOW_LEVELS if level in wanted)
    if not found or len(found) != len(wanted):
        raise argparse.ArgumentTypeError(
            _("some of {levels}, parted by commas", levels=", ".join(KNOW_LEVELS))
        )
    return found


def add_verbs(of_one: Callable[..., argparse.ArgumentParser], run: Callable[[Act], Any]) -> None:
    """Put the verbs into the grammar; `of_one` makes one about a character, `run` opens the library."""
    page = of_one("show", run(show), _("the sheet of a character"), as_json=True)
    home = of_one("export", run(export), _("take a character home"))
    home.add_argument("out", metavar="OUT")
    home.add_argument("--format", choices=FORMATS, default="auto")
    for made in (page, home):
        made.add_argument(
            "--stage", metavar="STAGE", help=_("as of this stage, by name or number; 0 is none")
        )
        made.add_argument(
            "--know",
            type=levels,
            metavar="LEVELS",
            help=_("only these levels: open,private,blind,author (cards never hold author)"),
        )
    arc = of_one("stages", run(stages), _("the stages of a character’s arc"), as_json=True)
    arc.add_argument(
        "what",
        nargs="?",
        choices=("list", "add", "rename", "move", "remove", "stand"),
        default="list",
        help=_("stand: the stage that talk, guide and page are about"),
    )
    arc.add_argument("words", nargs="*", metavar="STAGE", help=_("name or number; for move: and its place"))
    arc.add_argument("--at", type=int, metavar="N", help=_("where to add it, counted from 1"))
    noticed = of_one("check", run(check), _("what is missing, contradictory or confusable"), as_json=True)
    noticed.add_argument("--story-year", type=int, metavar="YEAR", help=_("keep the story’s year; 0 is none"))
    noticed.add_argument("--meant", metavar="MARK", help=_("never show the finding of this mark again"))
    other = of_one("rename", run(rename), _("rename a character wherever it is named"), as_json=True)
    other.add_argument("new", metavar="NEW_NAME")
    other.add_argument("--preview", action="store_true", help=_("show the places and write nothing"))
    other.add_argument("--only", metavar="N,N", help=_("rename in these places alone"))
    past = of_one("history", run(history), _("where a value comes from"), as_json=True)
    past.add_argument("attribute", metavar="ATTRIBUTE")


def _stage(studio: Studio, who: Character, name: str | None) -> Stage | None:
    if name == "0":
        return Stage(ALWAYS, who.id, "", 0)
    return studio.library.stages.find(who.id, name) if name else None


def _place(number: int | None) -> int | None:
    return max(0, number - 1) if number is not None else None


def _list_stages(studio: Studio, who: Character, *, as_json: bool) -> int:
    found, current = studio.library.stages.of(who.id), studio.library.stages.current(who.id)
    if as_json:
        return _json([{**asdict(s), "current": s == current} for s in found])
    for n, stage in enumerate(found, 1):
        print(f"{n}\t{stage.name}" + (f"\t{_('in view')}" if stage == current else ""))
    return 0


def _mention(number: int, mention: Mention, chosen: bool) -> dict[str, Any]:
    text = mention.text
    return {
        "number": number,
        "whose": mention.whose,
        "where": mention.label,
        "kind": f"{text.table}.{text.column}",
        "before": mention.before,
        "after": mention.after,
        "doubt": mention.doubt,
        "chosen": chosen,
    }


def _json(body: Any) -> int:
    print(json.dumps(body, ensure_ascii=False))
    return 0

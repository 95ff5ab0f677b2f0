"""Draws the window with an invented cast into assets/screenshots (or the folder given)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


from PySide6.QtWidgets import QApplication, QWidget

from charstudio import paths
from charstudio.checks import Person, check
from charstudio.engines.curated import load_suggested, suggested_for
from charstudio.engines.estimate import Machine, estimate
from charstudio.engines.shelf import ShelvedModel
from charstudio.gui.about import AboutDialog
from charstudio.gui.cast import CastEntry, CastModel
from charstudio.gui.cast_graph import CastGraph, Tie
from charstudio.gui.faces import Faces
from charstudio.gui.guide_view import GuideView
from charstudio.gui.library_view import LibraryView
from charstudio.gui.main_window import MainWindow
from charstudio.gui.margin_view import MarginView
from charstudio.gui.model_cards import ModelHere, ModelOffered
from charstudio.gui.models_view import ModelsView
from charstudio.gui.page_view import PageView
from charstudio.gui.panes import Tab
from charstudio.gui.relations import Bond
from charstudio.gui.settings_dialog import SettingsDialog
from charstudio.gui.talk_view import TalkView
from charstudio.gui.theme import Choice, Theme
from charstudio.guide import Ask, Chip, Turn
from charstudio.model import Character, Message, ModelFile, Offer, Proposal, Stage, Talk, Value
from charstudio.settings import Settings
from charstudio.sheet import Sheet, load_schema
from charstudio.talk import Place, Shown

CAST = (
    ("Jane Marlow", "storm", "Keeper of Carrow Light",
     "“Fog doesn’t hide things. It only makes you ask twice.”", "Lead", 15),
    ("Tobias Renn", "rust", "Harbour pilot, retired badly", "“I never ran her aground. I set her down.”",
     "Ally", 19),
    ("Imke Vos", "amber", "Night nurse, collects maps", "“At three in the morning everybody is honest.”",
     "Foil", 11),
    ("Oren Hale", "slate", "Lights Board inspector", "“I dislike the word closed. Say completed.”",
     "Antagonist", 17),
    ("Saoirse Finn", "fern", "Smuggler’s daughter", "“Da says we fish. So we fish.”", "Ally", 13),
    ("Mirek Dvořák", "plum", "Clockmaker, not Dvořák", "“A clock forgives nothing, which is restful.”",
     "Suspect", 22),
    ("Adaeze Obi", "rose", "Maps drowned parishes", "“Here there was a church. Listen.”", "Lead", 7),
    ("Wick", "sand", "Telegraph boy, eleven", "“I read it. I read all of ’em.”", "Walk-on", 6),
    ("Halima Rahmani", "teal", "Ship’s surgeon", "“Hold this. Don’t look at it.”", "Mentor", 16),
    ("Sister Agnes", "iris", "Bees and accounts", "“The bees were told before the police.”", "Suspect", 10),
    ("نادية الساحلية", "sea", "Reads the water", "“Salt keeps better accounts than men.”", "Foil", 4),
    ("<img src=x> Corporal " + "Long " * 60, "moss", "A name that tests us", "", "", 0),
)  # fmt: skip

VALUES = (
    ("full_name", "Jane Marlow", "open", "guided"),
    ("short_name", "Keeper", "open", "guided"),
    ("short_name", "Mother Lamp", "open", "talk"),
    ("age", "Fifty-eight. Sixty in the joints.", "open", "guided"),
    ("occupation", "I keep the light at Carrow, and the log, and my counsel.", "open", "guided"),
    ("want", "To bring every boat in, this winter, with nobody counted missing.", "open", "guided"),
    (
        "obstacle",
        "The Board means to put in a clockwork lamp by spring, and a clock needs no keeper.",
        "open",
        "guided",
    ),
    ("fear", "The lamp going out while I am the one awake.", "open", "suggested"),
    ("need", "To be forgiven by somebody who is still alive.", "blind", "form"),
    ("wound", "I slept. One night in thirty-one years, and it was the ninth of March.", "private", "talk"),
    ("secret", "The log of that night is in my hand, but I wrote it a week after.", "private", "form"),
    ("under_pressure", "I ask what time it was. I ask it again.", "open", "talk"),
    ("ending", "She lets the lamp go out on purpose, once.", "author", "form"),
)

MODELS = (
    ModelFile("/models/gemma-3-270m-q4_k_m.gguf", "Gemma 3 270M", "gemma3", "Q4_K_M", 253_000_000, 32768,
              False, "Gemma Terms of Use"),
    ModelFile("/models/mistral-7b-instruct-q5.gguf", "Mistral 7B Instruct v0.3", "llama", "Q5_K_M",
              5_140_000_000, 32768, True, "Apache-2.0"),
    ModelFile("/models/old.gguf", "An old one", "llama", "Q2_K", 2_800_000_000, 2048, True, "",
              warnings=("Its context of 2,048 tokens is small; long talks will be cut early.",)),
)  # fmt: skip


TERMS = (("charstudio", "Apache License 2.0"), ("Fonts", "Literata and Inter: OFL 1.1"))


HISTORY = (
    ("Pronouns", "Which pronouns should people use for me?", "she/her"),
    ("Age", "How old am I?", "Fifty-eight. Sixty in the joints."),
    ("Occupation", "What do I do for a living?", "I keep the light at Carrow, and the log, and my counsel."),
    ("What I want", "What do I want most right now?", "To bring every boat in, this winter."),
    ("What stands in my way", "What stands in my way?", "The Board means to put in a clockwork lamp by spring."),
)  # fmt: skip

TURN = Turn(
    "answer",
    (),
    "What stands in my way is a clockwork lamp.",
    Ask("fear", "Fear", "What am I afraid of, that a clock would not be?", "Asked because you said what stands in my way."),
    (Chip("being the last", "fear", "being the last"), Chip("the lamp going out", "fear", "the lamp going out"),
     Chip("silence where the bell was", "fear", "silence where the bell was")),
)  # fmt: skip

MESSAGES = [
    Message(1, 1, None, "narrator", "", "Carrow Light, the third night of fog. The stair smells of paraffin."),
    Message(2, 1, 1, "writer", "Inspector Vale", "You wrote “all well” in the log on the ninth. It wasn’t all well, was it?"),
    Message(3, 1, 2, "character", "Jane Marlow", "*She trims the wick before she answers, though it needs no trimming.* “It was well at four o’clock, when I wrote it. That’s what a log is, Mr Vale. It’s what was true at four o’clock.”"),
    Message(4, 1, 3, "writer", "Inspector Vale", "And at five?"),
    Message(5, 1, 4, "character", "Jane Marlow", "*Her hand stays on the brass rail.* “At five there was a boat where no boat should be, showing no light. I rang the bell until my arms were somebody else’s, and she never once altered course.”", swipe=3, swipes=3, figures={"tokens": 52, "tokens_per_s": 21.4}),
]  # fmt: skip


PROPOSALS = (
    Shown(
        Proposal(1, 1, Offer("the night", ("formative_event",), "there was a boat", "night"), "noticed", "waiting", 1, 5),
        (Place("formative_event", "The day that made me", "The day that made me was the night a boat passed the point, showing no light."),),
    ),
    Shown(
        Proposal(2, 1, Offer("the bell", ("fear",), "I rang the bell until my arms were somebody else’s", "bell"), "noticed", "waiting", 1, 5),
        (Place("age", "Age", "I am sixty years old.", (Value("age", "Fifty-eight. Sixty in the joints."),)),),
    ),
)  # fmt: skip

STAGES = ("Before the relief boat", "After the ninth", "Spring")

# What the checks of an otherwise sound sheet may notice.
CLASHES = (
    Value("age", "58", id=101),
    Value("birth_date", "9 March 1861", id=102),
    Value("traits", "patient", id=103),
    Value("traits", "impulsive", id=104),
)

TIES = (
    (1, 2, "Closest friend", "owes her a life", "open", False),
    (1, 4, "Rival", "wants her gone", "open", True),
    (1, 5, "Children", "looks away for her", "open", False),
    (1, 6, "Who knows my secret", "knows his real name", "private", False),
    (2, 9, "Mentor", "mends what he breaks", "open", False),
    (3, 10, "Closest friend", "tells her the truth", "open", False),
    (6, 4, "Enemy", "set his clock back once", "private", True),
    (7, 9, "Brothers and sisters", "", "open", False),
    (8, 1, "Mentor", "would die for her", "open", False),
)


def ties() -> list[Tie]:
    """Who says what of whom in the invented cast."""
    cast = {entry.character.id: entry.character for entry in entries()}
    return [
        Tie(cast[one], Bond(cast[other], label, feeling, know, against))  # type: ignore[arg-type]
        for one, other, label, feeling, know, against in TIES
    ]


def entries() -> list[CastEntry]:
    """The invented cast."""
    return [
        CastEntry(
            Character(i, name, colour, line=line, values=done + 3), done, 24 if done else 0, quote, role
        )
        for i, (name, colour, line, quote, role, done) in enumerate(CAST, start=1)
    ]


def jane_sheet(attributes: set[str]) -> Sheet:
    """What is decided about the first of them."""
    values = [
        Value(attribute, text, know=know, source=source, id=i, locked=attribute == "secret")  # type: ignore[arg-type]
        for i, (attribute, text, know, source) in enumerate(VALUES, start=1)
        if attribute in attributes
    ]
    return Sheet(tuple(values))


def settle(app: QApplication, rounds: int = 30) -> None:
    """Let everything be laid out and painted."""
    for _ in range(rounds):
        app.processEvents()


def shoot(app: QApplication, widget: QWidget, path: Path) -> None:
    """Write what a widget shows."""
    settle(app)
    widget.grab().save(str(path))
    print(path)


class Studio:
    """A window over the invented cast."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.schema = load_schema(paths.resource("attributes.yaml"))
        self.faces = Faces(theme)
        self.cast = CastModel()
        self.library = LibraryView(theme, self.faces, self.cast)
        self.models = ModelsView(theme)
        self.side = PageView(theme, self.faces, side=True)
        self.page = PageView(theme, self.faces)
        self.margin = MarginView(theme, self.faces)
        self.guide = GuideView(theme, self.faces)
        self.talk = TalkView(theme, self.faces)
        self.talk_side = PageView(theme, self.faces, side=True)
        self.window = MainWindow(
            theme,
            self.faces,
            self.cast,
            library=self.library,
            models=self.models,
            tabs=(
                Tab("guide", "Guide", self.guide, panel=self.side, panel_width=396),
                Tab("talk", "Talk", self.talk, panel=self.talk_side, panel_width=308),
                Tab(
                    "sheet",
                    "Sheet",
                    self.page,
                    panel=self.margin,
                    panel_width=300,
                    actions=self.page.menu_actions(),
                ),
            ),
        )
        self.window.show_library("The Saltmarsh Books", ("/home/me/Other.charstudio",))
        self.window.show_undo("What I fear", "")
        self.window.status.show_model("Gemma 3 270M · ready")

    def fill(self) -> None:
        """Put the cast in."""
        self.window.show_cast(entries())
        machine = Machine(16_000_000_000, 4)
        here = [
            ModelHere(ShelvedModel(f.name, f.path, f, starter=f is MODELS[0]), estimate(f, machine))
            for f in MODELS
        ]
        suggested = suggested_for(load_suggested(paths.resource("models.yaml")), machine)
        offers = [ModelOffered(s, s.estimate(machine)) for s in suggested]
        self.models.show_models(here, MODELS[0].path, "ready", offers)

    def open_jane(self) -> None:
        """Open the first character."""
        jane = entries()[0].character
        sheet = jane_sheet(set(self.schema.attributes))
        self.window.show_character(jane, jane.line)
        self.side.show_sheet(jane, sheet, self.schema, {"fear"})
        self.talk_side.show_sheet(jane, sheet, self.schema, set())
        self.page.show_sheet(jane, sheet, self.schema, set())
        stages = [Stage(n, jane.id, name, n) for n, name in enumerate(STAGES, start=1)]
        self.page.show_stages(stages, stages[0], {})
        kept = [v for v in sheet.values if v.attribute != "age"]
        told = Person(jane.id, Sheet((*kept, *CLASHES)))
        self.margin.show_bonds(jane, [tie.bond for tie in ties() if tie.one.id == jane.id])
        self.margin.show_findings(check(told, [told], self.schema, story_year=1925))
        self.margin.show_story_year(1925)
        self.guide.packs([("spark", "Spark")])
        self.guide.show_character(jane, None)
        self.guide.show_history(HISTORY)
        self.guide.show_progress(6, 8, "Spark", [("", "done")] * 6 + [("", "now"), ("", "open")])
        self.guide.show_turn(TURN)
        self.talk.show_character(jane, None)
        self.talk.show_persona("Inspector Vale")
        self.talk.show_talk(Talk(1, 1, "The log of the ninth"), MESSAGES, ())


def draw(app: QApplication, folder: Path, scheme: str, width: int, height: int) -> None:
    """All pictures of one theme and size."""
    theme = Theme(app, Choice(scheme=scheme))  # type: ignore[arg-type]
    studio = Studio(theme)
    window = studio.window
    window.resize(width, height)
    window.show()
    tail = f"{width}x{height}-{scheme}.png"
    shoot(app, window, folder / f"empty-{tail}")
    studio.fill()
    window.status.show_saved("Saved · 212 changes can be undone")
    studio.library.focus_tiles()
    shoot(app, window, folder / f"library-{tail}")
    studio.open_jane()
    window.show_tab("guide")
    shoot(app, window, folder / f"guide-{tail}")
    window.show_tab("talk")
    shoot(app, window, folder / f"talk-{tail}")
    studio.talk.show_proposals(PROPOSALS)
    studio.talk.open_tray()
    shoot(app, window, folder / f"talk-proposals-{tail}")
    studio.talk.show_proposals(())
    window.show_tab("sheet")
    shoot(app, window, folder / f"sheet-{tail}")
    if width >= 1280:
        graph = CastGraph(theme, studio.faces, window)
        graph.show_cast([entry.character for entry in entries()], ties(), 1)
        graph.show()
        shoot(app, graph, folder / f"cast-{scheme}.png")
        graph.close()
    studio.page.show_attribute("fear")
    studio.page.add_value("secret")
    window.show_notice("The card had two values that no attribute fits; they are kept as notes.", "Show them")
    shoot(app, window, folder / f"sheet-writing-{tail}")
    window.notice.clear()
    window.open_palette()
    window.palette_box.look_for("ma")
    shoot(app, window, folder / f"palette-{tail}")
    window.palette_box.close_up()
    window.show_place("models")
    window.status.show_work("Importing 12 cards", 7, 12)
    shoot(app, window, folder / f"models-{tail}")
    if width >= 1280:
        dialog = SettingsDialog(theme, Settings(), window)
        dialog.show()
        shoot(app, dialog, folder / f"settings-{scheme}.png")
        dialog.close()
        about = AboutDialog(
            theme,
            "0.1.0",
            (("charstudio", "Apache License 2.0"), ("Fonts", "Literata and Inter: OFL 1.1")),
            window,
        )
        about.show()
        shoot(app, about, folder / f"about-{scheme}.png")
        about.close()
    window.close()
    window.deleteLater()
    settle(app)


def main() -> None:
    """Draw everything."""
    here = Path(__file__).resolve().parent.parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here / "assets" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    for scheme in ("light", "dark"):
        for width, height in ((1280, 800), (1024, 600)):
            draw(app, folder, scheme, width, height)


if __name__ == "__main__":
    main()

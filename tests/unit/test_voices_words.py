import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charstudio.voices import speakable
from charstudio.voices.words import LONGEST_PIECE, pieces


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("*She waves.* Hello there. *She sits down.*", "Hello there."),
        ("Hello there. *She turns to the", "Hello there."),
        ("_He coughs._ Come in.", "Come in."),
        ("I *never* said that.", "I never said that."),
        ("It was *you*, all along.", "It was you, all along."),
        ("*You* did this.", "You did this."),
        ("That is **quite** enough, ~~no~~ and __more__.", "That is quite enough, no and more."),
        ("# A letter\n\n> dear *old* thing\n\n- first\n- second", "A letter\ndear old thing\nfirst\nsecond"),
        ("See [the map](https://example.org/x) ![a map](map.png).", "See the map."),
        ("```\nHello\n```", "Hello"),
        ("Good day, {{user}}. {{random:a,{{b}}}}", "Good day."),
        ("<b>Wait</b> &amp; see<br/>now<!-- hush -->", "Wait & see now"),
        ("Two 😀 words 👩‍👩‍👧 here 🇩🇪", "Two words here"),
        ("2 * 3 * 4 is 24", "2 3 4 is 24"),
        ("One\u0000two\ud800three\u202efour", "One two three four"),
        ("آن‌ها می‌روند", "آن‌ها می‌روند"),
        ("Before.\n\n***\n\nAfter.", "Before.\nAfter."),
    ],
)
def test_only_spoken_words_remain(written, said):
    assert speakable(written) == said


def test_a_text_that_is_one_gesture_is_said_after_all():
    assert speakable("*She nods slowly.*") == "She nods slowly."


@pytest.mark.parametrize(
    "nothing", ["", "   \n", "😀👍", "***", "{{user}}", "<br>", "...", "\ud800", "—", "![x](y)"]
)
def test_nothing_speakable_is_nothing(nothing):
    assert speakable(nothing) == ""


@pytest.mark.parametrize(
    "mark",
    [
        "*",
        "_",
        "**",
        "{{",
        "<",
        "[",
        "~~",
        "`",
        "![",
        "\\",
        "&",
        "* a",
        "🇩",
        "> ",
        "<!--",
        "![a](",
        "[a](",
        "- ",
        "\n# ",
        " ,",
        "<a ",
    ],
)
def test_hostile_texts_are_cleaned_in_linear_time(mark):
    begun = time.perf_counter()
    speakable(mark * 20_000 + " word")
    assert time.perf_counter() - begun < 2


@given(st.text(max_size=3000), st.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_pieces_are_short_and_lose_no_word(text, longest):
    found = pieces(text, longest)
    assert all(0 < len(piece) <= longest for piece in found)
    letters = [c for c in text if c.isalnum()]
    assert [c for c in "".join(found) if c.isalnum()] == letters


def test_pieces_end_where_sentences_end():
    sentence = "The ferry left without us, and nobody on the quay would say why. "
    found = pieces(sentence * 100)
    assert max(map(len, found)) <= LONGEST_PIECE
    assert all(piece.endswith("why.") for piece in found)


def test_paragraphs_are_not_run_together():
    assert pieces("One\nTwo") == ["One", "Two"]

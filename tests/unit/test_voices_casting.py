import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charstudio import paths
from charstudio.model import Value
from charstudio.sheet import Sheet, load_schema
from charstudio.voices import VoiceSettings, voice_for

SCHEMA = load_schema(paths.resource("attributes.yaml"))
READ = ("age", "gender", "pronouns", "voice_sound", "speech_pace", "mood", "accent")


def cast(**decided):
    return voice_for(Sheet(tuple(Value(attribute, text) for attribute, text in decided.items())), SCHEMA)


def variant(**decided):
    return cast(**decided)[0].voice.partition("+")[2]


def test_the_reason_names_the_words_of_the_writer():
    settings_, reason = cast(voice_sound="low and dry", age="58")
    assert reason == "Low and slow, because you said “low and dry” and 58 years old."
    assert settings_.rate < VoiceSettings().rate


def test_the_reason_says_whose_voice_it_is():
    _settings, reason = cast(gender="a woman", speech_pace="quickly", age="71")
    assert reason == "An old woman’s voice, because you said “a woman”, “quickly” and 71 years old."


def test_an_empty_sheet_has_the_plain_voice_and_says_so():
    settings_, reason = cast()
    assert settings_ == VoiceSettings()
    assert reason == "Nothing on the sheet tells yet how this voice sounds, so it is the plain one."


def test_what_does_not_apply_or_is_not_in_the_schema_is_not_read():
    sheet = Sheet((Value("voice_sound", "low", state="na"), Value("voice_noise", "shrill")))
    assert voice_for(sheet, SCHEMA)[0] == VoiceSettings()


def test_women_and_men_sound_unlike():
    assert variant(gender="a woman") == "f3"
    assert variant(gender="a man") == "m3"
    assert variant(pronouns="she/her") == "f3"
    assert variant(gender="a trans man", pronouns="he/him") == "m3"
    assert variant(gender="non-binary woman") == "f2"


def test_gender_wins_over_pronouns_and_pronouns_help_where_gender_says_nothing():
    assert variant(gender="a woman", pronouns="he/him") == "f3"
    assert variant(gender="something my language has no word for", pronouns="he/him") == "m3"


@pytest.mark.parametrize(
    ("age", "sounds"),
    [
        ("9", "A child’s voice"),
        ("18 months", "A child’s voice"),
        ("seven", "A child’s voice"),
        ("17", "A young voice"),
        ("seventeen", "A young voice"),
        ("in her seventies", "An old voice"),
        ("eighty-one", "An old voice"),
        ("٨٠", "An old voice"),
    ],
)
def test_age_is_read_in_digits_and_words(age, sounds):
    assert cast(age=age)[1].startswith(sounds)


@pytest.mark.parametrize(
    "age", ["34", "300", "4,500", "older than the hills? no, ageless", "9" * 5000, "1990"]
)
def test_ages_that_tell_nothing_about_a_voice_leave_it_plain(age):
    assert cast(age=age)[0] == VoiceSettings()


@pytest.mark.parametrize("words", ["never loud", "not too low", "yellow", "a flat tyre of a voice"])
def test_words_that_are_denied_or_only_look_alike_do_not_count(words):
    assert cast(voice_sound=words)[0] == VoiceSettings()


@pytest.mark.parametrize(
    ("lower", "higher", "figure"),
    [
        ({"voice_sound": "low"}, {"voice_sound": "high"}, "pitch"),
        ({"speech_pace": "very slowly"}, {"speech_pace": "slowly, with long pauses"}, "rate"),
        ({"speech_pace": "slowly"}, {"speech_pace": "at an even pace"}, "rate"),
        ({"speech_pace": "at an even pace"}, {"speech_pace": "quickly"}, "rate"),
        ({"speech_pace": "quickly"}, {"speech_pace": "very fast"}, "rate"),
        ({"mood": "gloomy"}, {"mood": "sunny"}, "rate"),
        ({"voice_sound": "soft"}, {"voice_sound": "loud"}, "volume"),
    ],
)
def test_words_move_the_voice_in_the_direction_they_mean(lower, higher, figure):
    low, high = (getattr(cast(gender="a woman", **words)[0], figure) for words in (lower, higher))
    assert low < high


def test_hoarse_and_whispering_people_get_voices_of_their_own():
    assert variant(voice_sound="hoarse", gender="a man") == "m1"
    assert variant(voice_sound="a whisper", gender="a man") == "whisper"
    assert cast(voice_sound="a whisper")[0].pitch is None


def test_an_accent_that_espeak_has_is_used():
    assert cast(accent="pure Glasgow", gender="a man")[0].voice == "gmw/en-gb-scotland+m3"
    assert cast(accent="no Scottish accent left")[0] == VoiceSettings()


def test_a_long_value_is_quoted_in_short():
    reason = cast(voice_sound="low, " + "like gravel and rain " * 500)[1]
    assert "…”" in reason
    assert len(reason) < 200


@given(st.fixed_dictionaries({}, optional={attribute: st.text(max_size=200) for attribute in READ}))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_on_the_sheet_the_voice_can_be_spoken_and_stays_the_same(decided):
    settings_, reason = cast(**decided)
    assert VoiceSettings.from_dict(settings_.to_dict()) == settings_
    assert cast(**decided) == (settings_, reason)
    assert reason.endswith(".")

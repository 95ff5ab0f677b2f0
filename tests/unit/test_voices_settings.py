import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charstudio.voices import VoiceInfo, VoiceSettings, nearest_voice

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
STORED = st.fixed_dictionaries({}, optional=dict.fromkeys(("voice", "rate", "pitch", "volume"), JSON))


def test_settings_come_back_from_json_as_they_went():
    settings = VoiceSettings("gmw/en-us+f3", 142, 37, 0.6)
    assert VoiceSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@given(STORED | JSON)
def test_junk_becomes_settings_that_can_be_spoken(stored):
    settings = VoiceSettings.from_dict(stored)
    assert isinstance(settings.voice, str)
    assert 80 <= settings.rate <= 450
    assert settings.pitch is None or 0 <= settings.pitch <= 99
    assert 0 <= settings.volume <= 1
    assert VoiceSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize("rate", [True, "170", None, float("nan"), float("inf"), [], {}])
def test_a_rate_that_is_no_number_is_the_plain_one(rate):
    assert VoiceSettings.from_dict({"rate": rate}).rate == VoiceSettings().rate


def test_numbers_out_of_range_are_brought_into_it():
    settings = VoiceSettings.from_dict({"rate": 10**400, "pitch": -3, "volume": 7})
    assert settings == VoiceSettings("", 450, 0, 1.0)


WINDOWS = (
    VoiceInfo("HKEY\\HEDDA", "Hedda", "de-de", "female"),
    VoiceInfo("HKEY\\DAVID", "David", "en-us", "male"),
    VoiceInfo("HKEY\\ZIRA", "Zira", "en-us", "female"),
)


@pytest.mark.parametrize(
    ("wanted", "stands_in"),
    [
        ("gmw/en-us+f3", "HKEY\\ZIRA"),
        ("gmw/en-gb-scotland+m3", "HKEY\\DAVID"),
        ("gmw/en-us", "HKEY\\DAVID"),
        ("gmw/de+m3", "HKEY\\HEDDA"),
        ("roa/fr+f3", ""),
        ("com.apple.voice.Alex", ""),
        ("", ""),
    ],
)
def test_a_voice_of_another_computer_finds_a_stand_in_of_its_language_and_sex(wanted, stands_in):
    assert nearest_voice(wanted, WINDOWS) == stands_in

"""What a character sounds like: which voice fits the sheet, and its words spoken into a sound file."""

from charstudio.voices.casting import voice_for
from charstudio.voices.settings import VoiceInfo, VoiceSettings, nearest_voice
from charstudio.voices.speech import Pyttsx3Speaker, Speaker
from charstudio.voices.words import speakable

__all__ = [
    "Pyttsx3Speaker",
    "Speaker",
    "VoiceInfo",
    "VoiceSettings",
    "nearest_voice",
    "speakable",
    "voice_for",
]

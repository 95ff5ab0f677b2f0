import array
import concurrent.futures
import contextlib
import ctypes.util
import os
import signal
import sys
import threading
import time
import wave

import pytest

from charstudio import paths
from charstudio.errors import Cancel, Cancelled, SpeechError
from charstudio.model import Value
from charstudio.sheet import Sheet, load_schema
from charstudio.voices import Pyttsx3Speaker, VoiceSettings, voice_for

LINE = "We were all away a year ago, and nobody knew where the lion lay."
LONG = (LINE + " ") * 310  # 20,000 characters
PLAIN = VoiceSettings()


@pytest.fixture
def speaker():
    speaker = Pyttsx3Speaker()
    yield speaker
    speaker.close()


def samples(path):
    with wave.open(str(path)) as wav:
        assert wav.getsampwidth() == 2
        assert wav.getnchannels() == 1
        heard = array.array("h", wav.readframes(wav.getnframes()))
        return heard, wav.getframerate()


def loudness(path):
    heard, _rate = samples(path)
    return (sum(value * value for value in heard) / len(heard)) ** 0.5


def pitch(path):
    """The middle of the pitches heard, in Hz: when a stretch is most like itself again."""
    heard, rate = samples(path)
    step = 4
    heard, rate = heard[::step], rate / step
    found = []
    for start in range(0, len(heard) - 400, 800):
        piece = heard[start : start + 400]
        if sum(map(abs, piece)) / 400 < 800:
            continue
        likeness = {
            lag: sum(a * b for a, b in zip(piece, piece[lag:], strict=False)) / (400 - lag)
            for lag in range(int(rate / 350), int(rate / 60))
        }
        best = max(likeness.values())
        found.append(rate / min(lag for lag, like in likeness.items() if like > 0.85 * best))
    return sorted(found)[len(found) // 2]


def test_a_sentence_becomes_a_sound_that_can_be_heard(speaker, tmp_path):
    out = tmp_path / "line.wav"
    seconds = speaker.speak(LINE, PLAIN, out, Cancel())
    heard, rate = samples(out)
    assert 2 < seconds < 8
    assert seconds == pytest.approx(len(heard) / rate, abs=0.001)
    assert loudness(out) > 500
    assert list(tmp_path.iterdir()) == [out]


def test_the_very_first_text_is_there_when_speak_returns(tmp_path):
    # pyttsx3's first runAndWait() returns before the file exists.
    for turn in range(3):
        speaker = Pyttsx3Speaker()
        try:
            assert speaker.speak(LINE * 5, PLAIN, tmp_path / f"{turn}.wav", Cancel()) > 10
        finally:
            speaker.close()


def test_twenty_thousand_characters_are_spoken_to_the_end(speaker, tmp_path):
    # pyttsx3 dies of 15,000 characters and more.
    out = tmp_path / "chapter.wav"
    one = speaker.speak(LINE, PLAIN, out, Cancel())
    assert len(LONG) > 20_000
    assert speaker.speak(LONG, PLAIN, out, Cancel()) == pytest.approx(310 * one, rel=0.1)
    heard, rate = samples(out)
    end = heard[-int(5 * rate) :]
    assert max(end) > 2000


def test_of_hundreds_of_pieces_none_is_lost_on_a_busy_machine(tmp_path):
    # eSpeak's thread may still be at work when pyttsx3 says that it is not; it then stopped the next piece.
    def spoken(number):
        out = tmp_path / f"{number}.wav"
        with contextlib.closing(Pyttsx3Speaker()) as speaker:
            few = speaker.speak("Yes, of course.\n" * 20, PLAIN, out, Cancel())
            return few, speaker.speak("Yes, of course.\n" * 200, PLAIN, out, Cancel())

    with concurrent.futures.ThreadPoolExecutor(4) as several:
        for few, many in several.map(spoken, range(4)):
            assert many == pytest.approx(10 * few, abs=0.5 * few / 20)


def test_a_word_of_twenty_thousand_letters_is_spoken(speaker, tmp_path):
    assert speaker.speak("lo" * 10_000, PLAIN, tmp_path / "word.wav", Cancel()) > 60


def test_every_script_and_rubbish_is_survived(speaker, tmp_path):
    for text in (
        "Привет",
        "日本語。" * 300,
        "مرحبا",
        "\ud800 a \x00 b",
        "<speak>&amp;</speak> [[x]]",
        "a\u0301" * 3000,
    ):
        assert speaker.speak(text, PLAIN, tmp_path / "any.wav", Cancel()) > 0


def test_rate_pitch_and_volume_are_heard(speaker, tmp_path):
    def spoken(**settings):
        out = tmp_path / "x.wav"
        seconds = speaker.speak(LINE, VoiceSettings("gmw/en-us+m3", **settings), out, Cancel())
        return seconds, pitch(out), loudness(out)

    plain, slow = spoken(), spoken(rate=100)
    assert slow[0] > 1.4 * plain[0]
    assert spoken(pitch=90)[1] > 1.4 * plain[1]
    assert spoken(volume=0.3)[2] < 0.5 * plain[2]
    assert spoken()[1] == pytest.approx(plain[1], rel=0.15)


def test_the_voice_of_a_sheet_is_heard_as_the_sheet_says(speaker, tmp_path):
    schema = load_schema(paths.resource("attributes.yaml"))
    out = tmp_path / "x.wav"

    def heard(**decided):
        sheet = Sheet(tuple(Value(attribute, text) for attribute, text in decided.items()))
        seconds = speaker.speak(LINE, voice_for(sheet, schema)[0], out, Cancel())
        return pitch(out), seconds

    girl = heard(gender="a girl", age="8")
    woman = heard(gender="a woman")
    low_woman = heard(gender="a woman", voice_sound="low and dry", speech_pace="very slowly")
    man = heard(gender="a man")
    deep_man = heard(gender="a man", voice_sound="deep")
    assert girl[0] > woman[0] > low_woman[0] > man[0] > deep_man[0]
    assert low_woman[1] > 1.2 * woman[1]


def test_voices_and_their_variants_can_be_listed_and_spoken_with(speaker, tmp_path):
    voices = {voice.id: voice for voice in speaker.voices()}
    assert voices["gmw/en-us"].language == "en-us"
    assert voices["gmw/en-us+f3"].gender == "female"
    lengths = {
        speaker.speak(LINE, VoiceSettings(voice), tmp_path / "x.wav", Cancel())
        for voice in ("gmw/en-us", "gmw/en-us+f3", "gmw/de", "gmw/en-gb-scotland+m1")
    }
    assert len(lengths) == 4


def test_a_voice_that_is_not_here_is_named_and_leaves_the_others_alone(speaker, tmp_path):
    with pytest.raises(SpeechError, match="has no voice “HKEY_ZIRA”"):
        speaker.speak(LINE, VoiceSettings("HKEY_ZIRA"), tmp_path / "x.wav", Cancel())
    assert speaker.speak(LINE, PLAIN, tmp_path / "x.wav", Cancel()) > 1


def test_gestures_are_not_read_out(speaker, tmp_path):
    bare = speaker.speak("Hello there.", PLAIN, tmp_path / "x.wav", Cancel())
    with_gesture = "*She looks up from her book for a long while.* Hello there."
    assert speaker.speak(with_gesture, PLAIN, tmp_path / "x.wav", Cancel()) == pytest.approx(bare, abs=0.1)


@pytest.mark.parametrize("nothing", ["", "  \n", "😀", "***", "<br/>", "…"])
def test_nothing_to_say_is_said_so_and_leaves_no_file(speaker, tmp_path, nothing):
    with pytest.raises(SpeechError, match="no words"):
        speaker.speak(nothing, PLAIN, tmp_path / "x.wav", Cancel())
    assert list(tmp_path.iterdir()) == []
    assert speaker.pid is None


def test_a_missing_folder_is_told_at_once_and_the_next_text_is_spoken(speaker, tmp_path):
    begun = time.monotonic()
    for out in (tmp_path / "nowhere" / "x.wav", tmp_path / ("x" * 300 + ".wav")):
        with pytest.raises(SpeechError, match="cannot be written"):
            speaker.speak(LINE, PLAIN, out, Cancel())
    assert time.monotonic() - begun < 5
    assert speaker.speak(LINE, PLAIN, tmp_path / "x.wav", Cancel()) > 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is a folder nobody can write in")
def test_a_folder_that_takes_no_files_is_told(speaker):
    with pytest.raises(SpeechError, match="cannot be written"):
        speaker.speak(LINE, PLAIN, paths.Path("/proc/x.wav"), Cancel())


def test_a_folder_in_place_of_the_file_is_told_and_nothing_is_left(speaker, tmp_path):
    out = tmp_path / "x.wav"
    out.mkdir()
    with pytest.raises(SpeechError, match="cannot be written"):
        speaker.speak(LINE, PLAIN, out, Cancel())
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_that_was_there_is_replaced_whole_or_kept(speaker, tmp_path):
    out = tmp_path / "x.wav"
    out.write_bytes(b"old")
    pressed = Cancel()
    threading.Timer(0.5, pressed.set).start()
    with pytest.raises(Cancelled):
        speaker.speak(LONG * 5, PLAIN, out, pressed)
    assert out.read_bytes() == b"old"
    speaker.speak(LINE, PLAIN, out, Cancel())
    assert loudness(out) > 500


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prlimit is Linux's")
def test_a_full_disk_is_told_and_nothing_half_written_stays(speaker, tmp_path):
    import resource

    out = tmp_path / "x.wav"
    speaker.speak(LINE, PLAIN, out, Cancel())
    whole = out.read_bytes()
    pid = speaker.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    with pytest.raises(SpeechError, match="cannot be written"):
        speaker.speak(LONG, PLAIN, out, Cancel())
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_bytes() == whole
    assert speaker.speak(LINE, PLAIN, out, Cancel()) > 1
    assert speaker.pid == pid


def test_stop_is_obeyed_within_a_second_and_the_process_lives_on(speaker, tmp_path):
    out = tmp_path / "x.wav"
    speaker.speak(LINE, PLAIN, out, Cancel())
    out.unlink()
    pid, cancel, pressed = speaker.pid, Cancel(), []

    def press():
        pressed.append(time.monotonic())
        cancel.set()

    threading.Timer(0.5, press).start()
    with pytest.raises(Cancelled):
        speaker.speak(LONG * 5, PLAIN, out, cancel)
    assert time.monotonic() - pressed[0] < 0.5
    assert list(tmp_path.iterdir()) == []
    assert speaker.speak(LINE, PLAIN, out, Cancel()) > 1
    assert speaker.pid == pid


def test_stop_pressed_before_is_obeyed_and_pressed_after_does_no_harm(speaker, tmp_path):
    out = tmp_path / "x.wav"
    before, after = Cancel(), Cancel()
    before.set()
    with pytest.raises(Cancelled):
        speaker.speak(LINE, PLAIN, out, before)
    assert not out.exists()
    speaker.speak(LINE, PLAIN, out, after)
    pid = speaker.pid
    after.set()
    time.sleep(1)
    assert speaker.pid == pid


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_stop_ends_a_process_that_hangs(speaker, tmp_path):
    out = tmp_path / "x.wav"
    speaker.speak(LINE, PLAIN, out, Cancel())
    pid, cancel = speaker.pid, Cancel()
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, cancel.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        speaker.speak(LINE, PLAIN, out, cancel)
    assert time.monotonic() - begun < 1.2
    assert speaker.speak(LINE, PLAIN, out, Cancel()) > 1
    assert speaker.pid != pid


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_process_that_falls_silent_is_ended_and_started_again(tmp_path):
    speaker = Pyttsx3Speaker(patience=1.5)
    with contextlib.closing(speaker):
        speaker.speak(LINE, PLAIN, tmp_path / "x.wav", Cancel())
        os.kill(speaker.pid, signal.SIGSTOP)
        with pytest.raises(SpeechError, match="did not answer and was ended"):
            speaker.speak(LINE, PLAIN, tmp_path / "y.wav", Cancel())
        assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
        # Longer than the patience in all, but with a sign of life after each piece.
        assert speaker.speak(LONG * 3, PLAIN, tmp_path / "y.wav", Cancel()) > 1800


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_process_that_dies_in_mid_speech_is_a_sentence_and_the_next_text_is_spoken(speaker, tmp_path):
    out = tmp_path / "x.wav"
    speaker.speak(LINE, PLAIN, out, Cancel())
    out.unlink()
    for death in (signal.SIGKILL, signal.SIGSEGV):
        pid = speaker.pid
        threading.Timer(0.4, os.kill, (pid, death)).start()
        with pytest.raises(SpeechError, match="The voice stopped"):
            speaker.speak(LONG * 5, PLAIN, out, Cancel())
        assert list(tmp_path.iterdir()) == []
        assert speaker.speak(LINE, PLAIN, out, Cancel()) > 1
        assert speaker.pid != pid
        out.unlink()


def test_two_who_ask_at_once_are_served_one_after_the_other(speaker, tmp_path):
    lengths = []
    threads = [
        threading.Thread(
            target=lambda n=n: lengths.append(
                speaker.speak(LINE * 20, PLAIN, tmp_path / f"{n}.wav", Cancel())
            )
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lengths) == 4
    assert max(lengths) - min(lengths) < 0.1 * min(lengths)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.wav", "1.wav", "2.wav", "3.wav"]


def without(package, tmp_path, monkeypatch):
    """Let the child find a package that cannot be imported, as if it were not installed."""
    (tmp_path / f"{package}.py").write_text(f"raise ImportError('No module named {package}')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_without_pyttsx3_the_sentence_says_what_to_install(speaker, tmp_path, monkeypatch):
    without("pyttsx3", tmp_path, monkeypatch)
    with pytest.raises(SpeechError, match="pip install pyttsx3"):
        speaker.voices()
    monkeypatch.delenv("PYTHONPATH")
    speaker.close()
    assert speaker.voices()


@pytest.mark.skipif(
    bool(ctypes.util.find_library("espeak-ng") or ctypes.util.find_library("espeak")),
    reason="eSpeak is installed",
)
def test_without_espeak_the_sentence_says_what_to_install(speaker, tmp_path, monkeypatch):
    without("espeakng_loader", tmp_path, monkeypatch)
    with pytest.raises(SpeechError, match="pip install espeakng-loader"):
        speaker.speak(LINE, PLAIN, tmp_path / "x.wav", Cancel())
    assert not (tmp_path / "x.wav").exists()


def test_the_window_s_process_never_loads_the_speaking_library(speaker, tmp_path):
    speaker.speak(LINE, PLAIN, tmp_path / "x.wav", Cancel())
    assert "pyttsx3" not in sys.modules
    assert speaker.pid not in (None, os.getpid())

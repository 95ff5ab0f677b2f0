"""What stands in the cache is used and never wrong: slots, saved states, alternatives, scores, adapters.

The models are tiny and real: random weights in a real child, so that every token depends on the whole prompt.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from charstudio.engines import Figures, LlamaEngine, Piece, Setup, states_folder
from charstudio.engines.states import States
from charstudio.errors import Cancel, EngineError
from charstudio.model import Adapter, ChatMessage, Part, Prompt, Sampling
from tests.tiny_model import adapter, control_vector, tiny_chat

GREEDY = Sampling(temperature=0.0, max_tokens=12, seed=1)
# Only letters that stand for themselves: an id that is half a letter has no words to be told from.
STRANGE = tuple((n, -1000.0) for n in (0, 3, 4, *range(5, 261)))
# Few candidates: what differs by a rounding error must not differ in the word that is drawn.
WARM = Sampling(temperature=0.7, top_k=3, top_p=1.0, min_p=0.0, max_tokens=12, seed=5, logit_bias=STRANGE)
SHEET = "Jane Marlow keeps the light on Carrow. She was born in Leith and fears deep water. " * 4


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_chat(tmp_path_factory.mktemp("tiny") / "tiny.gguf", template="")


@pytest.fixture(scope="module")
def other_model(tmp_path_factory):
    return tiny_chat(tmp_path_factory.mktemp("tiny") / "other.gguf", template="", seed=2)


@pytest.fixture
def opened(model, home):
    engines = []

    def open_(**more):
        engine = LlamaEngine(more.pop("path", model), Setup(threads=1, context=1500, **more))
        engines.append(engine)
        return engine

    yield open_
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(opened):
    return opened()


def talk(*said, slot="", who=SHEET, **more) -> Prompt:
    parts = [Part("who", who)]
    for n, text in enumerate(said):
        name = "Jane" if n % 2 else "Visitor"
        parts.append(Part("history" if n < len(said) - 1 else "message", f"\n\n{name}: {text}"))
    parts.append(Part("message", "\nJane:"))
    return Prompt((), "".join(p.text for p in parts), (), (), tuple(parts), slot, **more)


def ask(engine, prompt, sampling=GREEDY):
    events = list(engine.stream(prompt, sampling, Cancel()))
    texts: dict[int, str] = {}
    for event in events:
        if isinstance(event, Piece):
            texts[event.branch] = texts.get(event.branch, "") + event.text
    figures = [e for e in events if isinstance(e, Figures)]
    return texts, figures


class TestSlots:
    def test_two_talks_in_turns_keep_their_places_and_answer_as_if_alone(self, engine, opened):
        one, two = talk("Hello.", slot="t1", who="A " + SHEET), talk("Good day.", slot="t2", who="B " + SHEET)
        alone = [ask(opened(keep_states=False), p)[0] for p in (one, two)]
        ask(engine, one), ask(engine, two)
        texts_one, (figures_one,) = ask(engine, one)
        texts_two, (figures_two,) = ask(engine, two)
        assert [texts_one, texts_two] == alone
        for figures in (figures_one, figures_two):
            assert figures.cached_tokens == figures.prompt_tokens - 1

    def test_a_new_talk_begins_with_the_sheet_already_read(self, engine):
        ask(engine, talk("Hello.", slot="t1"))
        _texts, (figures,) = ask(engine, talk("Who is there?", slot="t2"))
        sheet = figures.sections[0]
        assert sheet["section"] == "who"
        assert sheet["cached"] == sheet["tokens"] > 100

    def test_the_tokens_of_a_reply_are_not_read_again(self, engine):
        first = talk("Hello.", slot="t1")
        texts, (figures,) = ask(engine, first, WARM)
        parts = (
            *first.transcript,
            Part("history", f" {texts[0].strip()}", figures.ids),
            Part("message", "\n\nVisitor: And then?\nJane:"),
        )
        second = replace(first, transcript=parts, flat="".join(p.text for p in parts))
        _texts, (again,) = ask(engine, second)
        # the last token drawn was never read: nothing came after it
        assert again.cached_tokens >= figures.prompt_tokens + figures.tokens - 1

    def test_an_edited_reply_is_read_from_the_changed_word_on(self, engine):
        first = talk("Hello.", slot="t1")
        _texts, (figures,) = ask(engine, first, WARM)
        parts = (
            *first.transcript,
            Part("history", " Something else.", figures.ids),
            Part("message", "\nJane:"),
        )
        changed = replace(first, transcript=parts, flat="".join(p.text for p in parts))
        plain = replace(changed, transcript=tuple(replace(p, ids=()) for p in parts), slot="")
        assert ask(engine, changed)[0] == ask(engine, plain)[0]

    def test_what_broke_the_cache_is_named(self, engine):
        ask(engine, talk("Hello.", "Yes?", "Who are you?", slot="t1"))
        changed = talk("Hello.", "No.", "Who are you?", slot="t1")
        _texts, (figures,) = ask(engine, changed)
        assert figures.broken_by == "history"
        _texts, (again,) = ask(engine, changed)
        assert again.broken_by == ""

    def test_a_prompt_read_ahead_is_not_read_again_and_makes_way(self, engine):
        engine.describe()
        prompt = talk("Hello.", slot="t1")
        engine.read_ahead(prompt)
        engine.settle()
        _texts, (figures,) = ask(engine, prompt)
        assert figures.cached_tokens == figures.prompt_tokens - 1
        engine.read_ahead(talk("Good day.", slot="t1", who=SHEET[::-1] * 3))
        texts, _figures = ask(engine, prompt)  # does not wait until all of that is read
        assert texts[0]

    def test_more_talks_than_the_cache_holds_all_go_on(self, opened, home):
        small = opened()
        prompts = [talk("Hello.", slot=f"t{n}", who=f"{n} " + SHEET * 3) for n in range(14)]
        first = [ask(small, p)[0] for p in prompts]
        assert [ask(small, p)[0] for p in prompts] == first

    def test_a_prompt_beyond_the_context_is_a_sentence(self, engine):
        with pytest.raises(EngineError, match="shorten the sheet"):
            ask(engine, talk("Hello.", who=SHEET * 10))
        assert ask(engine, talk("Hello."))[0]


class TestInspection:
    def test_what_is_shown_as_known_is_what_is_not_read_again(self, engine):
        first = talk("Hello.", slot="t1")
        assert not any(s.cached for s in engine.inspect(first))
        ask(engine, first)
        longer = talk("Hello.", "Yes.", "What now?", slot="t1")
        shown = engine.inspect(longer)
        _texts, (figures,) = ask(engine, longer)
        assert sum(s.tokens for s in shown) == figures.prompt_tokens
        assert sum(s.tokens for s in shown if s.cached) == figures.cached_tokens > 0
        assert "".join(s.text for s in shown).removeprefix("<s>") == longer.flat

    def test_a_saved_talk_is_shown_as_known_after_a_restart(self, opened):
        prompt = talk("Hello.", slot="t1")
        first = opened()
        ask(first, prompt)
        first.close()
        assert sum(not s.cached for s in opened().inspect(prompt)) == 1

    def test_a_template_is_shown_with_its_control_words(self, opened, tmp_path):
        model = tiny_chat(tmp_path / "chat.gguf")
        chat = replace(talk("Hello."), messages=(ChatMessage("user", "Hello <end_of_turn>"),))
        shown = opened(path=model).inspect(chat)
        assert {s.section for s in shown} == {"template", "message"}
        assert any("<start_of_turn>" in s.text for s in shown if s.section == "template")


class TestStates:
    def test_a_talk_goes_on_after_a_restart_without_reading(self, opened):
        first = opened()
        prompt = talk("Hello.", slot="t1")
        texts, _figures = ask(first, prompt)
        first.close()
        again, (figures,) = ask(opened(), prompt)
        assert again == texts
        assert figures.cached_tokens == figures.prompt_tokens - 1

    def test_a_damaged_state_is_read_anew(self, opened):
        first = opened()
        prompt = talk("Hello.", slot="t1")
        texts, _figures = ask(first, prompt)
        first.close()
        (state,) = states_folder().glob("*.kv")
        body = bytearray(state.read_bytes())
        body[len(body) // 2] ^= 0xFF
        state.write_bytes(bytes(body))
        again, (figures,) = ask(opened(), prompt)
        assert again == texts
        assert figures.cached_tokens == 0

    def test_a_state_cut_off_is_read_anew(self, opened):
        first = opened()
        prompt = talk("Hello.", slot="t1")
        texts, _figures = ask(first, prompt)
        first.close()
        (state,) = states_folder().glob("*.kv")
        state.write_bytes(state.read_bytes()[:1000])
        assert ask(opened(), prompt)[0] == texts

    def test_another_model_does_not_take_a_state_that_is_not_its_own(self, opened, other_model):
        first = opened()
        prompt = talk("Hello.", slot="t1")
        ask(first, prompt)
        first.close()
        _texts, (figures,) = ask(opened(path=other_model), prompt)
        assert figures.cached_tokens == 0

    def test_a_deleted_talk_leaves_nothing(self, opened):
        first = opened()
        ask(first, talk("Hello.", slot="t1"))
        ask(first, talk("Hello.", slot="t12"))
        first.park()
        assert len(list(states_folder().glob("t1.*"))) == 2
        first.forget("t1")
        first.close()
        assert not list(states_folder().glob("t1.*"))
        assert list(states_folder().glob("t12.*"))

    def test_the_folder_stays_below_its_limit_and_keeps_the_newest(self, tmp_path):
        states = States(tmp_path, "model", limit=5000)

        def write(path):
            with open(path, "wb") as file:
                file.write(b"x" * 2000)
            return True

        for n in range(5):
            assert states.keep(f"t{n}", [1, 2, 3], write)
        assert sorted(p.name.split(".")[0] for p in tmp_path.glob("*.kv")) == ["t3", "t4"]
        assert states.peek("t4") == [1, 2, 3]
        assert states.peek("t0") == []

    def test_a_full_disk_keeps_no_state_and_hurts_nobody(self, tmp_path):
        states = States(tmp_path, "model", limit=1000)

        def write(path):
            raise OSError(28, "No space left on device")

        assert not states.keep("t1", [1], write)
        assert list(tmp_path.iterdir()) == []


class TestAlternatives:
    def test_four_at_once_are_what_they_would_be_one_by_one(self, engine, opened):
        prompt = talk("Hello.")
        together, figures = ask(engine, prompt, replace(WARM, n=4))
        alone = opened(keep_states=False)
        apart = [ask(alone, prompt, replace(WARM, seed=5 + n))[0][0] for n in range(4)]
        assert [together[n] for n in range(4)] == apart
        assert len(set(apart)) == 4
        assert [f.branch for f in figures] == [0, 1, 2, 3]
        assert [f.seed for f in figures] == [5, 6, 7, 8]

    def test_the_next_turn_goes_on_from_whichever_was_chosen(self, engine):
        first = talk("Hello.", slot="t1")
        texts, figures = ask(engine, first, replace(WARM, n=3))
        for n in (2, 0, 1):
            parts = (
                *first.transcript,
                Part("history", f" {texts[n].strip()}", figures[n].ids),
                Part("message", "\n\nVisitor: And then?\nJane:"),
            )
            prompt = replace(first, transcript=parts, flat="".join(p.text for p in parts))
            _texts, (again,) = ask(engine, prompt)
            assert again.cached_tokens >= figures[n].prompt_tokens + figures[n].tokens - 1

    def test_too_many_at_once_are_a_sentence(self, engine):
        with pytest.raises(EngineError, match="fewer alternatives"):
            ask(engine, talk("Hello."), replace(WARM, n=64))
        assert ask(engine, talk("Hello."))[0]


class TestScores:
    OPTIONS = ("to keep the ships safe", "revenge", "to be forgiven")

    def test_a_score_is_the_log_probability_of_the_tokens(self, engine, model):
        import llama_cpp
        import numpy as np

        prompt = talk("What do you want?")
        found = engine.score(prompt, self.OPTIONS, Cancel(), orders=2)
        peer = llama_cpp.Llama(str(model), n_ctx=1500, logits_all=True, verbose=False)
        means = []
        for option in self.OPTIONS:
            each = []
            for order in (self.OPTIONS, self.OPTIONS[::-1]):
                told = f"\n(One of these: {'; '.join(order)}.)"
                text = prompt.flat[: -len("\nJane:")] + told + "\nJane:"
                before = peer.tokenize(text.encode(), special=False)
                after = peer.tokenize(f" {option}".encode(), add_bos=False, special=False)
                peer.reset()
                peer.eval([*before, *after])
                scores = np.asarray(peer.scores[len(before) - 1 : len(before) + len(after) - 1], np.float64)
                shares = scores - np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True))
                shares -= scores.max(1, keepdims=True)
                each.append(np.mean([row[token] for row, token in zip(shares, after, strict=True)]))
            means.append(sum(each) / 2)
        peer.close()
        assert found == pytest.approx(means, abs=2e-3)
        assert all(math.isfinite(score) and score < 0 for score in found)

    def test_an_empty_option_is_a_sentence(self, engine):
        with pytest.raises(EngineError, match="option is empty"):
            engine.score(talk("What?"), ("", ""), Cancel())

    def test_a_model_with_a_template_scores_too(self, home, tmp_path):
        engine = LlamaEngine(tiny_chat(tmp_path / "chat.gguf"), Setup(threads=1))
        prompt = replace(talk("What?"), messages=(ChatMessage("user", "What?"),))
        assert len(engine.score(prompt, ("yes", "no"), Cancel())) == 2
        engine.close()


class TestShapes:
    def test_a_reply_held_to_a_schema_is_json(self, engine):
        schema = {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 12}, "old": {"type": "boolean"}},
            "required": ["name", "old"],
        }
        wild = replace(WARM, logit_bias=(), top_k=0, temperature=1.0, max_tokens=200, schema=schema)
        for seed in range(4):
            texts, (figures,) = ask(engine, talk("Who?"), replace(wild, seed=seed))
            body = json.loads(texts[0])
            assert set(body) == {"name", "old"}
            assert figures.stopped_by == "end"

    @pytest.mark.parametrize(
        ("grammar", "words"),
        [
            ('root ::= "a" undefined_rule', "does not work"),
            ('root ::= root "a" | "a"', "left recursion"),
            ("root ::= (", "does not work"),
            ('rot ::= "a"', "root"),
            ("", ""),
            ("root ::= [^\\x00-\\U7FFFFFFF]", "no word to write"),
            ('root ::= "a"' + "(" * 3000 + ")" * 3000, "too deeply"),
            ('root ::= "' + "a" * 300_000 + '"', "too long"),
            ("root ::= \0", "NUL"),
        ],
    )
    def test_a_bad_grammar_is_a_sentence_and_the_model_lives(self, engine, grammar, words):
        if grammar:
            with pytest.raises(EngineError, match=words):
                ask(engine, talk("Hello."), replace(WARM, grammar=grammar))
        assert ask(engine, talk("Hello."))[0]

    def test_a_grammar_is_kept_to_even_where_no_likely_word_fits(self, engine):
        texts, _figures = ask(
            engine, talk("Hello."), replace(WARM, top_k=1, grammar='root ::= "zq" [0-9] "ü"')
        )
        assert texts[0][:2] == "zq"
        assert texts[0][2].isdigit()
        assert texts[0][3:] == "ü"

    @pytest.mark.parametrize(
        "schema",
        [
            {"$ref": "https://example.org/schema.json"},
            {"$ref": "#/nowhere"},
            {"type": "nonsense"},
            {"type": "string", "pattern": "(("},
            {"properties": {"a" * 70_000: {}}},
        ],
    )
    def test_a_bad_schema_is_a_sentence(self, engine, schema):
        with pytest.raises(EngineError, match=r"JSON schema|grammar"):
            ask(engine, talk("Hello."), replace(WARM, schema=schema))


class TestSamplers:
    def drawn(self, engine, **how):
        return ask(engine, talk("Hello."), replace(WARM, max_tokens=24, **how))[0].get(0, "")

    def test_the_same_seed_draws_the_same_words(self, engine):
        assert self.drawn(engine, seed=3) == self.drawn(engine, seed=3)
        assert self.drawn(engine, seed=3) != self.drawn(engine, seed=4)

    def test_a_forbidden_letter_never_comes(self, engine):
        letters = set(self.drawn(engine, temperature=1.0, seed=3, logit_bias=STRANGE))
        ban = (*STRANGE, *((letter, -1000.0) for letter in letters))
        assert letters
        assert not letters & set(self.drawn(engine, temperature=1.0, seed=3, logit_bias=ban))

    def test_penalties_see_the_prompt(self, engine):
        prompt = talk("zzzzzzzzzz" * 8)
        how = replace(WARM, top_k=0, presence_penalty=100.0, max_tokens=16)
        seen, _figures = ask(engine, prompt, replace(how, penalty_last=1000))
        assert not set("Visitorz Jan") & set(seen[0])

    def test_every_sampler_is_taken_and_an_unknown_one_is_told(self, engine):
        how = replace(
            WARM, typical_p=0.9, xtc_probability=0.5, dry_multiplier=0.8, repeat_penalty=1.1,
            frequency_penalty=0.1, order=("temperature", "min_p", "xtc", "dry", "penalties", "typical", "top_p"),
        )  # fmt: skip
        assert ask(engine, talk("Hello."), how)[0]
        with pytest.raises(EngineError, match="no sampler “mirostat”"):
            ask(engine, talk("Hello."), replace(WARM, order=("mirostat",)))
        with pytest.raises(EngineError, match="not one token"):
            ask(engine, talk("Hello."), replace(WARM, logit_bias=(("two words", 1.0),)))


class TestAdapters:
    @pytest.fixture
    def lora(self, tmp_path):
        return str(adapter(tmp_path / "lora.gguf"))

    @pytest.fixture
    def vector(self, tmp_path):
        return str(control_vector(tmp_path / "vector.gguf"))

    @pytest.mark.parametrize("kind", ["lora", "vector"])
    def test_an_adapter_changes_the_words_shares_no_cache_and_comes_off_again(self, engine, kind, request):
        path = request.getfixturevalue(kind)
        plain = talk("Hello.", slot="t1")
        worn = replace(plain, adapters=(Adapter(kind, path, 6.0),))
        weak = replace(plain, adapters=(Adapter(kind, path, 0.5),))
        texts, _figures = ask(engine, plain)
        changed, (figures,) = ask(engine, worn)
        assert changed != texts
        assert figures.cached_tokens == 0
        assert ask(engine, weak)[1][0].cached_tokens == 0
        assert ask(engine, plain)[0] == texts

    def test_the_place_of_a_talk_with_an_adapter_outlives_a_restart(self, opened, lora, tmp_path):
        worn = talk("Hello.", slot="t1", adapters=(Adapter("lora", lora, 6.0),))
        first = opened()
        texts, _figures = ask(first, worn)
        first.close()
        again, (figures,) = ask(opened(), worn)
        assert again == texts
        assert figures.cached_tokens == figures.prompt_tokens - 1
        weak = replace(worn, adapters=(Adapter("lora", lora, 0.5),))
        assert ask(opened(), weak)[1][0].cached_tokens == 0
        assert ask(opened(), replace(worn, adapters=()))[1][0].cached_tokens == 0

    def test_a_deleted_talk_leaves_no_state_with_adapters_either(self, opened, lora):
        first = opened()
        ask(first, talk("Hello.", slot="t1", adapters=(Adapter("lora", lora, 6.0),)))
        first.park()
        assert list(states_folder().glob("t1*"))
        first.forget("t1")
        first.close()
        assert not list(states_folder().glob("t1*"))

    def test_a_file_that_is_no_adapter_is_a_sentence_and_nothing_changes(
        self, engine, lora, vector, model, tmp_path
    ):
        texts, _figures = ask(engine, talk("Hello."))
        wide = str(control_vector(tmp_path / "wide.gguf", width=128))
        for kind, path, words in (
            ("lora", vector, "does not fit"),
            ("lora", str(model), "does not fit"),
            ("lora", str(tmp_path / "none.gguf"), "no adapter file"),
            ("vector", lora, "no directions"),
            ("vector", wide, "another model"),
            ("vector", __file__, "no control vector"),
        ):
            with pytest.raises(EngineError, match=words):
                ask(engine, talk("Hello.", adapters=(Adapter(kind, path),)))
        assert ask(engine, talk("Hello."))[0] == texts

"""What a model reads, in the order in which it changes least first; pure text in, pure text out.

The same prompt exists twice: as chat messages for models with a template, and as a transcript with both
names as stop strings for base models, where the sheet is told as earlier turns of the dialogue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from charstudio.i18n import _
from charstudio.model import Adapter, ChatMessage, Message, Part, Prompt, Section, Value
from charstudio.sheet import Attribute
from charstudio.talk.persona import Persona, Told, echoed, tell

Count = Callable[[Sequence[str]], list[int]]

WHO_SHARE = 0.5  # of the context at most for who the character is
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Moment:
    """What a turn brings along: values the message touches, memories that came back."""

    values: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As it is kept beside the message; empty text when there is nothing."""
        if not self.values and not self.memories:
            return ""
        return json.dumps({"values": self.values, "memories": self.memories}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Moment:
        """Read back; junk is nothing."""
        try:
            body = json.loads(text) if text else {}
            return (
                Moment(tuple(map(str, body["values"])), tuple(map(str, body["memories"])))
                if body
                else Moment()
            )
        except (ValueError, KeyError, TypeError):
            return Moment()


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything one prompt is made of."""

    persona: Persona
    user: str
    history: tuple[Message, ...]
    note: str = ""
    slot: str = ""  # whose place in the model's cache this continues
    mark: str = ""  # of the model that reads: token ids of other models mean nothing to it
    adapters: tuple[Adapter, ...] = ()
    strict: bool = False  # answers come from the sheet alone


def label(name: str, otherwise: str) -> str:
    """A name as it stands before a colon: one line, not endless, never empty."""
    line = " ".join(re.sub(r"[:\x00-\x1f]", " ", name).split())
    return line[:LONGEST_LABEL].strip() or otherwise


def build(scene: Scene, count: Count | None = None, context: int = 4096) -> Prompt:
    """Both forms of the prompt, with its sections; tokens are counted if `count` is given."""
    persona = scene.persona
    char, user = names(scene)
    budget = int(context * WHO_SHARE)
    facts = _fitting(flat_facts(persona, char, user), count, budget)
    who = _fitting(who_lines(persona), count, budget)
    examples = _examples(persona, char, user)
    if scene.strict:
        facts = [*facts, *(turn(t, char, user) for t in persona.unknown())]
    rules = _rules(persona, user, strict=scene.strict)
    system = [Part("who", "\n".join(filter(None, [rules, *who])))]
    if examples:
        system.append(Part("examples", "\n\n" + _("How {name} talks:", name=char) + "\n" + examples))
    transcript = _flat(scene, facts, examples)
    prompt = Prompt(
        messages=(_chat_message("system", system), *_chat(scene)),
        flat="".join(part.text for part in transcript),
        stops=_stops(char, user),
        sections=_sections(scene, (rules, *who), examples),
        transcript=transcript,
        slot=scene.slot,
        adapters=scene.adapters,
    )
    return counted(prompt, count) if count else prompt


def ahead(prompt: Prompt) -> Prompt:
    """What of a prompt can be read before the writer's next message: all but who speaks next."""
    transcript = prompt.transcript[:-1]
    return replace(prompt, transcript=transcript, flat="".join(part.text for part in transcript))


def names(scene: Scene) -> tuple[str, str]:
    """The two names of a transcript, never the same."""
    char = label(scene.persona.called, "Voice")
    user = label(scene.user, "Writer")
    if user.casefold() == char.casefold():
        user = f"{user[: LONGEST_LABEL - 8]} (writer)"
    return char, user


def counted(prompt: Prompt, count: Count) -> Prompt:
    """The prompt with the tokens of each section."""
    tokens = count([s.text for s in prompt.sections])
    return replace(
        prompt,
        sections=tuple(replace(s, tokens=n) for s, n in zip(prompt.sections, tokens, strict=True)),
    )


def who_lines(persona: Persona) -> list[str]:
    """Who the character is, for models that read instructions."""
    lines = [persona.prose.description, persona.prose.personality]
    if persona.prose.scenario:
        lines.append(_("Where this takes place: {scenario}", scenario=persona.prose.scenario))
    lines += [t.echo for t in persona.told()]
    private = [_line(a, v) for a, v in persona.values("private")]
    if any(private):
        lines.append(_("You protect the following. Dodge first; admit it only when pressed hard, if at all:"))
        lines += [f"- {line}" for line in private if line]
    blind = [_line(a, v) for a, v in persona.values("blind")]
    if any(blind):
        lines.append(
            _("What follows drives you without your knowing. Act from it; never say it, never admit it:")
        )
        lines += [f"- {line}" for line in blind if line]
    return [line for line in lines if line.strip()]


def flat_facts(persona: Persona, char: str, user: str) -> list[str]:
    """Who the character is as earlier turns of dialogue, for base models."""
    intro = [persona.prose.description, persona.prose.personality, persona.prose.scenario]
    turns = [turn(t, char, user) for t in (*persona.told(), *persona.dodged())]
    turns += [
        f"{user}: …\n{char}: {line.text.strip(chr(34) + '“”')}"
        for line in persona.sheet.of("sample_line")
        if line.know == "open"
    ]
    return [text.strip() for text in (*intro, *turns) if text.strip()]


def turn(told: Told, char: str, user: str) -> str:
    """A value as a question and an answer."""
    return f"{user}: {told.ask}\n{char}: {told.echo}"


def pick_moment(persona: Persona, message: str, recalled: Sequence[str], recent: Sequence[Message]) -> Moment:
    """What this turn should bring: no memory that the model still reads, no value of the last few turns."""
    shown = [Moment.from_json(m.moment) for m in recent]
    values = {v for moment in shown[-8:] for v in moment.values}
    memories = {m for moment in shown for m in moment.memories}
    said = {m.body.strip() for m in recent}
    return Moment(
        tuple(t.attribute for t in persona.touched(message) if t.attribute not in values),
        tuple(m for m in recalled if m not in memories and m.strip() not in said),
    )


def _rules(persona: Persona, user: str, *, strict: bool) -> str:
    name = persona.full_name or persona.called
    own = f"{_own_rules(name, user)} {_mode_rule(strict=strict)}"
    if not persona.prose.system:
        return own
    if "{{original}}" in persona.prose.system or not strict:
        return persona.prose.system.replace("{{original}}", own)
    return f"{persona.prose.system}\n{_mode_rule(strict=True)}"


def _own_rules(name: str, user: str) -> str:
    if not name:
        return _(
            "You are a voice that is becoming a character of fiction. Answer in the first person, in one to "
            "four sentences. You talk with {user}.",
            user=user,
        )
    return _(
        "You are {name}, a character of fiction, and you talk with {user}. Stay in character. Answer in the "
        "first person, in one to four sentences.",
        name=name[:200],
        user=user,
    )


def _mode_rule(*, strict: bool) -> str:
    """Whether the character may invent: the one sentence that the switch of a talk changes."""
    if strict:
        return _(
            "You know of yourself only what stands here and what was said in this talk. Make nothing up: "
            "what you were not told you do not know, and then you say so in your own way."
        )
    return _(
        "What nobody told you about yourself you may make up when you are asked, as a plain fact in your own "
        "words; nothing you say contradicts what stands here."
    )


def _line(attribute: Attribute, values: Sequence[Value]) -> str:
    texts = [v.text for v in values if v.state == "set"]
    return echoed(attribute, texts) if texts else ""


def _examples(persona: Persona, char: str, user: str) -> str:
    text = re.sub(r"(?im)^\s*<start>\s*$", "", persona.prose.examples).strip()
    return re.sub(r"\n{2,}", "\n", text)


def _stops(char: str, user: str) -> tuple[str, ...]:
    return (f"\n{user}:", f"\n{char}:", "\n\n")


def _flat(scene: Scene, facts: Sequence[str], examples: str) -> tuple[Part, ...]:
    char, user = names(scene)
    name = label(scene.persona.full_name, char)
    opening = _(
        "{name} talks with {user}. {char} answers as {char}, in a few sentences.",
        name=name,
        user=user,
        char=char,
    )
    parts = [Part("who", "\n\n".join([opening, *facts]))]
    if examples:
        parts.append(Part("examples", f"\n\n{examples}"))
    last = len(scene.history) - 1
    for n, message in enumerate(scene.history):
        section = "moment" if n == last else "history"
        before = _moment_blocks(scene, message, char, user)
        parts += [Part(section, f"\n\n{block}") for block in before]
        if n == last and scene.note:
            parts.append(Part("note", f"\n\n({_one_paragraph(scene.note)})"))
        # An exchange is one block, as in the facts above: an answer follows its question at once.
        lead = "\n" if message.role == "character" and n else "\n\n"
        parts += _flat_parts(scene, message, lead, "message" if n == last else "history")
    return (*parts, Part("message", f"\n{char}:"))


def _flat_parts(scene: Scene, message: Message, lead: str, section: str) -> list[Part]:
    """A message as it stands in a transcript; a reply keeps the ids it was written with."""
    char, user = names(scene)
    if message.role != "character":
        return [Part(section, lead + _flat_line(message, char, user))]
    return [
        Part(section, f"{lead}{char}:"),
        Part(section, f" {_reply_text(message.body, _stops(char, user))}", _ids(scene, message)),
    ]


def _ids(scene: Scene, message: Message) -> tuple[int, ...]:
    return message.ids if scene.mark and message.ids_of == scene.mark else ()


def _reply_text(body: str, stops: Sequence[str]) -> str:
    """A reply as it was written, unless something in it would end a turn of the transcript."""
    return _one_paragraph(body) if any(stop in body for stop in stops) else body.strip()


def _flat_line(message: Message, char: str, user: str) -> str:
    if message.role == "narrator":
        return f"({_one_paragraph(message.body)})"
    if message.role == "character":
        return f"{char}: {_reply_text(message.body, _stops(char, user))}"
    return f"{user}: {_one_paragraph(message.body)}"


def _moment_blocks(scene: Scene, message: Message, char: str, user: str) -> list[str]:
    moment = Moment.from_json(message.moment)
    blocks = [
        f"({_('{name} remembers: {what}', name=char, what=_one_paragraph(m))})" for m in moment.memories
    ]
    return blocks + [turn(t, char, user) for t in _still(scene.persona, moment)]


def _still(persona: Persona, moment: Moment) -> list[Told]:
    """The values of a moment as they are now: what was changed since is told as it is today."""
    found = []
    for attribute in moment.values:
        values = [v for v in persona.sheet.values if v.attribute == attribute and v.know == "open"]
        told = tell(persona.schema.attributes[attribute], values) if values else None
        if told:
            found.append(told)
    return found


def _chat(scene: Scene) -> list[ChatMessage]:
    char, _user = names(scene)
    turns: list[tuple[Literal["user", "assistant"], list[Part]]] = []
    last = len(scene.history) - 1
    for n, message in enumerate(scene.history):
        role: Literal["user", "assistant"] = "assistant" if message.role == "character" else "user"
        parts = _chat_parts(scene, message, char, is_last=n == last)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend([Part(parts[0].section, "\n\n"), *parts])
        else:
            turns.append((role, parts))
    if turns and turns[0][0] == "assistant":
        turns.insert(0, ("user", [Part("history", "…")]))
    return [_chat_message(role, parts) for role, parts in turns]


def _chat_parts(scene: Scene, message: Message, char: str, *, is_last: bool) -> list[Part]:
    section = "message" if is_last else "history"
    if message.role == "character":
        return [Part(section, message.body, _ids(scene, message))]
    moment = _chat_moment(scene.persona, message, char)
    parts = [Part("moment" if is_last else "history", f"[{text}]\n") for text in moment]
    if is_last:
        extra = (scene.note, scene.persona.prose.after)
        parts += [Part("note", f"[{text}]\n") for text in extra if text]
    body = f"({message.body})" if message.role == "narrator" else message.body
    return [*parts, Part(section, body)]


def _chat_message(role: Literal["system", "user", "assistant"], parts: Sequence[Part]) -> ChatMessage:
    return ChatMessage(role, "".join(part.text for part in parts), tuple(parts))


def _chat_moment(persona: Persona, message: Message, char: str) -> list[str]:
    moment = Moment.from_json(message.moment)
    lines = [_("{name} remembers: {what}", name=char, what=m) for m in moment.memories]
    still = " ".join(t.echo for t in _still(persona, moment))
    return [*lines, *([still] if still else [])]


def _fitting(lines: list[str], count: Count | None, budget: int) -> list[str]:
    """As many lines from the front as the budget allows, measured in tokens (or letters without a model)."""
    tokens = count(lines) if count and lines else [len(line) // 3 + 1 for line in lines]
    kept, used = [], 0
    for line, cost in zip(lines, tokens, strict=True):
        if used + cost <= budget:
            kept.append(line)
            used += cost + 2
    return kept


def _one_paragraph(text: str) -> str:
    """A transcript ends a turn at a blank line, so a turn itself has none."""
    return re.sub(r"\s*\n\s*", " ", text).strip()


def _sections(scene: Scene, who: Sequence[str], examples: str) -> tuple[Section, ...]:
    char, user = names(scene)
    history = [_flat_line(m, char, user) for m in scene.history[:-1]]
    earlier = [b for m in scene.history[:-1] for b in _moment_blocks(scene, m, char, user)]
    last = scene.history[-1:]
    found = (
        Section("who", _("Who {name} is", name=char), "\n".join(line for line in who if line)),
        Section("examples", _("Example lines"), examples),
        Section("history", _("History"), "\n\n".join([*earlier, *history])),
        Section(
            "moment",
            _("This moment"),
            "\n\n".join(b for m in last for b in _moment_blocks(scene, m, char, user)),
        ),
        Section("note", _("Author’s note"), scene.note),
        Section("message", _("The last message"), "".join(_flat_line(m, char, user) for m in last)),
    )
    return tuple(s for s in found if s.text)

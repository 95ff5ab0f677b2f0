"""The nouns of the studio as plain values: what a character, a value, a talk and a prompt are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Know = Literal["open", "private", "blind", "author"]
State = Literal["set", "none", "na"]
Op = Literal["set", "add", "remove", "clear"]
Role = Literal["writer", "character", "narrator"]
Origin = Literal["kept", "noticed", "card"]
Decision = Literal["waiting", "later", "kept", "refused"]
MessageState = Literal["writing", "done", "stopped", "failed"]

KNOW_LEVELS: tuple[Know, ...] = ("open", "private", "blind", "author")
ALWAYS = 0  # the stage of a change that is to hold from the beginning, whatever stage is in view


@dataclass(frozen=True, slots=True)
class Value:
    """One thing decided about a character, in the character's first person.

    `state` is `set`, `none` ("You have no siblings") or `na` (does not apply); only `set` has text.
    With `other_id` the value is a relation to that character. `source` says where it came from:
    guided, form, suggested, talk, card, import, command. It holds from the stage `stage_id` until the next
    that sets the attribute; without a stage it always does.
    """

    attribute: str
    text: str
    know: Know = "open"
    source: str = "form"
    locked: bool = False
    state: State = "set"
    other_id: int | None = None
    feeling: str = ""
    source_ref: str = ""
    id: int | None = None
    stage_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A point in a character's arc; stages are ordered by `position`."""

    id: int
    character_id: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one attribute; `know`, `locked` and `feeling` stay as they are when None.

    It touches the values of the stage `stage_id` alone, of no stage with `ALWAYS`. None leaves that to where
    the writer stands (`Sheet.placed`).
    """

    attribute: str
    value: str = ""
    op: Op = "set"
    know: Know | None = None
    locked: bool | None = None
    state: State = "set"
    other_id: int | None = None
    source_ref: str = ""
    feeling: str | None = None
    stage_id: int | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """A small file that changes how a model speaks: a LoRA, or a control vector; strength 1 is as made."""

    kind: Literal["lora", "vector"]
    path: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Character:
    """One invented person as the library lists it; the sheet is kept apart."""

    id: int
    name: str
    colour: str
    called: str = ""
    picture_id: int | None = None
    voice: dict[str, Any] = field(default_factory=dict)
    adapters: tuple[Adapter, ...] = ()
    created: str = ""
    updated: str = ""
    deleted: bool = False
    values: int = 0
    line: str = ""
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation; `head_id` is the last message of the branch in view.

    `from_id` is the first message that still goes to the model (older ones were cut in chunks).
    A `strict` talk answers from the sheet alone; else the character may invent.
    """

    id: int
    character_id: int
    title: str
    head_id: int | None = None
    from_id: int | None = None
    note: str = ""
    draft: str = ""
    created: str = ""
    updated: str = ""
    stage_id: int | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One utterance in the tree of a talk; siblings are swipes of one another.

    `moment` is what was told to the model just before it (memories, values), and stays there.
    `swipe` counts from 1; `swipes` is how many siblings there are. `ids` are the tokens a reply was written
    with, by the model whose mark is `ids_of`.
    """

    id: int
    talk_id: int
    parent_id: int | None
    role: Role
    name: str
    body: str
    state: MessageState = "done"
    moment: str = ""
    created: str = ""
    swipe: int = 1
    swipes: int = 1
    figures: dict[str, Any] = field(default_factory=dict)
    ids: tuple[int, ...] = field(default=(), repr=False)
    ids_of: str = ""


MemoryKind = Literal["said", "note", "fact", "reflection", "summary", "told"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance of a talk on its way in or out; `parent` is a place in the list of all of them."""

    role: Role
    name: str
    body: str
    parent: int | None = None
    created: str = ""
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be true of a character: a value, the places on the sheet where it may belong, and the words
    (`evidence`) in which it was found. `key` is the value as it compares with others.
    """

    text: str
    attributes: tuple[str, ...]
    evidence: str
    key: str
    state: State = "set"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An offer that waits for the writer's click; `origin` is kept (pointed at), noticed or card."""

    id: int
    character_id: int
    offer: Offer
    origin: Origin
    decision: Decision = "waiting"
    talk_id: int | None = None
    message_id: int | None = None
    created: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Something the character experienced, said or was told.

    `ref` is the id it has where it came from, `time` when it happened in the words of its source, `moment`
    the same in seconds since 1970 where that could be understood. `emotion` has eight numbers from 1 to 10
    (see `memory.emotion`), or none. A memory that replaced another one `supersedes` it.
    """

    id: int
    character_id: int
    text: str
    kind: MemoryKind
    talk_id: int | None = None
    message_id: int | None = None
    created: str = ""
    speaker: str = ""
    ref: str | int | float = ""
    time: str = ""
    moment: float | None = None
    stage_id: int | None = None
    source_id: int | None = None
    importance: float = 0.5
    emotion: tuple[float, ...] = ()
    pinned: bool = False
    muted: bool = False
    supersedes: int | None = None
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that was found, why, and what each reason added to its score."""

    memory: Memory
    reason: str
    score: float
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it was given; `media_type` is `image/png` or the like."""

    media_type: str
    body: bytes
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a prompt: its section, its words and, for a reply, the token ids it was written with."""

    section: str
    text: str
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a prompt for models with a chat template; `parts`, if given, make up `content`."""

    role: Literal["system", "user", "assistant"]
    content: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One named part of a prompt, for the prompt inspector; `tokens` is -1 until counted."""

    name: str
    title: str
    text: str
    tokens: int = -1


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads, both ways: chat messages, and a flat transcript with stop strings.

    `transcript`, if given, makes up `flat`. `slot` names the talk whose place in the cache this continues;
    prompts of one slot share their beginning, and its state outlives the program.
    """

    messages: tuple[ChatMessage, ...]
    flat: str
    stops: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    transcript: tuple[Part, ...] = ()
    slot: str = ""
    adapters: tuple[Adapter, ...] = ()


ORDER = ("penalties", "dry", "top_k", "typical", "top_p", "min_p", "xtc", "temperature")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How words are drawn. Temperature 0 is greedy; `seed` None draws a fresh one.

    Penalties and DRY see the last `penalty_last` tokens of the prompt too. `logit_bias` pairs a word that
    is one token (or a token id) with what is added to its score. `n` replies are written at once. A reply
    is held to a `grammar` (GBNF) or to a JSON `schema` if one is given. `order` is the order of the samplers.
    """

    temperature: float = 0.8
    top_k: int = 60
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    repeat_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    penalty_last: int = 256
    logit_bias: tuple[tuple[str | int, float], ...] = ()
    order: tuple[str, ...] = ORDER
    max_tokens: int = 220
    seed: int | None = None
    n: int = 1
    grammar: str = ""
    schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A language model on disk, read from its header alone; sizes in bytes, context in tokens.

    `kind` is chat, adapter, projector or embedder; `active_parameters` are those one token passes through;
    `recurrent` means that its state cannot be cut back to an earlier place.
    """

    path: str
    name: str
    architecture: str
    quantisation: str
    size: int
    context: int
    has_template: bool
    licence: str = ""
    layers: int = 0
    kv_bytes_per_token: int = 0
    warnings: tuple[str, ...] = ()
    kind: str = "chat"
    parameters: int = 0
    active_parameters: int = 0
    vocabulary: int = 0
    width: int = 0
    experts: int = 0
    experts_used: int = 0
    sliding_window: int = 0
    recurrent: bool = False

"""What one sitting remembers: the pending question, what was asked and shown, what can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from charstudio.guide.turn import Ask, Chip


@dataclass(frozen=True, slots=True)
class Step:
    """One change made in this sitting: its label in the journal, and the question that it answered."""

    label: str
    attributes: tuple[str, ...]
    answered: Ask | None


@dataclass(slots=True)
class Sitting:
    """The memory of one sitting; nothing of it is saved."""

    pending: Ask | None = None
    waiting: list[Ask] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    trail: list[str] = field(default_factory=list)
    shown: dict[str, set[str]] = field(default_factory=dict)
    suggested: str = ""
    chips: tuple[Chip, ...] = ()
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    pack_running: bool = True
    resting: bool = False  # a pack has ended and the writer has not wanted more
    stranger: bool = False
    wished: bool = False  # ideas were asked for in this turn

    def pose(self, ask: Ask | None) -> Ask | None:
        """Make a question the pending one."""
        self.pending = ask
        if ask is not None:
            self.asked.add(ask.attribute)
        return ask

    def interrupt(self, ask: Ask) -> None:
        """Pose another question first; the pending one comes back after it."""
        if self.pending is not None and self.pending.attribute != ask.attribute:
            self.waiting = [w for w in self.waiting if w.attribute != self.pending.attribute]
            self.waiting.append(self.pending)
        self.pose(ask)

    def let_go(self, *attributes: str) -> Ask | None:
        """Forget questions that are settled; returns the pending one if it was among them."""
        self.waiting = [w for w in self.waiting if w.attribute not in attributes]
        pending = self.pending
        if pending is None or pending.attribute not in attributes:
            return None
        self.pending = None
        return pending

    def offer(self, attribute: str, chips: Sequence[Chip]) -> tuple[Chip, ...]:
        """Show suggestions as chips; they count as refused unless one is taken."""
        self.suggested = attribute
        self.shown.setdefault(attribute, set()).update(c.value.casefold() for c in chips)
        return tuple(chips)

    def on_offer(self) -> tuple[Chip, ...]:
        """The suggestions that stand there now (not the chips that ask what was meant)."""
        return tuple(c for c in self.chips if c.act == "answer" and c.attribute == self.suggested)

    def put_aside(self) -> None:
        """Let the pending question go for other questions; it may be asked again, it was not refused."""
        if self.pending is not None:
            self.asked.discard(self.pending.attribute)
        self.asked -= {w.attribute for w in self.waiting}
        self.pending, self.waiting = None, []

    def take_back(self, label: str) -> Ask | None:
        """After an undo of that label: the question that is open again, if the step answered one."""
        if not self.done or self.done[-1].label != label:
            return None
        step = self.done.pop()
        self.undone.append(step)
        for attribute in step.attributes:
            if attribute in self.trail:
                self.trail.reverse()
                self.trail.remove(attribute)
                self.trail.reverse()
        if step.answered is not None:
            self.resting = False
            self.interrupt(step.answered)
        return step.answered

    def do_again(self, label: str) -> None:
        """After a redo of that label: its question is answered again."""
        if self.undone and self.undone[-1].label == label:
            step = self.undone.pop()
            self.done.append(step)
            self.trail += step.attributes
            self.let_go(*step.attributes)

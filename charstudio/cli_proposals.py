"""The verb `charstudio proposals`: what a character said of itself, and what becomes of it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from charstudio.errors import Cancel, StoreError, UsageError
from charstudio.i18n import _
from charstudio.model import Character, Proposal, Value


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say on the command line what is to be done with which proposal."""
    parser.add_argument("do", nargs="?", choices=("keep", "refuse", "later", "look"), help=_("a decision"))
    parser.add_argument("id", nargs="?", type=int, metavar="ID", help=_("the number of a proposal"))
    parser.add_argument("--as", dest="attribute", default="", metavar="ATTRIBUTE", help=_("where it belongs"))
    parser.add_argument("--model", metavar="M", help=_("the model that `look` asks: its name or file"))


def add_mode_words(parser: argparse.ArgumentParser) -> None:
    """Say on the command line whether a character may invent."""
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--strict", action="store_true", default=None, help=_("answer from the sheet alone, in this talk")
    )
    mode.add_argument(
        "--inventive", dest="strict", action="store_false", help=_("let the character invent, in this talk")
    )


def run(studio: Any, options: argparse.Namespace) -> int:
    """List what waits, or decide about one of them; without a model, by rules alone."""
    character = studio.library.cast.find(options.character)
    if options.do in (None, "look"):
        look = studio.proposing.look_closer if options.do else studio.proposing.look
        for _looked in look(character.id, Cancel()):
            pass
        return _list(studio, character, as_json=options.json)
    if options.id is None:
        raise UsageError(_("Which one? `charstudio proposals NAME` lists them with their numbers."))
    return _decide(studio, character, options)


def _decide(studio: Any, character: Character, options: argparse.Namespace) -> int:
    proposing = studio.proposing
    proposal: Proposal = studio.library.proposals.get(options.id)
    if proposal.character_id != character.id:
        raise StoreError(_("Proposal {id} is about somebody else.", id=options.id))
    match options.do:
        case "keep":
            proposal = proposing.keep(options.id, options.attribute)
        case "refuse":
            proposal = proposing.refuse(options.id)
        case _:
            proposal = proposing.later(options.id)
    said = proposal.offer.text or _("none")
    if options.json:
        print(
            json.dumps({"id": proposal.id, "text": said, "decision": proposal.decision}, ensure_ascii=False)
        )
    else:
        print(f"{proposal.id}\t{proposal.decision}\t{said}")
    return 0


def _list(studio: Any, character: Character, *, as_json: bool) -> int:
    waiting = studio.proposing.waiting(character.id)
    if as_json:
        print(json.dumps([_as_json(shown) for shown in waiting], ensure_ascii=False))
        return 0
    for shown in waiting:
        place = shown.places[0]
        labels = " / ".join(p.attribute for p in shown.places)
        print(f"{shown.proposal.id}\t{labels}\t{place.sentence}")
        for value in place.against:
            print("\t" + _("the sheet says: {what}", what=_said(value)))
    if not waiting:
        print(
            _("Nothing waits; what {name} says of itself in talk comes here.", name=character.called or "…")
        )
    return 0


def _as_json(shown: Any) -> dict[str, Any]:
    proposal: Proposal = shown.proposal
    return {
        "id": proposal.id,
        "text": proposal.offer.text,
        "state": proposal.offer.state,
        "evidence": proposal.offer.evidence,
        "origin": proposal.origin,
        "decision": proposal.decision,
        "message": proposal.message_id,
        "places": [
            {
                "attribute": place.attribute,
                "label": place.label,
                "sentence": place.sentence,
                "against": [_said(value) for value in place.against],
            }
            for place in shown.places
        ],
    }


def _said(value: Value) -> str:
    return value.text if value.state == "set" else _("none")

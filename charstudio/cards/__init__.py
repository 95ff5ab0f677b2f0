"""Character cards: bytes become a Card, a Card becomes bytes; nothing else happens here."""

from charstudio.cards.card import DEFAULT_ASSET, Asset, Card, card_of, new_card
from charstudio.cards.picture import MOST_PIXELS, describe_picture
from charstudio.cards.read import read_card
from charstudio.cards.write import write_json, write_png

__all__ = [
    "DEFAULT_ASSET",
    "MOST_PIXELS",
    "Asset",
    "Card",
    "card_of",
    "describe_picture",
    "new_card",
    "read_card",
    "write_json",
    "write_png",
]

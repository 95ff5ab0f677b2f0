"""Character cards: bytes become a Card, a Card becomes bytes; nothing else happens here."""

from charstudio.cards.books import Book, read_book, write_book
from charstudio.cards.card import DEFAULT_ASSET, Asset, Card, card_of, new_card
from charstudio.cards.picture import MOST_PIXELS, describe_picture
from charstudio.cards.pointer import with_edit
from charstudio.cards.read import read_card
from charstudio.cards.write import left_behind, write_charx, write_json, write_png

__all__ = [
    "DEFAULT_ASSET",
    "MOST_PIXELS",
    "Asset",
    "Book",
    "Card",
    "card_of",
    "describe_picture",
    "left_behind",
    "new_card",
    "read_book",
    "read_card",
    "with_edit",
    "write_book",
    "write_charx",
    "write_json",
    "write_png",
]

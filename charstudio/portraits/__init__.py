"""What a character looks like: a coloured plate with a letter, or the writer's own picture."""

from charstudio.portraits.colours import Tones, colour_for, colour_names, tones
from charstudio.portraits.pictures import as_png, check_picture, thumbnail
from charstudio.portraits.plate import letter_plate

__all__ = [
    "Tones",
    "as_png",
    "check_picture",
    "colour_for",
    "colour_names",
    "letter_plate",
    "thumbnail",
    "tones",
]

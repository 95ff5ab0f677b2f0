"""charstudio: a studio in which a fiction writer creates characters by talking with them."""

__version__ = "0.1.0"

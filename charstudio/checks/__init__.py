"""What is missing, contradictory or confusable in a cast: told with the reason, decided by the writer."""

from charstudio.checks.finding import Finding, Offer, Person, Place
from charstudio.checks.kin import INVERSE, offer_back
from charstudio.checks.run import check

__all__ = ["INVERSE", "Finding", "Offer", "Person", "Place", "check", "offer_back"]

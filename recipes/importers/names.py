"""What a class name of an annotation means: a vertebra, its level, a sacrum, or nothing to us."""

import re

from .cases import LEVELS

VERTEBRA = {"vertebra", "vertebrae", "vertebral body", "vertebral_body", "body"}
SACRUM = {"sacrum", "s1"}

OPTION_HELP = ("what a class of the source is: vertebra, sacrum, ignore or a level (C1 to L6), and after a colon the value of the "
               "column class, as in fracture=vertebra:1 or 'L1 burst'=L1:2; may be given several times")


def option(text):
    """NAME=MEANING[:CLASS] as (name, (kind, level, label)); kind is None for what is left out."""
    name, equals, said = text.rpartition("=")
    meaning, _, label = said.partition(":")
    found = _known(meaning)
    if not equals or not name or not (found or meaning == "ignore") or re.search(r'[,"\r\n]', label):
        raise ValueError(f"{text!r} is not NAME=vertebra, sacrum, ignore or a level, with :CLASS where it has one")
    return name, (*(found or (None, None)), label)


def meaning(name, given):
    """(kind, level, label) by the options `given`, else by the name; None when it is unknown."""
    if name in given:
        return given[name]
    known = _known(name)
    return known and (*known, "")


def _known(name):
    plain = name.strip().lower()
    if plain in VERTEBRA:
        return "vertebra", None
    if plain in SACRUM:
        return "sacrum", None
    level = re.sub(r"^(th|d)(?=\d)", "t", plain).upper()
    return ("vertebra", level) if level in LEVELS else None

"""Small tables of what everybody knows, so that a fluent answer about something else is found out."""

from __future__ import annotations

import re

CAPITALS = {
    "france": "Paris", "germany": "Berlin", "italy": "Rome", "spain": "Madrid", "portugal": "Lisbon", "japan": "Tokyo",
    "china": "Beijing", "india": "Delhi", "russia": "Moscow", "the united kingdom": "London", "england": "London",
    "the uk": "London", "ireland": "Dublin", "the netherlands": "Amsterdam", "belgium": "Brussels", "austria": "Vienna",
    "poland": "Warsaw", "greece": "Athens", "egypt": "Cairo", "canada": "Ottawa", "the united states": "Washington",
    "the usa": "Washington", "mexico": "Mexico City", "brazil": "Bras[ií]lia", "argentina": "Buenos Aires",
    "australia": "Canberra", "south korea": "Seoul", "turkey": "Ankara", "sweden": "Stockholm", "norway": "Oslo",
    "denmark": "Copenhagen", "finland": "Helsinki", "hungary": "Budapest", "kenya": "Nairobi",
}  # fmt: skip

FACTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(question, re.IGNORECASE), answer)
    for question, answer in (
        (r"what colou?r is the sky|is the sky blue", r"blue|yes"),
        (r"what colou?r is grass", r"green"),
        (r"list the days of the weekend", r"saturday[\s\S]*sunday|sunday[\s\S]*saturday"),
        (r"how many days (?:are )?(?:there )?in a week", r"\b(?:7|seven)\b"),
        (r"how many legs does a spider", r"\b(?:8|eight)\b"),
        (r"first (?:5|five) prime numbers[^.]*\.[^.]*\bsum\b", r"\b28\b"),
        (r"first (?:5|five) prime numbers", r"\b2\b\D+3\b\D+5\b\D+7\b\D+11\b"),
        (r"10th fibonacci number", r"\b(?:55|34)\b|fifty-five"),
        (r"\bx=5 and y=3, what is x\*y\b.*\bplus 10\b", r"\b25\b"),
        (r"what does add\(3, ?4\) return", r"\b(?:7|seven)\b"),
        (r"largest planet", r"jupiter"),
        (r"who wrote (?:hamlet|romeo and juliet)", r"shakespeare"),
        (r"chemical (?:symbol|formula) (?:of|for) water|formula (?:of|for) water", r"h2o|h₂o"),
    )
)
"""(question, what the answer has to hold), both as patterns without case."""

_MEMBERS = {
    "color": "red orange yellow green blue purple violet pink brown black white gray grey cyan magenta"
    " indigo turquoise gold silver beige maroon navy teal olive crimson lavender",
    "animal": "cat dog bird fish horse cow pig sheep goat lion tiger bear elephant giraffe zebra monkey"
    " wolf fox rabbit mouse rat deer snake frog duck chicken eagle owl penguin dolphin whale"
    " shark kangaroo panda koala turtle camel donkey cheetah leopard gorilla squirrel hedgehog"
    " spider ant bee butterfly octopus",
    "fruit": "apple banana cherry orange grape strawberry mango pear peach plum kiwi lemon lime pineapple"
    " watermelon melon blueberry raspberry papaya apricot fig date pomegranate coconut avocado"
    " grapefruit blackberry",
    "planet": "mercury venus earth mars jupiter saturn uranus neptune pluto",
    "country": "france germany italy spain portugal japan china india russia england ireland canada mexico"
    " brazil argentina australia korea turkey sweden norway denmark finland poland greece egypt"
    " kenya usa states kingdom netherlands nigeria indonesia thailand vietnam switzerland"
    " austria belgium",
    "day": "monday tuesday wednesday thursday friday saturday sunday",
    "season": "spring summer autumn fall winter",
    "language": "python java rust javascript c go ruby typescript php swift kotlin english french german"
    " spanish italian chinese japanese russian arabic hindi portuguese korean perl scala haskell"
    " c++",
}
_OTHER_NAMES = {"colour": "color", "countrie": "country"}


def members_of(kind: str) -> frozenset[str]:
    """Return known members of a kind named in the plural or singular (`colors`, `primary colour`), or none."""
    words = kind.lower().split()
    singular = words[-1].removesuffix("s") if words else ""
    return frozenset(_MEMBERS.get(_OTHER_NAMES.get(singular, singular), "").split())


RELATED = {
    "python": "language programming code snake",
    "rust": "language programming memory safe iron metal corrosion oxid",
    "gravity": "force attract mass pull",
    "water": "liquid h2o drink hydrogen oxygen molecule",
    "function": "code reusable input output maps task",
    "variable": "name value store data memory symbol",
    "computer": "machine program electronic device data",
    "machine learning": "data learn algorithm model artificial",
    "recursion": "calls itself smaller",
    "photosynthesis": "plants light energy sun",
    "dna": "genetic molecule cell",
    "internet": "network computers",
}
"""Words of which a definition of the subject nearly always uses one (beginnings of words)."""

"""English small words, and which of them cannot follow each other. Other languages: `_letters.small_words`."""

from __future__ import annotations

_ENGLISH = """
a about after again all also am an and any are as at be because been before being between both but by can could did do
does down during each every few first for from had has have he her here his how i if in into is it its just like made
make many may me more most much must my nearly no not now of off on one only or other our out over own said same she
should so some such take than that the their them then there these they this those through to too two under up us use
used very was water we well were what when where which while who why will with within without would yes yet you your
"""
_BEYOND_THE_TABLE = """
ni na ya wa kwa cha wala hii hiyo yake wote si kama
li il ta tal u ma huwa hija kien ghal minn kull
et ut in sed ad non est qui dolor sit cum ex de
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
FUNCTION_WORDS = _ENGLISH_WORDS | frozenset(_BEYOND_THE_TABLE.split())
"""English ones, and those of Swahili, Maltese and Latin, which the table of spellings does not know."""

_ARTICLES = frozenset(("the", "a", "an", "my", "your", "our", "their", "its"))
_PREPOSITIONS = frozenset(("of", "to", "in", "for", "on", "with", "at", "by", "from", "into"))
_BEING = frozenset(("is", "are", "was", "were", "be"))
_JOINING = frozenset(("and", "or"))
_MAY_STAND_TWICE = frozenset(("that", "had", "no", "so", "very", "is", "in", "a", "i", "on", "do", "well", "now"))
_NO_NOUN = _ARTICLES | _PREPOSITIONS | _BEING | _JOINING | {"this", "that", "these", "it", "as"}
_BEFORE_BE = frozenset(
    (
        *("to", "will", "can", "may", "must", "should", "would", "could", "might", "shall", "cannot", "not", "never"),
        *("also", "always", "only", "still", "please", "and", "or", "let", "then", "there", "it", "often", "easily"),
        *("you", "we", "i", "t", "ll"),
    )
)
_CANNOT_FOLLOW: dict[str, frozenset[str] | set[str]] = {
    **dict.fromkeys(_ARTICLES, _NO_NOUN),
    **dict.fromkeys(_PREPOSITIONS - {"from"}, (_PREPOSITIONS - {"to"}) | (_BEING - {"be"}) | _JOINING),
    "from": _PREPOSITIONS - {"to", "in", "on", "at"} | _BEING | _JOINING,
    **dict.fromkeys(_BEING, _BEING),
    **dict.fromkeys(_JOINING, _JOINING),
    "as": _JOINING | {"of"},
    "it": {"this", "these", "an"},
    **dict.fromkeys(("this", "these"), _ARTICLES | {"be", "or", "this", "that", "these"}),
}


def clashes(before: str, after: str) -> bool:
    """Say whether two English words cannot follow each other: `the the`, `the of`, `of is`, `a orange`."""
    if before == after:
        return before in _ENGLISH_WORDS and before not in _MAY_STAND_TWICE
    if before == "a" and len(after) > 3:
        return after[0] in "aeio" and not after.startswith(("one", "eu"))
    if before == "an" and len(after) > 3:
        return after[0] in "bcdfgjklmnpqrstvwxyz"
    if after == "be" and before.isalpha():
        return before not in _BEFORE_BE
    return after in _CANNOT_FOLLOW.get(before, frozenset())

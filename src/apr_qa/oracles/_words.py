"""The small words that hold sentences together, in languages written in Latin letters; marks are left out."""

from __future__ import annotations

_ENGLISH = """
a about after again all also am an and any are as at be because been before being between both but by can could did do
does down during each every few first for from had has have he her here his how i if in into is it its just like made
make many may me more most much must my nearly no not now of off on one only or other our out over own said same she
should so some such take than that the their them then there these they this those through to too two under up us use
used very was water we well were what when where which while who why will with within without would yes yet you your
"""
_OTHERS = """
le la les un une des du de et est en que qui dans pour pas sur avec son sa ses ce cette il elle nous vous je tu au aux
plus par ou mais tous comme aujourd hui l d c qu n s
der die das ein eine einen einem einer und ist im mit sich auf sie er es von zu den dem nicht auch fur bei aus wird wie
man bis nach oder sind haben kann mehr als nur noch uber
el los las del una y con por para se lo como su sus al mas pero muy son es no te tu puedo este esta
il gli che di non con per una si piu dei della nel sono come da ha puo
o os as um uma e da do dos das em na no para com que se por mais sua seu nao ao
het een en van op dat die met voor zijn wordt niet ook aan bij als naar te
en ett och att som for med den det har till pa av inte kan om var er ikke og til af paa
on ja ei se joka kun tai mutta myos ovat oli kuin etta
i w na z do jest to nie sie ktora ktory jako oraz ze od po przez sa dla trudne
je se na v a s z do ktery ktera to podle pro jako ale nebo jsou
az egy es hogy nem is meg olyan amely van vagy mint
bir ve bu icin ile olan da de ne gibi cok daha olarak size nasil
la mot khong va cua co cho trong rat nhung duoc cac voi the toi gi ban su
adalah yang di dan oleh dengan untuk itu ini dari pada tidak semua
este un o si de care cu in pe nu mai din la sa toate
og er vid ad ekki sem thad a allar
ni na ya wa kwa cha wala ambacho wote si
la kaj estas kiun de en ne por al
u li ta tal il ma
y yr yn ar ei mae nid i o a r gan wedi ddim eu hyn sydd am fel
ar an ur ul e gant da n evit eo ket d eus hag war ho en pe pa
ir yra su is kad ar bei nuo per tai kaip prie buvo jo jos dar
un ir ar no par ka kas tas vai uz lai nav bet ta pie
ja on ei see et oma kui mis ka siis ning voi selle mille kas
is agus an na le ar go de sa bhi do se ata ni air nach
eshte dhe ne te i e per nga qe me nje si nuk por
ang ng sa mga na at ay isa hindi ito para kung
el la els les amb i per que es no del dels una mes com
eta da bat ez du dira ere baina dute izan
a je na sa si so ze do aby ako ale pre od po pri su bol ktore
in je na se za da ki so pri od po iz ali kot ni bi
i je na se da za su od iz koji kao ili nije bi kako
van die het is in en nie vir met om aan wat
ve bu da ile ucun olan edir deyil daha bir
bilan va bu uchun ham
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
FUNCTION_WORDS = _ENGLISH_WORDS | frozenset(_OTHERS.split())

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
    **dict.fromkeys(_BEING, _BEING | {"of"}),
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

"""Lines become orders or refusals; the table of the grammar is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.bot.grammar import FLAGS, KEYS, REFUSALS, SELECTORS, VERBS, VerbEntry
from apr_qa.bot.parser import parse
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.orders import Misread, Order, Selector, SelectorKind, Verb


def _order(line: str) -> Order:
    found = parse(line)
    assert isinstance(found, Order), found
    return found


def test_a_whole_command_is_understood() -> None:
    """Selectors, tier, commit, options and flags all arrive where they belong."""
    order = _order(
        "/certify RUN qwen-coder/1.5B, Qwen/Qwen3-8B@abc top:3 MVP"
        ' @4F2C91A backend=cpu format=gguf,apr seed=7 reason="new \\"driver\\"" --fresh --no-tickets'.replace(
            " top", ",top"
        )
    )
    assert order.verb is Verb.RUN
    assert [str(s) for s in order.selectors] == ["qwen-coder/1.5B", "Qwen/Qwen3-8B@abc", "top:3"]
    assert (order.tier, order.sha, order.seed) == (Tier.MVP, "4f2c91a", 7)
    assert (order.backends, order.formats) == ((Backend.CPU,), (Format.GGUF, Format.APR))
    assert (order.reason, order.fresh, order.no_tickets, order.force) == ('new "driver"', True, True, False)


def test_the_command_alone_asks_for_help() -> None:
    """Somebody who writes only the command gets the help page."""
    assert _order("/certify").verb is Verb.HELP


def test_a_commit_may_stand_apart() -> None:
    """`@ 4f2c91a` with a blank is the same commit."""
    assert _order("/certify tiny mvp @ 4f2c91a").sha == "4f2c91a"


@pytest.mark.parametrize("entry", VERBS, ids=lambda e: str(e.verb))
def test_the_examples_of_the_table_are_understood(entry: VerbEntry) -> None:
    """Each form in the table parses to its own verb."""
    assert _order(f"/certify {entry.form}").verb is entry.verb


@pytest.mark.parametrize("form", [entry.form for entry in (*KEYS, *SELECTORS)])
def test_options_and_rules_of_the_table_are_understood(form: str) -> None:
    """Each option and each rule is read as the table writes it."""
    line = f"/certify {form}" if "=" not in form else f"/certify tiny {form}"
    assert _order(line) != _order("/certify tiny")


@pytest.mark.parametrize("flag", [entry.flag for entry in FLAGS])
def test_flags_of_the_table_are_understood(flag: str) -> None:
    """Each flag is read; force asks for a reason as well."""
    assert _order(f'/certify tiny {flag} reason="why"').selectors == (Selector(kind=SelectorKind.NAMED, name="tiny"),)


REFUSED = [
    ("/certify qwen-codr mvp", "unknown-family", "qwen-codr", "qwen-coder"),
    ("/certify staus", "unknown-family", "staus", "status"),
    ("/certify tiny mpv", "unknown-word", "mpv", "mvp"),
    ("/certify cancel now", "unknown-word", "now", ""),
    ("/certify tiny --froce", "unknown-option", "--froce", "--force"),
    ("/certify tiny backends=cpu", "unknown-option", "backends", "backend"),
    ("/certify status seed=1", "unknown-option", "seed", ""),
    ("/certify tiny backend=gpx", "bad-value", "gpx", "gpu"),
    ("/certify tiny shards=257", "bad-value", "257", ""),
    ("/certify tiny seed=", "bad-value", "=", ""),
    ("/certify top:0", "bad-value", "top:0", "top:5"),
    ("/certify qwen-coder/9B", "bad-size", "qwen-coder/9B", "qwen-coder/7B"),
    ("/certify tiny @main", "bad-commit", "@main", ""),
    ("/certify tiny mvp deep", "twice", "deep", ""),
    ("/certify tiny seed=1 seed=2", "twice", "seed=2", ""),
    ("/certify run", "no-models", "", ""),
    ("/certify explain", "no-gate", "", ""),
    ("/certify tiny --force", "no-reason", "", ""),
    ("/certify tiny seed =1", "blank-around-equals", "seed", ""),
    ('/certify tiny reason="why', "unclosed-quote", '"why', ""),
    ("/certify ti\u200bny", "odd-character", "?", ""),
    ("/certify " + "tiny, " * 60, "too-long", None, ""),
]


@pytest.mark.parametrize(("line", "code", "word", "hint"), REFUSED, ids=[f"{r[1]}-{i}" for i, r in enumerate(REFUSED)])
def test_a_refusal_points_at_the_word(line: str, code: str, word: str | None, hint: str) -> None:
    """What cannot be understood is refused with its place, its code and the word that was probably meant."""
    found = parse(line)
    assert isinstance(found, Misread)
    assert (found.code, found.hint) == (code, hint)
    if word is not None:
        assert found.line[found.start : found.end] == word


SAID = [
    ("/certify run", "name a family, a model, or a rule such as `changed`", ""),
    ("/certify explain", "name a gate, such as `G4-BASIC-001`", ""),
    ("/certify tiny --force", '`--force` needs a reason: add reason="why"', ""),
    ("/certify tiny seed = 1", "there may be no blanks around `=`", ""),
    ("/certify tiny =1", "there may be no blanks around `=`", ""),
    ("/certify cancel now", "`cancel` takes nothing here", ""),
    ("/certify tiny mpv", "not a tier", "tiers"),
    ("/certify status --force", "not an option of `status`", "options"),
    ("/certify tiny backends=cpu", "not an option of `run`", "options"),
    ("/certify tiny seed=-1", "not a value of `seed` (of all questions)", "values"),
    ("/certify tiny seed=", "`seed` has no value", "values"),
    ("/certify tiny @main", "a commit is 7 to 40 hex digits", ""),
    ("/certify tiny mvp deep", "given twice", ""),
    ("/certify tiny --fresh --fresh", "given twice", ""),
    ("/certify tiny @abcdef0 @abcdef1", "given twice", ""),
    ("/certify explain G1 G2", "given twice", ""),
]


@pytest.mark.parametrize(("line", "problem", "what"), SAID)
def test_a_refusal_says_what_is_wrong(line: str, problem: str, what: str) -> None:
    """In words that a reader can act upon, and with what the choices are."""
    found = parse(line)
    assert isinstance(found, Misread)
    assert (found.problem, found.what) == (problem, what)
    assert found.line == line


def test_an_order_keeps_its_words() -> None:
    """The line is remembered as it was read, gates are asked for in capitals, and a slash is no option."""
    for line in ("/certify", "/certify tiny mvp", "/certify explain g4-basic-001"):
        assert _order(line).text == line
    assert _order("/certify explain g4-basic-001").gate == "G4-BASIC-001"
    assert [str(s) for s in _order("/certify tiny ,top:3").selectors] == ["tiny", "top:3"]
    found = parse("/certify Qwen/a=b")
    assert isinstance(found, Misread)
    assert found.code == "unknown-family"


def test_every_refusal_is_shown_here() -> None:
    """No code of the table goes without a test, and no other code is used."""
    assert {code for _, code, _, _ in REFUSED} == set(REFUSALS)


def test_the_corrected_line_is_understood() -> None:
    """The line that the reply proposes is a command."""
    found = parse("/certify qwen-codr mvp")
    assert isinstance(found, Misread)
    assert _order(found.corrected).tier is Tier.MVP


WORDS = st.sampled_from(
    [*(e.form for e in VERBS), *(e.form for e in KEYS), "tiny", "mvp", "@", "@abcdef0", ",", '"', "="]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=8).map(" ".join)))
def test_any_line_is_understood_or_refused(words: str) -> None:
    """No line breaks the parser, and a refusal stays inside the line."""
    found = parse(" ".join(f"/certify {words}".split()))
    if isinstance(found, Misread):
        assert 0 <= found.start < found.end <= len(found.line) + 1
        assert found.code in REFUSALS

"""One root cause, one draft: whatever format, backend or model it showed in, and whatever the model said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_evidence import HOSTILE, claim, evidence_of, judged, observation, outcome_of

from apr_qa.tickets.drafts import drafts, effect_of
from apr_qa.tickets.markdown import fenced, plain, span
from apr_qa.tickets.signature import normalised
from apr_qa.tickets.symptoms import FailureClass
from apr_qa.vocab.axes import Format, Gateway, Severity
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome

PANIC = "INFO loading\nthread 'main' panicked at src/cache.rs:{line}:9: KV cache is full: {n} > 1024\nnote: run with X"


def crash(asked, made, seen):
    """Every answer of SafeTensors and GGUF ends in the same panic, at other lines and numbers."""
    if asked.cell.format is Format.APR:
        return made, seen
    tail = PANIC.format(line=len(asked.id), n=1000 + len(asked.prompt))
    return outcome_of(made, Outcome.CRASHED, "the engine crashed"), observation(
        asked, ending=Ending.CRASHED, text=None, stderr_tail=tail, exit_status=101
    )


def says(text, reason="garbage (one character, score 1.00): 'HHHH'"):
    """Every first answer of a cell is `text` and lost."""

    def spoil(asked, made, seen):
        if not asked.id.endswith("000"):
            return made, seen
        return outcome_of(made, Outcome.FALSIFIED, reason), replace(seen, reply=replace(seen.reply, text=text))

    return spoil


def test_a_passing_model_calls_for_no_ticket():
    """Nothing lost, nothing drafted."""
    assert drafts([evidence_of()]) == ()


def test_one_panic_is_one_ticket():
    """Six cells, 24 claims, other numbers and paths: one root cause, with all it broke counted."""
    (draft,) = drafts([evidence_of(crash)])
    assert draft.kind is FailureClass.CRASH
    assert draft.occurrences == 24
    assert "panicked at PATH" in draft.signature
    assert "KV cache is full" in draft.title
    assert draft.culprit == "engine apr"
    assert "apr run model" in draft.body
    assert "`safetensors-cpu-run`" in draft.body


def test_a_bad_conversion_is_the_engines_fault():
    """No question shows it: the ticket blames the engine and holds the commands of the conversion."""
    evidence = evidence_of()
    made = claim("F-CONV-A-G", Subject(format=Format.GGUF), params={"routes": [["apr", "gguf"]]})
    command = "apr export model.apr --format gguf -o model.gguf --json"
    lost = judged(made, Outcome.FALSIFIED, "blk.0.attn_q.weight: q/k row permutation missing", reproduce=command)
    (draft,) = drafts([replace(evidence, judged=(*evidence.judged, lost))])
    assert draft.kind is FailureClass.CONVERSION
    assert draft.culprit == "engine apr"
    assert command in draft.body
    assert "permutation missing" in draft.body


def test_models_are_occurrences():
    """The same panic in two models is one ticket that names both."""
    other = evidence_of(crash, model="other/model")
    (draft,) = drafts([evidence_of(crash), other])
    assert draft.models == ("Qwen/Qwen2.5-Coder-0.5B-Instruct", "other/model")
    assert draft.occurrences == 48


@pytest.mark.parametrize(
    ("version", "same"), [("0.72.4", True), ("0.73.0", True), ("1.0.0", False)], ids=["patch", "minor", "major"]
)
def test_the_id_holds_within_a_major_version(version, same):
    """A fingerprint changes with engine, major version, class or words, and with nothing else."""
    engines = {f: EngineFacts(name="apr", version=version) for f in Format}
    (old,) = drafts([evidence_of(crash)])
    (new,) = drafts([evidence_of(crash, engines=engines)])
    assert (old.fingerprint == new.fingerprint) is same
    assert re.fullmatch("[0-9a-f]{16}", new.fingerprint)


def test_another_failure_is_another_ticket():
    """Garbage and a crash are told apart; the crash, which breaks more, and P0 come first."""

    def both(asked, made, seen):
        if asked.cell.format is Format.APR:
            return says("HHHH")(asked, made, seen)
        return crash(asked, made, seen)

    found = drafts([evidence_of(both)])
    assert [draft.kind for draft in found] == [FailureClass.CRASH, FailureClass.GARBAGE]
    assert len({draft.fingerprint for draft in found}) == 2
    assert [d.kind for d in drafts([evidence_of(both)], crashes_only=True)] == [FailureClass.CRASH]
    assert [d.kind for d in drafts([evidence_of(both)], least=4)] == [FailureClass.CRASH]


def test_a_gateway_that_fell_by_the_same_answers_opens_no_second_ticket():
    """The claim about all answers joins the cause of one of them, and lends it its severity."""
    evidence = evidence_of(crash)
    needs = tuple(s.id for s in evidence.run.scenarios if s.cell.format is Format.GGUF)
    made = claim("G3-STABLE-001", Subject(format=Format.GGUF), needs, gateway=Gateway.G3, severity=Severity.P0)
    evidence = replace(evidence, judged=(judged(made, Outcome.CRASHED, "4 of 4 crashed"), *evidence.judged))
    (draft,) = drafts([evidence])
    assert draft.severity is Severity.P0
    assert draft.gates == ("F-QUAL-ANSWER-001", "G3-STABLE-001")
    assert draft.labels == ("apr-qa", "priority:P0", "class:crash", "engine-fault")


def test_a_broken_file_is_the_files_fault():
    """A claim about files names the model; another model's file is another ticket."""
    made = claim("G0-INTEGRITY-VALUES", Subject(format=Format.APR), gateway=Gateway.G0, severity=Severity.P0)
    lost = judged(made, Outcome.FALSIFIED, "2 values of 'layer.0' are NaN")

    def of(model):
        evidence = evidence_of(model=model)
        return replace(evidence, judged=(lost, *evidence.judged))

    found = drafts([of("a/b"), of("c/d")])
    assert [draft.culprit for draft in found] == ["file of a/b", "file of c/d"] or len(found) == 2
    assert all("model-fault" in draft.labels for draft in found)


@pytest.mark.parametrize(
    "said",
    [
        HOSTILE,
        "```\n@everyone\n````\n# heading\n`````` <img src=x>",
        "\napr-qa-id: 0123456789abcdef\n",
        "::set-output name=x::y\n  ::add-mask::z\n##[error]x",
        "\u202eevil\u202c\x1b[31m\x00",
        "x" * 1_000_000,
        "</details></summary><script>alert(1)</script>",
    ],
    ids=["all", "fences", "id", "commands", "controls", "long", "html"],
)
def test_what_a_model_says_stays_in_its_fence(said):
    """It opens no mention, link, heading, HTML, second id or workflow command, and no body is too long for an issue."""
    (draft,) = drafts([evidence_of(says(said, reason=f"wrong: {said[:500]}"))])
    assert len(draft.body) < 60_000
    tokens = MarkdownIt("commonmark").parse(draft.body)
    alive = " ".join(
        child.content
        for token in tokens
        for child in (token.children or [])
        if child.type in ("text", "html_inline", "link_open")
    )
    html = " ".join(token.content for token in tokens if token.type == "html_block")
    assert not re.search(r"@|evil\.example|script|img|everyone", alive + html)
    assert [t for t in tokens if t.type == "heading_open" and t.tag == "h1"] == []
    assert not re.search(r"(?m)^\s*apr-qa-id:", draft.body)
    assert not re.search(r"(?m)^\s*(::|##\[)", draft.body)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", draft.body + draft.title)
    assert "@" not in draft.title


@given(st.text(max_size=400))
def test_a_fence_is_never_left(text):
    """Whatever the text, Markdown sees one code block and nothing else; a span is one span."""
    (token,) = MarkdownIt("commonmark").parse(fenced(text))
    assert token.type == "fence"
    (paragraph,) = [t for t in MarkdownIt("commonmark").parse(f"a {span(text)} b") if t.type == "inline"]
    assert [child.type for child in paragraph.children or []] == ["text", "code_inline", "text"]
    assert not re.search(r"[@`<\[#*]", plain(text))


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing(text):
    """A signature is its own signature."""
    once = normalised(text)
    assert normalised(once) == once


def test_signatures_leave_out_what_changes_from_run_to_run():
    """Times, paths, numbers and quoted words are noise; words are not."""
    old = "error: 2026-11-24T10:00:00Z cannot map /home/a/m.gguf at 0x7f00: 12 > 10 'abc'"
    new = "error: 2027-01-02T03:04:05Z cannot map ./b.apr at 0x1: 99 > 1.5 'xyz'"
    assert normalised(old) == normalised(new)
    assert normalised("cannot map") != normalised("cannot load")


def test_an_effect_is_an_open_issue_in_the_repository():
    """What the publisher performs carries the draft's id, title, body and labels."""
    (draft,) = drafts([evidence_of(crash)])
    effect = effect_of(draft, "paiml/aprender")
    assert (effect.repo, effect.fingerprint, effect.state) == ("paiml/aprender", draft.fingerprint, "open")
    assert (effect.title, effect.labels) == (draft.title, draft.labels)

"""tickets: evidence of several runs, ours and the original's, as drafts in a folder."""

from __future__ import annotations

import json

from command_line import ROOT
from sample_evidence import evidence_of, outcome_of

from apr_qa.evidence.seal import seal_evidence
from apr_qa.vocab.verdict import Outcome

MUSEUM = ROOT / "tests" / "museum"


def test_drafts_are_written_and_nothing_is_opened(tell, tmp_path):
    """One Markdown file a cause, and one line a cause for the publisher."""
    path = tmp_path / "evidence.json"
    seal_evidence(evidence_of(lambda _, made, seen: (outcome_of(made, Outcome.FALSIFIED, "wrong"), seen)), path)
    out = tmp_path / "tickets"
    done = tell("tickets", path, path, "--repo", "paiml/aprender", "--output", out, "--json")
    assert done.status == 0
    drafts = done.json["drafts"]
    assert drafts
    assert {file.stem for file in out.glob("*.md")} == {draft["fingerprint"] for draft in drafts}
    effects = [json.loads(line) for line in (out / "tickets.jsonl").read_text().splitlines()]
    assert [effect["fingerprint"] for effect in effects] == [draft["fingerprint"] for draft in drafts]
    assert {effect["repo"] for effect in effects} == {"paiml/aprender"}
    few = tell("tickets", path, "--min-occurrences", 10_000)
    assert "no tickets for paiml/aprender; nothing was opened" in few.out


def test_the_originals_evidence_can_be_drafted_from(tell):
    """Its records are judged again first; a broken path is bad input."""
    done = tell("tickets", MUSEUM / "original-array.json")
    assert done.status == 0
    assert "garbage" in done.out
    assert tell("tickets", "missing.json").status == 2
    assert tell("tickets").status == 2

"""propose: dry unless told otherwise."""

from __future__ import annotations

from dataclasses import replace

from sample_models import passing

from apr_qa.evidence.seal import seal_evidence


def _sealed(folder, revision):
    evidence = passing()[0]
    run = replace(evidence.run, revision=revision, narrowed=(), unlocked="")
    path = folder / "evidence.json"
    seal_evidence(replace(evidence, run=run), path)
    return path


def test_it_shows_and_sends_nothing(tell, tmp_path):
    """The file that would be proposed, and how to propose it."""
    shown = tell("propose", _sealed(tmp_path, "c" * 40), "--dataset", "my-lab/mqs")
    assert ".eval_results/apr-qa-" in shown.out
    assert 'id: "my-lab/mqs"' in shown.out
    assert "Nothing was sent" in shown.out


def test_a_model_that_is_not_of_the_hub_is_refused(tell, tmp_path):
    """Exit status 2 and the reason."""
    shown = tell("propose", _sealed(tmp_path, ""), "--dataset", "my-lab/mqs")
    assert shown.status == 2
    assert "no commit of the Hub" in shown.err

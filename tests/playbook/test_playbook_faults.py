from __future__ import annotations

import pytest

from apr_qa.errors import Exit
from apr_qa.playbook.load import PlaybookError, parse_playbook

GOOD = """\
name: some-1.5b
version: 1.0.0
model:
  hf_repo: some-org/Some-1.5B
test_matrix:
  scenario_count: 1
"""


def faults(text):
    with pytest.raises(PlaybookError) as caught:
        parse_playbook(text, source="p.yaml")
    return caught.value


def test_all_faults_are_reported_at_once_with_file_line_and_path():
    """One look shows everything: place, path, and what was probably meant."""
    error = faults(
        "name: some\nversion: 1.0.0\nmodel:\n  hf_repo: a/b\n  formatx: [gguf]\n"
        "test_matrix:\n  backends: [cpu, tpu]\n  scenario_count: many\noracle: []\n"
    )
    lines = str(error).splitlines()
    assert error.exit_status is Exit.USAGE
    assert "4 faults" in lines[0]
    assert lines[1] == "p.yaml:5: model.formatx: unknown key; did you mean formats?"
    assert "p.yaml:7: test_matrix.backends[1]: 'tpu' is not one of 'cpu' or 'gpu'" in lines[2]
    assert "p.yaml:8: test_matrix.scenario_count" in lines[3]
    assert "p.yaml:9: oracle: unknown key; did you mean oracles?" in lines[4]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a playbook is a mapping"),
        ("- a\n", "a playbook is a mapping"),
        ("name: [", "not readable as YAML"),
        (GOOD + "name: again\n", "p.yaml:7: name: this key stands twice (first on line 1)"),
        (GOOD + "? [a]\n: b\n", "a key must be a plain word"),
        (GOOD + "metadata: &a {x: *a}\n", "aliases (*a) are not read"),
        (GOOD + "metadata: !!python/object:os.system {}\n", "tag"),
        (GOOD + "metadata: {a: !secret b}\n", "the tag !secret is not read"),
        (GOOD + "metadata: " + "[" * 60_000, "nest"),
        (GOOD + "metadata: " + "[" * 30 + "]" * 30, "nested deeper than 24 levels"),
        (GOOD + "metadata: [" + "1," * 60_000 + "]", "values"),
        (GOOD + "description: " + "x" * (2 << 20), "too much"),
        (GOOD + "description: 'a\x01b'\n", "not readable as YAML"),
        (GOOD + "--- \nname: b\n", "another document"),
        (GOOD.replace("1.0.0", "1.0"), "version: 1.0 is not a text (write it in quotes)"),
        (GOOD.replace("version: 1.0.0\n", ""), "version: this key is required"),
        (GOOD + "failure_policy: sometimes\n", "'stop-on-first'"),
        (GOOD + "gates: {g1_model_loads: perhaps}\n", "gates.g1_model_loads"),
        (GOOD + "gates: {g1_model_load: true}\n", "did you mean g1_model_loads"),
        (GOOD + "oracles: [{type: arithmetic}, {type: arithmetic}]\n", "oracles[1]: arithmetic stands here twice"),
        (GOOD + "profile_ci: {min_throughput: 3}\n", "profile_ci.min_throughput: unknown key"),
        (GOOD + "profile_ci: {assertions: {min_throughputs: 3}}\n", "did you mean min_throughput"),
        (GOOD + "contract_tests: {invariants: [I-6]}\n", "'I-6' is not one of"),
        (GOOD + "property_tests: [{name: a, generator: b, oracle: c, coumt: 3}]\n", "did you mean count"),
        (GOOD + "state_machine: {initial: a, states: {b: {}}}\n", "there is no state 'a'"),
        (GOOD + "state_machine: {initial: a, states: {a: {transitions: [{event: e, target: z}]}}}\n", "no state 'z'"),
        (GOOD + "state_machine: {initial: a, states: {a: {on_entr: x}}}\n", "did you mean on_enter?"),
        (GOOD + "state_machine: {states: [a], transitions: [{from: a, too: a}]}\n", "did you mean to?"),
        (GOOD + "  prompts: [yes, 5]\n", "test_matrix.prompts[1]"),
        (
            GOOD + "  prompts: [{text: a, config: {contains: b}}]\n",
            "prompts[0].config: these settings need an `oracle`",
        ),
        (GOOD + "  timeout_ms: .inf\n", "timeout_ms: '.inf'"),
        (
            GOOD + "verification_tests:\n- {name: a, prompt: p, expect: x}\n- {name: b, prompt: p, expect: y}\n",
            "verification_tests[1].expect: another test expects 'x'",
        ),
    ],
)
def test_a_broken_playbook_is_explained(text, says):
    """Each kind of fault has its sentence, and none is a traceback."""
    assert says in str(faults(text))


@pytest.mark.parametrize(
    "repo",
    ["../../x", "-rf/x", "a/b/c", "noslash", "a/..", "a/b;c", '"${HOME}/x"', "a/b.git", '"a/b\\n"', "/abs", "a--b/c"],
)
def test_a_repository_name_cannot_lead_elsewhere(repo):
    """Only org/name in the Hub's letters is a model id."""
    assert "model.hf_repo" in str(faults(GOOD.replace("some-org/Some-1.5B", repo)))


def test_a_flood_of_faults_is_cut():
    """A thousand mistakes are counted, not all printed."""
    text = str(faults(GOOD + "".join(f"x{i}: 1\n" for i in range(200))))
    assert "200 faults" in text
    assert "and 150 more" in text

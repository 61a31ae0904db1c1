"""Every gate on files holds on healthy models and falls on copies broken in the way it is there for."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from file_cases import BROKEN, Broken
from file_harms import DOWN, EMBEDDING, MODELS, NORM, copy, rows, save, settings, tensors, tokenizer

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates import _draw
from apr_qa.rooms import by_name, furnish
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

FAMILIES = Path(__file__).resolve().parents[1] / "fixtures" / "families"
GATES = sorted({case.gate for case in BROKEN})
CONFIG = "G0-INTEGRITY-CONFIG"


def judge(name: str, files: ModelFiles | None, form: Format, **params: object) -> Verdict:
    """Return the verdict of gate `name` on one format."""
    gate = by_name("apr_qa.gates", Gate, name)
    assert gate is not None
    return gate.judge(_draw.claim(gate.spec, Subject(format=form), params=params), Exhibits(files=files))


def found(root: Path) -> ModelFiles:
    """Return the artefacts in `root`; shards that were removed later stay named."""
    return locate(root, Wanted(quantizations=("f16",)))


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
def test_the_shipped_models_pass(name: str, model: str) -> None:
    """Both tiny models hold in all three formats: tied and untied, one file and shards."""
    files = found(MODELS / model)
    assert set(files.artefacts) == set(Format)
    for form in Format:
        verdict = judge(name, files, form)
        assert verdict.outcome is Outcome.CORROBORATED, (form, verdict)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.gate}: {case.name}")
def test_a_broken_copy_falls(case: Broken, tmp_path: Path) -> None:
    """Each fault falsifies the gate it belongs to, with a reason in words; the other gates have a verdict too."""
    root = copy(case.model, tmp_path)
    files = found(root)
    case.harm(root)
    verdict = judge(case.gate, files, case.form)
    assert verdict.outcome is Outcome.FALSIFIED, verdict
    assert len(verdict.reason) > 10
    assert all(isinstance(judge(name, files, case.form), Verdict) for name in GATES)


@pytest.mark.parametrize("name", GATES)
def test_without_the_files_nothing_is_judged(name: str) -> None:
    """Evidence judged again elsewhere keeps its verdicts; these gates only say that they cannot."""
    assert judge(name, None, Format.GGUF).outcome is Outcome.UNJUDGED


@pytest.mark.parametrize("family", sorted(p.name for p in FAMILIES.iterdir()))
def test_no_false_alarm_on_any_family(family: str) -> None:
    """Explicit head widths, fused projections, norms per head, biases and ties of all families fit."""
    files = locate(FAMILIES / family, Wanted())
    for name in (CONFIG, "G0-INTEGRITY-LAYERS", "G0-INTEGRITY-HIDDEN", "G0-INTEGRITY-VOCAB", "G0-LAYOUT-001",
                 "G0-INTEGRITY-VALUES", "G0-INTEGRITY-HEADER", "G0-INTEGRITY-DTYPE"):  # fmt: skip
        verdict = judge(name, files, Format.SAFETENSORS)
        assert verdict.outcome is Outcome.CORROBORATED, verdict


@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
@pytest.mark.parametrize("name", ["G0-INTEGRITY-HEADER", "G0-INTEGRITY-VALUES", "G0-INTEGRITY-DTYPE"])
def test_a_quantised_file_passes(name: str, model: str) -> None:
    """Q8_0 is what its file type and its name say."""
    files = locate(MODELS / model, Wanted(quantizations=("q8_0",)))
    assert files.artefacts[Format.GGUF].quantization == "q8_0"
    assert judge(name, files, Format.GGUF).outcome is Outcome.CORROBORATED


def test_padded_vocabulary_is_no_fault(tmp_path: Path) -> None:
    """64 rows more than tokens are padding."""
    root = copy("tiny", tmp_path)
    tensors(rows(64))(root)
    verdict = judge("G0-INTEGRITY-VOCAB", found(root), Format.SAFETENSORS)
    assert verdict.outcome is Outcome.CORROBORATED
    assert verdict.detail["padding"] == 64


def test_merges_as_pairs_are_no_fault(tmp_path: Path) -> None:
    """Current tokenizer libraries write merges as pairs; an engine that drops them is the one at fault."""
    root = copy("tiny", tmp_path)
    tokenizer(lambda t: t["model"].update(merges=[m.split(" ") for m in t["model"]["merges"]]))(root)
    verdict = judge("G0-INTEGRITY-TOKENIZER", found(root), Format.SAFETENSORS)
    assert verdict.outcome is Outcome.CORROBORATED
    assert verdict.detail["merges"] == 381


def test_numbers_nested_for_the_text_model_are_read(tmp_path: Path) -> None:
    """A multimodal config keeps them under text_config."""
    root = copy("tiny", tmp_path)
    file = root / "safetensors" / "config.json"
    file.write_text(json.dumps({"model_type": "both", "text_config": json.loads(file.read_text())}))
    files = found(root)
    assert judge(CONFIG, files, Format.SAFETENSORS).outcome is Outcome.CORROBORATED
    settings("config.json", text_config={"hidden_size": 512})(root)
    assert judge(CONFIG, files, Format.SAFETENSORS).outcome is Outcome.FALSIFIED


def test_a_torn_config_hides_no_pickle(tmp_path: Path) -> None:
    """Both faults are listed, the file that can carry code first."""
    root = copy("tiny", tmp_path)
    for name, data in (("config.json", b"{"), ("pytorch_model.bin", b"x")):
        (root / "safetensors" / name).write_bytes(data)
    verdict = judge("G0-INTEGRITY-FILES", found(root), Format.SAFETENSORS)
    assert verdict.outcome is Outcome.FALSIFIED
    assert "pytorch_model.bin" in verdict.reason
    assert "config.json is not JSON" in verdict.detail["faults"][1]


def gemma3(to: Path, heads: int) -> ModelFiles:
    """Write the header's worth of a Gemma 3 whose config is silent about heads and vocabulary, as the 4b's is."""
    text = {"model_type": "gemma3_text", "hidden_size": 64, "intermediate_size": 32, "num_hidden_layers": 1}
    kinds = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": text}
    shapes = {"q": (heads * 256, 64), "k": (4 * 256, 64), "v": (4 * 256, 64), "o": (64, heads * 256)}
    layer = {f"model.layers.0.self_attn.{name}_proj.weight": shape for name, shape in shapes.items()}
    layer |= {f"model.layers.0.mlp.{name}_proj.weight": (32, 64) for name in ("gate", "up")}
    sizes = {EMBEDDING: (262208, 64), NORM: (64,), DOWN: (64, 32), "model.layers.0.input_layernorm.weight": (64,)}
    held = {f"language_model.{name}": shape for name, shape in (sizes | layer).items()}
    to.mkdir()
    (to / "config.json").write_text(json.dumps(kinds))
    put = {n: {"dtype": "BF16", "shape": list(s), "data": bytes(2 * math.prod(s))} for n, s in held.items()}
    save(to / "model.safetensors", put)
    return locate(to, Wanted())


@pytest.mark.parametrize(("heads", "outcome"), [(8, "corroborated"), (16, "falsified")])
def test_what_gemma_3_leaves_out_is_its_default(heads: int, outcome: str, tmp_path: Path) -> None:
    """The published 4b declares no heads and no vocabulary: its class has 8, 4 and 262208, and its tensors fit."""
    files = gemma3(tmp_path / "g", heads)
    assert judge(CONFIG, files, Format.SAFETENSORS).outcome == outcome
    assert judge("G0-INTEGRITY-VOCAB", files, Format.SAFETENSORS).outcome is Outcome.CORROBORATED


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        ({"expected_hidden_dim": 256, "expected_num_kv_heads": 2}, "corroborated"),
        ({"expected_num_layers": 24}, "falsified"),
    ],
)
def test_what_the_playbook_expects_is_held_against_the_model(expected: dict[str, int], outcome: str) -> None:
    """expected_* of a playbook decides the CONFIG gate."""
    for form in Format:
        assert judge(CONFIG, found(MODELS / "tiny"), form, expected=expected).outcome == outcome


def test_a_gguf_alone_is_no_ground_truth() -> None:
    """The layout gate says so where no SafeTensors files stand behind the GGUF file."""
    files = found(MODELS / "tiny")
    alone = replace(files, artefacts={Format.GGUF: files.artefacts[Format.GGUF]})
    assert "proves nothing" in judge("G0-LAYOUT-001", alone, Format.GGUF).reason


def test_the_hub_cache_may_link_to_its_blobs(tmp_path: Path) -> None:
    """Snapshots of the Hub's cache are links to blobs beside them; links elsewhere are refused."""
    repo = tmp_path / "models--org--name"
    snapshot, blobs = repo / "snapshots" / "abc", repo / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, file in enumerate(sorted((MODELS / "tiny" / "safetensors").iterdir())):
        (blobs / str(number)).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(Path("../../blobs") / str(number))
    files = locate(snapshot, Wanted(formats=(Format.SAFETENSORS,)))
    assert judge("G0-INTEGRITY-FILES", files, Format.SAFETENSORS).outcome is Outcome.CORROBORATED
    (snapshot / "extra.json").symlink_to(tmp_path / "elsewhere.json")
    assert judge("G0-INTEGRITY-FILES", files, Format.SAFETENSORS).outcome is Outcome.FALSIFIED


def test_all_file_gates_are_planned_for_each_format() -> None:
    """A claim a format for each gate that reads files, and nothing to ask."""
    from gate_exhibits import brief

    about = brief(files=found(MODELS / "tiny"))
    for gate in furnish("apr_qa.gates", Gate):
        if gate.spec.id in GATES:
            drawn = gate.draw(gate.spec, about)
            assert [str(c.subject) for c in drawn.claims] == ["safetensors", "gguf"]
            assert drawn.scenarios == ()


_DEFAULT = "{% if messages[0].role != 'system' %}<|system|>\nYou help the system.\n{% endif %}"
_TURNS = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n{% endfor %}"
_PREFACE = (
    "<|header|>system<|end|>\n\nKnowledge ends in 2023.\n\n"
    "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}"
    "{% for m in messages if m.role != 'system' %}<|header|>{{ m.role }}<|end|>\n\n{{ m.content }}{% endfor %}"
)
_INSTRUCTIONS = (
    "{% for m in messages if m.role != 'system' %}[INST] {% if loop.first and messages[0].role == 'system' %}"
    "<<SYS>>\n{{ messages[0].content }}\n<</SYS>>\n\n{% endif %}{{ m.content }} [/INST]{% endfor %}"
)
_OWN_AND_DEVELOPER = (
    "<|start|>system<|message|>Valid channels: analysis, final.<|end|>"
    "{% for m in messages %}<|start|>{{ 'developer' if m.role == 'system' else m.role }}<|message|>"
    "{{ m.content }}<|end|>"
    "{% endfor %}"
)


@pytest.mark.parametrize("text", [_DEFAULT + _TURNS, _TURNS, _PREFACE, _INSTRUCTIONS, _OWN_AND_DEVELOPER])
def test_usual_ways_with_a_system_text_raise_no_alarm(text: str, tmp_path: Path) -> None:
    """A default where none is given, a preface within the turn, a system turn beside a developer's: all are usual."""
    root = copy("tiny", tmp_path)
    (root / "safetensors" / "chat_template.jinja").write_text(text, encoding="utf-8")
    verdict = judge("G0-INTEGRITY-TEMPLATE", found(root), Format.SAFETENSORS)
    assert verdict.outcome is Outcome.CORROBORATED, verdict

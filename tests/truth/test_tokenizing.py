"""Tokenizers of three formats side by side, corpora read from outside, and what is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apr_qa.errors import InputError
from apr_qa.truth import tokenizing
from apr_qa.truth.corpus import message_shapes, read_vocabulary_test, strings, torture
from apr_qa.truth.tokenizing import UnsupportedModel
from apr_qa.weights import read_header


def test_the_shipped_corpus_is_awkward() -> None:
    """Eight conversations, and strings of normal forms, emoji, scripts, digits, white space and control characters."""
    assert len(message_shapes()) == 8
    every = [string for group in torture().values() for string in group]
    assert len(every) > 60
    assert any("\u0000" in s for s in every)
    assert any("\u200d" in s for s in every)
    assert len(strings()) == len(set(strings()))


@pytest.mark.parametrize("name", ["tiny", "tiny-llama"])
def test_three_formats_agree(name: str, models: Path) -> None:
    """GGUF's and APR's own tokenizers give the ids of tokenizer.json, lose nothing, and know the control tokens."""
    beside = models / name / "safetensors" / "tokenizer.json"
    truth = tokenizing.from_json(beside)
    others = (
        tokenizing.from_gguf(read_header(models / name / "gguf" / "model-f16.gguf"), beside),
        tokenizing.from_apr(read_header(models / name / "apr" / "model.apr"), beside),
    )
    for other in others:
        assert list(tokenizing.id_faults(truth, other, strings())) == []
        assert list(tokenizing.loss_faults(truth, other)) == []
        assert list(tokenizing.special_faults(truth, other)) == []
    assert tokenizing.lost(truth) == {}


def test_what_the_normaliser_changes_is_measured(models: Path) -> None:
    """The tokenizer of `tiny` composes characters and says so; that is declared and no loss."""
    carried = tokenizing.from_json(models / "tiny" / "safetensors" / "tokenizer.json")
    assert tokenizing.normalised_away(carried) == ("nfc and nfd",)
    assert carried.encode("cafe\u0301") == carried.encode("caf\u00e9")


def test_control_tokens_can_be_text(models: Path) -> None:
    """Written out in a question, a control token is one id or plain text, as asked."""
    carried = tokenizing.from_json(models / "tiny" / "safetensors" / "tokenizer.json")
    assert 639 in carried.encode("a<|im_end|>b")
    assert 639 not in carried.encode("a<|im_end|>b", control=False)


@pytest.mark.parametrize("pre", ["", "default"])
def test_a_gguf_without_a_split_rule_is_refused(models: Path, pre: str) -> None:
    """Readers then take a rule that is seldom right, so that this is a fault and not a limit of ours."""
    from dataclasses import replace

    header = read_header(models / "tiny" / "gguf" / "model-f16.gguf")
    bare = replace(header, metadata={**header.metadata, "tokenizer.ggml.pre": pre})
    with pytest.raises(UnsupportedModel):
        tokenizing.from_gguf(bare, models / "tiny" / "safetensors" / "tokenizer.json")


def test_an_unknown_split_rule_still_compares_vocabularies(models: Path) -> None:
    """Of a rule that is not known here the file's own tokens and merges are compared, and a note says so."""
    from dataclasses import replace

    beside = models / "tiny" / "safetensors" / "tokenizer.json"
    header = read_header(models / "tiny" / "gguf" / "model-f16.gguf")
    odd = replace(header, metadata={**header.metadata, "tokenizer.ggml.pre": "brand-new"})
    carried = tokenizing.from_gguf(odd, beside)
    assert "brand-new" in carried.notes[0]
    assert list(tokenizing.id_faults(tokenizing.from_json(beside), carried, strings())) == []
    fewer = {**odd.metadata, "tokenizer.ggml.merges": ()}
    bare = tokenizing.from_gguf(replace(odd, metadata=fewer), beside)
    assert list(tokenizing.id_faults(tokenizing.from_json(beside), bare, strings()))


def test_merges_as_pairs_are_the_same_tokenizer(models: Path, tmp_path: Path) -> None:
    """Both spellings of merges give the same ids: only an engine or a converter that drops pairs is at fault."""
    text = (models / "tiny" / "safetensors" / "tokenizer.json").read_text()
    value = json.loads(text)
    value["model"]["merges"] = [merge.split(" ") for merge in value["model"]["merges"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    one = tokenizing.from_json(models / "tiny" / "safetensors" / "tokenizer.json")
    assert list(tokenizing.id_faults(one, tokenizing.from_json(tmp_path / "tokenizer.json"), strings())) == []


def test_llama_cpp_vocabulary_tests_are_read(models: Path, tmp_path: Path) -> None:
    """Strings and ids in llama.cpp's two files are an outside judge; a wrong id is found, a broken pair refused."""
    carried = tokenizing.from_json(models / "tiny" / "safetensors" / "tokenizer.json")
    asked = ["What is 2+2?", " \n a", "你好"]
    inputs = tmp_path / "ggml-vocab-tiny.gguf.inp"
    inputs.write_text("\n__ggml_vocab_test__\n".join(asked) + "\n__ggml_vocab_test__\n")
    rows = [" ".join(map(str, carried.encode(text))) for text in asked]
    outputs = tmp_path / "ggml-vocab-tiny.gguf.out"
    outputs.write_text("\n".join(rows) + "\n")
    assert list(tokenizing.recorded_faults(carried, read_vocabulary_test(inputs))) == []
    outputs.write_text("\n".join(["1 2 3", *rows[1:]]) + "\n")
    assert len(list(tokenizing.recorded_faults(carried, read_vocabulary_test(inputs)))) == 1
    for broken in ("1 2\n", "a b\nc\nd\n"):
        outputs.write_text(broken)
        with pytest.raises(InputError):
            read_vocabulary_test(inputs)

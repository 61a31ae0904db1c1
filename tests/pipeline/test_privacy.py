"""Evidence names no folder of the machine that made it."""

from __future__ import annotations

from pathlib import Path

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline.privacy import places_of, published, words_of
from apr_qa.vocab.observation import Ending, Observation, Reply

MODEL = Path(__file__).resolve().parents[2] / "models" / "tiny"


def test_folders_become_words_in_commands_and_messages_only() -> None:
    """argv, the reproducing command, stderr and messages lose the folder; the answer is evidence and stays."""
    files = locate(MODEL, Wanted())
    weights = str(files.root / "gguf" / "model-f16.gguf")
    seen = Observation(
        scenario="s",
        unit="u",
        reply=Reply(ending=Ending.FAILED, text=f"I read {weights}", message=f"error: {weights} is broken"),
        argv=("apr", "run", weights),
        reproduce=f"apr run {weights}",
        stderr_tail=f"loading {weights}",
    )
    kept = published(seen, places_of(files, ()))
    for text in (*kept.argv, kept.reproduce, kept.stderr_tail, kept.reply.message):
        assert str(files.root) not in text
    assert kept.reproduce == "apr run $MODEL/gguf/model-f16.gguf"
    assert kept.reply.text == seen.reply.text


def test_the_home_folder_is_never_told() -> None:
    """What lies elsewhere below the user's home loses the user's name."""
    files = locate(MODEL, Wanted())
    seen = Observation(
        scenario="s", unit="u", reply=Reply(ending=Ending.FAILED), stderr_tail=f"{Path.home()}/.cache/x: no such file"
    )
    assert published(seen, places_of(files, ())).stderr_tail == "~/.cache/x: no such file"


def test_a_command_line_keeps_names_and_loses_folders() -> None:
    """Of a path in it stays the model's word or the last part, in options with `=` too; URLs and other words stay."""
    files = locate(MODEL, Wanted())
    typed = ("apr-qa", "certify", str(files.root), "--engine", "apr=/opt/x/apr", "-o", "/srv/me/out/", "a/b", "/v1")
    kept = words_of((*typed, "--engine=openai=http://host/v1"), places_of(files, ()))
    assert kept == (
        *("apr-qa", "certify", "$MODEL", "--engine", "apr=apr", "-o", "out/", "a/b", "v1"),
        "--engine=openai=http://host/v1",
    )

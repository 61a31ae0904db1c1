"""Text to tokens and back, and the chat template: as the model's own files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer as Library

from apr_qa.reference import gguf_tokenizer
from apr_qa.reference.files import read_json
from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.template import Template
from apr_qa.weights import read_header


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """The tokenizer of a model, its chat template (None when it has none) and its end tokens."""

    library: Library
    template: Template | None
    eos_ids: frozenset[int]
    first_id: int | None = None
    """Put before raw text, where the file (GGUF) and not the library says so."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of raw `text`, with the special tokens that the tokenizer itself adds."""
        ids = list(self.library.encode(text).ids)
        return ids if self.first_id is None else [self.first_id, *ids]

    def encode_chat(self, messages: list[dict[str, str]]) -> list[int]:
        """Return the ids of a conversation, templated and ready for the assistant's turn.

        Raises UnsupportedModel when there is no template or it fails.
        """
        if self.template is None:
            raise UnsupportedModel("the model has no chat template; ask with a raw prompt")
        return list(self.library.encode(self.template.render(messages), add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        """Return the text of `ids` without special tokens."""
        return str(self.library.decode(ids, skip_special_tokens=True))


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer of the model at `path`: its own (GGUF), or that of its folder.

    Raises UnsupportedModel when it is missing, broken or of an unknown kind.
    """
    header = read_header(path)
    if header.format == "gguf":
        return _from_gguf(header.metadata)
    folder = header.files[0].parent
    return _beside_apr(folder, header.metadata) if header.format == "apr" else _from_folder(folder)


def _beside_apr(folder: Path, metadata: Mapping[str, object]) -> Tokenizer:
    """Return the tokenizer beside an APR file, or in the `safetensors` folder beside its own.

    APR holds the vocabulary but neither the split rule nor the template, so it is only used to prove that the
    tokenizer found is the model's own.
    """
    places = [folder, folder.parent / "safetensors"]
    found = next((place for place in places if (place / "tokenizer.json").is_file()), None)
    if found is None:
        raise UnsupportedModel("APR does not hold the split rule of its tokenizer, and no tokenizer.json is beside it")
    tokenizer = _from_folder(found)
    held = metadata.get("tokenizer.vocabulary")
    known = [tokenizer.library.id_to_token(number) for number in range(len(held))] if isinstance(held, list) else None
    if known != held:
        raise UnsupportedModel(f"the tokenizer in {found.name} is not that of the APR file: vocabularies differ")
    return tokenizer


def _from_gguf(metadata: Mapping[str, object]) -> Tokenizer:
    ids = [{"eos_token_id": metadata.get(f"tokenizer.ggml.{name}_token_id")} for name in ("eos", "eot", "eom")]
    first = metadata.get("tokenizer.ggml.bos_token_id") if metadata.get("tokenizer.ggml.add_bos_token") else None
    return Tokenizer(
        gguf_tokenizer.library_of(metadata),
        gguf_tokenizer.template_of(metadata),
        eos_ids(ids),
        first if isinstance(first, int) else None,
    )


def _from_folder(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UnsupportedModel("tokenizer.json is missing beside the weights")
    try:
        library = Library.from_file(str(file))
    except Exception as error:  # noqa: BLE001  (the library raises plain Exception for a broken file)
        raise UnsupportedModel(f"tokenizer.json cannot be read: {error}") from None
    stated = [_optional_json(folder / name) for name in ("config.json", "generation_config.json")]
    return Tokenizer(library, _template(folder), eos_ids(stated))


def eos_ids(configs: Sequence[Mapping[str, object]]) -> frozenset[int]:
    """Return every end-of-sequence id that any of `configs` states: one id or a list of them."""
    found: set[int] = set()
    for config in configs:
        value = config.get("eos_token_id")
        found.update(item for item in (value if isinstance(value, list) else [value]) if type(item) is int)
    return frozenset(found)


def _optional_json(file: Path) -> Mapping[str, object]:
    return read_json(file) if file.is_file() else {}


def _template(folder: Path) -> Template | None:
    """Return the template of chat_template.jinja, which wins, or of tokenizer_config.json."""
    config = _optional_json(folder / "tokenizer_config.json")
    file = folder / "chat_template.jinja"
    text = file.read_text(encoding="utf-8") if file.is_file() else _stated(config.get("chat_template"))
    if text is None:
        return None
    return Template(text, {name: _token_text(config.get(name)) for name in ("bos_token", "eos_token")})


def _stated(value: object) -> str | None:
    """Return the template that tokenizer_config.json states: a text, or a list of named ones."""
    if isinstance(value, list):
        named = {item.get("name"): item.get("template") for item in value if isinstance(item, Mapping)}
        value = named.get("default")
    return value if isinstance(value, str) else None


def _token_text(value: object) -> str:
    """Return a special token's text; configs give it plain or inside an object."""
    if isinstance(value, Mapping):
        value = value.get("content")
    return value if isinstance(value, str) else ""

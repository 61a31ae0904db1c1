"""transformers in float32 on the CPU, as a child program: `python -I -m apr_qa.extras.torch_host`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apr_qa.extras._text_host import Floats, Loaded, Step, TextHost, settings, stop_tokens
from apr_qa.extras._wheels import installed
from apr_qa.hosting import main


def _load(folder: Path) -> Loaded:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    local = {"local_files_only": True, "trust_remote_code": False}
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, attn_implementation="eager", **local
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, **local)

    def begin() -> Step:
        cache = None

        def step(tokens: Sequence[int]) -> Floats:
            nonlocal cache
            with torch.inference_mode():
                said = model(input_ids=torch.tensor([list(tokens)]), past_key_values=cache, use_cache=True)
            cache = said.past_key_values
            logits: Floats = said.logits[0].float().numpy()
            return logits

        return step

    config = settings(folder)
    return Loaded(
        tokenizer=tokenizer,
        eos=stop_tokens(config.get("eos_token_id"), tokenizer.eos_token_id),
        context=int(model.config.max_position_embeddings),
        begin=begin,
    )


if __name__ == "__main__":
    main(TextHost("torch", installed("torch", "torch"), _load))

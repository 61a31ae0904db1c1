"""Print llama.cpp's log-probabilities after some positions: a child program, so that its crash is not the test's."""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any

import xllamacpp


def main(asked: dict[str, Any]) -> None:
    """Ask for the distribution after each of the positions, in float32 throughout."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = asked["model"]
    parameters.n_ctx = 256
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.warmup = False
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(parameters)
    said = {str(place): _after(server, asked["tokens"][:place], asked["vocab"]) for place in asked["positions"]}
    print("\n" + json.dumps(said))


def _after(server: Any, tokens: list[int], vocab: int) -> dict[str, float]:
    body = {"prompt": tokens, "n_predict": 1, "n_probs": vocab, "temperature": -1, "cache_prompt": False}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.listening_address + "/completion", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer = json.load(reply)
    return {str(entry["id"]): entry["logprob"] for entry in answer["completion_probabilities"][0]["top_logprobs"]}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

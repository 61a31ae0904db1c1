"""What a converter may do wrong, the gate that must see it, and the words that must name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spoilt:
    """One fault of a converter."""

    gate: str
    name: str
    harm: str
    """Lines of the program, done before it writes."""
    words: str
    outcome: str = "falsified"


Q = "model.layers.0.self_attn.q_proj.weight"
SPOILT = (
    Spoilt("F-CONV-S-A", "swaps", f"a, b = {Q!r}, 'model.layers.1.self_attn.q_proj.weight'\n"
           "values[a], values[b] = values[b], values[a]", "holds what belongs in layer 1"),
    Spoilt("F-CONV-S-A", "exits 0 and writes nothing", "sys.exit()", "has written no file"),
    Spoilt("F-CONV-S-A", "links to its source", "target.symlink_to(source)\nsys.exit()", "links are not followed"),
    Spoilt("F-CONV-S-A", "leaves a pipe", "os.mkfifo(target.parent / 'config.json')", "has written a pipe"),
    Spoilt("F-CONV-S-A", "refuses", "print('error: no such tensor', file=sys.stderr)\nsys.exit(5)", "no such tensor"),
    Spoilt("F-CONV-S-A", "says where it was", "print(f'error: cannot write {target}', file=sys.stderr)\nsys.exit(5)",
           "cannot write safetensors-apr/model.apr"),
    Spoilt("F-CONV-S-A", "crashes", "os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV", outcome="crashed"),
    Spoilt("F-CONV-S-A", "drops a bias", "del values['model.layers.0.self_attn.q_proj.bias']", "bias is missing"),
    Spoilt("F-CONV-S-A", "quantises", "dtype = 'apr_q8'", "quantised unasked: apr_q8 where bf16"),
    Spoilt("F-CONV-A-G", "quantises", "dtype = 'q4_0'", "quantised unasked: q4_0 where bf16"),
    Spoilt("F-CONV-G-A", "zeroes rows", f"values[{Q!r}][-2:] = 0", "nothing but zeros"),
    Spoilt("F-CONV-S-G", "permutes for another rope", f"v = values[{Q!r}]\n"
           f"values[{Q!r}] = v.reshape(6, 2, -1, 256).swapaxes(1, 2).reshape(v.shape) if len(v) % 12 == 0 else v[::-1]",
           "attn_q.weight"),
    Spoilt("F-CONV-G-S", "loses its head", "del values['model.norm.weight']", "model.norm.weight is missing"),
    Spoilt("F-CONV-A-S", "turns a sign", "values['model.layers.0.mlp.up_proj.weight'] *= -1", "sign of every value"),
    Spoilt("F-CONV-RT-001", "scales on the way", "values['model.norm.weight'] *= 1 + 0.5 * (step == 'apr-safetensors')",
           "scaled by 1.5"),
    Spoilt("F-CONV-RT-002", "quantises on the way", "dtype = 'q8_0' if step == 'apr-gguf' else 'f32'",
           "from apr to gguf it quantised unasked: q8_0"),
    Spoilt("F-CONV-RT-003", "adds one", "values['model.norm.weight'] += step == 'apr-gguf'", "1 is added"),
    Spoilt("F-CONV-RT-004", "stops half way", "if step == 'gguf-apr': sys.exit(8)",
           "safetensors to apr to gguf to apr"),
    Spoilt("F-CONV-IDEM-001", "gives another file each time",
           f"values[{Q!r}][0, 0] += np.random.default_rng().random()", "differs from byte"),
    Spoilt("F-CONV-COM-001", "loses by SafeTensors", "values['model.norm.weight'] *= 1 + (step == 'safetensors-apr')",
           "model.norm.weight has other values"),
    Spoilt("F-CONV-RT-BYTE-001", "widens", "dtype = 'bf16' if step == 'safetensors-apr' else 'f32'",
           "is stored as bf16 in one and as f32 in the other"),
    Spoilt("F-CONV-CONFIG-001", "takes a default", "numbers = {'rope_theta': 1000000.0}",
           "rope_theta is 250000 in config.json and 1e+06 in the apr file"),
    Spoilt("F-CONV-TEMPLATE-001", "leaves it behind", "template = None", "gguf to apr: the apr file carries no chat"),
    Spoilt("F-CONV-TOK-001", "leaves tokens behind", "tokens = False", "carries no vocabulary"),
)  # fmt: skip

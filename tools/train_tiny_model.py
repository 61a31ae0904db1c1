"""Trains one of the tiny models of ``models/`` on a CPU, by hand: see ``models/README.md``.

python tools/train_tiny_model.py tiny --work build/tiny
python tools/train_tiny_model.py tiny --work build/tiny --seed 2 --steps 2000 --rate 1e-3   # a further stage
python tools/train_tiny_model.py tiny --work build/tiny --init models/tiny/safetensors --seed 3   # from shipped weights
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tiny import tokenizer as tokens
from tiny import train
from tiny.shapes import SHAPES
from tiny.to_gguf import load_weights


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(SHAPES))
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of tokenizer.json and weights.pt; goes on from them"
    )
    parser.add_argument("--init", type=Path, help="a shipped SafeTensors folder to go on from; the work folder is new")
    parser.add_argument("--average", nargs="*", type=Path, help="go on from the mean of these saved weights.pt")
    parser.add_argument("--seed", type=int, default=1, help="seed of this stage's examples (default 1)")
    parser.add_argument("--steps", type=int, default=4000, help="steps of this stage (default 4000)")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default 0.002)")
    parser.add_argument("--tokens", type=int, default=2400, help="padded tokens per step (default 2400)")
    parser.add_argument("--share", nargs="*", default=[], metavar="KIND=SHARE", help="other shares of example kinds")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _start_from(shipped: Path, work: Path) -> None:
    """Puts the tokeniser and the weights of a shipped folder into the empty work folder."""
    if (work / "weights.pt").exists():
        raise SystemExit(f"{work} already holds weights.pt: leave --init out to go on from it, or name a new folder")
    shutil.copyfile(shipped / "tokenizer.json", work / "tokenizer.json")
    torch.save({name: torch.from_numpy(weight) for name, weight in load_weights(shipped).items()}, work / "weights.pt")


def _average(saved: list[Path], work: Path) -> None:
    """Puts the mean of several saved stages into the work folder."""
    weights = [torch.load(path) for path in saved]
    mean = {name: sum(one[name] for one in weights) / len(weights) for name in weights[0]}
    torch.save(mean, work / "weights.pt")


def main() -> None:
    """Makes the tokeniser if there is none, then trains one stage from the weights that lie in the work folder."""
    args = _arguments()
    shape = SHAPES[args.model]
    shares = {kind: float(share) for kind, _, share in (text.partition("=") for text in args.share)}
    shape = replace(shape, mixture=shape.mixture | shares)
    torch.set_num_threads(args.threads)
    torch.manual_seed(shape.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    if args.init:
        _start_from(args.init, args.work)
    if args.average:
        _average(args.average, args.work)
    if not (args.work / "tokenizer.json").exists():
        tokens.save(tokens.train(shape), shape, args.work)
    tokenizer = Tokenizer.from_file(str(args.work / "tokenizer.json"))
    model = train.build(shape, {text: tokenizer.token_to_id(text) for text in tokens.SPECIAL})
    if (args.work / "weights.pt").exists():
        # a tied head is stored once, under the name of the embedding
        found = model.load_state_dict(torch.load(args.work / "weights.pt"), strict=not shape.tied)
        assert not found.unexpected_keys, found
        assert set(found.missing_keys) <= {"lm_head.weight"}, found
    train.run_stage(
        shape,
        model,
        tokens.Encoder(tokenizer),
        args.work,
        seed=args.seed,
        steps=args.steps,
        rate=args.rate,
        tokens=args.tokens,
    )


if __name__ == "__main__":
    main()

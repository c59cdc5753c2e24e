"""How sure a model is of yes and no: is what it answers wrong, or only where it draws the line?

    uv run python benchmarks/distil/answers.py --count 600 --write questions.jsonl
    python benchmarks/distil/margins.py MODEL.gguf questions.jsonl [--adapter alfworld.gguf]

For each yes-or-no question, the log-probability of `true` less that of `false` where the answer
begins. AUC is the chance that a true one is surer of `true` than a false one: 0.5 knows nothing,
and a high one with few right answers is a line to be moved. Needs what `train.py` needs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from smollm import SmolLM, encode_chat, load_tokenizer

BEGUN = '<|im_start|>assistant\n{"answer":'
RANK, ALPHA = 16, 32.0


def load(gguf: Path, adapter: Path | None) -> SmolLM:
    """The weights, with what the adapter adds to them."""
    model = SmolLM(gguf, RANK, ALPHA, torch.bfloat16)
    if adapter:
        state = {
            parameter(t.name): torch.from_numpy(t.data.copy()) for t in GGUFReader(adapter).tensors
        }
        if model.load_state_dict(state, strict=False).unexpected_keys:
            raise SystemExit(f"{adapter} is no adapter of rank {RANK} for these weights")
    return model


def parameter(tensor: str) -> str:
    """The name in PyTorch of an adapter's tensor; `export.py` has the way back."""
    return tensor.replace("blk.", "blocks.").replace(".weight.lora_", ".")


def kind(messages: list[dict[str, Any]]) -> str:
    """Which sort of question it is."""
    asked = messages[-2]["content"]
    if "\n\n" not in asked:
        return "usual"
    return "there" if "\n\nIs there" in asked else "closed"


def auc(yes: list[float], no: list[float]) -> float:
    """The share of pairs in which the true one has the greater margin; ties count half."""
    won = sum((y > n) + (y == n) / 2 for y in yes for n in no)
    return won / (len(yes) * len(no)) if yes and no else float("nan")


def row(name: str, found: list[tuple[float, bool]]) -> str:
    """What is printed of one sort of question."""
    yes, no = ([m for m, truth in found if truth is side] for side in (True, False))
    right = sum((m > 0) == truth for m, truth in found)
    means = " ".join(f"{sum(ms) / len(ms):+.2f}" if ms else "none" for ms in (yes, no))
    return f"{name:8} right {right}/{len(found)}  AUC {auc(yes, no):.3f}  mean margins {means}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--adapter", type=Path)
    args = parser.parse_args()
    model, tok = load(args.model, args.adapter), load_tokenizer(args.model)
    begun = tok.encode(BEGUN).ids
    true, false = (tok.encode(f"{BEGUN} {word}").ids[len(begun)] for word in ("true", "false"))
    found: dict[str, list[tuple[float, bool]]] = {}
    for line in args.questions.read_text().splitlines():
        messages = json.loads(line)["messages"]
        truth = json.loads(messages[-1]["content"])["answer"]
        if isinstance(truth, bool):
            ids = encode_chat(tok, messages[:-1])[0] + begun
            with torch.no_grad():
                scores = model.logits(model(torch.tensor([ids]))[0, -1])
            margin = float(scores[true] - scores[false])
            for name in (kind(messages), "all"):
                found.setdefault(name, []).append((margin, truth))
    print("\n".join(row(name, rows) for name, rows in found.items()))


if __name__ == "__main__":
    main()

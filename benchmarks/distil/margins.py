"""How sure a model is of yes and no: is what it answers wrong, or only where it draws the line?

    uv run python benchmarks/distil/answers.py --split dev --count 600 --yes-no --write q.jsonl
    python benchmarks/distil/margins.py MODEL.gguf q.jsonl [--adapter FILE.gguf | RUN/step-N.pt]

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
from sharing import answer_scores, encode_yes_no, grown, packs, value_token
from smollm import SmolLM, load_tokenizer
from torch import Tensor

PACK = 600
"""Tokens that are computed at once."""


def load(gguf: Path, adapter: Path | None) -> SmolLM:
    """The weights, with what the adapter adds to them."""
    state, alpha = read_adapter(adapter) if adapter else ({}, 1.0)
    rank = next((v.shape[0] for k, v in state.items() if k.endswith(".a")), 1)
    model = SmolLM(gguf, rank, alpha, torch.bfloat16)
    if model.load_state_dict(state, strict=False).unexpected_keys:
        raise SystemExit(f"{adapter} is no adapter for these weights")
    return model


def read_adapter(path: Path) -> tuple[dict[str, Tensor], float]:
    """Its matrices by their names in PyTorch, and its alpha."""
    if path.suffix == ".pt":
        saved = torch.load(path, weights_only=True)
        return saved["adapter"], float(saved["config"]["alpha"])
    reader = GGUFReader(path)
    state = {parameter(t.name): torch.from_numpy(t.data.copy()) for t in reader.tensors}
    return state, float(reader.fields["adapter.lora.alpha"].contents())


def parameter(tensor: str) -> str:
    """The name in PyTorch of an adapter's tensor; `export.py` has the way back."""
    return tensor.replace("blk.", "blocks.").replace(".weight.lora_", ".")


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


def margins(model: SmolLM, tok: Any, asked: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The margin and the truth of each question, by its sort."""
    true, false = (value_token(tok, f'{{"answer": {word}}}') for word in ("true", "false"))
    sorts: dict[tuple[int, ...], list[str]] = {}
    samples = []
    for question in asked:
        sample = encode_yes_no(tok, question["messages"])
        samples.append(sample)
        sorts.setdefault(tuple(sample[0]), []).append(question["sort"])
    found: dict[str, list[Any]] = {}
    for pack in packs(samples, PACK, 0):
        with torch.no_grad():
            scores = answer_scores(model, grown(pack), "cpu")
        for (ids, _), (yes, no) in zip(pack, scores[:, [true, false]].tolist(), strict=True):
            for name in (sorts[tuple(ids)].pop(), "all"):
                found.setdefault(name, []).append((yes - no, ids[-1] == true))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--adapter", type=Path)
    args = parser.parse_args()
    model, tok = load(args.model, args.adapter), load_tokenizer(args.model)
    asked = [json.loads(line) for line in args.questions.read_text().splitlines()]
    found = margins(model, tok, asked)
    print("\n".join(row(name, rows) for name, rows in sorted(found.items())))


if __name__ == "__main__":
    main()

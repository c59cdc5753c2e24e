"""Train a LoRA on transcripts, on a GPU or a processor; the same command again goes on.

    python train.py MODEL.gguf TRANSCRIPTS.jsonl.gz RUN/ --epochs 3

Loss is on the replies marked `"train": true` alone. Transcripts longer than --max-tokens are
counted and left out, never cut. RUN/ holds `state.pt` (adapter, optimiser, position; written
beside and renamed, so a kill cannot spoil it), `step-N.pt` (adapters along the way: games decide
which one is best, not the loss), `log.jsonl` and `config.json`. All order follows from --seed.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 the name that it has everywhere
from sharing import encode_yes_no, packs, shared_loss
from smollm import SmolLM, encode_chat, load_tokenizer
from torch import Tensor

Sample = tuple[list[int], list[bool]]
KEEP = 4
"""How many adapters are kept along the way."""


def read_samples(args: argparse.Namespace) -> list[Sample]:
    """The transcripts as tokens."""
    tok, encode = load_tokenizer(args.model), encode_yes_no if args.yes_no else encode_chat
    with gzip.open(args.data, "rt") as lines:
        samples = [encode(tok, json.loads(line)["messages"]) for line in lines]
    kept = [s for s in samples if len(s[0]) <= args.max_tokens and any(s[1])]
    total, learnt = sum(len(s[0]) for s in kept), sum(sum(s[1]) for s in kept)
    left = len(samples) - len(kept)
    print(f"{len(kept)} transcripts, {total:,} tokens, {learnt:,} learnt; {left} left out")
    return kept


def pack(samples: list[Sample], batch_tokens: int, seed: int) -> list[list[Sample]]:
    """Batches of transcripts of like length, in an order that follows from the seed."""
    draw = random.Random(seed)
    jittered = sorted(samples, key=lambda s: len(s[0]) * draw.uniform(0.9, 1.1))
    batches: list[list[Sample]] = [[]]
    for sample in jittered:
        longest = max(len(sample[0]), *(len(s[0]) for s in batches[-1]), 0)
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_tokens:
            batches.append([])
        batches[-1].append(sample)
    draw.shuffle(batches)
    return batches


def tensors(batch: list[Sample], device: str) -> tuple[Tensor, Tensor]:
    """Padded ids, and where a token is learnt."""
    longest = max(len(s[0]) for s in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    learnt = torch.zeros(len(batch), longest, dtype=torch.bool)
    for i, (tokens, flags) in enumerate(batch):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        learnt[i, : len(flags)] = torch.tensor(flags)
    return ids.to(device), learnt.to(device)


def batch_loss(model: SmolLM, batch: list[Sample], device: str) -> Tensor:
    """Mean loss of the learnt tokens; logits are made only before them."""
    ids, learnt = tensors(batch, device)
    hidden = model(ids)[:, :-1]
    where = learnt[:, 1:]
    return F.cross_entropy(model.logits(hidden[where]), ids[:, 1:][where])


def evaluate(model: SmolLM, samples: list[Sample], device: str) -> float:
    """Mean loss of transcripts that are not trained on."""
    with torch.no_grad():
        losses = [(batch_loss(model, [s], device).item(), sum(s[1])) for s in samples]
    return sum(loss * n for loss, n in losses) / sum(n for _, n in losses)


@dataclass
class Training:
    """A run under way."""

    args: argparse.Namespace
    config: dict[str, str]
    model: SmolLM
    schedule: list[list[Sample]]
    step: int = 0

    def __post_init__(self) -> None:
        self.params = {k: p for k, p in self.model.named_parameters() if p.requires_grad}
        rate, betas = self.args.lr, (0.9, 0.99)
        self.optimizer = torch.optim.AdamW(self.params.values(), rate, betas, weight_decay=0.0)
        self.file = self.args.run / "state.pt"

    def resume(self) -> None:
        """Go on from what was saved, if anything was."""
        if not self.file.exists():
            return
        state = torch.load(self.file, weights_only=True)
        changed = {k for k in self.config if state["config"].get(k) != self.config[k]}
        if changed:
            names = ", ".join(sorted(changed))
            raise SystemExit(f"{self.args.run} was begun with other settings: {names}")
        self.model.load_state_dict(state["adapter"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def save(self) -> None:
        """Keep everything that going on needs."""
        state = {"adapter": self.params, "optimizer": self.optimizer.state_dict()}
        _write(self.file, state | {"step": self.step, "config": self.config})

    def keep(self) -> None:
        """Keep the adapter as it is now."""
        halves = {k: v.detach().half().cpu() for k, v in self.params.items()}
        path = self.args.run / f"step-{self.step}.pt"
        _write(path, {"adapter": halves, "config": self.config, "step": self.step})

    def rate(self) -> float:
        """The learning rate: a short rise, then half a cosine."""
        warmup = max(1, len(self.schedule) // 20)
        fall = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * self.step / len(self.schedule)))
        return float(self.args.lr * min((self.step + 1) / warmup, fall))

    def one(self) -> float:
        """One step; its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        loss_of = shared_loss if self.args.yes_no else batch_loss
        loss = loss_of(self.model, self.schedule[self.step], self.args.device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.params.values(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def run(self) -> None:
        """Step by step, to the end or until the time is up."""
        began = saved = time.monotonic()
        marks = {round(len(self.schedule) * k / KEEP) for k in range(1, KEEP + 1)}
        with (self.args.run / "log.jsonl").open("a") as log:
            while self.step < len(self.schedule) and self._time_left(began):
                start, batch = time.monotonic(), self.schedule[self.step]
                loss = self.one()
                tokens = sum(len(s[0]) for s in batch)
                speed = round(tokens / (time.monotonic() - start))
                row = {"step": self.step, "loss": round(loss, 4), "tokens_per_s": speed}
                log.write(json.dumps(row) + "\n")
                log.flush()
                if self.step % 25 == 1:
                    print(f"{self.step}/{len(self.schedule)} {row}", flush=True)
                if time.monotonic() - saved > 60:
                    self.save()
                    saved = time.monotonic()
                if self.step in marks:
                    self.keep()
        self.save()

    def _time_left(self, began: float) -> bool:
        return time.monotonic() - began < float(self.args.minutes) * 60


def _write(path: Path, state: dict[str, object]) -> None:
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def settings() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32.0)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop then")
    parser.add_argument("--batch-tokens", type=int, default=16384)
    parser.add_argument("--max-tokens", type=int, default=4096)
    parser.add_argument("--held-out", type=int, default=40)
    parser.add_argument("--begin", type=Path, help="go on from this adapter, a step-N.pt")
    parser.add_argument("--first-layer", type=int, default=0, help="leave those below alone")
    parser.add_argument("--yes-no", action="store_true", help="the data are such questions alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    return parser.parse_args()


def main() -> None:
    args = settings()
    torch.manual_seed(args.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    samples = read_samples(args)
    if not args.yes_no:  # neighbours are about the same
        random.Random(args.seed).shuffle(samples)
    held_out, samples = samples[: args.held_out], samples[args.held_out :]
    places = ("minutes", "run", "device", "model", "data", "begin")
    config = {k: str(v) for k, v in vars(args).items() if k not in places}
    config["data_sha256"] = hashlib.sha256(args.data.read_bytes()).hexdigest()
    seeds = (args.seed * 1000 + epoch for epoch in range(args.epochs))
    in_batches = packs if args.yes_no else pack
    schedule = [batch for seed in seeds for batch in in_batches(samples, args.batch_tokens, seed)]
    model = SmolLM(args.model, args.rank, args.alpha, getattr(torch, args.dtype)).to(args.device)
    for block in model.blocks[: args.first_layer]:
        block.requires_grad_(False)
    training = Training(args, config, model, schedule)
    if args.begin:
        begun = torch.load(args.begin, weights_only=True)["adapter"]
        model.load_state_dict(begun, strict=False)
    training.resume()
    (args.run / "config.json").write_text(json.dumps(config, indent=1))
    size = sum(p.numel() for p in training.params.values())
    loss = evaluate(model, held_out, args.device)
    print(
        f"{size:,} parameters, {len(schedule)} steps, at {training.step}; held-out loss {loss:.4f}"
    )
    training.run()
    loss = evaluate(model, held_out, args.device)
    print(f"step {training.step} of {len(schedule)}; held-out loss {loss:.4f}")


if __name__ == "__main__":
    main()

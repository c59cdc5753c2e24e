"""SmolLM2 (any GGUF of architecture `llama`) in PyTorch with LoRA, and its tokenizer.

Both are read from the GGUF alone. Its rows of Q and K are ordered for rotary neighbouring pairs;
the attention here rotates such pairs, so an adapter trained on it is valid for the runtime as it
is. A batch is texts padded on the right: under a causal mask no padding is ever looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 the name that it has everywhere
from gguf import GGUFReader, dequantize
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn

TARGETS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
Rope = tuple[Tensor, Tensor]


class LoraLinear(nn.Module):
    """A frozen matrix and the two narrow ones that are added to it."""

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)  # frozen; never in a checkpoint
        self.scale = alpha / rank
        self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / weight.shape[1] ** 0.5)
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))  # zero: begins as the base model

    def forward(self, x: Tensor) -> Tensor:
        """`x` through both."""
        low = F.linear(x, self.a.to(x.dtype)) * self.scale
        return F.linear(x, self.weight) + F.linear(low, self.b.to(x.dtype))


class Block(nn.Module):
    """One layer. The residual stream is float32, what is inside a block is in `dtype`."""

    def __init__(self, weights: Any, heads: tuple[int, int], config: dict[str, Any]) -> None:
        super().__init__()
        self.heads, self.eps, self.dtype = heads, config["eps"], config["dtype"]
        self.register_buffer("attn_norm", weights("attn_norm"), persistent=False)
        self.register_buffer("ffn_norm", weights("ffn_norm"), persistent=False)
        for name in TARGETS:
            matrix = weights(name).to(self.dtype)
            self.add_module(name, LoraLinear(matrix, config["rank"], config["alpha"]))

    def forward(self, x: Tensor, rope: Rope, mask: Tensor | None) -> Tensor:
        """Attention, then the feed-forward part."""
        x = x + self.attend(self._normed(x, self.attn_norm), rope, mask)
        h = self._normed(x, self.ffn_norm)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))

    def attend(self, h: Tensor, rope: Rope, mask: Tensor | None) -> Tensor:
        """Attention with grouped keys and values, causal where no mask says what is looked at."""
        batch, length, _ = h.shape
        queries, pairs = self.heads
        q = rotate(self.attn_q(h).view(batch, length, queries, -1), rope).to(self.dtype)
        k = rotate(self.attn_k(h).view(batch, length, pairs, -1), rope).to(self.dtype)
        v = self.attn_v(h).view(batch, length, pairs, -1)
        k, v = (t.repeat_interleave(queries // pairs, 2) for t in (k, v))
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None)
        return self.attn_output(out.transpose(1, 2).reshape(batch, length, -1))

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], weight, self.eps).to(self.dtype)


def rotate(x: Tensor, rope: Rope) -> Tensor:
    """Rotary positions on neighbouring pairs, the order of rows in a GGUF."""
    cos, sin = rope
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class SmolLM(nn.Module):
    """`hidden = model(ids)` for ids of shape (batch, length); `model.logits(hidden[where])`.

    Only the adapter's matrices are parameters.
    """

    def __init__(self, gguf: Path, rank: int, alpha: float, dtype: torch.dtype) -> None:
        super().__init__()
        reader = GGUFReader(gguf)
        meta = {k: f.contents() for k, f in reader.fields.items() if k.startswith("llama.")}
        raw = {t.name: t for t in reader.tensors}

        def tensor(name: str) -> Tensor:
            return torch.from_numpy(
                dequantize(raw[name].data, raw[name].tensor_type).copy()
            ).float()

        heads = (meta["llama.attention.head_count"], meta["llama.attention.head_count_kv"])
        self.eps = meta["llama.attention.layer_norm_rms_epsilon"]
        size, base = meta["llama.rope.dimension_count"], meta["llama.rope.freq_base"]
        self.register_buffer("freqs", base ** (-torch.arange(0, size, 2).float() / size), False)
        # The embedding is tied: it is the output matrix as well.
        self.register_buffer("embed", tensor("token_embd.weight").to(dtype), persistent=False)
        self.register_buffer("norm", tensor("output_norm.weight"), persistent=False)
        config = {"eps": self.eps, "dtype": dtype, "rank": rank, "alpha": alpha}
        self.blocks = nn.ModuleList(
            Block(lambda n, i=i: tensor(f"blk.{i}.{n}.weight"), heads, config)
            for i in range(meta["llama.block_count"])
        )

    def forward(
        self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The last hidden states, of shape (batch, length, width).

        `positions` (length) and `mask` (length, length; true where a row may look) are those of
        texts that share beginnings (`sharing.py`); None for one text a row.
        """
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)
        angles = positions[:, None].float() * self.freqs
        rope = (angles.cos()[:, None], angles.sin()[:, None])
        x = self.embed[ids].float()
        for block in self.blocks:
            x = block(x, rope, mask)
        return F.rms_norm(x, x.shape[-1:], self.norm, self.eps)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of every token after each of these hidden states."""
        return F.linear(hidden.to(self.embed.dtype), self.embed).float()


def load_tokenizer(gguf: Path) -> Tokenizer:
    """GPT-2 style BPE with single digits (`tokenizer.ggml.pre` = smollm)."""
    fields = GGUFReader(gguf).fields
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    tokens: list[str] = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"].contents()]
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    digits = pre_tokenizers.Split(Regex(r"\p{N}"), "isolated")
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.pre_tokenizer = pre_tokenizers.Sequence([digits, plain])
    tok.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    special = [t for t, kind in zip(tokens, kinds, strict=True) if kind == 3]
    tok.add_special_tokens([AddedToken(t, special=True) for t in special])
    return tok


def encode_chat(tok: Tokenizer, messages: list[dict[str, Any]]) -> tuple[list[int], list[bool]]:
    """Tokens of the chat as SmolLM2's template writes it, and which of them are learnt.

    Learnt are the replies with `"train": true`, their `<|im_end|>` included.
    """
    assert messages[0]["role"] == "system"  # else the template puts in a system message of its own
    ids: list[int] = []
    learnt: list[bool] = []
    for message in messages:
        head = tok.encode(f"<|im_start|>{message['role']}\n").ids
        body = tok.encode(f"{message['content']}<|im_end|>").ids
        tail = tok.encode("\n").ids
        ids += head + body + tail
        own = bool(message.get("train"))
        learnt += [False] * len(head) + [own] * len(body) + [False] * len(tail)
    return ids, learnt

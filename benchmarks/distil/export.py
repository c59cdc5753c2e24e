"""Write a trained adapter as the GGUF file that the runtime loads.

    python export.py RUN/step-N.pt adapter.gguf --card KEY=VALUE ...

For each matrix NAME two tensors, `NAME.lora_a` (rank x in) and `NAME.lora_b` (out x rank), in F16;
the runtime scales by alpha / rank. Where it comes from travels in the file, as `replplan.*` keys.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter


def tensor_name(parameter: str) -> str:
    """The GGUF's name for one of the adapter's parameters."""
    matrix, _, side = parameter.replace("blocks.", "blk.").rpartition(".")
    return f"{matrix}.weight.lora_{side}"


def write_adapter(state: Path, out: Path, card: dict[str, str]) -> None:
    """Write the file."""
    saved = torch.load(state, weights_only=True, map_location="cpu")
    config = saved["config"]
    writer = GGUFWriter(out, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["alpha"]))
    for key, value in {**config, "step": str(saved["step"]), **card}.items():
        writer.add_string(f"replplan.{key}", value)
    for name, value in saved["adapter"].items():
        writer.add_tensor(tensor_name(name), value.numpy().astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("state", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--card", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    card = dict(part.split("=", 1) for part in args.card)
    write_adapter(args.state, args.out, card)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

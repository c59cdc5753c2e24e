"""BM25 as Lucene 9 computes it: single precision, and document lengths kept in one byte.

S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The
lossy length (`SmallFloat.intToByte4`) alone makes other implementations order results otherwise.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

_FLOAT = struct.Struct("f")


def single(x: float) -> float:
    """A number rounded to single precision."""
    value: float = _FLOAT.unpack(_FLOAT.pack(x))[0]
    return value


K1, B = single(0.9), single(0.4)


def kept_length(terms: int) -> int:
    """What remains of a document's length: exact below 40, then four significant bits."""
    if terms < 24:
        return terms
    over = terms - 24
    shift = max(over.bit_length() - 4, 0)
    return 24 + (over >> shift << shift)


@dataclass(frozen=True)
class Corpus:
    """What scores depend on beside term and document.

    Attributes:
        documents: how many have any term.
        average: their mean length in terms, lengths taken exactly.
    """

    documents: int
    average: float

    def norm(self, length: int) -> float:
        """The factor of a document of that kept length."""
        share = single(single(B * length) / self.average)
        return single(1 / single(K1 * single(single(1 - B) + share)))

    def weight(self, frequency: int, times: int) -> float:
        """The weight of a term that stands in so many documents, and so often in the query."""
        rarity = math.log(1 + (self.documents - frequency + 0.5) / (frequency + 0.5))
        return single(times * single(rarity))


def score(weight: float, count: int, norm: float) -> float:
    """What a term adds to a document that has it `count` times."""
    return single(weight - single(weight / single(1 + single(count * norm))))

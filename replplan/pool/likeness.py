"""How like texts are to one another: BM25, as SQLite has it.

SQLite's full-text search comes with Python. Of the packages that do BM25, the one that is looked
after (bm25s) and the one that is not (rank-bm25) both bring numpy: 60 MB and half a second of
import to put a handful of notebooks in order.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from replplan.errors import ConfigError

_WORDS = 500
_FILLER = "qqfillerqq "


def rank(text: str, texts: Sequence[str]) -> list[int]:
    """The places of `texts`, the likest to `text` first; of equally like ones the earlier first.

    Raises:
        ConfigError: this Python's SQLite has no full-text search.
    """
    scores = dict(_scores(text, texts)) if len(texts) > 1 else {}
    return sorted(range(len(texts)), key=lambda i: (-scores.get(i, 0.0), i))


def _scores(text: str, texts: Sequence[str]) -> list[tuple[int, float]]:
    words = dict.fromkeys(re.findall(r"[^\W_]+", text.lower()))
    query = " OR ".join(f'"{w}"' for w in list(words)[-_WORDS:])
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            base.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61')")
        except sqlite3.OperationalError as e:
            raise ConfigError(
                "demonstrations cannot be put in order: the SQLite of this Python was built"
                " without FTS5; use another Python, or --no-demonstrations"
            ) from e
        base.executemany("INSERT INTO t(rowid, x) VALUES (?, ?)", enumerate(_padded(texts)))
        if not query:
            return []
        rows = base.execute("SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?", (query,))
        return [(row, round(score, 9)) for row, score in rows]


def _padded(texts: Sequence[str]) -> list[str]:
    """As many rows of filler besides, of middling length.

    To SQLite a word that half of all rows have tells nothing; in a pool of two, that is every word.
    """
    length = sum(len(t.split()) for t in texts) // len(texts)
    return [*texts, *[_FILLER * length] * len(texts)]

"""BabyAI: instructions in a grid of rooms, as text.

Levels and their rules are those of BabyAI (Chevalier-Boisvert et al., ICLR 2019, arXiv 1810.08272)
in minigrid (MIT), the extra `babyai`; what is seen is told in words.
"""

from replplan_domains.babyai.domain import BabyAI
from replplan_domains.babyai.words import parse_view

__all__ = ["BabyAI", "parse_view"]

"""TextWorld: generated text games with levels, in the official engine.

Coin collector, treasure hunter and cooking of TextWorld (Côté et al., 2018, arXiv 1806.11532; MIT,
its interpreter Jericho GPL-2), which comes with the extra `alfworld`.
"""

from replplan_domains.textworld.domain import TextWorld

__all__ = ["TextWorld"]

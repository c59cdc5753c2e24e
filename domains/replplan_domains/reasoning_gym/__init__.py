"""reasoning-gym: questions with answers that are checked, from generators by name.

The generators are those of reasoning-gym (Stojanovski et al., arXiv 2505.24760; Apache 2.0), the
extra `reasoning-gym`. There is no world: a plan reads the question, computes, and answers.
"""

from replplan_domains.reasoning_gym.domain import ReasoningGym

__all__ = ["ReasoningGym"]

"""Environments of Gymnasium by their ids, as text.

Gymnasium (Towers et al., arXiv 2407.17032; MIT) is the extra `gym`. Those of its environments that
draw themselves as text are here with a goal and named actions; any other one whose observations
are text, or that has the render mode "ansi", can be named too.
"""

from replplan_domains.gym.domain import Gym

__all__ = ["Gym"]

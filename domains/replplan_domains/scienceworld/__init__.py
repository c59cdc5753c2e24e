"""ScienceWorld: thirty kinds of experiments of elementary school, in the official simulator.

ScienceWorld (Wang et al., EMNLP 2022, arXiv 2203.07540; Apache 2.0) is the extra `scienceworld`.
Its simulator is a Java program, which runs as long as a world is open.
"""

from replplan_domains.scienceworld.domain import ScienceWorld

__all__ = ["ScienceWorld"]

"""Questions over texts that no model can read at once: the text is a variable in the kernel.

In the spirit of Recursive Language Models (Zhang, Kraska and Khattab, arXiv 2512.24601): code cuts
the text, questions read the pieces.
"""

from replplan_domains.longtext.domain import LongText

__all__ = ["LongText"]

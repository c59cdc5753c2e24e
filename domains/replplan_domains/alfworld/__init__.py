"""ALFWorld: household tasks in text, played by an engine of our own.

The worlds are the text games of ALFWorld (Shridhar et al., ICLR 2021, arXiv 2010.03768), whose
observations, commands and refusals the engine gives word for word. Without data it plays games
that are drawn here; given a folder of official games it plays those.
"""

from replplan_domains.alfworld.domain import ALFWorld

__all__ = ["ALFWorld"]

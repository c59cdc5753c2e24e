"""WebShop: buying what an instruction asks for, in a shop of our own making.

Pages, search and reward are those of WebShop (Yao et al., NeurIPS 2022, arXiv 2207.01206), to the
letter. Without data the shop sells goods that follow from a seed; given a folder with a catalogue
it sells that.
"""

from replplan_domains.webshop.domain import WebShop
from replplan_domains.webshop.parsing import parse_item, parse_results, readable

__all__ = ["WebShop", "parse_item", "parse_results", "readable"]

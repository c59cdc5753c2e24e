"""Goods and goals of our own: a catalogue that follows from a seed, in the form of the real one."""

from replplan_domains.webshop.goods.stock import GoodsStock, goods_fingerprint

__all__ = ["GoodsStock", "goods_fingerprint"]

"""The pictures of a report, as SVG elements: colours and fonts come from the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean
from xml.etree.ElementTree import Element

from replplan.console import words
from replplan.evaluate.line import Spans
from replplan.evaluate.statistics import wilson
from replplan.export.elements import node
from replplan.report.runs import Arm

WIDTH, HEIGHT = 460, 280
LEFT, RIGHT, TOP, BOTTOM = 54, 30, 14, 46
ROW = 44
COLOURS = 6
"""So many arms have a colour of their own."""

PURPOSES = tuple(Spans.model_fields)
"""What the time of an episode went for."""


def pictures(arms: Sequence[Arm]) -> list[Element]:
    """Success against cost, turns, and where time went, each with its legend."""
    return [
        _figure("Success against cost", success_against_cost(arms), arms),
        _figure("Turns of an episode", turns(arms), arms),
        _figure("Where time went", time_spent(arms), ()),
    ]


def _figure(title: str, picture: Element, arms: Sequence[Arm]) -> Element:
    names = [
        node("span", node("i", class_=f"dot c{n % COLOURS}"), arm.label, " ")
        for n, arm in enumerate(arms)
    ]
    legend = node("div", *names, class_="legend") if names else None
    return node("figure", node("figcaption", title), picture, legend)


def success_against_cost(arms: Sequence[Arm]) -> Element:
    """A dot for each arm with its interval; tokens stand for cost where there is none
    or one is not known."""
    known = [arm.cost / len(arm.lines) for arm in arms if arm.cost is not None]
    costs, unit = known, "US dollars an episode"
    if len(known) < len(arms) or not any(known):
        costs = [fmean(line.usage.tokens for line in arm.lines) for arm in arms]
        why = "there is no cost" if len(known) == len(arms) else "not every cost is known"
        unit = f"tokens an episode ({why})"
    ticks = _ticks(max([*costs, 1e-9]))
    picture = _frame("share solved", unit)
    for value in ticks:
        _tick_x(picture, value / ticks[-1], _amount(value))
    for part in (0, 0.25, 0.5, 0.75, 1):
        _tick_y(picture, part, f"{part:.0%}")
    for n, (arm, cost) in enumerate(zip(arms, costs, strict=True)):
        share = wilson(arm.solved, len(arm.lines))
        x, colour = _x(cost / ticks[-1]), f"c{n % COLOURS}"
        told = f"{arm.label}: {share} at {_amount(cost)}"
        picture.append(_line(x, _y(share.low), x, _y(share.high), f"whisker {colour}"))
        dot = node("circle", cx=_n(x), cy=_n(_y(share.share)), r="6", class_=colour)
        dot.append(node("title", told))
        picture.append(dot)
    return picture


def turns(arms: Sequence[Arm]) -> Element:
    """How many episodes took how many turns."""
    most = max(line.usage.turns for arm in arms for line in arm.lines)
    width = max(1, math.ceil((most + 1) / 16))
    counts = [Counter(line.usage.turns // width for line in arm.lines) for arm in arms]
    bins = most // width + 1
    top = _ticks(max(max(c.values()) for c in counts))
    picture = _frame("episodes", "turns")
    for value in top:
        _tick_y(picture, value / top[-1], _amount(value))
    step = max(1, math.ceil(bins / 8))
    for at in range(bins):
        label = str(at * width) if width == 1 else f"{at * width}-{at * width + width - 1}"
        if at % step == 0:
            _tick_x(picture, (at + 0.5) / bins, label)
        for n, count in enumerate(counts):
            if count[at]:
                picture.append(_bar(at, n, (bins, len(arms)), count[at] / top[-1], count[at]))
    return picture


def _bar(at: int, n: int, of: tuple[int, int], height: float, count: int) -> Element:
    bins, arms = of
    room = (WIDTH - LEFT - RIGHT) / bins
    wide = 0.84 * room / arms
    x, y = LEFT + at * room + 0.08 * room + n * wide, _y(height)
    bar = _rectangle(x, y, wide, HEIGHT - BOTTOM - y, f"c{n % COLOURS}")
    bar.append(node("title", words.amount("episodes", count)))
    return bar


def time_spent(arms: Sequence[Arm]) -> Element:
    """A bar for each arm: the mean seconds of an episode, by what they went for."""
    means = [_mean(arm) for arm in arms]
    ticks = _ticks(max([*(sum(mean.values()) for mean in means), 1e-9]))
    bottom = TOP + ROW * len(arms) + 10
    picture = _svg(bottom + 64)
    for value in ticks:
        x = _x(value / ticks[-1])
        picture.append(_line(x, TOP, x, bottom, "grid"))
        picture.append(_text(x, bottom + 15, _amount(value), "middle"))
    picture.append(_text((LEFT + WIDTH) / 2, bottom + 32, "seconds an episode", "middle"))
    for n, (arm, mean) in enumerate(zip(arms, means, strict=True)):
        y = TOP + ROW * n
        picture.append(_text(LEFT, y + 11, arm.label, "start"))
        picture.extend(_stretches(mean, ticks[-1], y + 16))
    picture.extend(_names(bottom + 46))
    return picture


def _mean(arm: Arm) -> dict[str, float]:
    """The mean seconds of an episode that went for each of `PURPOSES`."""
    return {what: fmean(getattr(line.spans, what) for line in arm.lines) for what in PURPOSES}


def _stretches(seconds: dict[str, float], most: float, y: float) -> Iterator[Element]:
    """One stretch of a bar after the other; `most` seconds fill the picture's width."""
    at = 0.0
    for what, long in seconds.items():
        left, right = _x(at / most), _x((at + long) / most)
        stretch = _rectangle(left, y, right - left, 18, f"t-{what}")
        stretch.append(node("title", f"{what}: {words.duration(long)}"))
        yield stretch
        at += long


def _names(y: float) -> Iterator[Element]:
    """What each colour of a bar stands for."""
    for n, what in enumerate(PURPOSES):
        x = LEFT + n * 100
        yield _rectangle(x, y, 10, 10, f"t-{what}")
        yield _text(x + 15, y + 9, what, "start")


def _rectangle(x: float, y: float, width: float, height: float, kind: str) -> Element:
    return node("rect", x=_n(x), y=_n(y), width=_n(width), height=_n(height), class_=kind)


def _frame(up: str, across: str) -> Element:
    picture = _svg(HEIGHT)
    floor = HEIGHT - BOTTOM
    picture.append(_line(LEFT, floor, WIDTH - RIGHT, floor, "axis"))
    picture.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "middle"))
    name = _text(0, 0, up, "middle")
    name.set("transform", f"translate(13 {(TOP + floor) / 2:.0f}) rotate(-90)")
    picture.append(name)
    return picture


def _svg(height: float) -> Element:
    return node("svg", viewBox=f"0 0 {WIDTH} {_n(height)}", role="img")


def _tick_x(picture: Element, part: float, label: str) -> None:
    picture.append(_text(_x(part), HEIGHT - BOTTOM + 16, label, "middle"))


def _tick_y(picture: Element, part: float, label: str) -> None:
    y = _y(part)
    picture.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
    picture.append(_text(LEFT - 6, y + 4, label, "end"))


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Element:
    return node("line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), class_=kind)


def _text(x: float, y: float, text: str, anchor: str) -> Element:
    return node("text", text, x=_n(x), y=_n(y), text_anchor=anchor)


def _x(part: float) -> float:
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def _y(part: float) -> float:
    return HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"


def _ticks(most: float) -> list[float]:
    """Four to six round values from 0 to at least the greatest one."""
    size = 10 ** math.floor(math.log10(most / 4)) if most > 0 else 1.0
    step = next(s * size for s in (1, 2, 2.5, 5, 10) if s * size * 5 >= most)
    return [step * n for n in range(math.ceil(most / step - 1e-9) + 1)]

"""Histograms with errors, and a small writer that draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

INK, GRID, FILL = "#1f2d3d", "#e6e9ed", "#4299e1"
WIDTH, HEIGHT = 560, 400
LEFT, RIGHT, TOP, BOTTOM = 82, 20, 58, 62
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Histogram:
    """Heights and their standard errors over equal bins of ``width`` from ``low`` on."""

    low: float
    width: float
    heights: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def high(self) -> float:
        return self.low + self.width * len(self.heights)

    def scaled(self, factor: float) -> Histogram:
        return Histogram(
            self.low,
            self.width,
            tuple(height * factor for height in self.heights),
            tuple(error * abs(factor) for error in self.errors),
        )


@dataclass(frozen=True)
class Panel:
    """One pair of axes: a histogram and what stands along it."""

    histogram: Histogram
    x_label: str
    y_label: str


def fill(
    values: Iterable[float], low: float, width: float, bins: int, weights: Iterable[float] = ()
) -> Histogram:
    """Sum weights (1 each, if none are given) bin by bin; values outside are left out.

    The error of a bin is sqrt(Σw²), which is sqrt(n) where all weights are 1.
    """
    sums, squares = [0.0] * bins, [0.0] * bins
    values = list(values)
    for value, weight in zip(values, list(weights) or [1.0] * len(values), strict=True):
        index = math.floor((value - low) / width)
        if 0 <= index < bins:
            sums[index] += weight
            squares[index] += weight * weight
    return Histogram(low, width, tuple(sums), tuple(map(math.sqrt, squares)))


def binning(values: Sequence[float], bins: int = 20) -> tuple[float, float, int]:
    """Low edge, width and number of about ``bins`` round bins that hold every value."""
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1.0):  # all the same: a bin amid a few
        width = round_step(max(abs(high), 1.0) / 100)
        return (math.floor(low / width) - bins // 2) * width, width, bins + 1
    width = round_step((high - low) / bins)
    first = math.floor(low / width) * width
    first -= width if first > low else 0.0
    return first, width, math.floor((high - first) / width) + 1


def round_step(size: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that isn't below ``size``."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= size * (1 - 1e-9))


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    step = round_step((high - low) / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def draw(title: str, panels: Sequence[Panel], note: str = "") -> str:
    """An SVG document of the panels side by side; no script, no style sheet, no fetched font."""
    width = WIDTH * len(panels)
    drawn = "\n".join(
        f'<g transform="translate({index * WIDTH} 0)">\n{_panel(panel)}\n</g>'
        for index, panel in enumerate(panels)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" \
height="{HEIGHT}" font-family="Inter, Helvetica, Arial, sans-serif" font-size="13" fill="{INK}" \
role="img">
<title>{escape(title)}</title>
<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>
<text x="{LEFT}" y="26" font-size="17" font-weight="600">{escape(title)}</text>
<text x="{LEFT}" y="45" fill="#667382">{escape(note)}</text>
{drawn}
</svg>
"""


@dataclass(frozen=True)
class _Axes:
    """Maps the data to the drawing; ``factor`` is taken out of the y labels as a power of ten."""

    left: float
    right: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    @property
    def exponent(self) -> int:
        largest = math.floor(math.log10(max(abs(self.bottom), abs(self.top))))
        return largest if not -2 <= largest <= 4 else 0


def _panel(panel: Panel) -> str:
    axes = _axes(panel.histogram)
    return "\n".join(
        (
            *_y_axis(axes, panel.y_label),
            *_bars(axes, panel.histogram),
            *_x_axis(axes, panel.x_label),
        )
    )


def _axes(histogram: Histogram) -> _Axes:
    """Room above the highest error bar, and below the lowest where weights are negative."""
    pairs = list(zip(histogram.heights, histogram.errors, strict=True))
    top = max(0.0, *(height + error for height, error in pairs))
    bottom = min(0.0, *(height - error for height, error in pairs if height < 0), 0.0)
    if top == bottom:
        top = 1.0
    room = 0.06 * (top - bottom)
    return _Axes(histogram.low, histogram.high, bottom - room if bottom else 0.0, top + room)


def _bars(axes: _Axes, histogram: Histogram) -> Iterable[str]:
    zero = axes.y(0.0)
    for index, height in enumerate(histogram.heights):
        error = histogram.errors[index]
        if not error:
            continue
        left = axes.x(histogram.low + index * histogram.width)
        right = axes.x(histogram.low + (index + 1) * histogram.width)
        level, middle = axes.y(height), (left + right) / 2
        yield (
            f'<rect x="{left:.1f}" y="{min(level, zero):.1f}" width="{right - left:.1f}" '
            f'height="{abs(zero - level):.1f}" fill="{FILL}" fill-opacity="0.35"/>'
        )
        yield (
            f'<path d="M{left:.1f} {level:.1f}H{right:.1f}M{middle:.1f} '
            f'{axes.y(height - error):.1f}V{axes.y(height + error):.1f}" '
            f'stroke="{INK}" stroke-width="1.2" fill="none"/>'
        )


def _x_axis(axes: _Axes, label: str) -> Iterable[str]:
    base = HEIGHT - BOTTOM
    zero = axes.y(0.0)
    yield f'<path d="M{LEFT} {base}H{WIDTH - RIGHT}" stroke="{INK}"/>'
    if zero < base:
        yield f'<path d="M{LEFT} {zero:.1f}H{WIDTH - RIGHT}" stroke="{INK}" opacity="0.5"/>'
    for tick in ticks(axes.left, axes.right):
        x = axes.x(tick)
        yield f'<path d="M{x:.1f} {base}v6" stroke="{INK}"/>'
        yield f'<text x="{x:.1f}" y="{base + 21}" text-anchor="middle">{tick:.6g}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 16}" text-anchor="end">{escape(label)}</text>'


def _y_axis(axes: _Axes, label: str) -> Iterable[str]:
    exponent = axes.exponent
    times = f"  × 10{str(exponent).translate(SUPERSCRIPT)}" if exponent else ""
    for tick in ticks(axes.bottom, axes.top):
        y = axes.y(tick)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        yield f'<path d="M{LEFT} {y:.1f}h-6" stroke="{INK}"/>'
        yield (
            f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">'
            f"{tick / 10.0**exponent:.6g}</text>"
        )
    yield f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}" stroke="{INK}"/>'
    yield (
        f'<text transform="translate(20 {TOP}) rotate(-90)" text-anchor="end">'
        f"{escape(label + times)}</text>"
    )

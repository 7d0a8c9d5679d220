"""Draws the figures of benches/start.sh as a bar chart in SVG, and writes them into a page.

chart.py FIGURES.json PREFIX PAGE.md   writes PREFIX-light.svg and PREFIX-dark.svg, and what is between the markers in PAGE.md

A bar is a time as a share of env's, the line on it the range of the rounds (10th to 90th percentile). A bar that is too long for the chart is cut.
"""

import datetime
import json
import sys
import textwrap
from html import escape

LIGHT = {"text": "#1f2328", "dim": "#59636e", "window": "#ffffff", "border": "#d1d9e0", "pfx": "#0969da", "env": "#818b98"}
DARK = {"text": "#e6edf3", "dim": "#9198a1", "window": "#0d1117", "border": "#3d444d", "pfx": "#4493f8", "env": "#656c76"}

WIDTH, MARGIN, LEFT, RIGHT = 708, 18, 232, 66
TOP, STEP, BAR = 76, 34, 18
# The longest bar, as a multiple of env, and the step of the axis.
LONGEST, TICK = 1.5, 0.5
BEGIN, END = "<!-- written by benches/start.sh --chart -->", "<!-- until here -->"
FONT = "ui-sans-serif,system-ui,-apple-system,'Segoe UI','Helvetica Neue','DejaVu Sans',sans-serif"


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def percent(ratio):
    return f"{ratio * 100:.0f} %"


def x(ratio):
    return LEFT + (WIDTH - LEFT - RIGHT) * min(ratio, LONGEST) / LONGEST


def label(command):
    return command["name"] if command["goal"] is None else f"pfx run, {command['name']}"


def picture(figures, palette):
    """The SVG."""
    commands = figures["commands"]
    # What is cut comes last.
    commands = sorted(commands, key=lambda command: command["ratio"] > LONGEST)
    machine = figures["machine"]
    bottom = TOP + STEP * len(commands)
    height = bottom + 72
    heading = "Time until the program runs, compared with env"
    sentences = [f"{label(command)}: {percent(command['ratio'])} ({command['milliseconds']:.2f} ms)" for command in commands]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        ' role="img" aria-labelledby="title desc">',
        f'<title id="title">{heading}</title>',
        f'<desc id="desc">{escape("; ".join(sentences))}</desc>',
        f"<style>text{{font:13px {FONT};fill:{palette['text']}}}.title{{font-size:16px;font-weight:600}}"
        f".dim{{fill:{palette['dim']}}}.end{{text-anchor:end}}.middle{{text-anchor:middle}}"
        f".value{{paint-order:stroke;stroke:{palette['window']};stroke-width:4px}}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8" fill="{palette["window"]}"'
        f' stroke="{palette["border"]}"/>',
        f'<text class="title" x="{MARGIN}" y="32">{heading}</text>',
        f'<text class="dim" x="{MARGIN}" y="52">Less is better. The line on a bar: 10th to 90th percentile of'
        f" {figures['rounds']} rounds of {figures['runs']} runs.</text>",
    ]
    for step in range(int(LONGEST / TICK) + 1):
        at = number(x(step * TICK))
        stroke = palette["dim"] if step * TICK == 1 else palette["border"]
        out.append(f'<path d="M{at} {TOP - 6}V{bottom}" stroke="{stroke}"/>')
        out.append(f'<text class="dim middle" x="{at}" y="{bottom + 18}">{percent(step * TICK)}</text>')
    for row, command in enumerate(commands):
        top = TOP + STEP * row + (STEP - BAR) / 2 - 3
        middle, base = top + BAR / 2, top + BAR - 4.5
        color = palette["env" if command["goal"] is None else "pfx"]
        end = x(command["ratio"])
        out.append(f'<text class="end" x="{LEFT - 10}" y="{number(base)}">{escape(label(command))}</text>')
        out.append(f'<rect x="{LEFT}" y="{number(top)}" width="{number(end - LEFT)}" height="{BAR}" fill="{color}"/>')
        if command["ratio"] > LONGEST:
            for shift in (24, 32):
                cut = f"M{number(end - shift)} {number(top + BAR + 3)}l8 -{BAR + 6}"
                out.append(f'<path d="{cut}" stroke="{palette["window"]}" stroke-width="3"/>')
        else:
            low, high = number(x(command["low"])), number(x(command["high"]))
            ends = f"M{low} {number(middle - 4)}v8M{high} {number(middle - 4)}v8"
            out.append(f'<path d="M{low} {number(middle)}H{high}{ends}" stroke="{palette["text"]}" fill="none"/>')
            end = max(end, x(command["high"]))
        out.append(f'<text class="value" x="{number(end + 8)}" y="{number(base)}">{percent(command["ratio"])}</text>')
    foot = (
        f"{figures['pfx']} (static), {figures['date']}: {machine['processor']}, {machine['cores']} cores,"
        f" {machine['kernel'].split('-')[0]}, {machine['system']}, LANG={figures['language']}"
    )
    out.append(f'<text class="dim" style="font-size:11px" x="{MARGIN}" y="{height - 16}">{escape(foot)}</text>')
    return "\n".join([*out, "</svg>", ""])


def text(figures):
    """The figures in Markdown."""
    machine, (base, *others) = figures["machine"], figures["commands"]
    month = datetime.date.fromisoformat(figures["date"]).strftime("%B %Y")
    rows = [
        ("", "time", "goal"),
        ("-", "-", "-"),
        (f"`{base['name']}`", f"1.00x ({base['milliseconds']:.2f} ms)", ""),
        *((f"`pfx run`: {it['name']}", f"{it['ratio']:.2f}x", f"{it['goal']}x") for it in others),
        ("peak memory, 1 secret of 1", f"{figures['memory_kib']} KiB", "4096 KiB"),
        ("threads, sockets", f"{figures['threads']}, {figures['sockets']}", "0, 0"),
    ]
    ratios = figures["ratios_with_LANG_C"]
    missed = [it["name"] for it, ratio in zip(others, ratios) if ratio > it["goal"]]
    listed = [f"{ratio:.2f}x" for ratio in ratios]
    goals = f"the goal is missed for: {'; '.join(missed)}" if missed else "no goal is missed"
    kernel, language = machine["kernel"].split("-")[0], figures["language"]
    paragraphs = [
        f"{month}: {machine['processor']}, {machine['cores']} cores, {kernel}, {machine['system']}, `LANG={language}`, the static"
        f" binary that `install.sh` builds ({figures['bytes'] / 1e6:.1f} MB). Each time is the median of"
        f" {figures['rounds'] * figures['runs']} starts ([all figures](images/start.json)):",
        "\n".join("| " + " | ".join(row) + " |" for row in rows).replace("|  |", "| |").replace("| - | - | - |", "|---|---|---|"),
        f"With `LANG=C`, for which `env` does not load a locale, the ratios are {', '.join(listed[:-1])} and {listed[-1]}:"
        f" {goals}.",
    ]
    return "\n\n".join(it if it.startswith("|") else textwrap.fill(it, 120, break_on_hyphens=False) for it in paragraphs)


def main():
    source, prefix, page = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        figures = json.load(file)
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        with open(f"{prefix}-{name}.svg", "w", encoding="utf-8") as file:
            file.write(picture(figures, palette))
    with open(page, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n\n{text(figures)}\n\n{END}{rest.split(END)[1]}")


main()

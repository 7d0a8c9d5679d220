"""Runs command lines in bash on a pseudo-terminal of 80 columns and draws what it shows, as SVG.

session.py HOME PATH PREFIX LINE...   writes PREFIX-light.svg and PREFIX-dark.svg; session.sh prepares the rest

The pictures show HOME as /home/you. Only sequences that set a color or a weight are understood: anything else that a
program sends to the terminal is an error, so that no picture is wrong unnoticed.
"""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata
from dataclasses import dataclass, replace
from html import escape

COLUMNS, ROWS = 80, 50
SHOWN_HOME = "/home/you"
PROMPT = "\x1b[35m$\x1b[0m "
# What is typed when pfx asks for a value.
VALUE = "example-key-of-20-ch"
# No program here takes as long, in seconds.
DEADLINE = 60

WIDTH, HEIGHT, SIZE, MARGIN, BAR = 8.4, 20, 14, 18, 34
# The space above a remark, which begins a step.
GAP = 8

# The 16 colors of a terminal, and: text, dimmed text, the window, its border.
NAMES = "black red green yellow blue magenta cyan white".split()
LIGHT = {
    "black": "#1f2328", "red": "#cf222e", "green": "#116329", "yellow": "#7d4e00",
    "blue": "#0550ae", "magenta": "#8250df", "cyan": "#1b7c83", "white": "#59636e",
    "bright-black": "#59636e", "bright-red": "#a40e26", "bright-green": "#1a7f37", "bright-yellow": "#633c01",
    "bright-blue": "#0969da", "bright-magenta": "#8250df", "bright-cyan": "#1b7c83", "bright-white": "#1f2328",
    "text": "#1f2328", "dim": "#59636e", "window": "#ffffff", "border": "#d1d9e0",
}  # fmt: skip
DARK = {
    "black": "#9198a1", "red": "#ff7b72", "green": "#56d364", "yellow": "#e3b341",
    "blue": "#79c0ff", "magenta": "#d2a8ff", "cyan": "#56d4dd", "white": "#e6edf3",
    "bright-black": "#9198a1", "bright-red": "#ffa198", "bright-green": "#7ee787", "bright-yellow": "#f2cc60",
    "bright-blue": "#a5d6ff", "bright-magenta": "#e2c5ff", "bright-cyan": "#b3f0ff", "bright-white": "#ffffff",
    "text": "#e6edf3", "dim": "#9198a1", "window": "#0d1117", "border": "#3d444d",
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    color: str = "text"
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False

    def changed(self, code):
        """The style after one code of `ESC [ … m`."""
        if code == 0:
            return Style()
        if code in (1, 2, 3, 4):
            return replace(self, **{["bold", "dim", "italic", "underline"][code - 1]: True})
        if code == 22:
            return replace(self, bold=False, dim=False)
        if code in (23, 24):
            return replace(self, **{["italic", "underline"][code - 23]: False})
        if 30 <= code <= 37:
            return replace(self, color=NAMES[code - 30])
        if code == 39:
            return replace(self, color="text")
        if 90 <= code <= 97:
            return replace(self, color="bright-" + NAMES[code - 90])
        sys.exit(f"session.py: a style that is not understood: {code}")

    def classes(self):
        """The classes of the style sheet."""
        color = "dim" if self.dim and self.color == "text" else self.color
        names = [color] if color != "text" else []
        return names + [name for name in ("bold", "italic", "underline") if getattr(self, name)]


def conversation(home, path, lines):
    """What the terminal shows while these lines are typed, as text with its control sequences."""
    environment = {
        "HOME": home, "PATH": path, "PS1": PROMPT, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HISTFILE": "",
    }  # fmt: skip
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    end = time.monotonic() + DEADLINE
    shown = b""

    def read_until(is_enough):
        nonlocal shown
        while not is_enough():
            if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                os.close(terminal)
                sys.exit(f"session.py: no end after {DEADLINE} s; shown: {shown!r}")
            try:
                part = os.read(terminal, 65536)
            except OSError:
                part = b""
            if not part:
                return
            shown += part

    def type_line(line):
        os.write(terminal, line.encode() + b"\n")

    prompt = PROMPT.encode()
    for number, line in enumerate(lines, start=1):
        read_until(lambda: shown.count(prompt) == number)
        type_line(line)
        if line.startswith("pfx secret set "):
            question = line.split()[-1].encode() + b": "
            read_until(lambda: question in shown or shown.count(prompt) > number)
            type_line(VALUE)
    read_until(lambda: shown.count(prompt) > len(lines))
    os.write(terminal, b"\x04")
    shown = shown[: shown.rindex(prompt)]
    remainder = shown
    read_until(lambda: False)
    shown = remainder
    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode()


def cells(text):
    """The screen as lines of (character, style)."""
    lines, line, column, style = [], [], 0, Style()
    for part in re.findall(r"\x1b\[[0-?]*[@-~]|\x1b.|[^\x1b]", text, re.DOTALL):
        if part in ("\x1b[?2004h", "\x1b[?2004l"):  # A paste is to be marked: nothing to see.
            continue
        if part.startswith("\x1b["):
            if not re.fullmatch(r"\x1b\[[0-9;]*m", part):
                sys.exit(f"session.py: a control sequence that is not understood: {part!r}")
            for code in part[2:-1].split(";"):
                style = style.changed(int(code or 0))
        elif part == "\r":
            column = 0
        elif part == "\n":
            lines, line, column = lines + [line], [], 0
        elif unicodedata.category(part[0]) == "Cc" or unicodedata.east_asian_width(part) in "WF":
            sys.exit(f"session.py: a character that is not understood: {part!r}")
        else:
            if column == COLUMNS:
                lines, line, column = lines + [line], [], 0
            line[column:] = [(part, style)]
            column += 1
    return lines + [line] if line else lines


def plain(line):
    return "".join(character for character, _ in line)


def is_remark(line):
    return plain(line).startswith("$ #")


def tops(lines):
    """Where each line begins, and where the last one ends."""
    top, all_tops = BAR, []
    for row, line in enumerate(lines):
        top += GAP if row and is_remark(line) else 0
        all_tops.append(top)
        top += HEIGHT
    return all_tops, top


def spans(line):
    """What is drawn of a line: (column, text, style). Wide gaps are left out, so that columns stay aligned whatever the
    font is."""
    if is_remark(line):
        line = [(character, Style(dim=True)) for character, _ in line]
    column = 0
    while column < len(line):
        style = line[column][1]
        end = column
        while end < len(line) and line[end][1] == style:
            end += 1
        text = plain(line[column:end])
        for match in re.finditer(r"\S+(?: \S+)*", text):
            yield column + match.start(), match.group(), style
        column = end


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def contrast(one, other):
    """The contrast ratio of two colors (WCAG 2.1)."""

    def luminance(color):
        def linear(part):
            share = int(part, 16) / 255
            return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

        red, green, blue = (linear(color[at : at + 2]) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def picture(lines, palette):
    """The SVG."""
    for name, color in palette.items():
        if name not in ("window", "border") and contrast(color, palette["window"]) < 4.5:
            sys.exit(f"session.py: {name} is hard to read: {contrast(color, palette['window']):.2f} < 4.5")
    width = number(COLUMNS * WIDTH + 2 * MARGIN)
    all_tops, end = tops(lines)
    height = number(end + MARGIN)
    used = sorted({name for line in lines for _, _, style in spans(line) for name in style.classes()})
    weights = {"bold": "font-weight:700", "italic": "font-style:italic", "underline": "text-decoration:underline"}
    rules = [f".{name}{{{weights.get(name) or 'fill:' + palette[name]}}}" for name in used]
    commands = [plain(line)[2:] for line in lines if re.match(r"\$ [^#]", plain(line))]
    description = "\n".join(plain(line).rstrip() for line in lines)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' role="img" aria-labelledby="title desc">',
        f'<title id="title">A terminal session: {escape("; ".join(commands))}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        "<style>text{font:" + f"{SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"fill:{palette['text']};white-space:pre}}" + "".join(rules) + "</style>",
        f'<rect x=".5" y=".5" width="{number(float(width) - 1)}" height="{number(float(height) - 1)}" rx="8"'
        f' fill="{palette["window"]}" stroke="{palette["border"]}"/>',
    ]
    for at, color in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        out.append(f'<circle cx="{MARGIN + 4 + 20 * at}" cy="18" r="6" fill="{color}"/>')
    for top, line in zip(all_tops, lines):
        drawn = []
        for column, text, style in spans(line):
            x = number(MARGIN + column * WIDTH)
            length = number(len(text) * WIDTH)
            classes = " ".join(style.classes())
            attribute = f' class="{classes}"' if classes else ""
            drawn.append(f'<tspan x="{x}" textLength="{length}"{attribute}>{escape(text, quote=False)}</tspan>')
        if drawn:
            out.append(f'<text y="{top + SIZE}">{"".join(drawn)}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    home, path, prefix, *commands = sys.argv[1:]
    lines = cells(conversation(home, path, commands).replace(home, SHOWN_HOME))
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        with open(f"{prefix}-{name}.svg", "w", encoding="utf-8") as file:
            file.write(picture(lines, palette))


main()

#!/usr/bin/env python3
"""Draws docs/issuance-time.svg: one bar a library, of its two public-key operations and the rest. The operations are those of
the library's backend, measured alone in the same run. Medians, from criterion's results or from the tables of a document:

    cargo bench --manifest-path benches/peers/Cargo.toml && benches/plot.py
    benches/plot.py docs/performance.md
"""

import json
import pathlib
import re
import sys
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent
PARTS = ["verify", "sign", "everything else"]
LEFT, WIDTH, RIGHT, ROW, BAR = 190, 480, 250, 26, 16
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.figure { fill: #59636e }
.own { font-weight: 600 }
.axis { stroke: #818b98 }
.p0 { fill: #0969da }
.p1 { fill: #54aeff }
.p2 { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .figure { fill: #9198a1 }
  .p0 { fill: #1f6feb }
  .p1 { fill: #79c0ff }
  .p2 { fill: #f0883e }
}
"""


def from_criterion(directory):
    """By group: library, backend, and the microseconds of each part and of the whole."""
    found = {}
    for estimates in sorted(directory.glob("**/new/estimates.json")):
        about = json.loads((estimates.parent / "benchmark.json").read_text())
        key = about["group_id"], about["function_id"], about["value_str"]
        found[key] = json.loads(estimates.read_text())["median"]["point_estimate"] / 1000
    rows = {}
    for (group, library, backend), total in found.items():
        if library not in PARTS and (group, "verify", backend) in found:
            parts = [found[group, operation, backend] for operation in PARTS[:2]]
            rows.setdefault(group, []).append((library, backend, [*parts, total - sum(parts)], total))
    return rows


def from_tables(document):
    """The same from the tables that the bench prints, each under a heading of its group."""
    rows, group, alone = {}, None, {}
    for line in document.read_text().splitlines():
        if line.startswith("### "):
            group, alone = line[4:], {}
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 6:
            continue
        library, backend, total, _, rest, _ = cells
        if operations := re.fullmatch(r"[\d.]+ \(([\d.]+) \+ ([\d.]+)\)", total):
            alone[backend] = [float(operation) for operation in operations.groups()]
        elif backend in alone:
            rows.setdefault(group, []).append((library, backend, [*alone[backend], float(rest)], float(total)))
    return rows


def text(x, y, content, classes="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}" text-anchor="{anchor}">{escape(content)}</text>'


def panel(title, rows, y):
    rows = sorted(rows, key=lambda row: row[3])
    scale = WIDTH / max(total for *_, total in rows)
    out = [text(LEFT, y + 12, title, "title")]
    y += 22
    out.append(f'<path class="axis" d="M{LEFT - 0.5} {y}v{ROW * len(rows)}"/>')
    for library, backend, parts, total in rows:
        own = "own" if library == "issuance" else ""
        out.append(text(LEFT - 8, y + 18, f"{library}, {backend}", own, "end"))
        x = LEFT
        for number in range(len(parts)):
            width = max(0, parts[number]) * scale
            out.append(f'<rect class="p{number}" x="{x:.2f}" y="{y + 5}" width="{width:.2f}" height="{BAR}"/>')
            x += width
        figures = f"{total:.1f} µs ({parts[0]:.1f} + {parts[1]:.1f} + {parts[2]:.1f})"
        out.append(text(x + 6, y + 18, figures, "figure"))
        y += ROW
    return out, y


def main():
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "peers/target/criterion"
    rows = from_tables(source) if source.is_file() else from_criterion(source)
    if not rows:
        sys.exit(f"{source} holds no measurements: cargo bench --manifest-path benches/peers/Cargo.toml makes them")
    out, x = [], LEFT
    for number, part in enumerate(PARTS):
        out.append(f'<rect class="p{number}" x="{x}" y="8" width="12" height="12"/>' + text(x + 18, 19, part))
        x += 46 + 8 * len(part)
    y = 38
    for group, title in [("P-256", "P-256, SHA-256"), ("RSA-2048", "RSA-2048, PKCS#1 v1.5, SHA-256")]:
        drawn, y = panel(f"One certificate for one CSR, {title}", rows[group], y)
        out += drawn
        y += 16
    size = f'width="{LEFT + WIDTH + RIGHT}" height="{y}" viewBox="0 0 {LEFT + WIDTH + RIGHT} {y}"'
    title = "<title>Time of one issuance by library: verify, sign, everything else</title>"
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">', title, f"<style>{STYLE}</style>", *out, "</svg>"]
    (ROOT.parent / "docs/issuance-time.svg").write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main()

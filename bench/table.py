"""Rows of the result: what was compared, medians, the goal and whether it is reached."""
import statistics

median = statistics.median


def row(what, ours, peer, result, goal="", reached=None, note=""):
    verdict = reached if isinstance(reached, str) else "" if reached is None else "reached" if reached else "MISSED"
    return [what, ours, peer, result, goal, verdict, note]


def judged(values, goal, at_least=True):
    """Pairs on both sides of the goal decide nothing, wherever their median fell."""
    good = [value >= goal if at_least else value <= goal for value in values]
    return "reached" if all(good) else "undecided" if any(good) else "MISSED"


def ratio_row(what, ours, peer, unit, goal=None, cpu=None):
    """`ours` and `peer` are rates of runs in turn; the ratio is the median of each pair's, which a machine that others
    use too disturbs least."""
    ratios = [a / b for a, b in zip(ours, peer)]
    note = f"pairs {min(ratios):.2f} to {max(ratios):.2f}"
    if cpu:
        note += f"; CPU {cpu[0]} against {cpu[1]}"
    return row(what, f"{median(ours):,.0f} {unit}", f"{median(peer):,.0f} {unit}", f"{median(ratios):.2f}",
               "" if goal is None else f"at least {goal}", None if goal is None else judged(ratios, goal), note)


def show(rows):
    head = ["What", "Reelvault", "Peer", "Result", "Goal", "Verdict", "Spread, CPU"]
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)

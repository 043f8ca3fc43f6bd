"""A row of the table: what was measured, against what, and whether a target is met."""

UNITS = {"s": [(1, "s"), (1e-3, "ms"), (1e-6, "us")], "B": [(1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")]}


def text_of(value, unit):
    if value is None:
        return ""
    for size, name in UNITS.get(unit, [(1, unit)]):
        if abs(value) >= size or name in ("us", "B") or unit not in UNITS:
            return f"{value / size:,.{0 if abs(value / size) >= 1000 else 3 if unit == 's' and size == 1 else 1}f} {name}"
    return ""


class Row:
    """`measured` and `against` are numbers of one unit ("s", "B" or a word of one's own); `most` or `least` is the target for their ratio, `slack`
    for their difference. Without a target the row informs."""

    def __init__(self, name, measured, unit, against=None, most=None, least=None, slack=None, note=""):
        self.name, self.unit, self.note = name, unit, note
        self.measured_value, self.against_value = measured, against
        self.measured, self.against = text_of(measured, unit), text_of(against, unit)
        self.ratio = measured / against if against else None
        self.ratio_text = "" if self.ratio is None else f"{self.ratio:.2f}"
        self.target, self.ok = "", None
        if most is not None:
            self.target, self.ok = f"<= {most:g} x", measured <= most * against
        elif least is not None:
            self.target, self.ok = f">= {least:g} x", measured >= least * against
        elif slack is not None:
            self.target, self.ok = f"<= + {text_of(slack, unit)}", measured - against <= slack

    def values(self):
        return {"name": self.name, "measured": self.measured_value, "against": self.against_value, "unit": self.unit, "ratio": self.ratio,
                "target": self.target, "ok": self.ok, "note": self.note}

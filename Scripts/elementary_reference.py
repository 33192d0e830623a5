#!/usr/bin/env python3
"""Writes Tests/ReferenceData/elementary.csv: elementary functions and their derivatives.

Arguments are exact doubles, results have 50 digits (mpmath, 800 digits inside; derivatives by
mpmath's numerical differentiation, not by the formulas that the package uses).
Columns: function, x, second argument (real y or integer n, empty if there is none), f, and the first
and second derivatives by x and y: x, y, xx, xy, yy.
"""
import csv
import pathlib
import sys

import mpmath as mp

mp.mp.dps = 800

everywhere = [-7.25, -2.0, -0.6, -1e-3, 1e-7, 0.0, 0.3, 1.0, 1.7, 5.5, 20.0]
positive = [1e-300, 1e-12, 0.03, 0.5, 0.99, 1.0, 1.5, 7.0, 1e5, 1e300]
# Subnormal numbers; where a derivative exceeds all doubles, infinity is expected.
tiny = [1e-310, -5e-324]
near_singularity = [3e-308, 2e-310]
inside = [-0.9999999, -0.8, -0.5, -1e-9, 0.0, 0.1, 0.5, 0.7, 0.99, 0.99999999999]
unary = {
    "negate": (lambda x: -x, everywhere + tiny),
    "magnitude": (mp.fabs, [x for x in everywhere if x != 0]),
    "reciprocal": (lambda x: 1 / x, [x for x in everywhere if x != 0] + [1e-150, 1e200]),
    "exp": (mp.exp, everywhere + tiny + [-700.0, 700.0]),
    "expMinusOne": (mp.expm1, everywhere + tiny + [1e-15, -1e-15]),
    "log": (mp.log, positive + near_singularity[:1]),
    "logOnePlus": (mp.log1p, [-0.9999, -0.5, -1e-12, 0.0, 1e-12, 0.3, 4.0, 1e10] + tiny),
    "sqrt": (mp.sqrt, positive + near_singularity),
    "sin": (mp.sin, everywhere + tiny + [1e5, -1e10]),
    "cos": (mp.cos, everywhere + tiny + [1e5, -1e10]),
    "tan": (mp.tan, everywhere + tiny + [1.5707963, 1e5]),
    "asin": (mp.asin, inside + tiny),
    "acos": (mp.acos, inside + tiny),
    "atan": (mp.atan, everywhere + tiny + [1e8, -1e155]),
    "sinh": (mp.sinh, everywhere + tiny + [-700.0, 700.0]),
    "cosh": (mp.cosh, everywhere + tiny + [-700.0, 700.0]),
    "tanh": (mp.tanh, everywhere + tiny + [300.0, -400.0]),
    "asinh": (mp.asinh, everywhere + tiny + [-1e9, 1e200]),
    "acosh": (mp.acosh, [1.0000000001, 1.01, 1.5, 3.0, 1e5, 1e200]),
    "atanh": (mp.atanh, inside + tiny),
}
pairs = [(0.3, 1.7), (-2.5, 0.4), (1e-5, -3.0), (4.0, 3.0), (-1.0, -1e4), (7.0, 7.0), (1e150, 1e160)]
binary = {
    "add": (lambda x, y: x + y, pairs),
    "subtract": (lambda x, y: x - y, pairs),
    "multiply": (lambda x, y: x * y, pairs[:-1]),
    "divide": (lambda x, y: x / y, pairs),
    "hypot": (lambda x, y: mp.sqrt(x * x + y * y), pairs + [(1e-170, 2e-170), (-3e200, 1e200)]),
    # atan2(y: first, x: second)
    "atan2": (mp.atan2, pairs + [(1.0, -1e-3), (-1e-200, -1e-200), (1e-3, -5.0)]),
    "power": (
        lambda x, y: mp.power(x, y),
        [(0.3, 1.7), (2.0, -3.5), (1.0, 0.4), (1e-10, 0.01), (50.0, 3.0), (1e10, -30.25), (4.0, 0.0),
         (0.5, 1.0), (3.0, 0.5), (1e-3, 100.0)],
    ),
}
integer = {
    "integerPower": (
        lambda x, n: mp.power(x, n),
        [(0.3, 2), (-2.5, 3), (-2.5, 4), (1.1, -7), (-0.7, -2), (3.0, 1), (-3.0, 0), (1e-100, 3),
         (1.0001, 10000), (10.0, -300), (0.0, 3), (0.0, 1)],
    ),
    "root": (
        lambda x, n: mp.sign(x) * mp.power(mp.fabs(x), mp.mpf(1) / n),
        [(0.3, 2), (2.5, 3), (-2.5, 3), (-1e5, 5), (7.0, -2), (-7.0, -3), (3.0, 1), (1e-300, 4),
         (1e300, 3), (100.0, 5)],
    ),
}


def scale(x):
    # What a step is relative to: far below any distance to a singularity, at 800 digits. Of the
    # functions here only log and sqrt have one near a subnormal number.
    return abs(x) if abs(x) > 1e-305 or x in near_singularity else mp.mpf(1)


def derivative(f, x):
    step = mp.mpf(10) ** -35 * scale(x)
    return (f(x - 2 * step) - 8 * f(x - step) + 8 * f(x + step) - f(x + 2 * step)) / (12 * step)


def mixed(f, x, y):
    found = derivative(lambda a: derivative(lambda b: f(a, b), y), x)
    return 0 if abs(found) < mp.mpf(10) ** -500 * abs(f(x, y) / (scale(x) * scale(y))) else found


def second(f, x):
    step = mp.mpf(10) ** -35 * scale(x)
    outer = f(x - 2 * step) + f(x + 2 * step)
    inner = f(x - step) + f(x + step)
    found = (16 * inner - outer - 30 * f(x)) / (12 * step * step)
    # What rounding leaves of a zero, 10⁻⁷³⁰ of the terms, is a zero.
    return 0 if abs(found) < mp.mpf(10) ** -500 * abs(f(x) / (step * step)) else found


def digits(value):
    return mp.nstr(value, 50, min_fixed=1, max_fixed=0)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Tests/ReferenceData/elementary.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["function", "x", "y", "f", "byX", "byY", "byXX", "byXY", "byYY"])
        for name, (f, points) in unary.items():
            for x in points:
                a = mp.mpf(x)
                out.writerow([
                    name, repr(x), "", digits(f(a)), digits(derivative(f, a)), "",
                    digits(second(f, a)), "", ""])
        for name, (f, points) in binary.items():
            for x, y in points:
                a, b = mp.mpf(x), mp.mpf(y)
                first, last = (lambda t: f(t, b)), (lambda t: f(a, t))
                out.writerow([
                    name, repr(x), repr(y), digits(f(a, b)),
                    digits(derivative(first, a)), digits(derivative(last, b)),
                    digits(second(first, a)), digits(mixed(f, a, b)), digits(second(last, b))])
        for name, (f, points) in integer.items():
            for x, n in points:
                a = mp.mpf(x)
                out.writerow([
                    name, repr(x), n, digits(f(a, n)), digits(derivative(lambda t: f(t, n), a)), "",
                    digits(second(lambda t: f(t, n), a)), "", ""])


main()

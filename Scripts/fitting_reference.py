"""Reference values for fits: robust optima by SciPy, their errors by statsmodels, Student's quantiles by mpmath.

Needs scipy, statsmodels and mpmath; writes Tests/ReferenceData/fitting.csv. The tests read the file, not this script.
"""

import csv
import pathlib

import mpmath as mp
import numpy as np
import statsmodels.api as sm
from scipy.optimize import least_squares

ROWS = []

# y = a exp(-b x) + c with two gross errors; the data are part of the file.
X = 0.5 * np.arange(20)
Y = np.round(5 * np.exp(-0.4 * X) + 0.5 + 0.05 * np.sin(7.3 * np.arange(20) ** 2), 3)
Y[4] += 2
Y[13] -= 1.5
ROWS += [("x", i, f"{v!r}") for i, v in enumerate(X.tolist())]
ROWS += [("y", i, f"{round(v, 6)!r}") for i, v in enumerate(Y.tolist())]


def residual(p):
    return p[0] * np.exp(-p[1] * X) + p[2] - Y


def jacobian(p):
    e = np.exp(-p[1] * X)
    return np.stack([e, -p[0] * X * e, np.ones_like(X)], axis=1)


for loss, scale in [("huber", 0.1), ("cauchy", 0.1), ("huber", 1.0), ("cauchy", 1.0)]:
    fit = least_squares(
        residual, [5, 0.4, 0.5], jac=jacobian, loss=loss, f_scale=scale, xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    # A Newton polish on the true gradient, so that all digits count.
    p = mp.matrix([mp.mpf(float(v)) for v in fit.x])
    mp.mp.dps = 40

    def gradient(p):
        g = mp.matrix(3, 1)
        for x, y in zip(X.tolist(), [round(v, 6) for v in Y.tolist()]):
            x, y = mp.mpf(x), mp.mpf(repr(y))
            e = mp.exp(-p[1] * x)
            r = p[0] * e + p[2] - y
            s = mp.mpf(repr(scale))
            w = (1 if abs(r) <= s else s / abs(r)) if loss == "huber" else 1 / (1 + (r / s) ** 2)
            for k, d in enumerate([e, -p[0] * x * e, 1]):
                g[k] += w * r * d
        return g

    p = mp.findroot(lambda *q: list(gradient(mp.matrix(q))), [v for v in p], tol=1e-25, maxsteps=50)
    assert max(abs(float(p[k]) - fit.x[k]) for k in range(3)) < 1e-4
    for k in range(3):
        ROWS.append((f"{loss} {scale}", k, mp.nstr(p[k], 17)))

# A straight line: errors of Huber's fit, the scale held at 0.5.
t = np.arange(12.0)
v = np.round(1 + 0.5 * t + 0.2 * np.cos(3 * t), 3)
v[7] += 4
ROWS += [("line", i, f"{round(q, 6)!r}") for i, q in enumerate(v.tolist())]


class FixedScale(sm.robust.scale.HuberScale):
    def __call__(self, *args):
        return 0.5


model = sm.RLM(v, sm.add_constant(t), M=sm.robust.norms.HuberT(t=1.0))
fit = model.fit(scale_est=FixedScale(), cov="H1", tol=1e-14, maxiter=1000)
for k in range(2):
    ROWS.append(("line estimate", k, repr(float(fit.params[k]))))
    ROWS.append(("line error", k, repr(float(fit.bse[k]))))

# Half-widths t with P(|T| <= t) = level.
for nu in [1, 2, 3.5, 7, 19, 39, 40, 41, 100, 1000, 1e6, 0]:
    for level in ["0.1", "0.5", "0.95", "0.999", "0.999999999"]:
        q = 1 - mp.mpf(float(level))

        def tails(t):
            if nu == 0:
                return mp.erfc(t / mp.sqrt(2))
            n = mp.mpf(nu)
            return mp.betainc(n / 2, mp.mpf(1) / 2, 0, n / (n + t * t), regularized=True)

        low, high = mp.mpf(0), mp.mpf(1)
        while tails(high) > q:
            high *= 2
        for _ in range(110):
            middle = (low + high) / 2
            low, high = (middle, high) if tails(middle) > q else (low, middle)
        ROWS.append((f"student {nu} {level}", 0, mp.nstr(low, 17)))

path = pathlib.Path(__file__).parent.parent / "Tests/ReferenceData/fitting.csv"
with path.open("w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["name", "index", "value"])
    writer.writerows(ROWS)

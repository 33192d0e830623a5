#!/usr/bin/env python3
"""Writes Tests/ReferenceData/eigen.csv: eigenvalues, and gradients by differences, in 60 digits.

Needs mpmath. The matrices are made of doubles by the same formulas as in EigenReferenceTests.swift. Gradients are central
differences with a step of 1e-20, whose truncation is 1e-40: they owe nothing to a formula of perturbation theory.
"""
import pathlib

from mpmath import mp, mpf, matrix, cholesky, eigsy, eig

mp.dps = 60
STEP = mpf(10) ** -20
MASK = (1 << 64) - 1


def uniform(index):
    """SeededGenerator.uniform(at:): SplitMix64."""
    z = ((index + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def symmetric(entries, order):
    """The tridiagonal matrix whose lower triangle has these entries, column by column."""
    a = matrix(order, order)
    for k, value in enumerate(entries):
        i = k // 2
        j = i + k % 2
        a[j, i] = a[i, j] = value
    return a


def pencil(stiffness, mass, order):
    """Ascending eigenvalues and M-orthonormal vectors, signs fixed by Σ rᵢ vᵢ > 0."""
    lower = cholesky(symmetric(mass, order))
    inverse = lower**-1
    values, vectors = eigsy(inverse * symmetric(stiffness, order) * inverse.T)
    vectors = inverse.T * vectors
    pairs = []
    for k in sorted(range(order), key=lambda k: values[k]):
        v = [vectors[i, k] for i in range(order)]
        if sum((mpf(0.5) + mpf(uniform(i))) * v[i] for i in range(order)) < 0:
            v = [-x for x in v]
        pairs.append((values[k], v))
    return pairs


def differences(function, point):
    for k in range(len(point)):
        ends = []
        for sign in (1, -1):
            moved = list(point)
            moved[k] += sign * STEP
            ends.append(function(moved))
        yield (ends[0] - ends[1]) / (2 * STEP)


def main():
    rows = []

    order = 8
    stiffness = [2.0 + (k // 2) / 7 if k % 2 == 0 else -1.0 - (k // 2) / 11 for k in range(2 * order - 1)]
    mass = [1.0 + (k // 2) / 9 if k % 2 == 0 else 0.1 + (k // 2) / 50 for k in range(2 * order - 1)]
    point = [mpf(x) for x in stiffness + mass]
    weights = [[mpf(uniform(100 + order * k + i)) for i in range(order)] for k in range(3)]

    def value(entries):
        count = 2 * order - 1
        pairs = pencil(entries[:count], entries[count:], order)[:3]
        return sum((k + 1) * pairs[k][0] + sum(w * x for w, x in zip(weights[k], pairs[k][1])) for k in range(3))

    for k, (eigenvalue, _) in enumerate(pencil(point[: 2 * order - 1], point[2 * order - 1 :], order)):
        rows.append(("pencil", "eigenvalue", k, eigenvalue))
    for k, derivative in enumerate(differences(value, point)):
        rows.append(("pencil", "gradient", k, derivative))

    size = 5
    entries = [mpf(uniform(200 + k)) - mpf(0.5) for k in range(size * size)]

    def spectrum(point):
        a = matrix(size, size)
        for k, x in enumerate(point):
            a[k % size, k // size] = x
        values, _ = eig(a)
        return sorted(values, key=lambda z: (round(float(z.real), 12), float(z.imag)))

    for k, eigenvalue in enumerate(spectrum(entries)):
        rows.append(("general", "real", k, eigenvalue.real))
        rows.append(("general", "imaginary", k, eigenvalue.imag))

    # Re(conj(c) λ) with c = k + 1 + (2 - k)i for the eigenvalue k.
    def combination(point):
        return sum((k + 1) * z.real + (2 - k) * z.imag for k, z in enumerate(spectrum(point)))

    for k, derivative in enumerate(differences(combination, entries)):
        rows.append(("general", "gradient", k, derivative))

    path = pathlib.Path(__file__).parent.parent / "Tests" / "ReferenceData" / "eigen.csv"
    with open(path, "w") as file:
        file.write("case,quantity,index,value\n")
        for case, quantity, index, number in rows:
            file.write(f"{case},{quantity},{index},{mp.nstr(number, 20)}\n")


main()

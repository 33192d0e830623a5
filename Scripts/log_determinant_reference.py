"""log|det A| of the matrices of the benchmark log_determinant, by SciPy's SuperLU and an exact sum.

Needs numpy and scipy. Run: python3 Scripts/log_determinant_reference.py 128 256 512
"""
import math
import sys

import numpy
import scipy.sparse
import scipy.sparse.linalg

MASK = (1 << 64) - 1


def uniform(index):
    """Element `index` of SplitMix64 with seed 0, as a number in [0, 1)."""
    z = (index + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def matrix(size):
    """The matrix of LinearPoisson(size:)."""
    offset = size * (size + 1)
    conductivity = [10 ** (2 * uniform(edge) - 1) for edge in range(2 * offset)]
    rows, columns, values = [], [], []

    def add(row, column, value):
        rows.append(row)
        columns.append(column)
        values.append(value)

    for i in range(size):
        for j in range(size):
            node = i * size + j
            west = conductivity[i * (size + 1) + j]
            east = conductivity[i * (size + 1) + j + 1]
            north = conductivity[offset + node]
            south = conductivity[offset + node + size]
            add(node, node, west + east + north + south)
            if j + 1 < size:
                add(node, node + 1, -east)
                add(node + 1, node, -east)
            if i + 1 < size:
                add(node, node + size, -south)
                add(node + size, node, -south)
    return scipy.sparse.csc_matrix((values, (rows, columns)))


for size in map(int, sys.argv[1:]):
    factors = scipy.sparse.linalg.splu(
        matrix(size), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options={"SymmetricMode": True}
    )
    print(size, repr(math.fsum(numpy.log(numpy.abs(factors.U.diagonal())))))

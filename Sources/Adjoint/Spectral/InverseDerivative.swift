/// The derivative of selected entries of (A + ε B)⁻¹ at ε = 0, that is of −A⁻¹BA⁻¹, by a complex step.
///
/// Im (A + i h B)⁻¹/h is that derivative up to a relative error of (h ‖A⁻¹B‖)², without cancellation (Squire
/// and Trapp, "Using complex variables to estimate derivatives of real functions", *SIAM Review* 40,
/// 1998): elimination and selected inversion are rational functions of the entries. With h = 2⁻¹⁰⁰
/// max|A|/max|B| nothing is lost unless the condition number exceeds 10²². The pattern that is factorized
/// is the union of those of A and B, so that the entries (j, i) for (i, j) in either are among those
/// computed. Cost: one complex factorization and selected inversion, four real ones.
struct InverseDerivative: Sendable {
  private let pattern: SparsityPattern
  private let inverse: UnsymmetricInverse<Complex<Double>>
  private let matrix: ComplexSparseMatrix
  private let step: Double

  init(
    of matrix: SparseMatrix, along direction: SparseMatrix, options: MatrixFunctionSolver.Options
  ) throws {
    let size = direction.values.maximumNorm
    step = size > 0 ? 0x1p-100 * matrix.values.maximumNorm / size : 1
    let imaginary = SparseMatrix(
      unchecked: direction.pattern, values: direction.values.map { [step] in step * $0 })
    let complex = try ComplexSparseMatrix(real: matrix, imaginary: imaginary)
    self.matrix = complex
    pattern = complex.pattern
    let factors = try ComplexSymbolicFactorization(
      analyzing: pattern, options: options.factorization
    ).factorize(complex)
    inverse = try UnsymmetricInverse(pattern, factors.triangularFactors(withEntries: true))
  }

  /// (−A⁻¹BA⁻¹)ⱼᵢ for each place (i, j) of a pattern.
  ///
  /// - Throws: ``MatrixFunctionError/outsideFactors(row:column:)``.
  func transposedEntries(on pattern: SparsityPattern) throws -> [Double] {
    try inverse.transposedEntries(on: pattern).map { $0.imaginary / step }
  }

  /// How well the derivative obeys (A Ż + B Z)ᵢᵢ = (Ż A + Z B)ᵢᵢ = 0, relative to the terms of these sums.
  func identityResidual() throws -> Double {
    let entries = try inverse.transposedEntries(on: pattern)
    var check = IdentityResidual(order: matrix.rowCount, expected: 0.0)
    var slot = 0
    matrix.forEachEntry { row, column, value in
      let entry = entries[slot]
      check.add(value.real * (entry.imaginary / step), row: row, column: column)
      check.add((value.imaginary / step) * entry.real, row: row, column: column)
      slot += 1
    }
    return check.largest
  }
}

extension UnsymmetricInverse {
  /// (A⁻¹)ⱼᵢ for each place (i, j) of a pattern.
  ///
  /// - Throws: ``MatrixFunctionError/outsideFactors(row:column:)``.
  func transposedEntries(on pattern: SparsityPattern) throws -> [Element] {
    var entries: [Element] = []
    entries.reserveCapacity(pattern.entryCount)
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        guard let entry = entry(row: column, column: row) else {
          throw MatrixFunctionError.outsideFactors(row: row, column: column)
        }
        entries.append(entry)
      }
    }
    return entries
  }
}

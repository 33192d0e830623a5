/// Whether a symmetric H is positive definite on the null space of A.
///
/// It is if H itself is, and exactly if H + ρAᵀA is for some ρ > 0 (Finsler 1937; Nocedal and Wright,
/// *Numerical Optimization*, 2nd ed., theorem 17.5). Both are decided by Cholesky's method, ρ being raised up
/// to 1e8 ‖H‖/‖A‖², so that curvature below 1e-8 of the largest counts as none.
final class ConvexityCheck {
  private let model: String
  private let hessian: SparsityPattern
  private let jacobian: SparsityPattern
  /// H + δI, made at the first use.
  private var plain: Assembly?
  /// H + δI + ρAᵀA, made at the first use.
  private var augmented: Assembly?

  /// A sum of entries in a fixed order, with its analysis.
  private struct Assembly {
    var pattern: SparsityPattern
    var slots: [Int]
    var symbolic: SymbolicFactorization

    init(_ builder: SparseMatrixBuilder) throws {
      (pattern, slots) = builder.assemble()
      symbolic = try SymbolicFactorization(analyzing: pattern, method: .cholesky)
    }

    func isPositiveDefinite(_ contributions: [Double]) throws -> Bool {
      var values = [Double](repeating: 0, count: pattern.entryCount)
      for (index, value) in contributions.enumerated() { values[slots[index]] += value }
      guard values.allSatisfy(\.isFinite) else { return false }
      do {
        _ = try symbolic.factorize(SparseMatrix(pattern: pattern, values: values))
        return true
      } catch FactorizationError.notPositiveDefinite {
        return false
      } catch FactorizationError.singular {
        return false
      }
    }
  }

  /// The most entries of AᵀA that are formed.
  private static let maximumEntries = 5_000_000

  init(model: String, hessian: SparsityPattern, jacobian: SparsityPattern) {
    self.model = model
    self.hessian = hessian
    self.jacobian = jacobian
  }

  func holds(hessian values: [Double], jacobian rows: [Double], shift: Double) throws -> Bool {
    let shifts = [Double](repeating: shift, count: hessian.columnCount)
    let base = try plain ?? Assembly(builder())
    plain = base
    if try base.isPositiveDefinite(values + shifts) { return true }
    guard jacobian.rowCount > 0 else { return false }
    let size: Double = max(values.maximumNorm, shift)
    let slope = rows.maximumNorm
    guard slope > 0, size > 0 else { return false }
    let squares = jacobian.rowPairs.map { rows[$0.slot] * rows[$0.other] }
    let assembly = try augmented ?? Assembly(augmentedBuilder())
    augmented = assembly
    for exponent in [1.0, 3, 5, 8] {
      let penalty: Double = .pow(10, exponent) * size / (slope * slope)
      if try assembly.isPositiveDefinite(values + shifts + squares.map { penalty * $0 }) {
        return true
      }
    }
    return false
  }

  private func builder() throws -> SparseMatrixBuilder {
    let order = hessian.columnCount
    var builder = try SparseMatrixBuilder(rowCount: order, columnCount: order)
    for (row, column) in hessian.entries { try builder.add(0, row: row, column: column) }
    for index in 0..<order { try builder.add(0, row: index, column: index) }
    return builder
  }

  private func augmentedBuilder() throws -> SparseMatrixBuilder {
    var counts = [Int](repeating: 0, count: jacobian.rowCount)
    for row in jacobian.rowIndices { counts[row] += 1 }
    let entries = counts.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard entries <= Double(Self.maximumEntries) else {
      throw MinimizationError.equationsTooDense(model: model, entries: Int(entries))
    }
    var builder = try builder()
    for pair in jacobian.rowPairs { try builder.add(0, row: pair.row, column: pair.column) }
    return builder
  }
}

extension SparsityPattern {
  /// For each two entries of a row, in both orders, their slots and columns.
  fileprivate var rowPairs: [(slot: Int, other: Int, row: Int, column: Int)] {
    let (byRow, sources) = transposition
    var pairs: [(slot: Int, other: Int, row: Int, column: Int)] = []
    for row in 0..<rowCount {
      let range = byRow.columnPointers[row]..<byRow.columnPointers[row + 1]
      for first in range {
        for second in range {
          pairs.append(
            (sources[first], sources[second], byRow.rowIndices[first], byRow.rowIndices[second]))
        }
      }
    }
    return pairs
  }
}

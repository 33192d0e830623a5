/// A − σM on one pattern for all shifts σ: both triangles of A and M, and the diagonal.
struct Pencil: Sendable {
  let pattern: SparsityPattern
  private let stiffness: [Double]
  private let mass: [Double]

  /// The pencil of a problem; cost O(n + entries).
  init(_ problem: SymmetricEigenproblem) throws {
    try self.init(problem.stiffness, problem.mass, storage: problem.storage)
  }

  /// The pencil of two square matrices of one size, the second one being by default the identity.
  init(
    _ first: SparseMatrix, _ second: SparseMatrix? = nil, storage: LinearSystem.Storage = .full
  ) throws {
    let order = first.rowCount
    var builder = try SparseMatrixBuilder(rowCount: order, columnCount: order)
    var contributions: [Double] = []
    var massStart = 0
    func add(_ value: Double, _ row: Int, _ column: Int) throws {
      try builder.add(value, row: row, column: column)
      contributions.append(value)
    }
    for (index, matrix) in [first, second].enumerated() {
      if index == 1 { massStart = contributions.count }
      guard let pattern = matrix?.pattern, let values = matrix?.values else {
        for row in 0..<order { try add(1, row, row) }
        continue
      }
      for column in 0..<order {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
          let row = pattern.rowIndices[slot]
          try add(values[slot], row, column)
          if storage == .symmetricLower && row != column {
            try add(values[slot], column, row)
          }
        }
      }
      if index == 0 { for row in 0..<order { try add(0, row, row) } }
    }
    let (pattern, slots) = builder.assemble()
    var sums = [[Double]](repeating: [Double](repeating: 0, count: pattern.entryCount), count: 2)
    for (index, slot) in slots.enumerated() {
      sums[index < massStart ? 0 : 1][slot] += contributions[index]
    }
    self.pattern = pattern
    stiffness = sums[0]
    mass = sums[1]
  }

  /// A − σM; with sign −1, −A − σM.
  func shifted(by shift: Double, sign: Double = 1) -> SparseMatrix {
    var values = stiffness
    for slot in values.indices { values[slot] = sign * values[slot] - shift * mass[slot] }
    return SparseMatrix(unchecked: pattern, values: values)
  }

  /// M on the pattern.
  var massMatrix: SparseMatrix { SparseMatrix(unchecked: pattern, values: mass) }

  /// The largest ‖Aᵢ‖₁/Mᵢᵢ: of the size of the largest |λ|, or a multiple of it; 1 if A is zero.
  var scale: Double {
    var sums = [Double](repeating: 0, count: pattern.columnCount)
    var diagonal = sums
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        sums[column] += stiffness[slot].magnitude
        if pattern.rowIndices[slot] == column { diagonal[column] = mass[slot] }
      }
    }
    let largest = zip(sums, diagonal).map { $1 > 0 ? $0 / $1 : 0 }.max() ?? 0
    return largest > 0 && largest.isFinite ? largest : 1
  }

  /// A − σM where the rows and columns `removed` are those of a multiple of the identity.
  ///
  /// With as many of them as σ has multiplicity, chosen by ``pivotRows(of:)``, it is not singular; see
  /// ``EigenvectorEquation``.
  func shifted(by shift: Double, removing removed: [Int]) -> SparseMatrix {
    let matrix = shifted(by: shift)
    var values = matrix.values
    var isRemoved = [Bool](repeating: false, count: pattern.columnCount)
    for row in removed { isRemoved[row] = true }
    let unit = matrix.rowSumNorm
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        guard isRemoved[row] || isRemoved[column] else { continue }
        values[slot] = row == column ? (unit > 0 ? unit : 1) : 0
      }
    }
    return SparseMatrix(unchecked: pattern, values: values)
  }
}

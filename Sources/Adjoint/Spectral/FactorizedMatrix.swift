/// A matrix, its factors, and the entries of its inverse.
struct FactorizedMatrix: Sendable {
  /// A, as the matrix of A x = (1, …, 1), by which the factors are judged.
  let system: LinearSystem
  let factors: any Factorization
  let options: MatrixFunctionSolver.Options
  private let inverse = Lazy<SelectedInverse>()
  private let entries = Lazy<[Double]>()
  private let residual = Lazy<Double>()

  /// Analyzes and factorizes; with `pattern`, on the union with it.
  init(
    _ matrix: SparseMatrix, storage: LinearSystem.Storage,
    including pattern: SparsityPattern? = nil, options: MatrixFunctionSolver.Options
  ) throws {
    let system = try Self.probe(matrix, storage)
    let isSymmetric =
      storage == .symmetricLower || matrix.entryWithoutEqualMirror == nil
    if options.method == .cholesky || (options.method == .automatic && isSymmetric) {
      if let entry = storage == .full ? matrix.entryWithoutEqualMirror : nil {
        throw FactorizationError.notSymmetric(row: entry.row, column: entry.column)
      }
      do {
        let lower = pattern.map { matrix.lowerTriangle(including: $0) } ?? matrix
        try self.init(system, lower, .cholesky, options)
        return
      } catch FactorizationError.notPositiveDefinite where options.method == .automatic {}
    }
    let full = system.fullMatrix
    try self.init(system, pattern.map { full.including($0) } ?? full, .lu, options)
  }

  /// Factorizes with a given analysis.
  init(
    _ matrix: SparseMatrix, storage: LinearSystem.Storage, symbolic: SymbolicFactorization,
    options: MatrixFunctionSolver.Options
  ) throws {
    system = try Self.probe(matrix, storage)
    if symbolic.method == .cholesky, storage == .full,
      let entry = matrix.entryWithoutEqualMirror
    {
      throw FactorizationError.notSymmetric(row: entry.row, column: entry.column)
    }
    factors = try symbolic.factorize(symbolic.method == .cholesky ? matrix : system.fullMatrix)
    self.options = options
  }

  private init(
    _ system: LinearSystem, _ matrix: SparseMatrix, _ method: SymbolicFactorization.Method,
    _ options: MatrixFunctionSolver.Options
  ) throws {
    self.system = system
    self.options = options
    factors = try SymbolicFactorization(
      analyzing: matrix.pattern, method: method, options: options.factorization
    ).factorize(matrix)
  }

  private static func probe(
    _ matrix: SparseMatrix, _ storage: LinearSystem.Storage
  ) throws -> LinearSystem {
    try LinearSystem(
      matrix: matrix, rightHandSide: [Double](repeating: 1, count: matrix.rowCount),
      storage: storage)
  }

  var pattern: SparsityPattern { system.matrix.pattern }

  /// Whether an entry below the diagonal stands for two.
  var isMirrored: Bool { system.storage == .symmetricLower }

  /// The entries of A⁻¹, computed when first asked for.
  func selectedInverse() throws -> SelectedInverse {
    try inverse.value { try SelectedInverse(factors) }
  }

  /// The backward error of the solution of A x = (1, …, 1) without refinement: that of the factors.
  func factorResidual() throws -> Double {
    try residual.value {
      try RefinedSolve(
        system, factors, rightHandSide: system.rightHandSide, transposed: false,
        rowSums: system.rowSums(transposed: false),
        refinement: Refinement(maximumSteps: 0, precision: .working)
      ).backwardError
    }
  }

  /// The entry of A⁻ᵀ for each stored entry of A.
  func transposedInverse() throws -> [Double] {
    try entries.value { try selectedInverse().transposedEntries(on: pattern) }
  }

  /// A gradient for the stored entries from that for the entries of A, symmetric if those below the diagonal
  /// stand for two places: they count twice.
  func gathered(_ gradient: [Double]) -> [Double] {
    guard isMirrored else { return gradient }
    var gradient = gradient
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1]
      where pattern.rowIndices[slot] != column { gradient[slot] *= 2 }
    }
    return gradient
  }

  /// How well the inverse obeys (A A⁻¹)ᵢᵢ = (A⁻¹A)ᵢᵢ = 1.
  func identityResidual() throws -> Double {
    let entries = try transposedInverse()
    var check = IdentityResidual(order: system.unknownCount, expected: 1.0)
    var slot = 0
    for column in 0..<pattern.columnCount {
      for row in pattern.rowIndices[
        pattern.columnPointers[column]..<pattern.columnPointers[column + 1]]
      {
        let term = system.matrix.values[slot] * entries[slot]
        check.add(term, row: row, column: column)
        if isMirrored && row != column { check.add(term, row: column, column: row) }
        slot += 1
      }
    }
    return check.largest
  }

  /// The evidence of what follows from the entries of the inverse alone.
  func evidence() throws -> GradientEvidence {
    GradientEvidence(
      primalResidual: try factorResidual(), adjointBackwardError: try identityResidual())
  }
}

/// How far Z, of which only the entries on the pattern of Mᵀ are known, is from M's inverse: the largest
/// |(M Z)ᵢᵢ − 1| and |(Z M)ᵢᵢ − 1|, relative to the sum of their terms.
struct IdentityResidual<Element: InverseElement> where Element.Magnitude == Double {
  private var rowSums: [Element]
  private var columnSums: [Element]
  private var rowTerms: [Double]
  private var columnTerms: [Double]

  /// For matrices with a given number of rows; the sums should be `expected`, and `expected` is part of their terms.
  init(order: Int, expected: Element = 1) {
    rowSums = [Element](repeating: -expected, count: order)
    columnSums = rowSums
    rowTerms = [Double](repeating: expected.magnitude, count: order)
    columnTerms = rowTerms
  }

  /// Adds the term of M's entry (row, column), which meets Z's entry (column, row).
  mutating func add(_ term: Element, row: Int, column: Int) {
    rowSums[row] += term
    columnSums[column] += term
    rowTerms[row] += term.magnitude
    columnTerms[column] += term.magnitude
  }

  /// The larger of the two relative errors.
  var largest: Double {
    var largest = 0.0
    for index in rowSums.indices {
      for (sum, terms) in [
        (rowSums[index], rowTerms[index]), (columnSums[index], columnTerms[index]),
      ] where terms > 0 {
        largest = max(largest, sum.magnitude / terms)
      }
    }
    return largest
  }
}

extension SparsityPattern {
  /// The pattern of a diagonal matrix.
  static func diagonal(order: Int) -> SparsityPattern {
    SparsityPattern(
      unchecked: order, order, columnPointers: Array(0...order), rowIndices: Array(0..<order))
  }
}

extension SparseMatrix {
  /// The same matrix with room for the entries of another pattern.
  func including(_ other: SparsityPattern) -> SparseMatrix {
    let (pattern, slots) = pattern.union(other)
    return SparseMatrix(
      unchecked: pattern, values: slots.map { first, _ in first.map { values[$0] } ?? 0 })
  }

  /// The lower triangle, with room for that of another pattern and of its transpose.
  func lowerTriangle(including other: SparsityPattern) -> SparseMatrix {
    including(other.union(other.transposed).pattern).lowerTriangle
  }
}

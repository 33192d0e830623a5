import Adjoint

extension DifferentiableRegistry {
  /// Least-squares and shortest solutions, with all ranks that a matrix can have.
  static func leastSquaresSolutions() throws -> [DifferentiableOperation] {
    let tall = try DependentColumns(rowCount: 9, independentCount: 5, combinations: [])
    let wide = try DependentColumns(rowCount: 5, independentCount: 5, combinations: [])
    let combinations = [(0, 1, 2.0), (2, 3, -0.5), (0, 3, 1)]
    let deficient = try DependentColumns(
      rowCount: 8, independentCount: 4, combinations: combinations)
    let square = try DependentColumns(
      rowCount: 7, independentCount: 4, combinations: combinations)
    return [
      operation("overdetermined", tall, isTransposed: false),
      operation("underdetermined", tall, isTransposed: true),
      operation("square and regular", wide, isTransposed: false),
      operation("dependent columns", deficient, isTransposed: false),
      operation("dependent rows", deficient, isTransposed: true),
      operation("square and singular", square, isTransposed: false),
    ]
  }

  /// The map (p, b) ↦ x = A(p)⁺ b with a matrix that keeps its rank.
  private static func operation(
    _ variant: String, _ family: DependentColumns, isTransposed: Bool
  ) -> DifferentiableOperation {
    let solver = LinearLeastSquaresSolver()
    let count = family.parameterCount
    let matrix = family.matrix(family.parameters)
    @Sendable func oriented(_ matrix: SparseMatrix) -> SparseMatrix {
      isTransposed ? matrix.transposed : matrix
    }
    @Sendable func solve(_ x: [Double]) throws -> LinearLeastSquaresSolution {
      try solver.solve(
        LinearLeastSquaresSystem(
          matrix: oriented(family.matrix(Array(x.prefix(count)))),
          rightHandSide: Array(x.dropFirst(count))))
    }
    let rowCount = oriented(matrix).rowCount
    return DifferentiableOperation(
      LinearLeastSquaresSolution.self, variant,
      at: family.parameters + numbers(rowCount, seed: 62)
    ) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value,
            pushforward: { tangent in
              try solution.pushforward(
                matrix: oriented(family.matrix(Array(tangent.prefix(count)))).values,
                rightHandSide: Array(tangent.dropFirst(count)))
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent)
              return family.pullback(oriented(gradient.matrix)) + gradient.rightHandSide
            })
        })
    }
  }
}

/// Sparse matrices with independent columns of parameters, followed by combinations of them.
///
/// Those are column + factor · other column: linear in the parameters, of constant rank.
struct DependentColumns: Sendable {
  let parameters: [Double]
  private let pattern: SparsityPattern
  /// For each slot the parameters that it is a combination of.
  private let terms: [[(parameter: Int, factor: Double)]]

  var parameterCount: Int { parameters.count }

  init(
    rowCount: Int, independentCount: Int, combinations: [(Int, Int, Double)]
  ) throws {
    var generator = SeededGenerator(seed: 61)
    var parameters: [Double] = []
    var columns: [[Int: [(parameter: Int, factor: Double)]]] = []
    for column in 0..<independentCount {
      var entries: [Int: [(parameter: Int, factor: Double)]] = [:]
      for row in 0..<rowCount where row == column || (row + 2 * column) % 3 == 0 {
        entries[row] = [(parameters.count, 1)]
        parameters.append(generator.uniform(in: row == column ? 2..<3 : -1..<1))
      }
      columns.append(entries)
    }
    for (first, second, factor) in combinations {
      var entries = columns[first]
      for (row, terms) in columns[second] {
        entries[row, default: []] += terms.map { ($0.parameter, factor * $0.factor) }
      }
      columns.append(entries)
    }
    self.parameters = parameters
    var pointers = [0]
    var rows: [Int] = []
    var terms: [[(parameter: Int, factor: Double)]] = []
    for column in columns {
      for (row, entry) in column.sorted(by: { $0.key < $1.key }) {
        rows.append(row)
        terms.append(entry)
      }
      pointers.append(rows.count)
    }
    self.terms = terms
    pattern = try SparsityPattern(
      rowCount: rowCount, columnCount: columns.count, columnPointers: pointers, rowIndices: rows)
  }

  /// The matrix of these parameters, which are finite.
  func matrix(_ parameters: [Double]) -> SparseMatrix {
    let values = terms.map { entry in
      entry.reduce(0) { $0 + $1.factor * parameters[$1.parameter] }
    }
    guard let matrix = try? SparseMatrix(pattern: pattern, values: values) else {
      preconditionFailure("parameters of a check are finite")
    }
    return matrix
  }

  /// The cotangent of the parameters for one of the matrix.
  func pullback(_ cotangent: SparseMatrix) -> [Double] {
    var sum = [Double](repeating: 0, count: parameterCount)
    for (slot, entry) in terms.enumerated() {
      for term in entry { sum[term.parameter] += term.factor * cotangent.values[slot] }
    }
    return sum
  }
}

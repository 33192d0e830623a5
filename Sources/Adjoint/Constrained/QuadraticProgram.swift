/// Minimize ½ xᵀH x + gᵀx subject to A x = b, with a sparse symmetric n × n matrix H and a sparse m × n matrix A.
///
/// Of H the lower triangle S is stored, H = S + Sᵀ − diag(S): a number below the diagonal appears in H twice,
/// and its derivative counts both places, as in ``LinearSystem/Storage/symmetricLower``. There may be no
/// constraints at all.
public struct QuadraticProgram: Sendable, Hashable {
  /// The lower triangle of H.
  public let hessian: SparseMatrix

  /// g.
  public let linearTerm: [Double]

  /// A, a row for each constraint.
  public let constraintMatrix: SparseMatrix

  /// b.
  public let constraintValues: [Double]

  /// A program from its parts.
  ///
  /// - Throws: ``FactorizationError`` if H is not square or has entries above the diagonal; `InputError` for
  ///   sizes that do not fit together or a number that is not finite.
  public init(
    hessian: SparseMatrix, linearTerm: [Double], constraintMatrix: SparseMatrix,
    constraintValues: [Double]
  ) throws {
    guard hessian.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: hessian.rowCount, columnCount: hessian.columnCount)
    }
    if let entry = hessian.pattern.entryAboveDiagonal {
      throw FactorizationError.entryAboveDiagonal(row: entry.row, column: entry.column)
    }
    try InputError.requireLength(
      "linearTerm", expected: hessian.rowCount, found: linearTerm.count)
    try InputError.requireFinite("linearTerm", linearTerm)
    try InputError.requireLength(
      "columns of constraintMatrix", expected: hessian.columnCount,
      found: constraintMatrix.columnCount)
    try InputError.requireLength(
      "constraintValues", expected: constraintMatrix.rowCount, found: constraintValues.count)
    try InputError.requireFinite("constraintValues", constraintValues)
    self.hessian = hessian
    self.linearTerm = linearTerm
    self.constraintMatrix = constraintMatrix
    self.constraintValues = constraintValues
  }

  /// n.
  public var unknownCount: Int { hessian.columnCount }

  /// m.
  public var constraintCount: Int { constraintMatrix.rowCount }

  /// ½ xᵀH x + gᵀx.
  ///
  /// - Throws: `InputError.wrongLength` unless x has n numbers.
  public func objective(_ point: [Double]) throws -> Double {
    try InputError.requireLength("point", expected: unknownCount, found: point.count)
    var gradient = linearTerm.map { 2 * $0 }
    var span = gradient.mutableSpan
    hessian.multiplySymmetric(point.span, addingTo: &span)
    return 0.5 * zip(gradient, point).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// The saddle-point system of a program's conditions of optimality.
///
///     ⎡H Aᵀ⎤ ⎡x⎤   ⎡−g⎤
///     ⎣A 0 ⎦ ⎣y⎦ = ⎣ b⎦,
///
/// of whose symmetric matrix the lower triangle is stored: column by column, S above A.
struct SaddlePoint {
  let system: LinearSystem

  init(_ program: QuadraticProgram) throws {
    system = try LinearSystem(
      matrix: Self.stack(program.hessian, program.constraintMatrix),
      rightHandSide: program.linearTerm.map { -$0 } + program.constraintValues,
      storage: .symmetricLower)
  }

  /// The matrix of two blocks, one above the other, with as many empty columns on the right as the lower has rows.
  static func stack(_ upper: SparseMatrix, _ lower: SparseMatrix) -> SparseMatrix {
    let count = upper.columnCount
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    for column in 0..<count {
      for slot in upper.pattern.columnPointers[column]..<upper.pattern.columnPointers[column + 1] {
        rows.append(upper.pattern.rowIndices[slot])
        values.append(upper.values[slot])
      }
      for slot in lower.pattern.columnPointers[column]..<lower.pattern.columnPointers[column + 1] {
        rows.append(count + lower.pattern.rowIndices[slot])
        values.append(lower.values[slot])
      }
      pointers.append(rows.count)
    }
    pointers += [Int](repeating: rows.count, count: lower.rowCount)
    let order = count + lower.rowCount
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: order, order, columnPointers: pointers, rowIndices: rows),
      values: values)
  }

  /// The numbers of a stacked matrix, for each of the blocks.
  static func split(
    _ values: [Double], _ upper: SparsityPattern, _ lower: SparsityPattern
  ) -> (upper: [Double], lower: [Double]) {
    var (first, second): ([Double], [Double]) = ([], [])
    var slot = 0
    for column in 0..<upper.columnCount {
      let upperCount = upper.columnPointers[column + 1] - upper.columnPointers[column]
      let lowerCount = lower.columnPointers[column + 1] - lower.columnPointers[column]
      first += values[slot..<slot + upperCount]
      second += values[slot + upperCount..<slot + upperCount + lowerCount]
      slot += upperCount + lowerCount
    }
    return (first, second)
  }
}

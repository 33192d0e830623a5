/// The eigenproblem A v = λ M v of a sparse symmetric pencil, M being positive definite.
///
/// In vibration A is the stiffness, M the mass, and √λ an angular frequency; in buckling and diffusion
/// the words differ and the equation is the same. Without a mass, M is the identity.
public struct SymmetricEigenproblem: Sendable, Hashable {
  /// The stored entries of A.
  public let stiffness: SparseMatrix

  /// The stored entries of M; nil for the identity.
  public let mass: SparseMatrix?

  /// What is stored of both: all, or the lower triangles.
  ///
  /// With ``LinearSystem/Storage/symmetricLower`` a number below the diagonal stands for two places, and
  /// its derivative counts both. With ``LinearSystem/Storage/full`` each place has its own number, and
  /// the derivative is shared equally between mirror images.
  public let storage: LinearSystem.Storage

  /// A problem from its parts.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``, ``FactorizationError/emptyMatrix``,
  ///   ``FactorizationError/entryAboveDiagonal(row:column:)`` if only lower triangles should be stored;
  ///   ``EigenError/notSymmetric(row:column:)`` if mirror images differ by more than rounding; `InputError`
  ///   if M has another size than A. That M is positive definite is checked by the solver.
  public init(
    stiffness: SparseMatrix, mass: SparseMatrix? = nil, storage: LinearSystem.Storage = .full
  ) throws {
    for matrix in [stiffness, mass].compactMap({ $0 }) {
      guard matrix.pattern.isSquare else {
        throw FactorizationError.notSquare(
          rowCount: matrix.rowCount, columnCount: matrix.columnCount)
      }
      guard matrix.rowCount > 0 else { throw FactorizationError.emptyMatrix }
      try InputError.requireLength(
        "mass", expected: stiffness.rowCount, found: matrix.rowCount)
      switch storage {
      case .symmetricLower:
        if let entry = matrix.pattern.entryAboveDiagonal {
          throw FactorizationError.entryAboveDiagonal(row: entry.row, column: entry.column)
        }
      case .full:
        if let entry = matrix.asymmetricEntry {
          throw EigenError.notSymmetric(row: entry.row, column: entry.column)
        }
      }
    }
    self.stiffness = stiffness
    self.mass = mass
    self.storage = storage
  }

  /// The number of unknowns n.
  public var order: Int { stiffness.rowCount }

  /// A v.
  func stiffnessProduct(_ vector: [Double]) -> [Double] { product(stiffness, vector) }

  /// M v.
  func massProduct(_ vector: [Double]) -> [Double] {
    guard let mass else { return vector }
    return product(mass, vector)
  }

  /// S v, where S is one of the matrices or a tangent of it.
  func product(_ matrix: SparseMatrix, _ vector: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vector.count)
    var span = result.mutableSpan
    switch storage {
    case .full: matrix.multiply(vector.span, addingTo: &span)
    case .symmetricLower: matrix.multiplySymmetric(vector.span, addingTo: &span)
    }
    return result
  }

  /// ‖S‖∞ of one of the matrices.
  func norm(_ matrix: SparseMatrix?) -> Double {
    guard let matrix else { return 1 }
    return storage == .full ? matrix.rowSumNorm : matrix.symmetricRowSumNorm
  }
}

extension SparseMatrix {
  /// The first entry that differs from its mirror image by more than 64 eps ‖A‖∞, or nil.
  fileprivate var asymmetricEntry: (row: Int, column: Int)? {
    let mirror = transposed
    let isPatternSymmetric = mirror.pattern == pattern
    let allowed = 64 * Double.ulpOfOne * rowSumNorm
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        let other = isPatternSymmetric ? mirror.values[slot] : mirror[row, column]
        if (values[slot] - other).magnitude > allowed { return (row, column) }
      }
    }
    return nil
  }
}

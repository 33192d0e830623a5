import Adjoint

/// A linear problem from Matrix Market files: a matrix, a right-hand side and a functional of the solution.
struct LinearProblemFiles {
  /// The path of the matrix.
  let path: String

  /// What the file of the matrix says.
  let file: MatrixMarket

  /// The matrix; its lower triangle if it is symmetric.
  let matrix: SparseMatrix

  /// How the matrix is stored.
  let storage: LinearSystem.Storage

  /// b.
  let rightHandSide: [Double]

  /// Whether b is A·1, as it is where no file gives it.
  let isRightHandSideMade: Bool

  /// c of the functional J = cᵀx, or nil for J = ½‖x‖².
  let functional: [Double]?

  /// Reads and checks the files.
  init(matrix path: String, rightHandSide: String?, functional: String?) throws {
    self.path = path
    file = try Self.read(path)
    let isSymmetric = file.symmetry == .symmetric
    storage = isSymmetric ? .symmetricLower : .full
    matrix = try Self.naming(path) { [file] in
      try file.sparseMatrix(expanded: !isSymmetric)
    }
    guard matrix.rowCount > 0 && matrix.columnCount > 0 else {
      throw LinearProblemError.empty(
        path: path, rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    isRightHandSideMade = rightHandSide == nil
    if let rightHandSide {
      self.rightHandSide = try Self.vector(
        rightHandSide, count: matrix.rowCount, as: "the right-hand side", of: path)
    } else {
      let full = isSymmetric ? try file.sparseMatrix() : matrix
      self.rightHandSide = try full.multiply([Double](repeating: 1, count: full.columnCount))
    }
    let columnCount = matrix.columnCount
    self.functional = try functional.map {
      try Self.vector($0, count: columnCount, as: "the functional", of: path)
    }
  }

  /// J(x).
  func value(of solution: [Double]) -> Double {
    guard let functional else { return 0.5 * solution.reduce(0) { $0 + $1 * $1 } }
    return zip(functional, solution).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// ∂J/∂x.
  func cotangent(at solution: [Double]) -> [Double] { functional ?? solution }

  private static func read(_ path: String) throws -> MatrixMarket {
    try naming(path) { try MatrixMarket(path: path) }
  }

  private static func vector(
    _ path: String, count: Int, as role: String, of matrixPath: String
  ) throws -> [Double] {
    let vector = try naming(path) { try MatrixMarket(path: path).vector() }
    guard vector.count == count else {
      throw LinearProblemError.wrongLength(
        path: path, role: role, expected: count, found: vector.count, matrixPath: matrixPath)
    }
    return vector
  }

  /// Adds the path to errors that know only the line.
  private static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as MatrixMarketError {
      if case .inaccessible = error.problem { throw error }
      throw LinearProblemError.badFile(path: path, error)
    }
  }
}

/// Why the files do not make a linear problem.
enum LinearProblemError: Error, CustomStringConvertible {
  /// A file is not what the format asks for.
  case badFile(path: String, MatrixMarketError)
  /// There is nothing to solve.
  case empty(path: String, rowCount: Int, columnCount: Int)
  /// A vector does not fit the matrix.
  case wrongLength(path: String, role: String, expected: Int, found: Int, matrixPath: String)
  /// The method needs a square matrix.
  case notSquare(path: String, rowCount: Int, columnCount: Int)
  /// The method needs a symmetric matrix.
  case notSymmetric(path: String, method: String)

  var description: String {
    switch self {
    case .badFile(let path, let error):
      "\(path), \(error)"
    case .empty(let path, let rowCount, let columnCount):
      "\(path): the matrix is \(rowCount) x \(columnCount); there is nothing to solve"
    case .wrongLength(let path, let role, let expected, let found, let matrixPath):
      "\(path): \(role) has \(found) numbers; the matrix in \(matrixPath) asks for \(expected)"
    case .notSquare(let path, let rowCount, let columnCount):
      "\(path): the matrix is \(rowCount) x \(columnCount); only --method qr, in the sense of least "
        + "squares, solves systems that are not square"
    case .notSymmetric(let path, let method):
      "\(path): the matrix is not symmetric, which --method \(method) needs; use auto, lu or gmres"
    }
  }
}

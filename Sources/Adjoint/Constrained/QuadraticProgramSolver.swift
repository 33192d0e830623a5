/// Solves ``QuadraticProgram``s by LU of their saddle-point matrix, giving solutions with multipliers that can
/// be differentiated.
///
/// ```swift
/// let program = try QuadraticProgram(
///   hessian: h, linearTerm: g, constraintMatrix: a, constraintValues: b)
/// let solution = try QuadraticProgramSolver().solve(program)
/// solution.multipliers                 // y, with H x + g + Aᵀy = 0
/// let gradient = try solution.pullback(w)
/// ```
/// A solver is a value without state and may be shared between threads.
public struct QuadraticProgramSolver: Sendable {
  /// Settings.
  public struct Options: Sendable, Hashable {
    /// How the saddle-point system, which is indefinite, is solved: by KLU if the method says so, else by
    /// UMFPACK's LU.
    public var linear = LinearSolver.Options()

    /// Whether to look for the sign of the curvature xᵀH x for A x = 0.
    ///
    /// What is known not to be a minimum is refused. Costs a Cholesky factorization of H, or a few.
    public var checksCurvature = true

    /// The default settings.
    public init() {}

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws { try linear.validate() }
  }

  /// The settings.
  public let options: Options

  private let linearSolver: LinearSolver

  /// A solver with the given settings.
  ///
  /// - Throws: `InputError` for settings that make no sense.
  public init(options: Options = Options()) throws {
    try options.validate()
    self.options = options
    var linear = options.linear
    if linear.method != .klu { linear.method = .lu }
    linearSolver = try LinearSolver(options: linear)
  }

  /// Analyzes, factorizes and solves.
  ///
  /// - Throws: ``QuadraticProgramError/dependentConstraints(row:)`` if A has not full row rank, to working
  ///   precision; ``QuadraticProgramError/notUnique`` if H is singular for A x = 0;
  ///   ``QuadraticProgramError/notAMinimum`` if it is known to have negative curvature there;
  ///   ``FactorizationError`` if there are no unknowns or no memory.
  public func solve(_ program: QuadraticProgram) throws -> QuadraticProgramSolution {
    try solve(program) { try linearSolver.solve($0) }
  }

  /// Factorizes and solves with an analysis made before, for instance by a solve of another program on the
  /// same patterns: `solver.solve(next, reusing: solution.linear.factors.symbolic)`.
  ///
  /// - Throws: as ``solve(_:)``; ``FactorizationError/differentPattern``.
  public func solve(
    _ program: QuadraticProgram, reusing symbolic: SymbolicFactorization
  ) throws -> QuadraticProgramSolution {
    try solve(program) { try linearSolver.solve($0, reusing: symbolic) }
  }

  private func solve(
    _ program: QuadraticProgram, _ solve: (LinearSystem) throws -> LinearSolution
  ) throws -> QuadraticProgramSolution {
    guard program.constraintCount <= program.unknownCount else {
      throw QuadraticProgramError.dependentConstraints(row: nil)
    }
    let saddle = try SaddlePoint(program)
    let linear: LinearSolution
    do {
      linear = try solve(saddle.system)
      guard try !linear.isScaledSingular() else { throw diagnose(program) }
    } catch FactorizationError.singular {
      throw diagnose(program)
    } catch FactorizationError.solutionNotFinite {
      throw diagnose(program)
    }
    let curvature = options.checksCurvature ? try Curvature(program, linear) : .unknown
    if curvature == .notPositive { throw QuadraticProgramError.notAMinimum }
    return try QuadraticProgramSolution(program, linear, curvature)
  }

  /// Which of the two reasons a singular saddle-point matrix has.
  ///
  /// With the unit matrix for H it is singular if and only if the rows of A, here of unit length, are
  /// dependent; then a solution grows without bound in the multipliers of those rows.
  private func diagnose(_ program: QuadraticProgram) -> QuadraticProgramError {
    let count = program.unknownCount
    let unit = SparseMatrix(
      unchecked: .diagonal(order: count), values: [Double](repeating: 1, count: count))
    let rows = program.constraintMatrix.unitRows
    if let empty = rows.emptyRow { return .dependentConstraints(row: empty) }
    let ones = [Double](repeating: 1, count: count + rows.rowCount)
    do {
      let solution = try linearSolver.solve(
        LinearSystem(
          matrix: SaddlePoint.stack(unit, rows), rightHandSide: ones, storage: .symmetricLower))
      guard try solution.isScaledSingular() else { return .notUnique }
      let multipliers = solution.value[count...]
      let largest = multipliers.indices.max {
        multipliers[$0].magnitude < multipliers[$1].magnitude
      }
      return .dependentConstraints(row: largest.map { $0 - count })
    } catch FactorizationError.singular(let column) {
      return .dependentConstraints(row: column >= count ? column - count : nil)
    } catch {
      return .dependentConstraints(row: nil)
    }
  }
}

/// Why a quadratic program has no solution of its own.
public enum QuadraticProgramError: Error, Equatable, CustomStringConvertible {
  /// The rows of A are linearly dependent, to working precision; the row is one of them, where known.
  case dependentConstraints(row: Int?)
  /// H is singular on the null space of A: there are infinitely many solutions, or none.
  case notUnique
  /// The curvature is negative along some direction that the constraints leave free: the objective is
  /// unbounded below.
  case notAMinimum

  /// What is wrong, and the likely causes in order.
  public var description: String {
    switch self {
    case .dependentConstraints(let row):
      "the constraints are linearly dependent\(row.map { ", among them row \($0)" } ?? ""): a constraint "
        + "stated twice, one without entries, or more constraints than unknowns"
    case .notUnique:
      "the Hessian is singular where the constraints leave freedom: an unknown that neither the "
        + "objective nor a constraint holds, or a flat direction"
    case .notAMinimum:
      "the objective is unbounded below on the constraints: a wrong sign in the Hessian, a missing "
        + "constraint, or a saddle point that is sought (set checksCurvature to false)"
    }
  }
}

extension LinearSolution {
  /// Whether the symmetric matrix K is singular to working precision after scaling.
  ///
  /// With a diagonal D that makes the largest entry of each row of D K D about one (Ruiz, "A scaling algorithm to
  /// equilibrate both rows and columns norms in matrices", RAL-TR-2001-034), the condition number no
  /// longer depends on units.
  fileprivate func isScaledSingular() throws -> Bool {
    let matrix = system.matrix
    let order = matrix.columnCount
    var scale = [Double](repeating: 1, count: order)
    for _ in 0..<4 {
      var largest = [Double](repeating: 0, count: order)
      matrix.forEachScaledEntry(scale) { row, column, value in
        largest[row] = max(largest[row], value.magnitude)
        largest[column] = max(largest[column], value.magnitude)
      }
      for index in 0..<order where largest[index] > 0 {
        scale[index] /= largest[index].squareRoot()
      }
    }
    var sums = [Double](repeating: 0, count: order)
    matrix.forEachScaledEntry(scale) { row, column, value in
      sums[row] += value.magnitude
      if row != column { sums[column] += value.magnitude }
    }
    func solve(_ vector: inout [Double]) throws {
      for index in 0..<order { vector[index] /= scale[index] }
      try factors.solveInPlace(&vector)
      for index in 0..<order { vector[index] /= scale[index] }
    }
    let inverseNorm = try oneNormEstimate(order: order, apply: solve, applyTransposed: solve)
    let reciprocal = 1 / (sums.maximumNorm * inverseNorm)
    // Rounding makes a reciprocal of some eps out of zero.
    return !(reciprocal > 64 * Double.ulpOfOne)
  }
}

extension SparseMatrix {
  /// Calls `body` with each stored entry (row, column, dᵢ aᵢⱼ dⱼ).
  @inline(__always)
  fileprivate func forEachScaledEntry(
    _ scale: [Double], _ body: (_ row: Int, _ column: Int, _ value: Double) -> Void
  ) {
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        body(row, column, scale[row] * values[slot] * scale[column])
      }
    }
  }

  /// The matrix with each row divided by its largest entry.
  fileprivate var unitRows: SparseMatrix {
    var largest = [Double](repeating: 0, count: rowCount)
    for (row, value) in zip(pattern.rowIndices, values) {
      largest[row] = max(largest[row], value.magnitude)
    }
    return SparseMatrix(
      unchecked: pattern,
      values: zip(pattern.rowIndices, values).map { row, value in
        largest[row] > 0 ? value / largest[row] : 0
      })
  }

  /// The first row without an entry that is not zero.
  fileprivate var emptyRow: Int? {
    var isEmpty = [Bool](repeating: true, count: rowCount)
    for (row, value) in zip(pattern.rowIndices, values) where value != 0 { isEmpty[row] = false }
    return isEmpty.firstIndex(of: true)
  }
}

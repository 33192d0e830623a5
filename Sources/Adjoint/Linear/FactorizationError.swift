/// A matrix that cannot be factorized, or factors that cannot be used.
///
/// Rows and columns count from zero, in the caller's order.
public enum FactorizationError: Error, Equatable, CustomStringConvertible {
  /// Only square matrices have factors to solve with.
  case notSquare(rowCount: Int, columnCount: Int)
  /// There is no equation.
  case emptyMatrix
  /// The entry (row, column) above the diagonal has no mirror image below, where Cholesky reads.
  case missingMirror(row: Int, column: Int)
  /// Only the lower triangle should be stored, but an entry lies above the diagonal.
  case entryAboveDiagonal(row: Int, column: Int)
  /// Cholesky was asked for, but the entries (row, column) and (column, row) differ.
  case notSymmetric(row: Int, column: Int)
  /// No pivot was found in a column.
  case singular(column: Int)
  /// A pivot of Cholesky's method is zero or negative.
  case notPositiveDefinite(column: Int)
  /// Without pivoting, LDLᵀ met a pivot that is zero or so small that entries grow by this factor.
  case unstablePivot(column: Int, growth: Double)
  /// A matrix does not have the pattern that was analyzed.
  case differentPattern
  /// The ordering is not available for the method.
  case unsupportedOrdering(SymbolicFactorization.Ordering, SymbolicFactorization.Method)
  /// A matrix has another rank than was expected, so that derivatives do not lead from one to the other.
  case rankChanged(expected: Int, found: Int)
  /// A given ordering names an unknown twice, or one that does not exist.
  case notAPermutation(place: Int, unknown: Int)
  /// An analysis was made for another method.
  case differentMethod(
    expected: SymbolicFactorization.Method, found: SymbolicFactorization.Method)
  /// The last refactorization or update failed, so there are no factors.
  case noFactors
  /// The solution overflows: the matrix is singular to working precision.
  case solutionNotFinite(index: Int)
  /// The factors belong to a matrix of another order than the system.
  case differentOrder(expected: Int, found: Int)
  /// Refinement with the factors of a nearby matrix stopped at this backward error.
  case refinementStalled(backwardError: Double, steps: Int)
  /// The factors do not fit into memory.
  case outOfMemory
  /// SuiteSparse reports a failure that should not happen with validated data.
  case libraryFailure(routine: String, status: Int)

  /// What is wrong, and the likely causes in order.
  public var description: String {
    switch self {
    case .notSquare(let rowCount, let columnCount):
      "the matrix is \(rowCount) x \(columnCount); a system to be solved must be square"
    case .emptyMatrix:
      "the matrix has no rows: there is nothing to solve"
    case .missingMirror(let row, let column):
      "entry (\(row), \(column)) has no mirror image below the diagonal: for Cholesky store the lower "
        + "triangle or both, or use LU if the matrix is not symmetric"
    case .entryAboveDiagonal(let row, let column):
      "entry (\(row), \(column)) lies above the diagonal, where only the lower triangle should be "
        + "stored"
    case .notSymmetric(let row, let column):
      "entries (\(row), \(column)) and (\(column), \(row)) differ: Cholesky needs a symmetric matrix; "
        + "use LU instead"
    case .singular(let column):
      "the matrix is singular: no pivot in column \(column); a missing support or boundary "
        + "condition, an equation that is missing or repeated, or an unknown that occurs nowhere"
    case .notPositiveDefinite(let column):
      "the matrix is not positive definite: Cholesky fails in column \(column); a missing support "
        + "or boundary condition, a wrong sign, or an indefinite matrix, for which to use LU"
    case .unstablePivot(let column, let growth):
      "LDLT breaks down in column \(column), where entries grow by a factor of \(growth): the matrix "
        + "is singular, or indefinite without being quasi-definite; use LU, which chooses pivots"
    case .differentPattern:
      "the matrix does not have the sparsity pattern that was analyzed; analyze its own pattern"
    case .unsupportedOrdering(let ordering, let method):
      "the ordering \(ordering) is not available for \(method)"
    case .rankChanged(let expected, let found):
      "the matrix has rank \(found), \(expected) was expected: parameters at which columns become "
        + "dependent, where the solution jumps and has no derivative, or a rank tolerance that does "
        + "not fit the scale of the columns"
    case .notAPermutation(let place, let unknown):
      "element \(place) of the given ordering is \(unknown), which occurs before or does not exist; "
        + "each unknown from 0 on must occur once"
    case .differentMethod(let expected, let found):
      "the analysis was made for the method \(found), not for \(expected)"
    case .noFactors:
      "the last refactorization or update failed, so there are no factors to solve with"
    case .solutionNotFinite(let index):
      "element \(index) of the solution is not finite: the matrix is singular to working precision, "
        + "or its scale and that of the right-hand side are extreme"
    case .differentOrder(let expected, let found):
      "the factors are those of a matrix with \(found) columns; the system has \(expected) unknowns"
    case .refinementStalled(let backwardError, let steps):
      "refinement does not contract: backward error \(backwardError) after \(steps) steps; the "
        + "factors belong to a matrix too far from this one, or one of the two is nearly singular: "
        + "factorize the matrix itself"
    case .outOfMemory:
      "the factors do not fit into memory; try the ordering .nestedDissection for less fill"
    case .libraryFailure(let routine, let status):
      "\(routine) failed with status \(status)"
    }
  }
}

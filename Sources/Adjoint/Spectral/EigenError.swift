/// An eigenproblem that cannot be solved, or a derivative that does not exist.
///
/// Indices count from zero in ascending order of eigenvalues; ranges are of such indices.
public enum EigenError: Error, Equatable, CustomStringConvertible {
  /// The entry (row, column) differs from its mirror image.
  case notSymmetric(row: Int, column: Int)
  /// The mass matrix fails Cholesky's method in a column.
  case massNotPositiveDefinite(column: Int)
  /// No shift was found below (or above) all eigenvalues.
  case unboundedSpectrum(lastShift: Double)
  /// The iteration did not find all eigenpairs.
  case notConverged(found: Int, wanted: Int, restarts: Int)
  /// An eigenpair leaves a residual well above rounding.
  case inaccurate(index: Int, backwardError: Double)
  /// A derivative of the single eigenvalue `index` was asked for, but only symmetric functions of its
  /// cluster are differentiable.
  case clusteredEigenvalue(index: Int, cluster: Range<Int>, gap: Double)
  /// A derivative of single eigenvectors of a cluster was asked for, but only functions of the space that
  /// they span are differentiable.
  case clusteredEigenvectors(cluster: Range<Int>, asymmetry: Double)
  /// A derivative of a cluster was asked for of which not all members were computed.
  case incompleteCluster(cluster: Range<Int>, nextEigenvalue: Double)
  /// A derivative of an eigenvalue of a general matrix was asked for that is repeated or defective.
  case notSimple(index: Int, gap: Double, conditionNumber: Double)
  /// The index of an eigenpair that was not computed, or the range of no cluster.
  case noSuchEigenpair(index: Int, count: Int)
  /// ARPACK or LAPACK reports a failure that should not happen with validated data.
  case libraryFailure(routine: String, status: Int)

  /// What is wrong, and the likely causes in order.
  public var description: String {
    switch self {
    case .notSymmetric(let row, let column):
      "entries (\(row), \(column)) and (\(column), \(row)) differ: store the lower triangle only, "
        + "symmetrize the assembly, or solve a GeneralEigenproblem if the matrix is not symmetric"
    case .massNotPositiveDefinite(let column):
      "the mass matrix is not positive definite: Cholesky fails in column \(column); an unknown without "
        + "mass (condense it first), a wrong sign, or matrices given in the wrong order"
    case .unboundedSpectrum(let lastShift):
      "no shift beyond all eigenvalues was found; the last one tried was \(lastShift): the mass matrix "
        + "is nearly singular, or the scales of the two matrices are extreme"
    case .notConverged(let found, let wanted, let restarts):
      "\(found) of \(wanted) eigenpairs converged in \(restarts) restarts: allow more restarts, a larger "
        + "subspace, or choose a shift closer to the wanted eigenvalues"
    case .inaccurate(let index, let backwardError):
      "eigenpair \(index) has the backward error \(backwardError): the shift is too close to an "
        + "eigenvalue, the tolerance too large, or the mass matrix nearly singular"
    case .clusteredEigenvalue(let index, let cluster, let gap):
      "eigenvalue \(index) is not differentiable: it belongs to the cluster \(cluster) of eigenvalues "
        + "that are equal to rounding (gap \(gap)); give all of the cluster the same cotangent, as the "
        + "gradient of a symmetric function does, or use the cluster's derivative matrix"
    case .clusteredEigenvectors(let cluster, let asymmetry):
      "the eigenvectors of the cluster \(cluster) are determined up to a rotation only, and the function "
        + "depends on it (asymmetry \(asymmetry)): only functions of the space that they span are "
        + "differentiable"
    case .incompleteCluster(let cluster, let nextEigenvalue):
      "the cluster \(cluster) goes on beyond the computed eigenvalues, with \(nextEigenvalue): compute at "
        + "least one eigenpair more, or one cluster less"
    case .notSimple(let index, let gap, let conditionNumber):
      "eigenvalue \(index) is not simple, as far as rounding lets tell, and has no derivative: the nearest "
        + "one is \(gap) away, and its condition number is \(conditionNumber); it is repeated, or "
        + "defective if the condition number is large"
    case .noSuchEigenpair(let index, let count):
      "there is no eigenpair or cluster with the index \(index) among \(count)"
    case .libraryFailure(let routine, let status):
      "\(routine) failed with status \(status)"
    }
  }
}

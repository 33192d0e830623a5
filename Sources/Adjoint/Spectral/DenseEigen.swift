import CLAPACK

/// Eigenvalues, ascending, and orthonormal eigenvectors, column by column, of a dense symmetric matrix
/// of which the lower triangle is read.
///
/// The caller limits the threads of BLAS. LAPACK's dsyevd: Gu and Eisenstat, *SIAM J. Matrix Anal. Appl.* 16
/// (1995).
func denseSymmetricEigen(
  _ matrix: [Double], order: Int
) throws -> (eigenvalues: [Double], eigenvectors: [Double]) {
  var vectors = matrix
  var values = [Double](repeating: 0, count: order)
  var n = Int32(order)
  var status: Int32 = 0
  try withDivideAndConquerWorkspace(order) { work, workCount, integers, integerCount in
    dsyevd_(
      "V", "L", &n, &vectors, &n, &values, work, &workCount, integers, &integerCount, &status, 1, 1)
  }
  guard status == 0 else { throw EigenError.libraryFailure(routine: "dsyevd", status: Int(status)) }
  return (values, vectors)
}

/// The same for a pencil, with vᵢᵀ M vⱼ = δᵢⱼ, by LAPACK's dsygvd.
///
/// - Throws: ``EigenError/massNotPositiveDefinite(column:)``.
func denseSymmetricEigen(
  _ stiffness: [Double], mass: [Double], order: Int
) throws -> (eigenvalues: [Double], eigenvectors: [Double]) {
  var vectors = stiffness
  var factor = mass
  var values = [Double](repeating: 0, count: order)
  var n = Int32(order)
  var kind: Int32 = 1
  var status: Int32 = 0
  try withDivideAndConquerWorkspace(order) { work, workCount, integers, integerCount in
    dsygvd_(
      &kind, "V", "L", &n, &vectors, &n, &factor, &n, &values, work, &workCount, integers,
      &integerCount, &status, 1, 1)
  }
  if status > n { throw EigenError.massNotPositiveDefinite(column: Int(status - n) - 1) }
  guard status == 0 else { throw EigenError.libraryFailure(routine: "dsygvd", status: Int(status)) }
  return (values, vectors)
}

/// Calls `body` with the workspace that both routines ask for: 1 + 6n + 2n² numbers, 3 + 5n integers.
private func withDivideAndConquerWorkspace(
  _ order: Int,
  _ body: (
    UnsafeMutablePointer<Double>?, inout Int32, UnsafeMutablePointer<Int32>?, inout Int32
  ) -> Void
) throws {
  let work = Buffer(count: 1 + 6 * order + 2 * order * order, repeating: 0.0)
  let integers = Buffer(count: 3 + 5 * order, repeating: Int32(0))
  var workCount = Int32(work.count)
  var integerCount = Int32(integers.count)
  body(work.all.baseAddress, &workCount, integers.all.baseAddress, &integerCount)
}

/// A sparse matrix by rows, with small indices.
struct Prolongation {
  let rowPointers: [Int32]
  let columns: [Int32]
  let values: [Double]
  let columnCount: Int
}

/// One level above the coarsest: its matrix, its prolongation and scratch vectors.
///
/// A = D + L + Lᵀ is stored by its lower triangle: column i has aᵢᵢ and then the aⱼᵢ, j > i, which are also
/// row i of Lᵀ. So a product with L scatters column i, one with Lᵀ gathers it, and either triangle's sweep
/// reads the matrix once.
final class MultigridLevel {
  /// Of the levels below the first, whose vectors are the caller's.
  private(set) lazy var rightHandSide = Buffer(zeros: matrix.rowCount)
  private(set) lazy var solution = Buffer(zeros: matrix.rowCount)

  private let matrix: SparseMatrix
  private let prolongation: Prolongation
  /// b − L x.
  private let remainder: Buffer<Double>

  init(_ matrix: SparseMatrix, _ prolongation: Prolongation) {
    self.matrix = matrix
    self.prolongation = prolongation
    remainder = Buffer(zeros: matrix.rowCount)
  }

  /// A forward sweep from zero, (D + L) x = b; then Pᵀ(b − A x) = −Pᵀ Lᵀ x.
  func smoothAndRestrict(
    _ givenRightHandSide: UnsafePointer<Double>?, _ givenSolution: UnsafeMutablePointer<Double>?,
    into coarse: Buffer<Double>
  ) {
    // Spans borrow from constants, not from an object's properties.
    let (matrix, prolongation) = (matrix, prolongation)
    let count = matrix.rowCount
    guard let work = remainder.all.baseAddress, let coarse = coarse.all.baseAddress,
      let b = givenRightHandSide ?? rightHandSide.all.baseAddress.map({ UnsafePointer($0) }),
      let x = givenSolution ?? solution.all.baseAddress
    else { return }
    let pointers = matrix.pattern.columnPointers.span
    let rows = matrix.pattern.rowIndices.span
    let values = matrix.values.span
    work.update(from: b, count: count)
    for index in 0..<count {
      let first = pointers[unchecked: index]
      let solved = work[index] / values[unchecked: first]
      x[index] = solved
      for slot in first + 1..<pointers[unchecked: index + 1] {
        work[rows[unchecked: slot]] -= values[unchecked: slot] * solved
      }
    }
    let prolongationPointers = prolongation.rowPointers.span
    let columns = prolongation.columns.span
    let weights = prolongation.values.span
    for column in 0..<prolongation.columnCount { coarse[column] = 0 }
    for index in 0..<count {
      var sum = 0.0
      for slot in pointers[unchecked: index] + 1..<pointers[unchecked: index + 1] {
        sum += values[unchecked: slot] * x[rows[unchecked: slot]]
      }
      let end = Int(prolongationPointers[unchecked: index + 1])
      for slot in Int(prolongationPointers[unchecked: index])..<end {
        coarse[Int(columns[unchecked: slot])] -= weights[unchecked: slot] * sum
      }
    }
  }

  /// x ← x + P e, then a backward sweep, (D + Lᵀ) x = b − L x.
  func correctAndSmooth(
    _ givenSolution: UnsafeMutablePointer<Double>?, by coarse: Buffer<Double>
  ) {
    // Spans borrow from constants, not from an object's properties.
    let (matrix, prolongation) = (matrix, prolongation)
    let count = matrix.rowCount
    guard let work = remainder.all.baseAddress, let coarse = coarse.all.baseAddress,
      let x = givenSolution ?? solution.all.baseAddress
    else { return }
    let pointers = matrix.pattern.columnPointers.span
    let rows = matrix.pattern.rowIndices.span
    let values = matrix.values.span
    let prolongationPointers = prolongation.rowPointers.span
    let columns = prolongation.columns.span
    let weights = prolongation.values.span
    for index in 0..<count {
      var correction = 0.0
      let end = Int(prolongationPointers[unchecked: index + 1])
      for slot in Int(prolongationPointers[unchecked: index])..<end {
        correction += weights[unchecked: slot] * coarse[Int(columns[unchecked: slot])]
      }
      x[index] += correction
      for slot in pointers[unchecked: index] + 1..<pointers[unchecked: index + 1] {
        work[rows[unchecked: slot]] -= values[unchecked: slot] * correction
      }
    }
    for index in stride(from: count - 1, through: 0, by: -1) {
      let first = pointers[unchecked: index]
      var sum = work[index]
      for slot in first + 1..<pointers[unchecked: index + 1] {
        sum -= values[unchecked: slot] * x[rows[unchecked: slot]]
      }
      x[index] = sum / values[unchecked: first]
    }
  }
}

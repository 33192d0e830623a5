/// A sparse matrix by rows, with small indices.
struct Prolongation {
  let rowPointers: [Int32]
  let columns: [Int32]
  let values: [Double]
  let columnCount: Int
}

/// One level above the coarsest: its matrix, its prolongation and scratch vectors.
///
/// A = D + L + Lᵀ is stored by its lower triangle: column i has aᵢᵢ and then the aⱼᵢ, j > i, which
/// are also row i of Lᵀ. So a product with L scatters column i, one with Lᵀ gathers it, and either
/// triangle's sweep reads the matrix once.
final class MultigridLevel {
  /// Of the levels below the first, whose vectors are the caller's.
  private(set) lazy var rightHandSide = Buffer(zeros: matrix.rowCount)
  private(set) lazy var solution = Buffer(zeros: matrix.rowCount)

  private let matrix: SparseMatrix
  private let prolongation: Prolongation
  /// b − L x.
  private let remainder: Buffer<Double>
  private let inverseDiagonal: Buffer<Double>

  init(_ matrix: SparseMatrix, _ prolongation: Prolongation) {
    self.matrix = matrix
    self.prolongation = prolongation
    remainder = Buffer(zeros: matrix.rowCount)
    inverseDiagonal = Buffer(zeros: matrix.rowCount)
    for column in 0..<matrix.rowCount {
      inverseDiagonal[column] = 1 / matrix.values[matrix.pattern.columnPointers[column]]
    }
  }

  /// A forward sweep from zero, (D + L) x = b; then Pᵀ(b − A x) = −Pᵀ Lᵀ x.
  func smoothAndRestrict(
    _ givenRightHandSide: UnsafePointer<Double>? = nil,
    _ givenSolution: UnsafeMutablePointer<Double>? = nil, into coarse: Buffer<Double>
  ) {
    // Spans borrow from constants, not from an object's properties.
    let (matrix, prolongation) = (matrix, prolongation)
    let count = matrix.rowCount
    guard let work = remainder.all.baseAddress, let inverse = inverseDiagonal.all.baseAddress,
      let coarse = coarse.all.baseAddress,
      let b = givenRightHandSide ?? rightHandSide.all.baseAddress.map({ UnsafePointer($0) }),
      let x = givenSolution ?? solution.all.baseAddress
    else { return }
    let pointers = matrix.pattern.columnPointers.span
    let rows = matrix.pattern.rowIndices.span
    let values = matrix.values.span
    work.update(from: b, count: count)
    // What is left for the next unknown stays in a register: the chain of dependences of a sweep
    // runs through it, and not through memory.
    var following = work[0]
    for index in 0..<count {
      work[index] = following
      let solved = following * inverse[index]
      x[index] = solved
      following = index + 1 < count ? work[index + 1] : 0
      var slot = pointers[unchecked: index] + 1
      let end = pointers[unchecked: index + 1]
      if slot < end && rows[unchecked: slot] == index + 1 {
        following -= values[unchecked: slot] * solved
        slot += 1
      }
      while slot < end {
        work[rows[unchecked: slot]] -= values[unchecked: slot] * solved
        slot += 1
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
    _ givenSolution: UnsafeMutablePointer<Double>? = nil, by coarse: Buffer<Double>
  ) {
    // Spans borrow from constants, not from an object's properties.
    let (matrix, prolongation) = (matrix, prolongation)
    let count = matrix.rowCount
    guard let work = remainder.all.baseAddress, let inverse = inverseDiagonal.all.baseAddress,
      let coarse = coarse.all.baseAddress,
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
    var following = 0.0
    for index in stride(from: count - 1, through: 0, by: -1) {
      let near = pointers[unchecked: index] + 1
      let end = pointers[unchecked: index + 1]
      let isNear = near < end && rows[unchecked: near] == index + 1
      var sum = work[index]
      var slot = isNear ? near + 1 : near
      while slot < end {
        sum -= values[unchecked: slot] * x[rows[unchecked: slot]]
        slot += 1
      }
      if isNear { sum -= values[unchecked: near] * following }
      following = sum * inverse[index]
      x[index] = following
    }
  }
}

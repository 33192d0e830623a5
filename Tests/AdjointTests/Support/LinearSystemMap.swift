import Adjoint

/// A linear system as a function of its stored entries and right-hand side, and mistakes in its
/// derivatives.
struct LinearSystemMap: Sendable, CustomStringConvertible {
  enum Fault: String, CaseIterable, Sendable {
    case signOfMatrixGradient
    case solveForSolveTransposed
    case onePercentInBoth
    case droppedRightHandSide
    case droppedEntry
    case droppedMirrorImage
  }

  let sample: SampleMatrix
  let method: LinearSolver.Method
  var storage = LinearSystem.Storage.full
  var fault: Fault?

  var description: String {
    "\(sample) \(method) \(storage)\(fault.map { " with \($0.rawValue)" } ?? "")"
  }

  /// Every sample with every method that takes arbitrary changes of its stored entries.
  static let all: [LinearSystemMap] = SampleMatrix.allCases.flatMap { sample in
    var maps = [LinearSolver.Method.automatic, .lu, .klu].map {
      LinearSystemMap(sample: sample, method: $0)
    }
    if sample.isSymmetric {
      maps += [LinearSolver.Method.automatic, .ldl, .lu, .klu].map {
        LinearSystemMap(sample: sample, method: $0, storage: .symmetricLower)
      }
    }
    if sample.isDefinite {
      maps.append(LinearSystemMap(sample: sample, method: .cholesky, storage: .symmetricLower))
    }
    return maps
  }

  /// Every fault where it makes a difference.
  static let faulty: [LinearSystemMap] = all.flatMap { map in
    Fault.allCases.compactMap { fault in
      switch fault {
      case .solveForSolveTransposed where map.sample.isSymmetric: return nil
      case .droppedMirrorImage where map.storage == .full || map.sample == .oneByOne: return nil
      default:
        return LinearSystemMap(
          sample: map.sample, method: map.method, storage: map.storage, fault: fault)
      }
    }
  }

  func matrix() throws -> SparseMatrix {
    storage == .full ? try sample.make() : try sample.make().lowerTriangle()
  }

  func point() throws -> [Double] {
    let matrix = try matrix()
    var generator = SeededGenerator(seed: 11)
    return matrix.values + generator.direction(count: matrix.rowCount)
  }

  func map() throws -> DifferentiableMap {
    let matrix = try matrix()
    let count = matrix.pattern.entryCount
    var options = LinearSolver.Options()
    options.method = method
    let solver = try LinearSolver(options: options)
    @Sendable func solve(_ x: [Double]) throws -> LinearSolution {
      try solver.solve(
        LinearSystem(
          matrix: SparseMatrix(pattern: matrix.pattern, values: Array(x[..<count])),
          rightHandSide: Array(x[count...]), storage: storage))
    }
    return DifferentiableMap(
      name: description,
      value: { try solve($0).value },
      linearize: { x in
        let solution = try solve(x)
        return DifferentiableMap.Linearization(
          value: solution.value,
          pushforward: { tangent in
            let result = try solution.pushforward(
              matrix: Array(tangent[..<count]), rightHandSide: Array(tangent[count...]))
            return fault == .onePercentInBoth ? result.map { 1.01 * $0 } : result
          },
          pullback: { try pullback(solution, $0) })
      })
  }

  private func pullback(_ solution: LinearSolution, _ cotangent: [Double]) throws -> [Double] {
    let gradient = try solution.pullback(cotangent)
    var entries = gradient.matrix.values
    var rightHandSide = gradient.rightHandSide
    switch fault {
    case nil: break
    case .signOfMatrixGradient: entries = entries.map { -$0 }
    case .solveForSolveTransposed:
      rightHandSide = try solution.factors.solve(cotangent)
      entries = outerProduct(solution, rightHandSide)
    case .onePercentInBoth:
      entries = entries.map { 1.01 * $0 }
      rightHandSide = rightHandSide.map { 1.01 * $0 }
    case .droppedRightHandSide: rightHandSide = rightHandSide.map { _ in 0 }
    case .droppedEntry: entries[entries.count / 2] = 0
    case .droppedMirrorImage: entries = outerProduct(solution, rightHandSide)
    }
    return entries + rightHandSide
  }

  /// −λ xᵀ on the pattern, written out.
  private func outerProduct(_ solution: LinearSolution, _ adjoint: [Double]) -> [Double] {
    let pattern = solution.system.matrix.pattern
    return (0..<pattern.columnCount).flatMap { column in
      pattern.rowIndices[pattern.columnPointers[column]..<pattern.columnPointers[column + 1]].map {
        -adjoint[$0] * solution.value[column]
      }
    }
  }
}

import Adjoint
import ReferenceProblems
import Testing

/// How a problem is solved, for all combinations.
struct EigenCase: Sendable, CustomStringConvertible {
  var method: EigenSolver.Method
  var target: EigenSolver.Target
  var description: String { "\(method) \(target)" }

  func solver(_ count: Int) throws -> EigenSolver {
    var options = EigenSolver.Options(count: count, target: target)
    options.method = method
    return try EigenSolver(options: options)
  }

  static let all = [EigenSolver.Method.dense, .lanczos].flatMap { method in
    [.smallest, .largest, .nearest(1.7)].map { EigenCase(method: method, target: $0) }
  }

  /// What the target selects of ascending eigenvalues.
  func selection(_ eigenvalues: [Double], _ count: Int) -> [Double] {
    switch target {
    case .smallest: return Array(eigenvalues.prefix(count))
    case .largest: return Array(eigenvalues.suffix(count))
    case .nearest(let shift):
      let sorted = eigenvalues.sorted { abs($0 - shift) < abs($1 - shift) }
      return sorted.prefix(count).sorted()
    }
  }
}

@Suite("Eigenpairs of symmetric pencils") struct SymmetricEigenTests {
  /// The largest |λ − known| and the largest deviation of VᵀMV from the identity.
  static func errors(
    _ solution: SymmetricEigenSolution, _ known: [Double]
  ) throws -> (values: Double, orthogonality: Double) {
    #expect(solution.value.eigenvalues.count == known.count)
    let values = zip(solution.value.eigenvalues, known).map { abs($0 - $1) }.max() ?? 0
    var orthogonality = 0.0
    let vectors = solution.value.eigenvectors
    for (column, vector) in vectors.enumerated() {
      let product = try solution.problem.mass.map { mass in
        try solution.problem.storage == .full
          ? mass.multiply(vector) : SparseMatrix.symmetricProduct(mass, vector)
      }
      for (row, other) in vectors.enumerated() {
        let dot = zip(other, product ?? vector).reduce(0) { $0 + $1.0 * $1.1 }
        orthogonality = max(orthogonality, abs(dot - (row == column ? 1 : 0)))
      }
    }
    return (values, orthogonality)
  }

  @Test("A chain of springs has its known eigenvalues", arguments: EigenCase.all)
  func chain(_ example: EigenCase) throws {
    let count = 60
    let matrix = try EigenReference.chain([Double](repeating: 1, count: count + 1))
    let known = example.selection(EigenReference.chainEigenvalues(count), 5)
    let solution = try example.solver(5).solve(
      SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
    let errors = try Self.errors(solution, known)
    // Backward stable methods: a few n eps ‖A‖, ‖A‖ = 4.
    #expect(errors.values <= 4 * 60 * 2.3e-16)
    #expect(errors.orthogonality <= 1e-13)
    #expect(solution.backwardErrors.allSatisfy { $0 <= 1e-14 })
    #expect(solution.clusters.map(\.members) == (0..<5).map { $0..<$0 + 1 })
    #expect(solution.clusters.allSatisfy { $0.isSimple })
    #expect(solution.statistics.method == example.method)
  }

  @Test("A consistent mass and both storages give the known eigenvalues", arguments: EigenCase.all)
  func consistentMass(_ example: EigenCase) throws {
    let count = 50
    let stiffness = try EigenReference.chain([Double](repeating: 1, count: count + 1))
    let mass = try EigenReference.tridiagonal(
      [Double](repeating: 4 / 6.0, count: count),
      beside: [Double](repeating: 1 / 6.0, count: count - 1))
    let known = example.selection(EigenReference.consistentChainEigenvalues(count), 4)
    let lower = try example.solver(4).solve(
      SymmetricEigenproblem(stiffness: stiffness, mass: mass, storage: .symmetricLower))
    let full = try example.solver(4).solve(
      SymmetricEigenproblem(stiffness: stiffness.bothTriangles(), mass: mass.bothTriangles()))
    for solution in [lower, full] {
      let errors = try Self.errors(solution, known)
      // κ(M) = 3 and λ ≤ 12.
      #expect(errors.values <= 12 * 50 * 3 * 2.3e-16)
      #expect(errors.orthogonality <= 1e-13)
    }
  }

  @Test(
    "Repeated eigenvalues of a square grid are found with all their copies",
    arguments: EigenCase.all)
  func grid(_ example: EigenCase) throws {
    let size = 18
    let all = EigenReference.gridEigenvalues(size)
    // Six eigenvalues end with a pair at both ends; about 1.7 lie pairs.
    let count = example.target == .nearest(1.7) ? 8 : 6
    let known = example.selection(all, count)
    let solution = try example.solver(count).solve(
      SymmetricEigenproblem(stiffness: EigenReference.grid(size), storage: .symmetricLower))
    let errors = try Self.errors(solution, known)
    #expect(errors.values <= 8 * 18 * 2.3e-16 * 4)
    #expect(errors.orthogonality <= 1e-13)
    let sizes = solution.clusters.map(\.members.count)
    switch example.target {
    case .smallest: #expect(sizes == [1, 2, 1, 2])
    case .largest: #expect(sizes == [2, 1, 2, 1])
    case .nearest: #expect(sizes.reduce(0, +) == count && sizes.contains(2))
    }
    // A cluster is reported as incomplete exactly if one of its copies was not asked for.
    for cluster in solution.clusters {
      let eigenvalue = solution.value.eigenvalues[cluster.members.lowerBound]
      let copies = all.filter { abs($0 - eigenvalue) <= 1e-10 }.count
      #expect((cluster.missingEigenvalue == nil) == (cluster.members.count == copies))
    }
  }

  @Test("A cluster that the count cuts is reported as such", arguments: [2, 5], [200, 10])
  func cut(count: Int, size: Int) throws {
    // 200 unknowns are solved densely, 324 by Lanczos' method.
    let solution = try EigenSolver(count: count).solve(
      SymmetricEigenproblem(
        stiffness: EigenReference.grid(size == 200 ? 18 : 10), storage: .symmetricLower))
    let last = try #require(solution.clusters.last)
    #expect(last.members.count == 1)
    let missing = try #require(last.missingEigenvalue)
    #expect(abs(missing - solution.value.eigenvalues[count - 1]) <= 1e-9)
    var cotangent = EigenDerivative(eigenvalues: [Double](repeating: 0, count: count))
    cotangent.eigenvalues[0] = 1
    _ = try solution.pullback(cotangent)
    cotangent.eigenvalues[count - 1] = 1
    #expect(throws: EigenError.self) { try solution.pullback(cotangent) }
  }

  @Test("Disconnected equal parts give every eigenvalue twice")
  func disconnected() throws {
    let count = 150
    var springs = [Double](repeating: 1, count: count + 1)
    let one = EigenReference.chainEigenvalues(count)
    let chain = try EigenReference.chain(springs)
    springs = []
    let matrix = try SparseMatrix.blockDiagonal([chain, chain, chain])
    let solution = try EigenSolver(count: 6).solve(
      SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
    #expect(solution.statistics.method == .lanczos)
    let errors = try Self.errors(solution, [one[0], one[0], one[0], one[1], one[1], one[1]])
    #expect(errors.values <= 4 * 150 * 2.3e-16)
    #expect(solution.clusters.map(\.members) == [0..<3, 3..<6])
    #expect(solution.clusters.allSatisfy { $0.missingEigenvalue == nil })
  }

  @Test("The identity is one incomplete cluster, or a complete one if all of it is computed")
  func identity() throws {
    for (order, count) in [(300, 4), (12, 4), (12, 12), (1, 1)] {
      let matrix = try EigenReference.tridiagonal(
        [Double](repeating: 3, count: order), beside: [Double](repeating: 0, count: order))
      let solution = try EigenSolver(count: count).solve(
        SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
      #expect(solution.value.eigenvalues.allSatisfy { abs($0 - 3) <= 1e-14 })
      #expect(solution.clusters.count == 1)
      #expect((solution.clusters[0].missingEigenvalue == nil) == (count == order))
    }
  }

  @Test("Free bodies have zero eigenvalues, one for each body", arguments: [1, 2, 3])
  func singular(bodies: Int) throws {
    let count = 120
    var springs = [Double](repeating: 1, count: count + 1)
    springs[0] = 0
    springs[count] = 0
    let chain = try EigenReference.chain(springs)
    let matrix = try SparseMatrix.blockDiagonal([SparseMatrix](repeating: chain, count: bodies))
    for method in [EigenSolver.Method.dense, .lanczos] {
      for target in [EigenSolver.Target.smallest, .nearest(0)] {
        let solution = try EigenCase(method: method, target: target).solver(2 * bodies).solve(
          SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
        // λₖ = 4 sin²(kπ/(2n)) of a free chain, k = 0, 1.
        let sine = Double.sin(Double.pi / Double(2 * count))
        let known =
          [Double](repeating: 0, count: bodies)
          + [Double](repeating: 4 * sine * sine, count: bodies)
        let errors = try Self.errors(solution, known)
        #expect(errors.values <= 4 * 120 * 2.3e-16)
        #expect(solution.clusters.map(\.members) == [0..<bodies, bodies..<2 * bodies])
        #expect(solution.clusters.allSatisfy { $0.missingEigenvalue == nil })
      }
    }
  }

  @Test("Indefinite matrices have their smallest and largest eigenvalues found")
  func indefinite() throws {
    let count = 240
    let matrix = try EigenReference.tridiagonal(
      [Double](repeating: -0.3, count: count), beside: [Double](repeating: 1, count: count - 1))
    // λ = −0.3 + 2 cos(kπ/(n + 1)).
    let all = (1...count).map {
      -0.3 + 2 * Double.cos(Double($0) * Double.pi / Double(count + 1))
    }.sorted()
    for example in EigenCase.all {
      let solution = try example.solver(3).solve(
        SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
      let errors = try Self.errors(solution, example.selection(all, 3))
      #expect(errors.values <= 4 * 240 * 2.3e-16, "\(example)")
    }
  }

  @Test("A shift that is an eigenvalue, even a repeated one, is no obstacle")
  func exactShift() throws {
    let count = 220
    let values = (0..<count).map { Double($0 / 2) }
    let matrix = try EigenReference.tridiagonal(
      values, beside: [Double](repeating: 0, count: count - 1))
    let solution = try EigenSolver(count: 6, target: .nearest(30)).solve(
      SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
    let errors = try Self.errors(solution, [29, 29, 30, 30, 31, 31])
    #expect(errors.values <= 110 * 220 * 2.3e-16)
    #expect(solution.clusters.map(\.members) == [0..<2, 2..<4, 4..<6])
    #expect(solution.clusters.allSatisfy { $0.missingEigenvalue == nil })
  }

  @Test("A spectrum that is symmetric about the shift is no false alarm")
  func symmetricSpectrum() throws {
    // ±2 cos(kπ/(n + 1)); about zero the nearest ones come in pairs ±λ.
    let count = 240
    let matrix = try EigenReference.tridiagonal(
      [Double](repeating: 0, count: count), beside: [Double](repeating: 1, count: count - 1))
    for wanted in [1, 2, 3] {
      let solution = try EigenSolver(count: wanted, target: .nearest(0)).solve(
        SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
      #expect(solution.clusters.allSatisfy { $0.isSimple })
    }
  }

  @Test("Results are the same in every run, bit for bit")
  func deterministic() throws {
    let problem = try SymmetricEigenproblem(
      stiffness: EigenReference.grid(16), storage: .symmetricLower)
    let first = try EigenSolver(count: 3).solve(problem)
    let second = try EigenSolver(count: 3).solve(problem)
    #expect(first.value == second.value)
    #expect(first.statistics == second.statistics)
  }

  @Test("Problems that make no sense are refused with their evidence")
  func refusals() throws {
    let chain = try EigenReference.chain([1, 1, 1, 1])
    let indefinite = try EigenReference.tridiagonal([1, -1, 1], beside: [0, 0])
    for method in [EigenSolver.Method.dense, .lanczos] {
      #expect(throws: EigenError.massNotPositiveDefinite(column: 1)) {
        try EigenCase(method: method, target: .smallest).solver(1).solve(
          SymmetricEigenproblem(stiffness: chain, mass: indefinite, storage: .symmetricLower))
      }
    }
    #expect(throws: EigenError.notSymmetric(row: 1, column: 0)) {
      try SymmetricEigenproblem(stiffness: chain)
    }
    #expect(throws: FactorizationError.self) {
      try SymmetricEigenproblem(stiffness: chain.bothTriangles(), storage: .symmetricLower)
    }
    #expect(throws: FactorizationError.emptyMatrix) {
      try SymmetricEigenproblem(stiffness: SparseMatrix(rowCount: 0, columnCount: 0) { _ in })
    }
    #expect(throws: FactorizationError.notSquare(rowCount: 2, columnCount: 3)) {
      try SymmetricEigenproblem(stiffness: SparseMatrix(rowCount: 2, columnCount: 3) { _ in })
    }
    #expect(throws: InputError.self) {
      try SymmetricEigenproblem(
        stiffness: chain, mass: EigenReference.chain([1, 1, 1]), storage: .symmetricLower)
    }
    let problem = try SymmetricEigenproblem(stiffness: chain, storage: .symmetricLower)
    #expect(throws: InputError.self) { try EigenSolver(count: 4).solve(problem) }
    #expect(throws: InputError.self) { try EigenSolver(count: 0) }
    #expect(throws: InputError.self) { try EigenSolver(count: 1, target: .nearest(.nan)) }
    #expect(throws: InputError.self) {
      try EigenCase(method: .lanczos, target: .smallest).solver(2).solve(problem)
    }
  }
}

extension SparseMatrix {
  /// A x where the lower triangle of A is stored.
  static func symmetricProduct(_ lower: SparseMatrix, _ vector: [Double]) throws -> [Double] {
    let product = zip(try lower.multiply(vector), try lower.multiplyTransposed(vector)).map {
      $0 + $1
    }
    return product.indices.map { product[$0] - lower[$0, $0] * vector[$0] }
  }

  /// Both triangles of a matrix of which the lower one is stored.
  func bothTriangles() throws -> SparseMatrix {
    try SparseMatrix(rowCount: rowCount, columnCount: columnCount) { builder in
      for column in 0..<columnCount {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
          let row = pattern.rowIndices[slot]
          try builder.add(values[slot], row: row, column: column)
          if row != column { try builder.add(values[slot], row: column, column: row) }
        }
      }
    }
  }

  /// Matrices on the diagonal, zero elsewhere.
  static func blockDiagonal(_ blocks: [SparseMatrix]) throws -> SparseMatrix {
    let order = blocks.reduce(0) { $0 + $1.rowCount }
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      var start = 0
      for block in blocks {
        for column in 0..<block.columnCount {
          for slot in block.pattern.columnPointers[
            column]..<block.pattern.columnPointers[column + 1]
          {
            try builder.add(
              block.values[slot], row: start + block.pattern.rowIndices[slot],
              column: start + column)
          }
        }
        start += block.rowCount
      }
    }
  }
}

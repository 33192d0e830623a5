import Adjoint
import ReferenceProblems
import Testing

@Suite("Eigenpairs of general matrices") struct GeneralEigenTests {
  /// aⱼ₊₁,ⱼ = below, aⱼⱼ = diagonal, aⱼ,ⱼ₊₁ = above: λ = diagonal + 2 √(below · above) cos(kπ/(n + 1)).
  static func tridiagonal(
    _ count: Int, below: Double, diagonal: Double, above: Double
  ) throws -> SparseMatrix {
    try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for row in 0..<count {
        try builder.add(diagonal, row: row, column: row)
        if row > 0 { try builder.add(below, row: row, column: row - 1) }
        if row + 1 < count { try builder.add(above, row: row, column: row + 1) }
      }
    }
  }

  static func solution(
    _ matrix: SparseMatrix, _ count: Int, _ target: EigenSolver.Target,
    _ method: EigenSolver.Method = .automatic
  ) throws -> GeneralEigenSolution {
    try EigenCase(method: method, target: target).solver(count).solve(
      GeneralEigenproblem(matrix: matrix))
  }

  @Test(
    "Convection and diffusion on a line has its known real eigenvalues", arguments: EigenCase.all)
  func convection(_ example: EigenCase) throws {
    let count = 60
    let matrix = try Self.tridiagonal(count, below: -1.1, diagonal: 2, above: -0.9)
    let all = (1...count).map { (index: Int) -> Double in
      let angle: Double = Double(index) * Double.pi / Double(count + 1)
      return 2 - 2 * (1.1 * 0.9).squareRoot() * Double.cos(angle)
    }
    let solution = try example.solver(3).solve(GeneralEigenproblem(matrix: matrix))
    let known = example.selection(all, 3)
    for (index, eigenvalue) in solution.value.eigenvalues.enumerated() {
      #expect(eigenvalue.imaginary == 0)
      // The vectors grow as √(1.1/0.9)^j, which makes conditions of some hundred.
      let bound = 4 * 60 * 2.3e-16 * solution.conditionNumbers[index]
      #expect(abs(eigenvalue.real - known[index]) <= bound)
    }
    #expect(solution.value.eigenvalues.count == 3)
    #expect(solution.conditionNumbers.allSatisfy { $0 > 2 && $0 < 1e4 })
  }

  @Test("A cyclic shift has the roots of unity, and pairs of conjugates are not cut")
  func cyclicShift() throws {
    let count = 12
    let matrix = try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for row in 0..<count { try builder.add(1, row: row, column: (row + 1) % count) }
    }
    let solution = try Self.solution(matrix, 2, .largest)
    #expect(solution.value.eigenvalues.count == 3)
    let cosine = Double.cos(Double.pi / 6)
    for (found, known) in zip(
      solution.value.eigenvalues, [Complex(cosine, -0.5), Complex(cosine, 0.5), Complex(1.0, 0)])
    {
      #expect((found - known).length <= 1e-14)
    }
    // A normal matrix.
    #expect(solution.conditionNumbers.allSatisfy { abs($0 - 1) <= 1e-13 })
    #expect(abs(solution.gaps[0] - 2 * Double.sin(Double.pi / 12)) <= 1e-14)
    // λⁿ = Π of the entries: dλ/daⱼ = λ/n for each.
    var cotangent = GeneralEigenDerivative(eigenvalues: [.zero, Complex(0, 1), .zero])
    let gradient = try solution.pullback(cotangent)
    for value in gradient.matrix.values { #expect(abs(value - 0.5 / 12) <= 1e-15) }
    cotangent.eigenvalues = [.zero, Complex(1, 0), .zero]
    for value in try solution.pullback(cotangent).matrix.values {
      #expect(abs(value - cosine / 12) <= 1e-15)
    }
  }

  @Test("Arnoldi's method and LAPACK agree on a random matrix, vectors included")
  func agreement() throws {
    let matrix = try SampleMatrix.random(order: 60, seed: 3)
    for target in [EigenSolver.Target.largest, .smallest, .nearest(0.4)] {
      let dense = try Self.solution(matrix, 4, target, .dense)
      let iterated = try Self.solution(matrix, 4, target, .lanczos)
      #expect(dense.value.eigenvalues.count == iterated.value.eigenvalues.count)
      for index in dense.value.eigenvalues.indices {
        // κ of the eigenvalue, and κ‖A‖/gap of the vectors.
        let bound = 1e-14 * dense.conditionNumbers[index]
        let difference = dense.value.eigenvalues[index] - iterated.value.eigenvalues[index]
        #expect(difference.length <= 8 * bound)
        let vectors = zip(
          dense.value.rightVectors[index] + dense.value.leftVectors[index],
          iterated.value.rightVectors[index] + iterated.value.leftVectors[index])
        let largest = vectors.map { ($0 - $1).length }.max() ?? 0
        #expect(largest <= 100 * bound * dense.conditionNumbers[index] / dense.gaps[index])
      }
    }
  }

  @Test("Condition numbers are those of a known triangular matrix")
  func conditions() throws {
    for coupling in [0.0, 3, 1e3] {
      let matrix = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
        try builder.add(1, row: 0, column: 0)
        try builder.add(coupling, row: 0, column: 1)
        try builder.add(2, row: 1, column: 1)
      }
      let solution = try Self.solution(matrix, 2, .smallest)
      let known = (1 + coupling * coupling).squareRoot()
      for found in solution.conditionNumbers { #expect(abs(found - known) <= 1e-12 * known) }
      let gradient = try solution.pullback(
        GeneralEigenDerivative(eigenvalues: [Complex(1.0), .zero]))
      // dλ₁ = [1, −k] dA [1, 0]ᵀ: only the first column counts, of which one entry is stored.
      #expect(abs(gradient.matrix[0, 0] - 1) <= 1e-12 && gradient.matrix[0, 1] == 0)
      #expect(abs(gradient.conditionNumber - known) <= 1e-12 * known)
    }
  }

  @Test("Repeated and defective eigenvalues have values, but their derivatives are refused by name")
  func defective() throws {
    let identity = try Self.tridiagonal(5, below: 0, diagonal: 2, above: 0)
    let jordan = try Self.tridiagonal(6, below: 0, diagonal: 1, above: 1)
    for matrix in [identity, jordan] {
      let solution = try Self.solution(matrix, 2, .largest)
      let error = #expect(throws: EigenError.self) {
        try solution.pullback(
          GeneralEigenDerivative(
            eigenvalues: solution.value.eigenvalues.map { _ in Complex(1.0) }))
      }
      guard case .notSimple(_, let gap, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(gap <= 1e-2)
      #expect(error?.description.contains("defective") == true)
      #expect(throws: EigenError.self) { try solution.pushforward(matrix.values) }
      // Without a cotangent there is nothing to refuse.
      let zero = try solution.pullback(
        GeneralEigenDerivative(eigenvalues: solution.value.eigenvalues.map { _ in .zero }))
      #expect(zero.matrix.values.allSatisfy { $0 == 0 })
    }
    // Two equal blocks, found by Arnoldi's method, whose one start vector sees one copy.
    let block = try Self.tridiagonal(110, below: -1.1, diagonal: 2, above: -0.9)
    let twice = try SparseMatrix.blockDiagonal([block, block])
    let solution = try Self.solution(twice, 1, .nearest(0), .lanczos)
    #expect(throws: EigenError.self) {
      // Rounding may make a conjugate pair of the two copies, which comes whole.
      try solution.pullback(
        GeneralEigenDerivative(eigenvalues: solution.value.eigenvalues.map { _ in Complex(1.0) }))
    }
  }

  @Test("One by one, empty, rectangular, and arguments of the wrong shape")
  func shapes() throws {
    let one = try SparseMatrix(rowCount: 1, columnCount: 1) { try $0.add(-3, row: 0, column: 0) }
    let solution = try Self.solution(one, 1, .smallest)
    #expect(solution.value.eigenvalues == [Complex(-3.0)])
    let gradient = try solution.pullback(
      GeneralEigenDerivative(eigenvalues: [Complex(2.0)], rightVectors: [0: [Complex(5.0)]]))
    #expect(gradient.matrix.values == [2])
    #expect(throws: FactorizationError.self) {
      try GeneralEigenproblem(matrix: SparseMatrix(rowCount: 2, columnCount: 1) { _ in })
    }
    #expect(throws: FactorizationError.emptyMatrix) {
      try GeneralEigenproblem(matrix: SparseMatrix(rowCount: 0, columnCount: 0) { _ in })
    }
    #expect(throws: InputError.self) { try Self.solution(one, 2, .smallest) }
    #expect(throws: InputError.self) {
      try solution.pullback(GeneralEigenDerivative(eigenvalues: []))
    }
    #expect(throws: InputError.self) {
      try solution.pullback(GeneralEigenDerivative(eigenvalues: [Complex(Double.nan)]))
    }
    #expect(throws: EigenError.noSuchEigenpair(index: 1, count: 1)) {
      try solution.pushforward([1], rightVectors: [1])
    }
  }
}

@Suite("Singular triplets") struct SingularTests {
  /// Differences along a line of n nodes with zero outside: n + 1 rows; DᵀD is the chain of unit springs.
  static func differences(_ count: Int) throws -> SparseMatrix {
    try SparseMatrix(rowCount: count + 1, columnCount: count) { builder in
      for column in 0..<count {
        try builder.add(1, row: column, column: column)
        try builder.add(-1, row: column + 1, column: column)
      }
    }
  }

  static func solution(
    _ matrix: SparseMatrix, _ count: Int, _ target: EigenSolver.Target,
    _ method: EigenSolver.Method = .automatic
  ) throws -> SingularSolution {
    try EigenCase(method: method, target: target).solver(count).solve(
      SingularValueProblem(matrix: matrix))
  }

  @Test("Differences have the square roots of the chain's eigenvalues", arguments: [false, true])
  func known(transposed: Bool) throws {
    let count = 50
    let tall = try Self.differences(count)
    let matrix = transposed ? tall.transposed : tall
    let all = EigenReference.chainEigenvalues(count).map { $0.squareRoot() }
    for method in [EigenSolver.Method.dense, .lanczos] {
      for (target, known) in [
        (EigenSolver.Target.smallest, Array(all.prefix(3))), (.largest, Array(all.suffix(3))),
        (.nearest(1.0), all.sorted { abs($0 - 1) < abs($1 - 1) }.prefix(3).sorted()),
      ] {
        let triplets = try Self.solution(matrix, 3, target, method).value
        for index in 0..<3 {
          #expect(abs(triplets.singularValues[index] - known[index]) <= 2 * 50 * 2.3e-16)
          // A v = σ u and Aᵀ u = σ v.
          let image = try matrix.multiply(triplets.rightVectors[index])
          let back = try matrix.multiplyTransposed(triplets.leftVectors[index])
          for (vector, other) in [
            (image, triplets.leftVectors[index]), (back, triplets.rightVectors[index]),
          ] {
            let error = zip(vector, other).map { abs($0 - known[index] * $1) }.max() ?? 0
            #expect(error <= 1e-13)
          }
        }
      }
    }
  }

  @Test("Σ σ² has the gradient 2 A, Σ ln σ that of the determinant, A⁻ᵀ")
  func sums() throws {
    let matrix = try SampleMatrix.random(order: 12, seed: 4)
    let solution = try Self.solution(matrix, 12, .smallest)
    let sigma = solution.value.singularValues
    let squares = try solution.pullback(SingularDerivative(singularValues: sigma.map { 2 * $0 }))
    for (found, value) in zip(squares.matrix.values, matrix.values) {
      #expect(abs(found - 2 * value) <= 1e-13)
    }
    let logarithms = try solution.pullback(SingularDerivative(singularValues: sigma.map { 1 / $0 }))
    let factors = try SymbolicFactorization(analyzing: matrix.pattern).factorize(matrix)
    for column in 0..<12 {
      let row = try factors.solveTransposed((0..<12).map { $0 == column ? 1 : 0 })
      for index in matrix.pattern.columnPointers[column]..<matrix.pattern.columnPointers[column + 1]
      {
        // (A⁻ᵀ)ᵢⱼ is element i of the solution of Aᵀ x = eⱼ.
        let known = row[matrix.pattern.rowIndices[index]]
        #expect(abs(logarithms.matrix.values[index] - known) <= 1e-13 / (sigma.first ?? 1))
      }
    }
  }

  @Test("Repeated singular values form clusters, zero ones have no derivative")
  func clusters() throws {
    let block = try SampleMatrix.random(order: 8, seed: 5)
    let matrix = try SparseMatrix.blockDiagonal([block, block])
    let solution = try Self.solution(matrix, 4, .largest)
    #expect(solution.clusters.map(\.members) == [0..<2, 2..<4])
    _ = try solution.pullback(SingularDerivative(singularValues: [1, 1, 3, 3]))
    let error = #expect(throws: EigenError.self) {
      try solution.pullback(SingularDerivative(singularValues: [0, 0, 1, 0]))
    }
    guard case .clusteredEigenvalue(_, let cluster, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cluster == 2..<4)
    #expect(throws: EigenError.self) { try solution.pushforward(matrix.values) }
    // A row of zeros.
    let singular = try SparseMatrix(rowCount: 3, columnCount: 3) { builder in
      for index in 0..<2 { try builder.add(Double(index + 1), row: index, column: index) }
      try builder.add(0, row: 2, column: 2)
    }
    let smallest = try Self.solution(singular, 2, .smallest)
    #expect(smallest.value.singularValues[0] <= 1e-15)
    #expect(abs(smallest.value.singularValues[1] - 1) <= 1e-15)
    _ = try smallest.pullback(SingularDerivative(singularValues: [0, 1]))
    #expect(throws: EigenError.self) {
      try smallest.pullback(SingularDerivative(singularValues: [1, 0]))
    }
  }

  @Test("Arguments that make no sense are refused")
  func refusals() throws {
    let matrix = try Self.differences(4)
    #expect(throws: InputError.self) { try Self.solution(matrix, 5, .largest) }
    #expect(throws: InputError.self) { try Self.solution(matrix, 1, .nearest(-1)) }
    #expect(throws: FactorizationError.emptyMatrix) {
      try SingularValueProblem(matrix: SparseMatrix(rowCount: 2, columnCount: 0) { _ in })
    }
    let solution = try Self.solution(matrix, 2, .largest)
    #expect(throws: InputError.self) {
      try solution.pullback(SingularDerivative(singularValues: [1]))
    }
    #expect(throws: InputError.self) {
      try solution.pullback(
        SingularDerivative(singularValues: [1, 1], leftVectors: [0: [1, 2, 3, 4]]))
    }
    #expect(throws: EigenError.noSuchEigenpair(index: 2, count: 2)) {
      try solution.pullback(
        SingularDerivative(singularValues: [1, 1], rightVectors: [2: [1, 2, 3, 4]]))
    }
  }
}

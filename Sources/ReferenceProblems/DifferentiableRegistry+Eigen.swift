import Adjoint

extension DifferentiableRegistry {
  /// Eigenpairs with respect to the stored entries of their matrices.
  static func eigenSolutions() throws -> [DifferentiableOperation] {
    let small = try pencil(order: 7, seed: 31)
    let large = try pencil(order: 13, seed: 32)
    let plain = try SymmetricEigenproblem(
      stiffness: EigenReference.chain(positiveNumbers(11, seed: 33)), storage: .symmetricLower)
    return try [
      simple("pencil, dense", small, .dense, .smallest, count: 3),
      simple("pencil, all eigenpairs", small, .dense, .smallest, count: 7),
      simple("pencil, smallest", large, .lanczos, .smallest, count: 3),
      simple("pencil, largest", large, .lanczos, .largest, count: 2),
      simple("pencil, about a shift", large, .lanczos, .nearest(0.9), count: 3),
      simple("one matrix, dense", plain, .dense, .largest, count: 2),
      simple("one matrix, about a shift", plain, .lanczos, .nearest(1.2), count: 2),
      mirrored("both triangles", small, count: 3),
      clustered("repeated eigenvalues, dense", size: 4, .dense),
      clustered("repeated eigenvalues, Lanczos", size: 5, .lanczos),
    ]
  }

  /// A chain with little disorder: much of it localizes the eigenvectors, and what is too far away to
  /// matter has derivatives of rounding size only.
  private static func pencil(order: Int, seed: UInt64) throws -> SymmetricEigenproblem {
    let masses = positiveNumbers(order, seed: seed + 100).map { 0.7 + 0.4 * $0 }
    return try SymmetricEigenproblem(
      stiffness: EigenReference.chain(
        positiveNumbers(order + 1, seed: seed).map { 0.7 + 0.4 * $0 }),
      mass: EigenReference.tridiagonal(
        masses, beside: numbers(order - 1, seed: seed + 200).map { 0.2 * $0 }),
      storage: .symmetricLower)
  }

  private static func solver(
    _ method: EigenSolver.Method, _ target: EigenSolver.Target, _ count: Int
  ) throws -> EigenSolver {
    var options = EigenSolver.Options(count: count, target: target)
    options.method = method
    return try EigenSolver(options: options)
  }

  /// The problem with other stored entries, those of A first.
  @Sendable private static func problem(
    like problem: SymmetricEigenproblem, _ entries: [Double]
  ) throws -> SymmetricEigenproblem {
    let count = problem.stiffness.values.count
    return try SymmetricEigenproblem(
      stiffness: SparseMatrix(
        pattern: problem.stiffness.pattern, values: Array(entries.prefix(count))),
      mass: problem.mass.map {
        try SparseMatrix(pattern: $0.pattern, values: Array(entries.dropFirst(count)))
      }, storage: problem.storage)
  }

  /// The map (entries) ↦ (λ₁, v₁, λ₂, v₂ …) of simple eigenvalues.
  private static func simple(
    _ variant: String, _ reference: SymmetricEigenproblem, _ method: EigenSolver.Method,
    _ target: EigenSolver.Target, count: Int
  ) throws -> DifferentiableOperation {
    let solver = try solver(method, target, count)
    return DifferentiableOperation(
      SymmetricEigenSolution.self, variant,
      at: reference.stiffness.values + (reference.mass?.values ?? [])
    ) {
      eigenpairMap(
        variant, count: count, order: reference.order,
        solve: { try solver.solve(problem(like: reference, $0)) },
        split: { entries in
          let stiffnessCount = reference.stiffness.values.count
          return (
            Array(entries.prefix(stiffnessCount)),
            reference.mass == nil ? nil : Array(entries.dropFirst(stiffnessCount))
          )
        }, join: { $0.stiffness.values + ($0.mass?.values ?? []) })
    }
  }

  /// The same where both triangles are stored and kept equal.
  private static func mirrored(
    _ variant: String, _ lower: SymmetricEigenproblem, count: Int
  ) throws -> DifferentiableOperation {
    let solver = try solver(.dense, .smallest, count)
    let stiffnessCount = lower.stiffness.values.count
    let stiffness = try MirroredPattern(lower.stiffness.pattern)
    let mass = try MirroredPattern((lower.mass ?? lower.stiffness).pattern)
    @Sendable func split(_ entries: [Double]) -> ([Double], [Double]?) {
      (
        stiffness.mirror(Array(entries.prefix(stiffnessCount))),
        mass.mirror(Array(entries.dropFirst(stiffnessCount)))
      )
    }
    return DifferentiableOperation(
      SymmetricEigenSolution.self, variant,
      at: lower.stiffness.values + (lower.mass?.values ?? [])
    ) {
      eigenpairMap(
        variant, count: count, order: lower.order,
        solve: { entries in
          let (first, second) = split(entries)
          return try solver.solve(
            SymmetricEigenproblem(
              stiffness: SparseMatrix(pattern: stiffness.full, values: first),
              mass: second.map { try SparseMatrix(pattern: mass.full, values: $0) }))
        }, split: split,
        join: { gradient in
          stiffness.sum(gradient.stiffness.values) + mass.sum(gradient.mass?.values ?? [])
        })
    }
  }

  private static func eigenpairMap(
    _ name: String, count: Int, order: Int,
    solve: @escaping ([Double]) throws -> SymmetricEigenSolution,
    split: @escaping ([Double]) -> ([Double], [Double]?),
    join: @escaping (SymmetricEigenGradient) -> [Double]
  ) -> DifferentiableMap {
    func flattened(_ eigenvalues: [Double], _ eigenvectors: [[Double]]) -> [Double] {
      zip(eigenvalues, eigenvectors).flatMap { [$0] + $1 }
    }
    return DifferentiableMap(
      name: name,
      value: {
        let pairs = try solve($0).value
        return flattened(pairs.eigenvalues, pairs.eigenvectors)
      },
      linearize: { entries in
        let solution = try solve(entries)
        return .init(
          value: flattened(solution.value.eigenvalues, solution.value.eigenvectors),
          pushforward: { tangent in
            let (stiffness, mass) = split(tangent)
            let result = try solution.pushforward(
              stiffness: stiffness, mass: mass, eigenvectors: Array(0..<count))
            return flattened(
              result.eigenvalues, (0..<count).map { result.eigenvectors[$0] ?? [] })
          },
          pullback: { cotangent in
            var derivative = EigenDerivative(eigenvalues: [])
            for index in 0..<count {
              let start = index * (order + 1)
              derivative.eigenvalues.append(cotangent[start])
              derivative.eigenvectors[index] = Array(cotangent[start + 1...start + order])
            }
            return join(try solution.pullback(derivative))
          })
      })
  }

  /// The map (entries) ↦ (Σ λ, V(Vᵀc)) of each cluster of a square grid: functions that do not change when
  /// eigenvectors of a cluster are rotated.
  private static func clustered(
    _ variant: String, size: Int, _ method: EigenSolver.Method
  ) throws -> DifferentiableOperation {
    // λ₁₁ | λ₁₂ λ₂₁ | λ₂₂ | λ₁₃ λ₃₁.
    let ranges = [0..<1, 1..<3, 3..<4, 4..<6]
    let reference = try SymmetricEigenproblem(
      stiffness: EigenReference.grid(size), storage: .symmetricLower)
    let solver = try solver(method, .smallest, 6)
    let probe = numbers(size * size, seed: 34)
    @Sendable func values(_ pairs: Eigenpairs) -> [Double] {
      ranges.flatMap { range in
        let sum = pairs.eigenvalues[range].reduce(0, +)
        var projection = [Double](repeating: 0, count: probe.count)
        for vector in pairs.eigenvectors[range] {
          let factor = zip(vector, probe).reduce(0) { $0 + $1.0 * $1.1 }
          for index in projection.indices { projection[index] += factor * vector[index] }
        }
        return [sum] + projection
      }
    }
    return DifferentiableOperation(
      SymmetricEigenSolution.self, variant, at: reference.stiffness.values
    ) {
      DifferentiableMap(
        name: variant,
        value: { values(try solver.solve(problem(like: reference, $0)).value) },
        linearize: { entries in
          let solution = try solver.solve(problem(like: reference, entries))
          return .init(value: values(solution.value), pushforward: nil) { cotangent in
            var derivative = EigenDerivative(eigenvalues: [Double](repeating: 0, count: 6))
            for (place, range) in ranges.enumerated() {
              let start = place * (probe.count + 1)
              let weights = Array(cotangent[start + 1...start + probe.count])
              for index in range {
                let vector = solution.value.eigenvectors[index]
                let along = zip(vector, probe).reduce(0) { $0 + $1.0 * $1.1 }
                let across = zip(vector, weights).reduce(0) { $0 + $1.0 * $1.1 }
                derivative.eigenvalues[index] = cotangent[start]
                derivative.eigenvectors[index] = zip(weights, probe).map {
                  along * $0 + across * $1
                }
              }
            }
            return try solution.pullback(derivative).stiffness.values
          }
        })
    }
  }
}

/// Both triangles of a pattern of which the lower one is given.
struct MirroredPattern: Sendable {
  let full: SparsityPattern
  /// For each slot of the full pattern the slot of the lower triangle that it comes from.
  private let origins: [Int]
  private let count: Int

  init(_ lower: SparsityPattern) throws {
    var builder = try SparseMatrixBuilder(
      rowCount: lower.rowCount, columnCount: lower.columnCount)
    var sources: [Int] = []
    for column in 0..<lower.columnCount {
      for slot in lower.columnPointers[column]..<lower.columnPointers[column + 1] {
        let row = lower.rowIndices[slot]
        for (row, column) in Set([[row, column], [column, row]]).map({ ($0[0], $0[1]) }) {
          try builder.add(1, row: row, column: column)
          sources.append(slot)
        }
      }
    }
    let (pattern, slots) = builder.assemble()
    var origins = [Int](repeating: 0, count: pattern.entryCount)
    for (slot, source) in zip(slots, sources) { origins[slot] = source }
    full = pattern
    self.origins = origins
    count = lower.entryCount
  }

  /// Values of both triangles.
  func mirror(_ lower: [Double]) -> [Double] { origins.map { lower[$0] } }

  /// Cotangents of the lower triangle from those of both.
  func sum(_ full: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: count)
    for (slot, source) in origins.enumerated() { sum[source] += full[slot] }
    return sum
  }
}

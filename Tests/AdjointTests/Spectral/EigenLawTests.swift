import Adjoint
import ReferenceProblems
import Testing

/// Mistakes in derivatives of eigenpairs.
enum EigenFault: String, CaseIterable, Sendable {
  case signOfStiffness
  case droppedMass
  case droppedMirrorImage
  case droppedVectors
  case onePercentInBoth
  case missingNormalization

  /// A gradient with the mistake planted, made by the right code from other arguments or changed afterwards.
  func gradient(
    _ solution: SymmetricEigenSolution, _ cotangent: EigenDerivative
  ) throws -> (stiffness: [Double], mass: [Double]) {
    var cotangent = cotangent
    if self == .droppedVectors { cotangent.eigenvectors = [:] }
    if self == .missingNormalization {
      // Without the part of v̄ along v, of which −½ (vᵀv̄) vvᵀ in M̄ consists.
      for (index, wish) in cotangent.eigenvectors {
        let vector = solution.value.eigenvectors[index]
        let product = try SparseMatrix.symmetricProduct(
          #require(solution.problem.mass), vector)
        let along = zip(vector, wish).reduce(0) { $0 + $1.0 * $1.1 }
        cotangent.eigenvectors[index] = zip(wish, product).map { $0 - along * $1 }
      }
    }
    let gradient = try solution.pullback(cotangent)
    var stiffness = gradient.stiffness.values
    var mass = try #require(gradient.mass).values
    switch self {
    case .signOfStiffness: stiffness = stiffness.map { -$0 }
    case .droppedMass: mass = mass.map { _ in 0 }
    case .droppedMirrorImage:
      let pattern = gradient.stiffness.pattern
      for column in 0..<pattern.columnCount {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1]
        where pattern.rowIndices[slot] != column { stiffness[slot] *= 0.5 }
      }
    case .onePercentInBoth:
      stiffness = stiffness.map { 1.01 * $0 }
      mass = mass.map { 1.01 * $0 }
    case .droppedVectors, .missingNormalization: break
    }
    return (stiffness, mass)
  }
}

@Suite("Laws of eigenpairs") struct EigenLawTests {
  static let order = 6

  static func point() throws -> [Double] {
    var generator = SeededGenerator(seed: 71)
    let springs = (0...order).map { _ in generator.uniform(in: 0.9..<1.1) }
    let masses = (0..<order).map { _ in generator.uniform(in: 0.9..<1.1) }
    let coupling = (1..<order).map { _ in generator.uniform(in: 0.1..<0.2) }
    return try EigenReference.chain(springs).values
      + EigenReference.tridiagonal(masses, beside: coupling).values
  }

  static func map(_ fault: EigenFault?) throws -> DifferentiableMap {
    let pattern = try EigenReference.chain([Double](repeating: 1, count: order + 1)).pattern
    let count = pattern.entryCount
    let solver = try EigenSolver(count: 2)
    @Sendable func solve(_ x: [Double]) throws -> SymmetricEigenSolution {
      try solver.solve(
        SymmetricEigenproblem(
          stiffness: SparseMatrix(pattern: pattern, values: Array(x[..<count])),
          mass: SparseMatrix(pattern: pattern, values: Array(x[count...])),
          storage: .symmetricLower))
    }
    @Sendable func flattened(_ pairs: Eigenpairs) -> [Double] {
      pairs.eigenvalues + pairs.eigenvectors.flatMap { $0 }
    }
    return DifferentiableMap(
      name: fault?.rawValue ?? "right", value: { flattened(try solve($0).value) },
      linearize: { x in
        let solution = try solve(x)
        return .init(
          value: flattened(solution.value),
          pushforward: { tangent in
            let result = try solution.pushforward(
              stiffness: Array(tangent[..<count]), mass: Array(tangent[count...]),
              eigenvectors: [0, 1])
            let all =
              result.eigenvalues + (result.eigenvectors[0] ?? []) + (result.eigenvectors[1] ?? [])
            return fault == .onePercentInBoth ? all.map { 1.01 * $0 } : all
          },
          pullback: { w in
            let cotangent = EigenDerivative(
              eigenvalues: Array(w[..<2]),
              eigenvectors: [0: Array(w[2..<2 + order]), 1: Array(w[(2 + order)...])])
            if let fault {
              let gradient = try fault.gradient(solution, cotangent)
              return gradient.stiffness + gradient.mass
            }
            let gradient = try solution.pullback(cotangent)
            return gradient.stiffness.values + (gradient.mass?.values ?? [])
          })
      })
  }

  @Test("The laws hold without fault")
  func holds() throws {
    let report = try DerivativeCheck(seed: 9).check(Self.map(nil), at: Self.point())
    #expect(report.passed, "\(report)")
  }

  @Test("Planted faults are rejected", arguments: EigenFault.allCases)
  func rejects(fault: EigenFault) throws {
    let report = try DerivativeCheck(seed: 9).check(Self.map(fault), at: Self.point())
    #expect(!report.passed, "\(report)")
  }

  @Test("The gradient of a general matrix is not that of its transpose, nor of the conjugate")
  func generalFaults() throws {
    let matrix = try SparseMatrix(
      pattern: SparsityPattern.full(rowCount: 4, columnCount: 4),
      values: (0..<16).map { SeededGenerator.uniform(at: 300 + $0) - 0.5 })
    func map(transposed: Bool, conjugated: Bool) throws -> DifferentiableMap {
      @Sendable func solve(_ x: [Double]) throws -> GeneralEigenSolution {
        try EigenSolver(count: 4).solve(
          GeneralEigenproblem(matrix: SparseMatrix(pattern: matrix.pattern, values: x)))
      }
      @Sendable func flattened(_ values: [Complex<Double>]) -> [Double] {
        values.flatMap { [$0.real, $0.imaginary] }
      }
      return DifferentiableMap(
        name: "eigenvalues", value: { flattened(try solve($0).value.eigenvalues) },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: flattened(solution.value.eigenvalues),
            pushforward: { flattened(try solution.pushforward($0).eigenvalues) },
            pullback: { w in
              let gradient = try solution.pullback(
                GeneralEigenDerivative(
                  eigenvalues: (0..<4).map {
                    Complex(w[2 * $0], conjugated ? -w[2 * $0 + 1] : w[2 * $0 + 1])
                  }))
              return transposed ? gradient.matrix.transposed.values : gradient.matrix.values
            })
        })
    }
    let check = DerivativeCheck(seed: 10)
    #expect(try check.check(map(transposed: false, conjugated: false), at: matrix.values).passed)
    #expect(try !check.check(map(transposed: true, conjugated: false), at: matrix.values).passed)
    #expect(try !check.check(map(transposed: false, conjugated: true), at: matrix.values).passed)
  }
}

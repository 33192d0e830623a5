import Adjoint
import Foundation
import ReferenceProblems
import Testing

@Suite("Eigenpairs against 60 digits") struct EigenReferenceTests {
  /// The numbers of `Tests/ReferenceData/eigen.csv`, written by `Scripts/eigen_reference.py`.
  static func reference(_ name: String, _ quantity: String) throws -> [Double] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "ReferenceData/eigen.csv")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",")
      return fields[0] == name && fields[1] == quantity ? Double(fields[3]) : nil
    }
  }

  @Test("A pencil's eigenvalues, and a gradient of eigenvalues and vectors, by both methods")
  func pencil() throws {
    let order = 8
    let places = 0..<2 * order - 1
    let stiffness = places.map {
      $0 % 2 == 0 ? 2.0 + Double($0 / 2) / 7 : -1.0 - Double($0 / 2) / 11
    }
    let mass = places.map {
      $0 % 2 == 0 ? 1.0 + Double($0 / 2) / 9 : 0.1 + Double($0 / 2) / 50
    }
    let pattern = try EigenReference.chain([Double](repeating: 1, count: order + 1)).pattern
    let problem = try SymmetricEigenproblem(
      stiffness: SparseMatrix(pattern: pattern, values: stiffness),
      mass: SparseMatrix(pattern: pattern, values: mass), storage: .symmetricLower)
    let eigenvalues = try Self.reference("pencil", "eigenvalue")
    let known = try Self.reference("pencil", "gradient")
    #expect(eigenvalues.count == order && known.count == 4 * order - 2)
    for method in [EigenSolver.Method.dense, .lanczos] {
      let solution = try EigenCase(method: method, target: .smallest).solver(3).solve(problem)
      for (found, value) in zip(solution.value.eigenvalues, eigenvalues) {
        #expect(abs(found - value) <= 1e-14)
      }
      var cotangent = EigenDerivative(eigenvalues: [1, 2, 3])
      for index in 0..<3 {
        cotangent.eigenvectors[index] = (0..<order).map {
          SeededGenerator.uniform(at: 100 + order * index + $0)
        }
      }
      let gradient = try solution.pullback(cotangent)
      let found = gradient.stiffness.values + (gradient.mass?.values ?? [])
      // Sensitivity over gap is below 30; the evidence must cover the error.
      let scale = known.map(abs).max() ?? 0
      let error = zip(found, known).map { abs($0 - $1) }.max() ?? 0
      let estimate = try #require(gradient.evidence.estimatedRelativeError)
      #expect(error <= 1e-13 * scale)
      #expect(error <= estimate * scale && estimate <= 1e-11)
    }
  }

  @Test("A random matrix's complex eigenvalues and a gradient of all of them")
  func general() throws {
    let size = 5
    let matrix = try SparseMatrix(
      pattern: SparsityPattern.full(rowCount: size, columnCount: size),
      values: (0..<size * size).map { SeededGenerator.uniform(at: 200 + $0) - 0.5 })
    let solution = try EigenSolver(count: size).solve(GeneralEigenproblem(matrix: matrix))
    let real = try Self.reference("general", "real")
    let imaginary = try Self.reference("general", "imaginary")
    #expect(real.count == size)
    for (index, found) in solution.value.eigenvalues.enumerated() {
      let bound = 1e-15 * 4 * solution.conditionNumbers[index]
      #expect((found - Complex(real[index], imaginary[index])).length <= bound)
    }
    let gradient = try solution.pullback(
      GeneralEigenDerivative(
        eigenvalues: (0..<size).map { Complex(Double($0 + 1), Double(2 - $0)) }))
    let known = try Self.reference("general", "gradient")
    let scale = known.map(abs).max() ?? 0
    for (found, value) in zip(gradient.matrix.values, known) {
      #expect(abs(found - value) <= 1e-13 * gradient.conditionNumber * scale)
    }
  }

  @Test("Where eigenvalues nearly coincide the evidence covers the error of the gradient")
  func evidence() throws {
    for gap in [1e-2, 1e-4, 1e-6] {
      let problem = try EigenClusterTests.nearlyRepeated(gap)
      let solution = try EigenSolver(count: 2).solve(problem)
      let gradient = try solution.pullback(EigenDerivative(eigenvalues: [1, 0]))
      // The first vector of the product of the three rotations, transposed.
      let (cosine, sine) = (0.8, 0.6)
      var vector = [1.0, 0, 0]
      for (first, second) in [(0, 1), (1, 2), (0, 2)] {
        let (a, b) = (vector[first], vector[second])
        vector[first] = cosine * a - sine * b
        vector[second] = sine * a + cosine * b
      }
      var error = 0.0
      for column in 0..<3 {
        for row in column..<3 {
          let known = (row == column ? 1 : 2) * vector[row] * vector[column]
          error = max(error, abs(gradient.stiffness[row, column] - known))
        }
      }
      let estimate = try #require(gradient.evidence.estimatedRelativeError)
      #expect(error <= estimate && estimate <= 1e-12 / gap, "\(gap)")
    }
  }
}

import Adjoint
import Testing

@Suite("Dense LU factorization") struct DenseLUFactorizationTests {
  private func product(_ columns: [Double], _ vector: [Double], transposed: Bool) -> [Double] {
    let order = vector.count
    return (0..<order).map { index in
      (0..<order).reduce(0) { sum, other in
        let entry = transposed ? columns[index * order + other] : columns[other * order + index]
        return sum + entry * vector[other]
      }
    }
  }

  @Test("Both solves have backward errors of rounding", arguments: [1, 2, 3, 10, 64, 65, 150])
  func solves(order: Int) throws {
    var generator = SeededGenerator(seed: 11)
    let columns = (0..<order * order).map { _ in Double.random(in: -1...1, using: &generator) }
    let rightHandSide = (0..<order).map { _ in Double.random(in: -1...1, using: &generator) }
    let factors = try DenseLUFactorization(order: order, columns: columns)
    let solutions = [
      (try factors.solve(rightHandSide), false), (try factors.solveTransposed(rightHandSide), true),
    ]
    for (solution, transposed) in solutions {
      let image = product(columns, solution, transposed: transposed)
      let size = solution.map(\.magnitude).max() ?? 0
      // ‖b − A x‖∞ ≤ c n eps ‖A‖∞‖x‖∞ with partial pivoting and modest growth (Higham, theorem 9.5).
      let bound: Double = 10 * Double(order) * Double.ulpOfOne * (Double(order) * size + 1)
      for (value, expected) in zip(image, rightHandSide) { #expect(abs(value - expected) <= bound) }
    }
  }

  @Test("A zero on the diagonal is no obstacle; a zero column is named")
  func pivoting() throws {
    let swap = try DenseLUFactorization(order: 2, columns: [0, 2, 4, 0])
    #expect(try swap.solve([4, 2]) == [1, 1])
    #expect(try swap.solveTransposed([2, 4]) == [1, 1])
    #expect(throws: FactorizationError.singular(column: 1)) {
      try DenseLUFactorization(order: 2, columns: [1, 2, 2, 4])
    }
    // The identity with a zero in its 71st place.
    let columns = (0..<80 * 80).map { $0 % 81 == 0 && $0 != 70 * 81 ? 1.0 : 0 }
    #expect(throws: FactorizationError.singular(column: 70)) {
      try DenseLUFactorization(order: 80, columns: columns)
    }
  }

  @Test("Wrong lengths and numbers that are not finite are refused")
  func input() throws {
    #expect(throws: InputError.self) { try DenseLUFactorization(order: 2, columns: [1, 2, 3]) }
    #expect(throws: InputError.self) { try DenseLUFactorization(order: 1, columns: [.nan]) }
    let factors = try DenseLUFactorization(order: 1, columns: [2])
    #expect(throws: InputError.self) { try factors.solve([1, 2]) }
    #expect(throws: InputError.self) { try factors.solveTransposed([]) }
    #expect(try DenseLUFactorization(order: 0, columns: []).solve([]).isEmpty)
  }
}

import Adjoint
import Testing
import TopologyOptimization

@Suite("Conic filter")
struct ConicFilterTests {
  struct Case: CustomStringConvertible, Sendable {
    var columns: Int
    var rows: Int
    var radius: Double
    var description: String { "\(columns)x\(rows), radius \(radius)" }
  }

  /// Single elements, sizes around the block of eight rows, and radii beyond the grid.
  static let cases = [
    Case(columns: 1, rows: 1, radius: 3), Case(columns: 1, rows: 9, radius: 2.5),
    Case(columns: 9, rows: 1, radius: 2.5), Case(columns: 4, rows: 8, radius: 1.5),
    Case(columns: 7, rows: 17, radius: 3), Case(columns: 16, rows: 7, radius: 6),
    Case(columns: 5, rows: 6, radius: 40), Case(columns: 6, rows: 5, radius: 1e300),
  ]

  private static func field(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return generator.direction(count: count)
  }

  @Test("The filter is the weighted mean of its definition", arguments: cases)
  func definition(_ size: Case) throws {
    let grid = try ElementGrid(columns: size.columns, rows: size.rows)
    let filter = try ConicFilter(grid: grid, radius: size.radius)
    let field = Self.field(grid.elementCount, seed: 1)
    let found = try filter.apply(field)
    for element in 0..<grid.elementCount {
      var sum = 0.0
      var weights = 0.0
      for other in 0..<grid.elementCount {
        let right = Double(element / size.rows - other / size.rows)
        let down = Double(element % size.rows - other % size.rows)
        let weight = max(0, size.radius - (right * right + down * down).squareRoot())
        sum += weight * field[other]
        weights += weight
      }
      // Rounding of at most 150 terms of modulus below the sum of weights, in two orders.
      #expect(abs(found[element] - sum / weights) <= 2 * 150 * 0x1p-52)
      #expect(abs(filter.weightSums[element] - weights) <= 2 * 150 * 0x1p-52 * weights)
    }
  }

  @Test("The transposed filter is the transpose", arguments: cases)
  func transpose(_ size: Case) throws {
    let grid = try ElementGrid(columns: size.columns, rows: size.rows)
    let filter = try ConicFilter(grid: grid, radius: size.radius)
    let map = DifferentiableMap(
      name: "filter", value: filter.apply,
      linearize: { x in
        DifferentiableMap.Linearization(
          value: try filter.apply(x), pushforward: filter.apply, pullback: filter.applyTransposed)
      })
    let point = Self.field(grid.elementCount, seed: 2)
    let report = try DerivativeCheck(seed: 3).check(map, at: point)
    #expect(report.passed, "\(report)")
  }

  @Test("The filter for its transpose is rejected: rows at the border have other sums")
  func negativeControl() throws {
    let grid = try ElementGrid(columns: 7, rows: 17)
    let filter = try ConicFilter(grid: grid, radius: 3)
    let map = DifferentiableMap(
      name: "faulty filter", value: filter.apply,
      linearize: { x in
        DifferentiableMap.Linearization(
          value: try filter.apply(x), pushforward: filter.apply, pullback: filter.apply)
      })
    let report = try DerivativeCheck(seed: 3).check(
      map, at: Self.field(grid.elementCount, seed: 2))
    #expect(!report.passed)
  }

  @Test("A radius of one or less changes nothing", arguments: [1, 0.5, 1e-300])
  func identity(radius: Double) throws {
    let grid = try ElementGrid(columns: 5, rows: 11)
    let field = Self.field(grid.elementCount, seed: 4)
    let filtered = try ConicFilter(grid: grid, radius: radius).apply(field)
    // One multiplication and one division by the same weight.
    for (found, expected) in zip(filtered, field) {
      #expect(abs(found - expected) <= 2 * 0x1p-52 * abs(expected))
    }
  }

  @Test("Wrong radii and lengths are refused")
  func validation() throws {
    let grid = try ElementGrid(columns: 2, rows: 2)
    for radius in [0, -1, .nan, .infinity] {
      #expect(throws: InputError.self) { try ConicFilter(grid: grid, radius: radius) }
    }
    let filter = try ConicFilter(grid: grid, radius: 2)
    #expect(throws: InputError.wrongLength(argument: "field", expected: 4, found: 3)) {
      try filter.apply([1, 2, 3])
    }
    #expect(throws: InputError.wrongLength(argument: "cotangent", expected: 4, found: 5)) {
      try filter.applyTransposed([1, 2, 3, 4, 5])
    }
  }
}

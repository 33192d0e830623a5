import ODE
import Testing

@Suite("Butcher tableaux")
struct ButcherTableauTests {
  @Test(
    "the offered methods satisfy every condition they claim",
    arguments: [ButcherTableau.rungeKutta4, .dormandPrince5, .tsitouras5])
  func offered(method: ButcherTableau) throws {
    try method.validate()
    #expect(method.isFirstSameAsLast)
    // Constructing from the parts goes through the checks too, and adds nothing.
    let again = try ButcherTableau(
      name: method.name, a: method.a, b: method.b, c: method.c, order: method.order,
      embedded: method.embedded, denseOutput: method.denseOutput)
    #expect(again == method)
  }

  @Test("no method claims less than it has, and none may claim more")
  func higherOrderIsRejected() throws {
    for method in try TestTableaux.all() where method.order < 5 {
      #expect(throws: ButcherTableauError.self, "\(method)") {
        try ButcherTableau(
          name: method.name, a: method.a, b: method.b, c: method.c, order: method.order + 1,
          embedded: method.embedded, denseOutput: method.denseOutput)
      }
    }
    for method in try TestTableaux.all() {
      guard let embedded = method.embedded else { continue }
      #expect(throws: ButcherTableauError.self, "\(method)") {
        try ButcherTableau(
          name: method.name, a: method.a, b: method.b, c: method.c, order: method.order,
          embedded: .init(weights: embedded.weights, order: embedded.order + 1),
          denseOutput: method.denseOutput)
      }
    }
  }

  @Test("the end of the step is appended where a method has no dense output of its own")
  func appendedStage() throws {
    let euler = try TestTableaux.euler()
    #expect(euler.stageCount == 2)
    #expect(euler.isFirstSameAsLast)
    #expect(euler.denseOutput.order == 1)
    #expect(ButcherTableau.rungeKutta4.stageCount == 5)
    #expect(ButcherTableau.rungeKutta4.denseOutput.order == 3)
    #expect(try !TestTableaux.heun().isFirstSameAsLast)
    #expect(try TestTableaux.bogackiShampine().stageCount == 4)
  }

  @Test("dense output starts at zero and ends at b")
  func denseEnds() throws {
    for method in try TestTableaux.all() {
      #expect(method.denseWeights(at: 0).allSatisfy { $0 == 0 })
      for (end, weight) in zip(method.denseWeights(at: 1), method.b) {
        // Four coefficients of size up to 90 are summed.
        #expect((end - weight).magnitude <= 400 * Double.ulpOfOne)
      }
    }
  }

  @Test("each single wrong coefficient of Dormand and Prince is found")
  func mistyped() throws {
    let method = ButcherTableau.dormandPrince5
    func build(
      a: [[Double]]? = nil, b: [Double]? = nil, c: [Double]? = nil,
      embedded: ButcherTableau.Embedded? = nil, dense: ButcherTableau.DenseOutput? = nil
    ) throws -> ButcherTableau {
      try ButcherTableau(
        name: "mistyped", a: a ?? method.a, b: b ?? method.b, c: c ?? method.c, order: 5,
        embedded: embedded ?? method.embedded, denseOutput: dense ?? method.denseOutput)
    }
    for row in 1..<7 {
      for column in 0..<row {
        var a = method.a
        a[row][column] += 1e-9
        #expect(throws: ButcherTableauError.self) { try build(a: a) }
        // With c adjusted, so that only the order conditions can tell.
        if row < 6 {
          var c = method.c
          c[row] = a[row].reduce(0, +)
          #expect(throws: ButcherTableauError.self) { try build(a: a, c: c) }
        }
      }
    }
    for stage in 0..<7 {
      var b = method.b
      b[stage] += 1e-9
      #expect(throws: ButcherTableauError.self) { try build(b: b) }
      var embedded = try #require(method.embedded)
      embedded.weights[stage] += 1e-9
      #expect(throws: ButcherTableauError.self) { try build(embedded: embedded) }
      for power in 0..<4 {
        var dense = method.denseOutput
        dense.coefficients[stage][power] += 1e-9
        #expect(throws: ButcherTableauError.self) { try build(dense: dense) }
      }
    }
  }

  @Test("shapes, implicit stages, unknown orders and numbers that are not finite are refused")
  func malformed() throws {
    func build(
      a: [[Double]] = [[], [1]], b: [Double] = [0.5, 0.5], c: [Double] = [0, 1], order: Int = 2,
      embedded: ButcherTableau.Embedded? = nil, dense: ButcherTableau.DenseOutput? = nil
    ) throws -> ButcherTableau {
      try ButcherTableau(
        name: "heun", a: a, b: b, c: c, order: order, embedded: embedded, denseOutput: dense)
    }
    _ = try build()
    #expect(throws: ButcherTableauError.wrongShape(coefficients: "b", expected: 1, found: 0)) {
      try build(a: [], b: [], c: [])
    }
    #expect(throws: ButcherTableauError.wrongShape(coefficients: "c", expected: 2, found: 1)) {
      try build(c: [0])
    }
    #expect(throws: ButcherTableauError.wrongShape(coefficients: "a", expected: 2, found: 1)) {
      try build(a: [[]])
    }
    #expect(throws: ButcherTableauError.notExplicit(row: 0, column: 1, value: 0.5)) {
      try build(a: [[0, 0.5], [1]])
    }
    #expect(throws: ButcherTableauError.notFinite(coefficients: "b", index: 1)) {
      try build(b: [0.5, .nan])
    }
    #expect(throws: ButcherTableauError.rowSum(row: 1, expected: 1, found: 0.5)) {
      try build(c: [0, 0.5])
    }
    #expect(throws: ButcherTableauError.unknownOrder(coefficients: "b", order: 6)) {
      try build(order: 6)
    }
    #expect(throws: ButcherTableauError.self) {
      try build(embedded: .init(weights: [1], order: 1))
    }
    #expect(throws: ButcherTableauError.self) {
      try build(dense: .init(coefficients: [[1, -0.5], [0.5]], order: 2))
    }
    #expect(throws: ButcherTableauError.self) {
      try build(dense: .init(coefficients: [[], []], order: 1))
    }
    #expect(throws: ButcherTableauError.denseOutputEnd(stage: 0, expected: 0.5, found: 1)) {
      try build(dense: .init(coefficients: [[1], [0]], order: 1))
    }
  }
}

import Adjoint
import Testing

/// A fault and where it is planted.
struct PlantedFault: CustomStringConvertible, Sendable {
  let fault: Fault
  let function: DenseFunction
  let hasPushforward: Bool

  var description: String {
    "\(fault.rawValue) in \(function)\(hasPushforward ? "" : " without pushforward")"
  }

  static let all: [PlantedFault] = Fault.allCases.flatMap { fault in
    (fault.appliesToLinear ? DenseFunction.all : DenseFunction.nonlinear).flatMap { function in
      (fault.needsPushforward ? [true] : [true, false]).map {
        PlantedFault(fault: fault, function: function, hasPushforward: $0)
      }
    }
  }
}

@Suite struct DerivativeCheckTests {
  @Test(
    "A right derivative passes, whatever the seed",
    arguments: DenseFunction.all, [UInt64](1...20))
  func acceptsRightDerivative(function: DenseFunction, seed: UInt64) throws {
    for hasPushforward in [true, false] {
      let report = try DerivativeCheck(seed: seed)
        .check(function.map(hasPushforward: hasPushforward), at: function.point)
      #expect(report.passed, "\(report)")
      #expect(report.findings.count == (hasPushforward ? 8 : 7))
      #expect((report.dotProductGap == nil) == !hasPushforward)
    }
  }

  @Test("A planted fault is rejected by the law that is meant for it", arguments: PlantedFault.all)
  func rejectsFault(planted: PlantedFault) throws {
    for seed in UInt64(1)...5 {
      let map = planted.function.map(planted.fault, hasPushforward: planted.hasPushforward)
      let report = try DerivativeCheck(seed: seed).check(map, at: planted.function.point)
      #expect(!report.passed, "\(report)")
      let law = planted.fault.expectedFailure(hasPushforward: planted.hasPushforward)
      #expect(report.failures.contains { $0.law == law }, "\(report)")
      #expect(report.description.contains("FAILED \(law.rawValue)"))
      #expect(report.description.contains("likely: "))
    }
  }

  @Test("One percent in both directions leaves no gap, and the Taylor rate falls to one")
  func bothDirections() throws {
    let function = DenseFunction.transcendental
    let report = try DerivativeCheck().check(
      function.map(.onePercentInBoth), at: function.point)
    #expect(try #require(report.dotProductGap) <= 1e-12)
    // R = 0.01 h |J v| + O(h²): at h = 2⁻¹⁷ the second term is below 1 % of the first.
    #expect(abs(try #require(report.taylorRates.last) - 1) < 0.05)
  }

  @Test("Taylor rates of a right derivative are two; a linear map has none")
  func rates() throws {
    for function in DenseFunction.nonlinear {
      let report = try DerivativeCheck().check(function.map(), at: function.point)
      #expect(report.taylorRates.count >= 3)
      // R = c₂h² + c₃h³ with h ≤ 2⁻⁸ in the last rates.
      #expect(abs(try #require(report.taylorRates.last) - 2) < 0.15, "\(report.taylorRates)")
    }
    let function = DenseFunction.linear
    #expect(
      try DerivativeCheck().check(function.map(), at: function.point).taylorRates.isEmpty)
  }

  @Test("An input that matters a million times less than the others is still checked")
  func weakInput() throws {
    // y = sin x₀ + 1e-7 x₁, with and without ∂y/∂x₁.
    func map(_ weak: Double) -> DifferentiableMap {
      DifferentiableMap(
        name: "weak input", value: { [Double.sin($0[0]) + 1e-7 * $0[1]] },
        linearize: { x in
          let slope = Double.cos(x[0])
          return .init(
            value: [Double.sin(x[0]) + 1e-7 * x[1]],
            pushforward: { [slope * $0[0] + weak * $0[1]] },
            pullback: { [slope * $0[0], weak * $0[0]] })
        })
    }
    #expect(try DerivativeCheck().check(map(1e-7), at: [1, 1]).passed)
    let report = try DerivativeCheck().check(map(0), at: [1, 1])
    #expect(report.failures.contains { $0.law == .inputs }, "\(report)")
  }

  @Test("Steps shrink where the function ends close to the point")
  func nearTheEdge() throws {
    // √x at 1 with typical changes of 100: the first steps leave the domain.
    var options = DerivativeCheck.Options()
    options.scales = [100]
    let map = DifferentiableMap(
      name: "root", value: { [Double.sqrt($0[0])] },
      linearize: { x in
        let slope = 0.5 / Double.sqrt(x[0])
        return .init(
          value: [Double.sqrt(x[0])], pushforward: { [slope * $0[0]] },
          pullback: { [slope * $0[0]] })
      })
    let report = try DerivativeCheck(options: options).check(map, at: [1])
    #expect(report.passed, "\(report)")
  }

  @Test("Constant maps and outputs that depend on nothing pass")
  func constants() throws {
    let map = DifferentiableMap(
      name: "constant", value: { [5, $0[0] * $0[0], 0] },
      linearize: { x in
        .init(
          value: [5, x[0] * x[0], 0], pushforward: { [0, 2 * x[0] * $0[0], 0] },
          pullback: { [2 * x[0] * $0[1], 0] })
      })
    let report = try DerivativeCheck().check(map, at: [3, 0])
    #expect(report.passed, "\(report)")
    let flat = DifferentiableMap(
      name: "flat", value: { _ in [7] },
      linearize: { _ in .init(value: [7], pushforward: { _ in [0] }, pullback: { _ in [0] }) })
    #expect(try DerivativeCheck().check(flat, at: [3]).passed)
  }

  @Test("A kink at the point is reported, not passed")
  func kink() throws {
    let map = DifferentiableMap(
      name: "modulus", value: { [$0[0].magnitude] },
      linearize: { x in
        .init(value: [x[0].magnitude], pushforward: { [$0[0]] }, pullback: { [$0[0]] })
      })
    #expect(!(try DerivativeCheck().check(map, at: [0]).passed))
  }

  @Test("The report depends on the seed alone")
  func reproducible() throws {
    let function = DenseFunction.transcendental
    let first = try DerivativeCheck(seed: 3).check(function.map(), at: function.point)
    let second = try DerivativeCheck(seed: 3).check(function.map(), at: function.point)
    let third = try DerivativeCheck(seed: 4).check(function.map(), at: function.point)
    #expect(first.description == second.description)
    #expect(first.description != third.description)
  }

  @Test("Bad arguments are refused with a message")
  func badArguments() throws {
    let map = DenseFunction.linear.map()
    #expect(throws: InputError.self) { try DerivativeCheck().check(map, at: []) }
    #expect(throws: InputError.notFinite(argument: "point", index: 1, value: .infinity)) {
      try DerivativeCheck().check(map, at: [0, .infinity])
    }
    var options = DerivativeCheck.Options()
    options.scales = [1, 2]
    #expect(throws: InputError.wrongLength(argument: "scales", expected: 6, found: 2)) {
      try DerivativeCheck(options: options).check(map, at: DenseFunction.linear.point)
    }
    options.scales = [1, -2]
    #expect(throws: InputError.self) { try DerivativeCheck(options: options) }
    options = DerivativeCheck.Options()
    options.stepCount = 3
    #expect(throws: InputError.self) { try DerivativeCheck(options: options) }
    options = DerivativeCheck.Options()
    options.differenceTolerance = .nan
    #expect(throws: InputError.self) { try DerivativeCheck(options: options) }
  }

  @Test("An error of the function itself is passed on")
  func throwsThrough() {
    struct Refused: Error {}
    let map = DifferentiableMap(
      name: "refusing", value: { _ in throw Refused() }, linearize: { _ in throw Refused() })
    #expect(throws: Refused.self) { try DerivativeCheck().check(map, at: [1]) }
  }
}

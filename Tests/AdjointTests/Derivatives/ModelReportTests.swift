import Adjoint
import ReferenceProblems
import Testing

@Suite("Reports on models") struct ModelReportTests {
  @Test("A report says what was chosen and why")
  func report() throws {
    let few = try Model(LotkaVolterra()).report(state: [1, 2], parameters: [1.5, 1, 3, 1])
    #expect(few.choices.map(\.kernel) == ModelKernel.allCases)
    #expect(few.choice(.pullback)?.means == "Dual")
    #expect(few.discrepancies.isEmpty)
    // d₀ = p₀u₀ − p₁u₀u₁ and d₁ = p₃u₀u₁ − p₂u₁: eight operations.
    #expect(few.operationCount == 8)
    #expect("\(few)".contains("2 states, 4 parameters, 2 outputs, 8 operations"))
    #expect("\(few)".contains("6 inputs: 1 sweep in Dual cost about 6.5, a tape 13.0"))
    let forced = try Model(LotkaVolterra()).report(
      state: [1, 2], parameters: [1.5, 1, 3, 1], reverseMode: .tape)
    #expect(forced.choice(.pullback)?.means == "tape")
    #expect(forced.choice(.pullback)?.reason.hasPrefix("asked for") == true)
    let many = Model(Brusselator2D(side: 3))
    let (state, parameters) = kernelPoint(many)
    let byTape = try many.report(time: 2, state: state, parameters: parameters)
    #expect(byTape.choice(.pullback)?.means == "tape")
    #expect(byTape.discrepancies.isEmpty, "\(byTape)")
    let often = try many.report(
      time: 2, state: state, parameters: parameters, expectedProductCount: 1000)
    #expect(often.choice(.pullback)?.means == "replay")
    #expect(often.choice(.pullbackDerivative)?.means == "replay of DirectionalScalar")
  }

  @Test("A number that is not finite is reported by model, kernel and component")
  func notFinite() throws {
    let model = Model(Awkward())
    let kink = try model.report(state: [1, 0, 2], parameters: [1])
    #expect(!kink.discrepancies.contains { $0.kernel == .value })
    let pushforward = kink.discrepancies.filter { $0.kernel == .pushforward }
    #expect(pushforward.map(\.component) == [1])
    #expect(pushforward.first?.found.isFinite == false)
    #expect(
      kink.discrepancies.contains {
        $0.kernel == .pullback && $0.role == .state && $0.component == 1
      })
    #expect("\(kink)".contains("Awkward: pushforward by DirectionalScalar, output 1 is"))

    let outside = try model.report(state: [1, 1, -2], parameters: [1])
    let value = try #require(outside.discrepancies.first)
    #expect(value.kernel == .value && value.means == "Double" && value.component == 2)
    #expect(value.found.isNaN && value.expected == nil)
    // The same NaN in other scalars is not news.
    #expect(outside.discrepancies.filter { $0.kernel == .value }.count == 1)
  }

  @Test("A scalar that loses a derivative is reported by name")
  func typeDependence() throws {
    let report = try Model(TypeDependent()).report(state: [2, 3], parameters: [])
    #expect(
      Set(report.discrepancies.map { "\($0.kernel.rawValue) \($0.means)" }) == [
        "pushforwards Dual", "pullback Dual",
      ])
  }

  @Test("Each kernel is announced before it runs")
  func announcements() throws {
    var names: [String] = []
    _ = try handWrittenModel().report(
      state: [1, 2, 3, 4, 5], parameters: [1, 1], willRun: { names.append($0) })
    #expect(names.first == "value by Double")
    #expect(names.count == Set(names).count)
    for name in ["value by tape", "pullback supplied", "sparse Jacobian supplied"] {
      #expect(names.contains(name))
    }
    #expect(throws: InputError.wrongLength(argument: "state", expected: 5, found: 1)) {
      try handWrittenModel().report(state: [1], parameters: [1, 1])
    }
  }

  @Test("A vector field with its own product is a model that supplies it")
  func vectorField() throws {
    let model = Model(DifferentiatedLotkaVolterra())
    let report = try model.report(state: [1, 2], parameters: [1.5, 1, 3, 1])
    #expect(report.choice(.pullback)?.means == "supplied")
    #expect(report.discrepancies.isEmpty, "\(report)")
  }
}

import ODE
import Testing

@Suite("Butcher tableaux")
struct ButcherTableauTests {
  static let methods = [ButcherTableau.rungeKutta4, .dormandPrince5, .tsitouras5]

  @Test("the offered methods satisfy every condition they claim", arguments: methods)
  func validates(method: ButcherTableau) throws {
    try method.validate()
    #expect(method.isFirstSameAsLast)
  }
}

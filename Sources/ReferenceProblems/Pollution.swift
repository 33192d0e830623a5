import Adjoint
import ODE

/// POLLUTION, the chemistry of air pollution: 20 species, 25 reactions, very stiff.
///
/// y′ = Σⱼ rⱼ νⱼ with the reactions' rates rⱼ = pⱼ·(product of reactants) and their stoichiometry νⱼ; the
/// parameters are the 25 rate constants. Nitrogen, y₁ + y₂ + y₁₃ + y₁₅ + y₁₉ + 2y₂₀, and sulfur, y₁₇ + y₁₈,
/// are conserved. Sources: Verwer, *SIAM J. Sci. Comput.* 15
/// (1994) 1243; Mazzia and Magherini, *Test Set for Initial Value Problem Solvers*, University of
/// Bari, release 2.4, problem POLLU.
public struct Pollution: VectorField {
  /// 20 concentrations.
  public let stateCount = 20
  /// 25 rate constants.
  public let parameterCount = 25

  /// The model, which has no data.
  public init() {}

  /// Writes the 20 rates of change.
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let r1: S = parameters[0] * state[0]
    let r2: S = parameters[1] * state[1] * state[3]
    let r3: S = parameters[2] * state[4] * state[1]
    let r4: S = parameters[3] * state[6]
    let r5: S = parameters[4] * state[6]
    let r6: S = parameters[5] * state[6] * state[5]
    let r7: S = parameters[6] * state[8]
    let r8: S = parameters[7] * state[8] * state[5]
    let r9: S = parameters[8] * state[10] * state[1]
    let r10: S = parameters[9] * state[10] * state[0]
    let r11: S = parameters[10] * state[12]
    let r12: S = parameters[11] * state[9] * state[1]
    let r13: S = parameters[12] * state[13]
    let r14: S = parameters[13] * state[0] * state[5]
    let r15: S = parameters[14] * state[2]
    let r16: S = parameters[15] * state[3]
    let r17: S = parameters[16] * state[3]
    let r18: S = parameters[17] * state[15]
    let r19: S = parameters[18] * state[15]
    let r20: S = parameters[19] * state[16] * state[5]
    let r21: S = parameters[20] * state[18]
    let r22: S = parameters[21] * state[18]
    let r23: S = parameters[22] * state[0] * state[3]
    let r24: S = parameters[23] * state[18] * state[0]
    let r25: S = parameters[24] * state[19]
    let oxidized: S = r2 + r3 + r9 + r11 + r12 + r22 + r25
    derivative[0] = oxidized - r1 - r10 - r14 - r23 - r24
    derivative[1] = r1 + r21 - r2 - r3 - r9 - r12
    derivative[2] = r1 + r17 + r19 + r22 - r15
    derivative[3] = r15 - r2 - r16 - r17 - r23
    derivative[4] = r4 + r4 + r6 + r7 + r13 + r20 - r3
    derivative[5] = r3 + r18 + r18 - r6 - r8 - r14 - r20
    derivative[6] = r13 - r4 - r5 - r6
    derivative[7] = r4 + r5 + r6 + r7
    derivative[8] = -r7 - r8
    derivative[9] = r7 + r9 - r12
    derivative[10] = r8 + r11 - r9 - r10
    derivative[11] = r9
    derivative[12] = r10 - r11
    derivative[13] = r12 - r13
    derivative[14] = r14
    derivative[15] = r16 - r18 - r19
    derivative[16] = -r20
    derivative[17] = r20
    derivative[18] = r23 + r25 - r21 - r22 - r24
    derivative[19] = r24 - r25
  }

  /// The usual rate constants.
  public static let standardParameters = [
    0.35, 26.6, 1.23e4, 8.6e-4, 8.2e-4, 1.5e4, 1.3e-4, 2.4e4, 1.65e4, 9.0e3, 0.022, 1.2e4, 1.88,
    1.63e4, 4.8e6, 3.5e-4, 0.0175, 1.0e8, 4.44e11, 1240, 2.1, 5.78, 0.0474, 1780, 3.12,
  ]

  /// y(0): 0.2, 0.04, 0.1, 0.3, 0.01 and 0.007 of the species 2, 4, 7, 8, 9 and 17.
  public static let standardInitialState: [Double] = [
    0, 0.2, 0, 0.04, 0, 0, 0.1, 0.3, 0.01, 0, 0, 0, 0, 0, 0, 0, 0.007, 0, 0, 0,
  ]

  /// The problem with the usual constants, 0 ≤ t ≤ 60.
  public static func standard() throws -> ODEProblem {
    try ODEProblem(
      Pollution(), initialState: standardInitialState, parameters: standardParameters,
      timeSpan: 0...60)
  }

  /// The solution of the standard problem at t = 60, from the test set of Bari.
  public static let finalState = [
    0.5646255480022769e-1, 0.1342484130422339, 0.4139734331099427e-8, 0.5523140207484359e-2,
    0.2018977262302196e-6, 0.1464541863493966e-6, 0.7784249118997964e-1, 0.3245075353396018,
    0.7494013383880406e-2, 0.1622293157301561e-7, 0.1135863833257075e-7, 0.2230505975721359e-2,
    0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2, 0.4352846369330103e-17,
    0.6899219696263405e-2, 0.1007803037365946e-3, 0.1772146513969984e-5, 0.5682943292316392e-4,
  ]
}

// Linear systems with the Jacobian at the root, by an approximate inverse and iterative refinement.

extension NonlinearSolution {
  /// λ, Pᵀλ and the backward error of Jᵀλ = w.
  struct AdjointSolve {
    var solution: [Double]
    var parameterProduct: [Double]
    var backwardError: Double
  }

  /// Jᵀλ = w and Pᵀλ.
  func solveAdjoint(_ cotangent: [Double]) throws -> AdjointSolve {
    var parameters = [Double](repeating: 0, count: problem.parameters.count)
    var product = [Double](repeating: 0, count: cotangent.count)
    let refined = try refine(
      cotangent, norm: { inverse.columnSumNorm }, solve: { try inverse.solveTransposed($0) },
      apply: { adjoint in
        for index in product.indices { product[index] = 0 }
        for index in parameters.indices { parameters[index] = 0 }
        evaluator.pullback(
          value, cotangent: adjoint, addingTo: &product, parameters: &parameters)
        try evaluator.requireProducts()
        return product
      })
    return AdjointSolve(
      solution: refined.solution, parameterProduct: parameters,
      backwardError: refined.backwardError)
  }

  /// J v = b.
  func solveTangent(_ rightHandSide: [Double]) throws -> [Double] {
    let noParameters = [Double](repeating: 0, count: problem.parameters.count)
    return try refine(
      rightHandSide, norm: { inverse.rowSumNorm }, solve: { try inverse.solve($0) },
      apply: { product($0, noParameters) }
    ).solution
  }

  /// J v + P q.
  func product(_ stateTangent: [Double], _ parameterTangent: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: value.count)
    evaluator.pushforward(
      value, stateTangent: stateTangent, parameterTangent: parameterTangent, into: &output)
    return output
  }

  /// Solves A x = b to rounding: `apply` is A exactly, `solve` an approximate A⁻¹, `norm` is ‖A‖∞.
  ///
  /// x ← x + Ã⁻¹(b − A x) contracts when Ã is near A (Higham, *Accuracy and Stability*, §12.1). The
  /// last call of `apply` is with the solution returned.
  private func refine(
    _ rightHandSide: [Double], norm: () -> Double, solve: ([Double]) throws -> [Double],
    apply: ([Double]) throws -> [Double]
  ) throws -> (solution: [Double], backwardError: Double) {
    var lastError = Double.infinity
    for attempt in 0..<2 {
      if attempt == 1 || inverse.isEmpty { try prepareInverse() }
      let norm = norm()
      guard var solution = try? solve(rightHandSide) else { continue }
      var previous = Double.infinity
      while true {
        let residual = rightHandSide.subtracting(try apply(solution))
        let scale = norm * solution.maximumNorm + rightHandSide.maximumNorm
        let error = scale == 0 ? 0 : residual.maximumNorm / scale
        if error <= inverse.targetBackwardError { return (solution, error) }
        lastError = error
        guard error < 0.5 * previous else {
          // No longer contracting: at the rounding errors of the product, or with useless factors.
          if error <= Self.acceptedBackwardError { return (solution, error) }
          break
        }
        previous = error
        guard let correction = try? solve(residual) else { break }
        solution.add(1, correction)
      }
    }
    throw NonlinearError.adjointNotSolved(
      model: problem.model.name, backwardError: lastError)
  }

  private func prepareInverse() throws {
    do {
      try inverse.update(state: value)
    } catch {
      throw NonlinearError.singularJacobian(
        model: problem.model.name, iteration: statistics.iterations, state: value,
        reason: "\(error)")
    }
  }

  /// A backward error that rounding in a model's own product explains; anything larger is refused.
  private static let acceptedBackwardError = 1e-12
}

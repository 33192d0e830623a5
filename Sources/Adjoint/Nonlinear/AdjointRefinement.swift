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
    try solveAdjoints([cotangent])[0]
  }

  /// Jᵀλ = w and Pᵀλ for several cotangents, with the factors read for all at once.
  func solveAdjoints(_ cotangents: [[Double]]) throws -> [AdjointSolve] {
    var parameterProducts = [[Double]](repeating: [], count: cotangents.count)
    var product = [Double](repeating: 0, count: value.count)
    let refined = try refine(
      cotangents, norm: { inverse.columnSumNorm },
      solve: { try inverse.solveTransposed($0, count: $1) },
      apply: { adjoint, index in
        for index in product.indices { product[index] = 0 }
        var parameters = [Double](repeating: 0, count: problem.parameters.count)
        evaluator.pullback(
          value, cotangent: adjoint, addingTo: &product, parameters: &parameters)
        try evaluator.requireProducts()
        parameterProducts[index] = parameters
        return product
      })
    return zip(refined, parameterProducts).map { column, product in
      AdjointSolve(
        solution: column.solution, parameterProduct: product, backwardError: column.backwardError)
    }
  }

  /// J v = b.
  func solveTangent(_ rightHandSide: [Double]) throws -> [Double] {
    let noParameters = [Double](repeating: 0, count: problem.parameters.count)
    return try refine(
      [rightHandSide], norm: { inverse.rowSumNorm },
      solve: { try inverse.solve($0, count: $1) },
      apply: { vector, _ in product(vector, noParameters) })[0].solution
  }

  /// J v + P q.
  func product(_ stateTangent: [Double], _ parameterTangent: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: value.count)
    evaluator.pushforward(
      value, stateTangent: stateTangent, parameterTangent: parameterTangent, into: &output)
    return output
  }

  // MARK: Refinement

  /// One of the systems A x = b that are solved together.
  private struct Column {
    let rightHandSide: [Double]
    var solution: [Double] = []
    var residual: [Double] = []
    var backwardError = Double.infinity
    var previousError = Double.infinity
    var isSolved = false
    var hasStalled = false

    init(_ rightHandSide: [Double]) { self.rightHandSide = rightHandSide }

    /// Back to x = 0.
    mutating func restart() {
      solution = [Double](repeating: 0, count: rightHandSide.count)
      residual = rightHandSide
      previousError = .infinity
      hasStalled = false
    }

    mutating func add(_ corrections: [Double], from start: Int) {
      for index in solution.indices { solution[index] += corrections[start + index] }
    }

    /// Judges x by A x.
    mutating func update(product: [Double], norm: Double, target: Double) {
      residual = rightHandSide.subtracting(product)
      let scale: Double = norm * solution.maximumNorm + rightHandSide.maximumNorm
      backwardError = scale == 0 ? 0 : residual.maximumNorm / scale
      isSolved = backwardError <= target
      if !isSolved && !(backwardError < 0.5 * previousError) {
        // No longer contracting: at the rounding errors of the product, or with useless factors.
        hasStalled = true
        isSolved = backwardError <= Self.accepted
      }
      previousError = backwardError
    }

    /// A backward error that rounding in a model's own product explains; anything larger is refused.
    private static let accepted = 1e-12
  }

  /// Solves A x = b to rounding: `apply` is A exactly, `solve` an approximate A⁻¹ of several columns, `norm`
  /// is ‖A‖∞.
  ///
  /// x ← x + Ã⁻¹(b − A x) contracts when Ã is near A (Higham, *Accuracy and Stability*, §12.1). The
  /// last call of `apply` for each column is with the solution returned.
  private func refine(
    _ rightHandSides: [[Double]], norm: () -> Double,
    solve: (_ columns: [Double], _ count: Int) throws -> [Double],
    apply: (_ vector: [Double], _ index: Int) throws -> [Double]
  ) throws -> [(solution: [Double], backwardError: Double)] {
    var columns = rightHandSides.map { Column($0) }
    for attempt in 0..<2 {
      let unsolved = columns.indices.filter { !columns[$0].isSolved }
      if unsolved.isEmpty { break }
      if attempt == 1 || inverse.isEmpty { try prepareInverse() }
      let norm = norm()
      for index in unsolved { columns[index].restart() }
      var active = unsolved
      while !active.isEmpty {
        let residuals = active.flatMap { columns[$0].residual }
        guard let corrections = try? solve(residuals, active.count) else { break }
        for (place, index) in active.enumerated() {
          columns[index].add(corrections, from: place * value.count)
          let product = try apply(columns[index].solution, index)
          columns[index].update(product: product, norm: norm, target: inverse.targetBackwardError)
        }
        active.removeAll { columns[$0].isSolved || columns[$0].hasStalled }
      }
    }
    if let worst = columns.filter({ !$0.isSolved }).map(\.backwardError).max() {
      throw NonlinearError.adjointNotSolved(model: problem.model.name, backwardError: worst)
    }
    return columns.map { ($0.solution, $0.backwardError) }
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
}

// Which method solves a system.

/// A matrix to factorize, how, and why so.
struct FactorizationPlan {
  var matrix: SparseMatrix
  var symbolic: SymbolicFactorization
  var decisions: [MethodDecision]
}

extension LinearSolver {
  /// The factors of the system's matrix, and how their method was found.
  func factorize(
    _ system: LinearSystem
  ) throws -> (factors: any Factorization, decisions: [MethodDecision]) {
    let plan = try plan(system)
    do {
      return (try plan.symbolic.factorize(plan.matrix), plan.decisions)
    } catch FactorizationError.notPositiveDefinite(let column) where options.method == .automatic {
      let retry = try planLU(system, plan.decisions + [.notPositiveDefinite(column: column)])
      return (try retry.symbolic.factorize(retry.matrix), retry.decisions)
    }
  }

  private func plan(_ system: LinearSystem) throws -> FactorizationPlan {
    switch options.method {
    case .automatic: try planAutomatically(system)
    case .cholesky: try plan(system, .cholesky)
    case .ldl: try plan(system, .ldl)
    case .lu: try plan(system, .lu)
    case .klu: try plan(system, .klu)
    }
  }

  private func plan(
    _ system: LinearSystem, _ method: SymbolicFactorization.Method,
    _ decisions: [MethodDecision] = [.requested]
  ) throws -> FactorizationPlan {
    if method.needsSymmetry && decisions == [.requested] { try requireSymmetric(system) }
    let matrix = method.needsSymmetry ? system.matrix : system.fullMatrix
    let symbolic = try SymbolicFactorization(
      analyzing: matrix.pattern, method: method, options: options.factorization)
    return FactorizationPlan(matrix: matrix, symbolic: symbolic, decisions: decisions)
  }

  private func planAutomatically(_ system: LinearSystem) throws -> FactorizationPlan {
    if options.ordering == .columnMinimumDegree {
      return try planLU(system, [.orderingNotForCholesky])
    }
    if system.storage == .full, let entry = system.matrix.entryWithoutEqualMirror {
      return try planLU(system, [.notSymmetric(row: entry.row, column: entry.column)])
    }
    if let column = (0..<system.matrix.columnCount).first(where: { system.matrix[$0, $0] <= 0 }) {
      return try planLU(system, [.diagonalNotPositive(column: column)])
    }
    return try plan(system, .cholesky, [.triedCholesky])
  }

  private func planLU(
    _ system: LinearSystem, _ decisions: [MethodDecision]
  ) throws -> FactorizationPlan {
    let matrix = system.fullMatrix
    let (symbolic, decision) = try SymbolicFactorization.analyzingForLU(
      matrix.pattern, options.factorization)
    return FactorizationPlan(
      matrix: matrix, symbolic: symbolic, decisions: decisions + [decision])
  }

  func requireSymmetric(_ system: LinearSystem) throws {
    guard system.storage == .full else { return }
    if let entry = system.matrix.entryWithoutEqualMirror {
      throw FactorizationError.notSymmetric(row: entry.row, column: entry.column)
    }
  }
}

extension SymbolicFactorization.Method {
  /// Whether only the lower triangle of the matrix is read.
  var needsSymmetry: Bool { self == .cholesky || self == .ldl }
}

import Adjoint

extension SymbolicFactorization.Method {
  /// The method and its library, for a person.
  var explanation: String {
    switch self {
    case .cholesky: "Cholesky, LL' (ordered by CHOLMOD)"
    case .ldl: "LDL' (CHOLMOD)"
    case .lu: "LU (UMFPACK)"
    case .klu: "LU (KLU)"
    }
  }
}

extension KrylovSolver.Method {
  /// The method, for a person.
  var explanation: String {
    switch self {
    case .conjugateGradients: "conjugate gradients"
    case .minres: "MINRES"
    case .gmres: "GMRES"
    case .flexibleGMRES: "flexible GMRES"
    case .biCGStab: "BiCGStab"
    case .lsmr: "LSMR"
    }
  }
}

extension SolvePreconditioner {
  /// The preconditioner, for a person.
  var explanation: String {
    switch self {
    case .none: "nothing"
    case .jacobi: "the diagonal"
    case .cholesky: "incomplete Cholesky"
    case .ilu: "incomplete LU"
    case .multigrid: "algebraic multigrid"
    }
  }

  /// The preconditioner for a system's matrix.
  func make(for system: LinearSystem) throws -> (any Preconditioner)? {
    switch self {
    case .none: nil
    case .jacobi: try JacobiPreconditioner(system.matrix)
    case .cholesky: try IncompleteCholesky(system.matrix)
    case .ilu: try IncompleteLU(system.fullMatrix)
    case .multigrid: try AlgebraicMultigrid(system.matrix, storage: system.storage)
    }
  }
}

/// The factors of ±A − σM at a shift σ that suits the wanted eigenvalues.
struct ShiftedFactors {
  let factors: any Factorization
  let shift: Double
  /// −1 where the largest eigenvalues of A are sought as the smallest of −A.
  let sign: Double
  /// How many matrices were factorized to find the shift.
  private(set) var factorizations: Int

  /// λ from an eigenvalue ν of (±A − σM)⁻¹ M.
  func eigenvalue(_ inverse: Double) -> Double { sign * (shift + 1 / inverse) }

  /// The factors for a target.
  init(_ pencil: Pencil, _ target: EigenSolver.Target, threads: Int) throws {
    switch target {
    case .smallest: try self.init(below: pencil, sign: 1, threads: threads)
    case .largest: try self.init(below: pencil, sign: -1, threads: threads)
    case .nearest(let shift): try self.init(at: shift, pencil, threads: threads)
    }
  }

  /// LU of A − σM; a shift that happens to be an eigenvalue is moved, first by 1e-9 of the pencil's scale.
  init(at wish: Double, _ pencil: Pencil, threads: Int) throws {
    let symbolic = try SymbolicFactorization(
      analyzing: pencil.pattern, method: .lu, options: .init(threads: threads))
    var offset = 0.0
    var attempts = 0
    while true {
      attempts += 1
      do {
        factors = try symbolic.factorize(pencil.shifted(by: wish + offset))
        break
      } catch FactorizationError.singular(let column) {
        guard attempts < 4 else { throw FactorizationError.singular(column: column) }
        offset = offset == 0 ? 1e-9 * max(pencil.scale, wish.magnitude) : 100 * offset
      }
    }
    shift = wish + offset
    sign = 1
    factorizations = attempts
  }

  /// Cholesky factors of ±A − σM at a shift below all eigenvalues, which their existence proves.
  ///
  /// Zero if ±A is positive definite. Else the shift goes down from −1e-10 of the pencil's scale, a
  /// hundredfold at a time, and then by bisection of its logarithm to within a factor of 1.5 of what
  /// suffices.
  init(below pencil: Pencil, sign: Double, threads: Int) throws {
    let symbolic = try SymbolicFactorization(
      analyzing: pencil.pattern, method: .cholesky, options: .init(threads: threads))
    var attempts = 0
    func attempt(_ shift: Double) throws -> (any Factorization)? {
      attempts += 1
      do {
        return try symbolic.factorize(pencil.shifted(by: shift, sign: sign))
      } catch FactorizationError.notPositiveDefinite {
        return nil
      }
    }
    self.sign = sign
    if let found = try attempt(0) {
      factors = found
      shift = 0
      factorizations = attempts
      return
    }
    let scale = pencil.scale
    var tooSmall = 0.0
    var enough = 1e-10 * scale
    var found = try attempt(-enough)
    while found == nil {
      tooSmall = enough
      enough *= 100
      guard enough < 1e20 * scale else { throw EigenError.unboundedSpectrum(lastShift: -tooSmall) }
      found = try attempt(-enough)
    }
    while tooSmall > 0 && enough > 1.5 * tooSmall {
      let middle = (enough * tooSmall).squareRoot()
      if let better = try attempt(-middle) {
        found = better
        enough = middle
      } else {
        tooSmall = middle
      }
    }
    guard let found else { throw EigenError.unboundedSpectrum(lastShift: -enough) }
    factors = found
    shift = -enough
    factorizations = attempts
  }

  /// Factors at another shift of the same kind, made with the same analysis.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(column:)`` if the shift should lie below all eigenvalues
  ///   and does not.
  func moved(to shift: Double, _ pencil: Pencil) throws -> ShiftedFactors {
    ShiftedFactors(
      factors: try factors.symbolic.factorize(pencil.shifted(by: shift, sign: sign)), shift: shift,
      sign: sign, factorizations: factorizations + 1)
  }

  private init(factors: any Factorization, shift: Double, sign: Double, factorizations: Int) {
    self.factors = factors
    self.shift = shift
    self.sign = sign
    self.factorizations = factorizations
  }
}

import Adjoint

/// The weighted mean over the elements near each element, as a linear operator.
///
///     y_e = Σ_i H_ei x_i / Σ_i H_ei,   H_ei = max(0, r − ‖c_e − c_i‖)
///
/// with c the centers of the elements and r the radius in element sides. Elements outside the grid
/// do not count. H is symmetric, so the transpose is H diag(1/Σ_i H_ei). A radius of at most 1 gives
/// the identity.
/// Cost: one multiplication for each pair of elements nearer than r; no matrix is stored.
/// Source: Bruns, Tortorelli, Comput. Methods Appl. Mech. Engrg. 190 (2001) 3443–3459; Andreassen et
/// al., Struct. Multidisc. Optim. 43 (2011), eq. (8)–(10).
public struct ConicFilter: Sendable {
  /// The elements that are filtered over.
  public let grid: ElementGrid

  /// r, in element sides.
  public let radius: Double

  /// Σ_i H_ei for each element e.
  public let weightSums: [Double]

  private let stencil: FilterStencil

  /// The filter of a radius on a grid.
  ///
  /// - Throws: `InputError` unless the radius is positive and finite.
  public init(grid: ElementGrid, radius: Double) throws {
    try InputError.require(
      radius > 0 && radius.isFinite, "filter radius", radius, "a finite number greater than 0")
    self.grid = grid
    self.radius = radius
    let stencil = FilterStencil(grid: grid, radius: radius)
    let scratch = stencil.makeScratch()
    var sums = [Double](repeating: 1, count: grid.elementCount)
    sums.withUnsafeMutableBufferPointer { stencil.convolve($0, scratch: scratch) }
    weightSums = sums
    self.stencil = stencil
  }

  /// The filtered field y for a field x of one number an element.
  ///
  /// - Throws: `InputError` for a wrong length.
  public func apply(_ field: [Double]) throws -> [Double] {
    try InputError.requireLength("field", expected: grid.elementCount, found: field.count)
    var result = field
    let scratch = makeScratch()
    result.withUnsafeMutableBufferPointer { apply($0, scratch: scratch) }
    return result
  }

  /// The transposed filter: the pullback of ``apply(_:)``, which is linear.
  ///
  /// - Throws: `InputError` for a wrong length.
  public func applyTransposed(_ cotangent: [Double]) throws -> [Double] {
    try InputError.requireLength("cotangent", expected: grid.elementCount, found: cotangent.count)
    var result = cotangent
    let scratch = makeScratch()
    result.withUnsafeMutableBufferPointer { applyTransposed($0, scratch: scratch) }
    return result
  }

  /// Memory for the calls below; each thread needs its own.
  func makeScratch() -> FilterScratch { stencil.makeScratch() }

  /// Filters a field of ``grid``'s length in place.
  func apply(_ field: UnsafeMutableBufferPointer<Double>, scratch: FilterScratch) {
    stencil.convolve(field, scratch: scratch)
    for element in field.indices { field[element] /= weightSums[element] }
  }

  /// Applies the transpose to a field of ``grid``'s length in place.
  func applyTransposed(_ field: UnsafeMutableBufferPointer<Double>, scratch: FilterScratch) {
    for element in field.indices { field[element] /= weightSums[element] }
    stencil.convolve(field, scratch: scratch)
  }
}

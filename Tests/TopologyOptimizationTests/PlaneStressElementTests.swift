import Adjoint
import Testing
import TopologyOptimization

@Suite("Plane stress element")
struct PlaneStressElementTests {
  /// Corners in the element's order: lower left, lower right, upper right, upper left.
  private static let corners: [(x: Double, y: Double)] = [(0, 0), (1, 0), (1, 1), (0, 1)]

  private static func forces(
    _ element: PlaneStressElement, displacement: (Double, Double) -> (Double, Double)
  ) -> [Double] {
    let field = corners.flatMap { corner -> [Double] in
      let (right, up) = displacement(corner.x, corner.y)
      return [right, up]
    }
    return (0..<8).map { row in
      (0..<8).reduce(0) { $0 + element.stiffness[8 * row + $1] * field[$1] }
    }
  }

  /// Rounding of eight products of numbers of modulus at most 1 (K₀) and 2 (displacements).
  private static let tolerance = 16 * 8 * 0x1p-52

  @Test("The first row is the published closed form", arguments: [0, 0.3, 0.49, -0.5])
  func closedForm(nu: Double) throws {
    // Sigmund, "A 99 line topology optimization code written in Matlab", Struct. Multidisc.
    // Optim. 21 (2001) 120–127, function lk.
    let expected = [
      1.0 / 2 - nu / 6, 1.0 / 8 + nu / 8, -1.0 / 4 - nu / 12, -1.0 / 8 + 3 * nu / 8,
      -1.0 / 4 + nu / 12, -1.0 / 8 - nu / 8, nu / 6, 1.0 / 8 - 3 * nu / 8,
    ].map { $0 / (1 - nu * nu) }
    let element = try PlaneStressElement(poissonRatio: nu)
    for (found, expected) in zip(element.stiffness, expected) {
      #expect(abs(found - expected) <= Self.tolerance)
    }
  }

  @Test("The stiffness is symmetric and rigid motions need no force")
  func rigidMotions() throws {
    let element = try PlaneStressElement(poissonRatio: 0.3)
    for row in 0..<8 {
      for column in 0..<8 {
        #expect(element.stiffness[8 * row + column] == element.stiffness[8 * column + row])
      }
    }
    for motion: (Double, Double) -> (Double, Double) in [
      { _, _ in (1, 0) }, { _, _ in (0, 1) }, { x, y in (-y, x) },
    ] {
      let forces = Self.forces(element, displacement: motion)
      #expect(forces.allSatisfy { abs($0) <= Self.tolerance })
    }
    let stretched = Self.forces(element) { x, _ in (x, 0) }
    #expect(stretched.contains { abs($0) > 0.1 })
  }

  @Test("A uniform strain gives the tractions of Hooke's law")
  func uniformStrain() throws {
    let nu = 0.3
    let element = try PlaneStressElement(poissonRatio: nu)
    // ε_xx = 1: σ_xx = 1/(1 − ν²), σ_yy = ν σ_xx; half of each edge's traction goes to each node.
    let forces = Self.forces(element) { x, _ in (x, 0) }
    let sxx = 1 / (1 - nu * nu)
    let half = 0.5 * sxx
    let expected = [
      -half, -nu * half, half, -nu * half, half, nu * half, -half, nu * half,
    ]
    for (found, expected) in zip(forces, expected) {
      #expect(abs(found - expected) <= Self.tolerance)
    }
    // γ_xy = 1: σ_xy = 1/(2(1 + ν)).
    let shear = Self.forces(element) { _, y in (y, 0) }
    let quarter = 0.25 / (1 + nu)
    let tractions = [-1.0, -1, -1, 1, 1, 1, 1, -1].map { quarter * $0 }
    for (found, expected) in zip(shear, tractions) {
      #expect(abs(found - expected) <= Self.tolerance)
    }
  }

  @Test("A Poisson's ratio outside (-1, 0.5) is refused", arguments: [-1, 0.5, 2, .nan, .infinity])
  func poissonRatio(nu: Double) {
    #expect(throws: InputError.self) { try PlaneStressElement(poissonRatio: nu) }
  }
}

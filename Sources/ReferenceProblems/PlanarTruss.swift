import Adjoint

/// A plane truss with large displacements: the balance of forces at its free joints.
///
/// A bar between the joints a and b has the undeformed length L, the deformed length l, the axial
/// force N = p (l − L)/L and pulls at a with N (x_b − x_a)/l, x being deformed positions: exact
/// geometry, a linear material (Crisfield, *Non-linear Finite Element Analysis of Solids and
/// Structures*, vol. 1, Wiley 1991, §3.1). F(u, p) = internal − applied forces; the unknowns u are the displacements
/// (x, then y) of the joints that are not supported, the parameters the bars' axial stiffnesses EA in
/// units of force. F is the gradient of an energy, so that ∂F/∂u is symmetric.
public struct PlanarTruss: ResidualSystem {
  /// A bar: its ends' positions, the numbers of their unknowns or −1 where they are held, and L.
  @usableFromInline struct Bar: Sendable {
    @usableFromInline let difference: (x: Double, y: Double)
    @usableFromInline let length: Double
    @usableFromInline let first: (x: Int, y: Int)
    @usableFromInline let second: (x: Int, y: Int)
  }

  @usableFromInline let bars: [Bar]
  @usableFromInline let loads: [Double]

  /// The number of free displacements.
  public var stateCount: Int { loads.count }
  /// The number of bars.
  public var parameterCount: Int { bars.count }

  /// A truss of joints, of which some are held in x, y or both, and bars between them.
  ///
  /// - Parameters:
  ///   - joints: Positions, which must differ at the ends of a bar.
  ///   - bars: Pairs of joints.
  ///   - isHeld: For each joint whether x and y are fixed.
  ///   - loads: The force at each joint; components at held displacements do not matter.
  public init(
    joints: [(x: Double, y: Double)], bars: [(Int, Int)], isHeld: [(x: Bool, y: Bool)],
    loads: [(x: Double, y: Double)]
  ) {
    precondition(
      isHeld.count == joints.count && loads.count == joints.count,
      "a support and a load for each joint")
    var unknowns = [(x: Int, y: Int)](repeating: (-1, -1), count: joints.count)
    var forces: [Double] = []
    for joint in joints.indices {
      if !isHeld[joint].x {
        unknowns[joint].x = forces.count
        forces.append(loads[joint].x)
      }
      if !isHeld[joint].y {
        unknowns[joint].y = forces.count
        forces.append(loads[joint].y)
      }
    }
    self.loads = forces
    self.bars = bars.map { first, second in
      let x: Double = joints[second].x - joints[first].x
      let y: Double = joints[second].y - joints[first].y
      return Bar(
        difference: (x, y), length: .hypot(x, y), first: unknowns[first],
        second: unknowns[second])
    }
  }

  /// Writes F(u, p).
  @inlinable public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<loads.count { residual[index] = S(-loads[index]) }
    for index in 0..<bars.count {
      let bar = bars[index]
      var x = S(bar.difference.x)
      var y = S(bar.difference.y)
      if bar.second.x >= 0 { x += state[bar.second.x] }
      if bar.second.y >= 0 { y += state[bar.second.y] }
      if bar.first.x >= 0 { x -= state[bar.first.x] }
      if bar.first.y >= 0 { y -= state[bar.first.y] }
      // N/l = p (1/L − 1/l)
      let length: S = S.sqrt(x * x + y * y)
      let tension: S = parameters[index] * (S(1 / bar.length) - 1 / length)
      let forceX: S = tension * x
      let forceY: S = tension * y
      if bar.second.x >= 0 { residual[bar.second.x] += forceX }
      if bar.second.y >= 0 { residual[bar.second.y] += forceY }
      if bar.first.x >= 0 { residual[bar.first.x] -= forceX }
      if bar.first.y >= 0 { residual[bar.first.y] -= forceY }
    }
  }
}

extension PlanarTruss {
  /// A cantilever of square bays with both diagonals, held at its left end, loaded at the other.
  ///
  /// Bays of side 1; the force `load` acts downwards, half on each joint of the right end.
  public static func cantilever(bays: Int, load: Double) -> PlanarTruss {
    precondition(bays >= 1, "a cantilever needs a bay")
    // The joints 2i and 2i + 1 lie below and above at x = i.
    let count = 2 * (bays + 1)
    var bars: [(Int, Int)] = []
    for bay in 0..<bays {
      let left = 2 * bay
      bars += [(left, left + 2), (left + 1, left + 3), (left, left + 3), (left + 1, left + 2)]
      bars.append((left + 2, left + 3))
    }
    return PlanarTruss(
      joints: (0..<count).map { (Double($0 / 2), Double($0 % 2)) }, bars: bars,
      isHeld: (0..<count).map { ($0 < 2, $0 < 2) },
      loads: (0..<count).map { (0, $0 >= 2 * bays ? -0.5 * load : 0) })
  }

  /// Von Mises's truss: two bars from supports at (±`halfWidth`, 0) to a joint at (0, `height`).
  ///
  /// The joint is pressed down by `load`. It snaps through at the peak of ``shallowLoad(deflection:halfWidth:height:stiffness:)``.
  public static func shallow(halfWidth: Double, height: Double, load: Double) -> PlanarTruss {
    PlanarTruss(
      joints: [(-halfWidth, 0), (halfWidth, 0), (0, height)], bars: [(0, 2), (1, 2)],
      isHeld: [(true, true), (true, true), (false, false)], loads: [(0, 0), (0, 0), (0, -load)])
  }

  /// The load that holds the shallow truss at a deflection w of its joint:
  /// 2 EA (h − w)(1/l − 1/L), l² = b² + (h − w)², L² = b² + h².
  public static func shallowLoad(
    deflection: Double, halfWidth: Double, height: Double, stiffness: Double
  ) -> Double {
    let rise: Double = height - deflection
    let deformed: Double = .hypot(halfWidth, rise)
    let undeformed: Double = .hypot(halfWidth, height)
    return 2 * stiffness * rise * (1 / deformed - 1 / undeformed)
  }
}

/// A way to find a coloring: an order for the greedy algorithm, or an arithmetic rule.
public enum ColoringMethod: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Greedily, from the first vertex to the last.
  case natural
  /// By a linear form of the grid coordinates, modulo the number of colors (Goldfarb and Toint,
  /// *Math. Comp.* 43, 1984, §3).
  case lattice
  /// Greedily, next a vertex whose neighbors have the most different colors (Brélaz,
  /// *Comm. ACM* 22, 1979).
  case saturation
  /// Greedily, in order of decreasing degree (Welsh and Powell, *Comput. J.* 10, 1967).
  case largestFirst
  /// Greedily, the reverse of removing a vertex of least remaining degree again and again (Matula
  /// and Beck, *J. ACM* 30, 1983).
  case smallestLast
  /// Greedily, next a vertex with the most colored neighbors (Coleman and Moré, *SIAM J. Numer.
  /// Anal.* 20, 1983).
  case incidenceDegree
  /// Greedily again, color by color in reverse of the coloring before, which never needs more
  /// (Culberson, *Iterated greedy graph coloring*, University of Alberta TR 92-07, 1992).
  case iterated

  /// The name of the case.
  public var description: String { rawValue }
}

/// How a coloring was found.
public struct ColoringStatistics: Sendable, Hashable {
  /// One method and how many colors it needed.
  public struct Attempt: Sendable, Hashable {
    /// The method.
    public let method: ColoringMethod
    /// The number of colors that it needed.
    public let colorCount: Int
  }

  /// The method whose coloring was kept.
  public let method: ColoringMethod

  /// No coloring has fewer colors than this.
  public let lowerBound: Int

  /// What was tried, in this order, until the lower bound was reached.
  public let attempts: [Attempt]
}

/// The best of several colorings.
struct ColoringSearch {
  private(set) var colors: [Int]
  private(set) var colorCount: Int
  private(set) var method: ColoringMethod
  private var attempts: [ColoringStatistics.Attempt]
  let lowerBound: Int
  /// As good as the lower bound for whoever asked.
  private let target: Int

  /// A search that begins with `coloring` and ends when there are `target` colors or fewer.
  init(
    _ coloring: (colors: [Int], count: Int), by method: ColoringMethod, lowerBound: Int,
    target: Int
  ) {
    (colors, colorCount) = coloring
    self.method = method
    self.lowerBound = lowerBound
    self.target = max(target, lowerBound)
    attempts = [ColoringStatistics.Attempt(method: method, colorCount: coloring.count)]
  }

  var isFinished: Bool { colorCount <= target }

  var statistics: ColoringStatistics {
    ColoringStatistics(method: method, lowerBound: lowerBound, attempts: attempts)
  }

  /// Tries `method` unless the search is finished; it may fail, which is nil.
  mutating func attempt(_ method: ColoringMethod, _ find: () -> (colors: [Int], count: Int)?) {
    guard !isFinished, let coloring = find() else { return }
    attempts.append(
      ColoringStatistics.Attempt(method: method, colorCount: coloring.count))
    if coloring.count < colorCount {
      (colors, colorCount) = coloring
      self.method = method
    }
  }
}

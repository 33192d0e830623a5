import CARPACK
import Synchronization

private let arpackLock = Mutex<Void>(())

/// Runs one of ARPACK's iterations from beginning to end, with at most so many threads.
///
/// ARPACK keeps state between calls (Fortran's SAVE), so that only one iteration may be under way in a process: callers
/// wait for their turn.
func withArpack<Result: Sendable>(threads: Int, _ body: () throws -> Result) rethrows -> Result {
  try arpackLock.withLock { _ in try withThreads(threads, body) }
}

/// The sizes and the memory of one of ARPACK's iterations.
struct ArnoldiProcess {
  let order: Int
  let count: Int
  /// The number of vectors that are kept.
  let subspace: Int
  var residual: [Double]
  let basis: Buffer<Double>
  let work: Buffer<Double>
  let projected: Buffer<Double>
  var parameters = [arpack_integer](repeating: 0, count: 11)
  var pointers = [arpack_integer](repeating: 0, count: 14)

  /// Memory for `count` eigenpairs, iterated on from `start` with at most so many restarts.
  ///
  /// `dimension` is that of the space in which there is something to find, `projectedCount` the length of the
  /// array that ARPACK calls WORKL, from the size of the subspace.
  init(
    order: Int, dimension: Int, count: Int, start: [Double], maximumRestarts: Int,
    subspaceFactor: Int = 1, projectedCount: (Int) -> Int
  ) throws {
    self.order = order
    self.count = count
    subspace = min(dimension, subspaceFactor * max(2 * count + 10, 20))
    try InputError.require(
      order <= Int(arpack_integer.max) / 3, "the number of unknowns", Double(order),
      "at most a third of what ARPACK's integers hold")
    residual = start
    basis = Buffer(count: order * subspace, repeating: 0)
    work = Buffer(count: 3 * order, repeating: 0)
    projected = Buffer(count: projectedCount(subspace), repeating: 0)
    parameters[0] = 1  // exact shifts
    parameters[2] = arpack_integer(maximumRestarts)
    parameters[3] = 1
    parameters[6] = 3  // shift and invert
  }

  /// `order` numbers of the workspace, from the place that ARPACK names by its pointer `index`.
  func vector(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
    work.slice(Int(pointers[index]) - 1, order)
  }

  /// Throws what ARPACK's status means, unless it is success.
  func check(_ status: arpack_integer, _ routine: String) throws {
    switch status {
    case 0: return
    case 3 where parameters[4] > 0:
      // The space is exhausted: what converged is all that the start vector leads to.
      return
    case 1, 3, -14:
      throw EigenError.notConverged(
        found: Int(parameters[4]), wanted: count, restarts: Int(parameters[2]))
    default: throw EigenError.libraryFailure(routine: routine, status: Int(status))
    }
  }
}

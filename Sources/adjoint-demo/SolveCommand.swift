import Adjoint
import ArgumentParser
import Foundation

/// `adjoint-demo solve`: a linear system from files, and the gradient of a functional of its solution.
struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Solve a sparse linear system and differentiate its solution.",
    discussion: """
      Reads A from a Matrix Market file and solves A x = b; then computes the gradient of a \
      functional J(x) with respect to b and to every stored entry of A by one adjoint solve, and \
      says how far solution and gradient can be trusted. A matrix that is not square is solved in \
      the sense of least squares. Writes x.mtx, gradient-b.mtx (dJ/db) and gradient-A.mtx (dJ/dA, \
      on the pattern of A).

      example: adjoint-demo solve stiffness.mtx --right-hand-side load.mtx
      """)

  @Argument(
    help: ArgumentHelp("The matrix A, a Matrix Market file.", valueName: "matrix.mtx"))
  var matrix: String

  @Option(
    help: ArgumentHelp(
      "The right-hand side b (default: A times a vector of ones, so that x is one everywhere).",
      valueName: "b.mtx"))
  var rightHandSide: String?

  @Option(
    help: ArgumentHelp(
      "The vector c of the functional J = c'x (default: J = |x|^2/2).", valueName: "c.mtx"))
  var functional: String?

  @Option(help: "How to solve: \(SolveMethod.names).")
  var method = SolveMethod.auto

  @Option(
    help: """
      For cg and gmres: \(SolvePreconditioner.names) (default: multigrid for cg, ilu for gmres).
      """)
  var preconditioner: SolvePreconditioner?

  @Option(
    parsing: .unconditional,
    help: "For cg and gmres: the residual, relative to b, at which the iteration ends.")
  var tolerance = 1e-10

  @OptionGroup var output: OutputOptions

  private static let files = ["x.mtx", "gradient-b.mtx", "gradient-A.mtx"]

  func validate() throws {
    guard method.isIterative || preconditioner == nil else {
      throw ValidationError("--preconditioner is for --method cg and --method gmres.")
    }
    guard tolerance > 0 && tolerance < 1 else {
      throw ValidationError("--tolerance is between 0 and 1.")
    }
  }

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let problem = try LinearProblemFiles(
      matrix: matrix, rightHandSide: rightHandSide, functional: functional)
    let readTime = clock.now - start
    let folder = try output.openFolder(for: "solve", files: Self.files)
    let run = SolveRun(
      problem: problem, method: method, preconditioner: preconditioner, tolerance: tolerance)
    let result = try run.result()
    let paths = [
      try write(result.solution, "x, solution of A x = b", to: "x.mtx", in: folder),
      try write(
        result.rightHandSideGradient, "dJ/db, gradient of J(x)", to: "gradient-b.mtx", in: folder),
      try folder.write(
        MatrixMarket(
          result.matrixGradient,
          symmetry: problem.storage == .symmetricLower ? .symmetric : .general,
          comments: [
            " dJ/dA, gradient of J(x)"
              + (problem.storage == .symmetricLower
                ? "; an entry below the diagonal counts both of its places" : "")
          ]
        ).text, to: "gradient-A.mtx"),
    ]
    let report = SolveReport(problem, result, readSeconds: readTime.seconds, files: paths)
    output.show(report.text)
    try output.showJSON(report)
  }

  private func write(
    _ vector: [Double], _ comment: String, to file: String, in folder: OutputFolder
  ) throws -> String {
    try folder.write(MatrixMarket(vector: vector, comments: [" " + comment]).text, to: file)
  }
}

/// The methods that the command knows.
enum SolveMethod: String, ExpressibleByArgument, CaseIterable {
  case auto, cholesky, ldl, lu, klu, qr, cg, gmres

  /// All names, for help texts.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  var isIterative: Bool { self == .cg || self == .gmres }
}

/// The preconditioners that the command knows.
enum SolvePreconditioner: String, ExpressibleByArgument, CaseIterable {
  case none, jacobi, cholesky, ilu, multigrid

  /// All names, for help texts.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + 1e-18 * Double(attoseconds)
  }
}

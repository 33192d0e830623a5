import Adjoint
import Foundation

/// What `solve` prints, as text and as JSON.
struct SolveReport: Encodable {
  /// An entry of a matrix, counted from one as in the files.
  struct Entry: Encodable {
    var row: Int
    var column: Int
    var value: Double
  }

  /// An entry of a vector, counted from one as in the files.
  struct Component: Encodable {
    var row: Int
    var value: Double
  }

  /// What is known of the matrix before it is solved with.
  struct Matrix: Encodable {
    var file: String
    var rows: Int
    var columns: Int
    var storedEntries: Int
    var symmetry: String
  }

  /// How far the solution can be trusted.
  struct Accuracy: Encodable {
    var backwardError: Double?
    var componentwiseBackwardError: Double?
    var conditionNumber: Double?
    var estimatedRelativeError: Double?
    /// ‖x − 1‖∞ where the right-hand side was made from x = 1.
    var knownError: Double?
  }

  /// The gradient and how far it can be trusted.
  struct Gradient: Encodable {
    var functional: String
    var value: Double
    var largestOfRightHandSide: Component
    var largestOfMatrix: Entry?
    var adjointBackwardError: Double
    var estimatedRelativeError: Double?
  }

  /// Wall-clock times.
  struct Seconds: Encodable {
    var read: Double
    var solve: Double
    var gradient: Double
  }

  var matrix: Matrix
  var method: String
  var decisions: [String]
  var rank: Int?
  var residualNorm: Double?
  var factorEntries: Int?
  var iterations: Int?
  var refinementSteps: Int?
  var accuracy: Accuracy
  var gradient: Gradient
  var seconds: Seconds
  var files: [String]

  init(
    _ problem: LinearProblemFiles, _ result: SolveResult, readSeconds: Double, files: [String]
  ) {
    let a = problem.matrix
    matrix = Matrix(
      file: problem.path, rows: a.rowCount, columns: a.columnCount,
      storedEntries: a.pattern.entryCount, symmetry: problem.file.symmetry.rawValue)
    method = result.method
    decisions = result.decisions
    rank = result.rank
    residualNorm = result.residualNorm
    factorEntries = result.factorEntryCount
    iterations = result.iterations
    refinementSteps = result.refinementSteps
    let isFullRank = (result.rank ?? a.columnCount) == a.columnCount
    accuracy = Accuracy(
      backwardError: result.backwardError,
      componentwiseBackwardError: result.componentwiseBackwardError,
      conditionNumber: result.conditionNumber,
      estimatedRelativeError: result.estimatedRelativeError,
      knownError: problem.isRightHandSideMade && isFullRank
        ? result.solution.reduce(0) { max($0, ($1 - 1).magnitude) } : nil)
    let largest = Self.largest(result.rightHandSideGradient)
    gradient = Gradient(
      functional: problem.functional == nil ? "|x|^2/2" : "c'x",
      value: problem.value(of: result.solution),
      largestOfRightHandSide: Component(
        row: largest + 1, value: result.rightHandSideGradient[largest]),
      largestOfMatrix: Self.largest(result.matrixGradient),
      adjointBackwardError: result.evidence.adjointBackwardError,
      estimatedRelativeError: result.evidence.estimatedRelativeError)
    seconds = Seconds(
      read: readSeconds, solve: result.solveSeconds, gradient: result.gradientSeconds)
    self.files = files
  }

  private static func largest(_ vector: [Double]) -> Int {
    vector.indices.max { vector[$0].magnitude < vector[$1].magnitude } ?? 0
  }

  /// The largest entry, or nil if the matrix stores none.
  private static func largest(_ matrix: SparseMatrix) -> Entry? {
    guard matrix.pattern.entryCount > 0 else { return nil }
    let slot = largest(matrix.values)
    // The column whose slots hold it: the last one that begins at or before it.
    let pointers = matrix.pattern.columnPointers
    let column = (0..<matrix.columnCount).first { pointers[$0 + 1] > slot } ?? 0
    return Entry(
      row: matrix.pattern.rowIndices[slot] + 1, column: column + 1, value: matrix.values[slot])
  }
}

// MARK: Text

extension SolveReport {
  /// The report for a person.
  var text: String {
    var rows: [(String, String)] = [
      (
        "matrix",
        "\(matrix.file), \(matrix.rows) x \(matrix.columns), \(matrix.storedEntries) stored entries, "
          + matrix.symmetry
      ), ("method", method),
    ]
    rows += decisions.map { ("", $0) }
    if let rank { rows.append(("rank", "\(rank) of \(min(matrix.rows, matrix.columns))")) }
    if let factorEntries {
      let fill = Double(factorEntries) / Double(max(matrix.storedEntries, 1))
      rows.append(
        ("factors", "\(factorEntries) entries, \(fill.formatted(digits: 3)) for each stored one"))
    }
    if let iterations { rows.append(("iterations", "\(iterations)")) }
    rows.append(
      (
        "time",
        "read \(Self.time(seconds.read)), solve \(Self.time(seconds.solve)), gradient "
          + Self.time(seconds.gradient)
      ))
    rows += accuracyRows + gradientRows
    rows.append(("wrote", files.joined(separator: ", ")))
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, text in
      name + String(repeating: " ", count: width + 2 - name.count) + text
    }.joined(separator: "\n")
  }

  private var accuracyRows: [(String, String)] {
    var rows: [(String, String)] = []
    if let residualNorm {
      rows.append(("residual", "|b - A x| = \(residualNorm.formatted(digits: 6))"))
    }
    if let backwardError = accuracy.backwardError {
      var text = backwardError.formatted(digits: 2)
      if let componentwise = accuracy.componentwiseBackwardError {
        text += ", entry by entry \(componentwise.formatted(digits: 2))"
      }
      if let refinementSteps, refinementSteps > 0 {
        text += ", refined \(refinementSteps == 1 ? "once" : "\(refinementSteps) times")"
      }
      rows.append(("backward error", text))
    }
    if let condition = accuracy.conditionNumber {
      let verdict = condition < 1 / Double.ulpOfOne ? "" : "; singular to working precision"
      rows.append(("condition", condition.formatted(digits: 3) + " (1-norm, estimated)" + verdict))
    }
    if let error = accuracy.estimatedRelativeError {
      rows.append(("error of x", "\(Self.error(error)), estimated"))
    }
    if let error = accuracy.knownError {
      rows.append(
        ("", "\(error.formatted(digits: 2)) from ones, the solution that b was made with"))
    }
    return rows
  }

  private var gradientRows: [(String, String)] {
    let component = gradient.largestOfRightHandSide
    var rows = [
      ("J = \(gradient.functional)", gradient.value.formatted(digits: 10)),
      ("dJ/db", "largest \(component.value.formatted(digits: 6)) at row \(component.row)"),
    ]
    if let entry = gradient.largestOfMatrix {
      rows.append(
        (
          "dJ/dA",
          "largest \(entry.value.formatted(digits: 6)) at row \(entry.row), column \(entry.column)"
        ))
    }
    var text = "backward error of the adjoint \(gradient.adjointBackwardError.formatted(digits: 2))"
    if let error = gradient.estimatedRelativeError {
      text = "\(Self.error(error)), estimated; " + text
    }
    rows.append(("error of dJ", text))
    return rows
  }

  private static func error(_ error: Double) -> String {
    error.isFinite ? error.formatted(digits: 2) + " relative" : "not a digit is known"
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 1
      ? (1000 * seconds).formatted(digits: 3) + " ms" : seconds.formatted(digits: 3) + " s"
  }
}

import Foundation
import Testing

@Suite("adjoint-demo solve")
struct SolveCommandTests {
  /// −u″ = 1 on n inner points of (0, 1): tridiagonal and symmetric; its solution x(1 − x)/2 is exact on the
  /// grid.
  private static func rod(_ count: Int) -> (matrix: String, load: String) {
    let scale = Double((count + 1) * (count + 1))
    var matrix =
      "%%MatrixMarket matrix coordinate real symmetric\n\(count) \(count) \(2 * count - 1)\n"
    for row in 1...count {
      matrix += "\(row) \(row) \(2 * scale)\n"
      if row < count { matrix += "\(row + 1) \(row) \(-scale)\n" }
    }
    let ones = String(repeating: "1\n", count: count)
    return (matrix, "%%MatrixMarket matrix array real general\n\(count) 1\n" + ones)
  }

  private static func vector(_ text: String) -> [Double] {
    text.split(separator: "\n").filter { !$0.hasPrefix("%") }.dropFirst().compactMap {
      Double($0)
    }
  }

  static let methods = ["auto", "cholesky", "ldl", "lu", "klu", "qr", "cg", "gmres"]

  @Test("Each method gives the solution and the gradient", arguments: methods)
  func everyMethod(_ method: String) throws {
    let count = 40
    let rod = Self.rod(count)
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "solve", scratch.file("a.mtx", rod.matrix), "--right-hand-side",
        scratch.file("b.mtx", rod.load), "--functional", scratch.file("c.mtx", rod.load),
        "--method",
        method, "--json", "--out", scratch.path("out"),
      ])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let report = try outcome.json()
    // The condition number is below n² = 1600; iterations end at 1e-10 relative to b.
    let tolerance = method == "cg" || method == "gmres" ? 1600 * 1e-10 : 1600 * 0x1p-50
    let exact = (1...count).map { index in
      let x = Double(index) / Double(count + 1)
      return 0.5 * x * (1 - x)
    }
    let solution = Self.vector(try scratch.text("out/x.mtx"))
    #expect(solution.count == count)
    #expect(zip(solution, exact).allSatisfy { abs($0 - $1) <= 0.125 * tolerance })
    let gradient = try #require(report["gradient"] as? [String: Any])
    let value = try #require(gradient["value"] as? Double)
    #expect(abs(value - exact.reduce(0, +)) <= exact.reduce(0, +) * tolerance)
    // J = 1ᵀx and b = 1: A is symmetric, so λ = x and dJ/dA = −x xᵀ, twice that below the diagonal.
    let adjoint = Self.vector(try scratch.text("out/gradient-b.mtx"))
    #expect(zip(adjoint, exact).allSatisfy { abs($0 - $1) <= 0.125 * tolerance })
    let entries = try scratch.text("out/gradient-A.mtx").split(separator: "\n").dropFirst(3)
    #expect(entries.count == 2 * count - 1)
    for entry in entries {
      let words = entry.split(separator: " ").compactMap { Double($0) }
      let (row, column) = (Int(words[0]) - 1, Int(words[1]) - 1)
      let expected = -(row == column ? 1 : 2) * exact[row] * exact[column]
      #expect(abs(words[2] - expected) <= 0.06 * tolerance)
    }
    let largest = try #require(gradient["largestOfRightHandSide"] as? [String: Any])
    #expect([20, 21].contains(largest["row"] as? Int))
  }

  @Test("The text explains itself, with the right-hand side made from ones")
  func text() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      ["solve", scratch.file("a.mtx", Self.rod(10).matrix), "--out", scratch.path("out")])
    #expect(outcome.status == 0)
    for part in [
      "10 x 10, 19 stored entries, symmetric", "Cholesky", "backward error", "condition",
      "from ones", "J = |x|^2/2", "dJ/dA", "estimated",
    ] { #expect(outcome.output.contains(part)) }
    #expect(Self.vector(try scratch.text("out/x.mtx")).count == 10)
  }

  @Test("A tall matrix is solved in the sense of least squares")
  func leastSquares() throws {
    let scratch = try Scratch()
    let matrix =
      "%%MatrixMarket matrix coordinate integer general\n3 2 4\n1 1 1\n2 1 1\n2 2 1\n3 2 1\n"
    let load = "%%MatrixMarket matrix array real general\n3 1\n1\n2\n0\n"
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "solve", scratch.file("a.mtx", matrix), "--right-hand-side", scratch.file("b.mtx", load),
        "--json", "--out", scratch.path("out"),
      ])
    #expect(outcome.status == 0)
    // Normal equations: [2 1; 1 2] x = (3, 2).
    let solution = Self.vector(try scratch.text("out/x.mtx"))
    #expect(zip(solution, [4.0 / 3, 1.0 / 3]).allSatisfy { abs($0 - $1) <= 0x1p-48 })
    #expect(try outcome.json()["rank"] as? Int == 2)
  }

  /// Files that cannot be solved with, and what the message must name.
  struct BadInput: Sendable, CustomTestStringConvertible {
    var name: String
    var matrix = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 2 1\n"
    var options: [String] = []
    var vector: String?
    var message: [String]

    var testDescription: String { name }
  }

  static let badInputs = [
    BadInput(
      name: "no such format", matrix: "1 2\n3 4\n", message: ["a.mtx, line 1", "Matrix Market"]),
    BadInput(
      name: "bad entry", matrix: "%%MatrixMarket matrix array real general\n1 1\nx\n",
      message: ["a.mtx, line 3", "\"x\""]),
    BadInput(
      name: "empty", matrix: "%%MatrixMarket matrix coordinate real general\n0 0 0\n",
      message: ["0 x 0"]),
    BadInput(
      name: "complex", matrix: "%%MatrixMarket matrix array complex general\n1 1\n1 1\n",
      message: ["complex"]),
    BadInput(
      name: "singular", matrix: "%%MatrixMarket matrix array real general\n2 2\n1\n1\n1\n1\n",
      message: ["singular"]),
    BadInput(
      name: "wrong length", vector: "%%MatrixMarket matrix array real general\n3 1\n1\n2\n3\n",
      message: ["b.mtx", "has 3 numbers", "asks for 2"]),
    BadInput(
      name: "several right-hand sides",
      vector: "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n",
      message: ["b.mtx", "one column"]),
    BadInput(
      name: "not symmetric", matrix: "%%MatrixMarket matrix array real general\n2 2\n2\n1\n0\n2\n",
      options: ["--method", "cg"], message: ["not symmetric", "gmres"]),
    BadInput(
      name: "not square", matrix: "%%MatrixMarket matrix array real general\n1 2\n2\n1\n",
      options: ["--method", "lu"], message: ["1 x 2", "qr"]),
    BadInput(
      name: "not positive definite",
      matrix: "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n1\n",
      options: ["--method", "cholesky"], message: ["not positive definite", "column 1"]),
  ]

  @Test("Bad files are named, exit 1", arguments: badInputs)
  func bad(_ input: BadInput) throws {
    let scratch = try Scratch()
    var arguments = ["solve", try scratch.file("a.mtx", input.matrix)] + input.options
    if let vector = input.vector {
      arguments += ["--right-hand-side", try scratch.file("b.mtx", vector)]
    }
    let outcome = try Command.run("adjoint-demo", arguments + ["--out", scratch.path("out")])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    for part in input.message { #expect(outcome.errors.contains(part)) }
    #expect(!scratch.has("out/x.mtx"))
  }

  static let wrongUsage = [
    ["solve"], ["solve", "a.mtx", "--method", "guess"],
    ["solve", "a.mtx", "--preconditioner", "ilu"],
    ["solve", "a.mtx", "--method", "cg", "--tolerance", "2"],
  ]

  @Test("Wrong usage is explained, exit 64", arguments: wrongUsage)
  func usage(_ arguments: [String]) throws {
    let outcome = try Command.run("adjoint-demo", arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("Usage: "))
  }
}

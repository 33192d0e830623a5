import Foundation
import Testing

@Suite("adjoint-demo check")
struct CheckCommandTests {
  private struct Curve: Decodable {
    var formula: String
    var order: Int
    var truncationSlope: Double?
    var roundingSlope: Double?
    var bestStep: Double
    var bestError: Double
    var steps: [Double]
    var errors: [Double]
  }

  private struct Sweep: Decodable {
    var operation: String
    var curves: [Curve]
  }

  private static func sweep(_ arguments: [String], in scratch: Scratch) throws -> Sweep {
    let outcome = try Command.run(
      "adjoint-demo", ["check", "--sweep", "--json", "--out", scratch.url.path] + arguments)
    #expect(outcome.status == 0)
    return try JSONDecoder().decode(Sweep.self, from: Data(outcome.output.utf8))
  }

  @Test("A part of a name chooses the operations that are checked")
  func only() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      ["check", "--only", "modelevaluator: lotka", "--json", "--out", scratch.url.path])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let report = try outcome.json()
    #expect(report["passed"] as? Bool == true)
    let operations = try #require(report["operations"] as? [[String: Any]])
    #expect(operations.count >= 2)
    for operation in operations {
      #expect((operation["name"] as? String)?.contains("ModelEvaluator: Lotka–Volterra") == true)
      #expect((operation["laws"] as? [[String: Any]])?.count == 8)
    }
    let lines = try scratch.text("check.csv").split(separator: "\n")
    #expect(lines[0] == "operation,law,figure,relation,bound,passed")
    #expect(lines.count == 1 + 8 * operations.count)
  }

  @Test("The sweep of a textbook function shows its orders", arguments: [nil, "exp", "sin"])
  func sweepOfFunction(name: String?) throws {
    let scratch = try Scratch()
    let sweep = try Self.sweep(name.map { [$0] } ?? [], in: scratch)
    #expect(sweep.operation == "\(name ?? "exp") at 1")
    #expect(sweep.curves.map(\.formula) == ["forward", "central", "fourthOrder", "richardson"])
    #expect(sweep.curves.map(\.order) == [1, 2, 4, 6])
    for curve in sweep.curves {
      // As in the library's tests of the same curves.
      #expect(abs(try #require(curve.truncationSlope) - Double(curve.order)) <= 0.2)
      #expect(abs(try #require(curve.roundingSlope) + 1) <= 0.33)
      #expect(curve.bestError == curve.errors.min())
    }
    let rows = try scratch.text("sweep.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows[0] == ["h", "forward", "central", "fourthOrder", "richardson"])
    #expect(rows.allSatisfy { $0.count == 5 })
    #expect(rows.dropFirst().map { Double($0[0]) } == sweep.curves[0].steps)
    #expect(rows.dropFirst().compactMap { Double($0[4]) } == sweep.curves[3].errors)
    #expect(rows[1][4].isEmpty)
  }

  @Test("The sweep of an operation writes the diagram, and its table to standard output")
  func sweepOfOperation() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      ["check", "--sweep", "lotka–volterra, tsitouras", "--out", scratch.url.path])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("ODESolution: Lotka–Volterra, Tsitouras"))
    #expect(outcome.output.contains("Richardson"))
    #expect(outcome.output.contains(scratch.path("sweep.csv")))
    if outcome.errors.contains("gnuplot") {
      #expect(!scratch.has("sweep.svg"))
    } else {
      let picture = try scratch.text("sweep.svg")
      #expect(picture.contains("</svg>"))
      #expect(picture.contains("step h"))
      #expect(outcome.output.contains(scratch.path("sweep.svg")))
    }
    #expect(!scratch.has("check.csv"))
  }

  static let wrongUsage: [(arguments: [String], message: String)] = [
    (["check", "--only", "pendulum"], "No operation's name contains \"pendulum\""),
    (["check", "--sweep", "pendulum"], "No operation's name contains \"pendulum\""),
    (["check", "--sweep", "Lotka"], "ODESolution: Lotka–Volterra, RK4"),
    (["check", "exp"], "--sweep"),
    (["check", "--sweep", "--only", "ring"], "--only"),
    (["check", "--seed", "many"], "seed"),
  ]

  @Test("Wrong usage is explained, exit 64", arguments: wrongUsage.indices)
  func usage(index: Int) throws {
    let (arguments, message) = Self.wrongUsage[index]
    let scratch = try Scratch()
    let outcome = try Command.run("adjoint-demo", arguments + ["--out", scratch.path("out")])
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(!scratch.has("out/check.csv") && !scratch.has("out/sweep.csv"))
  }

  @Test("A folder that cannot be used is refused, exit 1", arguments: [["--sweep"], []])
  func folder(arguments: [String]) throws {
    let scratch = try Scratch()
    let file = try scratch.file("file", "")
    let outcome = try Command.run("adjoint-demo", ["check", "--out", file] + arguments)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("not a folder"))
  }
}

import Foundation
import Testing

@Suite("adjoint-demo topopt and check")
struct TopologyTests {
  @Test("A small beam is optimized; JSON and files say how")
  func beam() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "topopt", "mbb", "--elements", "60x20", "--filter-radius", "2.4", "--max-iterations", "30",
        "--json", "--out", scratch.url.path,
      ])
    #expect(outcome.status == 0)
    let report = try outcome.json()
    #expect(try #require(report["iterations"] as? Int) == 30)
    #expect(try #require(report["secondsPerIteration"] as? Double) > 0)
    let history = try #require(report["history"] as? [[String: Any]])
    #expect(history.count == 30)
    let compliances = history.compactMap { $0["compliance"] as? Double }
    let first = try #require(compliances.first)
    let last = try #require(compliances.last)
    #expect(last < first / 3)
    #expect(report["compliance"] as? Double == last)
    // The update meets the volume to a relative 1e-3.
    #expect(abs(try #require(report["volumeFraction"] as? Double) - 0.5) < 1e-3)

    let png = try Data(contentsOf: scratch.url.appendingPathComponent("density.png"))
    #expect(Array(png.prefix(8)) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    #expect(png.count > 500)
    #expect(scratch.has("density.csv"))
    #expect(scratch.has("convergence.svg") || outcome.errors.contains("gnuplot"))
  }

  @Test("The sensitivity filter is an option, and each iteration has a line")
  func text() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "topopt", "mbb", "--elements", "30x10", "--filter", "sensitivity", "--filter-radius", "1.5",
        "--max-iterations", "5", "--out", scratch.url.path,
      ])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("density.png"))
    #expect(outcome.output.split(separator: "\n").count >= 6)
  }

  /// Options that make no sense, their exit status, and a word of the message.
  static let senseless: [([String], Int32, String)] = [
    (["mbb", "--elements", "0x5"], 1, "0x5"),
    (["mbb", "--elements=-3x20"], 1, "-3x20"),
    (["mbb", "--elements", "1000000x1000000"], 1, "1000000x1000000"),
    (["mbb", "--elements", "99999999999999999999x2"], 64, "--elements"),
    (["mbb", "--elements", "wide"], 64, "--elements"),
    (["mbb", "--volume-fraction", "2"], 1, "volumeFraction"),
    (["mbb", "--volume-fraction", "0"], 1, "volumeFraction"),
    (["mbb", "--volume-fraction", "nan"], 1, "volumeFraction"),
    (["mbb", "--penalization", "0.5"], 1, "penalization"),
    (["mbb", "--filter-radius=-1"], 1, "filterRadius"),
    (["mbb", "--filter", "median"], 64, "--filter"),
    (["mbb", "--max-iterations=-4"], 1, "maximumIterations"),
    (["mbb", "--change-tolerance=-1"], 1, "changeTolerance"),
    (["tower"], 64, "tower"),
    ([], 64, "structure"),
    (["mbb", "--out", "/dev/null/folder"], 1, "/dev/null is not a folder"),
  ]

  @Test("Options that make no sense are explained", arguments: senseless)
  func badOptions(arguments: [String], status: Int32, word: String) throws {
    let scratch = try Scratch()
    // The last --out counts, so that a test's own one is kept.
    let outcome = try Command.run(
      "adjoint-demo", ["topopt", "--json", "--out", scratch.url.path] + arguments)
    #expect(outcome.status == status)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(word))
  }

  @Test("All operations pass the laws, exit 0")
  func check() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo", ["check", "--json", "--out", scratch.url.path])
    #expect(outcome.status == 0)
    let operations = try #require(try outcome.json()["operations"] as? [[String: Any]])
    #expect(operations.count > 15)
    for operation in operations {
      let laws = try #require(operation["laws"] as? [[String: Any]])
      #expect(laws.count >= 6)
      #expect(laws.allSatisfy { $0["passed"] as? Bool == true })
    }
    #expect(scratch.has("check.csv"))
  }
}

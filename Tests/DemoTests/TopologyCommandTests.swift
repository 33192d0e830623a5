import Foundation
import Testing

@Suite("adjoint-demo topopt")
struct TopologyCommandTests {
  private static let small = ["topopt", "mbb", "--elements", "60x20", "--filter-radius", "2.4"]

  struct Published: Sendable, CustomTestStringConvertible {
    var filter: String
    var compliance: Double
    var testDescription: String { filter }
  }

  /// The compliances printed with the pictures of the beam.
  ///
  /// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011).
  static let published = [
    Published(filter: "sensitivity", compliance: 216.81),
    Published(filter: "density", compliance: 233.71),
  ]

  @Test("The published optimum comes with its history and files", arguments: published)
  func optimum(_ expected: Published) throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      Self.small + ["--filter", expected.filter, "--json", "--out", scratch.url.path])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let report = try outcome.json()
    let compliance = try #require(report["compliance"] as? Double)
    // Half of the last digit.
    #expect(abs(compliance - expected.compliance) <= 0.005)
    let volume = try #require(report["volumeFraction"] as? Double)
    // The multiplier is bisected to 2e-3, and the volume goes with its inverse square root.
    #expect(abs(volume - 0.5) <= 1e-3 * 0.5)
    #expect(try #require(report["secondsPerIteration"] as? Double) > 0)
    let history = try #require(report["history"] as? [[String: Double]])
    #expect(history.count == report["iterations"] as? Int)
    #expect(history.last?["compliance"] == compliance)
    #expect(history.last?["volumeFraction"] == volume)
    #expect(try #require(history.last?["change"]) < 0.01)
    #expect(history.dropLast().allSatisfy { ($0["change"] ?? 0) >= 0.01 })

    let rows = try scratch.text("density.csv").split(separator: "\n")
    #expect(rows.first == "column,row,density")
    #expect(rows.count == 1 + 60 * 20)
    let densities = rows.dropFirst().compactMap { Double($0.split(separator: ",")[2]) }
    // Summed in another order: 1200 terms of at most 1.
    #expect(abs(densities.reduce(0, +) / 1200 - volume) <= 1200 * 0x1p-52)
    #expect(scratch.has("convergence.svg") || outcome.errors.contains("gnuplot"))
  }

  @Test("The picture shows the whole beam, ten pixels an element")
  func picture() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo", Self.small + ["--max-iterations", "1", "--out", scratch.url.path])
    #expect(outcome.status == 0)
    let png = try Data(contentsOf: scratch.url.appendingPathComponent("density.png"))
    // Signature, then the header chunk: width, height, eight bits of gray.
    let header: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
      0, 0, 0x04, 0xB0, 0, 0, 0, 0xC8, 8, 0,
    ]
    #expect(Array(png.prefix(header.count)) == header)
    #expect(png.range(of: Data("IEND".utf8)) != nil)
  }

  @Test("Negative numbers are values, not options, and nothing is written")
  func negativeNumbers() throws {
    for (option, value, message) in [
      ("--elements", "-4x5", "-4x5 elements"), ("--filter-radius", "-1", "filterRadius is -1"),
      ("--volume-fraction", "-0.5", "volumeFraction is -0.5"),
      ("--max-iterations", "-3", "maximumIterations is -3"),
    ] {
      let scratch = try Scratch()
      let outcome = try Command.run(
        "adjoint-demo", ["topopt", "mbb", option, value, "--out", scratch.path("out")])
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains(message))
      #expect(!scratch.has("out"))
    }
  }
}

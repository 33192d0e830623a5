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

  @Test("A line is printed for each iteration")
  func lines() throws {
    let outcome = try Command.run(
      "adjoint-demo",
      Self.small + [
        "--max-iterations", "4", "--change-tolerance", "0", "--out", Scratch().url.path,
      ])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("iteration ") }
    #expect(lines.count == 4)
    for line in lines {
      for word in ["compliance", "volume", "change"] { #expect(line.contains(word)) }
    }
    #expect(outcome.output.contains("density.png"))
  }

  struct BadOption: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var status: Int32
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let badOptions = [
    BadOption(arguments: ["mbb", "--elements", "0x5"], status: 1, message: "0x5 elements"),
    BadOption(arguments: ["mbb", "--elements", "-4x5"], status: 1, message: "-4x5 elements"),
    BadOption(
      arguments: ["mbb", "--elements", "9999999999x9999999999"], status: 1,
      message: "at most 10000000"),
    BadOption(
      arguments: ["mbb", "--elements", "12by4"], status: 64, message: "'12by4' is invalid"),
    BadOption(arguments: ["bridge", "--elements", "1x5"], status: 1, message: "at least 2"),
    BadOption(arguments: ["mbb", "--volume-fraction", "0"], status: 1, message: "volumeFraction"),
    BadOption(
      arguments: ["mbb", "--volume-fraction", "nan"], status: 1, message: "volumeFraction"),
    BadOption(arguments: ["mbb", "--penalization", "0.5"], status: 1, message: "penalization"),
    BadOption(arguments: ["mbb", "--filter-radius", "-1"], status: 1, message: "filterRadius"),
    BadOption(arguments: ["mbb", "--move-limit", "2"], status: 1, message: "moveLimit"),
    BadOption(
      arguments: ["mbb", "--change-tolerance", "-1"], status: 1, message: "changeTolerance"),
    BadOption(
      arguments: ["mbb", "--max-iterations", "0"], status: 1, message: "maximumIterations"),
    BadOption(arguments: ["mbb", "--filter", "none"], status: 64, message: "'none' is invalid"),
    BadOption(arguments: ["truss"], status: 64, message: "'truss' is invalid"),
    BadOption(arguments: [], status: 64, message: "structure"),
  ]

  @Test("Bad options are explained and nothing is written", arguments: badOptions)
  func badOption(_ option: BadOption) throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo", ["topopt"] + option.arguments + ["--out", scratch.path("out")])
    #expect(outcome.status == option.status)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(option.message))
    #expect(!scratch.has("out"))
  }

  @Test("An output folder that cannot be made is named before any work is done")
  func unwritable() throws {
    let scratch = try Scratch()
    let file = try scratch.file("file", "")
    let outcome = try Command.run("adjoint-demo", Self.small + ["--out", file + "/out"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("\(file)/out"))
    #expect(!outcome.output.contains("iteration"))
  }

  @Test("BridgeTopology finds an arch and prints it")
  func example() throws {
    let outcome = try Command.run("BridgeTopology")
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.contains { $0.hasPrefix("1  204.47") })
    #expect(lines.contains { $0.hasPrefix("stiffer than the uniform plate by 22.") })
    let picture = lines.filter { $0.count == 72 && $0.allSatisfy { " .:*#".contains($0) } }
    #expect(picture.count == 18)
    // Void above the arch, solid at its feet.
    #expect(picture.first?.allSatisfy { $0 == " " } == true)
    #expect(picture.last?.hasPrefix("###") == true && picture.last?.hasSuffix("###") == true)
  }
}

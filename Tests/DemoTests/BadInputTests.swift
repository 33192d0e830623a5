import Foundation
import Testing

@Suite("adjoint-demo and bad input")
struct BadInputTests {
  /// A table that cannot be fitted, and what the message must name.
  struct BadTable: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var options: [String] = []
    var message: [String]

    var testDescription: String { name }
  }

  static let tables = [
    BadTable(name: "empty file", text: "", message: ["is empty"]),
    BadTable(name: "header only", text: "day,in_bed\n", message: ["0 observations", "at least 4"]),
    BadTable(
      name: "wrong column", text: "day,ill\n0,3\n", message: ["\"in_bed\"", "\"day\", \"ill\""]),
    BadTable(
      name: "wrong column by option", text: "day,ill\n0,3\n", options: ["--columns", "day,sick"],
      message: ["\"sick\""]),
    BadTable(
      name: "duplicate column", text: "day,in_bed,in_bed\n0,3,3\n",
      message: ["more than one column \"in_bed\""]),
    BadTable(
      name: "long row", text: "day,in_bed\n0,3\n1,8,9\n", message: ["line 3", "3 cells", "has 2"]),
    BadTable(
      name: "short row", text: "day,in_bed\n0,3\n1\n", message: ["line 3", "1 cells", "has 2"]),
    BadTable(
      name: "empty cell", text: "day,in_bed\n0,3\n1,\n",
      message: ["line 3", "column \"in_bed\"", "empty"]),
    BadTable(
      name: "word", text: "day,in_bed\n0,3\n1,many\n",
      message: ["line 3", "column \"in_bed\"", "\"many\" is not a number"]),
    BadTable(
      name: "NaN after a blank line", text: "day,in_bed\n0,3\n\n1,nan\n",
      message: ["line 4", "column \"in_bed\"", "finite"]),
    BadTable(
      name: "infinite time", text: "day,in_bed\n0,3\ninf,8\n",
      message: ["line 3", "column \"day\"", "finite"]),
    BadTable(
      name: "unsorted times", text: "day,in_bed\n0,3\n2,8\n1,26\n",
      message: ["line 4", "1.0 does not follow 2.0"]),
    BadTable(
      name: "repeated times", text: "day,in_bed\n0,3\n2,8\n2,26\n",
      message: ["line 4", "2.0 does not follow 2.0"]),
    BadTable(
      name: "too few rows", text: "day,in_bed\n0,3\n1,8\n2,26\n",
      message: ["3 observations", "at least 4"]),
    BadTable(
      name: "zero with --log", text: "day,in_bed\n0,3\n1,8\n2,0\n3,7\n4,8\n", options: ["--log"],
      message: ["line 4", "column \"in_bed\"", "logarithm"]),
    BadTable(
      name: "nothing but zeros", text: "day,in_bed\n0,0\n1,0\n2,0\n3,0\n4,0\n",
      message: ["column \"in_bed\"", "no value is positive"]),
    BadTable(
      name: "numbers whose squares overflow",
      text: "day,in_bed\n0,1e300\n1,1e300\n2,1e300\n3,1e300\n",
      message: ["cannot be evaluated at the start", "not finite"]),
    BadTable(
      name: "open quotation mark", text: "day,in_bed\n0,\"3\n1,8\n", message: ["line 2"]),
  ]

  @Test("A bad table is named with line and column, exit 1", arguments: tables)
  func badTable(table: BadTable) throws {
    let scratch = try Scratch()
    let path = try scratch.file("bad.csv", table.text)
    let outcome = try Command.run(
      "adjoint-demo",
      ["fit", "sir", path, "--json", "--out", scratch.path("out")] + table.options)
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("Error: "))
    for part in table.message { #expect(outcome.errors.contains(part)) }
  }

  @Test("A file that is missing, a folder or no text is named, exit 1")
  func unreadable() throws {
    let scratch = try Scratch()
    let binary = scratch.url.appendingPathComponent("binary.csv")
    try Data([0xff, 0xfe, 0x00, 0xd8]).write(to: binary)
    for (path, reason) in [
      (scratch.path("missing.csv"), "no such file"), (scratch.url.path, "is a folder"),
      (binary.path, "not text"),
    ] {
      let outcome = try Command.run(
        "adjoint-demo", ["fit", "sir", path, "--out", scratch.path("out")])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains(path))
      #expect(outcome.errors.contains(reason))
    }
  }

  static let wrongUsage: [[String]] = [
    ["--nonsense"], ["fit"], ["fit", "sir"], ["fit", "pendulum", "data.csv"],
    ["fit", "sir", "data.csv", "--population", "2"],
    ["fit", "sir", "data.csv", "--population=-763"],
    ["fit", "sir", "data.csv", "--population", "nan"],
    ["fit", "sir", "data.csv", "--population", "many"],
    ["fit", "sir", "data.csv", "--columns", "day"],
    ["fit", "sir", "data.csv", "--columns", "day,day"],
    ["fit", "sir", "data.csv", "--columns", "day,"],
    ["fit", "sir", "data.csv", "--start", "alpha=1"],
    ["fit", "sir", "data.csv", "--start", "contactRate"],
    ["fit", "sir", "data.csv", "--start", "contactRate=0"],
    ["fit", "sir", "data.csv", "--start", "contactRate=fast"],
    ["fit", "sir", "data.csv", "--bounds", "contactRate=2:1"],
    ["fit", "sir", "data.csv", "--bounds", "contactRate=2"],
  ]

  @Test("Wrong usage is explained, exit 64", arguments: wrongUsage)
  func usage(arguments: [String]) throws {
    let outcome = try Command.run("adjoint-demo", arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Error: "))
    #expect(outcome.errors.contains("Usage: "))
  }

  @Test("A start outside of its bounds is refused, exit 1")
  func startOutsideBounds() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "fit", "sir", "examples/data/influenza-1978.csv", "--out", scratch.url.path, "--start",
        "contactRate=5", "--bounds", "contactRate=0.1:2",
      ])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("contactRate=5.0"))
  }

  @Test("An output folder that cannot be used is refused before the work, exit 1")
  func outputFolder() throws {
    let scratch = try Scratch()
    let file = try scratch.file("file", "")
    try FileManager.default.createDirectory(
      atPath: scratch.path("taken/fit.csv"), withIntermediateDirectories: true)
    for (folder, reason) in [
      (file, "not a folder"), (file + "/below", "not a folder"),
      (scratch.path("taken"), "it is a folder"),
    ] {
      let outcome = try Command.run(
        "adjoint-demo",
        ["fit", "sir", "examples/data/influenza-1978.csv", "--json", "--out", folder])
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains(folder))
      #expect(outcome.errors.contains(reason))
    }
  }

  @Test("Help is there for the command and its subcommands")
  func help() throws {
    for arguments in [["--help"], ["fit", "--help"]] {
      let outcome = try Command.run("adjoint-demo", arguments)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("USAGE:"))
    }
    #expect(try Command.run("adjoint-demo", ["fit", "--help"]).output.contains("--json"))
  }
}

import Foundation
import Testing

@Suite("adjoint-demo fit")
struct FitTests {
  /// A fit of one of the data files that come with the package, and its optimum.
  struct Case: Sendable, CustomTestStringConvertible {
    var model: String
    var data: String
    var options: [String]
    /// Deliberately poor starts.
    var starts: [String]
    var misfit: Double
    var parameters: [String: Double]

    var testDescription: String { ([model] + options).joined(separator: " ") }
  }

  /// The optima, which SciPy 1.17's `least_squares` (MINPACK) with LSODA at tolerance 1e-12 reaches
  /// as well, to the digits given.
  static let cases = [
    Case(
      model: "lotka-volterra", data: "examples/data/lynx-hare.csv", options: [],
      starts: [
        "alpha=1,beta=1,gamma=1,delta=1,prey=1,predator=1",
        "alpha=10,beta=1e-4,gamma=10,delta=1e-4",
      ], misfit: 297.372280,
      parameters: ["alpha": 0.481199, "beta": 0.0248318, "gamma": 0.926018, "delta": 0.0275330]),
    Case(
      model: "lotka-volterra", data: "examples/data/lynx-hare.csv", options: ["--log"],
      starts: [
        "alpha=1,beta=1,gamma=1,delta=1,prey=1,predator=1", "alpha=0.001,beta=0.001,gamma=0.001",
      ], misfit: 1.00933058,
      parameters: ["alpha": 0.540159, "beta": 0.0271654, "gamma": 0.796386, "delta": 0.0236946]),
    Case(
      model: "sir", data: "examples/data/influenza-1978.csv", options: [],
      starts: ["contactRate=50,recoveryRate=0.001", "contactRate=0.01,recoveryRate=5"],
      misfit: 1937.17866, parameters: ["contactRate": 1.69980, "recoveryRate": 0.446866]),
    Case(
      model: "sir", data: "examples/data/influenza-1978.csv", options: ["--log"],
      starts: ["contactRate=20,recoveryRate=20", "contactRate=0.01,recoveryRate=5"],
      misfit: 1.10722415, parameters: ["contactRate": 1.80407, "recoveryRate": 0.591696]),
  ]

  @Test("The optimum is reached by default and from poor starts", arguments: cases)
  func optimum(item: Case) throws {
    for start in [[]] + item.starts.map({ ["--start", $0] }) {
      let scratch = try Scratch()
      let outcome = try Command.run(
        "adjoint-demo",
        ["fit", item.model, item.data, "--json", "--out", scratch.url.path] + item.options + start)
      #expect(outcome.status == 0)
      let report = try outcome.json()
      #expect(report["model"] as? String == item.model)
      // The digits given above.
      let misfit = try #require(report["misfit"] as? Double)
      #expect(abs(misfit - item.misfit) <= 1e-7 * item.misfit)
      let parameters = try #require(report["parameters"] as? [String: Double])
      for (name, expected) in item.parameters {
        #expect(abs(try #require(parameters[name]) - expected) <= 3e-6 * expected)
      }
      #expect(parameters.count == item.parameters.count)
      let gradientNorm = try #require(report["gradientNorm"] as? Double)
      #expect(gradientNorm >= 0 && gradientNorm <= 1e-6)
      // Differences with a relative step of 1e-3 and a tolerance of 1e-12 err by about 1e-9 of a
      // prediction, which changes by at least 1 % of a relative change of a parameter.
      let gradientCheck = try #require(report["gradientCheck"] as? Double)
      #expect(gradientCheck > 0 && gradientCheck <= 1e-7)
      #expect(try #require(report["iterations"] as? Int) > 0)
      let errors = try #require(report["standardErrors"] as? [String: Double])
      for name in item.parameters.keys { #expect(try #require(errors[name]) > 0) }
      #expect(report["initialState"] is [String: Double])
      #expect((report["starts"] as? [Any])?.count == start.count / 2 + 1)
    }
  }

  @Test("Poor starts reach the optimum by themselves, not only through the start from the data")
  func poorStarts() throws {
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "fit", "lotka-volterra", "examples/data/lynx-hare.csv", "--json", "--out",
        Scratch().url.path,
        "--start", "alpha=0.1,beta=0.1,gamma=0.1,delta=0.1", "--start", "prey=10,predator=10",
      ])
    let starts = try #require(try outcome.json()["starts"] as? [[String: Any]])
    #expect(starts.map { $0["origin"] as? String } == ["as given", "from the data"])
    for start in starts {
      #expect(abs(try #require(start["misfit"] as? Double) - 297.372280) <= 1e-5)
    }
  }

  @Test("The known initial state of an epidemic is not estimated")
  func knownInitialState() throws {
    let outcome = try Command.run(
      "adjoint-demo",
      ["fit", "sir", "examples/data/influenza-1978.csv", "--json", "--out", Scratch().url.path])
    let report = try outcome.json()
    #expect(
      report["initialState"] as? [String: Double] == [
        "susceptible": 760, "infected": 3, "recovered": 0,
      ])
    #expect(
      (report["standardErrors"] as? [String: Double])?.keys.sorted() == [
        "contactRate", "recoveryRate",
      ])
  }

  @Test("Text, tables and a plot are written")
  func files() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      ["fit", "lotka-volterra", "examples/data/lynx-hare.csv", "--out", scratch.path("new/folder")])
    #expect(outcome.status == 0)
    for word in ["alpha", "standard error", "misfit", "iterations", "gradient norm", "fit.csv"] {
      #expect(outcome.output.contains(word))
    }
    let lines = try scratch.text("new/folder/fit.csv").split(separator: "\n")
    #expect(lines.first == "year,hare,lynx,hare_fit,lynx_fit")
    #expect(lines.count == 22)
    // The misfit of the table is the misfit of the fit.
    let rows = lines.dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
    let misfit = rows.reduce(0.0) { sum, row in
      let hare = row[1] - row[3]
      let lynx = row[2] - row[4]
      return sum + 0.5 * (hare * hare + lynx * lynx)
    }
    #expect(abs(misfit - 297.372280) < 1e-5)
    #expect(rows.first?.first == 1900)
    let curve = try scratch.text("new/folder/curve.csv").split(separator: "\n")
    #expect(curve.count == 1 + 20 * 20 + 1)
    // gnuplot is optional: either there is a plot, or a message says how to get it.
    if scratch.has("new/folder/fit.svg") {
      #expect(try scratch.text("new/folder/fit.svg").contains("<svg"))
    } else {
      #expect(outcome.errors.contains("gnuplot"))
    }
  }

  @Test("Without gnuplot the tables are written and a message says how to get the plot")
  func withoutGnuplot() throws {
    let scratch = try Scratch()
    let outcome = try Command.run(
      "adjoint-demo",
      ["fit", "sir", "examples/data/influenza-1978.csv", "--json", "--out", scratch.url.path],
      environment: ["PATH": scratch.url.path])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("apt-get install gnuplot"))
    #expect(scratch.has("fit.csv"))
    #expect(!scratch.has("fit.svg"))
    #expect(try outcome.json()["misfit"] is Double)
  }

  @Test("Columns are found under other names, and by --columns")
  func columns() throws {
    let scratch = try Scratch()
    let rows = try String(
      contentsOf: Command.root.appendingPathComponent("examples/data/influenza-1978.csv"),
      encoding: .utf8
    ).split(separator: "\n").dropFirst()
    let other = try scratch.file(
      "other.csv",
      "note,I,Time\n"
        + rows.map { row in
          let cells = row.split(separator: ",")
          return "x,\(cells[1]),\(cells[0])\r\n"
        }.joined())
    let strange = try scratch.file(
      "strange.csv", "\"a b\",c\n" + rows.joined(separator: "\n"))
    for (path, options) in [(other, []), (strange, ["--columns", "a b, c"])] {
      let outcome = try Command.run(
        "adjoint-demo", ["fit", "sir", path, "--json", "--out", scratch.url.path] + options)
      #expect(outcome.status == 0)
      let misfit = try #require(try outcome.json()["misfit"] as? Double)
      #expect(abs(misfit - 1937.17866) < 1e-4)
    }
  }

  @Test("Only time differences count")
  func shiftedTime() throws {
    let scratch = try Scratch()
    let rows = try String(
      contentsOf: Command.root.appendingPathComponent("examples/data/influenza-1978.csv"),
      encoding: .utf8
    ).split(separator: "\n").dropFirst()
    let shifted = try scratch.file(
      "shifted.csv",
      "day,in_bed\n"
        + rows.map { row in
          let cells = row.split(separator: ",").compactMap { Double($0) }
          return "\(cells[0] - 1000),\(cells[1])\n"
        }.joined())
    let outcome = try Command.run(
      "adjoint-demo", ["fit", "sir", shifted, "--json", "--out", scratch.url.path])
    let misfit = try #require(try outcome.json()["misfit"] as? Double)
    #expect(abs(misfit - 1937.17866) < 1e-4)
  }

  @Test("A model's own curve is fitted exactly", arguments: [[], ["--log"]])
  func ownCurve(options: [String]) throws {
    let scratch = try Scratch()
    let data = "examples/data/lynx-hare.csv"
    let first = try Command.run(
      "adjoint-demo", ["fit", "lotka-volterra", data, "--json", "--out", scratch.url.path])
    let second = try Command.run(
      "adjoint-demo",
      [
        "fit", "lotka-volterra", scratch.path("curve.csv"), "--json", "--out", scratch.url.path,
        "--columns", "year,hare_fit,lynx_fit",
      ] + options)
    #expect(second.status == 0)
    let known = try #require(try first.json()["parameters"] as? [String: Double])
    let found = try #require(try second.json()["parameters"] as? [String: Double])
    // The solver's tolerance is 1e-10 a step, and 400 observations average its errors.
    for (name, value) in known { #expect(abs(try #require(found[name]) - value) <= 1e-7 * value) }
    #expect(try #require(try second.json()["misfit"] as? Double) < 1e-9)
  }

  @Test("A bound is respected and reported")
  func bounds() throws {
    let outcome = try Command.run(
      "adjoint-demo",
      [
        "fit", "sir", "examples/data/influenza-1978.csv", "--json", "--out", Scratch().url.path,
        "--bounds", "recoveryRate=0.5:1",
      ])
    #expect(outcome.status == 0)
    let report = try outcome.json()
    let parameters = try #require(report["parameters"] as? [String: Double])
    #expect(parameters["recoveryRate"] == 0.5)
    #expect(report["atBound"] as? [String] == ["recoveryRate"])
    #expect(try #require(report["misfit"] as? Double) > 1937.2)
  }
}

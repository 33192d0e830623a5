import Foundation
import Testing

@Suite("adjoint-demo fit: uncertainty")
struct FitStatisticsTests {
  private func report(_ options: [String], in scratch: Scratch) throws -> [String: Any] {
    let outcome = try Command.run(
      "adjoint-demo",
      ["fit", "sir", "examples/data/influenza-1978.csv", "--json", "--out", scratch.url.path]
        + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.json()
  }

  @Test("Intervals follow from the standard errors, and correlations are symmetric")
  func intervals() throws {
    let report = try report(["--level", "0.9"], in: Scratch())
    let parameters = try #require(report["parameters"] as? [String: Double])
    let errors = try #require(report["standardErrors"] as? [String: Double])
    let intervals = try #require(report["intervals"] as? [String: [Double]])
    for (name, value) in parameters {
      let range = try #require(intervals[name])
      // The 95 % point of Student's distribution with 14 − 2 degrees of freedom is 1.78228756.
      let ratio: Double = exp(1.782_287_56 * (errors[name] ?? .nan) / value)
      #expect(abs(range[0] * ratio / value - 1) <= 1e-6)
      #expect(abs(range[1] / ratio / value - 1) <= 1e-6)
    }
    let correlations = try #require(report["correlations"] as? [String: [String: Double]])
    let one = try #require(correlations["contactRate"]?["recoveryRate"])
    let other = try #require(correlations["recoveryRate"]?["contactRate"])
    #expect(one == other && abs(one) < 1)
    #expect(report["warnings"] as? [String] == [])
  }

  @Test("A robust loss, a prior and a profile are respected")
  func options() throws {
    let plain = try report([], in: Scratch())
    let scratch = try Scratch()
    let robust = try report(
      ["--loss", "huber:5", "--profile", "contactRate", "--level", "0.9"], in: scratch)
    let misfit = try #require(plain["misfit"] as? Double)
    #expect(try #require(robust["misfit"] as? Double) < misfit)
    let profile = try #require(robust["profile"] as? [String: Any])
    let estimate = try #require((robust["parameters"] as? [String: Double])?["contactRate"])
    let ends = [profile["lowerEnd"] as? Double, profile["upperEnd"] as? Double]
    #expect(try #require(ends[0]) < estimate && estimate < (try #require(ends[1])))
    let table = try scratch.text("profile.csv").split(separator: "\n")
    #expect(table.first == "contactRate,misfit,standardized_error")
    #expect(table.count >= 8)

    let held = try report(["--sigma", "15", "--prior", "recoveryRate=0.6:1e-6"], in: Scratch())
    let rate = try #require((held["parameters"] as? [String: Double])?["recoveryRate"])
    // The data pull with a slope of at most some 1e3 in the logarithm of the rate: 1e-12·1e3/0.6.
    #expect(abs(rate - 0.6) <= 1e-6)
    // The prior's deviation is that of the estimate.
    let error = try #require((held["standardErrors"] as? [String: Double])?["recoveryRate"])
    #expect(abs(error - 1e-6) <= 1e-9)
  }

  @Test(
    "Options that make no sense are refused with a usage error",
    arguments: [
      ["--loss", "tukey:1"], ["--loss", "huber:-1"], ["--loss", "huber"], ["--level", "1"],
      ["--sigma", "0"], ["--prior", "recoveryRate=1:1"], ["--profile", "nothing"],
      ["--sigma", "1", "--prior", "recoveryRate=1"], ["--sigma", "1", "--prior", "other=1:1"],
    ])
  func refused(options: [String]) throws {
    let outcome = try Command.run(
      "adjoint-demo", ["fit", "sir", "examples/data/influenza-1978.csv"] + options)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(options[options.count - 2]))
  }
}

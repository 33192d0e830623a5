import Foundation

/// What is printed about one problem, size, tolerance and variant: one line of JSON.
struct BenchmarkRecord: Encodable {
  /// An answer: a number or a list of numbers.
  struct Answer: Encodable, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral {
    let values: [Double]
    let isList: Bool

    init(_ value: Double) {
      values = [value]
      isList = false
    }

    init(_ values: [Double]) {
      self.values = values
      isList = true
    }

    init(floatLiteral value: Double) { self.init(value) }

    init(arrayLiteral elements: Double...) { self.init(elements) }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if isList { try container.encode(values) } else { try container.encode(values[0]) }
    }
  }

  let problem: String
  let size: String?
  let tolerance: Double?
  let variant: String
  let repetitions: Int
  let medianSeconds: Double
  let minimumSeconds: Double
  let maximumSeconds: Double
  let phases: [String: Double]
  let peakBytes: Int
  let answers: [String: Answer]
  let threads: Int

  /// A record of timed repetitions.
  ///
  /// - Parameters:
  ///   - total: The phases whose sum is the time of a repetition; nil means all.
  ///   - expected: Answers that must be met to `answerTolerance`, relative to the largest of a list.
  /// - Throws: `BenchmarkError.wrongAnswer`.
  init(
    problem: String, case benchmarkCase: BenchmarkCase, variant: String, stopwatch: Stopwatch,
    total: [String]? = nil, answers: [String: Answer], expected: [String: Answer] = [:],
    answerTolerance: Double = 1e-9, threads: Int = 1
  ) throws {
    for (name, expected) in expected {
      let found = answers[name]?.values ?? []
      let allowed = answerTolerance * (expected.values.map(abs).max() ?? 0)
      let isMet =
        found.count == expected.values.count
        && zip(found, expected.values).allSatisfy { abs($0 - $1) <= allowed }
      guard isMet else {
        throw BenchmarkError.wrongAnswer(
          name: name, found: found, expected: expected.values, tolerance: answerTolerance)
      }
    }
    let totals = stopwatch.totals(of: total)
    self.problem = problem
    size = benchmarkCase.size
    tolerance = benchmarkCase.tolerance
    self.variant = variant
    repetitions = totals.count
    medianSeconds = totals.median
    minimumSeconds = totals.min() ?? .nan
    maximumSeconds = totals.max() ?? .nan
    phases = stopwatch.phaseMedians
    peakBytes = peakResidentBytes()
    self.answers = answers
    self.threads = threads
  }

  func jsonLine() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// Times the phases of one repetition after another with the monotonic clock.
struct Stopwatch {
  private var repetitions: [[String: Double]] = []

  /// Begins a repetition.
  mutating func beginRepetition() { repetitions.append([:]) }

  /// Adds the time that `body` takes, times `scale`, to a phase of the current repetition.
  ///
  /// A body that repeats what is too short to be timed passes the reciprocal of how often.
  mutating func measure<Result>(
    _ phase: String, scale: Double = 1, _ body: () throws -> Result
  ) rethrows -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let elapsed = (clock.now - start).components
    let seconds = Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds)
    add(scale * seconds, to: phase)
    return result
  }

  /// Adds seconds that were measured elsewhere to a phase of the current repetition.
  mutating func add(_ seconds: Double, to phase: String) {
    if repetitions.isEmpty { beginRepetition() }
    repetitions[repetitions.count - 1][phase, default: 0] += seconds
  }

  /// Each repetition's sum over the given phases, or all.
  func totals(of phases: [String]?) -> [Double] {
    repetitions.map { times in
      times.filter { phases?.contains($0.key) ?? true }.values.reduce(0, +)
    }
  }

  /// The median of each phase.
  var phaseMedians: [String: Double] {
    var samples: [String: [Double]] = [:]
    for times in repetitions {
      for (phase, seconds) in times { samples[phase, default: []].append(seconds) }
    }
    return samples.mapValues(\.median)
  }
}

extension [Double] {
  /// The middle of the sorted elements, or the mean of the two in the middle; NaN if there are none.
  var median: Double {
    if isEmpty { return .nan }
    let sorted = sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
  }
}

/// The largest amount of memory that the process has held so far.
private func peakResidentBytes() -> Int {
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  #else
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #endif
}

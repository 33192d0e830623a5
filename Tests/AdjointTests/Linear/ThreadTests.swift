import Adjoint
import CSerialRegion
import ReferenceProblems
import Testing

#if os(Linux)
  import Glibc
#endif

@Suite struct ThreadTests {
  @Test("solves of shared factors on several threads agree", arguments: FactorizationCase.all)
  func concurrentSolves(_ testCase: FactorizationCase) async throws {
    let matrix = try testCase.sample.make()
    let factors = try testCase.factorize(matrix)
    let rightHandSides = (0..<8).map { seed in
      var generator = SeededGenerator(seed: UInt64(seed))
      return generator.direction(count: matrix.rowCount)
    }
    let expected = try rightHandSides.map {
      (try factors.solve($0), try factors.solveTransposed($0))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for round in 0..<20 {
            let index = (task + round) % 8
            let solution = try factors.solve(rightHandSides[index])
            #expect(solution == expected[index].0)
            let adjoint = try factors.solveTransposed(rightHandSides[index])
            #expect(adjoint == expected[index].1)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("factorizations from one analysis on several threads agree")
  func concurrentFactorizations() async throws {
    let problem = try LinearPoisson(size: 60)
    let symbolic = try SymbolicFactorization(analyzing: problem.matrix.pattern, method: .cholesky)
    let expected = try symbolic.factorize(problem.matrix).solve(problem.rightHandSide)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<5 {
            let solution = try symbolic.factorize(problem.matrix).solve(problem.rightHandSide)
            #expect(solution == expected)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("several threads give the same solution to rounding")
  func threads() throws {
    let problem = try LinearPoisson(size: 60)
    let full = try problem.fullMatrix()
    let symbolic = try SymbolicFactorization(
      analyzing: problem.matrix.pattern, method: .cholesky,
      options: SymbolicFactorization.Options(threads: 2))
    let solution = try symbolic.factorize(problem.matrix).solve(problem.rightHandSide)
    // Cholesky is backward stable: n eps is generous.
    #expect(try full.backwardError(solution, problem.rightHandSide) <= 3600 * .ulpOfOne)
  }

  @Test("factors are freed: memory stays level", .enabled(if: residentPages() != nil))
  func memory() throws {
    let problem = try LinearPoisson(size: 120)
    let full = try problem.fullMatrix()
    func round() throws {
      for method in [SymbolicFactorization.Method.cholesky, .lu, .klu] {
        let matrix = method == .cholesky ? problem.matrix : full
        let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: method)
        let factors = try symbolic.factorize(matrix)
        _ = try factors.solve(problem.rightHandSide)
        try factors.refactorize(matrix)
        _ = try factors.solveTransposed(problem.rightHandSide)
        let broken = [Double](repeating: 0, count: matrix.pattern.entryCount)
        #expect(throws: FactorizationError.self) { try factors.refactorize(broken) }
      }
    }
    for _ in 0..<3 { try round() }
    let before = try #require(residentPages())
    for _ in 0..<60 { try round() }
    let after = try #require(residentPages())
    // One round's factors take above 5,000 pages; sixty leaks would be 300,000. Other tests run at the
    // same time and take some 300 MB between them, so half of that is allowed.
    #expect(after - before < 150_000)
  }

  #if os(Linux)
    @Test("OpenMP regions are inlined inside a serial region and untouched outside")
    func regions() throws {
      #expect(serial_region_is_interposed() == 1)
      #expect(Region.run() == Region(calls: 2, threads: 2))
      let previous = serial_region_enter(1)
      #expect(Region.run() == Region(calls: 1, threads: 1))
      let inner = serial_region_enter(2)
      #expect(Region.run() == Region(calls: 2, threads: 2))
      serial_region_leave(inner)
      #expect(Region.run() == Region(calls: 1, threads: 1))
      serial_region_leave(previous)
      #expect(Region.run() == Region(calls: 2, threads: 2))
    }

    @Test("the limit of one thread does not concern another")
    func regionsOfOtherThreads() {
      let previous = serial_region_enter(1)
      let other = Region.runOnNewThread()
      serial_region_leave(previous)
      #expect(other == Region(calls: 2, threads: 2))
    }
  #endif
}

/// The resident memory of this process in pages, on Linux.
private func residentPages() -> Int? {
  #if os(Linux)
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    guard fgets(&buffer, 256, file) != nil else { return nil }
    let text = String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  #else
    return nil
  #endif
}

import Adjoint
import Foundation
import ReferenceProblems
import Testing

@Suite("Every differentiable operation") struct DifferentiableRegistryTests {
  /// A problem in making the list would fail the test below.
  static let operations = (try? DifferentiableRegistry.operations()) ?? []

  @Test("The list can be made, and its descriptions are distinct")
  func list() throws {
    let operations = try DifferentiableRegistry.operations()
    #expect(!operations.isEmpty)
    #expect(Set(operations.map(\.description)).count == operations.count)
  }

  @Test("The laws hold", arguments: operations)
  func laws(operation: DifferentiableOperation) throws {
    for seed in UInt64(1)...3 {
      let report = try operation.check(seed: seed)
      #expect(report.passed, "\(report)")
    }
  }

  @Test("Loosened tolerances are explained, and none is looser than 1e-6")
  func tolerances() {
    let standard = DerivativeCheck.Options()
    for operation in Self.operations {
      let options = operation.options
      let isStandard =
        options.differenceTolerance == standard.differenceTolerance
        && options.dotProductTolerance == standard.dotProductTolerance
        && options.requiredResolution == standard.requiredResolution
      #expect(isStandard == operation.remark.isEmpty)
      #expect(options.differenceTolerance <= 1e-6)
      #expect(options.dotProductTolerance <= standard.dotProductTolerance)
    }
  }

  @Test("Every type that declares a pullback is in the list")
  func completeness() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var declaring: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      declaring.formUnion(
        Self.typesWithPullback(in: try String(contentsOf: file, encoding: .utf8)))
    }
    let listed = Set(Self.operations.map(\.typeName))
    #expect(declaring.contains("NonlinearSolution"), "the scan finds what is known to be there")
    #expect(declaring.subtracting(listed) == [], "without an operation in the registry")
    #expect(listed.subtracting(declaring) == [], "listed, but without a pullback")
  }

  @Test("The scan finds public pullbacks of types and extensions, and nothing else")
  func scan() {
    let text = """
      public final class First {
        public func pullback(_ cotangent: [Double]) -> [Double] { cotangent }
      }
      extension Second {
        public func pullback(
          _ cotangent: [Double]
        ) -> [Double] { cotangent }
        func other() {}
      }
      public protocol Third {
        func pullback(_ cotangent: [Double]) -> [Double]
      }
      struct Fourth {
        private func pullback() {}
      }
      public struct Fifth { let pullback: Int }
      public struct Linear {
        @inlinable public func applyTransposed(_ cotangent: [Double]) -> [Double] { cotangent }
      }
      /// A `public func pullback(` in a comment.
      public struct Sixth {}
      """
    #expect(Self.typesWithPullback(in: text) == ["First", "Second", "Linear"])
  }

  /// What the product with a transposed derivative is called; that of a linear map is its transpose.
  private static let transposes = ["pullback", "applyTransposed"]

  /// The types whose bodies declare a public one of ``transposes``, by the last declaration that starts a line.
  private static func typesWithPullback(in text: String) -> Set<String> {
    let keywords: Set = ["class", "struct", "enum", "actor", "extension", "protocol"]
    var types: Set<String> = []
    var current = ""
    for line in text.split(separator: "\n") {
      let words = line.split { " :<{".contains($0) }
      if !line.hasPrefix(" "), !line.hasPrefix("/"),
        let keyword = words.firstIndex(where: { keywords.contains(String($0)) }),
        keyword + 1 < words.count
      {
        current = words[keyword] == "protocol" ? "" : String(words[keyword + 1])
      }
      let code = line.drop { $0 == " " }
      let isPublic = code.hasPrefix("public ") || code.hasPrefix("@inlinable public ")
      let isTransposed = transposes.contains { code.contains("func \($0)(") }
      if isPublic, isTransposed, !current.isEmpty { types.insert(current) }
    }
    return types
  }
}

import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: Command.root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("The library example is the program QuickStart, letter by letter")
  func example() throws {
    let program = try text("examples/QuickStart/main.swift")
    #expect(try text("README.md").contains("```swift\n\(program)```"))
  }

  @Test("Every file and folder that it links to exists")
  func links() throws {
    let readme = try text("README.md")
    let targets = readme.matches(of: /\]\(([^):]+)\)/).map { String($0.output.1) }
    #expect(targets.count >= 3)
    for target in targets {
      #expect(
        FileManager.default.fileExists(atPath: Command.root.appendingPathComponent(target).path),
        "\(target)")
    }
  }

  @Test("Every command that it shows names a subcommand that exists")
  func commands() throws {
    let help = try Command.run("adjoint-demo", ["--help"]).output
    let shown = try text("README.md").matches(of: /adjoint-demo (\w+)/).map { String($0.output.1) }
    #expect(Set(shown) == ["fit", "topopt", "solve", "check"])
    for name in shown { #expect(help.contains("  \(name) ")) }
  }
}

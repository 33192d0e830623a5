import Foundation

/// Runs the package's executables, which are built next to the test bundle.
struct Command {
  /// What a run has left behind.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The standard output as a JSON object.
    func json() throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return object as? [String: Any] ?? [:]
    }
  }

  /// The root of the package, which commands run in.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Where the executables are.
  private static let folder: URL = {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
    let executable = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL
    return (bundle?.bundleURL ?? executable).deletingLastPathComponent()
  }()

  /// Runs an executable to its end.
  ///
  /// - Parameter environment: Variables to set on top of those of the tests.
  @discardableResult
  static func run(
    _ name: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = folder.appendingPathComponent(name)
    process.arguments = arguments
    process.currentDirectoryURL = root
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes: neither can fill up while the other is read.
    let scratch = try Scratch()
    let output = try scratch.handle("output")
    let errors = try scratch.handle("errors")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try scratch.text("output"),
      errors: try scratch.text("errors"))
  }
}

/// A folder for one test, removed with this object.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("adjoint-tests-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  /// The text of a file.
  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }

  /// Whether a file exists.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// A new file to write to.
  func handle(_ name: String) throws -> FileHandle {
    try Data().write(to: url.appendingPathComponent(name))
    return try FileHandle(forWritingTo: url.appendingPathComponent(name))
  }
}

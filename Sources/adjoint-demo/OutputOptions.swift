import ArgumentParser
import Foundation

/// The options that every subcommand shares.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "Folder for the files; created if missing (default: out/ and the subcommand's name).",
      valueName: "dir"))
  var folder: String?

  @Flag(help: "Print one JSON object on standard output, and nothing else there.")
  var json = false

  /// The folder, created and checked for the files that will be written to it.
  ///
  /// Call it before the work starts, so that no result is lost to a folder without permission.
  func openFolder(for command: String, files: [String]) throws -> OutputFolder {
    try OutputFolder(path: folder ?? "out/\(command)", files: files)
  }

  /// Prints `text` on standard output, unless JSON was asked for.
  func show(_ text: @autoclosure () -> String) {
    guard !json else { return }
    print(text())
  }

  /// Prints `result` as JSON with sorted keys on standard output, if JSON was asked for.
  ///
  /// Numbers that JSON cannot express become the strings "inf", "-inf" and "nan".
  func showJSON<Result: Encodable>(_ result: Result) throws {
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
  }
}

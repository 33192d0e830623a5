import Foundation

/// The numbers of `Tests/ReferenceData/fitting.csv` by name; empty lists, and thus noticed by a test, if
/// the file cannot be read.
enum FittingReference {
  static let all: [String: [Double]] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "ReferenceData/fitting.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [:] }
    var values: [String: [Double]] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",")
      guard fields.count == 3, let value = Double(fields[2]) else { return [:] }
      values[String(fields[0]), default: []].append(value)
    }
    return values
  }()

  static func values(_ name: String) -> [Double] { all[name] ?? [] }
}

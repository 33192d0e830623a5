import Foundation

/// A folder that results are written to.
struct OutputFolder {
  /// The folder.
  let url: URL

  /// Creates the folder if it is missing and checks that each of `files` can be written to it.
  init(path: String, files: [String]) throws {
    url = URL(fileURLWithPath: path, isDirectory: true)
    if let obstacle = Self.obstacle(to: url) {
      throw OutputError.folderNotCreated(path: path, reason: obstacle)
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw OutputError.folderNotCreated(path: path, reason: Self.reason(error))
    }
    let probe = url.appendingPathComponent(".adjoint-demo-\(UUID().uuidString)")
    do {
      try Data().write(to: probe)
      try FileManager.default.removeItem(at: probe)
    } catch {
      throw OutputError.folderNotWritable(path: path, reason: Self.reason(error))
    }
    for file in files {
      let target = self.path(file)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: target, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        throw OutputError.fileNotWritable(path: target, reason: "it is a folder")
      }
      if !FileManager.default.isWritableFile(atPath: target) {
        throw OutputError.fileNotWritable(path: target, reason: "permission denied")
      }
    }
  }

  /// The path of a file in the folder, as short as the folder was given.
  func path(_ file: String) -> String { url.appendingPathComponent(file).relativePath }

  /// Writes `data` to `file`, all or nothing, and returns the path.
  @discardableResult
  func write(_ data: Data, to file: String) throws -> String {
    do {
      try data.write(to: url.appendingPathComponent(file), options: .atomic)
    } catch {
      throw OutputError.fileNotWritable(path: path(file), reason: Self.reason(error))
    }
    return path(file)
  }

  /// Writes `text` in UTF-8 to `file` and returns the path.
  @discardableResult
  func write(_ text: String, to file: String) throws -> String {
    try write(Data(text.utf8), to: file)
  }

  /// Writes a comma-separated file: a header and rows of numbers.
  @discardableResult
  func writeCSV(header: [String], rows: [[Double]], to file: String) throws -> String {
    var text = header.joined(separator: ",") + "\n"
    for row in rows {
      text += row.map { "\($0)" }.joined(separator: ",") + "\n"
    }
    return try write(text, to: file)
  }

  /// Why a folder cannot be made: the nearest of its ancestors that exists is a file or closed.
  private static func obstacle(to url: URL) -> String? {
    var isFolder: ObjCBool = false
    var ancestor = url.standardizedFileURL
    while !FileManager.default.fileExists(atPath: ancestor.path, isDirectory: &isFolder) {
      guard ancestor.path != "/" else { return nil }
      ancestor.deleteLastPathComponent()
    }
    guard isFolder.boolValue else { return "\(ancestor.path) is not a folder" }
    guard FileManager.default.isWritableFile(atPath: ancestor.path) else {
      return "no permission to write to \(ancestor.path)"
    }
    return nil
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return (underlying ?? (error as NSError)).localizedDescription
  }
}

/// Why results cannot be written.
enum OutputError: Error, Equatable, CustomStringConvertible {
  /// The folder is missing and cannot be made.
  case folderNotCreated(path: String, reason: String)
  /// The folder exists, but no file can be made in it.
  case folderNotWritable(path: String, reason: String)
  /// A file cannot be replaced.
  case fileNotWritable(path: String, reason: String)

  var description: String {
    switch self {
    case .folderNotCreated(let path, let reason):
      "the output folder \(path) cannot be created: \(reason)"
    case .folderNotWritable(let path, let reason):
      "the output folder \(path) is not writable: \(reason)"
    case .fileNotWritable(let path, let reason):
      "the output file \(path) cannot be written: \(reason)"
    }
  }
}

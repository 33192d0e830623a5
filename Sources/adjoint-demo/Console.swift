import Foundation

/// Standard error: messages, and a line of progress where a person watches.
enum Console {
  /// Writes a message and a line break to standard error.
  static func note(_ message: String) { write(message + "\n") }

  /// Writes `text` to standard error as it is.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// One line on the terminal that is overwritten as work proceeds; silent elsewhere.
struct Progress {
  private let isVisible = Console.isTerminal
  private var lastUpdate: ContinuousClock.Instant?

  /// Shows `text`, at most ten times a second.
  mutating func update(_ text: @autoclosure () -> String) {
    guard isVisible else { return }
    let now = ContinuousClock.now
    if let lastUpdate, now - lastUpdate < .milliseconds(100) { return }
    lastUpdate = now
    Console.write("\r\u{1B}[K" + text())
  }

  /// Clears the line.
  func finish() {
    guard isVisible && lastUpdate != nil else { return }
    Console.write("\r\u{1B}[K")
  }
}

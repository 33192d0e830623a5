import Foundation

/// A diagram drawn by gnuplot, if it is installed.
struct Plot {
  /// Points, a curve, or both.
  struct Series {
    /// How a series is drawn.
    enum Style: String {
      case points = "points pointtype 7 pointsize 0.7"
      case curve = "lines linewidth 2"
      case markedCurve = "linespoints linewidth 1.5 pointtype 7 pointsize 0.4"
    }

    /// The name in the legend.
    var name: String
    /// How it is drawn.
    var style: Style
    /// The color's number; series of one number share a color.
    var color: Int
    /// The coordinates; both of one length.
    var x: [Double]
    var y: [Double]
  }

  var title: String
  var xLabel: String
  var yLabel: String
  /// Whether the vertical axis is logarithmic.
  var isLogarithmic = false
  var isLogarithmicInX = false
  var series: [Series]

  /// Draws the diagram as SVG and returns its path; nil without a working gnuplot.
  ///
  /// A missing or failing gnuplot is no error: the data files hold everything, and a message on
  /// standard error says how to get the diagram.
  func write(to file: String, in folder: OutputFolder) throws -> String? {
    guard let gnuplot = Self.findExecutable("gnuplot") else {
      Console.note(
        """
        no plot \(folder.path(file)), since gnuplot was not found; to get it: \
        apt-get install gnuplot-nox (Debian, Ubuntu) or brew install gnuplot (macOS)
        """)
      return nil
    }
    let scriptFile = FileManager.default.temporaryDirectory
      .appendingPathComponent("adjoint-demo-\(UUID().uuidString).gnuplot")
    defer { try? FileManager.default.removeItem(at: scriptFile) }
    try Data(script(output: folder.path(file)).utf8).write(to: scriptFile)

    let process = Process()
    let errors = Pipe()
    process.executableURL = gnuplot
    process.arguments = [scriptFile.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    let message: String
    do {
      try process.run()
      message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
    } catch {
      Console.note("no plot \(folder.path(file)): \(gnuplot.path) could not be started: \(error)")
      return nil
    }
    guard process.terminationStatus == 0 else {
      Console.note("no plot \(folder.path(file)): gnuplot failed: \(message)")
      return nil
    }
    return folder.path(file)
  }

  /// The commands and the data for gnuplot.
  private func script(output: String) -> String {
    var lines = [
      "set encoding utf8",
      "set terminal svg size 800,500 dynamic font 'Helvetica,14' background '#ffffff' noenhanced",
      "set output \(Self.quoted(output))",
      "set title \(Self.quoted(title))",
      "set xlabel \(Self.quoted(xLabel))",
      "set ylabel \(Self.quoted(yLabel))",
      "set key outside below horizontal",
      "set grid linecolor '#dddddd' linetype 1",
      "set border 3",
      "set tics nomirror",
    ]
    if isLogarithmic { lines.append("set logscale y") }
    if isLogarithmicInX { lines.append("set logscale x") }
    if isLogarithmic && isLogarithmicInX { lines.append("unset mxtics; unset mytics") }
    for (index, item) in series.enumerated() {
      lines.append("$data\(index) << END_OF_DATA")
      lines += zip(item.x, item.y).map { "\($0) \($1)" }
      lines.append("END_OF_DATA")
    }
    let items = series.enumerated().map { index, item in
      let color = Self.colors[item.color % Self.colors.count]
      return "$data\(index) using 1:2 with \(item.style.rawValue) linecolor rgb '\(color)'"
        + " title \(Self.quoted(item.name))"
    }
    lines.append("plot " + items.joined(separator: ", "))
    return lines.joined(separator: "\n") + "\n"
  }

  /// Colors that people with color blindness can tell apart (Okabe and Ito 2008).
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]

  private static func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
  }

  private static func findExecutable(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":")
      .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}

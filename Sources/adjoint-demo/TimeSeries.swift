import Foundation
import SwiftCSV

/// Observations in time, read from a comma-separated file and checked.
struct TimeSeries {
  /// The columns' names: the time first, then what was observed.
  var names: [String]
  /// Ascending, without repetition.
  var times: [Double]
  /// What was observed, a row for each time.
  var rows: [[Double]]

  /// The observed values of one column.
  func column(_ index: Int) -> [Double] { rows.map { $0[index] } }

  /// How the columns are found.
  enum Columns {
    /// By these names: time first.
    case named([String])
    /// By the first of several possible names each: time first.
    case anyOf([[String]])
  }

  /// Reads and checks a file.
  ///
  /// - Parameters:
  ///   - rowsNeeded: The fewest observations that will do.
  ///   - mustBePositive: Whether a value that is not positive is an error.
  init(path: String, columns: Columns, rowsNeeded: Int, mustBePositive: Bool) throws {
    let lines = try Self.lines(path)
    guard let header = lines.first else { throw TimeSeriesError.empty(path: path) }
    let headings = header.cells.map { $0.trimmingCharacters(in: .whitespaces) }
    let positions = try Self.positions(of: columns, in: headings, path: path)
    names = positions.map { headings[$0] }
    times = []
    rows = []
    for line in lines.dropFirst() {
      guard line.cells.count == headings.count else {
        throw TimeSeriesError.raggedRow(
          path: path, line: line.number, expected: headings.count, found: line.cells.count)
      }
      let numbers = try positions.map { position in
        try Self.number(
          line.cells[position], path: path, line: line.number, column: headings[position])
      }
      if let last = times.last, numbers[0] <= last {
        throw TimeSeriesError.timeNotAscending(
          path: path, line: line.number, time: numbers[0], previous: last)
      }
      for (value, name) in zip(numbers, names).dropFirst() where mustBePositive && value <= 0 {
        throw TimeSeriesError.notPositive(
          path: path, line: line.number, column: name, value: value)
      }
      times.append(numbers[0])
      rows.append(Array(numbers.dropFirst()))
    }
    guard rows.count >= rowsNeeded else {
      throw TimeSeriesError.tooFewRows(path: path, count: rows.count, needed: rowsNeeded)
    }
    for (index, name) in names.dropFirst().enumerated()
    where !column(index).contains(where: { $0 > 0 }) {
      throw TimeSeriesError.nothingObserved(path: path, column: name)
    }
  }

  private struct Line {
    var number: Int
    var cells: [String]
  }

  /// The lines that are not blank, with their numbers in the file.
  private static func lines(_ path: String) throws -> [Line] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      let reason =
        isFolder.boolValue
        ? "it is a folder"
        : exists ? "no permission, or not text in UTF-8" : "there is no such file"
      throw TimeSeriesError.unreadable(path: path, reason: reason)
    }
    var lines: [Line] = []
    var number = 1
    do {
      // The break at the end makes the last row one like the others.
      let file = try CSV<Enumerated>(string: text + "\n", delimiter: .comma, loadColumns: false)
      try file.enumerateAsArray(startAt: 0, rowLimit: nil) { cells in
        if cells != [""] { lines.append(Line(number: number, cells: cells)) }
        number += 1 + cells.reduce(0) { $0 + $1.filter(\.isNewline).count }
      }
    } catch {
      throw TimeSeriesError.unreadable(
        path: path, reason: "a quotation mark in line \(number) is out of place")
    }
    return lines
  }

  private static func positions(
    of columns: Columns, in headings: [String], path: String
  ) throws -> [Int] {
    let choices: [[String]]
    switch columns {
    case .named(let names): choices = names.map { [$0] }
    case .anyOf(let names): choices = names
    }
    return try choices.map { names in
      for name in names {
        let matches = headings.indices.filter { headings[$0].lowercased() == name.lowercased() }
        if matches.count > 1 {
          throw TimeSeriesError.duplicateColumn(path: path, column: name)
        }
        if let match = matches.first { return match }
      }
      throw TimeSeriesError.missingColumn(path: path, names: names, headings: headings)
    }
  }

  private static func number(
    _ cell: String, path: String, line: Int, column: String
  ) throws -> Double {
    let text = cell.trimmingCharacters(in: .whitespaces)
    guard !text.isEmpty else {
      throw TimeSeriesError.emptyCell(path: path, line: line, column: column)
    }
    guard let number = Double(text) else {
      let start = text.prefix { !$0.isNewline }.prefix(40)
      throw TimeSeriesError.notANumber(
        path: path, line: line, column: column,
        text: start.count < text.count ? start + "…" : text)
    }
    guard number.isFinite else {
      throw TimeSeriesError.notFinite(path: path, line: line, column: column, text: text)
    }
    return number
  }
}

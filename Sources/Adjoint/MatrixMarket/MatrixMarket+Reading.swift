extension MatrixMarket {
  /// Reads a file.
  ///
  /// - Throws: ``MatrixMarketError``, with the line that is at fault.
  public init(path: String) throws {
    try self.init(parsing: try MatrixMarketStorage.read(path))
  }

  /// Reads the text of a file.
  ///
  /// - Throws: ``MatrixMarketError``, with the line that is at fault.
  public init(parsing text: String) throws {
    try self.init(parsing: Array(text.utf8))
  }

  /// Reads the bytes of a file; cost O(bytes).
  ///
  /// - Throws: ``MatrixMarketError``, with the line that is at fault.
  public init(parsing bytes: [UInt8]) throws {
    var reader = try MatrixMarketReader(bytes)
    self = try reader.read()
  }
}

/// One pass over the lines of a file.
private struct MatrixMarketReader {
  private var lines: MatrixMarketLines
  private let format: MatrixMarket.Format
  private let field: MatrixMarket.Field
  private let symmetry: MatrixMarket.Symmetry
  private var rowCount = 0
  private var columnCount = 0
  private var entries = MatrixMarketEntries()

  /// Reads the header.
  init(_ bytes: [UInt8]) throws {
    lines = MatrixMarketLines(bytes)
    guard lines.advance(), lines.words.count == 5, lines.word(0).lowercased() == "%%matrixmarket"
    else { throw MatrixMarketError(.noHeader(found: lines.text), line: 1) }
    guard lines.word(1).lowercased() == "matrix" else {
      throw MatrixMarketError(.unknownWord(lines.word(1), expected: "matrix"), line: 1)
    }
    format = try Self.header(lines.word(2))
    field = try Self.header(lines.word(3))
    symmetry = try Self.header(lines.word(4))
    if let reason = Self.obstacle(format, field, symmetry) {
      throw MatrixMarketError(.impossibleHeader(reason: reason), line: 1)
    }
  }

  private static func header<Word: RawRepresentable & CaseIterable>(
    _ text: String
  ) throws -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text.lowercased()) { return word }
    let expected = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw MatrixMarketError(.unknownWord(text, expected: expected), line: 1)
  }

  private static func obstacle(
    _ format: MatrixMarket.Format, _ field: MatrixMarket.Field, _ symmetry: MatrixMarket.Symmetry
  ) -> String? {
    switch (format, field, symmetry) {
    case (.array, .pattern, _): "no arrays of patterns"
    case (_, .pattern, .skewSymmetric): "no skew-symmetric patterns"
    case (_, .real, .hermitian), (_, .integer, .hermitian), (_, .pattern, .hermitian):
      "no hermitian matrices that are not complex"
    default: nil
    }
  }

  /// Reads sizes and entries.
  mutating func read() throws -> MatrixMarket {
    var comments: [String] = []
    while true {
      guard lines.advanceToWords() else { throw sizeError(found: "the end of the file") }
      guard lines.isComment else { break }
      comments.append(lines.comment)
    }
    let count = try readSizes()
    // A line of an entry has at least two bytes, whatever the size line says.
    entries.reserveCapacity(min(count, lines.remainingCount / 2 + 1))
    switch format {
    case .coordinate: try readCoordinates(count)
    case .array: try readArray(count)
    }
    while lines.advanceToWords() {
      guard lines.isComment else { throw fault(.tooManyEntries(expected: count)) }
    }
    return MatrixMarket(
      unchecked: format, field, symmetry, rowCount: rowCount, columnCount: columnCount,
      entries: entries, comments: comments)
  }

  // MARK: Sizes

  /// Reads the size line, and returns the number of entries that follow.
  private mutating func readSizes() throws -> Int {
    let wordCount = format == .coordinate ? 3 : 2
    guard lines.words.count == wordCount else { throw sizeError(found: lines.text) }
    let sizes = try (0..<wordCount).map { index in
      guard let size = lines.integer(index), size >= 0 else { throw sizeError(found: lines.text) }
      return size
    }
    rowCount = sizes[0]
    columnCount = sizes[1]
    guard max(rowCount, columnCount) <= MatrixMarket.largestSize else {
      throw fault(.tooLarge(rowCount: rowCount, columnCount: columnCount))
    }
    guard symmetry == .general || rowCount == columnCount else {
      throw fault(
        .notSquare(rowCount: rowCount, columnCount: columnCount, symmetry: symmetry))
    }
    if format == .coordinate { return sizes[2] }
    switch symmetry {
    case .general: return rowCount * columnCount
    case .symmetric, .hermitian: return rowCount * (rowCount + 1) / 2
    case .skewSymmetric: return rowCount * (rowCount - 1) / 2
    }
  }

  private func sizeError(found: String) -> MatrixMarketError {
    let words = format == .coordinate ? "rows, columns and entries" : "rows and columns"
    return fault(.badSize(found: found, expected: "the numbers of \(words)"))
  }

  // MARK: Entries

  private mutating func readCoordinates(_ count: Int) throws {
    var lineNumbers: [Int] = []
    for index in 0..<count {
      try advance(2, index, count)
      guard let row = lines.integer(0) else { throw fault(.notANumber(lines.word(0))) }
      guard let column = lines.integer(1) else { throw fault(.notANumber(lines.word(1))) }
      guard row >= 1 && row <= rowCount && column >= 1 && column <= columnCount else {
        throw fault(
          .outOfRange(row: row, column: column, rowCount: rowCount, columnCount: columnCount))
      }
      try requireStoredTriangle(row, column)
      try append(row - 1, column - 1, from: 2)
      lineNumbers.append(lines.number)
    }
    try requireUnique(lineNumbers)
  }

  private mutating func readArray(_ count: Int) throws {
    var index = 0
    for column in 0..<columnCount {
      let firstRow: Int =
        switch symmetry {
        case .general: 0
        case .symmetric, .hermitian: column
        case .skewSymmetric: column + 1
        }
      guard firstRow < rowCount else { continue }
      for row in firstRow..<rowCount {
        try advance(0, index, count)
        try append(row, column, from: 0)
        index += 1
      }
    }
  }

  /// Goes on to the line of the next entry, which has `placeCount` words before its value.
  private mutating func advance(_ placeCount: Int, _ index: Int, _ count: Int) throws {
    repeat {
      guard lines.advanceToWords() else {
        throw fault(.tooFewEntries(expected: count, found: index))
      }
    } while lines.isComment
    let valueCount = field == .pattern ? 0 : field == .complex ? 2 : 1
    guard lines.words.count == placeCount + valueCount else {
      throw fault(
        .wrongWordCount(expected: placeCount + valueCount, found: lines.words.count))
    }
  }

  private func requireStoredTriangle(_ row: Int, _ column: Int) throws {
    let isStored: Bool =
      switch symmetry {
      case .general: true
      case .symmetric, .hermitian: row >= column
      case .skewSymmetric: row > column
      }
    guard isStored else {
      throw fault(.redundant(row: row, column: column, symmetry: symmetry))
    }
  }

  /// Adds the entry whose value begins with word `word` of the line.
  private mutating func append(_ row: Int, _ column: Int, from word: Int) throws {
    entries.rows.append(row)
    entries.columns.append(column)
    switch field {
    case .pattern:
      entries.values.append(1)
    case .real:
      entries.values.append(try number(word))
    case .integer:
      entries.values.append(try integer(word))
    case .complex:
      entries.values.append(try number(word))
      let imaginary = try number(word + 1)
      if symmetry == .hermitian && row == column && imaginary != 0 {
        throw fault(.complexDiagonal(row: row + 1))
      }
      entries.imaginaryValues.append(imaginary)
    }
  }

  private func number(_ index: Int) throws -> Double {
    guard let value = lines.number(index) else { throw fault(.notANumber(lines.word(index))) }
    guard value.isFinite else { throw fault(.notFinite(lines.word(index))) }
    return value
  }

  private func integer(_ index: Int) throws -> Double {
    guard let value = lines.integer(index) else {
      let isLong = lines.number(index).map { $0.magnitude >= 0x1p63 } ?? false
      throw fault(
        isLong ? .inexactInteger(lines.word(index)) : .notANumber(lines.word(index)))
    }
    guard value.magnitude <= 1 << 53 else { throw fault(.inexactInteger(lines.word(index))) }
    return Double(value)
  }

  /// Finds an entry that is stored twice.
  ///
  /// Most files are sorted, by column or by row, and one pass shows it; others are sorted here.
  private func requireUnique(_ lineNumbers: [Int]) throws {
    let rows = entries.rows
    let columns = entries.columns
    // Sizes are at most 2²⁸, so a row and a column fit into one integer.
    let byColumn = (0..<rows.count).map { columns[$0] << 28 | rows[$0] }
    if Self.increases(byColumn) { return }
    if Self.increases((0..<rows.count).map { rows[$0] << 28 | columns[$0] }) { return }
    let order = (0..<rows.count).sorted { (byColumn[$0], $0) < (byColumn[$1], $1) }
    for (first, second) in zip(order, order.dropFirst()) where byColumn[first] == byColumn[second] {
      throw MatrixMarketError(
        .duplicate(
          row: rows[second] + 1, column: columns[second] + 1, firstLine: lineNumbers[first]),
        line: lineNumbers[second])
    }
  }

  private static func increases(_ keys: [Int]) -> Bool {
    zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }
  }

  private func fault(_ problem: MatrixMarketError.Problem) -> MatrixMarketError {
    MatrixMarketError(problem, line: max(lines.number, 1))
  }
}

/// The lines of a text, their numbers, and the words in them.
struct MatrixMarketLines {
  private let bytes: [UInt8]
  private var next = 0
  private var line = 0..<0

  /// The number of the line that was read last, from one.
  private(set) var number = 0

  /// Where the words of that line stand.
  private(set) var words: [Range<Int>] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// How many bytes are left to read.
  var remainingCount: Int { bytes.count - next }

  /// Whether the line is a comment.
  var isComment: Bool { words.first.map { bytes[$0.lowerBound] == UInt8(ascii: "%") } ?? false }

  /// The line, with at most 80 characters.
  var text: String {
    line.count <= 80 ? string(line) : string(line.lowerBound..<line.lowerBound + 80) + "…"
  }

  /// What follows the percent sign of a comment.
  var comment: String {
    let start = (words.first?.lowerBound ?? line.lowerBound) + 1
    return string(min(start, line.upperBound)..<line.upperBound)
  }

  /// Reads the next line, empty or not; false at the end of the text.
  mutating func advance() -> Bool {
    guard next < bytes.count else { return false }
    number += 1
    words.removeAll(keepingCapacity: true)
    let start = next
    var wordStart = -1
    while next < bytes.count && bytes[next] != UInt8(ascii: "\n") {
      let isSpace = Self.isSpace(bytes[next])
      if isSpace && wordStart >= 0 {
        words.append(wordStart..<next)
        wordStart = -1
      } else if !isSpace && wordStart < 0 {
        wordStart = next
      }
      next += 1
    }
    if wordStart >= 0 { words.append(wordStart..<next) }
    var end = next
    if end > start && bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    line = start..<end
    next += 1
    return true
  }

  /// Reads on to the next line that has words; false at the end of the text.
  mutating func advanceToWords() -> Bool {
    while advance() { if !words.isEmpty { return true } }
    return false
  }

  /// A word, as it stands there.
  func word(_ index: Int) -> String { string(words[index]) }

  /// A word as a whole number that fits into `Int`, or nil.
  func integer(_ index: Int) -> Int? {
    var range = words[index]
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    if isNegative || bytes[range.lowerBound] == UInt8(ascii: "+") {
      range = range.lowerBound + 1..<range.upperBound
    }
    guard !range.isEmpty else { return nil }
    var value = 0
    for byte in bytes[range] {
      guard Self.isDigit(byte) else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflows && !exceeds else { return nil }
      value = sum
    }
    return isNegative ? -value : value
  }

  /// A word as a decimal number, rounded to nearest, or nil.
  ///
  /// Only decimal notation is taken: no hexadecimal numbers, which other readers would refuse.
  func number(_ index: Int) -> Double? {
    for byte in bytes[words[index]] {
      let isAllowed: Bool =
        Self.isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
      guard isAllowed else { return Self.special(word(index)) }
    }
    return Double(word(index))
  }

  /// Infinity and NaN in the spellings that programs write, so that they are named for what they are.
  private static func special(_ word: String) -> Double? {
    switch word.lowercased().drop(while: { $0 == "+" || $0 == "-" }) {
    case "inf", "infinity": .infinity
    case "nan": .nan
    default: nil
    }
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

import Adjoint
import Testing

@Suite("Matrix Market files that are read")
struct MatrixMarketReadingTests {
  @Test("A general coordinate file gives its matrix, in whatever order it is stored")
  func general() throws {
    let file = try MatrixMarket(
      parsing: """
        %%MatrixMarket matrix coordinate real general
        % a comment
        %another

        3 4 5
        1 1 1.0
          3\t1   -2.5e+1
        % between entries
        2 4 .5

        1 3 4.
        3 4 1E-3\r
        """)
    #expect(file.comments == [" a comment", "another"])
    #expect(file.rowCount == 3 && file.columnCount == 4 && file.storedCount == 5)
    let matrix = try file.sparseMatrix()
    #expect(matrix.pattern.columnPointers == [0, 2, 2, 3, 5])
    #expect(matrix.pattern.rowIndices == [0, 2, 0, 1, 2])
    #expect(matrix.values == [1, -25, 4, 0.5, 1e-3])
    #expect(try file.columns() == [1, 0, -25, 0, 0, 0, 4, 0, 0, 0, 0.5, 1e-3])
  }

  @Test("Mirrored entries follow from the stored ones")
  func symmetries() throws {
    let symmetric = try MatrixMarket(
      parsing: "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 4\n2 1 -1\n")
    #expect(try symmetric.columns() == [4, -1, -1, 0])
    #expect(try symmetric.sparseMatrix().values == [4, -1, -1])
    #expect(try symmetric.sparseMatrix(expanded: false).values == [4, -1])
    let skew = try MatrixMarket(
      parsing: "%%MatrixMarket matrix coordinate integer skew-symmetric\n2 2 1\n2 1 3\n")
    #expect(try skew.columns() == [0, 3, -3, 0])
    #expect(try skew.sparseMatrix()[0, 1] == -3)
    let pattern = try MatrixMarket(
      parsing: "%%matrixmarket MATRIX Coordinate Pattern Symmetric\n2 2 2\n2 1\n2 2\n")
    #expect(try pattern.columns() == [0, 1, 1, 1])
  }

  @Test("Arrays are read column by column, triangles too")
  func arrays() throws {
    let general = try MatrixMarket(
      parsing: "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6")
    #expect(try general.columns() == [1, 2, 3, 4, 5, 6])
    let symmetric = try MatrixMarket(
      parsing: "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n")
    #expect(try symmetric.columns() == [1, 2, 2, 3])
    let skew = try MatrixMarket(
      parsing: "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n")
    #expect(try skew.columns() == [0, 1, 2, -1, 0, 3, -2, -3, 0])
    let vector = try MatrixMarket(
      parsing: "%%MatrixMarket matrix array real general\n3 1\n1\n-0.25\n3e300\n")
    #expect(try vector.vector() == [1, -0.25, 3e300])
  }

  @Test("Complex and Hermitian files keep both parts")
  func complex() throws {
    let file = try MatrixMarket(
      parsing: """
        %%MatrixMarket matrix coordinate complex hermitian
        2 2 2
        1 1 3 0
        2 1 1 -2
        """)
    #expect(file.values == [3, 1])
    #expect(file.imaginaryValues == [0, -2])
    #expect(throws: MatrixMarketError(.notReal)) { try file.sparseMatrix() }
    let array = try MatrixMarket(
      parsing: "%%MatrixMarket matrix array complex general\n1 2\n1 2\n3 4\n")
    #expect(array.values == [1, 3] && array.imaginaryValues == [2, 4])
  }

  @Test("Empty matrices and matrices without entries are read")
  func empty() throws {
    let header = "%%MatrixMarket matrix coordinate real general\n"
    #expect(try MatrixMarket(parsing: header + "0 0 0\n").sparseMatrix().rowCount == 0)
    let matrix = try MatrixMarket(parsing: header + "2 3 0").sparseMatrix()
    #expect(matrix.pattern.entryCount == 0 && matrix.columnCount == 3)
    let skew = "%%MatrixMarket matrix array real skew-symmetric\n"
    #expect(try MatrixMarket(parsing: skew + "0 0\n").storedCount == 0)
    #expect(try MatrixMarket(parsing: skew + "1 1\n").columns() == [0])
  }

  /// A file that cannot be read, and the error it must give.
  struct BadFile: Sendable, CustomTestStringConvertible {
    var name: String
    var header = "%%MatrixMarket matrix coordinate real general\n"
    var text: String
    var line: Int
    var problem: MatrixMarketError.Problem

    var testDescription: String { name }
  }

  static let symmetric = "%%MatrixMarket matrix coordinate real symmetric\n"
  static let array = "%%MatrixMarket matrix array real general\n"
  static let integer = "%%MatrixMarket matrix array integer general\n"

  static let badFiles = [
    BadFile(name: "empty", header: "", text: "", line: 1, problem: .noHeader(found: "")),
    BadFile(
      name: "no header", header: "", text: "3 3 1\n1 1 1\n", line: 1,
      problem: .noHeader(found: "3 3 1")),
    BadFile(
      name: "a vector object", header: "", text: "%%MatrixMarket vector array real general\n",
      line: 1, problem: .unknownWord("vector", expected: "matrix")),
    BadFile(
      name: "unknown format", header: "", text: "%%MatrixMarket matrix sparse real general\n",
      line: 1, problem: .unknownWord("sparse", expected: "coordinate, array")),
    BadFile(
      name: "array of a pattern", header: "",
      text: "%%MatrixMarket matrix array pattern general\n1 1\n", line: 1,
      problem: .impossibleHeader(reason: "no arrays of patterns")),
    BadFile(
      name: "real Hermitian", header: "",
      text: "%%MatrixMarket matrix coordinate real hermitian\n1 1 0\n", line: 1,
      problem: .impossibleHeader(reason: "no hermitian matrices that are not complex")),
    BadFile(
      name: "no sizes", text: "% only this\n", line: 2,
      problem: .badSize(
        found: "the end of the file", expected: "the numbers of rows, columns and entries")),
    BadFile(
      name: "two sizes", text: "3 3\n", line: 2,
      problem: .badSize(found: "3 3", expected: "the numbers of rows, columns and entries")),
    BadFile(
      name: "negative size", text: "3 -3 1\n", line: 2,
      problem: .badSize(found: "3 -3 1", expected: "the numbers of rows, columns and entries")),
    BadFile(
      name: "size past all integers", text: "3 99999999999999999999 1\n", line: 2,
      problem: .badSize(
        found: "3 99999999999999999999 1", expected: "the numbers of rows, columns and entries")),
    BadFile(
      name: "size past all memory", text: "9000000000000000000 1 1\n1 1 1\n", line: 2,
      problem: .tooLarge(rowCount: 9_000_000_000_000_000_000, columnCount: 1)),
    BadFile(
      name: "symmetric but not square", header: symmetric, text: "2 3 0\n", line: 2,
      problem: .notSquare(rowCount: 2, columnCount: 3, symmetry: .symmetric)),
    BadFile(
      name: "missing value", text: "2 2 1\n1 1\n", line: 3,
      problem: .wrongWordCount(expected: 3, found: 2)),
    BadFile(
      name: "value too many", header: array, text: "1 1\n1 2\n", line: 3,
      problem: .wrongWordCount(expected: 1, found: 2)),
    BadFile(
      name: "row is no integer", text: "2 2 1\n1.0 1 5\n", line: 3, problem: .notANumber("1.0")),
    BadFile(
      name: "value is a word", text: "2 2 1\n1 1 x\n", line: 3, problem: .notANumber("x")),
    BadFile(
      name: "hexadecimal value", text: "2 2 1\n1 1 0x1p3\n", line: 3,
      problem: .notANumber("0x1p3")),
    BadFile(
      name: "two exponents", text: "2 2 1\n1 1 1e2e3\n", line: 3, problem: .notANumber("1e2e3")),
    BadFile(name: "NaN", text: "2 2 1\n1 1 NaN\n", line: 3, problem: .notFinite("NaN")),
    BadFile(name: "infinity", text: "2 2 1\n1 1 -inf\n", line: 3, problem: .notFinite("-inf")),
    BadFile(name: "overflow", text: "2 2 1\n1 1 1e999\n", line: 3, problem: .notFinite("1e999")),
    BadFile(
      name: "real number in an integer file", header: integer, text: "1 1\n1.5\n", line: 3,
      problem: .notANumber("1.5")),
    BadFile(
      name: "integer that would be rounded", header: integer, text: "1 1\n9007199254740993\n",
      line: 3, problem: .inexactInteger("9007199254740993")),
    BadFile(
      name: "integer past all integers", header: integer, text: "1 1\n-99999999999999999999\n",
      line: 3, problem: .inexactInteger("-99999999999999999999")),
    BadFile(
      name: "index zero", text: "2 2 1\n0 1 5\n", line: 3,
      problem: .outOfRange(row: 0, column: 1, rowCount: 2, columnCount: 2)),
    BadFile(
      name: "column outside", text: "2 2 1\n1 3 5\n", line: 3,
      problem: .outOfRange(row: 1, column: 3, rowCount: 2, columnCount: 2)),
    BadFile(
      name: "entry of an empty matrix", text: "0 0 1\n1 1 5\n", line: 3,
      problem: .outOfRange(row: 1, column: 1, rowCount: 0, columnCount: 0)),
    BadFile(
      name: "upper triangle of a symmetric matrix", header: symmetric, text: "2 2 1\n1 2 5\n",
      line: 3, problem: .redundant(row: 1, column: 2, symmetry: .symmetric)),
    BadFile(
      name: "diagonal of a skew-symmetric matrix", header: "",
      text: "%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n1 1 0\n", line: 3,
      problem: .redundant(row: 1, column: 1, symmetry: .skewSymmetric)),
    BadFile(
      name: "complex diagonal of a Hermitian matrix", header: "",
      text: "%%MatrixMarket matrix coordinate complex hermitian\n2 2 1\n2 2 0 1\n", line: 3,
      problem: .complexDiagonal(row: 2)),
    BadFile(
      name: "duplicate", text: "2 2 3\n1 1 5\n2 2 1\n1 1 6\n", line: 5,
      problem: .duplicate(row: 1, column: 1, firstLine: 3)),
    BadFile(
      name: "cut off", text: "2 2 3\n1 1 5\n2 2 1\n", line: 4,
      problem: .tooFewEntries(expected: 3, found: 2)),
    BadFile(
      name: "array cut off at once, of a size past all memory", header: array,
      text: "200000000 200000000\n", line: 2,
      problem: .tooFewEntries(expected: 40_000_000_000_000_000, found: 0)),
    BadFile(
      name: "too long", text: "2 2 1\n1 1 5\n% fine\n2 2 1\n", line: 5,
      problem: .tooManyEntries(expected: 1)),
  ]

  @Test("A bad file is refused with its line", arguments: badFiles)
  func bad(file: BadFile) throws {
    #expect(throws: MatrixMarketError(file.problem, line: file.line)) {
      try MatrixMarket(parsing: file.header + file.text)
    }
    let message = "\(MatrixMarketError(file.problem, line: file.line))"
    #expect(message.hasPrefix("line \(file.line): "))
  }

  @Test("Any damage to a file ends in a matrix or a typed error")
  func damage() throws {
    let text = """
      %%MatrixMarket matrix coordinate real symmetric
      % damage me
      3 3 4
      1 1 2.5e0
      2 1 -1
      2 2 2
      3 3 1e-2
      """
    let original = Array(text.utf8)
    var generator = SeededGenerator(seed: 7)
    var readCount = 0
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(UInt8(ascii: "9"), at: index)
        }
      }
      do {
        // Sizes stay below 2²⁸, but a damaged one may still ask for gigabytes of column pointers.
        let file = try MatrixMarket(parsing: bytes)
        if max(file.rowCount, file.columnCount) < 100_000 { _ = try file.sparseMatrix() }
        readCount += 1
      } catch is MatrixMarketError {}
    }
    #expect(readCount > 1000 && readCount < 20_000)
  }
}

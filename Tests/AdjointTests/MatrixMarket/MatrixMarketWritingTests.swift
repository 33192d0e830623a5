import Adjoint
import Foundation
import Testing

@Suite("Matrix Market files that are written")
struct MatrixMarketWritingTests {
  static func randomMatrix(rows: Int, columns: Int, seed: UInt64) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: seed)
    var builder = try SparseMatrixBuilder(rowCount: rows, columnCount: columns)
    for row in 0..<rows {
      for column in 0..<columns where Bool.random(using: &generator) {
        let exponent = Int.random(in: -1070...1000, using: &generator)
        let value = Double(sign: .minus, exponent: exponent, significand: 1.1)
        try builder.add(value, row: row, column: column)
      }
    }
    return try builder.build()
  }

  @Test("A matrix is read back bit for bit", arguments: [(1, 1), (7, 5), (5, 7), (0, 3), (20, 20)])
  func roundTrip(rows: Int, columns: Int) throws {
    let matrix = try Self.randomMatrix(rows: rows, columns: columns, seed: 3)
    let file = try MatrixMarket(matrix, comments: [" one", "two\nthree"])
    let copy = try MatrixMarket(parsing: file.text)
    #expect(copy.comments == [" one", "two", "three"])
    #expect(try copy.sparseMatrix() == matrix)
    // Writing what was read gives the same text again.
    #expect(copy.text == file.text)
  }

  @Test("A lower triangle is written as the symmetric matrix it stands for")
  func symmetric() throws {
    let pattern = try SparsityPattern(
      rowCount: 2, columnCount: 2, columnPointers: [0, 2, 3], rowIndices: [0, 1, 1])
    let lower = try SparseMatrix(pattern: pattern, values: [2, -1, 2])
    let file = try MatrixMarket(parsing: MatrixMarket(lower, symmetry: .symmetric).text)
    #expect(try file.sparseMatrix(expanded: false) == lower)
    #expect(try file.columns() == [2, -1, -1, 2])
    let skew = MatrixMarketError(.redundant(row: 1, column: 1, symmetry: .skewSymmetric))
    #expect(throws: skew) { try MatrixMarket(lower, symmetry: .skewSymmetric) }
    let upper = MatrixMarketError(.redundant(row: 1, column: 2, symmetry: .symmetric))
    #expect(throws: upper) { try MatrixMarket(lower.transposed, symmetry: .symmetric) }
    let tall = try Self.randomMatrix(rows: 3, columns: 2, seed: 1)
    #expect(
      throws: MatrixMarketError(.notSquare(rowCount: 3, columnCount: 2, symmetry: .symmetric))
    ) { try MatrixMarket(tall, symmetry: .symmetric) }
    #expect(throws: MatrixMarketError.self) { try MatrixMarket(lower, symmetry: .hermitian) }
  }

  @Test("Every kind of file is written as it was read")
  func kinds() throws {
    for text in [
      "%%MatrixMarket matrix coordinate pattern general\n2 2 1\n2 1\n",
      "%%MatrixMarket matrix coordinate complex hermitian\n2 2 1\n2 1 0.5 -1.0\n",
      "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n-2\n9007199254740992\n",
      "%%MatrixMarket matrix array complex general\n1 1\n0.5 -1.0\n",
    ] { #expect(try MatrixMarket(parsing: text).text == text) }
  }

  @Test("Complex matrices and vectors are read back bit for bit")
  func complex() throws {
    let pattern = try SparsityPattern(
      rowCount: 2, columnCount: 2, columnPointers: [0, 2, 3], rowIndices: [0, 1, 1])
    let values: [Complex<Double>] = [Complex(0.1), Complex(1, -1e-300), Complex(-3)]
    let lower = try ComplexSparseMatrix(pattern: pattern, values: values)
    let general = try MatrixMarket(parsing: MatrixMarket(lower).text)
    #expect(try general.complexSparseMatrix() == lower)
    let hermitian = try MatrixMarket(
      parsing: MatrixMarket(lower, symmetry: .hermitian).text)
    #expect(try hermitian.complexSparseMatrix()[0, 1] == Complex(1, 1e-300))
    let vector = try MatrixMarket(parsing: MatrixMarket(vector: values).text)
    #expect(try vector.complexVector() == values)
    let twisted = try ComplexSparseMatrix(
      pattern: pattern, values: [Complex(1), Complex(1), Complex(0, 1)])
    #expect(throws: MatrixMarketError(.complexDiagonal(row: 2))) {
      try MatrixMarket(twisted, symmetry: .hermitian)
    }
  }

  @Test("Files go to the disk and come back; obstacles are named")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("matrix-market-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("x.mtx").path
    let vector = (0..<200_000).map { 1 / (1 + Double($0)) }
    try MatrixMarket(vector: vector).write(to: path)
    #expect(try MatrixMarket(path: path).vector() == vector)
    let missing = folder.appendingPathComponent("missing/x.mtx").path
    for body in [
      { _ = try MatrixMarket(path: missing) },
      { try MatrixMarket(vector: [Double]()).write(to: missing) },
      { _ = try MatrixMarket(path: folder.path) },
    ] as [() throws -> Void] {
      #expect {
        try body()
      } throws: { error in
        guard case .inaccessible(let path, let reason) = (error as? MatrixMarketError)?.problem
        else { return false }
        return path.hasPrefix(folder.path) && !reason.isEmpty
      }
    }
    #expect(throws: InputError.notFinite(argument: "vector", index: 1, value: .infinity)) {
      try MatrixMarket(vector: [1, Double.infinity])
    }
    let matrix = try Self.randomMatrix(rows: 2, columns: 2, seed: 1)
    #expect(throws: MatrixMarketError(.notAVector(rowCount: 2, columnCount: 2))) {
      try MatrixMarket(matrix).vector()
    }
  }
}

import CPNG
import Foundation
import TopologyOptimization

/// A picture of densities: solid is black, void is white.
struct DensityImage {
  /// The density of each element.
  var densities: [Double]
  /// The elements.
  var grid: ElementGrid
  /// Whether the plate is drawn to the right of its mirror image.
  var isMirrored: Bool

  /// Pictures are at least about this wide, so that small grids can be seen.
  private static let targetWidth = 1200

  /// The picture in PNG format, grayscale with 8 bits.
  func png() throws -> Data {
    let columns = isMirrored ? 2 * grid.columns : grid.columns
    let scale = max(1, Self.targetWidth / columns)
    let width = columns * scale
    let height = grid.rows * scale
    guard let pixelWidth = UInt32(exactly: width), let pixelHeight = UInt32(exactly: height) else {
      throw ImageError.notWritten(reason: "\(width)x\(height) pixels are too many")
    }
    var pixels = [UInt8](repeating: 0, count: width * height)
    for y in 0..<height {
      for x in 0..<width {
        let column = x / scale - (columns - grid.columns)
        let mirrored = column < 0 ? -1 - column : column
        let density = densities[grid.element(column: mirrored, row: y / scale)]
        pixels[y * width + x] = UInt8((255 * (1 - min(1, max(0, density)))).rounded())
      }
    }
    return try Self.encode(pixels, width: pixelWidth, height: pixelHeight)
  }

  private static func encode(_ pixels: [UInt8], width: UInt32, height: UInt32) throws -> Data {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = width
    image.height = height
    image.format = UInt32(PNG_FORMAT_GRAY)
    defer { png_image_free(&image) }
    // Asked without memory, libpng says how much it needs; the limit holds for any input.
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else {
      throw ImageError.notWritten(reason: message(of: image))
    }
    var data = Data(count: size)
    let isWritten = data.withUnsafeMutableBytes {
      png_image_write_to_memory(&image, $0.baseAddress, &size, 0, pixels, 0, nil) != 0
    }
    guard isWritten else { throw ImageError.notWritten(reason: message(of: image)) }
    return data.prefix(size)
  }

  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// Why a picture cannot be made.
enum ImageError: Error, CustomStringConvertible {
  /// libpng refused; the reason is its own.
  case notWritten(reason: String)

  var description: String {
    switch self {
    case .notWritten(let reason): "the picture cannot be made: \(reason)"
    }
  }
}

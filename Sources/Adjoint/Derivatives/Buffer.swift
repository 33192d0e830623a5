/// A fixed-size block of plain numbers at a fixed address: scratch space of solvers.
///
/// Elements are plain numbers, real or complex. Subscripts are unchecked in release builds, as those of
/// `UnsafeMutableBufferPointer`; the memory is freed with the object.
final class Buffer<Element> {
  private let elements: UnsafeMutableBufferPointer<Element>

  init(count: Int, repeating value: Element) {
    elements = .allocate(capacity: count)
    elements.initialize(repeating: value)
  }

  init(_ array: [Element]) {
    elements = .allocate(capacity: array.count)
    _ = elements.initialize(from: array)
  }

  deinit {
    elements.deinitialize()
    elements.deallocate()
  }

  var count: Int { elements.count }

  subscript(index: Int) -> Element {
    get { elements[index] }
    set { elements[index] = newValue }
    _modify { yield &elements[index] }
  }

  /// All elements; `all.mutableSpan` and `all.span` must not outlive the buffer.
  var all: UnsafeMutableBufferPointer<Element> { elements }

  /// `count` elements from `offset` on; its `span` must not outlive the buffer.
  func slice(_ offset: Int, _ count: Int) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: elements[offset..<offset + count])
  }
}

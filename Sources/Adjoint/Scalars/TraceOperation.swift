/// What one node of a ``Trace`` stands for.
@usableFromInline enum TraceOperation: UInt32, Sendable {
  // Leaves. A constant keeps the bits of its `Double`, an integer those of its `Int`.
  case constant, integer, input

  // One argument.
  case negate, magnitude
  case exp, expMinusOne, log, logOnePlus, sqrt
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, asinh, acosh, atanh

  // An argument and an integer.
  case integerPower, root

  // Two arguments.
  case add, subtract, multiply, divide
  case power, hypot, atan2, minimum, maximum

  // Guards: a question about values and the answer that was given.
  case less, notLess, lessOrEqual, notLessOrEqual, equal, notEqual
  case hasReciprocal, hasNoReciprocal
  /// The value of the first argument was read and had the bits of the second, a constant.
  case read

  /// Whether this is a question whose answer the model may have branched on.
  @usableFromInline var isGuard: Bool { rawValue >= Self.less.rawValue }

  /// Whether the node has no arguments.
  var isLeaf: Bool { rawValue <= Self.input.rawValue }

  /// Whether the node has one argument that can be active.
  var isUnary: Bool { !isLeaf && rawValue <= Self.root.rawValue }

  /// Whether the node has two arguments that can be active.
  var takesTwo: Bool { rawValue >= Self.add.rawValue && !isGuard }
}

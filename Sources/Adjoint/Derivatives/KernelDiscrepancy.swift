/// A number that a kernel of a model gives and should not.
public struct KernelDiscrepancy: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which list of numbers a component belongs to.
  public enum Role: String, Sendable {
    /// y, or a product J v.
    case output = "output"
    /// Jᵀw or its derivative.
    case state = "state"
    /// Pᵀw or its derivative.
    case parameter = "parameter"
  }

  /// The name of the model.
  public let model: String
  /// The kernel that gives the number.
  public let kernel: ModelKernel
  /// The scalar or other means by which it is computed.
  public let means: String
  /// What the component is a component of.
  public let role: Role
  /// The component.
  public let component: Int
  /// The number given.
  public let found: Double
  /// The number that other means give, or nil if none of them gives a finite one.
  public let expected: Double?

  /// The model, the kernel and the component with the numbers, and what is probably wrong.
  public var description: String {
    let place = "\(model): \(kernel.rawValue) by \(means), \(role.rawValue) \(component)"
    guard let expected else {
      return "\(place) is \(found): \(likelyCauses)"
    }
    return "\(place) is \(found) instead of \(expected): \(likelyCauses)"
  }

  private var likelyCauses: String {
    if means == "supplied" {
      return "the code written by hand has a wrong sign, a missing term or another order of"
        + " components, or it overwrites what it should add to"
    }
    if kernel == .value {
      return found.isFinite
        ? "the model tests the type of its scalar, or is not deterministic"
        : "a division by zero, or a log, root or power outside of its domain"
    }
    return found.isFinite
      ? "the model tests the type of its scalar, or converts to Double and back"
      : "a function at a point where it has no finite derivative: sqrt or log at 0, |x| at 0,"
        + " minimum or maximum at a tie"
  }
}

import Adjoint

/// The profile likelihood of one parameter, to be reported, written and drawn.
struct FitProfile: Encodable {
  var parameter: String
  var level: Double
  /// The ends of the interval; nil where the data do not bound the parameter.
  var lowerEnd: Double?
  var upperEnd: Double?
  var values: [Double]
  var misfits: [Double]
  var standardizedErrors: [Double]

  static let files = ["profile.csv", "profile.svg"]

  init(_ profile: ProfileLikelihood) {
    parameter = profile.name
    level = profile.level
    lowerEnd = profile.lowerEnd
    upperEnd = profile.upperEnd
    values = profile.points.map(\.value)
    misfits = profile.points.map(\.misfit)
    standardizedErrors = profile.points.map(\.standardizedError)
  }

  var text: String {
    func end(_ value: Double?) -> String { value.map { $0.formatted(digits: 6) } ?? "none" }
    return "profile of \(parameter): \((100 * level).formatted(digits: 4)) % interval from "
      + "\(end(lowerEnd)) to \(end(upperEnd)), by \(values.count) fits"
  }

  /// Writes the table and, with gnuplot, the diagram; returns the paths.
  func write(to folder: OutputFolder) throws -> [String] {
    var paths = [
      try folder.writeCSV(
        header: [parameter, "misfit", "standardized_error"],
        rows: values.indices.map { [values[$0], misfits[$0], standardizedErrors[$0]] },
        to: Self.files[0])
    ]
    let plot = Plot(
      title: "Misfit with \(parameter) held and the others fitted", xLabel: parameter,
      yLabel: "misfit",
      series: [
        .init(name: "profile", style: .markedCurve, color: 0, x: values, y: misfits)
      ])
    if let path = try plot.write(to: Self.files[1], in: folder) { paths.append(path) }
    return paths
  }
}

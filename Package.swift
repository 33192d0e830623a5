// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Adjoint",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Adjoint", targets: ["Adjoint"]),
    .library(name: "ODE", targets: ["ODE"]),
    .library(name: "TopologyOptimization", targets: ["TopologyOptimization"]),
    .executable(name: "adjoint-demo", targets: ["adjoint-demo"]),
    .executable(name: "adjoint-bench", targets: ["adjoint-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    // System libraries and the one C file.
    .systemLibrary(
      name: "CSuiteSparse",
      providers: [.apt(["libsuitesparse-dev", "libopenblas-dev"]), .brew(["suite-sparse"])]),
    .systemLibrary(
      name: "CARPACK", providers: [.apt(["libarpack2-dev"]), .brew(["arpack"])]),
    .systemLibrary(
      name: "CLAPACK", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CNLopt", pkgConfig: "nlopt",
      providers: [.apt(["libnlopt-dev"]), .brew(["nlopt"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .target(name: "CSerialRegion"),

    // Libraries.
    .target(
      name: "Adjoint",
      dependencies: [
        "CSuiteSparse", "CARPACK", "CLAPACK", "CNLopt", "CSerialRegion",
        .product(name: "RealModule", package: "swift-numerics"),
        .product(name: "ComplexModule", package: "swift-numerics"),
      ]),
    .target(name: "ODE", dependencies: ["Adjoint"]),
    .target(name: "TopologyOptimization", dependencies: ["Adjoint"]),
    .target(name: "ReferenceProblems", dependencies: ["Adjoint", "ODE", "TopologyOptimization"]),

    // Command lines.
    .executableTarget(
      name: "adjoint-demo",
      dependencies: [
        "Adjoint", "ODE", "TopologyOptimization", "ReferenceProblems", "CPNG",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SwiftCSV", package: "SwiftCSV"),
      ]),
    .executableTarget(
      name: "adjoint-bench",
      dependencies: [
        "Adjoint", "ODE", "TopologyOptimization", "ReferenceProblems",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Examples.
    .executableTarget(
      name: "QuickStart", dependencies: ["ODE"], path: "examples/QuickStart"),
    .executableTarget(
      name: "LinearSensitivity", dependencies: ["Adjoint"], path: "examples/LinearSensitivity"),
    .executableTarget(
      name: "NewtonSteadyState", dependencies: ["Adjoint"], path: "examples/NewtonSteadyState"),
    .executableTarget(
      name: "FitPredatorPrey", dependencies: ["Adjoint", "ODE"], path: "examples/FitPredatorPrey"),
    .executableTarget(
      name: "BilevelRidge", dependencies: ["Adjoint"], path: "examples/BilevelRidge"),
    .executableTarget(
      name: "BridgeTopology", dependencies: ["Adjoint", "TopologyOptimization"],
      path: "examples/BridgeTopology"),
    .executableTarget(
      name: "SpringChainPlacement", dependencies: ["Adjoint"],
      path: "examples/SpringChainPlacement"),
    .executableTarget(
      name: "ComplexHelmholtz", dependencies: ["Adjoint"], path: "examples/ComplexHelmholtz"),
    .executableTarget(
      name: "DeterminantRoots", dependencies: ["Adjoint"], path: "examples/DeterminantRoots"),

    // Tests.
    .testTarget(
      name: "AdjointTests",
      dependencies: [
        "Adjoint", "ReferenceProblems",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),
    .testTarget(name: "ODETests", dependencies: ["Adjoint", "ODE", "ReferenceProblems"]),
    .testTarget(
      name: "TopologyOptimizationTests", dependencies: ["Adjoint", "TopologyOptimization"]),
    .testTarget(
      name: "DemoTests",
      dependencies: [
        "adjoint-demo", "adjoint-bench", "QuickStart", "LinearSensitivity", "NewtonSteadyState",
        "FitPredatorPrey", "BridgeTopology", "BilevelRidge", "SpringChainPlacement",
        "ComplexHelmholtz", "DeterminantRoots",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

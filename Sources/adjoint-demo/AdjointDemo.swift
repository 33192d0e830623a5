import ArgumentParser

/// The command line of the package: each subcommand solves a real problem with the libraries.
@main
struct AdjointDemo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-demo",
    abstract: "Sensitivity analysis at work: fit real data, optimize a structure, solve a system.",
    discussion: """
      Results go to standard output, files to the folder named by --out, messages to standard \
      error. Exit status: 0 success, 1 the data or the computation failed, 64 wrong usage.
      """,
    subcommands: [
      FitCommand.self, TopologyCommand.self, SolveCommand.self, CheckCommand.self,
    ])
}

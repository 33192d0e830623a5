/// The stages of a cycle and the matrix that remains.
struct MultigridHierarchy {
  private(set) var stages: [any MultigridStage] = []
  /// The number of unknowns after each stage.
  private(set) var followingSizes: [Int] = []
  /// The number of unknowns of each level; a stage that only scales makes none.
  private(set) var levelSizes: [Int]
  /// The entries of the levels' triangles.
  private(set) var entryCount: Int
  /// The lower triangle of the last level.
  private(set) var coarsest: SparseMatrix

  /// Eliminates what can be eliminated, once and again, then aggregates.
  init(_ matrix: SparseMatrix, _ options: AlgebraicMultigrid.Options) throws {
    levelSizes = [matrix.rowCount]
    entryCount = matrix.pattern.entryCount
    func isDone(_ count: Int, _ levelCount: Int) -> Bool {
      count <= options.coarsestSize || levelCount >= options.maximumLevels
    }
    coarsest = matrix
    guard !isDone(matrix.rowCount, 1) else { return }
    var system = try MultigridSystem(lowerTriangle: matrix)
    var threshold = options.strengthThreshold
    var mayEliminate = true
    while mayEliminate && !isDone(system.count, levelSizes.count) {
      // The first one scales A if it does nothing else.
      guard let stage = try MultigridElimination(&system, mayBeEmpty: stages.isEmpty) else { break }
      mayEliminate = stage.isReduction
      append(stage, system, isLevel: mayEliminate)
      if mayEliminate { threshold *= 0.5 }
    }
    while !isDone(system.count, levelSizes.count) {
      guard let setup = MultigridSetup(system, strengthThreshold: threshold) else { break }
      system = try setup.coarseSystem()
      append(MultigridLevel(setup), system, isLevel: true)
      threshold *= 0.5
    }
    coarsest = system.lowerTriangle
  }

  private mutating func append(
    _ stage: any MultigridStage, _ system: MultigridSystem, isLevel: Bool
  ) {
    stages.append(stage)
    followingSizes.append(system.count)
    guard isLevel else { return }
    levelSizes.append(system.count)
    entryCount += system.entryCount
  }
}

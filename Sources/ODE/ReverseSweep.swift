/// The exact adjoint of the steps of a solution, from the last to the first.
///
/// With step sizes h held fixed, a step maps (uₙ, k₁) to (uₙ₊₁, its derivative). Given the cotangents
/// λ of uₙ₊₁ and κ of its derivative, for a cotangent w of an observation at θ in the step:
///
///     λ ← λ + Jᵀκ at uₙ₊₁,                                     p̄ ← p̄ + Pᵀκ
///     κᵢ = h bᵢ λ + h Σ_{j>i} aⱼᵢ μⱼ + h bᵢ(θ) w,  i = s … 2:  μᵢ = Jᵀκᵢ,  p̄ ← p̄ + Pᵀκᵢ
///     λ ← λ + Σ μᵢ + w,    κ ← h b₁ λ + h Σ aⱼ₁ μⱼ + h b₁(θ) w  (with λ from before)
///
/// The first stage's product Jᵀκ₁ waits for the step before, of which k₁ may also be the last stage:
/// so a step costs as many products as evaluations. At t₀ it is added to λ, which is then ū₀.
/// Source: Hager, *Numer. Math.* 87 (2000) 247–282, §2; Sandu, *ICCS 2006*, LNCS 3994, §2;
/// Alexe and Sandu, *J. Comput. Appl. Math.* 233 (2009) 1005–1020, §2.
struct ReverseSweep {
  /// Adds Jᵀκ and Pᵀκ at a time and state to two vectors: time, state, κ, J's sum, P's sum.
  typealias AddPullback = (
    Double, UnsafePointer<Double>, UnsafePointer<Double>, UnsafeMutablePointer<Double>,
    UnsafeMutablePointer<Double>
  ) -> Void

  let solution: ODESolution
  let tables: StepPlan.Tables
  let stateCount: Int

  /// Runs backwards through all steps.
  ///
  /// `adjoint` enters with the cotangent of the final state and leaves with ū₀, `parameters`
  /// receives p̄; `cotangent` has the shape of the solution's value.
  func run(
    cotangent: UnsafePointer<Double>, adjoint: UnsafeMutablePointer<Double>,
    parameters: UnsafeMutablePointer<Double>, addPullback: AddPullback
  ) {
    let trajectory = solution.trajectory
    let length = stateCount
    let inner = tables.innerStageCount
    // The vectors λ, μ₁ …; the observations' part of every κᵢ; κ; κ of the next step's first stage;
    // the state of a stage; bᵢ(θ).
    let slots = (inner + 1) + tables.stageCount + 3
    let scratch = UnsafeMutablePointer<Double>.allocate(
      capacity: slots * length + tables.stageCount)
    defer { scratch.deallocate() }
    scratch.initialize(repeating: 0, count: slots * length)
    let adjoints = scratch
    let observed = adjoints + (inner + 1) * length
    let stage = observed + tables.stageCount * length
    let carried = stage + length
    let state = carried + length
    let weights = state + length

    var observation = solution.observationTimes.count - 1
    func add(_ count: Int, _ source: UnsafePointer<Double>, to sum: UnsafeMutablePointer<Double>) {
      for index in 0..<count { sum[index] += source[index] }
    }
    // λ lives in slot 0 of the vectors.
    adjoints.update(from: adjoint, count: length)
    while observation >= 0, solution.observationSteps[observation] == trajectory.stepCount {
      add(length, cotangent + observation * length, to: adjoints)
      observation -= 1
    }

    var step = trajectory.stepCount - 1
    while step >= 0 {
      let record = UnsafePointer(trajectory.record(step))
      let time = trajectory.time(step)
      let stepSize = trajectory.stepSize(step)
      let firstObservation = observation
      while observation >= 0, solution.observationSteps[observation] == step {
        let theta: Double = (solution.observationTimes[observation] - time) / stepSize
        tables.denseWeights(at: theta, into: weights)
        let source = cotangent + observation * length
        for index in 0..<tables.stageCount {
          let weight: Double = stepSize * weights[index]
          let sum = observed + index * length
          for component in 0..<length { sum[component] += weight * source[component] }
        }
        observation -= 1
      }
      let isObserved = observation < firstObservation
      if isObserved && inner < tables.stageCount {
        add(length, observed + inner * length, to: carried)
      }
      addPullback(
        time + stepSize, record + tables.stride * length, carried, adjoints, parameters)

      var index = inner - 1
      while index > 0 {
        tables.columns[index].apply(
          scale: stepSize, base: observed + index * length, vectors: adjoints, length: length,
          into: stage)
        tables.rows[index].apply(
          scale: stepSize, base: record, vectors: record, length: length, into: state)
        let product = adjoints + index * length
        product.update(repeating: 0, count: length)
        addPullback(
          time + tables.nodes[index] * stepSize, state, stage, product, parameters)
        index -= 1
      }
      tables.columns[0].apply(
        scale: stepSize, base: observed, vectors: adjoints, length: length, into: carried)
      for index in 1..<max(1, inner) { add(length, adjoints + index * length, to: adjoints) }
      if isObserved {
        observed.update(repeating: 0, count: tables.stageCount * length)
        for index in observation + 1...firstObservation {
          add(length, cotangent + index * length, to: adjoints)
        }
      }
      step -= 1
    }
    addPullback(trajectory.time(0), trajectory.record(0), carried, adjoints, parameters)
    adjoint.update(from: adjoints, count: length)
  }
}

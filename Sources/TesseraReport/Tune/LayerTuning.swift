import Tessera

/// The layer's candidates, measured place by place, and the cheapest whole sequence of them.
public struct LayerTuning: Sendable {
  /// A candidate of a place, in its own runs and beside the default's.
  public struct Candidate: Sendable {
    public let configuration: PlaceConfiguration
    /// Median.
    public let microseconds: Double
    /// Its time over the default's of the same round: the median over rounds.
    public let ratio: Double

    package init(configuration: PlaceConfiguration, microseconds: Double, ratio: Double) {
      (self.configuration, self.microseconds, self.ratio) = (configuration, microseconds, ratio)
    }
  }

  public struct Place: Sendable {
    public let place: LayerPlace
    /// The default first.
    public let candidates: [Candidate]
    public let chosen: PlaceConfiguration

    public var best: Candidate { candidates.min { $0.ratio < $1.ratio }! }
    public var worst: Candidate { candidates.max { $0.ratio < $1.ratio }! }
    public var chosenCandidate: Candidate { candidates.first { $0.configuration == chosen }! }
  }

  public let problem: LayerProblem
  public let runs: Int
  public let places: [Place]
  public let configuration: LayerConfiguration

  /// Less than this share faster, a candidate counts as fast as the default: which of such is chosen would be chance.
  static let leastGain = 0.03

  /// Runs all candidates of each place in turn, `runs` times after an untimed run of all. Throws where memory is short,
  /// or attention does not take the layer's heads.
  public init(
    _ problem: LayerProblem, runs: Int, context: ExecutionContext, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) {
    guard runs >= 1 else {
      throw .invalidOperand(operation: "tune", operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    let table = LayerTable(problem)
    let memory = try LayerMemory(table)
    // Everything that later places read must have been written.
    try PreparedSequence(try table.full(), on: memory, context: context).run()
    var measured: [(place: LayerPlace, candidates: [Candidate])] = []
    for place in LayerPlace.allCases {
      progress(place.rawValue)
      let configurations = PlaceConfiguration.candidates(place, instructionSet: context.instructionSet)
      var prepared: [PreparedSequence] = []
      for configuration in configurations {
        let sequence = LayerSequence(fusion: .full, steps: try table.steps(configuration))
        prepared.append(try PreparedSequence(sequence, on: memory, context: context))
        try prepared.last!.run()
      }
      var times = configurations.map { _ in [Double]() }
      for _ in 0..<runs {
        for index in prepared.indices { times[index].append(try prepared[index].timedRun().whole) }
      }
      measured.append(
        (
          place,
          configurations.indices.map { index in
            Candidate(
              configuration: configurations[index], microseconds: RunStatistics(times[index]).median / 1000,
              ratio: RunStatistics(zip(times[index], times[0]).map { $0 / max(1, $1) }).median)
          }
        ))
    }
    self.init(problem, runs: runs, measured, context: context)
  }

  /// Chooses among what was measured.
  package init(
    _ problem: LayerProblem, runs: Int, _ measured: [(place: LayerPlace, candidates: [Candidate])],
    context: ExecutionContext
  ) {
    (self.problem, self.runs) = (problem, runs)
    var graph = LayeredGraph<HeadPlacement?, PlaceConfiguration>()
    for (place, candidates) in measured {
      let base = candidates[0].microseconds
      graph.layers.append(
        candidates.map { candidate in
          let placement = candidate.configuration.heads
          return .init(
            from: place == .attention ? placement : nil, to: place == .projection ? placement : nil,
            cost: candidate.ratio > 1 - Self.leastGain ? max(1, candidate.ratio) * base : candidate.ratio * base,
            label: candidate.configuration)
        })
    }
    let chosen = graph.shortestPath(from: nil, to: nil)!.labels
    places = zip(measured, chosen).map { Place(place: $0.place, candidates: $0.candidates, chosen: $1) }
    var configuration = LayerConfiguration(
      problem, threads: context.pool.threadCount, instructionSet: context.instructionSet)
    configuration.places = chosen
    self.configuration = configuration
  }
}

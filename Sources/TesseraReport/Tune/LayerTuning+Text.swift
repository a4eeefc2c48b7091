import Tessera

extension LayerTuning {
  /// Each place's default, best, worst and chosen candidate as a table.
  public func text() -> String {
    func microseconds(_ value: Double) -> Table.Cell { Table.Cell(Number.fixed(value, 0)) }
    let table = Table(
      title: "Configurations of each place, microseconds",
      groups: [],
      columns: [
        .init("place", isText: true), .init("candidates"), .init("default"), .init("best"), .init("worst"),
        .init("chosen"), .init("of default"), .init("chosen configuration", isText: true),
        .init("worst configuration", isText: true),
      ],
      rowNames: places.map(\.place.rawValue),
      rows: places.map { place in
        [
          Table.Cell(place.place.rawValue), Table.Cell("\(place.candidates.count)"),
          microseconds(place.candidates[0].microseconds), microseconds(place.best.microseconds),
          microseconds(place.worst.microseconds), microseconds(place.chosenCandidate.microseconds),
          Table.Cell(Number.fixed(place.chosenCandidate.ratio, 3)), Table.Cell(place.chosen.words),
          Table.Cell(place.worst.configuration.words),
        ]
      },
      notes: [
        "\(counted(runs, "run")) of each, in turn. of default: the median over rounds of its time over the default's "
          + "in that round; best and worst are by it.",
        "A candidate less than \(Number.fixed(Self.leastGain * 100, 0)) % faster than the default counts as it does.",
      ])
    return TextTable(usesTerminalCodes: false).render(table)
  }
}
